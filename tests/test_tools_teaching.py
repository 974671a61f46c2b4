"""The page for teachers and the answer key hold what the lessons and the banks hold, and nobody meets the key by chance."""
import doctest
import re
import subprocess
from pathlib import Path

import pytest

from resnext_edu.course import course_lessons
from resnext_edu.exercises import Exercise, Prediction, questions
from resnext_edu.grading.carried import as_data
from tools import answer_key, glossary, teaching
from tools.website import build
from tools.wheel import brought

ROOT = Path(__file__).resolve().parent.parent
PAGE = teaching.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [teaching, glossary], ids=lambda module: module.__name__)
def test_the_examples_run(module):
    assert doctest.testmod(module).failed == 0


def test_the_page_is_up_to_date():
    assert teaching.teaching_page(PAGE) == PAGE, "run `python -m tools.teaching`"
    assert [name for name in teaching.PARTS if f"<!-- {name} -->" not in PAGE] == []


def test_each_lesson_has_its_row_and_its_goals():
    for path in course_lessons().values():
        assert len(re.findall(rf"^\| \[{path.name[:2]} [^]]+\]\(notebooks/{path.name}\) \| \d+ \|", PAGE, re.MULTILINE)) == 1
        assert len(re.findall(rf"^\*\*\[{path.name[:2]} [^]]+\]\(notebooks/{path.name}\)\*\*", PAGE, re.MULTILINE)) == 1
    for each in teaching.goals().values():
        assert all(len(text) > 10 and text[-1] in ".?" for text in (each.does, each.learns, each.needs))


def test_a_selection_has_all_lessons_that_its_lessons_ask_for():
    found = teaching.goals()
    for numbers in teaching.ROUTES.values():
        assert [one for number in numbers for one in found[number].after if one not in numbers] == []
    assert {*teaching.ROUTES["The whole course"]} == {*found}


def test_a_lesson_without_an_opening_is_named(tmp_path):
    source = next(iter(course_lessons().values())).read_text(encoding="utf-8")
    (tmp_path / "00_odd.ipynb").write_text(source.replace("**You need**", "**Needed**"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"^the opening of 00_odd\.ipynb has no line that begins with \*\*You need\*\*$"):
        teaching._goals_of(tmp_path / "00_odd.ipynb")


def test_each_word_stands_in_bold_in_what_is_said_of_it():
    words = glossary.terms()
    assert len(words) > 30
    assert [each.name for each in words] == sorted({each.name for each in words}, key=str.lower)
    for each in words:
        assert f"**{each.name[:5].lower()}" in each.said.lower()
        assert each.said[-1] in ".?!)"
    assert not {name.lower() for name in glossary.NO_TERM} & {each.name.lower() for each in words}


def test_the_page_is_on_the_site():
    assert "TEACHING.md" in build.READ
    assert "\nTEACHING\n" in (ROOT / "site/index.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def key():
    """The key, with any choice for the truth, but in lesson 00: working out the others takes minutes."""
    def any_truth(lesson):
        asked = questions()[lesson].values()
        return truths(lesson) if lesson == "lesson_00" else {
            each.name: [as_data(next(iter(each.choices))), "Why."] for each in asked if isinstance(each, Prediction)}

    truths = answer_key.truths_of_lesson
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer_key, "truths_of_lesson", any_truth)
        return answer_key.answer_key()


def test_the_key_has_every_question_with_its_answer_and_its_misconceptions(key):
    asked = [each for lesson in questions().values() for each in lesson.values()]
    assert re.findall(r'<section class=question id="(\w+)">', key) == [each.name for each in asked]
    for each in asked:
        entry = key.partition(f'id="{each.name}">')[2].partition("</section>")[0]
        if isinstance(each, Exercise):
            assert answer_key.escape(each.judge.blank.fill(each.answer)) in entry
            assert all(answer_key._text(mistake.hint) in entry for mistake in each.mistakes)
        else:
            assert [remark for remark in [*each.choices.values()][1:] if answer_key._text(remark) not in entry] == []


def test_the_truth_of_a_prediction_is_worked_out(key):
    entry = key.partition('id="channels_a_path_reads">')[2].partition("</section>")[0]
    assert "<p><b>256</b></p>" in entry
    assert "<dt><code>256</code>" not in entry
    assert "<dt><code>8</code></dt>" in entry


def test_nobody_meets_the_key_by_chance():
    """Git ignores it, so neither a commit nor a source distribution has it; it is in no folder that the wheel or the site takes."""
    name = answer_key.PAGE.name
    assert f"/{name}" in (ROOT / ".gitignore").read_text().splitlines()
    assert answer_key.PAGE.parent == ROOT
    tracked = subprocess.run(["git", "ls-files", name], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert tracked == ""
    assert not [path for path in (*brought(ROOT), *build.READ) if "answer_key" in path]


def test_the_key_can_be_written_elsewhere(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(answer_key, "answer_key", lambda: "the key")
    answer_key.main([str(tmp_path / "k.html")])
    assert (tmp_path / "k.html").read_text() == "the key"
    assert capsys.readouterr().out == f"{tmp_path / 'k.html'}: for you, not for the learners\n"
