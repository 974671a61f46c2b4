"""A learner's lessons as they are first opened in a real JupyterLab: no answer in sight; Run All, and the keyboard alone."""

import pytest
from playwright.sync_api import expect

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import parsed
from tests.browser.in_sight import given_away, in_sight, telling
from tests.browser.lab import Notebook
from tools.notebooks import WIDGET as VIEW

LESSONS = {path.name: path for path in course_lessons().values()}


@pytest.fixture(scope="module")
def page(lab, browser):
    return Notebook(browser, lab[0].format(next(iter(LESSONS))))


@pytest.fixture(scope="module", params=LESSONS)
def opened(page, request):
    """The lesson of the course, and its copy, just opened."""
    page.open(f"my_lessons/{request.param}")
    return parsed(LESSONS[request.param]), page


def test_no_answer_is_in_sight(opened):
    lesson, page = opened
    seen = in_sight(page)
    assert seen.keys() == {cell["id"] for cell in lesson["cells"][1:]}
    assert given_away(lesson, seen) == []
    assert page.page.locator(".jp-OutputArea-output").count() == 0


def test_run_all_in_a_lesson(opened):
    """No cell fails, nothing is said on stderr, and the browser has no complaint."""
    _, page = opened
    page.run_all()
    outputs = [output for cell in page.cells() for output in cell.get("outputs", [])]
    assert len(outputs) > 5
    if any(VIEW in output.get("data", {}) for output in outputs):
        expect(page.page.get_by_role("slider").first).to_be_visible()
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert page.errors == []


@pytest.mark.parametrize("name", list(LESSONS)[:1])
def test_in_the_solved_lesson_all_answers_are_in_sight(page, name):
    """So what is looked for would be found."""
    page.open(f"notebooks/{name}", kernel=False)
    lesson = parsed(LESSONS[name])
    found = given_away(lesson, in_sight(page))
    assert {line.partition(",")[0] for line in found} == telling(lesson).keys()
    assert len({line.rpartition(": ")[2] for line in found}) == len({text for texts in telling(lesson).values() for text in texts})
