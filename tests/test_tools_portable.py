"""Lessons that travel alone: one file each, which installs what is missing and shows its pictures itself."""
import re

import nbformat
import pytest

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import learners_copy, parsed
from resnext_edu.learner.unsolved import COMMENT, text_of
from tools.notebooks import execute
from tools.portable import INSTALL, PUBLISHED, portable, write_portable

LESSONS = list(course_lessons().values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    assert [path.name for path in write_portable(folder)] == [path.name for path in LESSONS]
    return folder


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_it_is_the_learners_copy_that_installs_itself_first(lesson, folder):
    notebook = nbformat.read(folder / lesson.name, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source == INSTALL
    of_the_copy = [cell["id"] for cell in learners_copy(parsed(lesson))["cells"]]
    assert [cell.id for cell in notebook.cells[1:] if not cell.id.startswith("shows-")] == of_the_copy
    for cell in notebook.cells:
        assert "figures/" not in cell.source or cell.cell_type == "code"
        shown = cell.get("outputs") or []
        assert not shown or cell.id.startswith("shows-")  # a copy has no outputs


def test_every_picture_is_shown_by_a_cell_and_those_that_give_an_answer_away_only_when_it_runs():
    count = folded = 0
    for lesson in map(parsed, LESSONS):
        in_text = sum(text_of(cell).count("](../figures/") for cell in lesson["cells"])
        showing = [cell for cell in portable(lesson)["cells"] if cell["id"].startswith("shows-")]
        assert len(showing) == in_text
        for cell in showing:
            assert cell["metadata"]["jupyter"]["source_hidden"]
            gives_away = cell["source"].startswith(COMMENT)
            assert gives_away != bool(cell["outputs"])
            count, folded = count + 1, folded + gives_away
    assert 0 < folded < count


def test_the_first_lesson_runs_on_its_own(folder):
    lesson = execute(folder / LESSONS[0].name)
    (picture,) = (cell for cell in lesson.cells if cell.id == "shows-forms")
    assert picture.outputs[0].data["image/svg+xml"].startswith("<svg")
    assert lesson.cells[0].outputs == []  # all is here, so nothing is installed


def test_the_install_line_names_an_extra_that_exists():
    assert re.findall(r'"(resnext-edu\[\w+\])"', INSTALL) == ["resnext-edu[lessons]"]
    assert PUBLISHED.count("/") == 1
