"""`make reset` keeps what a learner wrote and puts the lesson back; a failing `make test` names changed lessons."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSON = "notebooks/03_a_block.ipynb"


class Course:
    """A small repository with two lessons, the real tools and the real Makefile."""

    def __init__(self, root):
        self.root = root
        for name in ("Makefile", "pyproject.toml", ".gitignore", "tools/lessons.py", "tests/conftest.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        (root / "notebooks").mkdir()
        (root / LESSON).write_text("three")
        (root / "notebooks/11_last.ipynb").write_text("eleven")
        (root / "tests/test_it.py").write_text("def test_it():\n    assert not 'wrong'\n")

    def run(self, *command, **settings):
        ours = ("GIT_", "MAKE", "MFLAGS", "LESSON", "PYTEST_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHON": sys.executable} | settings
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def git(self, *arguments):
        done = self.run("git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments)
        assert done.returncode == 0, done.stderr

    def commit(self):
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "the course")

    def reset(self, lesson=None):
        done = self.run(sys.executable, "tools/lessons.py", **({} if lesson is None else {"LESSON": lesson}))
        return done.returncode, (done.stdout + done.stderr).strip()

    def copies(self):
        return {path.name: path.read_text() for path in (self.root / "notebooks").glob("*.mine*")}


@pytest.fixture
def course(tmp_path):
    if not shutil.which("git"):
        pytest.skip("there is no git here")
    folder = tmp_path / "my course"
    folder.mkdir()
    course = Course(folder)
    course.commit()
    return course


@pytest.mark.parametrize("number", ["3", "03", "003"])
def test_the_learners_copy_is_saved_and_the_lesson_restored(course, number):
    (course.root / LESSON).write_text("my answer")
    assert course.reset(number) == (
        0, f"{LESSON} is the original lesson again. Your copy is notebooks/03_a_block.mine.ipynb."
    )
    assert (course.root / LESSON).read_text() == "three"
    assert course.copies() == {"03_a_block.mine.ipynb": "my answer"}


def test_no_saved_copy_is_ever_overwritten(course):
    for answer in ("first", "second", "third"):
        (course.root / LESSON).write_text(answer)
        assert course.reset("3")[0] == 0
    assert course.copies() == {
        "03_a_block.mine.ipynb": "first", "03_a_block.mine-2.ipynb": "second", "03_a_block.mine-3.ipynb": "third",
    }


def test_a_change_that_is_staged_is_a_change_too(course):
    (course.root / LESSON).write_text("my answer")
    course.git("add", LESSON)
    assert course.reset("3")[0] == 0
    assert (course.root / LESSON).read_text() == "three"
    assert course.reset("3") == (0, f"{LESSON} is unchanged; there is nothing to do.")


def test_an_unchanged_lesson_is_left_alone(course):
    assert course.reset("3") == (0, f"{LESSON} is unchanged; there is nothing to do.")
    assert course.copies() == {}


def test_a_deleted_lesson_comes_back(course):
    (course.root / LESSON).unlink()
    assert course.reset("3") == (0, f"{LESSON} is the original lesson again.")
    assert (course.root / LESSON).read_text() == "three"


@pytest.mark.parametrize(("lesson", "said"), [
    ("42", "There is no lesson '42'; the lessons are: 03, 11."),
    ("../x", "There is no lesson '../x'; the lessons are: 03, 11."),
    (None, "Say which lesson, for example `make reset LESSON=06`; the lessons are: 03, 11."),
])
def test_an_unknown_lesson_is_a_sentence(course, lesson, said):
    assert course.reset(lesson) == (1, said)


def test_make_passes_the_number_on(course):
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    (course.root / LESSON).write_text("my answer")
    done = course.run("make", "reset", "LESSON=03")
    assert done.stdout.strip() == f"{LESSON} is the original lesson again. Your copy is notebooks/03_a_block.mine.ipynb."
    assert done.returncode == 0
    assert course.run("make", "reset", "LESSON=4").returncode != 0


def test_saved_copies_are_nobodys_business(course):
    (course.root / LESSON).write_text("not JSON, so ruff and nbval would both fail on it")
    course.reset("3")
    for name in ("03_a_block-Copy1.ipynb", "Untitled.ipynb"):
        shutil.copy(course.root / "notebooks/03_a_block.mine.ipynb", course.root / "notebooks" / name)
    shutil.copy(course.root / "notebooks/Untitled.ipynb", course.root)
    status = course.run("git", "status", "--porcelain")
    assert status.stdout == ""
    (course.root / "tests/test_it.py").unlink()
    for lesson in ("03_a_block.ipynb", "11_last.ipynb"):
        (course.root / "notebooks" / lesson).unlink()
    collect = ["-m", "pytest", "-p", "nbval.plugin", "--nbval", "--collect-only", "-q"]
    nbval = course.run(sys.executable, *collect, "notebooks", ".")
    assert nbval.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, nbval.stdout + nbval.stderr
    shutil.rmtree(course.root / ".git")  # without git, ruff does not read .gitignore
    ruff = course.run(sys.executable, "-m", "ruff", "check", "--no-cache", "notebooks")
    assert "No Python files found" in ruff.stdout + ruff.stderr, ruff.stdout


def test_a_failing_run_names_the_changed_lessons_above_pytests_own_summary(course):
    (course.root / LESSON).write_text("my answer")
    said = course.run(sys.executable, "-m", "pytest", "tests").stdout
    assert f"{LESSON}   make reset LESSON=03" in said
    assert "11_last" not in said
    assert said.splitlines()[-1].startswith("=") and "1 failed" in said.splitlines()[-1]  # noqa: PT018


def test_a_passing_run_and_unchanged_lessons_are_not_commented(course):
    assert "make reset" not in course.run(sys.executable, "-m", "pytest", "tests").stdout
    (course.root / LESSON).write_text("my answer")
    (course.root / "tests/test_it.py").write_text("def test_it():\n    pass\n")
    assert "make reset" not in course.run(sys.executable, "-m", "pytest", "tests").stdout


@pytest.mark.parametrize("missing", ["git", "repository"])
def test_without_git_tests_run_and_reset_says_why_it_cannot(course, missing, tmp_path):
    if missing == "repository":
        shutil.rmtree(course.root / ".git")
    settings = {"PATH": str(tmp_path)} if missing == "git" else {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    (course.root / LESSON).write_text("my answer")
    tested = course.run(sys.executable, "-m", "pytest", "tests", **settings)
    assert "1 failed" in tested.stdout.splitlines()[-1]
    assert "Traceback" not in tested.stderr
    done = course.run(sys.executable, "tools/lessons.py", LESSON="3", **settings)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "A lesson is put back from git, but this folder has no git repository with a commit "
        "(or git is not installed): download the course again, into another folder."
    )
    assert (course.root / LESSON).read_text() == "my answer"


def test_a_lesson_can_be_named_without_make(course):
    (course.root / LESSON).write_text("my answer")
    done = course.run(sys.executable, "tools/lessons.py", "03")
    assert done.stdout.strip() == f"{LESSON} is the original lesson again. Your copy is notebooks/03_a_block.mine.ipynb."


def test_on_windows_the_advice_needs_no_make(course):
    (course.root / LESSON).write_text("my answer")
    code = "import sys; sys.platform = 'win32'; from tools.lessons import advice; print(*advice(), sep='\\n')"
    assert fr"{LESSON}   .venv\Scripts\python tools\lessons.py 03   (keeps" in course.run(sys.executable, "-c", code).stdout
