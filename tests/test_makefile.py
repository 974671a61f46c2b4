"""The Makefile: every target explains itself, and the two commands do what the README says, in its order."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE)


def make(*arguments, folder=ROOT):
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    settings = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "ARGS")}
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=folder, env=settings, capture_output=True,
                          text=True, check=False)


def test_make_alone_gives_each_target_a_line():
    assert [line.split()[1] for line in make().stdout.splitlines()] == TARGETS
    assert all(len(line.split()) > 3 for line in make("help").stdout.splitlines())


def test_no_target_is_a_file():
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert sorted(phony.split()) == sorted(TARGETS)


def test_every_script_that_a_target_runs_exists():
    scripts = re.findall(r"(?:tools|benchmarks)/\w+\.py", MAKEFILE)
    scripts += [f"{name.replace('.', '/')}.py" for name in re.findall(r"-m (tools[.\w]+)", MAKEFILE)]
    assert len(scripts) >= 6
    assert [script for script in scripts if not (ROOT / script).exists()] == []


def test_lab_passes_arguments_on():
    environment, lab = make("-n", "lab", "ARGS=--no-browser --port 8899").stdout.splitlines()
    assert environment.endswith("tools/environment.py")
    assert lab == ".venv/bin/python -m resnext_edu lab --no-browser --port 8899"


def test_reset_passes_the_lesson_and_arguments_on():
    _, reset = make("-n", "reset", "LESSON=06", "ARGS=--keep-answers").stdout.splitlines()
    assert reset == ".venv/bin/python -m resnext_edu reset 06 --keep-answers"


def test_test_sets_up_then_lints_then_runs_pytest_last():
    steps = make("-n", "test").stdout.replace("\\\n", "").splitlines()
    parts = ("environment.py", "ruff check", "-m mypy", "-m pytest")
    assert [part in step for part, step in zip(parts, steps, strict=True)] == [True] * 4
    for setting in ("-n 3", "--dist loadscope", "--nbval", "--nbval-current-env"):
        assert f" {setting} " in " ".join([*steps[-1].split(), ""])


def test_the_settings_of_a_test_run_do_not_depend_on_how_pytest_was_started():
    """Threads, the order of sets, progress lines, bytecode and memory are set by conftest.py, before torch is loaded."""
    names = ("OMP_NUM_THREADS", "PYTHONHASHSEED", "TQDM_DISABLE", "PYTHONDONTWRITEBYTECODE", "MALLOC_TRIM_THRESHOLD_")
    without = {name: value for name, value in os.environ.items() if name not in names} | {names[3]: "1"}
    code = f"import sys, os, conftest; print([os.environ[name] for name in {names}], 'torch' in sys.modules, sys.dont_write_bytecode)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=without, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "['1', '0', '1', '', '1073741824'] False False"
    assert 1 <= torch.get_num_threads() <= int(os.environ["OMP_NUM_THREADS"])  # MKL takes no more than there are cores


def test_a_failure_in_a_changed_lesson_is_named_by_the_linter_too(tmp_path):
    for name in ("Makefile", "pyproject.toml", "tools/lessons.py", "resnext_edu/course.py", "resnext_edu/errors.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    lesson = tmp_path / "notebooks/03_a_block.ipynb"
    lesson.parent.mkdir()
    (tmp_path / "resnext_edu/__init__.py").write_text('"""A course."""\n')
    (tmp_path / ".gitignore").write_text(".venv\n.ruff_cache\n.mypy_cache\n")
    cell = '{"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [],' \
           ' "source": ["%s"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    lesson.write_text(cell % "x = 1")
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -q -m course"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    passed = make("-o", "venv", "check", folder=tmp_path)  # -o venv: the environment is not what is tested here
    assert (passed.returncode, passed.stdout) == (0, "All checks passed!\nSuccess: no issues found in 4 source files\n")
    lesson.write_text(cell % "x = y")
    failed = make("-o", "venv", "check", folder=tmp_path)
    assert failed.returncode != 0
    assert "F821" in failed.stdout
    assert "git checkout HEAD -- notebooks/03_a_block.ipynb" in failed.stdout


def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci/run").read_text()
    lines = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert lines[:2] == ["set -euo pipefail", 'cd "$(dirname "${BASH_SOURCE[0]}")/.."']
    assert lines[-2:] == ["export REQUIRE_HOSTS=1", "exec make hosts test"]


def test_ci_installs_only_the_browsers_that_are_missing(tmp_path):
    """With stand-ins for what it calls: each notes that it was called."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    tools = tmp_path / "tools"
    tools.mkdir()

    def calls(*programs):
        for program in programs:
            (tools / program).write_text(f'#!/bin/bash\necho "{program} $*, required: $REQUIRE_HOSTS"\n')
            (tools / program).chmod(0o755)
        run = subprocess.run([shutil.which("bash"), ".ci/run"], cwd=tmp_path, capture_output=True, text=True, check=True,
                             env={"PATH": f"{tools}:{tmp_path / 'basics'}"})
        return run.stdout.splitlines()

    (tmp_path / "basics").mkdir()
    (tmp_path / "basics/dirname").symlink_to(shutil.which("dirname"))
    install = "apt-get install --yes --no-install-recommends"
    assert [line.split(",")[0] for line in calls("make", "apt-get")] == [
        "apt-get update", f"{install} chromium firefox-esr webkit2gtk-driver xvfb", "make hosts test"]
    assert calls("chromium", "WebKitWebDriver")[1].split(",")[0] == f"{install} firefox-esr xvfb"
    assert calls("firefox-esr", "Xvfb") == ["make hosts test, required: 1"]
