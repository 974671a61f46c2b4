"""Which misconceptions a class has: question by question, the most frequent first, with the reply that each got."""
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from resnext_edu.exercises import questions
from resnext_edu.exercises.verdict import NOT_ATTEMPTED, OTHER
from resnext_edu.grading.school_class import BEST_FIRST, SchoolClass


@dataclass(frozen=True)
class Misconception:
    """What several students have misunderstood in the same way.

    Parameters
    ----------
    label : str
        Its name, as in the verdict.
    reply : str
        What the course said to them.
    students : tuple of str
    typed : tuple of str
        What they typed, the most frequent first.
    """

    label: str
    reply: str
    students: tuple[str, ...]
    typed: tuple[str, ...]


@dataclass(frozen=True)
class QuestionOfClass:
    """How a class has answered one question.

    Parameters
    ----------
    lesson, name, text : str
    counts : mapping of str to int
        Status → how many students.
    misconceptions : tuple of Misconception
        The most frequent first.
    truth : str
        Of a prediction that somebody has made: what is true, and why.
    """

    lesson: str
    name: str
    text: str
    counts: dict[str, int]
    misconceptions: tuple[Misconception, ...]
    truth: str = ""

    @property
    def answered(self) -> int:
        """How many have tried."""
        return sum(count for status, count in self.counts.items() if status != NOT_ATTEMPTED)


def misunderstood(everybody: SchoolClass) -> list[QuestionOfClass]:
    """Each question with its misconceptions, in the order of the course."""
    return [_of_question(everybody, lesson, name) for lesson, name in everybody.questions]


def _of_question(everybody: SchoolClass, lesson: str, name: str) -> QuestionOfClass:
    given = [(student, everybody.answers[student, name]) for student in everybody.students
             if (student, name) in everybody.answers]
    statuses = Counter(answer.status for _, answer in given)
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for student, answer in given:
        for label, reply in answer.found:
            groups.setdefault(label, []).append((student, answer.typed, reply))
    found = [Misconception(label, _reply(label, [reply for *_, reply in group]),
                           tuple(student for student, *_ in group), _most_typed([typed for _, typed, _ in group]))
             for label, group in groups.items()]
    question = questions()[lesson][name]
    return QuestionOfClass(lesson, name, getattr(question, "question", name),
                           {status: statuses[status] for status in BEST_FIRST},
                           tuple(sorted(found, key=lambda each: (-len(each.students), each.label))),
                           next((answer.truth for _, answer in given if answer.truth), ""))


def _reply(label: str, replies: Sequence[str]) -> str:
    """What was said to most of them; there is no such reply to answers that have nothing in common."""
    if label == OTHER and len(set(replies)) > 1:
        return "No mistake that the course knows."
    return Counter(replies).most_common(1)[0][0]


def _most_typed(typed: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text, _ in sorted(Counter(typed).items(), key=lambda item: (-item[1], item[0])) if text)


def most_misunderstood(found: Sequence[QuestionOfClass], lesson: str,
                       most: int = 3) -> list[tuple[QuestionOfClass, Misconception]]:
    """The misconceptions of a lesson that most students share, one of each question."""
    named = [(question, [each for each in question.misconceptions if each.label != OTHER]) for question in found
             if question.lesson == lesson]
    pairs = [(question, misconceptions[0]) for question, misconceptions in named if misconceptions]
    return sorted(pairs, key=lambda pair: -len(pair[1].students))[:most]


def most_left_open(found: Sequence[QuestionOfClass], most: int = 3) -> list[QuestionOfClass]:
    """The questions that most students have not attempted, and at least a quarter of those who handed in the lesson."""
    many = [question for question in found if 4 * question.counts[NOT_ATTEMPTED] >= sum(question.counts.values()) > 0]
    return sorted(many, key=lambda question: -question.counts[NOT_ATTEMPTED])[:most]
