"""What a report says of its findings: in one line, as an error, as text, as HTML and as data."""
import json
from html import unescape

import pytest

from resnext_edu.equivalence import EquivalenceReport, Finding
from resnext_edu.errors import NotEquivalentError, UnknownNameError
from resnext_edu.sabotage import SABOTAGES
from resnext_edu.table import Table

PASSES = Finding("exact", "PASS", 0, 0.0, "eight draws")
SKIPS = Finding("buffers", "SKIPPED", None, 1e-12, "there are none")
FAILS = Finding("training", "FAIL", 0.123456, 1e-12, "ten steps")
TELLS_NOTHING = Finding("input gradient", "VACUOUS", 0.0, 1e-12, "all zeros")
RAISES = Finding("output (eval)", "ERROR", None, 1e-12, "left raised")


def report(*findings, left="Left", notes=()):
    return EquivalenceReport(findings, left, "Right", (2, 16, 6, 6), 7, notes)


@pytest.mark.parametrize(("findings", "passed", "title"), [
    ([PASSES], True, "The same function: exact passes"),
    ([PASSES, SKIPS], True, "The same function: 1 of 2 findings pass, 1 skipped"),
    ([PASSES, FAILS, RAISES], False, "Not the same function: 1 of 3 findings fail"),
    ([FAILS, SKIPS, SKIPS], False, "Not the same function: 1 of 3 findings fail, 2 skipped"),
    ([PASSES, TELLS_NOTHING, SKIPS], False, "Nothing proved: 1 PASS, 1 SKIPPED, 1 VACUOUS"),
    ([RAISES, RAISES], False, "Nothing proved: 2 ERROR"),
    ([SKIPS], False, "Nothing proved: 1 SKIPPED"),
])
def test_the_title_is_the_verdict(findings, passed, title):
    assert (report(*findings).passed, report(*findings).title) == (passed, title)


@pytest.mark.parametrize(("findings", "line"), [
    ([PASSES], "✓ The same function: exact passes"),
    ([FAILS, SKIPS], "✕ Not the same function: 1 of 2 findings fail, 1 skipped"),
    ([SKIPS], "∅ Nothing proved: 1 SKIPPED"),
])
def test_the_short_report_is_the_title_with_its_sign(findings, line):
    short = report(*findings).short
    assert repr(short) == line
    assert f">{line}</span>" in short._repr_html_()
    assert line in Table(("proof",), [(short,)]).text()


def test_the_error_names_what_did_not_pass_and_if_all_was_skipped_all_of_it():
    report(PASSES, SKIPS).raise_if_failed()
    with pytest.raises(NotEquivalentError) as error:
        report(PASSES, SKIPS, FAILS).raise_if_failed()
    assert str(error.value) == ("Not the same function: 1 of 3 findings fail, 1 skipped (training: FAIL, 0.12 > 1e-12); "
                                "print the report to see what was done")
    with pytest.raises(NotEquivalentError) as error:
        report(SKIPS).raise_if_failed()
    assert str(error.value) == "Nothing proved: 1 SKIPPED (buffers: SKIPPED, –); print the report to see what was done"


def test_a_report_is_neither_true_nor_false():
    with pytest.raises(TypeError, match=r"ask for report\.passed$"):
        bool(report(PASSES))


def test_a_finding_that_is_not_there_is_answered_with_the_nearest():
    assert report(PASSES, FAILS)["training"] is FAILS
    with pytest.raises(UnknownNameError) as error:
        report(PASSES, FAILS)["trainings"]
    assert str(error.value) == "unknown finding 'trainings'; did you mean 'training'? Known: exact, training"


@pytest.mark.parametrize(("measured", "allowed", "status", "words"), [
    (1234, 0.0, "FAIL", "1,234 differ"),
    (0, 0.0, "PASS", "0 differ"),
    (0.123456, 1e-12, "FAIL", "0.12 > 1e-12"),
    (3e-16, 1e-12, "PASS", "≤ 1e-12"),
    (None, 1e-12, "FAIL", "–"),
    (None, None, "SKIPPED", "–"),
])
def test_the_result_of_a_finding_in_words(measured, allowed, status, words):
    assert Finding("exact", status, measured, allowed, "").result == words


def test_the_text_is_the_question_the_table_and_the_notes():
    assert str(report(PASSES, FAILS, notes=("a note",))).splitlines() == [
        "prove_equivalent(Left, Right, input_size=(2, 16, 6, 6), seed=7)",
        "Not the same function: 1 of 2 findings fail",
        "status  finding   measured      what was done",
        "─────────────────────────────────────────────",
        "✓ PASS  exact     0 differ      eight draws",
        "✕ FAIL  training  0.12 > 1e-12  ten steps",
        "Note: a note",
    ]


def test_question_and_notes_are_wrapped_to_the_width():
    long = report(PASSES, left="L" * 30, notes=("word " * 40,))
    assert max(map(len, long.text(60).splitlines())) <= 60
    assert long.text(60).splitlines()[1].startswith("    ")
    assert max(map(len, report(PASSES, notes=("x" * 300,)).text().splitlines())) == 100


def test_the_html_is_escaped_and_has_the_finding_as_the_header_of_its_row():
    page = report(PASSES, left="<b>", notes=("<i>",)).html()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<code>prove_equivalent(<b>, Right, input_size=(2, 16, 6, 6), seed=7)</code>" in unescape(page)
    assert "<p>Note: <i></p>" in unescape(page)
    assert page.split('scope="row"')[1].split(">")[1].startswith("exact<")


def test_the_data_can_be_written_as_json():
    data = json.loads(json.dumps(report(PASSES, notes=("a note",)).to_dict()))
    assert list(data) == ["passed", "title", "findings", "left", "right", "input_size", "seed", "notes", "float32"]
    assert data["title"] == "The same function: exact passes"
    assert data["findings"] == [{"name": "exact", "status": "PASS", "measured": 0, "allowed": 0.0, "detail": "eight draws",
                                 "where": "", "once_in": None}]


def test_a_sabotage_says_where_it_does_harm_and_explains_itself_in_one_line():
    swapped = SABOTAGES["c_and_d_swapped"]
    assert (swapped.harm, swapped.no_harm) == ("C is not d: the 3×3 is cut into d groups of C channels", "C = d")
    assert not any("\n" in s.explanation or "  " in s.explanation for s in SABOTAGES.values())
