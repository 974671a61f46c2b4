"""One configuration C×d: its picture shows what is counted on the real network, and the paper's errors as printed."""
import re
from collections import Counter

import pytest
import torchvision

from resnext_edu import trace
from resnext_edu.draw.network.budget_plot import AXIS, STOPS, TOP, across
from resnext_edu.draw.network.cardinality import cardinality_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import below, colliding, elements, is_accessible, labels, outside, places

# (C, d) → top-1 error on ImageNet in %: the paper's Table 3, and those of Table 4 with twice the budget
DEPTH_50 = {(1, 64): "23.9", (2, 40): "23.0", (4, 24): "22.6", (8, 14): "22.3", (32, 4): "22.2"}
DEPTH_101 = {(1, 64): "22.0", (2, 40): "21.7", (4, 24): "21.4", (8, 14): "21.3", (32, 4): "21.2"}
TWICE = {(1, 100): "21.3", (2, 64): "20.7", (64, 4): "20.4"}  # depth 101
EVERY = [(C, d) for C in (1, 2, 4, 8, 16, 32, 64) for d in (None, 1, 2, 4, 8, 14, 24, 40, 64, 100)]


@pytest.fixture(scope="module")
def theirs():
    network = torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [3, 4, 6, 3], groups=8, width_per_group=14)
    return trace(network)


def test_the_counts_are_those_of_the_real_network(theirs):
    picture = cardinality_picture(8)
    shown = labels(picture)
    for name, part in theirs.by_stage().items():
        (line,) = [line for line in picture.text.splitlines() if line.startswith(f"{name}:")]
        assert f"{part.total_params:,} parameters, {part.total_macs:,} MACs" in line
        assert {f"{part.total_params:,}", f"{part.total_macs / 1e6:,.1f} M"} <= set(shown)
    assert {f"{theirs.total_params:,}", f"{4 * theirs.conv_activations / 1e6:,.1f} MB"} <= set(shown)
    assert {"25,557,032", "4,089.2 M", "44.5 MB", "8 × 14 = 112 channels"} <= set(shown)  # ResNet-50 below it


def test_the_bars_are_as_long_as_the_numbers_and_the_ticks_are_those_of_resnet50():
    picture = cardinality_picture(32)
    left, right = below(picture, "parameters"), below(picture, "MACs")
    bars = [(float(bar.get("x")), float(bar.get("width")), bar.get("class")) for bar in elements(picture, "rect")]
    layer3, layer4 = (7_022_592, 7_098_368), (14_544_896, 14_964_736)  # counted on torchvision
    long = [width for x, width, cls in bars if x == left and cls == "bar"]
    ticks = [x + 1 - left for x, width, cls in bars if left <= x < right - 20 and width == 2 and cls == "ink"]
    assert long[-3:-1] == pytest.approx([64 * now / layer4[1] for now, _ in (layer3, layer4)], abs=.02)
    assert ticks[-3:-1] == pytest.approx([64 * before / layer4[1] for _, before in (layer3, layer4)], abs=.02)


@pytest.mark.parametrize(("pair", "weights"), [
    ((1, 64), 69_632), ((2, 40), 69_760), ((4, 24), 69_888), ((8, 14), 71_456), ((32, 4), 70_144),
    ((1, 100), 141_200), ((2, 64), 139_264), ((64, 4), 140_288)])
def test_the_words_have_the_weights_of_a_block_and_its_budget(pair, weights):
    words = cardinality_picture(*pair).text
    assert f"{pair[0] * pair[1]} channels in the middle and {weights:,} convolution weights; the budget, that of 1×64d, is 69,632." in words


@pytest.mark.parametrize(("C", "d"), DEPTH_50)
def test_the_width_on_the_budget_is_the_papers(C, d):
    assert cardinality_picture(C).text == cardinality_picture(C, d).text


@pytest.mark.parametrize("pair", [*DEPTH_50, *TWICE, (16, 8)])
def test_the_words_have_the_papers_errors(pair):
    known = [(DEPTH_50, "50 layers"), (DEPTH_101, "101 layers"), (TWICE, "101 layers")]
    said = " and ".join(f"{table[pair]} % with {layers}" for table, layers in known if pair in table)
    line = cardinality_picture(*pair).text.splitlines()[2]
    assert line == (f"Top-1 error on ImageNet: {said}." if said else "The paper has no error of 16×8d.")


def test_every_error_of_the_paper_is_in_the_plot_and_a_smaller_one_lies_deeper():
    found = [(label.text, float(label.get("x")), float(label.get("y"))) for label in elements(cardinality_picture(), "text")
             if re.fullmatch(r"2\d\.\d", label.text or "")]
    tables = [*DEPTH_50.values(), *DEPTH_101.values(), *TWICE.values()]
    assert Counter(words for words, _, _ in found) == Counter(tables)
    assert [words for words, _, _ in found] == tables  # one curve after the other
    for curve in (found[:5], found[5:10], found[10:]):
        across = [x for _, x, _ in curve]
        assert across == sorted({*across})  # more paths stand further on the right
        (first, _, top), *others = curve
        assert all(y - top == pytest.approx(26 * (float(first) - float(error)), abs=.02) for error, _, y in others)


@pytest.mark.parametrize(("pair", "beside"), [
    ((32, 4), "parameters −2 %, MACs +3 %, activation memory +30 %"),
    ((1, 64), "parameters 0 %, MACs 0 %, activation memory 0 %"),
    ((32, 24), "parameters 6.6 ×, MACs 7.3 ×, activation memory 4.3 ×"),
])
def test_the_whole_is_compared_with_resnet50(pair, beside):
    assert cardinality_picture(*pair).text.endswith(f" Beside 1×64d: {beside}.")


def test_what_is_chosen_is_bold_on_the_axis_and_beside_its_errors():
    for pair, errors in (((8, 14), ["22.3", "21.3"]), ((2, 64), ["20.7"]), ((16, 8), [])):
        bold = ["".join(label.itertext()) for label in elements(cardinality_picture(*pair), "text")
                if (label.get("class") or "").split()[:1] == ["b"]]
        assert [words for words in bold if re.fullmatch(r"2\d\.\d", words)] == errors
        assert str(pair[0]) in bold
        assert f"{pair[0]}×{pair[1]}d" in bold


def test_only_names_that_what_is_chosen_would_run_into_are_left_out():
    shown = labels(cardinality_picture(32, 100))
    assert {f"{C}×{d}d" for C, d in (*DEPTH_50, *TWICE, (16, 8), (64, 2))} <= {*shown}


def test_by_default_it_is_the_papers_32_paths():
    assert cardinality_picture().text == cardinality_picture(32, 4).text


@pytest.mark.parametrize("pair", [(32, 4), (1, 64), (64, 1), (2, 100)])
def test_the_block_is_as_wide_beside_its_dashed_outline_as_it_has_channels_beside_64(pair):
    picture = cardinality_picture(*pair)
    dashed = next(path.get("d").split() for path in elements(picture, "path") if path.get("stroke-dasharray") == "5 3")
    across = [element for element in elements(picture, "path") if (element.get("class") or "").startswith("c2")]
    ends = [(float(x), float(x) + float(wide)) for piece in across
            for x, wide in re.findall(r"M (\S+) \S+ h (\S+)", piece.get("d") or "")]
    wide = max(end for _, end in ends) - min(start for start, _ in ends)
    assert wide / float(dashed[4]) == pytest.approx(pair[0] * pair[1] / 64, abs=.06)
    assert wide < 251  # it stays in its column


def test_the_table_has_the_paths_of_each_stage_and_both_totals_the_own_one_in_bold():
    found = [("".join(label.itertext()), label.get("class")) for label in elements(cardinality_picture(8), "text")]
    table = found[found.index(("stage", "b")):]
    shown = [words for words, _ in table]
    assert [words for words in shown if re.fullmatch(r"\d+×\d+", words)] == ["8×14", "8×28", "8×56", "8×112"]
    assert ("25,557,032", "soft") in table
    total = next(int(words.replace(",", "")) for words, cls in table if cls == "b" and words.count(",") == 2)
    assert f"All: {total:,} parameters" in cardinality_picture(8).text


def test_what_the_paper_has_trained_lies_on_the_curves_of_its_budgets():
    picture = cardinality_picture()
    curves = [[(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", path.get("d"))]
              for path in elements(picture, "path") if path.get("d").count("L") == 24]
    marks = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in elements(picture, "circle") if dot.get("class") in ("ink", "edge")][:10]
    budget, twice = curves
    for curve, dots in ((budget, marks[:7]), (twice, marks[7:])):
        for x, y in dots:
            (near,) = [height for across, height in curve if abs(across - x) < .1]
            assert abs(near - y) < 3  # d is a whole number


@pytest.mark.parametrize(("pair", "title", "errors"), [
    ((32, 4), "The same budget, 32 paths: less error, more memory", "22.2 % with 50 layers and 21.2 % with 101 layers"),
    ((16, 8), "Nearly the same budget, 16 paths: more memory, error not measured", "no error of 16×8d"),
    ((4, 24), "The same budget, 4 paths: less error, more memory", "22.6 % with 50 layers"),
    ((8, 14), "The same budget, 8 paths: less error, more memory", "22.3 % with 50 layers"),
    ((1, 63), "1×63d has 1.0 times the weights of 1×64d in a block", "no error of 1×63d"),
    ((64, 4), "64×4d has 2.0 times the weights of 1×64d in a block", "20.4 % with 101 layers"),
    ((1, 64), "The budget: one path of 64 channels, ResNet-50", "23.9 % with 50 layers"),
    ((1, 2), "1×2d has 0.02 times the weights of 1×64d in a block", "no error of 1×2d"),
])
def test_the_title_is_the_finding(pair, title, errors):
    picture = cardinality_picture(*pair)
    assert picture.text.splitlines()[0] == title
    assert errors in picture.text
    hollow = [dot for dot in elements(picture, "circle") if dot.get("r") == "8" and dot.get("class") == "edge"]
    assert bool(hollow) == ("no error" in errors)


def test_the_axis_of_widths_has_a_name_and_its_numbers_stand_apart_from_the_labels():
    picture = cardinality_picture(32)
    assert "d, the width of a path, log scale (hollow: not in the paper)" in labels(picture)
    lines = {words: (left, right) for words, left, right, y in places(picture) if 90 < y < 300}
    assert max(lines[tick][1] for tick in ("1", "8", "64")) + 6 < min(lines["1×64d"][0], lines["1×100d"][0])


def test_all_pictures_have_one_size_and_nothing_collides():
    sizes = set()
    for pair in EVERY:
        picture = cardinality_picture(*pair)
        sizes.add(re.search('viewBox="[^"]*"', picture.svg)[0])
        assert (outside(picture), colliding(picture)) == ([], []), pair
        assert is_accessible(picture)
    assert len(sizes) == 1


def test_what_has_no_place_in_the_picture():
    with pytest.raises(ConfigError, match="cardinality must be one of 1, 2, 4, 8, 16, 32, 64; got 3"):
        cardinality_picture(3)
    with pytest.raises(ConfigError, match="cardinality must be one of 1, 2, 4, 8, 16, 32, 64; got True"):
        cardinality_picture(True)
    with pytest.raises(ConfigError, match="width_per_group must be 100 or less, so that it has a place in"):
        cardinality_picture(32, 200)
    with pytest.raises(ConfigError, match="width_per_group must be a whole number, 1 or more; got 0"):
        cardinality_picture(32, 0)


@pytest.mark.parametrize("C", STOPS)
def test_the_dotted_line_runs_behind_every_label(C):
    """A halo hides it there; the numbers on the axis below the line need none."""
    picture = cardinality_picture(C, 4)
    found = zip(places(picture), elements(picture, "text"), strict=True)
    crossed = [element for (_, left, right, y), element in found if left < across(C) < right and TOP - 12 < y < AXIS]
    assert crossed
    for element in crossed:
        parts = [element.get("class", ""), *(part.get("class", "") for part in element)]
        assert any("halo" in part for part in parts), "".join(element.itertext())
