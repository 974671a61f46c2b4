"""Each question of a lesson has its blank there, in the same order, and nothing but its check needs the answer."""
import ast
import re

import pytest

from resnext_edu.errors import ConfigError
from resnext_edu.exercises import Exercise, Prediction, questions
from resnext_edu.exercises.blank import Blank
from tools import notebooks

# ------------------------------------------------------------------ the blank alone


@pytest.mark.parametrize("source", [
    "x = ...", "x = ...  # a number", "# a comment … with ü\nx = ...\n", "def x(y):\n    return ...",
    'def x(y):\n    """What x does..."""\n    z = y + 1\n    return ...  # (N, C, H, W)', "\n    def x(y):\n        return ...\n",
])
def test_a_blank_is_found_and_filled(source):
    blank = Blank(source)
    filled = blank.fill('f"{1 + 1}ü"')
    assert (blank.name, blank.is_function) == ("x", "def" in source)
    assert filled == blank.source.replace("= ...", '= f"{1 + 1}ü"').replace("return ...", 'return f"{1 + 1}ü"')
    built = blank.build('f"{1 + 1}ü"')
    assert (built(0) if blank.is_function else built) == "2ü"


def test_what_one_answer_makes_no_other_one_sees():
    Blank("x = ...").build("1")
    with pytest.raises(NameError):
        Blank("y = ...").build("x")


def test_dots_elsewhere_on_the_line_stay():
    assert Blank("def f(x=(..., 'ü')): return ...").fill("x[..., 0]") == "def f(x=(..., 'ü')): return x[..., 0]"


@pytest.mark.parametrize("source", [
    "", "x", "x = 3", "x = [...]", "x = ... + 1", "x = ...\ny = ...", "def f(): pass", "def f():\n    return 1",
    "def f(x):\n    if x: return ...\n    return ...", "x: int = ...", "x.y = ...", "class x: ...", "x = y = ...",
    "x = ... (", "def f(x):\n",
])
def test_what_is_no_blank_is_refused(source):
    with pytest.raises(ConfigError, match=r"a blank must be `name = \.\.\.`, or a function with one `return \.\.\.`; got '"):
        Blank(source)

# ------------------------------------------------------------------ the blanks of a lesson


def blanks(notebook):
    """Name of a question, the cell with its blank, the cell behind it: for each cell tagged as an exercise."""
    cells = notebook.cells
    for place, cell in enumerate(cells):
        tags = cell.metadata.get("tags", [])
        names = [tag.removeprefix("exercise:") for tag in tags if tag.startswith("exercise:")]
        assert len(names) == ("exercise" in tags), f"{cell.get('id')}: two tags make an exercise: it and its name"
        for name in names:
            yield name, cell, cells[place + 1] if place + 1 < len(cells) else None


def code(source):
    """What the code is, whatever its comments and spaces."""
    return ast.dump(ast.parse(source))


def names_in(cell):
    """All names that the code of a cell uses or makes."""
    source = "\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!")))
    return {name for node in ast.walk(ast.parse(source))
            for name in (getattr(node, "id", None), getattr(node, "name", None)) if name}


def faults_of_blank(question, cell, behind, notebook):
    """What keeps a cell from being the blank of a question, and the next one from checking it."""
    blank = question.blank if isinstance(question, Exercise) else f"{question.name} = ..."
    faults = []
    if code(cell.source) != code(Blank(blank).source):
        faults += [f"{cell.id}: needs `{Blank(blank).source}`, as in the definition of {question.name}"]
    if behind is None or not re.match(rf"check\.{question.name}\({question.name}\b", behind.source):
        faults += [f"{cell.id}: the next cell has to begin with check.{question.name}({question.name}"]
    others = [other for other in notebook.cells if other.cell_type == "code" and other is not cell and other is not behind]
    return faults + [f"{other.id}: uses the answer of {question.name}; no other cell may need it"
                     for other in others if question.name in names_in(other)]


def asked_in(path):
    """The questions of a lesson by name, in order."""
    return questions().get(f"lesson_{path.name[:2]}", {})


@pytest.mark.parametrize("path", notebooks.lessons(), ids=lambda path: path.stem)
def test_blanks_and_questions_of_a_lesson_match(path):
    notebook, asked = notebooks.read(path), asked_in(path)
    found = list(blanks(notebook))
    assert [name for name, _, _ in found] == list(asked)
    assert [fault for name, cell, behind in found for fault in faults_of_blank(asked[name], cell, behind, notebook)] == []


# ------------------------------------------------------------------ seen failing

GUESS = Prediction("x", "?", {"more": ""}, lambda: ("more", ""))
TASK = Exercise("?", "def x(y):\n    return ...", "y", "", ("", ""), (), cases=lambda: {"y = 1": (1,)})


def lesson(*sources):
    cells = [notebooks.nbformat.v4.new_code_cell(source, id=name) for source, name in zip(sources, "abc", strict=False)]
    cells[0].metadata["tags"] = ["exercise", "exercise:x"]
    return notebooks.nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(("question", "sources", "fault"), [
    (GUESS, ['x = ...  # "fewer" or "more"', "check.x(x)"], None),
    (GUESS, ["x = ...", "check.x(x, report)", "report"], None),
    (GUESS, ["x = ...", "check.x(x, report)", "x"], "c: uses the answer of x; no other cell may need it"),
    (GUESS, ['x = "more"', "check.x(x)"], "a: needs `x = ...`, as in the definition of x"),
    (GUESS, ["x = [...]", "check.x(x)"], "a: needs `x = ...`, as in the definition of x"),
    (GUESS, ["x = ...", "check.y(x)"], "a: the next cell has to begin with check.x(x"),
    (GUESS, ["x = ..."], "a: the next cell has to begin with check.x(x"),
    (TASK, ["def x(y):  # (N, C)\n    return ...\n", "check.x(x)", "%matplotlib inline\ny = 3\ny"], None),
    (TASK, ["def x(z):\n    return ...", "check.x(x)"], "a: needs `def x(y):\n    return ...`, as in the definition of x"),
    (TASK, ["def x(y):\n    return y", "check.x(x)"], "a: needs `def x(y):\n    return ...`, as in the definition of x"),
    (TASK, ["def x(y):\n    return ...", "check.x(y)"], "a: the next cell has to begin with check.x(x"),
    (TASK, ["def x(y):\n    return ...", "check.x(x)", "z = x(3)"], "c: uses the answer of x; no other cell may need it"),
    (TASK, ["def x(y):\n    return ...", "check.x(x)", "def x(y): pass"],
     "c: uses the answer of x; no other cell may need it"),
])
def test_a_blank_that_is_none_is_found(question, sources, fault):
    notebook = lesson(*sources)
    ((_, cell, behind),) = blanks(notebook)
    assert faults_of_blank(question, cell, behind, notebook) == ([fault] if fault else [])


def test_the_two_tags_belong_together():
    notebook = lesson("x = ...")
    notebook.cells[0].metadata["tags"] = ["exercise"]
    with pytest.raises(AssertionError, match="a: two tags make an exercise"):
        list(blanks(notebook))
