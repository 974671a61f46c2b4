"""One test text in three engines: saved pages and fragments from the disk, and JupyterLab."""
import pytest

from resnext_edu.widgets import CardinalityExplorer, FormsExplorer, GroupedConvExplorer, StageTracer, StrideExplorer
from tests.browser.engines import ENGINES, needs
from tests.browser.explorers import asks_its_kernel, expected, moves, seen
from tests.browser.lab import CURRENT, command, open_notebook, write_notebook
from tests.browser.pages import OPENED
from tests.browser.test_themes import HOSTS, SEEN, colours, host


@pytest.fixture(scope="module", params=ENGINES)
def page(request, tmp_path_factory):
    needs(request.param)
    with OPENED[request.param](tmp_path_factory.mktemp(request.param)) as page:
        yield page


@pytest.mark.parametrize("make", [StrideExplorer, GroupedConvExplorer, FormsExplorer, CardinalityExplorer, StageTracer])
def test_a_saved_page_moves(page, make, tmp_path):
    make().save(tmp_path / "x.html")
    page.open((tmp_path / "x.html").as_uri())
    moves(page, make())
    assert page.asked_for() == []
    assert page.complaints == []


def test_two_fragments_move_in_somebodys_page(page, tmp_path):
    first, second = GroupedConvExplorer(), FormsExplorer()
    (tmp_path / "two.html").write_text("<!DOCTYPE html><html lang=en><meta charset=utf-8><title>two</title><h1>Mine</h1>"
                                       f"{first.fragment()}{second.fragment()}", "utf-8")
    page.open((tmp_path / "two.html").as_uri())
    moves(page, second, 1, slider=1)
    moves(page, first)
    assert page.asked_for() == []
    assert page.complaints == []


@pytest.mark.parametrize("begins", HOSTS)
def test_the_host_decides_the_colours(page, tmp_path, begins):
    page.open(host(tmp_path, begins))
    page.until(lambda: page.ask("document.querySelectorAll('.rx-explorer svg').length"), 1)
    assert page.ask(f"({SEEN})()") == colours(HOSTS[begins])


def test_lab_moves_it_also_when_the_kernel_is_dead(page, lab):
    address, folder = lab
    write_notebook(folder / "engines.ipynb", "from resnext_edu.widgets import *", "grouped = GroupedConvExplorer()\ngrouped",
                   "FormsExplorer()", "StageTracer()")
    open_notebook(page, address.format("engines.ipynb"))
    command(page, "notebook:run-all-cells")
    grouped, forms = GroupedConvExplorer(), FormsExplorer()
    moves(page, grouped)
    beside = 'e.querySelector(".rx-picture").offsetTop < e.querySelector(".rx-panel").offsetTop + 9'
    assert page.all(".rx-explorer", beside) == [True] * 3  # on 1280 pixels, with Lab's sidebar and all scrollbars
    moves(page, forms, 1, slider=1)
    asks_its_kernel(page)
    before = grouped.frame.texts
    page.ask(f"{CURRENT}.sessionContext.session.kernel.requestExecute({{code: 'grouped.move(groups=16)'}}).done.then(() => 1)")
    grouped.move(groups=16)
    page.until(lambda: seen(page)[0], expected(grouped, before))
    page.ask(f"{CURRENT}.sessionContext.shutdown().then(() => 1)")
    before = grouped.frame.texts
    page.press(".rx-explorer input[type=range]", "ArrowLeft")
    grouped.move(groups=8)
    page.until(lambda: seen(page)[0], expected(grouped, before))
