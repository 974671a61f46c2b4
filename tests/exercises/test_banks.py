"""Every answer of every bank gets its verdict and its hint: the solution, the other right ones, the mistakes.

Each is tried twice: built from the definition, and put into the blank of the lesson itself. One kernel runs all lessons,
since most of its time goes into imports; before each of them it forgets every name.
"""
import ast
import re
from contextlib import contextmanager

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from resnext_edu.exercises import Exercise, Mistake, questions
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.blank import IN_A_BLANK, Blank
from resnext_edu.exercises.reading import Unread, read
from tests.exercises.test_blanks import asked_in, blanks
from tools import notebooks

EXERCISES = [question for lesson in questions().values() for question in lesson.values() if isinstance(question, Exercise)]


def answers(exercise):
    """(code, its mistake or None) for every answer in the bank."""
    yield from ((code, None) for code in (exercise.answer, *exercise.also_right))
    yield from ((code, mistake) for mistake in exercise.mistakes for code in mistake.codes)


def complaint(exercise, code, mistake, said):
    """What is wrong with what the check said about an answer of the bank, or nothing."""
    said = " ".join(said.split())
    if mistake is None:
        return None if said.startswith(f"✓ right: {exercise.why}") else f"a right answer is refused: {code}: {said}"
    if said.startswith("✓ right"):
        return f"a wrong answer is accepted: {code}"
    if not said.startswith("✕ wrong") or f"This looks like: {mistake.misconception}. {mistake.hint}" not in said:
        return f"not the hint of {mistake.misconception!r}: {code}: {said}"
    return None


def said_about(exercise, code):
    return repr(exercise(Blank(exercise.blank).build(code)))


@pytest.mark.parametrize(("exercise", "code", "mistake"), [
    pytest.param(exercise, code, mistake, id=f"{exercise.name}: {code}")
    for exercise in EXERCISES for code, mistake in answers(exercise)])
def test_each_answer_gets_its_verdict_and_its_hint(exercise, code, mistake):
    assert complaint(exercise, code, mistake, said_about(exercise, code)) is None

# ------------------------------------------------------------------ in the lessons


def imports_of(cell):
    """The lines of a cell that import what an answer or its check may use."""
    tree = ast.parse(cell.source) if cell.cell_type == "code" and "import" in cell.source else ast.Module([], [])
    lines = [line for line in tree.body if isinstance(line, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(line) for line in lines
                     if {"check", *IN_A_BLANK} & {alias.asname or alias.name for alias in line.names})


def with_answers(notebook, asked):
    """The lesson's imports, each of its blanks with each answer put in and the check behind it; and what they are.

    An exercise needs nothing else of its lesson: who jumps to it can do it. (So the lesson itself need not run.)
    """
    cells, tried = [], []
    checks = {cell.id: (name, behind) for name, cell, behind in blanks(notebook) if isinstance(asked[name], Exercise)}
    for cell in notebook.cells:
        name, behind = checks.get(cell.id, (None, None))
        for code, mistake in answers(asked[name]) if name else ():
            cells += [new_code_cell(f"{Blank(cell.source).fill(code)}\n\n{behind.source}")]
            tried += [(asked[name], code, mistake, cells[-1].id)]
        if lines := imports_of(cell):
            cells += [new_code_cell(lines)]
    return new_notebook(cells=cells, metadata=notebooks.METADATA), tried


@contextmanager
def kernel_in(folder):
    client = NotebookClient(new_notebook(), kernel_manager_class=notebooks.ThisPython, timeout=120,
                            resources={"metadata": {"path": str(folder)}})
    yield client
    if client.km:
        client._cleanup_kernel()


@pytest.fixture(scope="module")
def kernel():
    with kernel_in(notebooks.NOTEBOOKS) as client:
        yield client


def complaints(notebook, asked, kernel):
    """What is wrong with what the lesson's own cells say about the answers of its banks."""
    notebook, tried = with_answers(notebook, asked)
    notebook.cells.insert(0, new_code_cell("%reset -f"))
    kernel.nb = notebook
    kernel.execute(cleanup_kc=False)
    said = {cell.id: cell.outputs[-1].data["text/plain"] for cell in notebook.cells if cell.outputs[-1:]
            and "data" in cell.outputs[-1]}
    found = [complaint(exercise, code, mistake, said[place]) for exercise, code, mistake, place in tried]
    return [fault for fault in found if fault]


@pytest.mark.parametrize("path", [path for path in notebooks.lessons()
                                  if any(isinstance(question, Exercise) for question in asked_in(path).values())],
                         ids=lambda path: path.stem)
def test_each_answer_in_the_blank_of_its_lesson(path, kernel):
    assert complaints(notebooks.read(path), asked_in(path), kernel) == []


def test_a_lesson_knows_nothing_of_the_one_before_it(kernel):
    kernel.nb = new_notebook(cells=[new_code_cell("from resnext_edu import check")], metadata=notebooks.METADATA)
    kernel.execute(cleanup_kc=False)
    _, exercise = practice("'2 * x'", "square")
    lesson = new_notebook(cells=[
        new_code_cell("def twice(x):\n    return ...", metadata={"tags": ["exercise", "exercise:twice"]}),
        new_code_cell("check.twice(twice)")])  # which nobody has imported here
    with pytest.raises(CellExecutionError, match="name 'check' is not defined"):
        complaints(lesson, {"twice": exercise}, kernel)

# ------------------------------------------------------------------ seen failing

SOURCE = '''
from types import SimpleNamespace
from resnext_edu.exercises import Exercise, Mistake

def twice_with(answer, *mistakes, also_right=()):
    return Exercise(
        "?", "def twice(x): return ...", answer, "Well done.", ("One.", "Two."),
        tuple(Mistake(code, name, "Think.") for code, name in mistakes), also_right, lambda: {"x = 5": (5,)})

square, triple = ("x ** 2", "squared"), ("3 * x", "three times")
'''


def practice(*bank):
    """The source of a `check` with one exercise that has this bank, and the exercise."""
    source, names = SOURCE + f"check = SimpleNamespace(twice=twice_with({', '.join(bank)}))", {}
    exec(source, names)
    return source, names["check"].twice


BROKEN = [
    (["'2 * x'", "square", "triple", "also_right=['x + x']"], None),
    (["'2 * x'", "square", "('x + x', 'doubled')"], "a wrong answer is accepted: x + x"),
    (["'2 * x'", "square", "also_right=['x + 2']"], "a right answer is refused: x + 2"),
    (["'2 * x'", "square", "('x * x', 'times itself')"], "not the hint of 'times itself': x * x"),
    (["'2 * x'", "(('x ** 2', 'x + 1'), 'squared')", "('1 + x', 'one more')"], "not the hint of 'one more': 1 + x"),
]


@pytest.mark.parametrize(("bank", "fault"), BROKEN, ids=[str(fault) for _, fault in BROKEN])
def test_a_fault_in_a_bank_is_seen(bank, fault):
    _, exercise = practice(*bank)
    found = [complaint(exercise, code, mistake, said_about(exercise, code)) for code, mistake in answers(exercise)]
    assert [text.split(": ✕")[0] for text in found if text] == ([fault] if fault else [])


def test_faults_are_seen_in_a_lesson_too(tmp_path):
    source, exercise = practice(
        "'2 * x'", "square", "('x + x', 'doubled')", "('x * x', 'times itself')", "also_right=['x + 2']")
    (tmp_path / "practice.py").write_text(source)
    lesson = new_notebook(cells=[
        new_code_cell("from practice import check\n\nraise RuntimeError('an exercise needs the imports only')"),
        new_code_cell("def twice(x):\n    return ...", metadata={"tags": ["exercise", "exercise:twice"]}),
        new_code_cell("check.twice(twice)")])
    with kernel_in(tmp_path) as kernel:
        found = complaints(lesson, {"twice": exercise}, kernel)
    assert [text.split(": ✕")[0] for text in found] == [
        "a right answer is refused: x + 2", "a wrong answer is accepted: x + x", "not the hint of 'times itself': x * x"]

# ------------------------------------------------------------------ what every definition keeps to


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
class TestDefinition:
    def test_it_is_complete(self, exercise):
        assert len(exercise.hints) == 2
        assert len(exercise.mistakes) >= 3
        assert exercise.question[-1] in ".?"
        assert all(text.endswith((".", "?")) for text in (*exercise.hints, exercise.why, *(m.hint for m in exercise.mistakes)))
        names = [mistake.misconception for mistake in exercise.mistakes]
        assert len(set(names)) == len(names)
        assert all(name and not name.endswith(".") for name in names)

    def test_the_right_answer_runs_and_can_be_compared(self, exercise):
        outcomes = list(exercise.judge.observe(Blank(exercise.blank).build(exercise.answer)))
        assert outcomes
        assert not any(isinstance(outcome.value, Raised) or outcome.changed or outcome.printed for outcome in outcomes)
        assert not any(isinstance(read(outcome.value, outcome.value), Unread) for outcome in outcomes)

    def test_the_blank_itself_is_not_attempted(self, exercise):
        assert exercise(Blank(exercise.blank).build("...")).status == exercise().status == "not attempted"

    def test_no_hint_gives_the_answer_away(self, exercise):
        right = Blank(exercise.blank).build(exercise.answer)
        given = {exercise.answer} | ({f"{right}", f"{right:,}"} if isinstance(right, int) else {str(right)})
        texts = [*exercise.hints, *(f"{mistake.misconception} {mistake.hint}" for mistake in exercise.mistakes)]
        assert [text for text in texts for code in given if re.search(rf"(?<![\w,]){re.escape(code)}(?![\w,])", text)] == []


def test_the_example_in_contributing_is_a_good_one():
    page = (notebooks.NOTEBOOKS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = {"Exercise": Exercise, "Mistake": Mistake}
    exec(re.search(r"```python\n(twice = .*?)```", page, flags=re.DOTALL)[1], names)
    example = names["twice"]
    assert [complaint(example, code, mistake, said_about(example, code)) for code, mistake in answers(example)] == [None] * 6


def test_a_definition_is_called_as_its_blank():
    for lesson in questions():
        module = vars(__import__(f"resnext_edu.exercises.banks.{lesson}", fromlist=["*"]))
        assert [name for name, value in module.items() if isinstance(value, Exercise) and value.name != name] == []


def test_there_are_enough_exercises():
    assert len(EXERCISES) >= 10


def test_each_case_is_made_anew():
    """An answer that changes its input must not change what the next case, or the next answer, gets."""
    for exercise in EXERCISES:
        if exercise.cases:
            first, second = exercise.cases(), exercise.cases()
            assert all(x is not y for case in first for x, y in zip(first[case], second[case], strict=True)
                       if hasattr(x, "shape"))
