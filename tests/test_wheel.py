"""The wheel: it brings the course along, nothing that lies about, and works in an empty folder without the repository."""
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from tools.notebooks import execute
from tools.wheel import brought

ROOT = Path(__file__).resolve().parent.parent
TOP = ("resnext_edu", "notebooks", "figures", "benchmarks", "tools", "pyproject.toml", "README.md", "LICENSE", "LICENSE-CONTENT.md",
       ".gitignore")
JUNK = ("notebooks/03_split_sum.mine.ipynb", "notebooks/Untitled.ipynb", "notebooks/00_start_here-Copy1.ipynb", "notebooks/notes.txt",
        "figures/figures.lock", "benchmarks/old.csv", "my_lessons/00_start_here.ipynb", "answer_key.html", "resnext_edu/__pycache__/words.cpython-311.pyc",
        "resnext_edu/training/a.lock", ".venv/pyvenv.cfg")


def build(kind: str, folder: Path) -> Path:
    """What Hatchling makes of this folder, and nothing else in it."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder / "made")], cwd=folder,
                   check=True, capture_output=True)
    (made,) = (folder / "made").iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the source distribution of a copy of the course in which somebody has worked."""
    folder = tmp_path_factory.mktemp("course")
    nothing_ignored = shutil.ignore_patterns("__pycache__", "*.mine*", "*-Copy*", "Untitled*", "*.lock")
    for name in TOP:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=nothing_ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    for name in JUNK:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    with tarfile.open(build("sdist", folder)) as source:
        source.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return build("wheel", unpacked)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel's files in a folder, as pip would unpack them."""
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


@pytest.fixture
def away(installed, monkeypatch, tmp_path):
    """In an empty folder, with the wheel's package in front of the repository's."""
    for name in ("RESNEXT_EDU_LESSONS", "JUPYTER_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words):
    return subprocess.run([sys.executable, "-m", "resnext_edu", *words], capture_output=True, text=True, check=False)


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_has_the_package_and_the_course_and_nothing_else(installed):
    own = {f"resnext_edu/{name}" for name in files_of(ROOT / "resnext_edu")
           if not re.search(r"__pycache__|\.lock$|\.ipynb_checkpoints", name)}
    found = {name for name in files_of(installed) if not name.startswith("resnext_edu-")}
    assert found == own | set(brought(ROOT).values())
    for name in ("notebooks/00_start_here.ipynb", "figures/forms.svg", "benchmarks/results.json"):
        assert (installed / "resnext_edu/assets" / name).read_bytes() == (ROOT / name).read_bytes()


def test_it_has_every_file_that_a_lesson_asks_for(installed):
    sources = [*(ROOT / "notebooks").glob("[0-9]*.ipynb"), *(ROOT / "resnext_edu").rglob("*.py")]
    asked = {name for path in sources for name in re.findall(r'course_file\(\\?"([^"\\]+)', path.read_text(encoding="utf-8"))}
    assert len(asked) > 4
    assert [name for name in sorted(asked) if not (installed / "resnext_edu/assets" / name).is_file()] == []


def test_an_editable_installation_has_no_second_copy_of_the_course(tmp_path):
    from tools.wheel import CourseInTheWheel

    data = {"force_include": {}}
    CourseInTheWheel.initialize(type("Hook", (), {"root": str(ROOT)})(), "editable", data)
    assert data == {"force_include": {}}


def test_pip_makes_one_command_of_it(installed):
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert points.read_text().split() == ["[console_scripts]", "resnext-edu", "=", "resnext_edu.cli:main"]


def test_in_an_empty_folder_it_lays_out_lessons_whose_cells_run_and_whose_pictures_are_there(installed, away):
    done = run("lab", "--only-lessons")
    assert (done.stderr, done.returncode) == ("", 0)
    count = len(list((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")))
    mine = away / "my_lessons"
    assert sorted(path.name for path in mine.glob("*.ipynb")) == sorted(path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    assert done.stdout.splitlines() == [f"{count} lessons made", f"Your lessons are in {mine}"]
    pictures = {name for path in mine.glob("*.ipynb") for name in re.findall(r"\]\((figures/[^)]+)\)", path.read_text(encoding="utf-8"))}
    assert len(pictures) > 10
    assert [name for name in pictures if not (mine / name).is_file()] == []
    lesson = execute(mine / "00_start_here.ipynb")
    assert "PASS" in str([cell.get("outputs") for cell in lesson.cells])
    asked = subprocess.run([sys.executable, "-c", "import resnext_edu; print(resnext_edu.__file__)"], capture_output=True, text=True, check=True)
    assert Path(asked.stdout.strip()).is_relative_to(installed)
    assert os.listdir(away) == ["my_lessons"]


def test_it_resets_and_proves_there(away):
    assert run("lab", "--only-lessons").returncode == 0
    assert run("reset", "06").stdout == "06_prove_it_then_break_it.ipynb is as the course has it; there is nothing to do.\n"
    assert run("prove", "-C", "2", "-d", "2").returncode == 0
    assert run("prove", "-C", "2", "-d", "2", "--sabotage", "path_dropped").returncode == 1
