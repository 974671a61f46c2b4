"""The picture of a grouped convolution: its connections are those of a real one, and so are its counts."""
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.draw.block.grouped import GroupedLayer, grouped_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import below, colliding, elements, is_accessible, labels, outside, pieces

CASES = [(16, 1, 5, 3), (16, 4, 5, 3), (16, 16, 5, 3), (16, 2, 0, 3), (6, 3, 5, 1), (32, 8, 31, 5), (1, 1, 0, 3)]
every_case = pytest.mark.parametrize(("channels", "groups", "follow", "kernel"), CASES)


def convolution(channels, groups, kernel):
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=groups, bias=False)


@every_case
def test_an_output_reads_what_moves_it(channels, groups, follow, kernel):
    """Torch says who reads whom: one input at a time is not zero, and some outputs change."""
    conv = convolution(channels, groups, kernel)
    nn.init.ones_(conv.weight)
    with torch.no_grad():
        moved = torch.stack([conv(one.view(1, -1, 1, 1)).flatten() != 0 for one in torch.eye(channels)], dim=1)
    layer = GroupedLayer(channels, groups, follow, kernel, 56)
    for output in range(channels):
        assert list(layer.reads(output)) == moved[output].nonzero().flatten().tolist()
    shown = labels(grouped_picture(channels, (groups,), follow, kernel))
    assert layer.read in shown
    assert f"{moved[follow].sum()} of {channels} inputs" in shown


@every_case
def test_what_is_stored_is_what_torch_stores(channels, groups, follow, kernel):
    weight, picture = convolution(channels, groups, kernel).weight, grouped_picture(channels, (groups,), follow, kernel)
    for said in (labels(picture), [picture.text]):
        said = "\n".join(said)
        assert str(tuple(weight.shape)) in said
        assert f"{weight.numel():,} weights" in said
        assert f"{weight.numel() * 56 * 56:,} MACs" in said


@every_case
def test_every_kernel_is_a_cell(channels, groups, follow, kernel):
    """Each cell is drawn twice, in the matrix and in what is stored of it; the followed row is a piece of its own."""
    picture, stored = grouped_picture(channels, (groups,), follow, kernel), channels * channels // groups
    mine = channels // groups
    assert pieces(picture, "c2") == [mine] * 2
    assert pieces(picture, "c2 pale") == ([stored - mine] * 2 if channels > 1 else [])
    cells = [element for element in elements(picture, "path") if element.get("opacity") == "0.07"]
    assert sum(cell.get("d").count("M") for cell in cells) == channels**2 - stored
    assert f"{stored:,} of {channels**2:,} kernels" in labels(picture)
    assert sum(pieces(picture, "wire")) == stored - mine
    assert pieces(picture, "pen") == [mine]


def test_the_bar_is_what_is_left_of_the_dense_one():
    bars = [element for element in elements(grouped_picture(16, (1, 4, 16)), "rect") if element.get("height") == "7"]
    full = [float(bar.get("width")) for bar in bars if bar.get("class") == "tensor"]
    left = [float(bar.get("width")) for bar in bars if bar.get("class") == "ink"]
    assert [part / whole for part, whole in zip(left, full, strict=True)] == pytest.approx([1, 1 / 4, 1 / 16], abs=1e-3)


@pytest.mark.parametrize("follow", [0, 5, 15])
def test_the_followed_output_has_one_height_in_all_columns(follow):
    picture = grouped_picture(16, (4,), follow)
    dot, = (float(circle.get("cy")) for circle in elements(picture, "circle") if circle.get("class") == "c2")
    frames = [(float(rect.get("y")), float(rect.get("height"))) for rect in elements(picture, "rect") if rect.get("class") == "edge"]
    assert [top + height / 2 for top, height in frames] == pytest.approx([dot] * 2, abs=1)


def test_the_cells_lie_in_blocks_along_the_diagonal():
    picture = grouped_picture(16, (4,), 5)
    mine, stored = (element.get("d").split() for element in elements(picture, "path")
                    if element.get("class") == "c2")
    columns, left = ([float(step) for before, step in pairwise(d) if before == "M"] for d in (mine, stored))
    # four cells of 11 units; in the matrix they begin after the first block, in what is stored at the left edge
    assert columns == [below(picture, "weight matrix") + 11 * i for i in (4, 5, 6, 7)]
    assert left == [below(picture, "what is stored") + 11 * i for i in range(4)]


@pytest.mark.parametrize("size", [56, 7])
def test_counts_are_the_costs(size):
    row = block_cost(BlockSpec(256, 256, 4, 4), (1, 256, size, size))["conv2"]
    shown = " ".join(labels(grouped_picture(16, (4,), size=size)))
    assert f"{row.params:,} weights" in shown
    assert f"{row.macs:,} MACs" in shown


def test_rows_stand_below_each_other_and_each_can_stand_alone():
    picture, alone = grouped_picture(16, (1, 4, 16)), grouped_picture(16, (4,))
    assert [label for label in labels(picture) if label.startswith("groups")] == ["groups = 1", "groups = 4", "groups = 16"]
    assert set(labels(alone)) <= set(labels(picture))
    assert alone.svg.count("groups = 4") == 2  # in the picture, and in its words


def test_pictures_of_one_row_have_one_size():
    boxes = {ElementTree.fromstring(grouped_picture(16, (g,)).svg).get("viewBox") for g in (1, 2, 4, 8, 16)}
    assert len(boxes) == 1


@every_case
def test_texts_keep_apart_and_inside(channels, groups, follow, kernel):
    picture = grouped_picture(channels, (groups,), follow, kernel)
    assert outside(picture) == colliding(picture) == []


def test_the_words_in_full():
    assert grouped_picture(8, (2, 8), follow=5, size=14).text == """\
Groups cut connections, and only what is left is stored
A 3×3 convolution, 8 → 8 channels, on a 14×14 map. In a weight matrix with a row for each output and a column for \
each input, groups leave blocks along the diagonal; the empty cells outside of them are not stored.
groups = 2 (2 blocks of 4 → 4): output 5 reads 4 of 8 inputs (4–7). Of 64 kernels 32 are left: the weight is \
(8, 4, 3, 3), 288 weights, 56,448 MACs.
groups = 8 (depthwise): output 5 reads 1 of 8 inputs (5). Of 64 kernels 8 are left: the weight is (8, 1, 3, 3), \
72 weights, 14,112 MACs."""


@pytest.mark.parametrize(("groups", "title", "left"), [
    ((1,), "One group: every output reads every input", "every cell is stored"),
    ((8,), "Depthwise: every output reads one input, and that is all that is stored", "groups leave blocks"),
    ((8, 1), "Groups cut connections, and only what is left is stored", "groups leave blocks"),
    ((1, 1), "Groups cut connections, and only what is left is stored", "every cell is stored"),
])
def test_the_title_and_what_is_stored(groups, title, left):
    words = grouped_picture(8, groups).text.splitlines()
    assert words[0] == title
    assert left in words[1]


def test_it_has_words_and_no_ids():
    assert is_accessible(grouped_picture())


@pytest.mark.parametrize(("arguments", "message"), [
    ({"groups": (5,)}, "groups (=5) must divide channels (=16); these do: 1, 2, 4, 8, 16"),
    ({"groups": (0,)}, "groups must be a whole number, 1 or more; got 0"),
    ({"groups": ()}, "groups must have a number for each row, such as (1, 4, 16); got ()"),
    ({"groups": 4}, "groups must have a number for each row, such as (1, 4, 16); got 4"),
    ({"channels": 128}, "channels must be 32 or fewer, so that each can be seen; got 128"),
    ({"follow": 16}, "follow must be the number of an output, 0 … 15; got 16"),
    ({"follow": True}, "follow must be the number of an output, 0 … 15; got True"),
    ({"follow": 1.0}, "follow must be the number of an output, 0 … 15; got 1.0"),
    ({"kernel": 0}, "kernel must be a whole number, 1 or more; got 0"),
    ({"size": "big"}, "size must be a whole number, 1 or more; got 'big'"),
])
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        grouped_picture(**arguments)
