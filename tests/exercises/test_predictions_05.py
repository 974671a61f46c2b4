"""Lesson 5's predictions find the truth on what they are given, also where it is another one than in the lesson."""
import pytest
import torch
from torch import nn

from resnext_edu.exercises import check
from tests.helpers import block


def truth(question, *context):
    """The one choice that is right."""
    (right,) = [choice for choice in question.choices if question(choice, *context).status == "right"]
    return right


def behind_the_3x3(conv1):
    """What the 3×3 of a grouped block gives before and after one input channel has changed."""
    conv2 = block("grouped", (256, 256), cardinality=32, width_per_group=4).conv2
    x = torch.randn(2, 256, 5, 5, generator=torch.Generator().manual_seed(0))
    nudged = x.clone()
    nudged[:, 200] += 1
    with torch.no_grad():
        return conv2(conv1(x)), conv2(conv1(nudged))


@pytest.mark.parametrize(("groups", "notice"), [(1, 32), (8, 4), (32, 1)])
def test_as_many_groups_notice_as_the_first_1x1_lets(groups, notice):
    before, after = behind_the_3x3(nn.Conv2d(256, 128, kernel_size=1, groups=groups))
    assert truth(check.groups_that_notice, before, after) == notice


@pytest.mark.parametrize(("places", "stay"), [
    ([4 * (k % 32) + k // 32 for k in range(128)], 2),  # place k gets slice k // 32 of path k % 32
    (list(range(128)), 128),
    ([(k + 1) % 128 for k in range(128)], 0),
])
def test_slices_are_counted_where_they_stayed(places, stay):
    weight = torch.arange(128 * 4 * 9.0).view(128, 4, 3, 3)
    assert truth(check.slices_that_stay, weight[places], weight) == stay


@pytest.mark.parametrize(("ratio", "words"), [
    (0.5, "shorter"), (1.0, "as long"), (1.9, "up to twice as long"), (3.61, "more than twice as long")])
def test_the_time_is_read_from_the_results(ratio, words):
    results = {"cases": {"32×4d, eval": {"split_sum / grouped": {"median": ratio}}}}
    assert truth(check.time_of_the_paths, results) == words
    assert check.time_of_the_paths(words, results).details == (
        f"Where it was measured, form (a) took {ratio:.1f} times as long as form (c).",)


@pytest.mark.parametrize("name", ["groups_that_notice", "slices_that_stay", "time_of_the_paths"])
def test_one_choice_at_most_has_no_remark(name):
    choices = getattr(check, name).choices
    assert sum(remark == "" for remark in choices.values()) <= 1
