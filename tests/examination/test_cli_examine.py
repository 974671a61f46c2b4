"""`python -m resnext_edu examine`: exit status, text and JSON."""
import json

import pytest
import torch
from torch import nn

from resnext_edu.cli import main
from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination import equal_after_all, examine
from resnext_edu.network import ResNeXt


def test_totals_of_the_paper_end_with_0_and_others_with_1(capsys):
    assert main(["examine", "--params", "25028904"]) == 0
    assert "1 explanation of 25,028,904 parameters" in capsys.readouterr().out
    assert main(["examine", "--params", "8559912", "--json"]) == 1
    assert [each["departures"] for each in json.loads(capsys.readouterr().out)] == [["width_stuck"]]
    assert main(["examine", "--params", "25.0 M", "--macs", "4.23G"]) == 0
    assert main(["examine", "--params", "12345677"]) == 1
    assert "No network with one or two known mistakes" in capsys.readouterr().out


def test_a_preset_is_as_in_the_paper(capsys):
    assert main(["examine", "resnext29", "--as", "resnext29"]) == 0
    assert "Read as resnext29: as in the paper" in capsys.readouterr().out


def test_a_wrong_network_is_explained_as_json(capsys):
    assert main(["examine", "tests.examination.test_examine:biases", "--as", "resnext50_32x4d", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["read_as"] == "resnext50_32x4d"
    assert found["explained"] is False


@pytest.mark.parametrize("words", [[], ["resnext29", "--params", "5"]])
def test_one_of_two_ways_has_to_be_taken(words, capsys):
    assert main(["examine", *words]) == 2
    assert "name a module:callable, or give --params, --macs or both; one of the two ways" in capsys.readouterr().err


def test_what_can_t_be_built_is_said(capsys):
    assert main(["examine", "nowhere:net"]) == 2
    assert "nowhere:net can't be built here" in capsys.readouterr().err


class Printing(nn.Module):
    def forward(self, x):
        print("inside")
        raise ValueError("no")


def printing():
    return Printing()


def no_model():
    return 5


def raising():
    raise RuntimeError("not today")


@pytest.mark.parametrize(("name", "words"), [
    ("nowhere", "unknown preset 'nowhere'"), ("no_model", "returned a value of type int"),
    ("raising", "can't be built here (RuntimeError: not today)"), ("printing", "raised ValueError: no"),
    ("lacking", "unknown name in tests.examination.test_cli_examine 'lacking'"),
])
def test_what_can_t_be_asked_ends_with_2_and_says_why(name, words, capsys):
    full = name if name == "nowhere" else f"tests.examination.test_cli_examine:{name}"
    assert main(["examine", full, "--input", "1x3x32x32"]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def dense():
    """A small network whose 3×3 are dense, with zeros between the paths."""
    model = ResNeXt(ResNeXtConfig.preset("resnext_mini"))
    for block in (model.layer1[0], model.layer2[0], model.layer3[0]):
        old = block.conv2
        block.conv2 = nn.Conv2d(old.in_channels, old.out_channels, 3, old.stride, 1, bias=False)
        with torch.no_grad():
            block.conv2.weight.zero_()
            for k, part in enumerate(old.weight.chunk(8)):
                block.conv2.weight.chunk(8)[k].chunk(8, 1)[k].copy_(part)
    return model


class Asking(nn.Module):
    """A network that asks for a number, so that the exact proof can't go through it link by link."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x if x.mean() < 1e9 else -x)


def asking():
    return Asking(dense())


def asked(network):
    return ["examine", f"tests.examination.test_cli_examine:{network}", "--as", "resnext_mini", "--input", "2,1,28,28"]


def test_a_dense_network_with_zeros_is_proven_equal(capsys):
    """A weight of 0 is no variable: the exact proof takes a dense convolution with zeros for the grouped one."""
    assert main(asked("dense")) == 0
    told = capsys.readouterr().out
    assert "Proven: the exact proof shows it equal to the paper's network with its weights: a chain of 9 links" in told
    assert main([*asked("dense"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proven_equal"] is True


def test_only_the_exact_finding_proves(capsys):
    assert main(asked("asking")) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "Not proven: the exact proof does not show it equal to the paper's network with its weights: " in told
    assert "hands a number of a tensor to Python" in told


def test_weights_in_other_places_are_not_proven_equal(monkeypatch):
    """The control: the same zeros, but two paths exchanged in the network that the proof compares with."""
    model = dense().eval()
    cut = equal_after_all.cut_zeros
    monkeypatch.setattr(equal_after_all, "cut_zeros", lambda state, paths: {
        key: value.roll(len(value) // 8, 0) if key == "layer2.0.conv2.weight" else value for key, value in cut(state, paths).items()})
    report = equal_after_all.proof_of(model, examine(model, "resnext_mini", (2, 1, 28, 28)), (2, 1, 28, 28))
    assert (report["exact"].status, "layer2.0" in report["exact"].detail) == ("FAIL", True)
    assert not equal_after_all.is_proven(report)
