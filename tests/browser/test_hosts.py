"""Three explorers in the other hosts: each is started as its users start it, and moved by key in a Chromium."""
import os
import socket
import sys
from contextlib import ExitStack

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from resnext_edu.widgets import FormsExplorer, GroupedConvExplorer
from tests.browser.engines import missing, needs
from tests.browser.explorers import asks_its_kernel, moves, seen
from tests.browser.lab import ROOT, free_port, write_notebook
from tests.browser.pages import OPENED, in_time, running
from tools import hosts

IMPORT = "from resnext_edu.widgets import FormsExplorer, GroupedConvExplorer, StageTracer"
CELLS = (IMPORT, "GroupedConvExplorer()", "FormsExplorer()", "StageTracer()")
MARIMO = f"""import marimo
app = marimo.App()

@app.cell
def _():
    {IMPORT}
    return FormsExplorer, GroupedConvExplorer, StageTracer

@app.cell
def _(GroupedConvExplorer):
    GroupedConvExplorer()

@app.cell
def _(FormsExplorer):
    FormsExplorer()

@app.cell
def _(StageTracer):
    StageTracer()
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    needs("Chromium")
    with OPENED["Chromium"](tmp_path_factory.mktemp("browser")) as page:
        yield page


def python_of(host):
    python = hosts.python_of(host)
    if python is None:
        missing(hosts.how_hosts())
    return python


@pytest.fixture
def served(page, tmp_path):
    """Start a host in a folder of its own, and open what it serves."""
    own = {f"JUPYTER_{what}_DIR": str(tmp_path / what) for what in ("CONFIG", "DATA", "RUNTIME")} | {
        "IPYTHONDIR": str(tmp_path / "ipython"), "XDG_CONFIG_HOME": str(tmp_path / "xdg"), "PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        def serve(host, *command, path=""):
            port = free_port()
            stack.enter_context(running(python_of(host), "-m", *command, f"--port={port}", cwd=tmp_path, env=os.environ | own))
            in_time(lambda: socket.create_connection(("127.0.0.1", port)).close(), OSError)
            page.open(f"http://127.0.0.1:{port}/{path}")

        yield serve


def both_move(page):
    moves(page, GroupedConvExplorer())
    moves(page, FormsExplorer(), 1, slider=1)


def test_marimo(page, served, tmp_path):
    (tmp_path / "app.py").write_text(MARIMO)
    served("marimo", "marimo", "run", "app.py", "--headless", "--no-token", "--host=127.0.0.1")
    both_move(page)
    asks_its_kernel(page)
    page.ask("(document.body.classList.add('dark'), 1)")  # as its own setting does; it reaches into the shadow root
    assert page.all(".rx-explorer", "getComputedStyle(e).backgroundColor") == ["rgb(17, 17, 17)"] * 3
    assert page.complaints == []


def test_voila(page, served, tmp_path):
    write_notebook(tmp_path / "app.ipynb", *CELLS)
    served("Voila", "voila", "app.ipynb", "--no-browser", "--Voila.ip=127.0.0.1")
    both_move(page)
    asks_its_kernel(page)


def test_notebook_6_with_colabs_packages(page, served, tmp_path):
    write_notebook(tmp_path / "old.ipynb", "import ipywidgets, traitlets\nipywidgets.__version__, traitlets.__version__",
                   *CELLS)
    served("notebook 6", "notebook", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--NotebookApp.token=course",
           path="notebooks/old.ipynb?token=course")
    page.until(lambda: page.ask("!!window.Jupyter?.notebook?.kernel?.widget_manager && Jupyter.notebook.kernel.is_connected()"))
    for number in range(5):  # one by one: at its start ipywidgets 7 draws once more what is there, and loses half of it
        page.ask(f"(Jupyter.notebook.execute_cells([{number}]), 1)")
        page.until(lambda: page.ask(f"Number.isInteger(Jupyter.notebook.get_cell({number}).input_prompt_number)"))  # noqa: B023
    both_move(page)
    asks_its_kernel(page)
    assert page.ask("Jupyter.notebook.get_cell(0).output_area.outputs[0].data['text/plain']") == "('7.7.1', '5.7.1')"


@pytest.fixture
def executed(tmp_path):
    """A notebook as it is saved: an explorer whose kernel is gone, and two fragments."""
    gone, *pieces = GroupedConvExplorer(), GroupedConvExplorer(), FormsExplorer()
    view = {"model_id": gone.model_id, "version_major": 2, "version_minor": 0}
    outputs = [{"text/plain": repr(gone), "application/vnd.jupyter.widget-view+json": view},
               *({"text/plain": "", "text/html": piece.fragment()} for piece in pieces)]
    cells = [new_code_cell("…", execution_count=1, outputs=[new_output("execute_result", data, execution_count=1)])
             for data in outputs]
    nbformat.write(new_notebook(cells=cells, metadata={"title": "Saved"}), tmp_path / "index.ipynb")
    return tmp_path / "index.ipynb"


def finished(python, *command):
    with running(python, "-m", *command) as program:
        assert program.wait(60) == 0


def test_nbconvert_shows_the_fallback_and_moves_fragments(page, executed):
    finished(sys.executable, "nbconvert", "--to", "html", executed)
    page.open(executed.with_suffix(".html").as_uri())
    both_move(page)
    assert repr(GroupedConvExplorer()) in page.ask("document.body.innerText")
    assert len(seen(page)) == 2


def test_myst_nb_moves_fragments(page, executed):
    folder = executed.parent
    (folder / "conf.py").write_text('extensions, nb_execution_mode, html_theme = ["myst_nb"], "off", "furo"')
    finished(python_of("myst-nb"), "sphinx", "-q", "-b", "html", folder, folder / "out")
    page.open((folder / "out/index.html").as_uri())
    both_move(page)
    for theme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(17, 17, 17)")):  # as furo's own button does
        page.ask(f"(document.body.dataset.theme = '{theme}', 1)")
        assert page.all(".rx-explorer", "getComputedStyle(e).backgroundColor") == [ground] * 2
    assert page.complaints == []
