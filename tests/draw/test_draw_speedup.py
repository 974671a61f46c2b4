"""The picture of the groups' times: it stands where the numbers say, and refuses what is no time."""
import json
from pathlib import Path

import pytest

from resnext_edu.draw.measured.speedup import BAR, BARS, BOTTOM, DOUBLE, LEFT, OCTAVE, speedup_picture
from resnext_edu.errors import DataError

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results.json"


def times(**medians):
    return {name.strip("_"): {"median": m, "low": .9 * m, "high": 1.1 * m} for name, m in medians.items()}


def results(**changes):
    part = {"torch": "2.6.0", "threads": 1, "rounds": 60, "channels": 128, "size": 56,
            "groups": times(_1=1, _2=.5, _64=.25, _128=.01), "blocks": {"1×64d": times(a=1)["a"], "32×4d": times(a=2)["a"]}}
    return {"cardinality": part | changes}


def test_a_point_stands_at_its_groups_and_at_how_many_times_faster_it_is():
    (axes,) = speedup_picture(results()).figure.axes
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert [point.get_xdata()[0] for point in points] == [LEFT + OCTAVE * doubled for doubled in (0, 1, 6, 7)]
    assert [point.get_ydata()[0] for point in points] == pytest.approx(
        [BOTTOM - DOUBLE * doubled for doubled in (0, 1, 2, 6.644)], abs=.1)
    bars = [line.get_xdata()[1] - BARS for line in axes.lines if line.get_color() == BAR]
    assert bars[1] == pytest.approx(2 * bars[0])


def test_every_point_has_its_number_and_its_whisker_and_the_dashes_rise_as_the_macs_fall():
    (axes,) = speedup_picture(results()).figure.axes
    written = [text.get_text() for text in axes.texts]
    assert {"1.0×", "2.0×", "4.0×", "100×"} <= set(written)
    points = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    upright = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2 and len({*line.get_xdata()}) == 1 and not line.is_dashed()]
    assert upright == points
    dashes = next(line for line in axes.lines if line.is_dashed())
    assert [*dashes.get_xdata()] == [LEFT, LEFT + 7 * OCTAVE]
    assert [*dashes.get_ydata()] == [BOTTOM, BOTTOM - 7 * DOUBLE]  # 128 groups: seven doublings


def test_the_words_say_what_the_picture_says():
    text = speedup_picture(results()).text
    assert "64 groups: 4.0 times faster, with 64 times fewer MACs." in text
    assert "Block 32×4d: 2.00 of the time of 1×64d." in text
    assert "1 thread, CPU, PyTorch 2.6.0, 60 rounds." in text


def test_what_was_measured_can_be_drawn():
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert speedup_picture(measured).png().startswith(b"\x89PNG")
    assert [*measured["cardinality"]["groups"]] == [str(2**k) for k in range(8)]


@pytest.mark.parametrize("broken", [
    {}, {"cardinality": {}}, results(groups={}), results(groups=times(_1=0)), results(blocks={"1×64d": {"median": 1}}),
    results(groups=times(_1=float("nan"))), results(groups=3),
])
def test_results_without_times_say_what_to_do(broken):
    with pytest.raises(DataError, match="measure them again with `make bench`"):
        speedup_picture(broken)
