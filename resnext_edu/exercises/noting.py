"""How the checks of a learner ended, in one small file beside the lessons: for the learner's own card, and nobody else.

Only a folder that has this file gets something written into it, and `lay_out` makes it only in a learner's.
"""
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resnext_edu.course import PROGRESS


@dataclass(frozen=True)
class Noted:
    """How a check ended.

    Parameters
    ----------
    question, status : str
    misunderstood : tuple of str
        What was misunderstood, if that is known.
    """

    question: str
    status: str
    misunderstood: tuple[str, ...] = ()


def note(question: str, status: str, misunderstood: Sequence[str]) -> None:
    """Note how a check ended, unless it ended in the same way the last time. Nothing raises: a lesson goes on.

    Parameters
    ----------
    question, status : str
    misunderstood : sequence of str
    """
    file, noted = Path(PROGRESS), Noted(question, status, tuple(misunderstood))
    with suppress(OSError, ValueError):
        if file.is_file() and noted not in [each for each in noted_in(file) if each.question == question][-1:]:
            line = {"question": question, "status": status, "misunderstood": list(misunderstood)}
            with file.open("a", encoding="utf-8") as end:
                end.write(json.dumps(line, ensure_ascii=False) + "\n")


def noted_in(file: Path) -> list[Noted]:
    """All that stands in the file, the oldest first. A line that is none of ours is passed over.

    Raises
    ------
    OSError
        If it can't be read.
    """
    found = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, LookupError, TypeError):
            data = json.loads(line)
            found.append(Noted(str(data["question"]), str(data["status"]), tuple(map(str, data["misunderstood"]))))
    return found
