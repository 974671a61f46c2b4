"""The picture of slices: what an output reads in it is what moves that output in torch."""
import itertools
import re

import pytest
import torch
from torch import nn

from resnext_edu.draw.block.slices import LEFT, SIDE, slices_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, pieces

CASES = [(8, 2, 5, 3), (8, 4, 0, 3), (10, 5, 9, 1), (6, 3, 2, 5), (8, 1, 7, 3), (8, 8, 3, 3), (1, 1, 0, 3)]
every_case = pytest.mark.parametrize(("channels", "groups", "follow", "kernel"), CASES)


def reads(layer, channels, output):
    """The inputs that move an output, as the picture writes them."""
    with torch.no_grad():
        moved = [layer(one.view(1, -1, 1, 1)).flatten()[output] != 0 for one in torch.eye(channels)]
    return " ".join(str(c) for c, one in enumerate(moved) if one)


@every_case
def test_an_output_reads_what_moves_it(channels, groups, follow, kernel):
    def conv(groups):
        layer = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=groups, bias=False)
        nn.init.ones_(layer.weight)
        return layer

    layers = [conv(1), conv(groups), nn.Sequential()]
    layers[2] = lambda x: layers[1](torch.cat([x[:, k::groups] for k in range(groups)], dim=1))
    shown = labels(slices_picture(channels, groups, follow, kernel))
    read = [" ".join(sorted(words.split(), key=int)) for before, words in itertools.pairwise(shown)
            if before == f"output {follow} reads"]
    assert read == [reads(layer, channels, follow) for layer in layers]
    same = all(reads(layers[1], channels, o) == reads(layers[2], channels, o) for o in range(channels))
    assert shown[-1] == ("this is the same" if same else "this is another function")


@every_case
def test_heavy_lines_are_what_is_read(channels, groups, follow, kernel):
    picture = slices_picture(channels, groups, follow, kernel)
    assert sum(pieces(picture, "hi")) == channels + 2 * (channels // groups) + 3  # and the output itself, three times
    assert sum(pieces(picture, "hi")) + sum(pieces(picture, "wire")) == 3 * 2 * channels
    boxes = [float(box.get("x")) + 8.5 for box in elements(picture, "rect") if box.get("class") == "open heavy"]
    ends = [[float(number) for number in re.findall(r"[\d.]+", path.get("d"))] for path in elements(picture, "path")
            if path.get("class") == "hi"]
    top, foot = (min(end[1] for end in ends), max(end[3] for end in ends))  # from the inputs, to the output
    touched = [end[0] for end in ends if end[1] == top] + [end[2] for end in ends if end[3] == foot]
    assert sorted(touched) == pytest.approx(sorted(boxes), abs=.01)


def test_heavy_lines_lie_on_top_of_the_others():
    drawn = [path.get("class") for path in elements(slices_picture(), "path") if path.get("class") in ("hi", "wire")]
    assert len(drawn) == 3 * 16
    assert sum(pair == ("hi", "wire") for pair in itertools.pairwise(drawn)) == 2  # from one panel to the next


@every_case
def test_a_gap_for_each_cut(channels, groups, follow, kernel):
    bands = [(box.get("class"), float(box.get("x")), float(box.get("width")))
             for box in elements(slices_picture(channels, groups, follow, kernel), "rect") if box.get("height") == "40"]
    assert len(bands) == 1 + 2 * groups
    assert [cls for cls, _, _ in bands].count("c2") == 3
    for panel, left in zip((bands[:1], bands[1:1 + groups], bands[1 + groups:]), LEFT, strict=True):
        followed, = ((x, wide) for cls, x, wide in panel if cls == "c2")
        assert followed[0] < left + SIDE * (follow + .5) / channels < sum(followed)
        assert all(x + wide < after for (_, x, wide), (_, after, _) in itertools.pairwise(panel))


@every_case
def test_texts_keep_apart_and_inside(channels, groups, follow, kernel):
    picture = slices_picture(channels, groups, follow, kernel)
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


def test_the_words_in_full():
    assert slices_picture().text == """\
Groups: small convolutions, each on a slice of neighbours
A 3×3 convolution, 8 → 8 channels, in three ways. Heavy: what output 5 reads.
Not cut (x): output 5 reads 0 1 2 3 4 5 6 7. This is groups=1.
Neighbours together (x[:, 0:4], x[:, 4:8]): output 5 reads 4 5 6 7. This is groups=2.
Dealt out in turn (x[:, 0::2], x[:, 1::2]): output 5 reads 1 3 5 7. This is another function."""


@pytest.mark.parametrize(("arguments", "message"), [
    ({"channels": 12}, "channels must be 1 … 10, so that each number has room; got 12"),
    ({"groups": 3}, "groups (=3) must divide channels (=8); these do: 1, 2, 4, 8"),
    ({"follow": 8}, "follow must be the number of an output, 0 … 7; got 8"),
])
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        slices_picture(**arguments)
