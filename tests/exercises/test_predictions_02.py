"""Lesson 2's predictions find the truth on what they are given, also where it is another one than in the lesson."""
import pytest
from torch import nn

from resnext_edu.exercises import check


def truth(question, *context):
    """The one choice that is right."""
    (right,) = [choice for choice in question.choices if question(choice, *context).status == "right"]
    return right


def conv(inputs, outputs, groups=1):
    return nn.Conv2d(inputs, outputs, kernel_size=3, groups=groups, bias=False)


@pytest.mark.parametrize(("parts", "words"), [(2, "half"), (1, "a quarter"), (4, "as many as before")])
def test_weights_are_counted(parts, words):
    assert truth(check.weights_after_the_cut, conv(8, 8), [conv(4, 4) for _ in range(parts)]) == words


@pytest.mark.parametrize("harmless", [{1, 8}, {2}, set()])
def test_the_tests_that_pass_are_the_answer(harmless):
    same = {groups: groups in harmless for groups in (1, 2, 4, 8)}
    assert check.harmless_deals(harmless, same).status == "right"
    assert check.harmless_deals({4}, same).status == "wrong"


@pytest.mark.parametrize(("layer", "outputs"), [
    (conv(4, 8, 4), "2 and 3"), (nn.Sequential(conv(4, 8, 4), nn.ChannelShuffle(4)), "1 and 5"),
    (conv(4, 4, 4), "only 1"),
])
def test_outputs_are_found_by_moving_an_input(layer, outputs):
    assert truth(check.outputs_of_input_1, layer) == outputs


@pytest.mark.parametrize(("layers", "noticed"), [
    ([conv(8, 8, 2)] * 3, 4), ([conv(8, 8, 8)] * 3, 1), ([conv(8, 8, 2), nn.ChannelShuffle(2), conv(8, 8, 2)], 8)])
def test_channels_that_notice_are_counted(layers, noticed):
    assert truth(check.channels_that_notice, nn.Sequential(*layers)) == noticed
