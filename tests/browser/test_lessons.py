"""Run All in each lesson, as a learner does it first of all, in a real JupyterLab."""
import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook
from tools.notebooks import WIDGET as VIEW
from tools.notebooks import lessons

NAMES = [path.name for path in lessons()]


@pytest.fixture(scope="module")
def page(lab, browser):
    return Notebook(browser, lab[0].format(NAMES[0]))


@pytest.mark.parametrize("lesson", NAMES)
def test_run_all_in_a_lesson(page, lesson):
    """No cell fails, nothing is said on stderr, and the browser has no complaint."""
    page.open(lesson)
    page.clear_outputs()  # the saved ones would hide a cell that did not run
    page.run_all()
    outputs = [output for cell in page.cells() for output in cell.get("outputs", [])]
    assert len(outputs) > 5
    if any(VIEW in output.get("data", {}) for output in outputs):
        expect(page.page.get_by_role("slider").first).to_be_visible()
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert page.errors == []
