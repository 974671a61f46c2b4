"""Run the lessons again and write them back so that a second run changes no byte: what `make notebooks` runs.

    python tools/notebooks.py [LESSON ...] [--check]

LESSON is the start of a name in notebooks/ (06) or a path; without it, all lessons run. A cell that raises stops
everything. The error names the lesson and the cell, and the file stays as it was.
"""
import argparse
import copy
import os
import re
import sys
from pathlib import Path

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ENVIRONMENT = {"PYTHONHASHSEED": "0", "TQDM_DISABLE": "1"}  # the same that the tests set
WIDGET = "application/vnd.jupyter.widget-view+json"

# All that a notebook says about itself. Whatever else stands there, such as an editor's settings, is dropped.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
        "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3",
    },
}
CELL_METADATA = ("tags", "jupyter", "slideshow", "editable", "deletable")  # nothing that depends on a run


class LessonError(Exception):
    """A lesson that did not run to its end."""


class ThisPython(AsyncKernelManager):
    """Runs the lessons in this Python: elsewhere on the machine, "python3" may mean another one to Jupyter."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """How Jupyter starts this Python."""
        return KernelSpec(resource_dir="", **get_kernel_dict(["--log-level=ERROR"]))


def lessons(folder: Path = NOTEBOOKS) -> list[Path]:
    """The notebooks of a folder, without what a learner makes beside them (.gitignore leaves out the same three)."""
    return sorted(path for path in folder.glob("*.ipynb") if not re.search(r"\.mine|-Copy|^Untitled", path.name))


def read(path: Path) -> NotebookNode:
    """The notebook as the file has it: nothing is repaired or checked."""
    text = path.read_text(encoding="utf-8")
    notebook: NotebookNode = nbformat.v4.reads(text)  # type: ignore[no-untyped-call]  # nbformat has no types
    return notebook


def normalise(notebook: NotebookNode) -> str:
    """The text of a notebook that is the same after each run: what may differ is left out, or replaced by a counter."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata, notebook.nbformat, notebook.nbformat_minor = METADATA, 4, 5
    models: dict[str, str] = {}  # the id of a widget in this run → its number
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        for output in cell.get("outputs", []):
            if view := output.get("data", {}).get(WIDGET):
                models.setdefault(view["model_id"], f"{len(models) + 1:032x}")
    # Sorted keys, and one space of indentation.
    text: str = nbformat.v4.writes(notebook).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]  # nbformat has no types
    return re.sub("|".join(models), lambda found: models[found[0]], text) if models else text


def execute(path: Path, timeout: int = 600) -> NotebookNode:
    """The notebook as it is after a run in a new kernel, in the notebook's own folder, as in JupyterLab.

    Raises
    ------
    LessonError
        If a cell has no id, raises, hangs or kills the kernel; with the lesson, the cell's id and the traceback.
    """
    notebook = read(path)
    if nameless := [number for number, cell in enumerate(notebook.cells, 1) if not cell.get("id")]:
        raise LessonError(f"{path.name}: cell number {nameless[0]} has no id; give it a short one that says what it is")
    started: list[str] = []
    client = NotebookClient(
        notebook, timeout=timeout, kernel_manager_class=ThisPython, resources={"metadata": {"path": str(path.parent)}},
        record_timing=False, coalesce_streams=True, store_widget_state=False, force_raise_errors=True,
        on_cell_start=lambda cell, cell_index: started.append(cell.id))
    try:
        return client.execute()
    except (CellControlSignal, DeadKernelError) as error:
        raise LessonError(f"{path.name}: cell {started[-1]!r} failed; the file is as it was\n{error}") from error


def choose(names: list[str]) -> list[Path]:
    """The lessons whose names begin with these, or all lessons if there are no names.

    Raises
    ------
    LessonError
        If no lesson has such a name.
    """
    chosen: list[Path] = []
    for name in names:
        fits = [Path(name)] if Path(name).is_file() else [path for path in lessons() if path.name.startswith(name)]
        if not fits:
            known = ", ".join(path.stem for path in lessons())
            raise LessonError(f"no lesson {name!r}; the lessons are: {known}")
        chosen += fits
    return chosen if names else lessons()


def refresh(path: Path, check: bool) -> bool:
    """Run one lesson, and write it unless this is only a check; → whether its bytes differ from before."""
    before = path.read_bytes()
    after = normalise(execute(path)).encode("utf-8")
    if after != before and not check:
        unfinished = path.with_name(path.name + ".part")  # a full disk or Ctrl-C must not leave half a lesson
        unfinished.write_bytes(after)
        unfinished.replace(path)
    return after != before


def main(arguments: list[str] | None = None) -> int:
    """Run the lessons that are named; → the exit status."""
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=summary, epilog=rest.split("\n\n")[1])
    parser.add_argument("lesson", nargs="*", help="for example 06 (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a lesson would change")
    options = parser.parse_args(arguments)
    os.environ.update(ENVIRONMENT)
    os.environ.pop("MPLBACKEND", None)  # a terminal's choice would change every picture
    word = "would change" if options.check else "rewritten"
    changed = 0
    try:
        for path in choose(options.lesson):
            print(f"{path.stem} … ", end="", flush=True)
            differs = refresh(path, options.check)
            changed += differs
            print(word if differs else "unchanged", flush=True)
    except LessonError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return int(options.check and changed > 0)


if __name__ == "__main__":
    sys.exit(main())
