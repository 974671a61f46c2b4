"""A class graded: who, which lesson, which cells; what is kept; the pages; and the command."""
import csv
import json
import os
from io import StringIO
from pathlib import Path

import pytest
import torch
from torch import nn

from resnext_edu.cli import main
from resnext_edu.course import course_lessons
from resnext_edu.errors import ConfigError, DataError
from resnext_edu.exercises import Prediction, questions
from resnext_edu.exercises.behaviour import Outcome, Raised
from resnext_edu.grading import SchoolClass, all_pages, forks, grade, whole_class
from resnext_edu.grading.answers import answers_in, lesson_of
from resnext_edu.grading.carried import as_data, of_data, outcome_as_data, outcome_of_data
from resnext_edu.grading.cells import CodeCell, code_cells
from resnext_edu.grading.forks import in_forks
from resnext_edu.grading.handed_in import HandedIn, handed_in, student_of
from resnext_edu.grading.judging import Graded
from resnext_edu.grading.misunderstood import misunderstood, most_misunderstood
from resnext_edu.grading.needed import names_of_code, needed
from resnext_edu.grading.one_file import FileResult, Limits, graded_file
from resnext_edu.grading.to_show import to_show
from resnext_edu.grading.truths import truths_of_lesson
from resnext_edu.learner.copies import as_file
from tests.grading.broken import answered

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="grade needs fork")

# ------------------------------------------------------------------ whose


@pytest.mark.parametrize(("name", "student"), [
    ("maria/00_start_here.ipynb", "maria"), ("Anna-Lena Müller/x.ipynb", "Anna-Lena Müller"), ("Ada A./deep/er/x.ipynb", "Ada A."),
    ("Maria Lopez_4711_assignsubmission_file_/06.ipynb", "Maria Lopez"),
    ("lopezmaria_LATE_12345_67890_06_prove_it_then_break_it-1.ipynb", "lopezmaria"),
    ("lesson06/s123456.ipynb", "s123456"), ("4711234/04_concat.ipynb", "4711234"), ("week_3/jo.ipynb", "jo"),
    ("03_split_sum-Jo (1).ipynb", "Jo"), ("jo_split_sum.ipynb.txt", "jo"), ("00_start_here-Copy1.ipynb", "class"), ("06/04_concat.mine-2.ipynb", "class"),
])
def test_who_handed_in_stands_in_the_path(name, student):
    assert student_of(name, Path("class")) == student


def test_only_notebooks_are_found_and_a_regular_expression_finds_the_student(tmp_path):
    for name in ("a/x.ipynb", "a/.ipynb_checkpoints/x-checkpoint.ipynb", "__MACOSX/a/._x.ipynb", "b.txt", "c.ipynb.txt", "a/y-by-bo.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [file.name for file in handed_in(tmp_path)] == ["c.ipynb.txt", "a/x.ipynb", "a/y-by-bo.ipynb"]
    (tmp_path / "a/x.ipynb").unlink()
    (tmp_path / "c.ipynb.txt").unlink()
    assert [file.student for file in handed_in(tmp_path, r"-by-(\w+)")] == ["bo"]
    with pytest.raises(ConfigError, match=r"--student 'zz\(\.\)' finds nobody in 'a/y-by-bo.ipynb'; the paths begin below FOLDER"):
        handed_in(tmp_path, "zz(.)")
    with pytest.raises(ConfigError, match="--student must be a regular expression"):
        handed_in(tmp_path, "(")
    with pytest.raises(DataError, match="no notebook in"):
        handed_in(tmp_path / "__MACOSX")
    with pytest.raises(DataError, match="there is no folder"):
        handed_in(tmp_path / "nowhere")

# ------------------------------------------------------------------ which lesson, which cells


@pytest.mark.parametrize("number", course_lessons())
def test_each_lesson_is_known_by_its_cells_with_all_its_questions(number):
    cells = code_cells(course_lessons()[number].read_bytes())
    assert lesson_of(cells) == f"lesson_{number:02d}"
    asked = questions()[f"lesson_{number:02d}"]
    answers = {name: answer for name, answer in answers_in(cells).items() if name in asked}
    assert list(answers) == list(asked)
    assert {name for name, answer in answers.items() if answer.typed not in ("...", "") and not answer.typed.endswith("; ...")} == set()


def test_ids_alone_are_enough():
    assert lesson_of([CodeCell(0, "1", id="three-forms")]) == "lesson_00"
    assert lesson_of([CodeCell(0, "1", id="opening")]) is None


@pytest.mark.parametrize("number", course_lessons())
def test_what_an_answer_could_need_can_run_in_this_order(number):
    """A name that some cell binds is bound before it is read, for what each check of the course is given."""
    cells = code_cells(course_lessons()[number].read_bytes())
    everywhere = set().union(*(names_of_code(cell.code).binds for cell in cells))
    for cell in cells:
        if cell.code.startswith("check."):
            bound = set()
            for before in needed(cells, cell.code, cell.place):
                names = names_of_code(before.code)
                assert names.reads & everywhere <= bound | names.binds
                bound |= names.binds


@pytest.mark.parametrize(("code", "reads"), [
    ("a = b + a", {"a", "b"}), ("a += 1", {"a"}), ("for a in b: a", {"b"}), ("[a for a in b if c]", {"b", "c"}), ("def f(x=a): return x + b", {"a", "b"}),
    ("def f(): return g()\ndef g(): return f()", set()), ("lambda x, y=z: x + w", {"z", "w"}), ("class A(B):\n    c = D", {"B", "D"}),
    ("import a.b as c, d.e\nc, d", set()), ("with a as b: b", {"a"}), ("if (n := m): n", {"m"}), ("x: int = y", {"y"}), ("a = (", set()), ("@a\ndef f(): pass", {"a"}),
])
def test_the_names_that_a_cell_needs_from_others(code, reads):
    assert names_of_code(code).reads == reads


def test_what_changes_a_value_on_the_way_is_needed_too():
    cells = [CodeCell(k, source) for k, source in enumerate(
        ["x = []", "x.append(1)\nx", "x.append(2)", "y = 3", "x[0] = 5", "x = 7"])]
    assert [cell.place for cell in needed(cells, "x", 5)] == [0, 1, 4]

# ------------------------------------------------------------------ carried


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", ..., (1, "a", (2,)), [1], {1, 2}, {"a": 1}, 1j, float("inf"), ()])
def test_plain_values_arrive_as_they_are(value):
    assert of_data(json.loads(json.dumps(as_data(value)))) == value


@pytest.mark.parametrize("value", [torch.randn(2, 3), torch.arange(4), torch.tensor(True), torch.zeros(0, 2), torch.randn(2, dtype=torch.complex64), torch.eye(2).to_sparse()])
def test_tensors_arrive_as_they_are(value):
    arrived = of_data(json.loads(json.dumps(as_data(value))))
    assert torch.equal(arrived, value.to_dense() if value.is_sparse else value)
    assert arrived.dtype == value.dtype


def test_anything_else_arrives_as_an_empty_object_of_the_same_name():
    assert type(of_data(as_data(nn.Conv2d(1, 1, 1)))).__name__ == "Conv2d"
    assert isinstance(of_data(as_data(nn.Conv2d(1, 1, 1))), nn.Module)
    assert type(of_data(as_data(open))).__name__ == "builtin_function_or_method"
    assert of_data(as_data(torch.empty(3, device="meta"))).is_meta
    assert of_data(as_data(torch.randn(2, dtype=torch.bfloat16))).dtype is torch.float32
    assert of_data(as_data(10 ** 5000)) == float("inf")
    nested = value = []
    for _ in range(50):
        value.append([])
        value = value[0]
    assert json.dumps(as_data(nested)).count("[") < 20


@pytest.mark.parametrize("data", [{}, [], ["eval", "1"], ["tensor", "float32", [10 ** 9], ""], ["tensor", "float32", [-1], ""], ["tensor", "object", [1], "AAAA"], ["meta", [10 ** 12]], ["layer", 3]])
def test_what_was_never_packed_is_refused(data):
    with pytest.raises((ValueError, LookupError, TypeError)):
        of_data(data)


def test_an_outcome_arrives_with_what_was_raised():
    for outcome in (Outcome("x = 3", 9, "hello", True), Outcome("x = 3", Raised("ValueError", "no", "x = 1"))):
        assert outcome_of_data(json.loads(json.dumps(outcome_as_data(outcome)))) == outcome

# ------------------------------------------------------------------ side by side


@needs_fork
def test_work_that_dies_or_never_ends_costs_only_itself():
    def work(job):
        if job == "dies":
            os._exit(1)
        while job == "endless":
            pass
        return job.upper() * (200_000 if job == "long" else 1)

    found = dict(in_forks(["a", "dies", "endless", "long", "b"], work, 2, 3))
    assert forks._result(b"[" * 200_000) is None  # what a copy says may be nested without end
    assert found == {"a": "A", "dies": None, "endless": None, "long": "LONG" * 200_000, "b": "B"}

# ------------------------------------------------------------------ the class


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Three students, one of them with two files; and what was found."""
    folder, out = tmp_path_factory.mktemp("handed_in"), tmp_path_factory.mktemp("out")
    hand_in(folder, "Ada/a.ipynb", channels_a_path_reads="8")
    hand_in(folder, "Bo/b.ipynb", channels_a_path_reads="8", same_numbers="'<script>alert(1)</script>'")
    hand_in(folder, "Bo/b2.ipynb", channels_a_path_reads="4", same_numbers="...", weights_of_32_paths="1 / 0")
    hand_in(folder, "=Cy/c.ipynb", channels_a_path_reads="...")
    (folder / "Cy").mkdir()
    (folder / "Cy/broken.ipynb").write_text("{")
    return folder, out, grade(folder, out, workers=2, seconds=20)


def hand_in(folder, name, **answers):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(as_file(answered(**answers)))


@needs_fork
def test_the_best_answer_of_a_student_counts(graded):
    everybody = graded[2]
    assert everybody.students == ["=Cy", "Ada", "Bo", "Cy"]
    assert everybody.lessons == ["lesson_00"]
    assert [everybody.cell(student, "channels_a_path_reads") for student in everybody.students] == [
        "not attempted", "wrong: predicted 8", "wrong: predicted 8", ""]
    assert everybody.cell("Bo", "weights_of_32_paths") == "right"
    assert everybody.cell("Bo", "same_numbers").startswith("not understood: ")
    assert [file.name for file, _ in everybody.troubled] == ["Cy/broken.ipynb"]


@needs_fork
def test_the_csv_has_a_row_for_each_student_and_no_formula(graded):
    head, *rows = csv.reader(StringIO(graded[2].to_csv()))
    assert head == ["student", "00 right of 4", *(f"00 {name}" for name in questions()["lesson_00"])]
    assert [row[:2] for row in rows] == [["'=Cy", "3"], ["Ada", "3"], ["Bo", "2"], ["Cy", ""]]
    assert rows[1][2:] == ["wrong: predicted 8", "right", "right", "right"]


@needs_fork
def test_what_most_have_misunderstood_comes_first_with_its_reply(graded):
    found = misunderstood(graded[2])
    first = found[0]
    assert (first.name, first.answered, first.counts["wrong"]) == ("channels_a_path_reads", 2, 2)
    assert first.truth.startswith("256. ")
    (each,) = first.misconceptions
    assert (each.label, each.students, each.typed) == ("predicted 8", ("Ada", "Bo"), ("8",))
    assert each.reply == questions()["lesson_00"]["channels_a_path_reads"].choices[8]
    assert most_misunderstood(found, "lesson_00")[0] == (first, each)


@needs_fork
def test_the_page_for_the_class_names_nobody_and_runs_nothing(graded):
    pages = {name: content.decode() for name, content in all_pages(graded[2])}
    assert list(pages) == ["class.html", "table.html", "table.csv"]
    for student in ("Ada", "Bo", "Cy"):
        assert f"{student}<" not in pages["class.html"]
        assert f"{student}</th>" in pages["table.html"]
    for page in ("class.html", "table.html"):
        assert "<script" not in pages[page]
        assert "default-src 'none'" in pages[page]
    assert "&lt;script&gt;" in pages["class.html"]
    assert "Predicted 8" in pages["class.html"]
    assert "Cy/broken.ipynb" in pages["table.html"]


@needs_fork
def test_the_page_says_how_many_never_tried_and_where_the_question_stands(graded):
    page, table = (content.decode() for name, content in all_pages(graded[2]) if name.endswith(".html"))
    card = page.partition("<ol class=begin>")[2].partition("</li>")[0]
    assert "2<small>of 2 who tried</small><small>1 did not try</small>" in card
    assert "To show: lesson 00, <em>Predict, run, check</em>" in card
    assert "<details><summary>The answer, and why</summary><p>256. " in card
    left = page.partition("Most often left open:")[2].partition("</p>")[0]
    assert left.endswith("</a> (1 of 3)")
    assert left.count("<a ") == 1
    assert "<code>channels_a_path_reads</code>" in table  # as in the spreadsheet


def test_a_lesson_shows_what_stands_between_a_question_and_the_next():
    assert to_show("lesson_12")["built_as_drawn"] == ("Case 4 · A drawing", "the picture `figures/in_series.svg` below it")
    assert to_show("lesson_12")["probes"] == ("Case 5 · Eight convolutions", "")
    for lesson, asked in questions().items():
        assert to_show(lesson).keys() == asked.keys()
        assert all(place.section for place in to_show(lesson).values())


def test_the_newest_lesson_comes_first_and_its_title_has_no_backticks():
    files = [(HandedIn(Path("x"), "x", "Ada"), FileResult(lesson, "", tuple(
        Graded(name, "right") for name in questions()[lesson]))) for lesson in ("lesson_02", "lesson_03")]
    page = dict(all_pages(SchoolClass(files)))["class.html"].decode()
    assert page.index('id="lesson_03"') < page.index('id="lesson_02"')
    assert "from slices to <code>groups=</code></h2>" in page
    assert "Begin the next lesson" not in page  # all is right
    assert "Most often left open" not in page


@needs_fork
def test_a_second_run_does_only_what_is_new(graded, monkeypatch):
    folder, out, before = graded
    monkeypatch.setattr(whole_class, "in_forks", None)  # nothing is run
    assert grade(folder, out, workers=2, seconds=20) == before
    assert len(list((out / "results").iterdir())) == 5 + 1  # contents, and the truths of lesson 0
    monkeypatch.undo()
    for kept in (out / "results").glob("*.json"):
        kept.write_text("{")
    assert grade(folder, out, workers=2, seconds=20) == before


@needs_fork
def test_the_command(graded, capsys, monkeypatch):
    folder, out, _ = graded
    assert main(["grade", str(folder), "--out", str(out), "--quiet"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("4 students, 5 notebooks, 1 lesson: see ")
    assert "Cy/broken.ipynb: no notebook: its content is not JSON" in printed
    assert (out / "table.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,")
    for bad, said in ((["--workers", "0"], "workers must be"), (["--out", str(folder / "x")], "must not lie in the folder"),
                      (["--student", "("], "regular expression"), (["--seconds", "-1"], "seconds must be")):
        assert main(["grade", str(folder), "--quiet", *bad]) == 2
        assert said in capsys.readouterr().err
    monkeypatch.delattr(os, "fork")
    assert main(["grade", str(folder), "--out", str(out), "--quiet"]) == 2
    assert "Windows Subsystem for Linux" in capsys.readouterr().err


def test_a_class_in_which_nothing_was_found_has_its_pages():
    everybody = SchoolClass([(HandedIn(Path("x"), "x", "me"), FileResult(None, "no notebook"))])
    pages = dict(all_pages(everybody))
    assert b"No lesson was handed in." in pages["class.html"]
    assert b"no notebook" in pages["table.html"]


def test_answers_that_have_nothing_in_common_get_no_common_reply():
    name = "weights_of_bottleneck"
    files = [(HandedIn(Path("x"), "x", student), FileResult("lesson_01", "", (
        Graded(name, "wrong", typed, reply, (("something else", reply),)),))) for student, typed, reply in (
            ("Ada", "7", "7 is too small."), ("Bo", "8", "8 is too small."))]
    (each,) = next(question for question in misunderstood(SchoolClass(files)) if question.name == name).misconceptions
    assert (each.reply, each.typed) == ("No mistake that the course knows.", ("7", "8"))
    assert most_misunderstood(misunderstood(SchoolClass(files)), "lesson_01") == []


@needs_fork
def test_what_one_answer_does_to_the_package_the_next_one_does_not_meet(tmp_path):
    patch = """
from resnext_edu.exercises import judge
def right(self, attempt, real=judge.Judge.observe):
    return real(self, self.blank.build(self.answer))
judge.Judge.observe = right
weights_after_the_cut = str('half')
"""
    cells = [{"cell_type": "code", "source": source} for source in (
        patch, "def cut_and_stack(x, convs):\n    return sum(conv(x) for conv in convs)",
        "def weights_of(inputs, outputs, kernel, groups):\n    return inputs // groups * outputs * kernel ** 2")]
    truths = {"weights_after_the_cut": ["half", "So it is."]}
    result = graded_file(json.dumps({"cells": cells}).encode(), truths, tmp_path, Limits(each=5))
    assert [answer.status for answer in result.answers[:3]] == ["right", "wrong", "right"]


@needs_fork
def test_the_reply_to_an_answer_under_another_name(tmp_path):
    blank = {"cell_type": "code", "source": "ch\N{CYRILLIC SMALL LETTER A}nnels_a_path_reads = 256", "metadata": {"tags": ["exercise", "exercise:channels_a_path_reads"]}}
    result = graded_file(json.dumps({"cells": [blank]}).encode(), {}, tmp_path, Limits(each=5))
    assert result.answers[0].found == (
        ("an answer under another name", "Nothing in the cell gives a value to `channels_a_path_reads`."),)


def test_only_what_is_written_out_counts_without_being_run():
    for code, written in (("same_numbers = 'nothing'", "'nothing'"), ("1 / 0\nsame_numbers = {1, 2}\nsame_numbers", "{1, 2}"),
                          ("same_numbers = 1\nsame_numbers = 2", "2"), ("same_numbers = 1 + 1", ""), ("same_numbers = [1]\nsame_numbers.append(2)", ""),
                          ("if True: same_numbers = 1", ""), ("same_numbers = 1\nif False: same_numbers = 2", ""), ("a = same_numbers = 1", ""),
                          ("same_numbers = 1\nimport os as same_numbers", ""), ("same_numbers = 1\ndel same_numbers", "")):
        assert answers_in([CodeCell(0, code)])["same_numbers"].written == written


@needs_fork
def test_a_link_to_a_file_is_not_read_and_no_name_colours_the_terminal(tmp_path, capsys):
    folder = tmp_path / "class"
    (folder / "Bo").mkdir(parents=True)
    (folder / "Ada").mkdir()
    (folder / "Ada/\x1b[31ma.ipynb").write_text("{")
    (folder / "Bo/b.ipynb").symlink_to(folder / "Ada/\x1b[31ma.ipynb")
    assert main(["grade", str(folder), "--quiet"]) == 1
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "Bo/b.ipynb: the file can't be read, is larger than 200 MB, or only links to another one" in printed


def test_a_verdict_survives_its_file():
    graded = Graded("x", "wrong", "1 + 1", "No.", (("two", "Not two."),), "3. Why.")
    result = FileResult("lesson_00", "", (graded,), ("network",))
    assert FileResult.of_record(json.loads(json.dumps(result.to_record()))) == result

# ------------------------------------------------------------------ what is true


def test_the_truth_comes_from_the_lesson_with_what_its_cell_gives():
    found = truths_of_lesson("lesson_02")
    asked = questions()["lesson_02"]
    assert found.keys() == {name for name, question in asked.items() if isinstance(question, Prediction)}
    data, why = found["harmless_deals"]  # which is given what the lesson's cell has found
    assert of_data(data) == {1, 8}
    assert why == "Between the two ends, dealing separates neighbours."
