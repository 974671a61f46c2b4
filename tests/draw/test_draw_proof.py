"""The picture of a report: the right mark at the right place, and words that say the same."""
import math
from dataclasses import dataclass, field

import pytest

from resnext_edu.draw.measured.proof import LEFT, RIGHT, _at, proof_picture
from resnext_edu.equivalence.report import EquivalenceReport, Finding
from resnext_edu.errors import ConfigError
from resnext_edu.findings import STATUSES
from resnext_edu.words import scientific
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places


def report(*findings, notes=()):
    return EquivalenceReport(findings, "SplitSumBottleneck", "GroupedBottleneck", (2, 256, 14, 14), 0, tuple(notes))


EXACT = Finding("exact", "PASS", 0, 0.0, "0 of 100,352 outputs differ, bit for bit")
CLOSE = Finding("output (eval)", "PASS", 7.1e-16, 1e-12, "float64")
FAR = Finding("output (train)", "FAIL", 3.3, 1e-12, "float64")
LONG = "a wordy explanation of what was done and why it went the way it went " * 6


def marks(picture):
    """(x, sign) of each dot and cross, from top to bottom."""
    dots = [(float(dot.get("cy")), float(dot.get("cx")), "o") for dot in elements(picture, "circle") if dot.get("class") == "ink"]
    crosses = [[*map(float, path.get("d").split()[1:3])] for path in elements(picture, "path") if path.get("class") == "hi"]
    return [(x, sign) for _, x, sign in sorted([*dots, *((y + 6, x + 6, "x") for x, y in crosses)])]


def frames(picture):
    return [frame for frame in elements(picture, "rect") if frame.get("rx")]


def test_a_dot_inside_and_a_cross_outside():
    (inside, dot), (beyond, cross) = marks(proof_picture(report(CLOSE, FAR)))
    assert (dot, cross) == ("o", "x")
    assert LEFT < inside < _at(1e-12) < beyond < RIGHT


def test_the_axis_goes_in_powers_of_ten():
    assert [_at(10.0 ** power) for power in (-17, -8, 1)] == pytest.approx([LEFT, (LEFT + RIGHT) / 2, RIGHT])


@pytest.mark.parametrize(("measured", "sign", "x"), [
    (0.0, "o", LEFT), (1e-30, "o", LEFT), (1e-12, "o", _at(1e-12)), (1e9, "x", RIGHT),
    (math.inf, "x", RIGHT), (math.nan, "x", RIGHT)])
def test_what_lies_beyond_the_axis_stands_at_its_end(measured, sign, x):
    status = "PASS" if measured <= 1e-12 else "FAIL"
    ((found, drawn),) = marks(proof_picture(report(Finding("output", status, measured, 1e-12, ""))))
    assert (found, drawn) == (pytest.approx(x, abs=.01), sign)


@pytest.mark.parametrize(("value", "written"), [
    (7.1e-16, "7.1 × 10⁻¹⁶"), (1e-12, "10⁻¹²"), (3.3, "3.3"), (1.0, "1"), (0.0, "0"), (.13, "0.13"), (20.0, "20"), (2e5, "2.0 × 10⁵"),
    (.001, "0.001"), (99.0, "99"), (100.0, "10²"), (500.0, "5.0 × 10²"), (.00099, "9.9 × 10⁻⁴"),
    (math.inf, "infinite"), (math.nan, "not a number")])
def test_numbers_are_written_for_people(value, written):
    assert scientific(value) == written


def test_the_measured_and_the_allowed_stand_at_the_axis_and_it_has_a_name():
    shown = labels(proof_picture(report(CLOSE)))
    assert {"7.1 × 10⁻¹⁶", "allowed 10⁻¹²", "10⁻¹⁶", "1", "largest difference ÷ largest number"} <= {*shown}


def test_the_tinted_side_reaches_from_the_left_to_what_is_allowed():
    picture = proof_picture(report(CLOSE))
    (allowed,) = [(left + right) / 2 for words, left, right, _ in places(picture) if words.startswith("allowed ")]
    (tint,) = [rect for rect in elements(picture, "rect") if rect.get("class") == "tensor"]
    ends = float(tint.get("x")), float(tint.get("x")) + float(tint.get("width"))
    assert ends == pytest.approx((LEFT, allowed), abs=.02)
    uprights = [path.get("d").split() for path in elements(picture, "path") if path.get("class") == "edge"]
    tall = [float(x) for _, x, top, _, to, bottom in uprights if x == to and float(bottom) - float(top) > 20]
    assert tall == pytest.approx([allowed], abs=.02)


def test_only_a_failure_is_filled():
    for finding, cls, written in ((CLOSE, "edge", "b"), (FAR, "ink", "bg b")):
        picture = proof_picture(report(finding))
        (frame,) = frames(picture)
        assert frame.get("class") == cls
        (word,) = [element for element in elements(picture, "text") if element.text == finding.status]
        assert word.get("class") == written


def test_what_is_not_a_number_has_failed():
    text = proof_picture(report(Finding("output", "FAIL", math.nan, 1e-12, "float64"))).text
    assert text.endswith("FAIL, output: nan, allowed is 1e-12. float64")


def test_an_exact_finding_has_no_axis():
    picture = proof_picture(report(EXACT))
    assert marks(picture) == []
    assert "0 outputs differ, bit for bit" in labels(picture)
    assert "10⁻¹⁶" not in labels(picture)
    assert not any("Tinted" in words for words in labels(picture))
    assert "37 outputs differ" in labels(proof_picture(report(Finding("exact", "FAIL", 37, 0.0, "why"))))


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_shows_its_word_and_glyph(status):
    picture = proof_picture(report(Finding("exact", status, None, None, "because")))
    assert {status, STATUSES[status].glyph, "because"} <= {*labels(picture)}
    assert len(frames(picture)) == (2 if status == "ERROR" else 1)
    dashes = {"SKIPPED": "5 3", "VACUOUS": "1.5 3"}.get(status, "")
    assert (frames(picture)[0].get("stroke-dasharray") or "") == dashes


def test_the_five_frames_differ():
    looks = set()
    for status in STATUSES:
        found = frames(proof_picture(report(Finding("exact", status, None, None, ""))))
        looks.add((len(found), found[0].get("class"), found[0].get("stroke-dasharray")))
    assert len(looks) == len(STATUSES)


def test_the_words_have_every_number_the_question_and_the_notes():
    assert proof_picture(report(EXACT, CLOSE, FAR, notes=["One note."])).text == """\
Equal in eval mode only: 1 of 3 findings fail
Tinted: what is allowed. A dot lies inside of it, a cross outside: there the two differ.
prove_equivalent(SplitSumBottleneck, GroupedBottleneck, input_size=(2, 256, 14, 14), seed=0)
PASS, exact: 0 outputs differ. 0 of 100,352 outputs differ, bit for bit
PASS, output (eval): 7.1e-16, allowed is 1e-12. float64
FAIL, output (train): 3.3, allowed is 1e-12. float64
One note."""


def test_nothing_collides_or_runs_over_the_edge():
    rows = [Finding("exact", "PASS", 0, 0.0, LONG), Finding("control " * 20, "VACUOUS", None, None, LONG)]
    rows += [Finding("output " * 12, "FAIL", value, allowed, LONG) for value in (0.0, 1e-17, 3e-15, 1e-12, 1e9, math.inf, math.nan)
             for allowed in (1e-30, 1e-17, 1e-12, 2.2e-3, 1e30)]
    for findings in (rows, [EXACT], [CLOSE], rows[1:2], []):
        for notes in ([], [LONG, "short"]):
            picture = proof_picture(report(*findings, notes=notes))
            assert (outside(picture), colliding(picture)) == ([], [])
            assert is_accessible(picture)
            assert picture.svg == proof_picture(report(*findings, notes=notes)).svg


def test_a_long_question_takes_more_lines():
    @dataclass(frozen=True)
    class Asked:
        question: str
        title: str = "one title that goes on and on " * 9
        findings: tuple = (CLOSE,)

    picture = proof_picture(Asked("prove_equivalent(" + "AVeryLongNameOfABlock, " * 12 + ")"))
    assert (outside(picture), colliding(picture)) == ([], [])
    assert picture.height > proof_picture(Asked("short")).height


def test_what_looks_like_markup_or_a_formula_is_written_as_it_is():
    picture = proof_picture(report(Finding("<output>", "ERROR", None, None, "it costs $5 & not <6>")))
    assert {"<output>", "it costs $5 & not <6>"} <= {*labels(picture)}


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
