"""How long each lesson takes a beginner: words ÷ 130, 0.2 minutes a line of code and 2 a blank, rounded to five.

    python -m tools.minutes

What stands under "On your own" is counted apart, because a learner may leave it out. The pictures' texts are not read
by those who see the picture, so they don't count.
"""
import re
from typing import NamedTuple

from nbformat import NotebookNode

from tools import notebooks

WORDS_A_MINUTE, MINUTES_A_LINE, MINUTES_A_BLANK = 130, 0.2, 2
LONGEST = 50
ON_YOUR_OWN = re.compile(r"^## On your own", re.MULTILINE)


class Length(NamedTuple):
    """What there is to read, to run and to answer.

    Parameters
    ----------
    words, lines, blanks : int
    """

    words: int
    lines: int
    blanks: int

    @property
    def minutes(self) -> int:
        """How long that takes, to five minutes."""
        minutes = self.words / WORDS_A_MINUTE + MINUTES_A_LINE * self.lines + MINUTES_A_BLANK * self.blanks
        return 5 * round(minutes / 5)


def length_of(cells: list[NotebookNode]) -> Length:
    """What is in these cells."""
    prose = [re.sub(r"!\[[^\]]*\]\([^)]*\)", "", cell.source) for cell in cells if cell.cell_type == "markdown"]
    code = [cell for cell in cells if cell.cell_type == "code"]
    lines = [line for cell in code for line in cell.source.splitlines() if line.strip()]
    blanks = [cell for cell in code if "exercise" in cell.metadata.get("tags", [])]
    return Length(sum(len(text.split()) for text in prose), len(lines), len(blanks))


def parts_of(notebook: NotebookNode) -> tuple[Length, Length]:
    """The lesson, and what stands under "On your own"."""
    cells = [cell for cell in notebook.cells if cell.id != "solved-copy"]  # it is absent from a learner's copy
    own = next((place for place, cell in enumerate(cells) if ON_YOUR_OWN.search(cell.source)), len(cells))
    return length_of(cells[:own]), length_of(cells[own:])


def main() -> None:
    """Say how long each lesson is."""
    for path in notebooks.lessons():
        lesson, own = parts_of(notebooks.read(path))
        more = f"   on your own {own.minutes} ({own.words}, {own.lines}, {own.blanks})" if any(own) else ""
        print(f"{path.stem:40}{lesson.minutes:3} minutes ({lesson.words} words, {lesson.lines} lines, "
              f"{lesson.blanks} blanks){more}")


if __name__ == "__main__":
    main()
