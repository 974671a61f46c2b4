"""What a class has answered: student × question, and the best answer where there are several."""
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO

from resnext_edu.exercises import questions
from resnext_edu.exercises.verdict import NOT_ATTEMPTED, RIGHT, UNCLEAR, WRONG
from resnext_edu.grading.handed_in import HandedIn
from resnext_edu.grading.judging import COULD_NOT_RUN, Graded
from resnext_edu.grading.one_file import FileResult

BEST_FIRST = (RIGHT, WRONG, UNCLEAR, COULD_NOT_RUN, NOT_ATTEMPTED)
NOT_HANDED_IN = ""


@dataclass(frozen=True)
class SchoolClass:
    """All that was handed in, with what was found in it.

    Parameters
    ----------
    files : sequence of (HandedIn, FileResult)
    """

    files: Sequence[tuple[HandedIn, FileResult]]

    @property
    def troubled(self) -> list[tuple[HandedIn, FileResult]]:
        """The files from which nothing could be taken."""
        return [(file, result) for file, result in self.files if result.trouble]

    @cached_property
    def students(self) -> list[str]:
        """All who have handed in something, in the order of the alphabet."""
        return sorted({file.student for file, _ in self.files}, key=lambda name: (name.casefold(), name))

    @cached_property
    def lessons(self) -> list[str]:
        """The lessons that somebody has handed in, such as "lesson_06"."""
        return sorted({result.lesson for _, result in self.files if result.lesson and not result.trouble})

    @cached_property
    def questions(self) -> list[tuple[str, str]]:
        """(lesson, question), in the order of the course."""
        return [(lesson, name) for lesson in self.lessons for name in questions()[lesson]]

    @cached_property
    def answers(self) -> Mapping[tuple[str, str], Graded]:
        """(student, question) → the best answer in all their files; without those who handed in no such lesson."""
        found: dict[tuple[str, str], Graded] = {}
        for file, result in self.files:
            for answer in result.answers:
                key = (file.student, answer.question)
                if key not in found or _rank(answer) < _rank(found[key]):
                    found[key] = answer
        return found

    def cell(self, student: str, question: str) -> str:
        """What stands in the table: "right", or "wrong: " and what was misunderstood; empty if not handed in."""
        answer = self.answers.get((student, question))
        if answer is None:
            return NOT_HANDED_IN
        labels = "; ".join(label for label, _ in answer.found)
        return f"{answer.status}: {labels}" if labels else answer.status

    def right(self, student: str, lesson: str) -> int | None:
        """How many of a lesson's questions a student has right; None if the lesson was not handed in."""
        given = [self.answers[student, name] for name in questions()[lesson] if (student, name) in self.answers]
        return sum(answer.status == RIGHT for answer in given) if given else None

    def to_csv(self) -> str:
        """The table as a spreadsheet reads it. No cell begins a formula."""
        out = StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        numbers = {lesson: lesson.removeprefix("lesson_") for lesson in self.lessons}
        writer.writerow(["student", *(f"{numbers[lesson]} right of {len(questions()[lesson])}" for lesson in numbers),
                         *(f"{numbers[lesson]} {name}" for lesson, name in self.questions)])
        for student in self.students:
            writer.writerow([_no_formula(student), *(self.right(student, lesson) for lesson in self.lessons),
                             *(self.cell(student, name) for _, name in self.questions)])
        return out.getvalue()


def _rank(answer: Graded) -> int:
    return BEST_FIRST.index(answer.status)


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
