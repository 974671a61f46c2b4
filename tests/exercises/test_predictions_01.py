"""The guesses of lesson 1: each truth is measured on what the lesson hands over, so other things give others."""
import pytest
import torch
from torch import nn
from torchvision.models.resnet import Bottleneck, conv1x1

from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.exercises import check


def right(verdict):
    return verdict.status == "right"


def test_the_same_work_on_the_smaller_map():
    """As the closed form counts it: the 3×3 of a block of 256 channels, and of one of 512."""
    macs = [block_cost(BlockSpec(c, c, 1, c), (1, c, size, size))["conv2"].macs for c, size in ((256, 56), (512, 28))]
    verdict = check.macs_on_the_smaller_map("the same")
    assert right(verdict)
    assert f"{macs[0]:,} and {macs[1]:,}." in verdict.details[0]


@pytest.mark.parametrize(("strides", "truth"), [((2, 1), "a quarter"), ((1, 2), "all"), ((1, 1), "all"), (((1, 2), 1), "half")])
def test_pixels_are_counted_on_the_block(strides, truth):
    torch.manual_seed(0)
    together = max(strides[0], (strides[1],) * 2) if isinstance(strides[0], tuple) else max(strides)
    block = Bottleneck(16, 8, downsample=nn.Sequential(conv1x1(16, 32)))
    block.conv1.stride, block.conv2.stride, block.downsample[0].stride = (
        stride if isinstance(stride, tuple) else (stride, stride) for stride in (*strides, together))
    with torch.no_grad():  # as in a lesson that has switched gradients off
        assert right(check.pixels_that_count(truth, block))


@pytest.mark.parametrize(("factor", "truth"), [(0.1, "smaller"), (1.1, "about as large"), (13, "larger")])
def test_gradients_are_compared_by_their_length(factor, truth):
    gradient = torch.ones(3, 4)
    verdict = check.gradient_without_shortcuts(truth, gradient, -factor * gradient)
    assert right(verdict)
    assert f"is {factor} times as long" in verdict.details[0]


def test_lesson_0_takes_its_gradient_also_where_a_learner_has_turned_them_off():
    with torch.no_grad():
        assert right(check.channels_a_path_reads(256))
    assert right(check.channels_a_path_reads(256))
