"""A notebook whose page is reloaded, or that is opened again the next day, when its kernel has ended."""
import json

import pytest

from resnext_edu.widgets import GroupedConvExplorer
from tests.browser.engines import needs
from tests.browser.explorers import expected, moves, seen
from tests.browser.lab import CURRENT, command, open_notebook, write_notebook
from tests.browser.pages import OPENED

SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"  # in Lab's menu: Settings, Save Widget State


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    needs("Chromium")
    with OPENED["Chromium"](tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def moved(page, lab):
    """A notebook that has run, its address, and the twin of its explorer, which was moved. One test goes on from another."""
    address, folder = lab
    write_notebook(folder / "days.ipynb", "from resnext_edu.widgets import GroupedConvExplorer\nGroupedConvExplorer()")
    open_notebook(page, address.format("days.ipynb"))
    command(page, "notebook:run-all-cells")
    twin = GroupedConvExplorer()
    moves(page, twin)
    return folder / "days.ipynb", address.format("days.ipynb"), twin


def next_day(page, address):
    """Saved, its kernel ended, and opened again."""
    command(page, "docmanager:save")
    page.ask(f"{CURRENT}.sessionContext.shutdown().then(() => 1)")
    open_notebook(page, address)


def test_a_page_that_is_reloaded_shows_it_where_it_stood(page, moved):
    _, address, twin = moved
    command(page, "docmanager:save")
    open_notebook(page, address.replace("?reset&", "?"))
    moves(page, twin)
    assert page.complaints == []


def test_the_next_day_lab_says_that_its_model_is_gone_until_the_cell_runs(page, moved):
    path, address, _ = moved
    next_day(page, address)
    page.until(lambda: page.ask("document.querySelector('.jp-OutputArea-output')?.innerText.trim()"),
               "Error displaying widget: model not found")
    assert repr(GroupedConvExplorer()) in path.read_text()  # which hosts without widgets show in its place
    command(page, "notebook:run-all-cells")
    page.until(lambda: seen(page), [expected(GroupedConvExplorer())])


def test_with_its_state_saved_it_moves_the_next_day_without_running_anything(page, moved):
    path, address, _ = moved
    size = path.stat().st_size
    command(page, SAVE_STATE)
    next_day(page, address)
    moves(page, GroupedConvExplorer())
    assert list(json.loads(path.read_text())["metadata"]["widgets"]) == ["application/vnd.jupyter.widget-state+json"]
    assert path.stat().st_size - size < 100_000
    assert page.complaints == []
