"""A lesson without its answers: what gives one away is folded, and what the cells showed is cleared."""
import re
from typing import Any

REVEAL = "reveal"  # the tag of a cell whose text or code gives an answer away
OUTPUT_REVEALS = "reveal-output"  # of one of which only the output does: copies have none
SOLVED = "solved-copy"  # the id of the cell that says that a lesson is the solved copy
SUMMARY = "Read on when you have answered"
COMMENT = "# Folded until you have answered: Shift+Enter runs it, Enter or a click opens it."
# How a line begins that asks for something new: from there on nothing is folded.
SOMETHING_NEW = re.compile(r"#{1,6} |\*\*(Predict|Exercise|On your own|In practice|Further reading)\b")

NotebookCell = dict[str, Any]


def tags_of(cell: NotebookCell) -> list[str]:
    """The tags of a cell.

    Examples
    --------
    >>> tags_of({"metadata": {"tags": ["reveal"]}}), tags_of({})
    (['reveal'], [])
    """
    tags: list[str] = cell.get("metadata", {}).get("tags", [])
    return tags


def text_of(cell: NotebookCell) -> str:
    r"""The source of a cell, which a notebook keeps as one text or as its lines.

    Examples
    --------
    >>> text_of({"source": ["a\n", "b"]})
    'a\nb'
    """
    return "".join(cell["source"])


def three_parts(text: str) -> tuple[str, str, str]:
    r"""Prose in three parts: the heading above, what gives an answer away, and the next question.

    The part in the middle begins behind the headings of the first lines, if there are any. It ends before the next
    heading or the next line that asks for something new: one that begins with **Predict**, **Exercise** or the like.

    Examples
    --------
    >>> three_parts("All of them.\n\nTo think otherwise is common.\n\n**Predict.** How many?")
    ('', 'All of them.\n\nTo think otherwise is common.', '**Predict.** How many?')
    >>> three_parts("## What it costs\n\nA third.")
    ('## What it costs', 'A third.', '')
    """
    lines, fenced = text.strip().splitlines(), False
    begin = next((place for place, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    end = begin
    while end < len(lines) and (fenced or not SOMETHING_NEW.match(lines[end])):
        fenced ^= lines[end].startswith("```")
        end += 1
    above, middle, below = ("\n".join(part).strip() for part in (lines[:begin], lines[begin:end], lines[end:]))
    return above, middle, below


def with_fold(text: str) -> str:
    r"""Prose with what gives an answer away behind one line that opens with a click or with Enter.

    Examples
    --------
    >>> print(with_fold("All of them."))
    <details><summary>Read on when you have answered</summary>
    <BLANKLINE>
    All of them.
    <BLANKLINE>
    </details>
    """
    above, middle, below = three_parts(text)
    details = f"<details><summary>{SUMMARY}</summary>\n\n{middle}\n\n</details>" if middle else ""
    return "\n\n".join(filter(None, (above, details, below)))


def learners_cell(cell: NotebookCell) -> NotebookCell:
    """A cell as a learner first meets it: not run, and folded if it gives an answer away.

    Examples
    --------
    >>> cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["reveal"]}, "source": "x + x", "outputs": []}
    >>> learners_cell(cell)["metadata"]
    {'tags': ['reveal'], 'jupyter': {'source_hidden': True}}
    """
    gives_away, text = REVEAL in tags_of(cell), text_of(cell)
    made = {**cell, "metadata": dict(cell.get("metadata", {})), "source": text}
    if cell["cell_type"] == "code":
        made |= {"outputs": [], "execution_count": None}
        if gives_away:
            made["source"] = f"{COMMENT}\n{text}"
            made["metadata"]["jupyter"] = {**made["metadata"].get("jupyter", {}), "source_hidden": True}
    elif cell["cell_type"] == "markdown":
        made["source"] = with_fold(text) if gives_away else text
        made["source"] = made["source"].replace("../figures/", "figures/")  # which are laid out beside the copies
    return made
