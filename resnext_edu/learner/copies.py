"""A learner's copy of a lesson as a file's content, and what it knows about where it comes from."""
import ast
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from resnext_edu.errors import DataError, message_of, one_line
from resnext_edu.learner.unsolved import SOLVED, learners_cell, tags_of, text_of

MARK = "resnext_edu"  # in the metadata of a copy
BLANK = "exercise:"  # how the tag of a blank begins; its exercise's name follows

Lesson = dict[str, Any]


def parsed(path: Path) -> Lesson:
    """A notebook as the file has it.

    Raises
    ------
    DataError
        If it can't be read, or is no notebook.
    """
    try:
        notebook = json.loads(path.read_bytes())
        for cell in notebook["cells"]:
            text_of(cell), tags_of(cell), cell["cell_type"]
        notebook["metadata"].get(MARK, {}).get("made_from")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{one_line(path)} can't be read as a notebook ({message_of(error)}); "
                        "`git status` says whether it was changed") from error
    found: Lesson = notebook
    return found


def learners_copy(lesson: Lesson) -> Lesson:
    """The copy of a lesson of the course, as a learner first meets it.

    Parameters
    ----------
    lesson : dict
        The notebook of the course.

    Returns
    -------
    dict
        Another notebook: without outputs, with answers folded, and with a mark that says what it was made from.
    """
    cells = [learners_cell(cell) for cell in lesson["cells"] if cell.get("id") != SOLVED]
    made = {**lesson, "cells": cells}
    return {**made, "metadata": {**lesson["metadata"], MARK: {"made_from": fingerprint_of_sources(made)}}}


def fingerprint_of_sources(notebook: Lesson) -> str:
    """The same for two notebooks whose cells say the same, whatever has been run, opened or folded in them."""
    said = [(cell["cell_type"], cell.get("id"), text_of(cell)) for cell in notebook["cells"]]
    return sha256(json.dumps(said).encode()).hexdigest()


def made_from(notebook: Lesson) -> str | None:
    """What a copy was made from; None if it is not a copy of ours."""
    mark: str | None = notebook["metadata"].get(MARK, {}).get("made_from")
    return mark


def as_file(notebook: Lesson) -> bytes:
    """A notebook as JupyterLab writes it."""
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def answers_of(notebook: Lesson) -> dict[str, str]:
    """Name of an exercise → what stands in its blank.

    Examples
    --------
    >>> answers_of({"cells": [{"metadata": {"tags": ["exercise:six"]}, "source": "six = 6"}, {"source": "1"}]})
    {'six': 'six = 6'}
    """
    return {tag.removeprefix(BLANK): text_of(cell) for cell in notebook["cells"] for tag in tags_of(cell)
            if tag.startswith(BLANK)}


def with_answers(copy: Lesson, answers: Mapping[str, str]) -> tuple[Lesson, list[str], list[str]]:
    """A new copy with what was typed into an older one.

    Parameters
    ----------
    copy : dict
    answers : mapping of str to str
        What `answers_of` found in the older one.

    Returns
    -------
    tuple
        The copy with the answers; the names of the exercises whose answers were carried over; and of those whose
        answers were not, because the exercise is gone or its blank has another name to define.
    """
    carried, cells = [], []
    for cell in copy["cells"]:
        name = next((tag.removeprefix(BLANK) for tag in tags_of(cell) if tag.startswith(BLANK)), "")
        if name in answers and _fits(answers[name], text_of(cell)):
            cell = {**cell, "source": answers[name]}
            carried.append(name)
        cells.append(cell)
    lost = [name for name, typed in answers.items()
            if name not in carried and not is_unanswered(typed)]
    return {**copy, "cells": cells}, carried, lost


def _names(source: str) -> set[str] | None:
    """What the code defines at its top; None if it is not Python yet."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def _fits(typed: str, blank: str) -> bool:
    """Whether it is an answer, and one that defines what the blank is for."""
    defined = _names(typed)
    return typed != blank and (defined is None or (_names(blank) or set()) <= defined)


def is_unanswered(typed: str) -> bool:
    """Whether what stands in a blank still ends in its three dots.

    Examples
    --------
    >>> is_unanswered("six = ...  # a number"), is_unanswered("six = 6")
    (True, False)
    """
    return re.search(r"\.\.\.\s*(#.*)?$", typed) is not None


def same_work(copy: Lesson, other: Lesson) -> bool:
    """Whether two copies say the same and show the same."""
    def seen(notebook: Lesson) -> list[tuple[str, object]]:
        return [(text_of(cell), cell.get("outputs")) for cell in notebook["cells"]]

    return seen(copy) == seen(other)


