"""Which cells of a lesson give which answers away? What the tags say, question by question.

    python -m tools.reveals [LESSON ...]

LESSON is the start of a name in notebooks/ (06); without it, all lessons. CONTRIBUTING.md has the rule for the tags.
"""
import sys
from dataclasses import dataclass, field

from nbformat import NotebookNode

from resnext_edu.learner.unsolved import OUTPUT_REVEALS, REVEAL, tags_of, three_parts
from tools.notebooks import choose, read

MARKS = (REVEAL, OUTPUT_REVEALS)


@dataclass
class Stretch:
    """A question, and the cells from its blank to the next one.

    Parameters
    ----------
    name : str
        The exercise; "" for what stands above the first one.
    cells : list
        What stands behind the blank.
    told_by : list of str
        The ids of the cells that are tagged because they give its answer away.
    """

    name: str
    cells: list[NotebookNode] = field(default_factory=list)
    told_by: list[str] = field(default_factory=list)


def stretches(notebook: NotebookNode) -> list[Stretch]:
    """The lesson, cut before each blank."""
    found = [Stretch("")]
    for cell in notebook.cells:
        if names := [tag.partition(":")[2] for tag in tags_of(cell) if tag.startswith("exercise:")]:
            found.append(Stretch(names[0]))
        else:
            found[-1].cells.append(cell)
    for stretch in found:
        for cell in stretch.cells:
            others = [tag.partition(":")[2] for tag in tags_of(cell) if tag.startswith(f"{REVEAL}:")]
            told = others or [stretch.name] if {*MARKS} & {*tags_of(cell)} else []
            for other in found:
                other.told_by += [cell.id] * (other.name in told)
    return found


def faults(notebook: NotebookNode) -> list[str]:
    """What is wrong with the tags of a lesson, in a sentence each."""
    found, said = stretches(notebook), []
    names = {stretch.name for stretch in found[1:]}
    said += [f"{name}: no cell is tagged that gives its answer away" for name in sorted(names)
             if not any(stretch.told_by for stretch in found if stretch.name == name)]
    for cell in notebook.cells:
        tags = tags_of(cell)
        others = [tag.partition(":")[2] for tag in tags if tag.startswith(f"{REVEAL}:")]
        marked = [tag for tag in tags if tag in MARKS]
        said += [f"{cell.id}: there is no exercise {name!r}" for name in others if name not in names]
        if len(marked) > 1 or (others and not marked):
            said.append(f"{cell.id}: it must have one of the tags {' and '.join(MARKS)}")
        if marked and ("exercise" in tags or cell.source.startswith("check.")):
            said.append(f"{cell.id}: a blank and its check give nothing away")
        if marked == [OUTPUT_REVEALS] and cell.cell_type != "code":
            said.append(f"{cell.id}: only code has an output")
        if REVEAL in marked and cell.source.startswith("%"):
            said.append(f"{cell.id}: a cell that begins with % can't be folded")
        if REVEAL in marked and cell.cell_type == "markdown" and not three_parts(cell.source)[1]:
            said.append(f"{cell.id}: there is nothing to fold before the next heading or question")
    said += [f"{cell.id}: no question stands above it; say with {REVEAL}:NAME which one it answers"
             for cell in found[0].cells if {*MARKS} & {*tags_of(cell)}
             and not any(tag.startswith(f"{REVEAL}:") for tag in tags_of(cell))]
    return said


def listing(notebook: NotebookNode) -> list[str]:
    """A line for each question, and one for each cell behind it, with its tag and how it begins."""
    lines = []
    for stretch in stretches(notebook):
        lines.append(f"\n  {stretch.name or '(before the first question)'}")
        for cell in stretch.cells:
            tags = " ".join(tag for tag in tags_of(cell) if tag.startswith(REVEAL))
            begin = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
            lines.append(f"    {tags or '·':16} {cell.cell_type[:4]}  {cell.id:32} {begin[:60]}")
    return lines


def main(arguments: list[str]) -> int:
    """Print it; → 1 if something is wrong with the tags."""
    wrong = 0
    for path in choose(arguments):
        notebook = read(path)
        print("\n".join([path.stem, *listing(notebook)]), end="\n\n")
        for fault in faults(notebook):
            print(f"  ✕ {fault}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
