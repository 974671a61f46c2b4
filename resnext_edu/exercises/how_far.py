"""A learner's own card: what is done, and what was misunderstood most."""
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from resnext_edu.course import PROGRESS
from resnext_edu.errors import DataError, one_line, path_of
from resnext_edu.exercises.noting import Noted, noted_in
from resnext_edu.exercises.verdict import OTHER, RIGHT, WRONG, Question
from resnext_edu.table import Table, WithNotes

NOTHING = "Nothing is noted yet. Answer a question in your own copy of a lesson, and run this again."
HARDEST = 3  # how many questions the card names


@dataclass(frozen=True, repr=False)
class HowFar(WithNotes):
    """How far a learner is; it shows itself.

    Parameters
    ----------
    noted : tuple of Noted
        How checks ended, the oldest first.
    asked : mapping of str to (mapping of str to Question)
        The lessons with their questions.
    """

    noted: tuple[Noted, ...]
    asked: dict[str, dict[str, Question]]

    @cached_property
    def right(self) -> set[str]:
        """The questions that were answered rightly once."""
        return {each.question for each in self.noted if each.status == RIGHT}

    @cached_property
    def hardest(self) -> list[tuple[str, int]]:
        """The questions with the most wrong answers, and how many each got."""
        known = {name for questions in self.asked.values() for name in questions}
        return Counter(each.question for each in self.noted
                       if each.status == WRONG and each.question in known).most_common(HARDEST)

    def table(self) -> Table:
        """For each lesson that was begun: how many questions there are, were tried, and are right."""
        tried = {each.question for each in self.noted}
        counts = {lesson: (len(questions), len(tried & questions.keys()), len(self.right & questions.keys()))
                  for lesson, questions in self.asked.items()}
        rows = [(lesson.removeprefix("lesson_"), *each) for lesson, each in counts.items() if each[1]]
        return Table(("lesson", "questions", "tried", "right"), rows, align="lrrr", caption="How far you are",
                     footer=(f"all {len(counts)}", *map(sum, zip(*counts.values(), strict=True))))

    def text(self, width: int = 100) -> str:
        """The card in a fixed-width font."""
        return super().text(width) if self.noted else NOTHING

    def _repr_html_(self) -> str:
        return super()._repr_html_() if self.noted else f"<p>{NOTHING}</p>"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was misunderstood most, and what was said to it."""
        if not self.hardest:
            return ("Nothing was wrong so far.",)
        return ("What was hardest:", *map(self._of_question, (name for name, _ in self.hardest)))

    def _of_question(self, name: str) -> str:
        lesson = next(lesson for lesson, questions in self.asked.items() if name in questions)
        wrong = [each for each in self.noted if each.question == name and each.status == WRONG]
        labels = Counter(label for each in wrong for label in each.misunderstood if label != OTHER)
        read = "; ".join(label for label, _ in labels.most_common(2))
        question = getattr(self.asked[lesson][name], "question", name)
        return (f"{'✓' if name in self.right else '✕'} Lesson {lesson.removeprefix('lesson_')}: {question} "
                f"Wrong {'once' if len(wrong) == 1 else f'{len(wrong)} times'}{f' ({read})' if read else ''}"
                f"{', right by now' if name in self.right else ''}.")


def my_progress(folder: str | Path = ".") -> HowFar:
    """What you have done in your lessons, and what was hardest.

    It is read from one small file beside them, `progress.jsonl`. Nothing is sent to anybody. Empty the file to begin
    again; delete it, and nothing is noted until your lessons are opened by `lab` the next time.

    Parameters
    ----------
    folder : str or Path
        Where your lessons are; the folder of this notebook, if it is not given.

    Returns
    -------
    HowFar
        It shows itself.

    Raises
    ------
    DataError
        If there is such a file, but it can't be read.

    Examples
    --------
    >>> my_progress("my_lessons").right
    set()
    """
    from resnext_edu.exercises import questions

    file = path_of("folder", folder, "a folder") / PROGRESS
    try:
        noted = noted_in(file) if file.exists() else []
    except OSError as error:
        raise DataError(f"{one_line(file)} can't be read ({error.strerror})") from error
    return HowFar(tuple(noted), questions())
