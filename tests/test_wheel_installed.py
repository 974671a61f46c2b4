"""The wheel, installed by uv into an empty environment: only where REQUIRE_HOSTS is set, as in CI, since it fetches torch."""
import json
import os
import re
import subprocess
import sys
from urllib.request import urlopen

import pytest

from tests.browser.lab import free_port
from tests.browser.pages import in_time

pytest.importorskip("fcntl", reason="tools/environment.py is for make, which Windows does not have")
from tools.environment import ROOT, find_uv, read_state

pytestmark = pytest.mark.skipif(not os.environ.get("REQUIRE_HOSTS"), reason="it fetches torch; REQUIRE_HOSTS=1 asks for it")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """An environment of its own, with nothing but the core; and a way to add an extra."""
    folder = tmp_path_factory.mktemp("empty")
    wheel = subprocess.run([find_uv(), "build", "--quiet", "--out-dir", str(folder / "wheel"), str(ROOT)], check=False)
    assert wheel.returncode == 0
    subprocess.run([find_uv(), "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True)
    programs = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    (packed,) = (folder / "wheel").glob("*.whl")
    backend = read_state().get("backend")

    def install(extra=""):
        build = ["--torch-backend", backend] if backend else []
        subprocess.run([find_uv(), "pip", "install", "--quiet", "--python", str(programs / "python"), *build, "--constraint",
                        str(ROOT / "constraints.txt"), f"resnext-edu{extra} @ {packed.as_uri()}"], check=True)

    install()
    return programs, install


@pytest.fixture
def surroundings(empty, tmp_path):
    """An empty folder, and no variable that tells of this repository."""
    programs, _ = empty
    ours = {name: value for name, value in os.environ.items() if not re.match(r"PYTHON|RESNEXT|JUPYTER|VIRTUAL_ENV", name)}
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / ".jupyter" / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    return {"cwd": tmp_path, "env": ours | own | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}}


def test_the_core_proves_and_says_how_lab_is_installed(empty, surroundings):
    programs, _ = empty
    assert not (programs / "jupyter-lab").exists()

    def run(*words):
        return subprocess.run([str(programs / "resnext-edu"), *words], capture_output=True, text=True, check=False, **surroundings)

    assert run("prove", "-C", "2", "-d", "2").returncode == 0
    assert run("prove", "-C", "2", "-d", "2", "--sabotage", "path_dropped").returncode == 1
    assert "34,426,698" in run("trace", "resnext29").stdout
    assert "2·C·d" in run("examine", "--params", "89700288", "--as", "resnext29").stdout
    assert run("train", "--out", "first", "--images", "64", "--epochs", "1", "--quiet").returncode == 0
    assert run("explorer", "cardinality", "--save", "page.html").returncode == 0
    lab = run("lab")
    assert lab.returncode == 2
    assert lab.stderr.endswith('`pip install "resnext-edu[lab]"` brings it\n')


def test_with_lab_it_opens_the_lessons_and_their_cells_run(empty, surroundings):
    programs, install = empty
    install("[lab]")
    port, folder = free_port(), surroundings["cwd"]
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen([str(programs / "resnext-edu"), "lab", "mine", "--no-browser", "--port", str(port)],
                                   stdout=out, stderr=out, stdin=subprocess.DEVNULL, **surroundings)
    try:
        def address():
            return re.search(rf"(http://localhost:{port})/lab/tree/00_start_here\.ipynb\?token=(\w+)", log.read_text()).groups()

        server, token = in_time(address, AttributeError)
        listing = in_time(lambda: urlopen(f"{server}/api/contents/?token={token}"), OSError)
        assert {"00_start_here.ipynb", "figures"} <= {entry["name"] for entry in json.load(listing)["content"]}
    finally:
        process.terminate()
        process.wait(20)
    lessons = [path.name for path in sorted((folder / "mine").glob("*.ipynb")) if path.name[:2] in ("00", "07", "09")]
    run = subprocess.run([str(programs / "jupyter"), "nbconvert", "--to", "notebook", "--execute", "--inplace", *lessons],
                         **surroundings | {"cwd": folder / "mine"}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Everything is installed" in (folder / "mine/00_start_here.ipynb").read_text(encoding="utf-8")
