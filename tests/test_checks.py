"""What lesson 0 shows first: is all here that the lessons need?"""
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from resnext_edu import checks
from resnext_edu.checks import check_environment
from resnext_edu.findings import Status


def verdicts(table) -> dict:
    return {row[0]: row[-1] for row in table.rows}


def test_every_package_is_ready_here_and_none_is_forgotten():
    table = check_environment()
    assert table.caption == "Everything is installed"
    assert set(verdicts(table).values()) == {Status("PASS")}
    assert re.search(r"\ntorch +computes the blocks  ", str(table))  # words stand at the left
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["train"], *extras["lessons"], *extras["lab"]]
    declared = dict(line.split(">=") for line in lines if ">=" in line)
    shown = {row[0]: row[2] for row in table.rows[1:]}
    assert shown == {name: floor for name, floor in declared.items() if name not in ("filelock", "numpy", "pillow", "safetensors", "traitlets")}


@pytest.mark.parametrize(("here", "ready"), [
    ("2.5.9", False), ("2.6", True), ("2.6.0+cpu", True), ("2.10.0", True), ("10.0", True), (None, False),
])
def test_versions_are_compared_as_numbers(monkeypatch, here, ready):
    def version(name):
        if name == "torch" and here is None:
            raise checks.PackageNotFoundError(name)
        return here if name == "torch" else "999"

    monkeypatch.setattr(checks, "version", version)
    monkeypatch.setattr(checks, "requires", lambda name: ["tqdm>=4.66", "torch>=2.6", "torch>=99; extra == 'test'"])
    table = check_environment()
    assert verdicts(table)["torch"] == Status("PASS" if ready else "FAIL")
    assert list(verdicts(table)) == ["Python", "torch", "tqdm"]
    assert (table.caption == "Everything is installed") == ready
    if not ready:
        assert table.caption == "Missing or too old: torch. Run `make venv`, then this again"


@pytest.mark.parametrize(("lab", "floors", "extra"), [
    (True, {"jupyterlab": "4.2", "ipywidgets": "8.1.3"}, "lab"), (False, {"ipywidgets": "7.7.1"}, "lessons")])
def test_where_another_notebook_shows_the_lessons_jupyterlab_is_not_asked_for(monkeypatch, lab, floors, extra):
    lines = ["torch>=2.6", "ipywidgets>=8.1.3; extra == 'lab'", "ipywidgets>=7.7.1; extra == 'lab'",
             "jupyterlab>=4.2; extra == 'lab'", "ipywidgets>=7.7.1; extra == 'lessons'", "ruff>=0.9; extra == 'test'"]
    monkeypatch.setattr(checks, "requires", lambda name: lines)
    monkeypatch.setattr(checks, "find_spec", lambda name: object() if lab else None)
    monkeypatch.setattr(checks, "version", lambda name: "7.7.1" if name == "ipywidgets" else "2.5")
    monkeypatch.setattr(checks, "CLONE", None)
    table = check_environment()
    assert {row[0]: row[2] for row in table.rows[1:]} == {"torch": "2.6", **floors}
    failed = "jupyterlab, torch, ipywidgets" if lab else "torch"
    assert table.caption == (f'Missing or too old: {failed}. Run `pip install --upgrade "resnext-edu[{extra}]"`, then '
                             "this again")


def test_a_build_is_not_part_of_the_version(monkeypatch):
    monkeypatch.setattr(checks, "version", lambda name: "2.15.0+cpu")
    assert {row[3] for row in check_environment().rows[1:]} == {"2.15.0"}


@pytest.mark.parametrize(("here", "shown", "word"), [
    ((3, 10, 14), "3.10.14", "FAIL"), ((3, 11, 0), "3.11.0", "PASS"), ((3, 14, 2), "3.14.2", "PASS"),
])
def test_python_is_asked_too_and_shows_its_version(monkeypatch, here, shown, word):
    monkeypatch.setattr(checks, "sys", SimpleNamespace(version_info=here, platform="linux"))
    table = check_environment()
    assert table.rows[0] == ("Python", "runs everything", "3.11", shown, Status(word))
    assert (table.caption == "Everything is installed") == (word == "PASS")


def test_on_windows_where_there_is_no_make_the_repair_is_the_command_of_the_readme(monkeypatch):
    monkeypatch.setattr(checks, "sys", SimpleNamespace(version_info=(3, 10), platform="win32"))
    command = r'.venv\Scripts\python -m pip install -c constraints.txt -e ".[test]"'
    assert check_environment().caption == f"Missing or too old: Python. Run `{command}`, then this again"
    assert command in (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").splitlines()
