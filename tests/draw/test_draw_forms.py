"""The picture of the three forms: what it shows is what the blocks are."""
import re
from itertools import pairwise

import pytest
import torch

from resnext_edu.blocks import ConcatBottleneck, GroupedBottleneck, SplitSumBottleneck
from resnext_edu.config import BlockSpec
from resnext_edu.convert import convert_state_dict
from resnext_edu.cost import block_cost, conv_weights
from resnext_edu.draw.block.forms import forms_picture
from resnext_edu.draw.block.forms_words import addends, forms_of, stored
from resnext_edu.errors import ConfigError
from tests.draw.reading import elements, is_accessible, labels, outside, pieces, places

FORMS = {"split_sum": SplitSumBottleneck, "concat": ConcatBottleneck, "grouped": GroupedBottleneck}
STANDARD = BlockSpec(256, 256, cardinality=32, width_per_group=4)
SPECS = {
    "standard": STANDARD,
    "few paths": BlockSpec(256, 256, 4, 24),
    "two": BlockSpec(64, 256, 2, 40),
    "three": BlockSpec(96, 96, 3, 31),
    "one": BlockSpec(256, 256, 1, 64),
    "one, projected": BlockSpec(64, 256, 1, 64, stride=2),
    "thin": BlockSpec(256, 256, 64, 2),
    "strided": BlockSpec(256, 512, 32, 8, stride=2),
    "large": BlockSpec(1024, 2048, 64, 32, stride=2),
    "depthwise": BlockSpec(256, 256, 256, 1),
}
every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


@every_spec
def test_every_count_is_the_costs(spec):
    shown, total = labels(forms_picture(spec)), sum(conv_weights(spec).values())
    assert [label for label in shown if label.removeprefix("= ") == f"{total:,}"] == [
        f"{total:,}", f"= {total:,}", f"= {total:,}"]
    for weights in conv_weights(spec).values():
        assert sum(label.endswith(f"{weights:,}") for label in shown) >= 3
    for line in shown:  # 32 × 1,024 = 32,768
        if found := re.fullmatch(r"(\d+) × ([\d,]+) = ([\d,]+)", line):
            times, each, product = (int(number.replace(",", "")) for number in found.groups())
            assert times * each == product


@every_spec
def test_the_forms_add_up_to_what_the_blocks_have(spec):
    numbers = {"in_channels": spec.in_channels, "out_channels": spec.out_channels, "stride": spec.stride,
               "cardinality": spec.cardinality, "width_per_group": spec.width_per_group}
    for form in forms_of(spec):
        with torch.device("meta"):
            block = FORMS[form.name](**numbers)
        convs = [module for module in block.modules() if isinstance(module, torch.nn.Conv2d)]
        parts = addends(form, spec, block_cost(spec, (1, spec.in_channels, 8, 8)))
        assert sum(part.times for part in parts) == len(convs)
        assert sum(part.times * part.each for part in parts) == sum(conv.weight.numel() for conv in convs)


@pytest.mark.parametrize("spec", [STANDARD, SPECS["three"], SPECS["one, projected"]], ids=str)
def test_a_paths_weights_are_stored_where_the_picture_says(spec):
    numbers = {"cardinality": spec.cardinality, "width_per_group": spec.width_per_group, "stride": spec.stride}
    source = SplitSumBottleneck(spec.in_channels, spec.out_channels, **numbers).state_dict()
    follow = spec.cardinality - 1
    for form in forms_of(spec):
        state = convert_state_dict(source, "split_sum", form.name, spec.cardinality)
        for k, where in enumerate(stored(form, spec, follow), 1):
            assert where in labels(forms_picture(spec, follow))
            key, _, place = where.partition("[")
            weight = state[key]
            if place:
                start, stop = map(int, re.findall(r"\d+", place))
                weight = weight[:, start:stop] if place.startswith(":,") else weight[start:stop]
            assert torch.equal(weight, source[f"paths.{follow}.conv{k}.weight"])


@pytest.mark.parametrize("spec", [spec for spec in SPECS.values() if spec.cardinality > 1], ids=str)
def test_all_paths_are_drawn(spec):
    c, picture = spec.cardinality, forms_picture(spec)
    # the followed path is a piece of its own, so each cut layer has C - 1 pale ones
    assert pieces(picture, "c1 pale") == [c - 1] * 2
    assert pieces(picture, "c2 pale") == [c - 1] * 3
    assert pieces(picture, "c3 pale") == [c - 1]
    # (a): a fan, two flows and the two parts of the third, a fan; (b): all but the last part and the last fan
    assert pieces(picture, "wire") == [c] * (5 + 3)
    assert [count for count in pieces(picture, "ink") if count > 1] == [c] * 4  # BNs; what has one piece is an arrow


def test_one_path_is_drawn_whole_and_summed_by_nobody():
    picture = forms_picture(SPECS["one"])
    assert pieces(picture, "wire") == pieces(picture, "c2 pale") == []
    assert not any("Σ" in label for label in labels(picture))


def test_the_path_keeps_its_place_in_all_three():
    slices = [element for element in elements(forms_picture(STANDARD, 5), "path") if element.get("class") == "c2"]
    starts = [float(element.get("d").split()[1]) for element in slices]
    assert len(starts) == 3
    assert starts[1] - starts[0] == pytest.approx(starts[2] - starts[1], abs=.02)


@every_spec
def test_shapes_are_those_of_the_rows(spec):
    trace, shown = block_cost(spec, (1, spec.in_channels, 20, 30)), " ".join(labels(forms_picture(spec, size=20)))
    side = trace["conv3"].output_shape[2]
    for shape in (f"{spec.in_channels}×20×20", f"{spec.out_channels}×{side}×{side}",
                  f"{spec.bottleneck_width}×20×20", f"{spec.bottleneck_width}×{side}×{side}"):
        assert shape in shown
    if spec.cardinality > 1:
        assert f"{spec.cardinality} × {spec.width_per_group}×{side}×{side}" in shown


@every_spec
def test_the_projection_is_drawn_where_there_is_one(spec):
    shown = labels(forms_picture(spec))
    assert shown.count("shortcut") == (0 if spec.has_projection else 3)
    assert shown.count("projection") == (5 if spec.has_projection else 0)
    assert shown.count("stride 2") == (1 if spec.stride == 2 else 0)


@every_spec
def test_nothing_stands_outside_or_is_cut_off(spec):
    for follow in {0, spec.cardinality // 2, spec.cardinality - 1}:
        assert outside(forms_picture(spec, follow)) == []


@every_spec
def test_the_words_say_what_the_picture_shows(spec):
    picture = forms_picture(spec)
    words = picture.text.split("\n", 1)[1]
    assert is_accessible(picture)
    for form in forms_of(spec):
        assert all(where in words for where in stored(form, spec, round(spec.cardinality / 6)))
    assert words.count(f"{sum(conv_weights(spec).values()):,}") == 3
    assert ("projection" in words) is spec.has_projection


def test_the_sum_stands_below_the_last_1x1s_and_where_they_are_one_inside_of_it():
    picture = forms_picture(STANDARD)
    a, b, c = [float(label.get("y")) for label in elements(picture, "text") if label.text == "Σ"]
    assert a > b + 40
    assert b == c
    assert [label for label in labels(picture) if label.startswith("Σ ")] == ["Σ of 32", "Σ in the 1×1", "Σ in the 1×1"]


def test_what_has_just_lost_its_gaps_is_outlined_the_last_1x1_then_the_first():
    frames = [(float(rect.get("x")), float(rect.get("y"))) for rect in elements(forms_picture(STANDARD), "rect")
              if rect.get("class") == "edge"]
    (left, low), (right, high) = frames
    assert left < right
    assert low > high


def test_paths_have_gaps_between_them_and_as_much_room_on_the_left_as_on_the_right():
    for count in (2, 8, 32):
        picture = forms_picture(BlockSpec(64, 64, count, 4), 1)
        cut = [path.get("d") for path in elements(picture, "path") if path.get("class") in ("c2 pale", "c2")][:2]
        spans = sorted((float(x), float(x) + float(wide)) for d in cut for x, wide in re.findall(r"M (\S+) \S+ h (\S+)", d))
        assert len(spans) == count
        assert all(after - before > .5 for (_, before), (after, _) in pairwise(spans))
        middle = float(next(label for label in elements(picture, "text") if label.text == "64×56×56").get("x"))
        assert spans[0][0] + spans[-1][1] == pytest.approx(2 * middle, abs=.05)


@pytest.mark.parametrize("follow", [0, 5, 31])
def test_heavy_lines_lead_from_the_whole_input_to_the_followed_path_and_from_it_to_the_sum(follow):
    picture = forms_picture(STANDARD, follow)
    piece = next(path.get("d").split() for path in elements(picture, "path") if path.get("class") == "c1")
    middle = float(piece[1]) + float(piece[4]) / 2
    lines = [list(map(float, re.findall(r"[\d.]+", path.get("d")))) for path in elements(picture, "path") if path.get("class") == "hi"]
    left = [line for line in lines if line[0] != line[2]][:2]  # those of (a) that are not upright
    assert [line[2] for line in left] == pytest.approx([middle] * 2, abs=.02)
    assert left[0][0] == left[1][0]  # from the middle
    assert left[0][1] < left[0][3] < left[1][3] < left[1][1]  # down to it, and further down from it


def test_a_1x1_is_one_cell_and_a_3x3_nine_and_an_addition_is_a_cross():
    picture = forms_picture(STANDARD)
    cells = [rect.get("class") for rect in elements(picture, "rect") if rect.get("width") == rect.get("height") == "5"]
    assert [cells.count(cls) for cls in ("c1", "c2", "c3")] == [1, 9, 1]
    assert len({(rect.get("x"), rect.get("y")) for rect in elements(picture, "rect") if rect.get("width") == "5"}) == 11
    signs = [label for label in labels(picture) if label in ("Σ", "+")]
    crosses = [path for path in elements(picture, "path") if re.fullmatch(r"M \S+ \S+ h 10 M \S+ \S+ v 10", path.get("d") or "")]
    assert (signs, len(crosses)) == (["Σ"] * 3, 3)


def test_the_words_in_full():
    assert forms_picture(BlockSpec(256, 512, 32, 8, stride=2), 5).text == """\
One block, written three ways: the same 346,112 weights
The block 256 → 512 with 32 paths of width 8: 256×56×56 comes in, 512×28×28 goes out.
After the first two convolutions come BN and ReLU, after the third comes BN; then the shortcut is added \
(a projection: one 1×1, 256 → 512, stride 2, and BN), then comes ReLU.
(a) split_sum: 32 separate 1×1s, each 256 → 8; 32 separate 3×3s, each 8 → 8, stride 2; 32 separate 1×1s, each \
8 → 512, whose results are added. Weights without BN: 32 × 2,048 + 32 × 576 + 32 × 4,096 + 131,072 = 346,112. \
Path 5 is stored in paths.5.conv1.weight, paths.5.conv2.weight, paths.5.conv3.weight.
(b) concat: 32 separate 1×1s, each 256 → 8; 32 separate 3×3s, each 8 → 8, stride 2; a concatenation to 256×28×28; \
one 1×1, 256 → 512. Weights without BN: 32 × 2,048 + 32 × 576 + 131,072 + 131,072 = 346,112. \
Path 5 is stored in paths.5.conv1.weight, paths.5.conv2.weight, conv3.weight[:, 40:48].
(c) grouped: one 1×1, 256 → 256; one 3×3 in 32 groups, 256 → 256, stride 2; one 1×1, 256 → 512. \
Weights without BN: 65,536 + 18,432 + 131,072 + 131,072 = 346,112. \
Path 5 is stored in conv1.weight[40:48], conv2.weight[40:48], conv3.weight[:, 40:48]."""


@pytest.mark.parametrize("path", [-1, 32, 5.0, "5"])
def test_a_path_that_is_not_there(path):
    with pytest.raises(ConfigError) as error:
        forms_picture(STANDARD, path)
    assert str(error.value) == f"form_path must be the number of a path, 0 … 31; got {path!r}"


def test_a_map_without_pixels():
    with pytest.raises(ConfigError, match="whole number, 1 or more; got 0"):
        forms_picture(STANDARD, size=0)


def test_a_block_in_place_of_its_numbers():
    with pytest.raises(ConfigError) as error:
        forms_picture("32×4d")
    assert str(error.value) == "expected a BlockSpec, got '32×4d'; try BlockSpec(256, 256, cardinality=32, width_per_group=4)"


def heavy(picture):
    """The numbers of each heavy line: x, y, x, y."""
    return [[float(n) for n in re.findall(r"[\d.]+", path.get("d"))] for path in elements(picture, "path") if path.get("class") == "hi"]


@pytest.mark.parametrize("spec", [spec for spec in SPECS.values() if spec.cardinality > 1], ids=str)
def test_the_followed_path_ends_in_the_sum(spec):
    c = spec.cardinality
    for follow in {0, 1, c // 3, (c - 1) // 2, c // 2, c - 1}:
        picture = forms_picture(spec, follow)
        sums = [(float(label.get("x")), float(label.get("y")) - 5) for label in elements(picture, "text") if label.text == "Σ"]
        parts = [path.get("d").split() for path in elements(picture, "path") if path.get("class") == "c3"]
        lines = heavy(picture)
        (own,) = [line for line in lines if line[:2] == [*sums[0]]]  # (a): down from the path's own 1×1
        assert own[3] < own[1]
        for (x, y), part in zip(sums[1:], parts[1:], strict=True):  # (b), (c): from its part of the 1×1 along the band
            left, right = float(part[1]), float(part[1]) + float(part[4])
            (along,) = [line for line in lines if line[1] == line[3] == y and line[2] == x]
            assert along[0] == pytest.approx(left if x < left else right, abs=.02)
            assert x + 10 < left or x - 10 > right  # Σ hides no piece of it
            below = [line for line in lines if max(line[1], line[3]) > y + 11 and abs(line[0] - x) < 120]
            assert below == []


@every_spec
def test_no_ground_of_a_label_cuts_the_followed_path(spec):
    for follow in {0, min(1, spec.cardinality - 1), spec.cardinality // 6, spec.cardinality // 2, spec.cardinality - 1}:
        picture = forms_picture(spec, follow)
        grounds = [[float(rect.get(name)) for name in ("x", "y", "width", "height")] for rect in elements(picture, "rect")
                   if rect.get("class") == "bg" and rect.get("height") == "19"]
        upright = [line for line in heavy(picture) if line[0] == line[2]]
        cut = [(x, y) for x, y, wide, high in grounds for line in upright
               if x < line[0] + 1.4 and line[0] - 1.4 < x + wide and line[1] < y + high and y < line[3]]
        assert cut == []


def test_concat_stands_beside_its_shape():
    for spec, follow in ((STANDARD, 5), (STANDARD, 16), (SPECS["few paths"], 1), (SPECS["three"], 1)):
        picture = forms_picture(spec, follow)
        side = 56
        words = [label for label in labels(picture) if label in ("concat", f"concat {spec.bottleneck_width}×{side}×{side}")]
        shapes = [label for label in labels(picture) if label.endswith(f"{spec.bottleneck_width}×{side}×{side}")]
        assert len(words) == 1
        assert len(shapes) == 1 + 2  # (b) once, (c) twice


@every_spec
def test_every_label_keeps_off_the_shortcut(spec):
    picture = forms_picture(spec)
    sides = [float(path.get("d").split()[4]) for path in elements(picture, "path") if path.get("class") == "edge" and path.get("d").count("H") == 2]
    assert len(sides) == 3
    for words, left, right, y in places(picture):
        assert not any(left - 4 < side < right + 9 for side in sides if 130 < y < 480), words
