"""`make venv`: what it does when, and the one sentence that it says when it can't."""
import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import environment

SCRIPT = Path(environment.__file__)
HERE = sys.version_info[:2]


class Machine:
    """A course folder (with a space in its path) in which making the .venv and calling uv are pretended.

    `calls` lists the steps taken; `fail[step]` is the exit status of a step, or an exception that interrupts it.
    """

    def __init__(self, root):
        self.root, self.calls, self.commands, self.fail = root, [], [], {}

    def call(self, command, cwd=None, env=None):
        step = "venv" if "venv" in command else "pip" if "pip" in command[2:3] else "look" if "--dry-run" in command \
            else "install"
        self.calls.append(step)
        self.commands.append(command)
        self.settings = env
        if isinstance(self.fail.get(step), BaseException):
            raise self.fail[step]
        if step == "venv":
            (self.root / ".venv/bin").mkdir()
            (self.root / ".venv/bin/python").symlink_to(sys.executable)
            (self.root / ".venv/lib/python{}.{}".format(*HERE)).mkdir(parents=True)
        return self.fail.get(step, 0)

    def make(self):
        """One call of `make venv`; the steps that it took."""
        self.calls.clear()
        environment.main()
        return self.calls


@pytest.fixture
def machine(tmp_path, monkeypatch):
    root = tmp_path / "my course"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]")
    (root / "constraints.txt").write_text("torch==2.15.0")
    venv = root / ".venv"
    for name, value in {"ROOT": root, "VENV": venv, "VENV_PYTHON": venv / "bin/python",
                        "STATE": venv / "resnext-edu.json"}.items():
        monkeypatch.setattr(environment, name, value)
    for name in ("PYTHON", "TORCH_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    machine = Machine(root)
    monkeypatch.setattr(environment.subprocess, "call", machine.call)
    monkeypatch.setattr(environment, "find_uv", lambda: "uv")
    return machine


def test_the_second_call_does_and_says_nothing(machine, capsys):
    assert machine.make() == ["venv", "look", "install"]
    capsys.readouterr()
    assert machine.make() == []
    assert capsys.readouterr() == ("", "")


def test_it_says_before_the_installation_how_large_it_is(machine, capsys, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    machine.fail["venv"] = 1
    with pytest.raises(SystemExit):
        machine.make()
    said = capsys.readouterr().out
    assert "5.6 GB" in said
    assert "make lab TORCH_BACKEND=cpu" in said


def test_it_says_which_build_it_installs_and_when_it_only_updates(machine, capsys, monkeypatch):
    monkeypatch.setenv("TORCH_BACKEND", "cpu")
    machine.make()
    said = capsys.readouterr().out
    assert "with the torch build 'cpu'" in said
    assert "GB" not in said
    (machine.root / "constraints.txt").write_text("# changed")
    machine.make()
    assert capsys.readouterr().out == "Bringing .venv up to date with pyproject.toml and constraints.txt.\n"


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_file_brings_the_environment_up_to_date(machine, name):
    machine.make()
    (machine.root / name).write_text("# changed")
    assert machine.make() == ["look", "install"]


@pytest.mark.parametrize("step", ["venv", "install"])
@pytest.mark.parametrize("how", [1, -9, KeyboardInterrupt()], ids=["fails", "killed", "Ctrl+C"])
def test_what_was_interrupted_is_made_anew(machine, step, how):
    machine.fail[step] = how
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        machine.make()
    half_installed = machine.root / ".venv/half a package"
    half_installed.touch()
    machine.fail.clear()
    assert machine.make() == ["venv", "look", "install"]
    assert not half_installed.exists()
    assert machine.make() == []


def test_an_update_that_was_interrupted_is_made_anew_too(machine):
    machine.make()
    (machine.root / "constraints.txt").write_text("torch==2.16.0")
    machine.fail["install"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        machine.make()
    machine.fail.clear()
    assert machine.make() == ["venv", "look", "install"]


def test_without_a_network_yesterdays_environment_goes_on_working(machine):
    machine.make()
    before = environment.read_state()
    (machine.root / "constraints.txt").write_text("torch==2.16.0")
    machine.fail["look"] = 2
    with pytest.raises(SystemExit, match="no network: connect, or name your package index in UV_DEFAULT_INDEX"):
        machine.make()
    assert machine.calls == ["look"]
    assert environment.read_state() == before
    machine.fail.clear()
    assert machine.make() == ["look", "install"]


def test_a_full_disk_is_a_sentence(machine):
    machine.fail["install"] = 2
    with pytest.raises(SystemExit, match="the network broke off or the disk is full: run the same command again"):
        machine.make()


@pytest.mark.parametrize(("own", "machines", "used"), [
    (None, "machine.pem", "machine.pem"), ("mine.pem", "machine.pem", "mine.pem"), (None, None, None),
])
def test_uv_trusts_the_certificates_that_the_machine_trusts(machine, monkeypatch, own, machines, used):
    monkeypatch.setenv("SSL_CERT_FILE", own) if own else monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(environment.ssl, "get_default_verify_paths", lambda: SimpleNamespace(cafile=machines))
    machine.make()
    assert machine.settings.get("SSL_CERT_FILE") == used


def test_uv_is_fetched_where_there_is_none(machine, monkeypatch):
    monkeypatch.setattr(environment, "find_uv", lambda: None)
    assert machine.make() == ["venv", "pip", "look", "install"]
    assert machine.commands[-1][0] == str(machine.root / ".venv/bin/uv")


def test_an_environment_without_python_or_without_packages_is_made_anew(machine):
    for lost in ("bin/python", "lib"):
        machine.make()
        path = machine.root / ".venv" / lost
        path.unlink() if path.is_symlink() else shutil.rmtree(path)
        assert machine.make() == ["venv", "look", "install"], lost


def test_an_environment_without_pip_is_made_anew_where_pip_must_fetch_uv(machine, monkeypatch):
    machine.make()
    (machine.root / "constraints.txt").write_text("# changed")
    monkeypatch.setattr(environment, "find_uv", lambda: None)
    without_pip = {"--version": None}
    real = environment.output
    monkeypatch.setattr(environment, "output", lambda command: without_pip.get(command[-1], real(command)))
    assert machine.make() == ["venv", "pip", "look", "install"]


def test_an_environment_that_someone_made_by_hand_is_completed_not_deleted(machine):
    machine.make()
    environment.STATE.unlink()
    assert machine.make() == ["look", "install"]


def test_the_torch_build_is_asked_for_and_remembered(machine, monkeypatch):
    monkeypatch.setenv("TORCH_BACKEND", "cpu")
    machine.make()
    assert machine.commands[-1][-4:] == ["--torch-backend", "cpu", "--editable", ".[test]"]
    monkeypatch.delenv("TORCH_BACKEND")
    assert machine.make() == []
    (machine.root / "constraints.txt").write_text("# changed")
    assert machine.make() == ["look", "install"]
    assert "cpu" in machine.commands[-1]


def test_another_torch_build_needs_a_new_environment(machine, monkeypatch):
    machine.make()
    monkeypatch.setenv("TORCH_BACKEND", "cpu")
    assert machine.make() == ["venv", "look", "install"]  # into the old one, uv would keep the torch that is there
    monkeypatch.setenv("TORCH_BACKEND", "")
    assert machine.make() == ["venv", "look", "install"]
    assert "--torch-backend" not in machine.commands[-1]


def test_a_python_that_is_asked_for_by_name_replaces_another(machine, monkeypatch):
    machine.make()
    monkeypatch.setenv("PYTHON", "python3")
    assert machine.make() == []
    monkeypatch.setattr(environment, "venv_version", lambda: (3, 99))
    assert machine.make() == ["venv", "look", "install"]


def test_a_moved_course_is_installed_again(machine):
    machine.make()
    before = environment.read_state()["fingerprint"]
    assert environment.fingerprint("", HERE) == before
    environment.ROOT = machine.root.rename(machine.root.parent / "moved")
    assert environment.fingerprint("", HERE) != before


def test_an_old_python_is_a_sentence(machine, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit) as stopped:
        machine.make()
    assert str(stopped.value) == (
        "The course needs Python 3.11 or newer, and `python3` is 3.9: install a newer one and name it, for example "
        "`make lab PYTHON=python3.12`."
    )
    assert machine.calls == []


def test_an_old_python3_on_path_does_not_matter_once_all_is_installed(machine, monkeypatch):
    machine.make()
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert machine.make() == []


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_python3_venv_is_a_sentence(machine, monkeypatch, missing):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SystemExit, match=r"`sudo apt install python3-venv`.*, then run the same command again") as stopped:
        machine.make()
    assert "\n" not in str(stopped.value)
    assert machine.calls == []


def test_an_old_python_can_read_the_script():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize(("text", "numbers"), [
    ("uv 0.13.8 (x86_64-unknown-linux-gnu)", (0, 13)), ("3.11.7\n", (3, 11)), (None, ()), ("no number", ()),
])
def test_versions(text, numbers):
    assert environment.version(text) == numbers


@pytest.mark.parametrize(("printed", "found"), [("uv 0.13.8", True), ("uv 0.7.0", True), ("uv 0.6.17", False)])
def test_only_a_uv_that_knows_torch_builds_is_used(tmp_path, monkeypatch, printed, found):
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\necho {printed}\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environment, "VENV", tmp_path / "none")
    assert environment.find_uv() == (str(uv) if found else None)


@pytest.fixture
def real_course(tmp_path):
    """A folder with the real script and nothing to install, in which no uv is on PATH."""
    root = tmp_path / "a course"
    (root / "tools").mkdir(parents=True)
    shutil.copy(SCRIPT, root / "tools")
    (root / "pyproject.toml").write_text('[project]\nname = "nothing"\nversion = "1"\n')
    (root / "constraints.txt").touch()
    return root


def test_no_network_for_real(real_course):
    nowhere = "http://127.0.0.1:9/simple"
    settings = {"PATH": "", "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": nowhere, "HOME": str(real_course)}
    done = subprocess.run(
        [sys.executable, "tools/environment.py"], cwd=real_course, env=settings, capture_output=True, text=True,
        timeout=100, check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "pip could not fetch uv, the installer (see its reason above); most often there is no network: connect, "
        "or name your package index in PIP_INDEX_URL, then run the same command again."
    )
    assert '"fingerprint": null' in (real_course / ".venv/resnext-edu.json").read_text()


def test_a_second_make_waits_for_the_first(real_course):
    take = "import environment as e, pathlib as p; lock = e.only_one_at_a_time(); done = p.Path('done'); " \
           "print('my turn', done.exists(), flush=True); input(); done.touch()"
    start = {"args": [sys.executable, "-c", take], "cwd": real_course / "tools", "text": True,
             "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    first, second = subprocess.Popen(**start), None
    try:
        assert first.stdout.readline() == "my turn False\n"
        second = subprocess.Popen(**start)
        assert second.stdout.readline() == "Another `make` is installing into .venv; waiting for it.\n"
        time.sleep(0.3)  # one that does not wait would say that it is its turn in this time
        first.communicate("\n", timeout=20)
        assert second.communicate("\n", timeout=20)[0] == "my turn True\n"
    finally:
        for process in filter(None, (first, second)):
            process.kill()
            process.communicate()
