"""Lessons that travel alone: one file each, for Colab, Kaggle, or a download: `python -m tools.portable FOLDER`.

It is the learner's copy, with a first cell that installs the course where it is missing. No picture lies beside such a
file, and no two hosts agree on what may stand in its text. So a picture becomes a cell that shows it.
"""
import re
import sys
from pathlib import Path

from resnext_edu.course import course_file, course_lessons
from resnext_edu.learner.copies import Lesson, as_file, learners_copy, parsed
from resnext_edu.learner.unsolved import COMMENT, REVEAL, NotebookCell, tags_of, text_of

PUBLISHED = "resnext-edu/resnext-edu"  # owner and name on GitHub: a placeholder until the course is published; a test
PAGES = "gh-pages"  # holds the README to it, and to the branch to which the site is pushed
FOLDER = "portable"  # in the site
FIRST = "00_start_here.ipynb"
PICTURE = re.compile(r"!\[((?:(?!\]\().)*)\]\(figures/([a-z0-9_]+)\.svg\)\n*", re.DOTALL)
EMPTY = re.compile(r"<details><summary>[^<]*</summary>\s*</details>")
INSTALL = """# Run this first (Shift+Enter): it installs the course where it is missing, as on Colab (a minute, once).
from importlib.util import find_spec

if not all(map(find_spec, ["resnext_edu", "sklearn", "torchinfo"])):
    %pip install --quiet "resnext-edu[lessons]\""""
PLAIN = "# A picture: Shift+Enter shows it."
SHOW = """from IPython.display import SVG

from resnext_edu import course_file

SVG(str(course_file("figures/{}.svg")))"""


def binder(lesson: str = FIRST) -> str:
    """Where Binder opens the learner's copy of a lesson, which `postBuild` has made."""
    return f"https://mybinder.org/v2/gh/{PUBLISHED}/HEAD?urlpath=lab/tree/my_lessons/{lesson}"


def codespaces() -> str:
    """Where GitHub opens the course in VS Code, as `.devcontainer` describes it."""
    return f"https://codespaces.new/{PUBLISHED}"


def colab(lesson: str = FIRST) -> str:
    """Where Colab opens the copy that the site has of a lesson."""
    return f"https://colab.research.google.com/github/{PUBLISHED}/blob/{PAGES}/{FOLDER}/{lesson}"


def portable(lesson: Lesson) -> Lesson:
    """A lesson of the course as one file that needs nothing beside it.

    Parameters
    ----------
    lesson : dict
        The notebook of the course.

    Returns
    -------
    dict
        Another notebook.
    """
    copy = learners_copy(lesson)
    cells = [_code("install", INSTALL)]
    for cell in copy["cells"]:
        pictures = PICTURE.findall(text_of(cell)) if cell["cell_type"] == "markdown" else []
        if pictures:  # and so may all be that was folded
            left = EMPTY.sub("", PICTURE.sub("", text_of(cell))).rstrip()
            cells += [{**cell, "source": left}] if left else []
        else:
            cells.append(cell)
        cells += [_shown(name, words, folded=REVEAL in tags_of(cell)) for words, name in pictures]
    return {**copy, "cells": cells}


def _code(name: str, source: str) -> NotebookCell:
    return {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [], "source": source}


def _shown(name: str, words: str, *, folded: bool) -> NotebookCell:
    """A cell that shows a picture; if it gives nothing away, it has done so already."""
    cell = _code(f"shows-{name.replace('_', '-')}", f"{COMMENT if folded else PLAIN}\n{SHOW.format(name)}")
    cell["metadata"] = {"jupyter": {"source_hidden": True}}
    if folded:
        return cell
    drawn = course_file(f"figures/{name}.svg").read_text(encoding="utf-8")
    data = {"image/svg+xml": drawn, "text/plain": words}
    return {**cell, "outputs": [{"output_type": "display_data", "data": data, "metadata": {}}]}


def write_portable(folder: Path) -> list[Path]:
    """Write all lessons in this form into a folder.

    Parameters
    ----------
    folder : Path
        It is made if it is not there.

    Returns
    -------
    list of Path
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for lesson in course_lessons().values():
        written.append(folder / lesson.name)
        written[-1].write_bytes(as_file(portable(parsed(lesson))))
    return written


if __name__ == "__main__":
    print(f"{len(write_portable(Path(sys.argv[1])))} lessons written")
