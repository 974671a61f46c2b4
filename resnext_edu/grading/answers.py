"""Which lesson a notebook is, and in which of its cells each question is answered: told by the cells alone."""
import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import shorten

from resnext_edu.course import course_lessons
from resnext_edu.exercises import questions
from resnext_edu.exercises.raised import GIVES
from resnext_edu.grading.cells import CodeCell
from resnext_edu.grading.needed import names_of_code
from resnext_edu.learner.copies import BLANK, is_unanswered, parsed


@dataclass(frozen=True)
class TypedAnswer:
    """Where a question is answered.

    Parameters
    ----------
    question : str
    place : int
        Of the cell.
    code : str
        What gives the answer, and has to run.
    value : str
        An expression for the answer, once the code has run.
    typed : str
        What was typed, for a person.
    written : str
        The answer itself, if it is written out as `NAME = 256` is: then no code decides what it is.
    """

    question: str
    place: int
    code: str
    value: str
    typed: str
    written: str = ""


@cache
def lesson_of_question() -> dict[str, str]:
    """Question → its lesson: all that the course asks."""
    return {name: lesson for lesson, asked in questions().items() for name in asked}


@cache
def _lesson_of_cell() -> dict[str, str]:
    """Id of a cell → its lesson, where only one lesson has a cell of this id."""
    homes: dict[str, list[str]] = {}
    for number, path in course_lessons().items():
        for cell in parsed(path)["cells"]:
            homes.setdefault(str(cell.get("id")), []).append(f"lesson_{number:02d}")
    return {cell: lessons[0] for cell, lessons in homes.items() if len(lessons) == 1}


def lesson_of(cells: Sequence[CodeCell]) -> str | None:
    """The lesson to which most of the cells belong: by their tags, the names that they give or check, and their ids."""
    home, votes = lesson_of_question(), Counter[str]()
    for cell in cells:
        named = {tag.removeprefix(BLANK) for tag in cell.tags} | _given(cell) | set(_checks(cell))
        votes.update(home[name] for name in named if name in home)
        votes.update([_lesson_of_cell()[cell.id]] if cell.id in _lesson_of_cell() else [])
    return max(sorted(votes), key=votes.__getitem__) if votes else None


def answers_in(cells: Sequence[CodeCell]) -> dict[str, TypedAnswer]:
    """Question → its answer, for each question of the course for which there is a cell.

    Of several cells for one question, the last one that is no blank any more counts. If all are, or there is none, what
    the last `check.NAME(…)` was given counts.

    Examples
    --------
    >>> cells = [CodeCell(0, "same_numbers = 'nothing'"), CodeCell(1, "same_numbers = ..."), CodeCell(2, "x = 3")]
    >>> answers_in(cells)["same_numbers"].typed
    "'nothing'"
    """
    found: dict[str, TypedAnswer] = {}
    blanks: dict[str, TypedAnswer] = {}
    nameless: dict[str, TypedAnswer] = {}
    for cell in cells:
        given = _given(cell)
        for name in {tag.removeprefix(BLANK) for tag in cell.tags if tag.startswith(BLANK)} | given:
            if name in lesson_of_question() and (answer := _answer(name, cell, name in given)):
                kind = blanks if _is_blank(answer, cell) else nameless if answer.value == name not in given else found
                kind[name] = answer
    for cell in cells:
        for name, argument in _checks(cell).items():
            if name in lesson_of_question() and name not in found and argument not in ("...", name):
                found[name] = TypedAnswer(name, cell.place, "", argument, _short(argument))
    return {**blanks, **nameless, **found}


def _given(cell: CodeCell) -> set[str]:
    """The names to which a cell gives a value, or would, were it Python."""
    return set(names_of_code(cell.code).binds) if cell.tree is not None else set(map("".join, GIVES.findall(cell.code)))


def _checks(cell: CodeCell) -> dict[str, str]:
    """Question → what a cell has it checked on, as code."""
    found = {}
    for node in ast.walk(cell.tree or ast.Module([], [])):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
                and isinstance(node.func.value, ast.Name) and node.func.value.id == "check"):
            found[node.func.attr] = ast.unparse(node.args[0])
    return found


def _answer(name: str, cell: CodeCell, given: bool) -> TypedAnswer | None:
    if re.sub(r"#.*", "", cell.code).split() in ([name], [name, "="]):  # the dots are gone, and nothing else is there
        return TypedAnswer(name, cell.place, "", "...", "", "...")
    if cell.tree is None:
        return TypedAnswer(name, cell.place, cell.code, name, _short(cell.code))
    body = without_checks(cell.tree)
    if given:
        return TypedAnswer(name, cell.place, ast.unparse(body), name, _typed(name, body, cell.code),
                           _written(name, body))
    last = body.body[-1] if body.body else None
    if isinstance(last, ast.Expr):  # the name was deleted, and only the answer stands there
        before, value = ast.Module(body.body[:-1], []), ast.unparse(last.value)
        return TypedAnswer(name, cell.place, ast.unparse(before), value, _short(value))
    return TypedAnswer(name, cell.place, ast.unparse(body), name, _short(cell.code)) if last else None


def without_checks(tree: ast.Module) -> ast.Module:
    """The same code without lines that only ask for a verdict."""
    def asks(line: ast.stmt) -> bool:
        node: ast.AST = line.value if isinstance(line, ast.Expr) else line
        while isinstance(node, ast.Call | ast.Attribute):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id == "check"

    return ast.Module([line for line in tree.body if not asks(line)], [])


def _written(name: str, body: ast.Module) -> str:
    """The literal that is the last thing to get this name; empty if it is no literal, or may be changed later on."""
    uses = [line for line in body.body if name in (of := names_of_code(ast.unparse(line))).binds | of.reads]
    while uses and isinstance(uses[-1], ast.Expr) and isinstance(uses[-1].value, ast.Name):  # only shown
        uses.pop()
    match uses[-1:]:
        case [ast.Assign(targets=[ast.Name()], value=value)]:
            try:
                ast.literal_eval(value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                return ""
            return ast.unparse(value)
    return ""


def _typed(name: str, tree: ast.Module, code: str) -> str:
    """What stands in place of the dots."""
    typed = ""
    for line in tree.body:
        if isinstance(line, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in line.targets):
            typed = ast.get_source_segment(code, line.value) or ""
        elif isinstance(line, ast.FunctionDef | ast.ClassDef) and line.name == name:
            typed = "; ".join(_lines_of(line, code))
    return _short(typed or code)


def _lines_of(function: "ast.FunctionDef | ast.ClassDef", code: str) -> Iterator[str]:
    for line in function.body:
        if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)):  # its docstring, or dots
            yield (ast.get_source_segment(code, line) or "").removeprefix("return ")


def _short(code: str) -> str:
    return shorten(code, 200, placeholder=" …")


def _is_blank(answer: TypedAnswer, cell: CodeCell) -> bool:
    """Whether it still holds its dots."""
    if cell.tree is None and answer.typed:
        return is_unanswered(cell.code)
    return answer.typed in ("", "...") or answer.typed.endswith("; ...")
