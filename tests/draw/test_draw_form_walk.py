"""One form at a time: the same numbers at the same places, and what it takes to close the 3×3's gaps."""
import re
from xml.etree import ElementTree

import pytest
import torch

from resnext_edu.blocks import FORMS
from resnext_edu.config import BlockSpec
from resnext_edu.draw.block.form_walk import STEPS, form_walk_picture, step_of, zeros_in
from resnext_edu.draw.block.forms_words import DENSE, addends, stored
from resnext_edu.errors import ConfigError
from tests.draw.reading import below, colliding, elements, is_accessible, labels, outside
from tests.helpers import block

SPECS = [BlockSpec(256, 256, c, d) for c, d in ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4))]
every_step = pytest.mark.parametrize(("spec", "name"), [(spec, name) for spec in SPECS for name in STEPS])


def drawn(picture, cls):
    """x, y, width, height of every piece of this class in that column, from the first to the last."""
    found, left = [], below(picture, "what is stored")
    for element in elements(picture, "path"):
        if element.get("class") == cls:
            found += [tuple(map(float, piece)) for piece in re.findall(r"M (\S+) (\S+) h (\S+) v (\S+)", element.get("d") or "")]
    for element in elements(picture, "rect"):
        if element.get("class") == cls and element.get("width") != "5":  # 5: a cell of a kernel's glyph
            found += [tuple(float(element.get(side)) for side in ("x", "y", "width", "height"))]
    return [piece for piece in found if piece[0] >= left - 5]


def matrices(picture):
    """The followed path's piece of each weight: x, y, width, height."""
    found = {}
    for element in elements(picture, "path"):
        steps = element.get("d").split()
        if element.get("class") in ("c1", "c2", "c3") and float(steps[1]) >= below(picture, "what is stored"):
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


@pytest.mark.parametrize(("name", "whole", "outlined"), [
    ("split_sum", (), None), ("concat", (3,), 3), ("grouped", (1, 3), 1), ("dense", (1, 2, 3), 2)])
def test_a_path_has_rows_of_the_first_weight_a_block_of_the_second_and_columns_of_the_third(name, whole, outlined):
    """32 outputs × 64 inputs, 32 × 32, 64 × 32; path 1 has the second eight of each."""
    picture = form_walk_picture(BlockSpec(64, 64, cardinality=4, width_per_group=8), name, 1)
    sizes = {1: (64, 32), 2: (32, 32), 3: (32, 64)}
    path = {1: lambda i: (0, 8 * i, 64, 8), 2: lambda i: (8 * i, 8 * i, 8, 8), 3: lambda i: (8 * i, 0, 8, 64)}
    unit = drawn(picture, "c1")[0][2] / 64
    for k, (wide, high) in sizes.items():
        own = min(drawn(picture, f"c{k}"), key=lambda piece: piece[2] * piece[3])
        x, y = own[0] - unit * path[k](1)[0], own[1] - unit * path[k](1)[1]  # the matrix's corner
        rest = [(0, 0, wide, high)] if k in whole and k != 2 else [path[k](i) for i in (0, 2, 3)]
        for pieces, expected in (([own], [path[k](1)]), (drawn(picture, f"c{k} pale"), rest)):
            places = [((a - x) / unit, (b - y) / unit, c / unit, d / unit) for a, b, c, d in pieces]
            assert places == [pytest.approx(place, abs=.35) for place in expected]
        frames = [frame for frame in drawn(picture, "edge") if abs(frame[1] + 4 - y) < 1]
        assert len(frames) == (k == outlined)
        if k == 2:  # off the diagonal: zeros that are stored, or nothing
            ground = [piece for piece in drawn(picture, "c2" if 2 in whole else "ink") if piece[2] > 31 * unit]
            assert ground == [pytest.approx((x, y, 32 * unit, 32 * unit), abs=.02)]
            zeros = [(float(label.get("x")) - x, float(label.get("y")) - y) for label in elements(picture, "text") if label.text == "0"]
            assert [across > down for across, down in zeros] == [False, True] * (2 in whole)  # below the diagonal, and above


@every_step
def test_the_weights_stay_between_their_heading_and_what_is_said_of_them(spec, name):
    picture = form_walk_picture(spec, name)
    words = min(float(label.get("x")) for label in elements(picture, "text") if (label.text or "").endswith(" weights")
                and float(label.get("x")) > below(picture, "what is stored"))
    total = max(float(label.get("y")) for label in elements(picture, "text") if label.text == "all weights")
    for k in (1, 2, 3):
        for x, y, wide, high in (*drawn(picture, f"c{k}"), *drawn(picture, f"c{k} pale")):
            assert x + wide < words
            assert 110 < y < y + high < total


def test_the_count_of_a_weight_is_that_of_all_its_layers():
    spec = BlockSpec(64, 64, cardinality=4, width_per_group=8)
    said = [[label for label in labels(form_walk_picture(spec, name)) if re.fullmatch(r"[\d× ,=]+ weights", label)] for name in STEPS]
    many = ["4 × 512 = 2,048 weights", "4 × 576 = 2,304 weights"]
    assert said == [[*many, many[0]], [*many, "2,048 weights"], ["2,048 weights", "2,304 weights", "2,048 weights"],
                    ["2,048 weights", "9,216 weights", "2,048 weights"]]


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
    ((SPECS[1], "grouped", True), "follow must be the number of a path, 0 … 1; got True"),
    ((SPECS[0], "grouped", 1), "follow must be the number of a path, 0 … 0; got 1"),
    ((BlockSpec(64, 256, 4, 8), "grouped"), "this picture needs a block without a projection, so stride 1 and as many input as output channels; got BlockSpec(in_channels=64, out_channels=256, cardinality=4, width_per_group=8, stride=1)"),
])
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        form_walk_picture(*arguments)


def test_the_place_of_a_late_path_in_a_whole_3x3_is_not_cut_off():
    picture = form_walk_picture(BlockSpec(256, 256, cardinality=32, width_per_group=4), "dense", 31)
    assert "conv2.weight[124:128, 124:128]" in labels(picture)
    assert (outside(picture), colliding(picture)) == ([], [])
