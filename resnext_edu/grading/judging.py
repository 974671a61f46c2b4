"""From what a student's process said to the verdicts, in a process in which no student's code has run."""
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from resnext_edu.errors import message_of
from resnext_edu.exercises import Exercise, Prediction, Question, Verdict
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.raised import power_in, reading_of
from resnext_edu.exercises.verdict import NOT_ATTEMPTED, RIGHT, WRONG, misunderstandings
from resnext_edu.grading.answers import TypedAnswer
from resnext_edu.grading.carried import of_data, outcome_of_data

COULD_NOT_RUN = "could not run"


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
    truth : str
        Of a prediction: what is true, and why.
    """

    question: str
    status: str
    typed: str = ""
    message: str = ""
    found: tuple[tuple[str, str], ...] = ()
    truth: str = ""

    def to_record(self) -> dict[str, Any]:
        """As data, for a file."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Graded":
        """What `to_record` made."""
        return cls(record["question"], record["status"], record["typed"], record["message"],
                   tuple((label, reply) for label, reply in record["found"]), record["truth"])


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
    if verdict.status == WRONG and not verdict.misconception and (power := power_in(answer.code)):
        verdict = replace(verdict, misconception=power.misconception, hint=power.hint)
    return Graded(question.name, verdict.status, answer.typed, verdict.message, misunderstandings(verdict),
                  _truth(question, verdict))


def _truth(question: Question, verdict: Verdict) -> str:
    """What a prediction's verdict says of the truth."""
    if not isinstance(question, Prediction) or verdict.status not in (RIGHT, WRONG):
        return ""
    chosen, _, other = verdict.message.partition("; it is ")
    truth = other.removesuffix(".") or chosen.removeprefix("You predicted ").removesuffix(", and so it is.")
    return " ".join([f"{truth}.", *verdict.details])


def _of_raised(question: Question, answer: TypedAnswer, raised: Raised) -> Graded:
    if raised.kind == "TooLong":
        return Graded(question.name, COULD_NOT_RUN, answer.typed, "It took too long.",
                      (("an answer that never ends", "Is there a loop that goes round for ever?"),))
    reading = reading_of(raised, answer.code)
    found = (reading.misconception, reading.hint) if reading else (f"raised `{raised.kind}`", raised.words)
    if raised.kind == "NameError" and f"'{question.name}'" in raised.words and answer.value == question.name:
        found = ("an answer under another name", f"Nothing in the cell gives a value to `{question.name}`.")
    return Graded(question.name, COULD_NOT_RUN, answer.typed, f"It raised `{raised.kind}`: {raised.words}", (found,))
