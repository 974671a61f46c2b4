"""A learner's lessons as they are first opened in a real JupyterLab: no answer in sight; Run All, and the keyboard alone."""
import os

import pytest
from playwright.sync_api import expect

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import parsed
from resnext_edu.learner.unsolved import REVEAL, tags_of
from tests.browser.in_sight import given_away, in_sight, telling
from tests.browser.lab import Notebook
from tools.notebooks import WIDGET as VIEW

NAMES = [path.name for path in course_lessons().values()]
FIRST = NAMES[0]
LONG = ("03", "06", "09", "10", "11", "12")  # up to a minute each, and nbval runs their cells anyway


@pytest.fixture(scope="module")
def solved(lab):
    """Name → the lesson of the course, as it was when this Lab began."""
    return {name: parsed(lab[1].parent / "notebooks" / name) for name in NAMES}


@pytest.fixture(scope="module")
def page(lab, browser):
    return Notebook(browser, lab[0].format(FIRST))


@pytest.fixture(scope="module", params=NAMES)
def opened(page, request):
    """The name of a lesson, and its copy, just opened."""
    page.open(f"my_lessons/{request.param}")
    return request.param, page


def test_no_answer_is_in_sight(opened, solved):
    name, page = opened
    lesson = solved[name]
    seen = in_sight(page)
    assert list(seen) == [cell["id"] for cell in lesson["cells"][1:]]
    assert given_away(lesson, seen) == []
    assert page.page.locator(".jp-OutputArea-output").count() == 0


def test_all_of_a_lesson_runs(opened, solved):
    """From the menu, the first lesson by Shift+Enter alone: no cell fails, the browser has no complaint, no fold opens."""
    name, page = opened
    if name.startswith(LONG) and not os.environ.get("REQUIRE_HOSTS"):
        pytest.skip("up to a minute; REQUIRE_HOSTS=1 asks for it, as in CI")
    if name == FIRST:
        page.step_through()
    else:
        page.run_all()
    outputs = [output for cell in page.cells() for output in cell.get("outputs", [])]
    assert len(outputs) > 5
    if any(VIEW in output.get("data", {}) for output in outputs):
        expect(page.page.get_by_role("slider").first).to_be_visible()
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert page.errors == []
    prose = {cell["id"] for cell in page.cells() if cell["cell_type"] == "markdown"}
    seen = {id: text for id, text in in_sight(page).items() if id in prose}
    assert given_away(solved[name], seen) == []


def folded(lesson, kind):
    """The ids of the cells of this kind that are folded in a copy."""
    return [cell["id"] for cell in lesson["cells"]
            if cell["cell_type"] == kind and REVEAL in tags_of(cell) and cell["id"] in telling(lesson)]


@pytest.fixture(scope="module")
def both(solved):
    """The first lesson in which prose and code are folded, and its name."""
    return next((name, lesson) for name, lesson in solved.items() if folded(lesson, "markdown") and folded(lesson, "code"))


def test_in_the_solved_lesson_all_answers_are_in_sight(page, both):
    """So what is looked for would be found."""
    name, lesson = both
    page.open(f"notebooks/{name}", kernel=False)
    found = given_away(lesson, in_sight(page))
    assert {line.partition(",")[0] for line in found} == telling(lesson).keys()
    assert [text for texts in telling(lesson).values() for text in texts if not any(line.endswith(text) for line in found)] == []


def test_one_key_more_opens_what_is_folded(page, both):
    """Tab and Enter open prose, Enter opens code, and Shift+Enter goes on from there."""
    name, lesson = both
    page.open(f"my_lessons/{name}", kernel=False)
    count, told = len(in_sight(page)), telling(lesson)  # all cells are drawn
    prose, code = folded(lesson, "markdown")[0], folded(lesson, "code")[0]
    place = page.select(prose)
    for key in ("Tab", "Enter"):
        page.page.keyboard.press(key)
    assert told[prose][0] in in_sight(page)[prose]
    page.page.keyboard.press("Shift+Enter")
    page.at(place + 1)
    assert told[prose][0] in in_sight(page)[prose]
    page.select(code)
    page.page.keyboard.press("Enter")
    assert told[code][0] in in_sight(page)[code]
    assert len(page.cells()) == count  # no key has made or deleted a cell
