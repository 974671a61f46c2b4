"""A lesson without its answers: every rule on small cells, and the promise on all lessons."""
import json
import re

import pytest

from resnext_edu.course import course_file, course_lessons
from resnext_edu.learner.copies import learners_copy, parsed
from resnext_edu.learner.unsolved import (
    COMMENT,
    OUTPUT_REVEALS,
    REVEAL,
    SOLVED,
    SUMMARY,
    learners_cell,
    three_parts,
    with_fold,
)

LESSONS = list(course_lessons().values())
FOLD = f"<details><summary>{SUMMARY}</summary>\n\n"


@pytest.mark.parametrize(("text", "parts"), [
    ("All.", ("", "All.", "")),
    ("All.\n\nMore.\n\n**Predict.** Why?", ("", "All.\n\nMore.", "**Predict.** Why?")),
    ("All.\n\n**Exercise.** Do it.\n\nLike this.", ("", "All.", "**Exercise.** Do it.\n\nLike this.")),
    ("All.\n\n**On your own.** More.", ("", "All.", "**On your own.** More.")),
    ("All.\n\n**Predictions** are hard.", ("", "All.\n\n**Predictions** are hard.", "")),
    ("All.\n\n## Next\n\nSetting.\n\n**Predict.** Why?", ("", "All.", "## Next\n\nSetting.\n\n**Predict.** Why?")),
    ("# One\n\n## Two\n\nAll.\n\n### Three\n\nNext", ("# One\n\n## Two", "All.", "### Three\n\nNext")),
    ("\n\n## Title\n\n", ("## Title", "", "")),
    ("**Predict.** Why?", ("", "", "**Predict.** Why?")),
    ("All.\n\n```\n# not a heading\n**Predict.** no\n```\n\n#tag\n\n# Yes", ("", "All.\n\n```\n# not a heading\n**Predict.** no\n```\n\n#tag", "# Yes")),
    ("| a | b |\n|---|---|\n| 1 | 2 |", ("", "| a | b |\n|---|---|\n| 1 | 2 |", "")),
])
def test_prose_is_cut_before_what_asks_for_something_new(text, parts):
    assert three_parts(text) == parts


def test_only_the_answer_is_folded_with_blank_lines_around_it():
    assert with_fold("## Title\n\n| a |\n|---|\n\n**Predict.** Why?") == f"## Title\n\n{FOLD}| a |\n|---|\n\n</details>\n\n**Predict.** Why?"
    assert with_fold("## Title") == "## Title"


def cell(kind, source, *tags, **more):
    made = {"cell_type": kind, "id": "a", "metadata": {"tags": list(tags)} if tags else {}, "source": source} | more
    return made | ({"outputs": [{}], "execution_count": 3} if kind == "code" else {})


@pytest.mark.parametrize(("before", "after"), [
    (cell("code", ["a\n", "b"]), {"source": "a\nb", "metadata": {}}),
    (cell("code", "a", REVEAL), {"source": f"{COMMENT}\na", "metadata": {"tags": [REVEAL], "jupyter": {"source_hidden": True}}}),
    (cell("code", "a", OUTPUT_REVEALS), {"source": "a", "metadata": {"tags": [OUTPUT_REVEALS]}}),
    (cell("markdown", "![](../figures/a.svg)"), {"source": "![](figures/a.svg)"}),
    (cell("markdown", "a", REVEAL), {"source": f"{FOLD}a\n\n</details>"}),
    (cell("raw", "a", REVEAL), {"source": "a"}),
])
def test_a_cell_is_not_run_and_folded_if_it_is_tagged(before, after):
    asked = json.dumps(before)
    made = learners_cell(before)
    assert made == before | {"source": made["source"]} | after | ({"outputs": [], "execution_count": None} if "outputs" in before else {})
    assert json.dumps(before) == asked  # the lesson itself is as it was


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_copy_has_the_lessons_code_and_nothing_that_it_showed(path):
    """So a copy runs wherever its lesson runs, and nbval runs each lesson: they differ by one comment."""
    lesson = parsed(path)
    copy = learners_copy(lesson)
    first, *rest = lesson["cells"]
    assert first["id"] == SOLVED
    assert [cell["id"] for cell in copy["cells"]] == [cell["id"] for cell in rest]
    for before, after in zip(rest, copy["cells"], strict=True):
        if before["cell_type"] == "code":
            assert after["source"].removeprefix(f"{COMMENT}\n") == "".join(before["source"])
            assert (after["outputs"], after["execution_count"]) == ([], None)
            assert after["source"].startswith(COMMENT) == after["metadata"].get("jupyter", {}).get("source_hidden", False)
    assert {key: value for key, value in copy["metadata"].items() if key != "resnext_edu"} == lesson["metadata"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_a_lesson_reads_it_finds_in_any_folder(path):
    """Files by `course_file`, wherever Python runs; pictures beside the copy."""
    copy = learners_copy(parsed(path))
    for cell in copy["cells"]:
        assert "../" not in cell["source"], cell["id"]
        for picture in re.findall(r"\bfigures/[\w.]+", cell["source"]) + re.findall(r'course_file\("([^"]+)"\)', cell["source"]):
            assert course_file(picture).is_file()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_lesson_says_first_that_it_is_the_solved_copy_and_how_to_get_ones_own(path):
    said = "".join(parsed(path)["cells"][0]["source"])
    assert said.startswith("*This is the solved copy")
    assert "`make lab`" in said
    assert "`python -m resnext_edu lab`" in said
    assert "`my_lessons`" in said
