"""Which finding has caught which mistake: ✓ is caught, and whatever was skipped is counted."""
from types import SimpleNamespace as Some

import pytest

from resnext_edu.draw.measured.caught import caught_picture
from resnext_edu.errors import ConfigError
from resnext_edu.findings import FINDINGS
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

STATUS = {"F": "FAIL", "P": "PASS", "S": "SKIPPED", "V": "VACUOUS", "E": "ERROR"}


def report(letters, names=FINDINGS):
    return Some(findings=[Some(name=name, status=STATUS[letter]) for name, letter in zip(names, letters, strict=False)])


def pictured(*rows):
    return caught_picture({f"mistake {k}": report(row) for k, row in enumerate(rows)})


def frames(picture):
    """(filled, dashed) of each mark, row by row."""
    return [(rect.get("class") == "ink", bool(rect.get("stroke-dasharray"))) for rect in elements(picture, "rect") if rect.get("rx")]


def test_a_mark_stands_in_the_row_of_its_mistake_and_the_column_of_its_finding():
    picture = pictured("FPSVEFF", "PPPPPPP", "FFFFFFF")
    caught, missed, no_answer = (True, False), (False, False), (False, True)
    assert frames(picture) == [caught, missed, no_answer, no_answer, *[caught] * 3, *[missed] * 7, *[caught] * 7]
    heights = {words: y for words, _, _, y in places(picture) if words.startswith("mistake ")}
    marks = [(words, (left + right) / 2, y) for words, left, right, y in places(picture) if words in ("✓", "missed", "–", "∅")]
    assert [words for words, _, y in marks if abs(y - heights["mistake 0"]) < 2] == ["✓", "missed", "–", "∅", "✓", "✓", "✓"]
    heads = {words: (left + right) / 2 for words, left, right, _ in places(picture) if words in ("exact", "buffers", "training")}
    assert [round(x) for x in heads.values()] == [round(marks[k][1]) for k in (0, 5, 6)]


def test_rows_and_columns_count_what_was_caught_and_what_was_skipped():
    shown = labels(pictured("FPSSFFF", "FFFFFFF"))
    assert shown.count("4 of 7") == 1
    assert shown.count("2 skipped") == 1
    assert shown.count("1 skipped") == 2  # of each of two columns
    assert shown.count("7 of 7") == 1
    assert [shown.count(f"{k} of 2") for k in (1, 2)] == [3, 4]


@pytest.mark.parametrize(("rows", "title"), [
    (("FPPPPPP", "FPPPPPS"), "All 2 mistakes are caught, each by “exact”"),
    (("FPPPPPP", "PPPPPFP"), "All 2 mistakes are caught, but not by one finding alone"),
    (("FEPPPPP", "FFPPPPP"), "All 2 mistakes are caught, each by 2 findings"),
    (("FPPPPPP", "PPPPPSV"), "1 of 2 mistakes are caught"),
    (("PPPPPPP",), "0 of 1 mistake is caught"),
])
def test_the_title_says_what_was_found(rows, title):
    assert pictured(*rows).title == title
    assert title in labels(pictured(*rows))  # as a whole


def test_the_words_name_every_finding():
    lines = pictured("FPSVEFF", "FFFFFFF").text.splitlines()
    assert lines[2] == ("mistake 0: caught by 4 of 7 findings. Caught: exact, parameter gradients, buffers, training. "
                        "Missed: output (eval). Skipped: output (train), input gradient.")
    assert lines[-1].startswith("exact catches 2 of 2. output (eval) catches 1 of 2. output (train) catches 1 of 2, 1 skipped.")


@pytest.mark.parametrize("count", [1, 9, 10, 40])
def test_any_number_of_mistakes_fits(count):
    picture = caught_picture({f"groups_interleaved {k}"[:18 + k % 9]: report("FPSVEFF"[k % 7:] + "F" * (k % 7)) for k in range(count)})
    assert outside(picture) == colliding(picture) == []
    assert is_accessible(picture)


def test_no_name_of_the_packages_mistakes_is_cut():
    from resnext_edu.sabotage import SABOTAGES
    shown = labels(caught_picture({name: report("FFFFFFF") for name in SABOTAGES}))
    assert {*SABOTAGES} <= {*shown}


@pytest.mark.parametrize(("reports", "complaint"), [
    ({}, r'reports must be a dict with at least one report, such as {"bn_per_path": report}; got {}'),
    ([report("F")], "reports must be a dict"),
    ({f"{k}": report("F") for k in range(41)}, "reports may have 40 mistakes; got 41"),
    ({"a": 5}, r"reports\['a'\] must have findings, such as that of prove_equivalent; got 5"),
    ({5: report("F")}, "a mistake must be words; got 5"),
    ({"a": report("FF"), "b": report("F")}, r"all reports must have the same findings; 'b' has exact, the first one has exact, output"),
    ({"a": report("F" * 9, [*"abcdefghi"])}, "a report may have 8 findings here; got 9"),
    ({"a": Some(findings=[Some(name="exact", status="FINE")])}, "unknown status 'FINE'"),
])
def test_what_can_not_be_drawn(reports, complaint):
    with pytest.raises(ConfigError, match=complaint):
        caught_picture(reports)
