"""The guesses of lessons 3 and 4: each truth is worked out from what the lesson hands over, so other things give others."""
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from resnext_edu.config import BlockSpec
from resnext_edu.cost import conv_weights
from resnext_edu.exercises import check
from tests.helpers import block


def two_convs(width, between=None):
    return nn.Sequential(nn.Conv2d(256, width, 3, padding=1, bias=False), between or nn.ReLU(),
                         nn.Conv2d(width, 256, 3, padding=1, bias=False))


def right(verdict):
    return verdict.status == "right"


def test_a_cut_input_would_leave_about_half_of_the_weights():
    left = 32 * sum(conv_weights(BlockSpec(8, 256, cardinality=1, width_per_group=4))[k] for k in ("conv1", "conv2", "conv3"))
    assert (left, round(left / 70_144, 2)) == (38_400, 0.55)
    verdict = check.weights_with_the_input_cut("about half")
    assert right(verdict)
    assert "from 32,768 weights to 1,024" in verdict.details[0]
    assert left == 1_024 + 37_376
    assert "37,376 weights, would not notice" in verdict.details[0]


@pytest.mark.parametrize(("count", "truth"), [(32, "about 6"), (1, 1)])
def test_the_spread_is_measured_on_the_paths(count, truth):
    paths = block("split_sum", channels=(256, 256), cardinality=count, width_per_group=4).paths
    x = torch.randn(2, 256, 7, 7, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert right(check.spread_of_a_sum(truth, paths, x))


@pytest.mark.parametrize(("paths", "truth"), [
    ([two_convs(4) for _ in range(32)], 128),
    ([two_convs(4)], 4),
    ([two_convs(4, nn.Sigmoid()) for _ in range(32)], "no such pair"),  # the pair that is tried has a ReLU
], ids=["32 paths", "one path", "another function between"])
def test_the_pair_is_built_and_compared(paths, truth):
    assert right(check.width_of_one_pair(truth, paths))


def test_the_long_row_gives_the_same_two_numbers():
    W1, x1 = torch.tensor([[1.0, 2], [0, 4]]), torch.tensor([3.0, 1])
    W2, x2 = torch.tensor([[5.0, 1], [2, 3]]), torch.tensor([2.0, 5])
    verdict = check.long_row_times_tall_column("the same two numbers", W1, x1, W2, x2)
    assert right(verdict)
    assert "Together: [20.0, 23.0]." in verdict.details[0]


@pytest.mark.parametrize("passed", [set(), {"in both"}, {"in the stack", "in both"}])
def test_swaps_are_judged_by_their_reports(passed):
    reports = {place: SimpleNamespace(passed=place in passed) for place in ("in the stack", "in the weight", "in both")}
    assert right(check.swaps_without_harm(passed, reports))


@pytest.mark.parametrize(("bias", "truth"), [(False, False), (True, True)])
def test_unequal_branches_are_cut_apart_and_compared(bias, truth):
    """With a bias the cut parts, which have none, do not add up to the whole."""
    branches = [nn.Sequential(nn.Conv2d(256, width, 1, bias=False), nn.ReLU()) for width in (3, 5)]
    assert right(check.needs_equal_paths(truth, branches, nn.Conv2d(8, 256, 1, bias=bias)))
