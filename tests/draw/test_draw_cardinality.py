"""One configuration C×d: its picture shows what is counted on the real network, and the paper's errors as printed."""
import re

import pytest
import torchvision

from resnext_edu import trace
from resnext_edu.draw.budget_plot import ALONG, BUDGET, DEPTH_50, DEPTH_101, STOPS, TWICE
from resnext_edu.draw.cardinality import block_weights, cardinality_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

EVERY = [(C, d) for C in STOPS for d in (None, 1, 2, 4, 8, 14, 24, 40, 64, 100)]


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
    bars = [(float(bar.get("x")), float(bar.get("width")), bar.get("class"))
            for bar in elements(cardinality_picture(32), "rect")]
    layer3, layer4 = (7_022_592, 7_098_368), (14_544_896, 14_964_736)  # counted on torchvision
    long = [width for x, width, cls in bars if x == 262 and cls == "bar"]
    ticks = [x + 1 - 262 for x, width, cls in bars if 262 <= x < 400 and width == 2 and cls == "ink"]
    assert long[-3:-1] == pytest.approx([64 * now / layer4[1] for now, _ in (layer3, layer4)], abs=.02)
    assert ticks[-3:-1] == pytest.approx([64 * before / layer4[1] for _, before in (layer3, layer4)], abs=.02)


def test_the_budget_and_the_errors_are_the_papers():
    assert [pair for pair in ALONG if pair in DEPTH_50] == [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)]  # Table 2
    assert [block_weights(*pair) for pair in DEPTH_50] == [69_632, 69_760, 69_888, 71_456, 70_144]
    assert all(abs(block_weights(*pair) / BUDGET - 2) < .04 for pair in TWICE)
    shown = labels(cardinality_picture())
    assert all(f"{error:.1f}" in shown for found in (DEPTH_50, DEPTH_101, TWICE) for error in found.values())


@pytest.mark.parametrize(("pair", "title", "errors"), [
    ((32, 4), "The same budget, 32 paths: less error, more memory", "22.2 % with 50 layers and 21.2 % with 101 layers"),
    ((16, 8), "Nearly the same budget, 16 paths: more memory, error not measured", "no error of 16×8d"),
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
    with pytest.raises(ConfigError, match="width_per_group must be 100 or less, so that it has a place in"):
        cardinality_picture(32, 200)
    with pytest.raises(ConfigError, match="width_per_group must be a whole number, 1 or more; got 0"):
        cardinality_picture(32, 0)
