"""StrideExplorer: at every stop, what it counts is what a gradient finds in torchvision's block."""
import pytest
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck, conv1x1

from resnext_edu import randomise_batchnorm
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets import StrideExplorer


@pytest.fixture(scope="module")
def explorer():
    return StrideExplorer()


def counted(block, row, column):
    """How many pixels one output reads: those at which its gradient is not 0."""
    x = torch.rand(1, 32, 12, 12, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(block(x)[0, :, row, column].sum(), x)
    return (gradient != 0).any(dim=1)[0]


@pytest.mark.parametrize("stride_on", ["conv1", "conv2"])
def test_every_stop_is_a_real_block(explorer, stride_on):
    torch.manual_seed(0)
    block = Bottleneck(32, 16, stride=2, downsample=nn.Sequential(conv1x1(32, 64, stride=2), nn.BatchNorm2d(64)))
    block = randomise_batchnorm(block).double().eval()
    block.conv1.stride, block.conv2.stride = ((2, 2), (1, 1)) if stride_on == "conv1" else ((1, 1), (2, 2))
    found = {(row, column): counted(block, row, column) for row in range(6) for column in range(6)}
    read = torch.stack([*found.values()]).any(dim=0).sum().item()
    for (row, column), mine in found.items():
        explorer.move(stride_on=stride_on, row=row, column=column)
        assert explorer.numbers == {"read by this output": mine.sum().item(), "read by some output": read, "read by no output": 144 - read,
                                    "thrown away": f"{100 - 100 * read / 144:.0f} %", "outputs": len(found)}
        for number in explorer.frame.texts[:3]:
            assert number in explorer.frame.picture.text


def test_the_lesson_is_three_quarters_and_nothing(explorer):
    assert [row[0].numbers["thrown away"] for row in explorer.frames] == ["75 %", "0 %"]


def test_the_sliders_say_what_a_stop_is():
    stride, row, column = StrideExplorer(5).stops
    assert stride.words == ["the first 1×1 (conv1)", "the 3×3 (conv2)"]
    assert row.words == column.words == ["0 of the output", "1 of the output", "2 of the output"]
    assert StrideExplorer().value == {"stride on": "conv1", "row": 2, "column": 2}


def test_what_cannot_be(explorer):
    with pytest.raises(ConfigError, match="size must be a whole number, 1 or more; got 0"):
        StrideExplorer(0)
    with pytest.raises(ConfigError, match="2 × 8 × 8 stops are 128 frames; all of them are drawn at the start, so there may be 120"):
        StrideExplorer(16)
    with pytest.raises(UnknownNameError, match="unknown stop of stride on 'conv3'; did you mean 'conv2'"):
        explorer.move(stride_on="conv3")
