"""The two pictures of lesson 1: the shapes and counts that they show are those of torchvision's own blocks."""
import re
from itertools import pairwise

import pytest
import torch
from torch import nn
from torchvision.models.googlenet import Inception
from torchvision.models.resnet import Bottleneck, conv1x1

from resnext_edu.draw.block.ancestors import ANCESTORS, INCEPTION, UNIT, ancestors_picture
from resnext_edu.draw.block.bottleneck import LEFT, RIGHT, WIDEST, bottleneck_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, pieces, places


def weights(module):
    return sum(p.numel() for p in module.parameters() if p.dim() == 4)


def shapes_inside(block, x):
    """What torchvision's block reads, and what its three convolutions put out, as the picture writes it."""
    seen = [x.shape]
    for conv in (block.conv1, block.conv2, block.conv3):
        conv.register_forward_hook(lambda conv, inputs, output: seen.append(output.shape))
    block(x)
    return ["×".join(map(str, shape[1:])) for shape in seen]


@pytest.mark.parametrize(("width", "size"), [(64, 56), (8, 14)])
def test_the_shapes_are_torchvisions(width, size):
    picture, x = bottleneck_picture(width, size), torch.zeros(1, 4 * width, size, size, device="meta")
    inside = Bottleneck(4 * width, width).to("meta")
    first = Bottleneck(4 * width, 2 * width, 2, nn.Sequential(conv1x1(4 * width, 8 * width, 2))).to("meta")
    _, left, right, _ = picture.text.split("\n")
    for words, block in ((left, inside), (right, first)):
        shapes = shapes_inside(block, x)
        assert re.findall(r"\d+×\d+×\d+", words)[:4] == shapes
        assert set(shapes) <= set(labels(picture))
    assert f"{4 * width} → {8 * width}, BN" in labels(picture)


def test_it_is_drawn_as_wide_as_it_has_channels():
    """The third convolution of each widens to four times its width; it is symmetric, and both have one scale."""
    drawn = [[float(n) for n in re.findall(r"-?[\d.]+", element.get("d"))]
             for element in elements(bottleneck_picture(), "path") if element.get("class") == "c3"]
    for middle, channels, (left, _, above, right, _, below) in zip((LEFT, RIGHT), (256, 512), drawn, strict=True):
        assert (above, -below) == (channels * WIDEST / 2048, channels * WIDEST / 512)
        assert (left + above / 2, right + below / 2) == (middle, middle)


def test_the_middle_of_each_block_is_as_wide_as_it_has_channels():
    """VGG keeps 256 all the way; ResNet goes to 64 and back; ResNeXt's 32 paths of 4 are 128 together."""
    picture = ancestors_picture()
    tapers = [(element.get("class"), [abs(float(n)) for n in re.findall(r"h (-?[\d.]+)", element.get("d"))])
              for element in elements(picture, "path") if element.get("class") in {"c1", "c2", "c3"} and "L" in element.get("d")]
    wide = [(cls, *(round(side / UNIT) for side in sides)) for cls, sides in tapers]
    assert wide == [("c2", 256, 256), ("c2", 256, 256), ("c1", 256, 64), ("c2", 64, 64), ("c3", 64, 256)]
    paths = next(element.get("d") for element in elements(picture, "path") if element.get("class") == "c2 pale")
    ends = [(float(x), float(x) + float(side)) for x, side in re.findall(r"M (\S+) \S+ h (\S+)", paths)]
    assert (max(right for _, right in ends) - min(left for left, _ in ends)) / UNIT == pytest.approx(128, abs=4)


def test_each_name_stands_above_its_own_drawing():
    """From left to right: first the blocks without a shortcut, then those with one; branches, then paths."""
    found = [(float(label.get("x")), "".join(label.itertext()).split()[0]) for label in elements(ancestors_picture(), "text")
             if re.search(r"  20\d\d$", "".join(label.itertext()))]
    assert [name for _, name in sorted(found)] == ["VGG", "Inception", "ResNet", "ResNeXt"]
    starts = [x for x, _ in found] + [820]
    drawn = [sum(left <= float(dot.get("cx")) < right for dot in elements(ancestors_picture(), "circle"))
             for left, right in pairwise(starts)]
    assert drawn == [0, 0, 1, 2]  # +, and Σ above +
    ways = [float(path.get("d").split()[1]) for path in elements(ancestors_picture(), "path")
            if path.get("class") == "edge" and "V" in path.get("d") and path.get("d").count("H") == 2]
    assert [sum(left <= x < right for x in ways) for left, right in pairwise(starts)] == [0, 0, 1, 1]


def test_what_the_stride_changes_is_bold():
    found = [(float(label.get("y")), float(label.get("x")) > 400, label.text) for label in elements(bottleneck_picture(), "text")
             if label.get("class") == "b"]
    left, right = ([words for _, beside, words in sorted(found) if beside is side] for side in (False, True))
    assert left == ["256×56×56", "256×56×56"]  # the input and the output, which are bold in every picture
    assert (right[0], right[-1]) == ("256×56×56", "512×28×28")
    assert sorted(right[1:-1]) == ["128×28×28", "1×1, stride 2", "stride 2"]


def test_the_ancestors_have_the_weights_that_torchvisions_have():
    """Inception is counted with its 5×5, as it was published; torchvision has a 3×3 there."""
    inception = Inception(192, 64, 96, 128, 16, 32, 32)
    published = weights(inception) + (5 * 5 - 3 * 3) * 16 * 32
    blocks = (2 * 3 * 3 * 256 * 256, published, weights(Bottleneck(256, 64)),
              weights(Bottleneck(256, 64, groups=32, base_width=4)))
    shown = labels(ancestors_picture())
    assert [shown[k - 1] for k, label in enumerate(shown) if label == "weights"] == [f"{n:,}" for n in blocks]


def test_the_branches_give_what_inception_puts_side_by_side():
    assert sum(branch[-1] for branch in INCEPTION) == 256
    bands = [float(element.get("width")) / UNIT for element in elements(ancestors_picture(), "rect")
             if element.get("class") in {"c1", "c2"}]
    assert sorted(bands) == sorted(float(n) for branch in INCEPTION for n in branch if n)


def test_the_numbers_below_inceptions_branches_do_not_read_as_one():
    rows = {}
    for words, left, right, y in places(ancestors_picture()):
        if re.fullmatch(r"\d+|pool", words) and y < 450:
            rows.setdefault(y, []).append((left, right))
    assert sorted(map(len, rows.values())) == [3, 4]
    assert all(after - before > 9 for row in rows.values() for (_, before), (after, _) in pairwise(sorted(row)))


def test_all_32_paths_are_drawn():
    picture = ancestors_picture()
    assert set(pieces(picture, "wire")) == {32}
    assert [pieces(picture, f"c{k} pale") for k in (1, 2, 3)] == [[31]] * 3
    assert all(f"{one.weights:,} weights" in picture.text for one in ANCESTORS)


@pytest.mark.parametrize("picture", [bottleneck_picture(), bottleneck_picture(256, 224), bottleneck_picture(1, 1),
                                     ancestors_picture()], ids=["bottleneck", "large", "small", "ancestors"])
def test_texts_keep_apart_and_inside(picture):
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


@pytest.mark.parametrize(("sizes", "message"), [
    ((0, 56), "width must be"), ((64, 0), "size must be"), (("wide", 56), "width must be")])
def test_what_cannot_be_drawn(sizes, message):
    with pytest.raises(ConfigError, match=f"^{message}"):
        bottleneck_picture(*sizes)
