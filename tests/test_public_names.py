"""What `resnext_edu` offers: each name once, imported when it is asked for, known to type checkers, and nothing else."""
import ast
import subprocess
import sys
from pathlib import Path

import pytest

import resnext_edu

STUB = Path(resnext_edu.__file__).with_suffix(".pyi")
IN_LESSONS = ["BlockSpec", "FORMS", "SABOTAGES", "Table", "break_block", "build", "check", "in_form"]


def in_the_stub() -> dict[str, str]:
    """Name → the module that it comes from."""
    lines = [node for node in ast.parse(STUB.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    assert all(alias.asname == alias.name for line in lines for alias in line.names)  # "as" makes it public
    return {alias.name: line.module for line in lines for alias in line.names}


def test_dir_shows_the_public_names_and_nothing_else():
    assert dir(resnext_edu) == sorted(resnext_edu.__all__)
    assert set(IN_LESSONS) <= set(dir(resnext_edu))
    assert not [name for name in dir(resnext_edu) if name.startswith("_")]


@pytest.mark.parametrize("name", resnext_edu.__all__)
def test_each_name_comes_from_where_the_stub_says(name):
    module = in_the_stub()[name]
    assert getattr(resnext_edu, name) is getattr(sys.modules[module], name)


def test_the_stub_has_no_other_names():
    assert sorted(in_the_stub()) == resnext_edu.__all__
    assert (STUB.parent / "py.typed").exists()


def test_no_public_name_hides_a_submodule():
    modules = {path.stem for path in STUB.parent.iterdir()}
    assert not modules & set(resnext_edu.__all__)


def test_a_name_that_is_not_there_offers_the_nearest():
    with pytest.raises(AttributeError, match="unknown name in resnext_edu 'in_from'; did you mean 'in_form'\\?"):
        resnext_edu.in_from  # noqa: B018


def test_importing_the_package_loads_nothing_else():
    code = "import sys, resnext_edu; dir(resnext_edu); print([m for m in sys.modules if m.startswith('resnext_edu.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
