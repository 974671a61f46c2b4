"""The picture of a broken block: one mark, at the place that its sabotage changes."""
import re

import pytest

from resnext_edu.config import BlockSpec
from resnext_edu.draw.block.sabotaged import MARKS, sabotaged_picture
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


@pytest.mark.parametrize(("name", "form", "row"), [("stride_on_1x1", "grouped", "c1"), ("w2_transposed", "split_sum", "c2"), ("bias_per_path", "split_sum", "c3"),
                                                  ("groups_interleaved", "grouped", "c2"), ("c_and_d_swapped", "grouped", "c2")])
def test_the_mark_stands_around_the_layer_that_is_broken(name, form, row):
    picture = sabotaged_picture(BlockSpec(32, 32, 4, 4), form, name)
    mark, = (rect for rect in elements(picture, "rect") if rect.get("class") == "hi")
    layer = next(path.get("d").split() for path in elements(picture, "path") if path.get("class") == row)
    top, bottom = float(layer[2]), float(layer[2]) + float(layer[6])
    assert float(mark.get("y")) < top
    assert bottom < float(mark.get("y")) + float(mark.get("height")) < bottom + 12


def mark_and_layers(form, name, C=4):
    """Left, top, right and bottom of the mark, of each convolution's first path, and of the 3×3 of the last path."""
    picture = sabotaged_picture(BlockSpec(32, 32, C, 4), form, name)
    found = [tuple(float(rect.get(key)) for key in ("x", "y", "width", "height")) for rect in elements(picture, "rect") if rect.get("class") == "hi"]
    for row in ("c1", "c2", "c3", "c2 pale")[:4 if C > 1 else 3]:
        d = next(path.get("d") for path in elements(picture, "path") if path.get("class") == row)
        d = d[d.rindex("M"):].split()
        found.append((float(d[1]), float(d[2]), float(d[4]), float(d[6])))
    return [(x, y, x + wide, y + high) for x, y, wide, high in found]


@pytest.mark.parametrize("name", ["bn_per_path", "relu_before_sum"])
def test_what_happens_in_every_path_before_the_sum_stands_behind_the_last_convolution(name):
    (_, top, _, bottom), _, _, last, _ = mark_and_layers("split_sum", name)
    assert last[3] <= top < bottom < last[3] + 30
    picture = sabotaged_picture(BlockSpec(32, 32, 4, 4), "split_sum", name)
    bars = [path.get("d").split() for path in elements(picture, "path") if path.get("class") == "ink" and path.get("d").count("M") == 4]
    assert sum(top < float(d[2]) < bottom for d in bars) == 1  # one in each path


def test_the_order_of_the_paths_is_changed_between_the_second_and_the_third_convolution():
    (_, top, _, bottom), _, second, third, _ = mark_and_layers("concat", "paths_shuffled")
    assert second[3] <= top < bottom <= third[1]


def test_the_path_that_is_left_out_is_the_last_one_from_top_to_bottom():
    (left, top, right, bottom), first, _, third, last = mark_and_layers("split_sum", "path_dropped")
    assert left < (last[0] + last[2]) / 2 < right < left + 20
    assert top < first[1] < third[3] < bottom


def test_the_only_path_is_marked_as_a_whole():
    (left, _, right, _), _, second, _ = mark_and_layers("split_sum", "path_dropped", C=1)
    assert left < second[0] < second[2] < right


@pytest.mark.parametrize("C", [1, 2, 4, 32])
def test_the_mark_of_a_path_runs_behind_the_shapes(C):
    """A shape hides with its ground what is drawn before it."""
    drawn = "".join(sabotaged_picture(BlockSpec(32, 32, C, 4), "split_sum", "path_dropped").body)
    assert drawn.index('class="hi"') < drawn.index("×14×14")


def test_it_says_whether_something_is_broken_and_is_drawn_on_a_small_map():
    broken, whole = (sabotaged_picture(BlockSpec(32, 32, 4, 4), "split_sum", name) for name in ("bias_per_path", "none"))
    assert (labels(broken)[0], labels(whole)[0]) == ("Broken on purpose", "As it should be")
    assert labels(whole).count("32×14×14") == 2


@pytest.mark.parametrize(("arguments", "message"), [
    (("grouped", "stride_on_1"), "unknown sabotage 'stride_on_1'; did you mean 'stride_on_1x1'? Known: " + ", ".join(MARKS)),
    (("group", "none"), "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"),
])
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        sabotaged_picture(BlockSpec(32, 32, 4, 4), *arguments)
