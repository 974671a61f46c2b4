"""Crops of the three forms: a part of the same picture, piece by piece, and nothing that the part does not show."""
import re

import pytest

from resnext_edu.config import BlockSpec
from resnext_edu.draw.block.forms import forms_picture
from resnext_edu.draw.block.forms_crop import CROPS_OF_THE_FORMS, forms_crop_picture, stored_picture
from resnext_edu.draw.block.forms_words import forms_of, stored
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

STANDARD = BlockSpec(256, 256, cardinality=32, width_per_group=4)
SPECS = [STANDARD, BlockSpec(256, 256, 4, 24), BlockSpec(96, 96, 3, 31), BlockSpec(64, 64, 2, 4), BlockSpec(256, 256, 64, 2)]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=str)
every_crop = pytest.mark.parametrize("crop", CROPS_OF_THE_FORMS)


def pieces(picture, moved=0):
    """Each piece of a layer: its class, and where it stands, `moved` to the left."""
    return {(path.get("class"), re.sub(r"M (\S+)", lambda x: f"M {round(100 * float(x[1])) - 100 * moved}", path.get("d")))
            for path in elements(picture, "path") if re.fullmatch(r"c\d( pale)?", path.get("class"))}


@every_spec
@every_crop
def test_every_piece_stands_where_it_stands_in_the_whole(spec, crop):
    left = 232 * CROPS_OF_THE_FORMS[crop].forms[0]  # the first form that is left moves to the margin
    whole, part = pieces(forms_picture(spec, 1), left), pieces(forms_crop_picture(spec, crop, 1))
    assert part
    assert part <= whole


@every_crop
def test_only_what_is_left_has_a_name(crop):
    shown = labels(forms_crop_picture(STANDARD, crop))
    kept = [form.title for k, form in enumerate(forms_of(STANDARD)) if k in CROPS_OF_THE_FORMS[crop].forms]
    assert [label for label in shown if re.match(r"\([abc]\) \w+$", label)] == kept
    cells = [rect.get("class") for rect in elements(forms_crop_picture(STANDARD, crop), "rect") if rect.get("width") == "5"]
    assert [cells.count(cls) for cls in ("c1", "c2", "c3")] == {
        "paths": [1, 9, 1], "last": [0, 0, 1], "grouped": [1, 9, 0]}[crop]


@every_spec
@every_crop
def test_nothing_collides_and_all_can_be_heard(spec, crop):
    for follow in {0, 1, spec.cardinality // 2, spec.cardinality - 1}:
        picture = forms_crop_picture(spec, crop, follow)
        assert outside(picture) == colliding(picture) == []
        assert is_accessible(picture)
        assert "{" not in picture.svg.partition("</style>")[2] + picture.text


def test_the_picture_of_the_last_1x1_tells_no_number_that_its_lesson_asks_for():
    picture = forms_crop_picture(STANDARD, "last", 5)
    assert not re.search(r"128|20:24", picture.text + picture.svg.partition("</style>")[2].replace("0 -174", ""))
    assert "128" in forms_crop_picture(STANDARD, "grouped").text  # the control


def test_all_that_goes_around_is_drawn_to_the_edge():
    last, grouped = (forms_crop_picture(STANDARD, crop) for crop in ("last", "grouped"))
    assert sum(label == "shortcut" for label in labels(last)) == 2
    assert not [label for label in labels(grouped) if label in ("shortcut", "output", "Σ")]
    assert not [label for label in labels(last) if label == "input"]


@every_spec
def test_what_is_stored_is_what_the_whole_says(spec):
    picture, whole = stored_picture(spec, 1), labels(forms_picture(spec, 1))
    assert {*labels(picture)[2:]} <= {*whole}
    for form in forms_of(spec):
        assert all(where in picture.text and where in labels(picture) for where in stored(form, spec, 1))
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


def test_a_crop_that_is_not_there():
    with pytest.raises(ConfigError, match="unknown crop 'lost'"):
        forms_crop_picture(STANDARD, "lost")


@pytest.mark.parametrize("draw", [lambda path: forms_crop_picture(STANDARD, "last", path), lambda path: stored_picture(STANDARD, path)])
def test_a_path_that_is_not_there(draw):
    with pytest.raises(ConfigError, match="form_path must be the number of a path, 0 … 31; got 32"):
        draw(32)


@pytest.mark.parametrize("spec", [BlockSpec(256, 256, 1, 64), BlockSpec(64, 256, 32, 4)], ids=str)
def test_a_block_that_has_nothing_to_cut_or_a_projection(spec):
    with pytest.raises(ConfigError, match="needs a block with two paths or more and without a projection; got BlockSpec"):
        forms_crop_picture(spec, "last")
