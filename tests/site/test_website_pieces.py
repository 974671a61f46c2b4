"""What the site's pages are made from, without Sphinx and without a browser."""
import doctest
import json
from importlib import import_module

import pytest

from resnext_edu.course import course_file, course_lessons
from resnext_edu.learner.copies import parsed
from resnext_edu.learner.unsolved import OUTPUT_REVEALS, REVEAL, SOLVED, tags_of, text_of
from resnext_edu.widgets import EquivalenceLab, FormsExplorer, StageTracer
from tools.website.lesson_pages import ASKED, WIDGET, lesson_page
from tools.website.live_cells import COMPUTES, made_by, piece


@pytest.mark.parametrize("name", ["finish", "live_cells", "passages"])
def test_the_examples_run(name):
    found = doctest.testmod(import_module(f"tools.website.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_the_readme_says_what_was_measured():
    found = json.loads(course_file("benchmarks/results.json").read_text())["site"]
    seen = found["first_picture_ms"]
    said = " ".join(course_file("README.md").read_text(encoding="utf-8").split())
    assert f"The whole folder has {found['megabytes']} MB. A page takes {found['largest_page_kilobytes']} kB" in said
    assert f"seen after {seen['median']} ms at the median and after {seen['worst']} at most" in said
    assert seen["worst"] < 1000
    assert found["largest_page_kilobytes"] < 2000


@pytest.mark.parametrize("path", course_lessons().values(), ids=lambda path: path.stem)
def test_a_page_has_all_cells_and_folds_those_that_are_tagged(path):
    lesson = parsed(path)
    page = lesson_page(lesson, path.name, lambda sources: f"<b>{len(sources)}</b>")
    assert [cell["id"] for cell in page["cells"] if cell["id"] != "site-note"] == [
        cell["id"] for cell in lesson["cells"] if cell.get("id") != SOLVED]
    assert ASKED in str(lesson["cells"])  # of a kernel
    shown = {cell["id"]: cell for cell in page["cells"]}
    for cell in lesson["cells"]:
        if cell["cell_type"] == "code":
            made, tags = shown[cell["id"]], tags_of(shown[cell["id"]])
            assert text_of(made) == text_of(cell)
            assert (REVEAL in tags_of(cell)) == bool({"hide-cell", "hide-input"} & {*tags})
            assert (OUTPUT_REVEALS in tags_of(cell)) == ("hide-output" in tags)
            assert len(made["outputs"]) == len(cell["outputs"])
            assert not any(WIDGET in output.get("data", {}) for output in made["outputs"])
            assert not any(ASKED in output.get("data", {}).get("text/html", "") for output in made["outputs"])
        elif REVEAL in tags_of(cell):
            assert "<details>" in shown[cell["id"]]["source"]


def test_an_explorer_is_drawn_from_the_code_down_to_its_cell():
    seen = []
    lesson_page(parsed(course_lessons()[2]), "02.ipynb", lambda sources: seen.append(sources[-1]) or "")
    assert [source.splitlines()[-1] for source in seen] == ["explorer"]
    assert "GroupedConvExplorer" in seen[0]


def test_only_what_an_explorer_needs_is_run():
    sources = ["1 / 0\nC = 8", "def channels():\n    return 2 * C", "raise ValueError",
               "from resnext_edu.widgets import GroupedConvExplorer\nGroupedConvExplorer(channels=channels())"]
    assert len(made_by(sources).frames) == 5


def test_a_cell_without_an_explorer_is_an_error():
    with pytest.raises(TypeError, match=r"the cell ends in int, not in an explorer:\n1 \+ 1"):
        made_by(["1 + 1"])


@pytest.mark.parametrize(("make", "computes"), [(FormsExplorer, False), (EquivalenceLab, True), (StageTracer, True)])
def test_a_line_says_what_a_kernel_would_add(make, computes):
    assert (COMPUTES in piece(make())) == computes
