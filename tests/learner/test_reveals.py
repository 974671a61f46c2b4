"""The tags that say which cells give an answer away: each rule is seen broken, and each lesson keeps all."""
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import reveals
from tools.notebooks import lessons, read


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_each_question_of_a_lesson_has_a_tagged_answer(path):
    assert reveals.faults(read(path)) == []


def cell(source, id, *tags, prose=False):
    make = new_markdown_cell if prose else new_code_cell
    return make(source, id=id, metadata={"tags": list(tags)} if tags else {})


def small(*behind):
    """Two questions; cells behind the second one."""
    return new_notebook(cells=[
        cell("# Title\n\n**Predict.** Six?", "opening", prose=True), cell("six = ...", "guess-six", "exercise", "exercise:six"),
        cell("check.six(six)", "check-six"), cell("It is.", "read-six", "reveal", prose=True),
        cell("ten = ...", "guess-ten", "exercise", "exercise:ten"), cell("check.ten(ten)", "check-ten"), *behind])


@pytest.mark.parametrize(("behind", "said"), [
    ([cell("5 + 5", "sum", "reveal-output")], []),
    ([cell("## Ten\n\nIt is.\n\n**Predict.** More?", "read-ten", "reveal", prose=True)], []),
    ([], ["ten: no cell is tagged that gives its answer away"]),
    ([cell("5 + 5", "sum", "reveal-output", "reveal:six")], ["ten: no cell is tagged that gives its answer away"]),
    ([cell("5 + 5", "sum", "reveal-output", "reveal:ten", "reveal:five")], ["sum: there is no exercise 'five'"]),
    ([cell("5 + 5", "sum", "reveal-output", "reveal")], ["sum: it must have one of the tags reveal and reveal-output"]),
    ([cell("5 + 5", "a", "reveal"), cell("5", "b", "reveal:ten")], ["b: it must have one of the tags reveal and reveal-output"]),
    ([cell("a", "a", "reveal-output", prose=True)], ["a: only code has an output"]),
    ([cell("%time 5 + 5", "a", "reveal")], ["a: a cell that begins with % can't be folded"]),
    ([cell("check.ten(10)", "a", "reveal")], ["a: a blank and its check give nothing away"]),
    ([cell("a", "a", "reveal", prose=True), cell("## More\n\n**Predict.** More?", "b", "reveal", prose=True)],
     ["b: there is nothing to fold before the next heading or question"]),
])
def test_a_rule_that_is_broken_is_named(behind, said):
    assert reveals.faults(small(*behind)) == said


def test_above_the_first_question_a_tag_says_what_it_answers():
    notebook = small(cell("5 + 5", "sum", "reveal-output"))
    notebook.cells.insert(1, cell("10", "early", "reveal"))
    assert reveals.faults(notebook) == ["early: no question stands above it; say with reveal:NAME which one it answers"]
    notebook.cells[1].metadata["tags"].append("reveal:ten")
    assert reveals.faults(notebook) == []
    assert [stretch.told_by for stretch in reveals.stretches(notebook)] == [[], ["read-six"], ["early", "sum"]]


def test_the_listing_has_each_cell_under_its_question(capsys):
    assert reveals.main(["00"]) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "00_start_here"
    assert next(line for line in lines if line.startswith("  ") and not line.startswith("   ")) == "  (before the first question)"
    assert any("solved-copy" in line for line in lines)
