"""The picture of a broken block: one mark, at the place that its sabotage changes."""
import re

import pytest

from resnext_edu.config import BlockSpec
from resnext_edu.draw.sabotaged import MARKS, sabotaged_picture
from resnext_edu.errors import ConfigError
from resnext_edu.sabotage import SABOTAGES
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

CASES = [(name, SABOTAGES[name].form if name in SABOTAGES else "grouped") for name in MARKS]


def test_every_sabotage_has_a_mark():
    assert set(MARKS) == {"none", *SABOTAGES}


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("name", "form"), CASES)
def test_there_is_one_mark_and_words_for_it(name, form, stride):
    spec = BlockSpec(32, 32, 4, 4, stride)
    picture = sabotaged_picture(spec, form, name)
    marks = [rect for rect in elements(picture, "rect") if rect.get("class") == "hi"]
    assert len(marks) == (name != "none")
    assert set(MARKS[name][1]) <= set(labels(picture))
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


@pytest.mark.parametrize(("name", "form", "row"), [("stride_on_1x1", "grouped", "c1"), ("w2_transposed", "split_sum", "c2"), ("bias_per_path", "split_sum", "c3")])
def test_the_mark_stands_around_the_layer_that_is_broken(name, form, row):
    picture = sabotaged_picture(BlockSpec(32, 32, 4, 4), form, name)
    mark, = (rect for rect in elements(picture, "rect") if rect.get("class") == "hi")
    layer = next(path.get("d").split() for path in elements(picture, "path") if path.get("class") == row)
    top, bottom = float(layer[2]), float(layer[2]) + float(layer[6])
    assert float(mark.get("y")) < top
    assert bottom < float(mark.get("y")) + float(mark.get("height")) < bottom + 12


@pytest.mark.parametrize(("arguments", "message"), [
    (("grouped", "stride_on_1"), "unknown sabotage 'stride_on_1'; did you mean 'stride_on_1x1'? Known: " + ", ".join(MARKS)),
    (("group", "none"), "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"),
])
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        sabotaged_picture(BlockSpec(32, 32, 4, 4), *arguments)
