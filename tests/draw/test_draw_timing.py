"""The picture of the timings: its bars are as long as the numbers say, and its title says what they say."""
import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from resnext_edu.draw.measured.timing import BAR, LEFT, RIGHT, timing_picture
from resnext_edu.errors import DataError

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


def words(chart):
    return [text.get_text() for text in chart.figure.axes[0].texts]


def lines(chart, **wanted):
    """((x, x), (y, y)) of the lines that look like that."""
    return [(tuple(map(float, line.get_xdata())), tuple(map(float, line.get_ydata())))
            for line in chart.figure.axes[0].lines if all(getattr(line, f"get_{key}")() == value for key, value in wanted.items())]


def test_bars_start_at_zero_and_are_as_long_as_the_medians():
    bars = [x for x, _ in lines(timing_picture(MADE_UP), color=BAR)]
    assert [start for start, _ in bars] == [LEFT] * 6
    unit = bars[2][1] - LEFT  # form (c) is the unit
    assert [(end - LEFT) / unit for _, end in bars] == pytest.approx([3.6, 2.0, 1, 1.01, 1, 1])


def test_whiskers_span_the_middle_half():
    chart = timing_picture(MADE_UP)
    bars = {y: x for x, y in lines(chart, color=BAR)}
    unit = list(bars.values())[2][1] - LEFT
    whiskers = [x for x, y in lines(chart) if y in bars and x != bars[y] and x[0] > LEFT]
    found = [tuple((end - LEFT) / unit for end in x) for x in whiskers]
    assert found == [pytest.approx(pair) for pair in ((3.3, 4.0), (1.9, 2.1), (.99, 1.02), (.98, 1.01))]
    assert max(end for x in whiskers for end in x) == pytest.approx(RIGHT)


def test_a_number_stands_behind_its_bar_and_whisker():
    chart = timing_picture(MADE_UP)
    ends = {y[0]: max(end for x, at in lines(chart) if at == y for end in x) for _, y in lines(chart, color=BAR)}
    numbers = [text.get_position() for text in chart.figure.axes[0].texts if re.fullmatch(r"[\d.]+×", text.get_text())]
    assert [(x, y) for x, y in numbers if x <= ends[y - 5]] == []
    assert len(numbers) == len(ends) == 6


def test_every_number_and_every_name_is_written():
    chart = timing_picture(MADE_UP)
    assert {"32×4d, eval", "1×64d, eval", "(a) split_sum", "(b) concat", "(c) grouped", "3.60×", "2.00×", "1.01×"} <= set(words(chart))
    assert words(chart).count("1.00×") == 3
    assert words(chart).count("about the same") == 1


@pytest.mark.parametrize(("measured", "same"), [
    (case((1.02, 1.05, 1.08), (.93, .95, .97)), True),  # near enough
    (case((.9, 1.3, 1.5), (.7, .8, 1.1)), True),  # the rounds don't agree
    (case((1.1, 1.15, 1.2), (.99, 1, 1.01)), False), (case((.99, 1, 1.01), (1.1, 1.15, 1.2)), False),
])
def test_two_times_are_the_same_where_they_are_near_or_the_rounds_disagree(measured, same):
    chart = timing_picture(results(one=measured))
    assert ("about the same" in words(chart)) is same
    assert ("about the same" in chart.text) is same


def test_the_dashes_stand_at_one():
    chart = timing_picture(MADE_UP)
    unit = lines(chart, color=BAR)[2][0][1]
    dashed = [list(line.get_xdata()) for line in chart.figure.axes[0].lines if line.is_dashed()]
    assert dashed == [[unit, unit]] * 2


@pytest.mark.parametrize(("cases", "title"), [
    ({"a": SLOWER}, "One function, not one time: (c) is fastest, (a) slowest"),
    ({"a": SLOWER, "b": SAME}, "One function, not one time: (c) is fastest, (a) slowest"),
    ({"a": case((1.5, 1.6, 1.7), (1.9, 2, 2.1)), "b": SLOWER}, "One function, not one time: (c) is fastest"),
    ({"a": SLOWER, "b": case((.7, .8, .9), (1, 1, 1))}, "One function, not one time"),
    ({"a": SLOWER, "b": case((.7, .9, 1.2), (.8, .95, 1.1))}, "One function, not one time: (c) is fastest, (a) slowest"),
    ({"a": SAME, "b": SAME}, "One function, and here one time"),
])
def test_the_title_says_what_the_numbers_say(cases, title):
    chart = timing_picture(results(**cases))
    assert words(chart)[0] == chart.text.splitlines()[0] == title


@pytest.mark.parametrize(("threads", "said"), [(1, "1 thread, CPU, PyTorch 2.6.0"), (2, "2 threads, CPU, PyTorch 2.6.0")])
def test_it_says_whose_numbers_they_are(threads, said):
    chart = timing_picture(MADE_UP | {"threads": threads})
    assert said in words(chart)[2]
    assert said in chart.text
    assert "1×256×56×56" in words(chart)[1]
    assert "60 rounds" in words(chart)[1]


def test_the_words_in_full():
    assert timing_picture(MADE_UP).text.splitlines()[3:] == [
        "32×4d, eval: (a) split_sum takes 3.60 times as long as (c) (middle half 3.30 to 4.00), (b) concat takes 2.00 times as long "
        "as (c) (middle half 1.90 to 2.10).",
        "1×64d, eval: (a) split_sum takes 1.01 times as long as (c) (middle half 0.99 to 1.02), (b) concat takes 1.00 times as long "
        "as (c) (middle half 0.98 to 1.01); about the same."]


def test_what_a_notebook_compares_has_no_number():
    """PNGs are not compared, the text beside them is: a new measurement must not make a lesson fail."""
    data, metadata = timing_picture(MADE_UP)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert not re.search(r"\d", data["text/plain"])
    assert "3.60 times" in metadata["image/png"]["alt"]


@pytest.mark.parametrize("measured", [MADE_UP, results(only=SAME), results(long=case((9, 150, 200), (1, 2, 3)))],
                         ids=["two", "one", "far apart"])
def test_nothing_runs_over_the_edge(measured):
    chart = timing_picture(measured)
    edge = chart.figure.bbox
    boxes = [text.get_window_extent() for text in chart.figure.axes[0].texts]
    for box in boxes:
        assert 0 <= box.x0 <= box.x1 <= edge.x1
        assert 0 <= box.y0 <= box.y1 <= edge.y1
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[k + 1:])


def test_the_ground_is_white_and_the_same_results_give_the_same_bytes():
    pictures = [timing_picture(MADE_UP).png() for _ in range(2)]
    assert pictures[0] == pictures[1]
    assert np.all(imread(BytesIO(pictures[0]))[[0, -1], :, :3] == 1)


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
    shown = words(timing_picture(measured))
    for name, found in measured["cases"].items():
        assert name in shown
        for form in ("split_sum", "concat"):
            assert f"{found[f'{form} / grouped']['median']:.2f}×" in shown
