"""AlexNet's towers: the weights are those of the layers that the paper describes."""
import re

import pytest
from torch import nn

from resnext_edu.draw.block.towers import ALEXNET, towers_picture
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

KERNELS = ["96 of 11×11×3", "256 of 5×5×48", "384 of 3×3×256", "384 of 3×3×192", "256 of 3×3×192"]  # in the paper


def test_the_kernels_are_the_papers_and_the_shapes_are_torchs():
    for layer, paper in zip(ALEXNET, KERNELS, strict=True):
        conv = nn.Conv2d(layer.inputs, layer.outputs, layer.side, groups=layer.groups)
        assert layer.weight == conv.weight.shape
        outs, deep, high, wide = layer.weight
        assert paper == f"{outs} of {high}×{wide}×{deep}"
    assert [after.inputs for after in ALEXNET[1:]] == [before.outputs for before in ALEXNET[:-1]]


def test_a_tower_is_as_wide_as_it_has_channels():
    bands = [(rect.get("class"), float(rect.get("width"))) for rect in elements(towers_picture(), "rect")
             if rect.get("class").startswith("c2")]
    for k, layer in enumerate(ALEXNET):
        (own, mine), (other, theirs) = bands[2 * k:2 * k + 2]
        assert (own, other, mine) == ("c2", "c2 pale", theirs)
        assert mine / layer.outputs == pytest.approx(bands[0][1] / ALEXNET[0].outputs)
    shown = labels(towers_picture())
    for layer in ALEXNET:
        assert str(layer.weight) in shown
        assert f"groups={layer.groups}" in shown


def test_where_groups_are_one_the_followed_tower_reads_from_two_places():
    read = [path.get("d").count("M") for path in elements(towers_picture(), "path") if path.get("class") == "edge"]
    assert read == [1, 1, 2, 1, 1]
    assert [layer.groups for layer in ALEXNET] == [1, 2, 1, 2, 2]


def test_nothing_collides_and_all_can_be_heard():
    picture = towers_picture()
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)
    assert len(re.findall(r"conv\d, ", picture.text)) == 5
