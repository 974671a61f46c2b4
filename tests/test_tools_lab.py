"""`make lab`: the command line that it builds, and a real JupyterLab that it starts."""
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tools import lab

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(("uid", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_only_when_it_is_root(uid, allowed):
    assert ("--allow-root" in lab.command([], uid)) == allowed


def test_the_learners_arguments_come_last_so_that_they_win():
    assert lab.command(["--no-browser", "--port", "8899"], 1000)[-3:] == ["--no-browser", "--port", "8899"]


def test_lab_starts_in_the_repository_and_opens_the_first_lesson():
    command = lab.command([], 1000)
    assert f"--ServerApp.root_dir={ROOT}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in command
    # Lab's own token stays in force, and so does its address, localhost.
    assert not [argument for argument in command if re.search(r"token|password|ip=|origin", argument)]


@pytest.fixture
def running_lab(tmp_path):
    """The address that a real JupyterLab prints, and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "tools/lab.py", "--no-browser", "--port", str(port)],
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
        yield address[0]
    finally:
        process.terminate()
        process.wait(20)


def test_the_printed_address_is_the_first_lessons(running_lab):
    server, path, token = re.fullmatch(r"(http://localhost:\d+)(/\S+)\?token=(\w+)", running_lab).groups()
    assert path == "/lab/tree/notebooks/00_start_here.ipynb"
    with urlopen(running_lab) as page:
        assert page.status == 200
    with urlopen(f"{server}/api/contents/?token={token}") as listing:
        names = {entry["name"] for entry in json.load(listing)["content"]}
    assert {"notebooks", "figures", "README.md"} <= names  # the repository is Lab's root, so pictures are in reach
