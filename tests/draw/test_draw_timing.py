"""The picture of the timings: its bars are as long as the numbers say, and its title says what they say."""
import json
import re
from pathlib import Path

import pytest

from resnext_edu.draw.measured.timing import LEFT, timing_picture
from resnext_edu.errors import DataError
from tests.draw.reading import WIDTH, colliding, elements, is_accessible, labels, outside, places

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results.json"


def ratio(low, median, high):
    return {"median": median, "low": low, "high": high}


def case(split_sum, concat):
    return {"grouped / torchvision": ratio(.9, 1, 1.1), "concat / grouped": ratio(*concat), "split_sum / grouped": ratio(*split_sum)}


def results(**cases):
    return {"torch": "2.6.0", "threads": 1, "rounds": 60, "input": [1, 256, 56, 56], "cases": cases}


SLOWER = case((3.3, 3.6, 4.0), (1.9, 2.0, 2.1))
SAME = case((.99, 1.01, 1.02), (.98, 1, 1.01))
MADE_UP = results(**{"32×4d, eval": SLOWER, "1×64d, eval": SAME})


def bars(picture):
    """(x, y, width) of each bar; y is its middle."""
    return [(float(bar.get("x")), float(bar.get("y")) + 7, float(bar.get("width")))
            for bar in elements(picture, "rect") if bar.get("class") == "bar"]


def whiskers(picture):
    """y → (start, stop) of each whisker."""
    steps = [path.get("d").split() for path in elements(picture, "path") if path.get("class") == "edge" and path.get("d").count("M") == 3]
    return {float(step[7]): (float(step[1]), float(step[9])) for step in steps}


def dashes(picture):
    return [path.get("d").split() for path in elements(picture, "path") if path.get("stroke-dasharray")]


def test_bars_start_at_zero_and_are_as_long_as_the_medians():
    found = bars(timing_picture(MADE_UP))
    assert [x for x, *_ in found] == [LEFT] * 6
    unit = found[2][2]  # form (c) is the unit
    assert [wide / unit for *_, wide in found] == pytest.approx([3.6, 2.0, 1, 1.01, 1, 1], abs=1e-4)


def test_whiskers_span_the_middle_half():
    picture = timing_picture(MADE_UP)
    found, unit = whiskers(picture), bars(picture)[2][2]
    heights = [y for _, y, _ in bars(picture)]
    assert [*found] == [heights[k] for k in (0, 1, 3, 4)]  # form (c) has none
    spans = [tuple((x - LEFT) / unit for x in pair) for pair in found.values()]
    assert spans == [pytest.approx(pair, abs=1e-3) for pair in ((3.3, 4.0), (1.9, 2.1), (.99, 1.02), (.98, 1.01))]


def test_the_dashes_stand_at_the_time_of_form_c():
    picture = timing_picture(MADE_UP)
    unit = LEFT + bars(picture)[2][2]
    assert [(float(d[1]), float(d[4])) for d in dashes(picture)] == [pytest.approx((unit, unit), abs=.02)] * 2


def test_a_number_stands_behind_its_bar_and_its_whisker():
    picture = timing_picture(MADE_UP)
    for left, y in ((left, y) for words, left, _, y in places(picture) if words.endswith("×")):
        (stop,) = [max(x + wide, whiskers(picture).get(middle, (0, 0))[1]) for x, middle, wide in bars(picture) if middle == y - 5]
        assert 5 < left - stop < 12


@pytest.mark.parametrize(("cases", "title"), [
    ({"a": SLOWER}, "One function, not one time: (c) is fastest, (a) slowest"),
    ({"a": SLOWER, "b": SAME}, "One function, not one time: (c) is fastest, (a) slowest"),
    ({"a": case((1.5, 1.6, 1.7), (1.9, 2, 2.1)), "b": SLOWER}, "One function, not one time: (c) is fastest"),
    ({"a": SLOWER, "b": case((.7, .8, .9), (1, 1, 1))}, "One function, not one time"),
    ({"a": SLOWER, "b": case((.7, .9, 1.2), (.8, .95, 1.1))}, "One function, not one time: (c) is fastest, (a) slowest"),
    ({"a": SAME, "b": SAME}, "One function, and here one time"),
])
def test_the_title_says_what_the_numbers_say(cases, title):
    picture = timing_picture(results(**cases))
    assert labels(picture)[0] == picture.text.splitlines()[0] == title
    assert not re.search(r"\d", title)  # numbers differ from one machine to the next


@pytest.mark.parametrize(("threads", "said"), [(1, "1 thread, CPU, PyTorch 2.6.0"), (2, "2 threads, CPU, PyTorch 2.6.0")])
def test_it_says_whose_numbers_they_are(threads, said):
    picture = timing_picture(MADE_UP | {"threads": threads})
    assert said in labels(picture)[2]
    assert said in picture.text
    assert "1×256×56×56" in labels(picture)[1]
    assert "60 rounds" in labels(picture)[1]


def test_the_words_in_full():
    assert timing_picture(MADE_UP).text.splitlines()[2:] == [
        "32×4d, eval: (a) split_sum takes 3.60 times as long as (c) (middle half 3.30 to 4.00), (b) concat takes 2.00 times as long "
        "as (c) (middle half 1.90 to 2.10).",
        "1×64d, eval: (a) split_sum takes 1.01 times as long as (c) (middle half 0.99 to 1.02), (b) concat takes 1.00 times as long "
        "as (c) (middle half 0.98 to 1.01); about the same."]


@pytest.mark.parametrize("measured", [
    MADE_UP, results(only=SAME), results(long=case((9, 150, 200), (1, 2, 3))), results(tiny=case((1e-9,) * 3, (1e-200, 1e-9, 1e9))),
    results(**{f"{k}×{k}d, eval, of a block with a long name, " * (1 + k % 3): SAME if k % 2 else SLOWER for k in range(40)}),
    MADE_UP | {"torch": "2.6.0+a_build_that_somebody_has_made"}, MADE_UP | {"input": [1024] * 6},
], ids=["two", "one", "far apart", "tiny and huge", "many", "long torch", "long shape"])
def test_nothing_collides_or_runs_over_the_edge(measured):
    picture = timing_picture(measured)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert max(stop for _, stop in whiskers(picture).values()) < WIDTH - 40
    assert picture.svg == timing_picture(measured).svg


@pytest.mark.parametrize(("measured", "message"), [
    ({}, "the results have no 'cases'; measure them again with `make bench`"),
    (results(), "the results have no timed case in 'cases'; measure them again with `make bench`"),
    ({"cases": {"a": SLOWER}}, "the results have no 'torch'; measure them again with `make bench`"),
    (results(eval={"concat / grouped": ratio(1, 2, 3)}),
     "the case 'eval' needs 'split_sum / grouped' with median, low and high above 0; got None; measure the results again with `make bench`"),
    (results(eval=case((1, 2, 3), (0, 1, 2))),
     "the case 'eval' needs 'concat / grouped' with median, low and high above 0; got {'median': 1, 'low': 0, 'high': 2}; "
     "measure the results again with `make bench`"),
    (results(eval=None), "the case 'eval' needs 'split_sum / grouped' with median, low and high above 0; got None; "
                         "measure the results again with `make bench`"),
])
def test_results_that_are_no_results(measured, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        timing_picture(measured)


@pytest.mark.skipif(not RESULTS.exists(), reason="nobody has run `make bench` here")
def test_the_measured_results_can_be_drawn():
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    shown = labels(timing_picture(measured))
    for name, found in measured["cases"].items():
        assert any(words.startswith(name) for words in shown)
        for form in ("split_sum", "concat"):
            assert f"{found[f'{form} / grouped']['median']:.2f}×" in shown
