"""A JupyterLab of our own and a real browser before it: what stands behind the tests of explorers and lessons."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, writes

from resnext_edu.cli.lab import SETTINGS
from resnext_edu.learner import lay_out
from tools.notebooks import METADATA

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_lab(folder: Path):
    """JupyterLab on a learner's lessons in `folder`, and on the solved ones; its address. No setting is the user's own."""
    for name in ("notebooks", "figures"):
        shutil.copytree(ROOT / name, folder / "course" / name)
    lay_out(folder / "course" / "my_lessons")
    (folder / "CONFIG/labconfig").mkdir(parents=True)  # the debugger complains when a kernel ends
    (folder / "CONFIG/labconfig/page_config.json").write_text(
        json.dumps({"disabledExtensions": {"@jupyterlab/debugger-extension": True}}))
    port, token = free_port(), "course"
    own = {f"JUPYTER_{what}_DIR": str(folder / what) for what in ("CONFIG", "DATA", "RUNTIME")} | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
        "JUPYTER_CONFIG_PATH": str(SETTINGS)}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
               "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={folder / 'course'}", "--LabApp.expose_app_in_browser=True"]
    with open(folder / "lab.log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | own, stdout=log, stderr=log)
        try:
            _wait(server, f"http://127.0.0.1:{port}/api?token={token}", folder / "lab.log")
            yield f"http://127.0.0.1:{port}/lab/tree/my_lessons/{{}}?reset&token={token}"
        finally:
            server.terminate()  # it takes its kernels with it
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(server: subprocess.Popen, address: str, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


CURRENT = "jupyterapp.shell.currentWidget"  # the notebook that is open


def open_notebook(page, address: str) -> None:
    """In a page of any engine, until its kernel is there."""
    page.open(address)
    page.until(lambda: page.ask(f"!!window.jupyterapp?.shell && !!{CURRENT}?.sessionContext?.session?.kernel"))
    page.ask(f"{CURRENT}.sessionContext.ready.then(() => 1)")


def command(page, name: str) -> None:
    """One of Lab's own, until it is done."""
    page.ask(f"jupyterapp.commands.execute({json.dumps(name)}).then(() => 1)")


class Notebook:
    """A notebook that is open in a page of its own."""

    def __init__(self, browser, address: str, height: int = 900):
        self.page = browser.new_page(viewport={"width": 1200, "height": height})
        self.page.set_default_timeout(60_000)
        self.errors = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)
        self.page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel")
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.ready")

    def _heard(self, said) -> None:
        if said.type == "error":
            self.errors.append(f"{said.text} ({said.location['url']})")

    def open(self, path: str, kernel: bool = True) -> None:
        """Another notebook in this one's place and page: a page of its own takes Lab four more seconds."""
        self.page.evaluate("""async ([path, kernel]) => {
            const old = jupyterapp.shell.currentWidget;
            await old.sessionContext.shutdown();
            old.dispose();
            const asked = kernel ? {path} : {path, kernelPreference: {shouldStart: false, autoStartDefault: false}};
            const opened = await jupyterapp.commands.execute('docmanager:open', asked);
            await (kernel ? opened.sessionContext.ready : opened.context.ready);
        }""", [path, kernel])
        if kernel:
            self.page.wait_for_function("() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel")
        self.errors.clear()

    def clear_outputs(self) -> None:
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")

    def run_all(self) -> None:
        """Every cell, as from the menu; returns when the last one is done."""
        self.page.evaluate("""() => {  // not awaited here, where no time would be too long
            window.done = false;
            jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.done = true; });
        }""")
        self.page.wait_for_function("() => window.done", timeout=300_000)

    def select(self, id: str) -> int:
        """As with the arrow keys, the cell with this id; its number."""
        return self.page.evaluate("""id => {
            const content = jupyterapp.shell.currentWidget.content;
            content.mode = 'command';
            content.activeCellIndex = content.widgets.findIndex(cell => cell.model.id === id);
            content.activate();
            return content.activeCellIndex;
        }""", id)

    def at(self, number: int) -> None:
        """Wait until this cell is the active one."""
        self.page.wait_for_function("number => jupyterapp.shell.currentWidget.content.activeCellIndex === number", arg=number)

    def step_through(self) -> None:
        """Shift+Enter on each cell from the top, until all have run."""
        first, *rest = self.cells()
        self.select(first["id"])
        for number, _ in enumerate(rest, 1):
            self.page.keyboard.press("Shift+Enter")
            self.at(number)
        self.page.wait_for_function("""() => jupyterapp.shell.currentWidget.content.widgets.every(
            cell => cell.model.type !== 'code' || cell.model.executionCount)""", timeout=300_000)

    def run_cell(self, number: int) -> None:
        self.page.evaluate("""number => {
            jupyterapp.shell.currentWidget.content.activeCellIndex = number;
            return jupyterapp.commands.execute('notebook:run-cell');
        }""", number)

    def execute(self, code: str) -> None:
        """In the notebook's kernel, without a cell."""
        self.page.evaluate("""async code => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const reply = await kernel.requestExecute({code}).done;
            if (reply.content.status !== 'ok') throw new Error(reply.content.evalue);
        }""", code)

    def cells(self) -> list[dict]:
        """What the notebook consists of at this moment."""
        return self.page.evaluate("() => jupyterapp.shell.currentWidget.content.model.toJSON().cells")

    def kill_kernel(self) -> None:
        """It dies in the middle of its work, and Lab says so and starts another, which knows nothing."""
        self.page.evaluate("""() => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const code = 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)';
            kernel.requestExecute({code}).done.catch(() => {});
        }""")
        self.page.get_by_role("dialog").get_by_role("button", name="Ok").click()

    def stop_kernel(self) -> None:
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def output(self, number: int):
        """What cell number … shows."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea-output")

    def close(self) -> None:
        self.stop_kernel()
        self.page.close()


def write_notebook(path: Path, *sources: str) -> None:
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    path.write_text(writes(new_notebook(cells=cells, metadata=METADATA)), encoding="utf-8")
