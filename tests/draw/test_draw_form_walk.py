"""One form at a time: the same numbers at the same places, and what it takes to close the 3×3's gaps."""
import re
from xml.etree import ElementTree

import pytest
import torch

from resnext_edu.blocks import FORMS
from resnext_edu.config import BlockSpec
from resnext_edu.draw.form_walk import STEPS, form_walk_picture, step_of, zeros_in
from resnext_edu.draw.forms_words import DENSE, addends, stored
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside
from tests.helpers import block

SPECS = [BlockSpec(256, 256, c, d) for c, d in ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4))]
every_step = pytest.mark.parametrize(("spec", "name"), [(spec, name) for spec in SPECS for name in STEPS])


def matrices(picture):
    """The followed path's piece of each weight: x, y, width, height."""
    found = {}
    for element in elements(picture, "path"):
        steps = element.get("d").split()
        if element.get("class") in ("c1", "c2", "c3") and float(steps[1]) > 380:
            found[element.get("class")] = [float(steps[k]) for k in (1, 2, 4, 6)]
    return found


@every_step
def test_counts_are_those_of_real_blocks(spec, name):
    form, trace = step_of(spec, name)
    parts = addends(form, spec, trace)
    numbers = {"cardinality": spec.cardinality, "width_per_group": spec.width_per_group}
    if name == "dense":
        name, numbers = "grouped", {"cardinality": 1, "width_per_group": spec.bottleneck_width}
    convs = [m for m in FORMS[name](256, 256, **numbers).modules() if isinstance(m, torch.nn.Conv2d)]
    assert sum(part.times for part in parts) == len(convs)
    weights = sum(conv.weight.numel() for conv in convs)
    assert sum(part.times * part.each for part in parts) == weights
    picture = form_walk_picture(spec, form.name)
    assert f"{weights:,}" in labels(picture)[-1]
    shapes = {f"{tuple(conv.weight.shape)}" for conv in convs}
    assert shapes == {re.sub(r"^\d+ × ", "", label) for label in labels(picture) if label.endswith((" 1)", " 3)"))}


def test_a_whole_3x3_has_the_path_where_it_says_and_zeros_off_the_diagonal():
    grouped, spec = block("grouped", (12, 12), cardinality=4, width_per_group=3), BlockSpec(12, 12, 4, 3)
    weight = torch.block_diag(*grouped.conv2.weight.flatten(2).sum(2).view(4, 3, 3)).detach()
    assert int((weight == 0).sum()) * 9 == zeros_in(spec, "dense") == 972
    place = re.search(r"\[(\d+):(\d+), (\d+):(\d+)\]", stored(DENSE, spec, 2)[1])
    a, b, c, d = map(int, place.groups())
    assert torch.equal(weight[a:b, c:d], grouped.conv2.weight[6:9].flatten(2).sum(2))
    assert [zeros_in(spec, name) for name in STEPS[:3]] == [0, 0, 0]


def test_a_path_keeps_its_place_from_form_to_form():
    spec = SPECS[-1]
    places = [matrices(form_walk_picture(spec, name, 5)) for name in STEPS]
    assert places[0].keys() == {"c1", "c2", "c3"}
    assert all(place == places[0] for place in places)


def test_all_have_one_size_and_each_its_own_words():
    pictures = [form_walk_picture(spec, name) for spec in SPECS for name in STEPS]
    assert len({ElementTree.fromstring(picture.svg).get("viewBox") for picture in pictures}) == 1
    assert len({picture.text for picture in pictures}) == len(pictures)


@every_step
def test_texts_keep_apart_and_inside(spec, name):
    picture = form_walk_picture(spec, name, round(spec.cardinality / 6))
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


def test_the_words_of_the_last_step():
    assert form_walk_picture(SPECS[-1], "dense", 5).text == """\
A whole 3×3 stores 142,848 zeros more
dense: one 1×1, 256 → 128; one 3×3, 128 → 128; one 1×1, 128 → 256. \
Weights without BN: 32,768 + 147,456 + 32,768 = 212,992. \
Path 5 is stored in conv1.weight[20:24], conv2.weight[20:24, 20:24], conv3.weight[:, 20:24]. \
142,848 of the weights are zeros: all that lie off the diagonal blocks."""


@pytest.mark.parametrize(("arguments", "message"), [
    ((SPECS[0], "group"), "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped, dense"),
    ((SPECS[0], "grouped", 1), "follow must be the number of a path, 0 … 0; got 1"),
    ((BlockSpec(64, 256, 4, 8), "grouped"), "this picture is of a block whose shortcut is the input itself; BlockSpec(in_channels=64, out_channels=256, cardinality=4, width_per_group=8, stride=1) has a projection"),
])
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        form_walk_picture(*arguments)
