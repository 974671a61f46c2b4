"""From what a student's process said to the verdicts, in a process in which no student's code has run."""
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from resnext_edu.errors import message_of
from resnext_edu.exercises import Exercise, Prediction, Question, Verdict
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.raised import power_in, reading_of
from resnext_edu.exercises.verdict import NOT_ATTEMPTED, RIGHT, UNCLEAR, WRONG
from resnext_edu.grading.answers import TypedAnswer
from resnext_edu.grading.carried import of_data, outcome_of_data

COULD_NOT_RUN = "could not run"
OTHER = "something else"  # a wrong answer like which none stands in the bank


@dataclass(frozen=True)
class Graded:
    """The verdict on one answer.

    Parameters
    ----------
    question : str
    status : str
        "right", "wrong", "not understood", "not attempted" or "could not run".
    typed : str
        What the student typed.
    message : str
        The first sentence of the reply.
    found : tuple of (str, str)
        What was misunderstood, and the reply that it got; several, where several choices were asked for.
    """

    question: str
    status: str
    typed: str = ""
    message: str = ""
    found: tuple[tuple[str, str], ...] = ()

    def to_record(self) -> dict[str, Any]:
        """As data, for a file."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Graded":
        """What `to_record` made."""
        return cls(record["question"], record["status"], record["typed"], record["message"],
                   tuple((label, reply) for label, reply in record["found"]))


def graded(question: Question, answer: TypedAnswer | None, record: Mapping[str, Any] | None) -> Graded:
    """The verdict on what a student's process said about one answer.

    Parameters
    ----------
    question : Question
        With its truth.
    answer : TypedAnswer or None
        None if there is no cell for it.
    record : mapping or None
        None if the process said nothing: it has ended before.
    """
    if answer is None:
        return Graded(question.name, NOT_ATTEMPTED, message="There is no cell for it in the notebook.")
    if record is None:
        return Graded(question.name, COULD_NOT_RUN, answer.typed, "The process has ended before there was an answer.",
                      (("the answer ended the process", "An answer must not end Python, or need too much memory."),))
    try:
        if record.get("raised"):
            return _of_raised(question, answer, Raised(*map(str, record["raised"][:3])))
        if "outcomes" in record and isinstance(question, Exercise):
            verdict = question.judge.verdict_on([outcome_of_data(data) for data in record["outcomes"]])
        else:
            verdict = question._judge(of_data(record.get("value")))
    except Exception as error:  # what came out of the process was not made by `as_data`
        return Graded(question.name, COULD_NOT_RUN, answer.typed, f"The answer can't be judged ({message_of(error)}).")
    return Graded(question.name, verdict.status, answer.typed, verdict.message,
                  tuple(_found(question, verdict, answer)))


def _of_raised(question: Question, answer: TypedAnswer, raised: Raised) -> Graded:
    if raised.kind == "TooLong":
        return Graded(question.name, COULD_NOT_RUN, answer.typed, "It took too long.",
                      (("an answer that never ends", "Is there a loop that goes round for ever?"),))
    reading = reading_of(raised, answer.code)
    found = (reading.misconception, reading.hint) if reading else (f"raised `{raised.kind}`", raised.words)
    return Graded(question.name, COULD_NOT_RUN, answer.typed, f"It raised `{raised.kind}`: {raised.words}", (found,))


def _found(question: Question, verdict: Verdict, answer: TypedAnswer) -> list[tuple[str, str]]:
    """What was misunderstood, each with the reply that it got."""
    if verdict.status in (RIGHT, NOT_ATTEMPTED):
        return []
    if verdict.hint:
        return [(verdict.misconception, verdict.hint)]
    if verdict.status == WRONG and isinstance(question, Prediction):
        remarks = [line for line in verdict.misconception.splitlines() if re.match("(Missed|Too many): ", line)]
        if remarks:
            return [(first, rest) for first, _, rest in (_first_part(line) for line in remarks)]
        return [(verdict.message.partition(";")[0].replace("You predicted", "predicted"), verdict.misconception)]
    if verdict.status == WRONG and (power := power_in(answer.code)):
        return [(power.misconception, power.hint)]
    if verdict.status == UNCLEAR:
        return [(verdict.message, verdict.misconception)]
    return [(OTHER, verdict.misconception or verdict.message)]


def _first_part(line: str) -> tuple[str, str, str]:
    """'Missed: "nine". It is odd.' in two: the choice, and the remark on it."""
    match = re.match(r'((?:Missed|Too many): (?:"[^"]*"|[^.]*(?:\.\d[^.]*)*))\.\s*(.*)', line)
    return (match[1], "", match[2]) if match else (line, "", "")
