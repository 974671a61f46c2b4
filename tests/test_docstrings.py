"""What is public says what it takes, what it gives, and where it comes from."""
import inspect
import re

import pytest

import resnext_edu
from resnext_edu.blocks import FORMS

PUBLIC = {name: getattr(resnext_edu, name) for name in resnext_edu.__all__}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value) and not issubclass(value, Exception)}


def sections(value) -> dict[str, str]:
    """Heading → text of a NumPy docstring; the summary is under ''."""
    parts = re.split(r"^(\w+)\n-{3,}\n", inspect.getdoc(value) or "", flags=re.MULTILINE)
    return dict(zip(["", *parts[1::2]], parts[::2], strict=True))


def described(text: str) -> set[str]:
    """The names that a section describes: `x : int` or `x, y : int`, and `**changes`."""
    heads = re.findall(r"^(\S.*?)(?: : .*)?$", text, flags=re.MULTILINE)
    return {name.strip(" *") for head in heads for name in head.split(",")}


def takes(value) -> set[str]:
    return {name for name in inspect.signature(value).parameters if name != "self"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_describes_each_parameter_and_what_it_returns(name):
    found = sections(FUNCTIONS[name])
    assert takes(FUNCTIONS[name]) <= described(found.get("Parameters", ""))
    gives = inspect.signature(FUNCTIONS[name]).return_annotation
    assert gives is not inspect.Signature.empty
    assert "Returns" in found or gives in (None, "None")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_describes_what_it_is_made_of(name):
    found = sections(CLASSES[name])
    wanted = takes(CLASSES[name]) if not issubclass(CLASSES[name], tuple) else set(CLASSES[name]._fields)
    wanted = {field for field in wanted if not field.startswith("_")}
    if CLASSES[name] is not resnext_edu.ResNeXtBlock:  # its three forms say what the numbers are
        assert wanted <= described(found.get("Parameters", "") + found.get("Attributes", ""))
    assert len(found[""].strip()) > 20


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_help_on_a_block_says_what_a_block_is(form):
    """And not what `nn.Module` says of itself."""
    found = sections(form)
    assert {"Parameters", "Raises", "References", "Examples"} <= set(found)
    assert "arXiv" in found["References"]
    assert "(N, in_channels, H, W)" in inspect.getdoc(form.forward)
    assert "Initialize internal Module state" not in (inspect.getdoc(form.__init__) or "")


@pytest.mark.parametrize("name", [name for name, value in PUBLIC.items() if "config" in dir(value) or name.startswith("res")])
def test_a_preset_says_which_network_it_is(name):
    assert name in inspect.getdoc(PUBLIC[name]) or inspect.isclass(PUBLIC[name])
