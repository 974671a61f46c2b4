"""A projection behind the branch: what is drawn as not fitting does not fit, and beside the branch it does."""
import re

import pytest
import torch
from torch import nn

from resnext_edu import build
from resnext_edu.draw.block.in_series import FIRST_INPUT, FIRST_OF_STAGE, SERIES, UNIT, in_series_picture
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, pieces


@pytest.fixture
def block():
    return build(FIRST_OF_STAGE, "grouped")


def branch(block):
    return nn.Sequential(block.conv1, block.bn1, block.conv2, block.bn2, block.conv3, block.bn3)


def test_what_is_drawn_in_series_can_not_run_and_the_numbers_are_those_of_the_error(block):
    with pytest.raises(RuntimeError, match="channels") as raised:
        nn.Sequential(branch(block), block.downsample)(torch.zeros(FIRST_INPUT))
    fit, come = map(int, re.search(r"to have (\d+) channels, but got (\d+) channels", str(raised.value)).groups())
    assert f"{come} channels come, and {fit} fit" in labels(in_series_picture())
    assert f"its {come} channels meet a projection that was made for {fit}." in in_series_picture().text


def test_beside_each_other_both_give_the_shape_that_is_drawn(block):
    x = torch.zeros(FIRST_INPUT)
    shapes = {"×".join(map(str, part(x).shape[1:])) for part in (branch(block), block.downsample)}
    assert shapes == {"256×56×56"}
    assert f"each makes {shapes.pop()}, and the two are added." in in_series_picture().text
    assert labels(in_series_picture()).count("256×56×56") == 1


def test_the_projection_is_drawn_as_wide_as_what_it_reads_and_what_it_makes():
    tapers = [[float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
              for path in elements(in_series_picture(), "path") if path.get("class") == "bar"]
    assert [(above / UNIT, -below / UNIT) for _, _, above, *_, below in tapers] == [(64, 256), (64, 256)]
    (left, top, above, *_), _ = tapers
    tints = [(float(rect.get("x")), float(rect.get("y")) + float(rect.get("height")), float(rect.get("width")))
             for rect in elements(in_series_picture(), "rect") if rect.get("class") == "tensor"]
    come = max(width for x, bottom, width in tints if x + width / 2 == SERIES and bottom > top - 15)
    assert (come / UNIT, left + above / 2) == (256, SERIES)


def test_the_3x3_has_its_groups_in_both():
    assert pieces(in_series_picture(), "c2 pale") == [FIRST_OF_STAGE.cardinality - 1] * 2


def test_nothing_collides_and_all_can_be_heard():
    picture = in_series_picture()
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)
