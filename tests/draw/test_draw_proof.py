"""The picture of a report: the right mark at the right place, and words that hold on every machine."""
import math
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from resnext_edu.draw.kit.page import Page
from resnext_edu.draw.measured.proof import LEFT, RIGHT, _at, proof_picture
from resnext_edu.equivalence.report import EquivalenceReport, Finding
from resnext_edu.errors import ConfigError
from resnext_edu.findings import STATUSES
from resnext_edu.words import scientific


def report(*findings, notes=()):
    return EquivalenceReport(findings, "SplitSumBottleneck", "GroupedBottleneck", (2, 256, 14, 14), 0, tuple(notes))


EXACT = Finding("exact", "PASS", 0, 0.0, "0 of 100,352 outputs differ, bit for bit")
CLOSE = Finding("output (eval)", "PASS", 7.1e-16, 1e-12, "float64")
FAR = Finding("output (train)", "FAIL", 3.3, 1e-12, "float64")


def words(chart):
    return [text.get_text() for text in chart.figure.axes[0].texts]


def marks(chart):
    """(x, sign) of each dot and cross."""
    return [(line.get_xdata()[0], line.get_marker()) for line in chart.figure.axes[0].lines
            if line.get_marker() in {"o", "x"}]


def test_a_dot_inside_and_a_cross_outside():
    (inside, dot), (outside, cross) = marks(proof_picture(report(CLOSE, FAR)))
    assert (dot, cross) == ("o", "x")
    assert LEFT < inside < _at(1e-12) < outside < RIGHT


@pytest.mark.parametrize(("measured", "sign", "x"), [
    (0.0, "o", LEFT), (1e-30, "o", LEFT), (1e-12, "o", _at(1e-12)), (1e9, "x", RIGHT),
    (math.inf, "x", RIGHT), (math.nan, "x", RIGHT)])
def test_what_lies_beyond_the_axis_stands_at_its_end(measured, sign, x):
    status = "PASS" if measured <= 1e-12 else "FAIL"
    assert marks(proof_picture(report(Finding("output", status, measured, 1e-12, "")))) == [(x, sign)]


@pytest.mark.parametrize(("value", "written"), [
    (7.1e-16, "7.1 × 10⁻¹⁶"), (1e-12, "10⁻¹²"), (3.3, "3.3"), (1.0, "1"), (0.0, "0"), (.13, "0.13"), (20.0, "20"), (2e5, "2.0 × 10⁵"),
    (.001, "0.001"), (99.0, "99"), (100.0, "10²"), (500.0, "5.0 × 10²"), (.00099, "9.9 × 10⁻⁴"),
    (math.inf, "infinite"), (math.nan, "not a number")])
def test_numbers_are_written_for_people(value, written):
    assert scientific(value) == written


def test_the_measured_and_the_allowed_stand_at_the_axis():
    shown = words(proof_picture(report(CLOSE)))
    assert "7.1 × 10⁻¹⁶" in shown
    assert "allowed 10⁻¹²" in shown
    assert {"10⁻¹⁶", "1"} <= set(shown)


def test_the_tinted_side_reaches_from_the_left_to_what_is_allowed():
    (axes,) = proof_picture(report(CLOSE)).figure.axes
    (allowed,) = [text.get_position()[0] for text in axes.texts if text.get_text().startswith("allowed ")]
    (tint,) = axes.collections
    box = tint.get_datalim(axes.transData)
    assert (box.x0, box.x1) == pytest.approx((LEFT, allowed))
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "None" and len({*line.get_xdata()}) == 1
            and abs(line.get_ydata()[1] - line.get_ydata()[0]) > 20] == [allowed]


def test_only_a_failure_is_filled():
    for finding, filled in ((CLOSE, False), (FAR, True)):
        (frame,) = proof_picture(report(finding)).figure.axes[0].patches
        assert (frame.get_facecolor()[3] > 0) is filled


def test_what_is_not_a_number_has_failed():
    text = proof_picture(report(Finding("output", "FAIL", math.nan, 1e-12, "float64"))).text
    assert text.endswith("FAIL, output: nan, allowed is 1e-12. float64")


def test_an_exact_finding_has_no_axis():
    chart = proof_picture(report(EXACT))
    assert marks(chart) == []
    assert "0 outputs differ, bit for bit" in words(chart)
    assert "10⁻¹⁶" not in words(chart)
    assert "37 outputs differ" in words(proof_picture(report(Finding("exact", "FAIL", 37, 0.0, "why"))))


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_shows_its_word_and_glyph(status):
    chart = proof_picture(report(Finding("exact", status, None, None, "because")))
    assert {status, STATUSES[status].glyph, "because"} <= set(words(chart))
    frames = [patch for patch in chart.figure.axes[0].patches if patch.get_boxstyle()]
    assert len(frames) == (2 if status == "ERROR" else 1)


def test_the_text_holds_on_every_machine():
    """A passed rounding error differs between CPUs, so it stands in the drawing only."""
    text = proof_picture(report(EXACT, CLOSE, FAR)).text
    assert text == """\
Not the same function: 1 of 3 findings fail
PASS, exact: 0 outputs differ. 0 of 100,352 outputs differ, bit for bit
PASS, output (eval): at most 1e-12. float64
FAIL, output (train): 3.3, allowed is 1e-12. float64"""


def test_in_a_notebook_it_is_a_png_with_words():
    data, metadata = proof_picture(report(EXACT, CLOSE))._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert "7.1" not in data["text/plain"]
    assert metadata["image/png"]["width"] == 820
    assert "PASS, exact" in metadata["image/png"]["alt"]


def test_the_ground_is_white_and_the_same_report_gives_the_same_bytes():
    pictures = [proof_picture(report(EXACT, CLOSE)).png() for _ in range(2)]
    assert pictures[0] == pictures[1]
    pixels = imread(BytesIO(pictures[0]))
    assert pixels.shape[1] == 1640
    assert np.all(pixels[[0, -1], :, :3] == 1)


@pytest.mark.parametrize("height", [57, 228, 322, 484, 1023])  # 57 / 100 * 100 is less than 57
def test_a_page_has_no_pixel_less_than_its_units(height):
    figure = Page(height, "A page").figure
    for dots in (100, 200):
        figure.set_dpi(dots)
        width, tall = figure.bbox.size
        assert (int(width), int(tall)) == (820 * dots // 100, height * dots // 100)


def test_nothing_runs_over_the_edge():
    long = "a wordy explanation of what was done and why it went the way it went " * 6
    findings = (Finding("exact", "PASS", 0, 0.0, long), Finding("output", "PASS", 1e-15, 1e-12, long),
                Finding("control", "VACUOUS", None, None, long))
    chart = proof_picture(report(*findings, notes=[long]))
    edge = chart.figure.bbox
    for text in chart.figure.axes[0].texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 <= box.x1 <= edge.x1
        assert 0 <= box.y0 <= box.y1 <= edge.y1


def test_a_dollar_sign_is_no_formula():
    chart = proof_picture(report(Finding("output", "ERROR", None, None, "it costs $5, not $6")))
    chart.png()
    assert r"it costs \$5, not \$6" in words(chart)


def test_findings_are_all_that_a_report_needs():
    @dataclass(frozen=True)
    class Bare:
        findings: tuple = field(default=(EXACT,))

    assert proof_picture(Bare()).text.splitlines()[0] == "An equivalence report"


def test_what_is_no_report_is_told():
    with pytest.raises(ConfigError, match=r"^report must have findings, such as that of prove_equivalent; got True$"):
        proof_picture(True)
    with pytest.raises(ConfigError, match=r"^unknown status 'PASSED'; did you mean 'PASS'\? Known: PASS, FAIL, "):
        proof_picture(report(Finding("output", "PASSED", None, None, "")))
