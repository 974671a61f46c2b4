"""`make lab`: the command line that it builds, and a real JupyterLab that it starts on the learner's own lessons."""
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import pytest

from resnext_edu.cli import lab, main
from resnext_edu.cli.program import program, program_from_here
from resnext_edu.course import course_lessons
from resnext_edu.learner import at_once
from resnext_edu.learner.keeping import Kept
from tests.browser.pages import in_time

ROOT = Path(__file__).resolve().parents[2]
MINE = ROOT / "my_lessons"


@pytest.mark.parametrize(("uid", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_only_when_it_is_root(uid, allowed):
    assert ("--allow-root" in lab.command(MINE, [], uid)) == allowed


def test_the_learners_arguments_come_last_so_that_they_win():
    assert lab.command(MINE, ["--no-browser", "--port", "8899"], 1000)[-3:] == ["--no-browser", "--port", "8899"]


def test_lab_starts_in_the_repository_and_opens_the_first_lesson():
    command = lab.command(MINE, [], 1000)
    assert f"--ServerApp.root_dir={ROOT}" in command
    assert "--LabApp.default_url=/lab/tree/my_lessons/00_start_here.ipynb" in command
    # Lab's own token stays in force, and so does its address, localhost.
    assert not [argument for argument in command if re.search(r"token|password|ip=|origin", argument)]


def test_in_another_folder_that_folder_is_all_that_lab_shows(tmp_path):
    command = lab.command(tmp_path / "my course", [], 1000)
    assert f"--ServerApp.root_dir={tmp_path / 'my course'}" in command
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    within = lab.command(ROOT / "a folder", [], 1000)
    assert f"--ServerApp.root_dir={ROOT}" in within
    assert "--LabApp.default_url=/lab/tree/a%20folder/00_start_here.ipynb" in within


def test_its_settings_go_before_the_learners_own_and_this_python_is_python():
    place = str(Path(sys.executable).parent)
    new = lab.surroundings(MINE, {"JUPYTER_CONFIG_PATH": "mine", "PATH": "/bin", "OTHER": "1"})
    assert new == {"JUPYTER_CONFIG_PATH": f"{lab.SETTINGS}{os.pathsep}mine", "PATH": f"{place}{os.pathsep}/bin", "OTHER": "1",
                   "RESNEXT_EDU_LESSONS": str(MINE)}
    assert lab.surroundings(MINE, {})["JUPYTER_CONFIG_PATH"] == str(lab.SETTINGS)
    overrides = json.loads((lab.SETTINGS / "labconfig/default_setting_overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}


def test_what_a_kernel_says_is_not_kept_back_by_the_network():
    class Connection(SimpleNamespace):
        def connect(self):
            self.said.append("connected")
            return "connection"

    server = SimpleNamespace(web_app=SimpleNamespace(settings={"kernel_websocket_connection_class": Connection}))
    at_once._load_jupyter_server_extension(server)
    said = []
    handler = SimpleNamespace(set_nodelay=lambda on: said.append(on))
    made = server.web_app.settings["kernel_websocket_connection_class"](websocket_handler=handler, said=said)
    assert isinstance(made, Connection)
    assert made.connect() == "connection"
    assert said == [True, "connected"]


def kept(number, what):
    return Kept(number, MINE / f"{number:02d}_a.ipynb", what)


def test_what_a_learner_should_know_is_said_in_a_line_each(monkeypatch):
    monkeypatch.setattr(lab, "program_from_here", lambda: "python -m resnext_edu")
    monkeypatch.delenv("RESNEXT_EDU_LESSONS", raising=False)
    assert lab.said([kept(0, "current"), kept(1, "current")]) == []
    assert lab.said([kept(0, "made"), kept(1, "made"), kept(2, "refreshed")]) == [
        "2 lessons made", "02_a.ipynb brought up to date"]
    assert lab.said([kept(0, "begun"), kept(1, "foreign"), kept(2, "broken")]) == [
        "00_a.ipynb: the course has a newer one. `python -m resnext_edu reset 00 --keep-answers` fetches it, with your "
        "answers in it; your file of today stays beside it",
        "01_a.ipynb is not a copy of this course's lesson, or is damaged, and stays as it is. "
        "`python -m resnext_edu reset 01` puts it aside and makes a new one",
        "02_a.ipynb: the lesson in the course can't be read; `git status` says whether it was changed"]


def test_who_has_typed_into_a_lesson_of_the_course_is_told_how_to_keep_it():
    assert lab.said([Kept(0, MINE / "00_a.ipynb", "current", ("six", "twice"))]) == [
        "notebooks/00_a.ipynb is the solved copy, and somebody has typed into it (six, twice). Copy it to another place to "
        "keep it; `git checkout HEAD -- notebooks/00_a.ipynb` puts it back"]


def test_python_is_called_as_it_can_be_called_from_here(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert program_from_here() == "python -m resnext_edu"
    monkeypatch.chdir(tmp_path)
    assert program_from_here() == f"{Path('.venv/bin/python')} -m resnext_edu"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "resnext-edu"), "lab"])
    assert program_from_here() == program() == "resnext-edu"


def test_on_windows_lab_runs_beside_this_process_and_its_status_is_ours(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("JUPYTER_SERVER_URL", raising=False)
    monkeypatch.setattr("subprocess.run", lambda command, **rest: asked.append(command) or subprocess.CompletedProcess(command, 7))
    monkeypatch.chdir(tmp_path)
    assert main(["lab", str(tmp_path / "here"), "--port", "1"]) == 7
    assert asked[0][-2:] == ["--port", "1"]


def test_in_a_terminal_of_jupyterlab_no_second_one_starts(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("JUPYTER_SERVER_URL", "http://localhost:8888/")
    assert main(["lab", str(tmp_path / "here")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{len(course_lessons())} lessons made", f"Your lessons are in {tmp_path / 'here'}",
        "JupyterLab runs here already: open 00_start_here.ipynb in its file browser"]


def test_reset_works_on_the_lessons_that_this_lab_has_opened(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RESNEXT_EDU_LESSONS", str(tmp_path / "here"))
    assert main(["reset", "06"]) == 0
    assert (tmp_path / "here/06_prove_it_then_break_it.ipynb").is_file()
    assert lab.said([kept(0, "begun")])[0].startswith(f'00_a.ipynb: the course has a newer one. `{program_from_here()} reset 00 "{MINE}" --keep')


def test_help_is_ours(capsys):
    assert main(["lab", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m resnext_edu lab [FOLDER] [--only-lessons | OPTIONS OF JUPYTERLAB]")


@pytest.fixture
def running_lab(tmp_path):
    """The address that a real JupyterLab prints, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own["JUPYTER_SERVER_URL"] = ""  # as if this were no terminal of another one
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "resnext_edu", "lab", str(tmp_path / "my course"), "--no-browser", "--port", str(port)],
            cwd=ROOT, env=os.environ | own, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
        )
    try:
        for _ in range(600):
            address = re.search(rf"http://localhost:{port}/\S+", log.read_text())
            if address or process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        assert address, log.read_text()
        in_time(lambda: socket.create_connection(("localhost", port)).close(), OSError)  # Lab prints before it listens
        yield address[0]
    finally:
        process.terminate()
        process.wait(20)


def test_the_printed_address_is_that_of_the_learners_first_lesson(running_lab, tmp_path):
    server, path, token = re.fullmatch(r"(http://localhost:\d+)(/\S+)\?token=(\w+)", running_lab).groups()
    assert path == "/lab/tree/00_start_here.ipynb"
    with urlopen(running_lab) as page:
        assert page.status == 200
    with urlopen(f"{server}/api/contents/?token={token}") as listing:
        names = {entry["name"] for entry in json.load(listing)["content"]}
    assert {"00_start_here.ipynb", "06_prove_it_then_break_it.ipynb", "figures"} <= names
    with urlopen(f"{server}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}") as settings:
        assert json.load(settings)["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert "resnext_edu.learner.at_once | extension was successfully loaded." in (tmp_path / "log").read_text()
