"""`make notebooks`: a second run changes no byte, and an error changes nothing at all."""
import copy
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, reads, writes

from tools import notebooks as tool


def test_normal_form_counts_widgets_in_order_of_appearance():
    def notebook(*models):
        views = [new_output("display_data", data={tool.WIDGET: {"model_id": model}}) for model in models]
        return new_notebook(cells=[new_code_cell("widget", id="widget", execution_count=1, outputs=views)])

    once = tool.normalise(notebook("f" * 32, "a" * 32, "f" * 32))
    assert re.findall(r'"model_id": "0*(\d+)"', once) == ["1", "2", "1"]
    assert tool.normalise(notebook(f"{2:032x}", f"{1:032x}", f"{2:032x}")) == once  # ids that another run gave


def test_normal_form_is_a_fixed_point_and_changes_nothing_that_a_lesson_says():
    notebook = new_notebook(cells=[
        new_markdown_cell("# A title\n\ntext", id="opening"),
        new_code_cell("1\n\n2", id="numbers", outputs=[new_output("display_data", data={"text/plain": "a\nb"})]),
    ])
    notebook.metadata = {"widgets": {}, "language_info": {"version": "3.11.2"}, "vscode": {}}
    notebook.cells[1].metadata = {"tags": ["exercise", "exercise:x"], "execution": {}, "scrolled": True}
    before, text = copy.deepcopy(notebook), tool.normalise(notebook)
    assert notebook == before
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    again = reads(text)
    assert tool.normalise(again) == text
    assert again.metadata == tool.METADATA
    assert "version" not in again.metadata.language_info
    assert again.cells[1].metadata == {"tags": ["exercise", "exercise:x"]}
    assert [(cell.id, cell.source) for cell in again.cells] == [(cell.id, cell.source) for cell in before.cells]


def test_a_learners_copies_are_left_alone(tmp_path):
    for name in ("06_prove.ipynb", "06_prove.mine.ipynb", "06_prove.mine-2.ipynb", "00_start.ipynb",
                 "00_start-Copy1.ipynb", "Untitled.ipynb"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [path.name for path in tool.lessons(tmp_path)] == ["00_start.ipynb", "06_prove.ipynb"]


@pytest.fixture
def same_environment(monkeypatch):
    """The tool sets variables for its kernels; they are put back behind the test."""
    for name in (*tool.ENVIRONMENT, "MPLBACKEND"):
        monkeypatch.setenv(name, "agg")


@pytest.mark.usefixtures("same_environment")
def test_a_second_run_changes_no_byte(tmp_path, capsys):
    path = tmp_path / "00_try.ipynb"
    cells = ["import os\nimport ipywidgets", "ipywidgets.HTML('one')",
             "print(1, flush=True)\nprint(2)\nipywidgets.HTML('two')",
             "print(os.getcwd(), *map(os.environ.get, ['PYTHONHASHSEED', 'TQDM_DISABLE', 'MPLBACKEND']), sep='\\n')"]
    notebook = new_notebook(cells=[new_code_cell(source, id=f"cell-{place}") for place, source in enumerate(cells)])
    path.write_text(writes(notebook), encoding="utf-8")
    before = path.read_bytes()
    assert tool.main([str(path), "--check"]) == 1
    assert path.read_bytes() == before
    assert tool.main([str(path)]) == 0
    first = path.read_bytes()
    assert tool.main([str(path)]) == 0
    assert path.read_bytes() == first
    assert tool.main([str(path), "--check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "00_try … would change", "00_try … rewritten", "00_try … unchanged", "00_try … unchanged"]
    run = tool.read(path)
    assert run.cells[2].outputs[0].text == "1\n2\n"
    folder, *variables, backend = run.cells[3].outputs[0].text.splitlines()
    assert Path(folder) == tmp_path.resolve()  # the notebook's own, as in JupyterLab
    assert variables == ["0", "1"]
    assert "inline" in backend
    assert [file.name for file in tmp_path.iterdir()] == ["00_try.ipynb"]


@pytest.mark.usefixtures("same_environment")
def test_an_error_names_lesson_and_cell_and_leaves_the_file(tmp_path, capsys):
    path = tmp_path / "00_try.ipynb"
    path.write_text(writes(new_notebook(cells=[
        new_markdown_cell("text", id="opening"), new_code_cell("1 / 0", id="divide"), new_code_cell("2", id="after"),
    ])), encoding="utf-8")
    before = path.read_bytes()
    assert tool.main([str(path)]) == 1
    assert path.read_bytes() == before
    text = capsys.readouterr().err
    assert "00_try.ipynb: cell 'divide' failed; the file is as it was" in text
    assert "ZeroDivisionError: division by zero" in re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.usefixtures("same_environment")
def test_unknown_lessons_and_nameless_cells_are_refused(tmp_path, capsys):
    assert tool.main(["99"]) == 1
    assert "no lesson '99'; the lessons are: " in capsys.readouterr().err
    notebook = new_notebook(cells=[new_code_cell("1")])
    del notebook.cells[0]["id"]
    (tmp_path / "00_try.ipynb").write_text(writes(notebook), encoding="utf-8")
    assert tool.main([str(tmp_path / "00_try.ipynb")]) == 1
    assert "00_try.ipynb: cell number 1 has no id; give it a short one" in capsys.readouterr().err
