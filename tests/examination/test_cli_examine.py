"""`python -m resnext_edu examine`: exit status, text and JSON."""
import json

import pytest
import torch
from torch import nn

from resnext_edu.cli import main
from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination import equal_after_all, examine
from resnext_edu.examination.two_steps import adds_up_each_path
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


class InTwoSteps(nn.Module):
    """Exhibit 7: a depthwise 3×3, and a dense 1×1 of zeros and ones, which are a constant or do not learn."""

    def __init__(self, conv, constant, wrong=None):
        super().__init__()
        width, d = conv.in_channels, conv.in_channels // conv.groups
        ones = torch.kron(torch.eye(conv.groups), torch.eye(d).repeat(1, d))
        by_group = conv.weight.data.view(conv.groups, d, d, 3, 3).transpose(1, 2).reshape(width * d, 1, 3, 3)
        if wrong:
            ones[:, list(wrong)] = ones[:, list(reversed(wrong))]
        self.one = nn.Conv2d(width, width * d, 3, conv.stride, 1, groups=width, bias=False)
        self.one.weight.data = by_group
        if constant:
            self.register_buffer("two", ones[:, :, None, None])
        else:
            self.two = nn.Parameter(ones[:, :, None, None], requires_grad=False)

    def forward(self, x):
        return nn.functional.conv2d(self.one(x), self.two)


def in_two_steps(constant=True, wrong=None):
    model = ResNeXt(ResNeXtConfig.preset("resnext_mini"))
    for stage in (model.layer1, model.layer2, model.layer3):
        stage[0].conv2 = InTwoSteps(stage[0].conv2, constant, wrong if stage is model.layer2 else None)
    return model


def frozen():
    return in_two_steps(constant=False)


def two_ones_exchanged():
    """An output of the first path gets a result of the last path, and the other way round."""
    return in_two_steps(wrong=(0, -1))


def results_of_one_channel_exchanged():
    """The first two results of channel 0 have exchanged their outputs: other places for the same weights."""
    return in_two_steps(wrong=(0, 1))


@pytest.mark.parametrize(("network", "name", "where"), [
    ("in_two_steps", "constant_merge", "none: it is"), ("frozen", "dense_merge", "none as long as the 1×1 stays as it is; it is"),
    ("results_of_one_channel_exchanged", "constant_merge", "none: it is")])
def test_ones_that_add_up_each_path_are_proven_equal(network, name, where, capsys):
    assert main([*asked(network), "--json"]) == 0
    (departure,) = json.loads(capsys.readouterr().out)["departures"]
    assert departure["name"] == name
    assert f"Effect: {where} the same function" in departure["detail"]


def test_two_ones_exchanged_are_another_function(capsys):
    """The parameters and MACs are the same to the last unit; only the places of two ones tell."""
    assert main([*asked("two_ones_exchanged"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    merge, other = found["departures"]
    assert found["explained"]
    assert not found["proven_equal"]
    assert (merge["name"], other["name"], other["where"]) == ("constant_merge", "other_sums", ["layer2.0"])
    assert "none if the constants are zeros and ones" in merge["detail"]
    assert (other["params"], other["macs"]) == (0, 0)
    assert "Effect: another function." in other["detail"]


def test_a_one_too_many_and_a_two_are_no_sums_of_paths():
    ones = torch.kron(torch.eye(2), torch.eye(3).repeat(1, 3))[..., None, None]
    for place, value in (((0, 1), 1), ((0, 0), 2), ((0, 0), 0), ((0, 9), 1)):
        wrong = ones.clone()
        wrong[place] = value
        assert not adds_up_each_path(wrong, 2)
    twice = ones.clone()
    twice[1, :2] = twice[0, :2]  # both outputs get the same result of channel 0, and nobody gets the other one
    assert not adds_up_each_path(twice, 2)
    assert not adds_up_each_path(ones, 3)
    assert not adds_up_each_path(ones[:, :9], 2)
    assert adds_up_each_path(ones[:, [1, 0, *range(2, 18)]], 2)
