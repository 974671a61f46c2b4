"""A failing `make test` names the lessons in notebooks/ that were changed, and how to keep what was typed there."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSON = "notebooks/03_a_block.ipynb"
SAID = f"""These lessons differ from git; a failure in them may be your own change:
  {LESSON}
Your own lessons are in my_lessons/. To keep what you typed here, copy it there first, then put it back:
  cp {LESSON} my_lessons/03_a_block.mine.ipynb
  git checkout HEAD -- {LESSON}
"""


class Course:
    """A small repository with two lessons and the real tools."""

    def __init__(self, root):
        self.root = root
        for name in ("pyproject.toml", ".gitignore", "tools/lessons.py", "tests/conftest.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        (root / "notebooks").mkdir()
        (root / LESSON).write_text("three")
        (root / "notebooks/11_last.ipynb").write_text("eleven")
        (root / "tests/test_it.py").write_text("def test_it():\n    assert not 'wrong'\n")

    def run(self, *command, **settings):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTEST_"))}
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)} | settings
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def git(self, *arguments):
        done = self.run("git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments)
        assert done.returncode == 0, done.stderr

    def advice(self, before="pass", **settings):
        code = f"import sys; sys.path.insert(0, '.'); {before}; from tools.lessons import advice; print(*advice(), sep='\\n')"
        return self.run(sys.executable, "-c", code, **settings).stdout


@pytest.fixture
def course(tmp_path):
    if not shutil.which("git"):
        pytest.skip("there is no git here")
    folder = tmp_path / "my course"
    folder.mkdir()
    course = Course(folder)
    course.git("init", "-q")
    course.git("add", ".")
    course.git("commit", "-q", "-m", "the course")
    return course


def test_a_changed_lesson_is_named_with_how_to_keep_it_and_how_to_put_it_back(course):
    assert course.advice() == "\n"
    (course.root / LESSON).write_text("my answer")
    assert course.advice() == SAID
    course.git("add", LESSON)  # a change that is staged is a change, too
    assert course.advice() == SAID
    (course.root / "my_lessons").mkdir()
    for command in SAID.splitlines()[-2:]:
        assert course.run(*command.split()).returncode == 0
    assert ((course.root / LESSON).read_text(), (course.root / "my_lessons/03_a_block.mine.ipynb").read_text()) == (
        "three", "my answer")


def test_other_files_beside_the_lessons_are_nobodys_business(course):
    (course.root / "notebooks/README.md").write_text("notes")
    course.git("add", "-f", ".")
    assert course.advice() == "\n"


def test_on_windows_it_is_copied_by_windows_own_command(course):
    (course.root / LESSON).write_text("my answer")
    assert f"\n  copy {LESSON} my_lessons/" in course.advice("sys.platform = 'win32'")


def test_what_a_learner_makes_is_nobodys_business(course):
    for folder in ("notebooks", "my_lessons"):
        (course.root / folder).mkdir(exist_ok=True)
        for name in ("03_a_block.mine.ipynb", "03_a_block-Copy1.ipynb", "Untitled.ipynb"):
            (course.root / folder / name).write_text("not JSON, so ruff and nbval would both fail on it")
    (course.root / "my_lessons/03_a_block.ipynb").write_text("not JSON either")
    shutil.copy(course.root / "notebooks/Untitled.ipynb", course.root)
    assert course.run("git", "status", "--porcelain").stdout == ""
    (course.root / "tests/test_it.py").unlink()
    for lesson in ("03_a_block.ipynb", "11_last.ipynb"):
        (course.root / "notebooks" / lesson).unlink()
    collect = ["-m", "pytest", "-p", "nbval.plugin", "--nbval", "--collect-only", "-q"]
    nbval = course.run(sys.executable, *collect, "notebooks", ".")
    assert nbval.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, nbval.stdout + nbval.stderr
    shutil.rmtree(course.root / ".git")  # without git, ruff does not read .gitignore
    ruff = course.run(sys.executable, "-m", "ruff", "check", "--no-cache")
    assert "tests/conftest.py" in ruff.stdout  # it has looked around
    assert "ipynb" not in ruff.stdout


def test_a_failing_run_names_the_changed_lessons_above_pytests_own_summary(course):
    (course.root / LESSON).write_text("my answer")
    said = course.run(sys.executable, "-m", "pytest", "tests").stdout
    assert SAID in said
    assert "11_last" not in said
    assert said.splitlines()[-1].startswith("=") and "1 failed" in said.splitlines()[-1]  # noqa: PT018


def test_a_passing_run_and_unchanged_lessons_are_not_commented(course):
    assert "differ from git" not in course.run(sys.executable, "-m", "pytest", "tests").stdout
    (course.root / LESSON).write_text("my answer")
    (course.root / "tests/test_it.py").write_text("def test_it():\n    pass\n")
    assert "differ from git" not in course.run(sys.executable, "-m", "pytest", "tests").stdout


@pytest.mark.parametrize("missing", ["git", "repository"])
def test_without_git_tests_run_and_nothing_is_said(course, missing, tmp_path):
    if missing == "repository":
        shutil.rmtree(course.root / ".git")
    settings = {"PATH": str(tmp_path)} if missing == "git" else {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    (course.root / LESSON).write_text("my answer")
    tested = course.run(sys.executable, "-m", "pytest", "tests", **settings)
    assert "1 failed" in tested.stdout.splitlines()[-1]
    assert "Traceback" not in tested.stderr
    assert course.advice(**settings) == "\n"
