"""Two grouped layers: who is reached is what torch's layers show when one input channel changes."""
import pytest
import torch
from torch import nn

from resnext_edu.draw.block.shuffle import shuffle_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

every_cut = pytest.mark.parametrize(("channels", "groups"), [(8, 2), (8, 4), (8, 8), (6, 3), (10, 1), (1, 1)])


def reached(layers: nn.Sequential, start: int) -> list[int]:
    """The outputs that move if one input channel does; weights are whole numbers above 0, so nothing cancels."""
    for weight in layers.parameters():
        weight.data = torch.randint(1, 5, weight.shape).double()
    x = torch.randint(1, 5, (1, next(layers.parameters()).shape[0], 5, 5)).double()
    moved = x.clone()
    moved[:, start] += 1
    return (layers(moved) != layers(x))[0].any(dim=(1, 2)).nonzero().flatten().tolist()


@every_cut
def test_who_is_reached(channels, groups):
    def cut():
        return nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)

    between = [(cut(), nn.Identity(), cut()), (cut(), nn.ChannelShuffle(groups), cut()),
               (nn.Conv2d(channels, channels, 1, bias=False), nn.Identity(), cut())]
    for start in {0, channels // 2, channels - 1}:
        picture = shuffle_picture(channels, groups, start)
        shown = [label for label in labels(picture) if set(label) <= set("0123456789 ") and (" " in label or label.isdigit())]
        expected = [" ".join(map(str, reached(nn.Sequential(*layers), start))) for layers in between]
        assert [label for label, element in zip(labels(picture), elements(picture, "text"), strict=True)
                if float(element.get("y")) > 490] == expected, shown
        for line, mine in zip(picture.text.splitlines()[2:], expected, strict=True):
            assert line.endswith(f"all {channels}." if len(mine.split()) == channels else f"of {channels} ({mine}).")


@every_cut
def test_a_heavy_frame_for_each_channel_that_is_reached(channels, groups):
    picture = shuffle_picture(channels, groups, channels - 1)
    heavy = [rect for rect in elements(picture, "rect") if rect.get("class") == "open heavy" and float(rect.get("y")) > 400]
    said = [label for label, element in zip(labels(picture), elements(picture, "text"), strict=True) if float(element.get("y")) > 490]
    assert len(heavy) == sum(len(line.split()) for line in said)
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


@pytest.mark.parametrize(("numbers", "complaint"), [
    ((11,), "channels must be 1 … 10, so that each number has room; got 11"),
    (("8",), "channels must be 1 … 10, so that each number has room; got '8'"),
    ((8, 3), r"groups \(=3\) must divide channels \(=8\)"),
    ((8, 2, 8), "start must be the number of an input, 0 … 7; got 8"),
])
def test_what_can_not_be_drawn(numbers, complaint):
    with pytest.raises(ConfigError, match=complaint):
        shuffle_picture(*numbers)
