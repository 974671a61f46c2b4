"""A lesson as the site shows it: as it ran, its explorers alive, and folded what gives an answer away."""
from collections.abc import Callable
from typing import Any

from resnext_edu.learner.copies import Lesson
from resnext_edu.learner.unsolved import OUTPUT_REVEALS, REVEAL, SOLVED, NotebookCell, tags_of, text_of, with_fold
from tools.portable import FOLDER, binder, colab

WIDGET = "application/vnd.jupyter.widget-view+json"
HIDDEN = {REVEAL: "hide-cell", OUTPUT_REVEALS: "hide-output"}  # our tag → the one by which myst-nb folds
ASKED = "replace the three dots with your answer and run both cells."
ON_A_PAGE = "write your answer down before you read on. In your own copy of the lesson, this cell checks it."
Draw = Callable[[list[str]], str]  # the sources of the code cells down to an explorer's → the explorer as HTML


def note(name: str) -> str:
    """What stands below the opening of a lesson in this file: how to get a copy of one's own."""
    return f""":::{{container}} lesson-note
This is the lesson as it ran. What gives an answer away is folded until you have given yours. To run it, and to have
your answers checked, {{doc}}`get the course <../start>`, take <a href="../{FOLDER}/{name}" download>this lesson as a
notebook</a>, which installs what is missing, or open it on <a href="{colab(name)}">Colab</a> or
<a href="{binder(name)}">Binder</a>.
:::"""


def lesson_page(lesson: Lesson, name: str, draw: Draw) -> Lesson:
    """The notebook that Sphinx reads.

    Parameters
    ----------
    lesson : dict
        The notebook of the course.
    name : str
        Of its file.
    draw : callable
        Gives an explorer as HTML; the sources of all code cells down to its own tell which.

    Returns
    -------
    dict
        Another notebook, which needs no widgets.
    """
    cells: list[NotebookCell] = []
    sources: list[str] = []
    for cell in lesson["cells"]:
        if cell["cell_type"] == "code":
            sources.append(text_of(cell))
            cells.append(_code(cell, lambda: draw(sources)))
        elif cell.get("id") != SOLVED:
            source = with_fold(text_of(cell)) if REVEAL in tags_of(cell) else text_of(cell)
            cells.append({**cell, "source": source})
            if len(cells) == 1:  # below the opening
                cells.append({"cell_type": "markdown", "id": "site-note", "metadata": {}, "source": note(name)})
    return {**lesson, "cells": cells}


def _code(cell: NotebookCell, draw: Callable[[], str]) -> NotebookCell:
    tags = [HIDDEN[tag] for tag in tags_of(cell) if tag in HIDDEN]
    if not any(output.get("data") or output.get("text") for output in cell["outputs"]):
        tags = ["hide-input" if tag == "hide-cell" else tag for tag in tags]
    outputs = [_alive(output, draw) for output in cell["outputs"]]
    return {**cell, "metadata": {**cell["metadata"], "tags": [*tags_of(cell), *tags]}, "outputs": outputs}


def _alive(output: dict[str, Any], draw: Callable[[], str]) -> dict[str, Any]:
    data = output.get("data", {})
    if WIDGET in data:
        return {**output, "data": {"text/plain": data["text/plain"], "text/html": draw()}}
    if "text/html" in data:  # a check may ask for what only a kernel can do
        return {**output, "data": {**data, "text/html": "".join(data["text/html"]).replace(ASKED, ON_A_PAGE)}}
    return output
