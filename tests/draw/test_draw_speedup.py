"""The picture of the groups' times: it stands where the numbers say, and refuses what is no time."""
import json
import re
from pathlib import Path

import pytest

from resnext_edu.draw.measured.speedup import LEFT, RIGHT, speedup_picture
from resnext_edu.errors import DataError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results.json"


def times(**medians):
    return {name.strip("_"): {"median": m, "low": .9 * m, "high": 1.1 * m} for name, m in medians.items()}


def results(**changes):
    part = {"torch": "2.6.0", "threads": 1, "rounds": 60, "channels": 128, "size": 56,
            "groups": times(_1=1, _2=.5, _64=.25, _128=.01), "blocks": {"1×64d": times(a=1)["a"], "32×4d": times(a=2)["a"]}}
    return {"cardinality": part | changes}


def dots(picture):
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in elements(picture, "circle") if dot.get("class") == "ink"]


def paths(picture, cls="edge"):
    """The numbers in each line of this class, and whether it is dashed."""
    return [([float(n) for n in re.findall(r"-?[\d.]+", path.get("d"))], bool(path.get("stroke-dasharray")))
            for path in elements(picture, "path") if path.get("class") == cls]


def level(picture):
    """Number at a hairline → its height."""
    hairlines = [numbers[1] for numbers, _ in paths(picture, "hair")]
    return {words: y - 5 for words, _, right, y in places(picture) if words.endswith("×") and right < LEFT and y - 5 in hairlines}


def test_a_point_stands_at_its_groups_and_at_how_many_times_faster_it_is():
    picture = speedup_picture(results())
    octave, ticks = (RIGHT - LEFT) / 7, level(picture)
    double = ticks["1×"] - ticks["2×"]
    assert [*ticks] == ["1×", "2×", "4×", "8×", "16×", "32×", "64×", "128×"]
    assert [x for x, _ in dots(picture)] == pytest.approx([LEFT + octave * doubled for doubled in (0, 1, 6, 7)], abs=.02)
    assert [y for _, y in dots(picture)] == pytest.approx([ticks["1×"] - double * doubled for doubled in (0, 1, 2, 6.644)], abs=.1)


def test_the_dashes_rise_as_the_macs_fall_and_the_curve_goes_from_point_to_point():
    picture = speedup_picture(results())
    ticks = level(picture)
    assert paths(picture)[0] == (pytest.approx([LEFT, ticks["1×"], RIGHT, ticks["128×"]], abs=.02), True)
    assert paths(picture)[1] == ([number for place in dots(picture) for number in place], False)


def test_every_point_has_its_number_and_its_whisker():
    picture = speedup_picture(results())
    assert {"1.0×", "2.0×", "4.0×", "100×"} <= {*labels(picture)}
    uprights = [numbers for numbers, dashed in paths(picture) if len(numbers) == 3 and not dashed]
    assert [x for x, *_ in uprights] == [x for x, _ in dots(picture)]
    assert all(high < y < low for (_, low, high), (_, y) in zip(uprights, dots(picture), strict=True))


def test_a_block_has_a_bar_as_long_as_its_time_and_the_dashes_stand_at_1():
    picture = speedup_picture(results())
    one, two = [(float(bar.get("x")), float(bar.get("width"))) for bar in elements(picture, "rect") if bar.get("class") == "bar"]
    assert two[1] == pytest.approx(2 * one[1], abs=.02)
    assert (dashed := [numbers for numbers, dashed in paths(picture) if dashed][1])[0] == dashed[2] == pytest.approx(sum(one), abs=.02)
    whiskers = [numbers for numbers, _ in paths(picture) if len(numbers) == 9]
    assert [(numbers[0] - one[0], numbers[5] - one[0]) for numbers in whiskers] == [
        pytest.approx((times * .9 * one[1], times * 1.1 * one[1]), abs=.05) for times in (1, 2)]
    assert {"1.00×", "2.00×"} <= {*labels(picture)}


def test_the_words_say_what_the_picture_says():
    text = speedup_picture(results()).text
    assert "64 groups: 4.0 times faster (middle half 3.6 to 4.4), with 64 times fewer MACs." in text
    assert "Block 32×4d: 2.00 of the time of 1×64d (middle half 1.80 to 2.20)." in text
    assert "1 thread, CPU, PyTorch 2.6.0, 60 rounds." in text
    assert "a 3×3 of 128 channels on 56×56" in text


def test_what_was_measured_can_be_drawn():
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    picture, part = speedup_picture(measured), measured["cardinality"]
    assert [*part["groups"]] == [str(2**k) for k in range(8)]
    shown = labels(picture)
    for times in part["groups"].values():
        speed = 1 / times["median"]
        assert f"{speed:.{0 if speed >= 10 else 1}f}×" in shown
    for name, times in part["blocks"].items():
        assert {name, f"{times['median']:.2f}×"} <= {*shown}
    assert (outside(picture), colliding(picture)) == ([], [])


@pytest.mark.parametrize("changes", [
    {}, {"groups": times(_1=1)}, {"groups": {str(k): times(a=1 / k)["a"] for k in range(1, 129)}},
    {"groups": {str(2 ** k): times(a=10.0 ** (-1) ** k)["a"] for k in range(8)}}, {"groups": times(_1=1, _2=1e-300, _3=1e300, _4=1)},
    {"groups": {str(4 ** k): times(a=1.1 ** k)["a"] for k in range(40)}}, {"groups": times(_128=.1, _1=1, _2=.4)},
    {"blocks": {f"{'a block with a long name ' * 3}{k}": times(a=10.0 ** (k % 7 - 3))["a"] for k in range(30)}},
    {"torch": "2.6.0+a_build_that_somebody_has_made", "channels": 10 ** 40, "size": 10 ** 9},
], ids=["usual", "one", "all", "up and down", "extreme", "forty", "unsorted", "many blocks", "long words"])
def test_nothing_collides_or_runs_over_the_edge(changes):
    picture = speedup_picture(results(**changes))
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert dots(picture) == sorted(dots(picture))  # from few groups to many


@pytest.mark.parametrize("broken", [
    {}, {"cardinality": {}}, results(groups={}), results(groups=times(_1=0)), results(blocks={"1×64d": {"median": 1}}),
    results(groups=times(_1=float("nan"))), results(groups=3), results(groups=times(_0=1)), results(groups=times(a=1)),
    results(groups=times(_1=5e-324)),
])
def test_results_without_times_say_what_to_do(broken):
    with pytest.raises(DataError, match="measure them again with `make bench`"):
        speedup_picture(broken)
