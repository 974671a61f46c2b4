"""figures/ holds what tools/figures.py draws, no more and no less."""
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tools import figures


@pytest.mark.parametrize("name", figures.FIGURES)
def test_the_files_are_up_to_date(name):
    for file, content in figures.files(name).items():
        assert (figures.FOLDER / file).read_text(encoding="utf-8") == content, "run `make figures`"


def test_there_are_no_others():
    known = {file for name in figures.FIGURES for file in figures.files(name)}
    assert {file.name for file in figures.FOLDER.iterdir()} == known


@pytest.mark.parametrize("name", figures.FIGURES)
def test_each_is_xml_with_words_beside_it(name):
    files = figures.files(name)
    root = ElementTree.fromstring(files[f"{name}.svg"])
    assert root.get("aria-label") == files[f"{name}.txt"].splitlines()[0]


def test_drawing_writes_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "FOLDER", tmp_path)
    assert figures.main(["rounding"]) == ""
    assert {file.name for file in tmp_path.iterdir()} == {"rounding.svg", "rounding.txt"}
    assert (tmp_path / "rounding.svg").read_bytes() == figures.files("rounding")["rounding.svg"].encode()


def test_an_unknown_name_is_answered_with_a_known_one():
    done = subprocess.run([sys.executable, figures.__file__, "form"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    known = ", ".join(figures.FIGURES)
    assert done.stderr == f"unknown figure 'form'; did you mean 'forms'? Known: {known}\n"


def test_every_picture_is_on_a_page():
    root = figures.FOLDER.parent
    shown = "".join(page.read_text(encoding="utf-8") for page in (root / "README.md", *root.glob("notebooks/*.ipynb")))
    assert [name for name in figures.FIGURES if f"figures/{name}.svg" not in shown] == []
