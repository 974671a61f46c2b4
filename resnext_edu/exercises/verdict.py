"""What a learner gets for an attempt, and what every question has in common."""
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from resnext_edu.errors import check_name
from resnext_edu.exercises.cards import AMBER, GREEN, GREY, VERMILION, Card, Edge, Paragraph, Shown
from resnext_edu.exercises.noting import note
from resnext_edu.exercises.raised import raised_by, read_in_code

NOT_ATTEMPTED, RIGHT, WRONG, UNCLEAR, STOPPED = "not attempted", "right", "wrong", "not understood", "stopped"
OF_A_SET = re.compile(r'(Missed|Too many): ("[^"]*"|[^ ]+)\.(?: (.*))?$')  # a line of a `SetPrediction`'s verdict
OTHER = "something else"  # the label of a wrong answer like which none stands in the bank
VERDICTS = {  # status → its words, and what stands beside the text
    NOT_ATTEMPTED: ("– not attempted yet", Edge("dashed", GREY)),
    RIGHT: ("✓ right", Edge("solid", GREEN)),
    WRONG: ("✕ wrong", Edge("double", VERMILION)),
    UNCLEAR: ("? not understood", Edge("dotted", AMBER)),
    STOPPED: ("■ stopped", Edge("dashed", AMBER)),
}


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """What became of an attempt. The last expression of a cell shows it.

    Parameters
    ----------
    status : str
        ``"not attempted"``, ``"right"``, ``"wrong"``, ``"not understood"`` (the attempt could not be read) or
        ``"stopped"`` (by the learner, before there was a verdict).
    message : str
        One sentence. In all texts, words in `backticks` are code.
    details : tuple of str
        A paragraph each, such as why the truth is true.
    misconception, hint : str
        For a wrong attempt whose misconception is known: its name, and what to say to somebody who has it. Without a
        hint, the misconception is a remark in whole sentences, a line for each.
    folds : tuple of Card
        What can be opened below it, one after another: hints, and then the solution. They are part of its HTML only.

    Raises
    ------
    ConfigError
        If the status is unknown.

    Examples
    --------
    >>> Verdict("right", "You predicted 256, and so it is.", ("Every path reads the whole input.",))
    ✓ right: You predicted 256, and so it is.
    Every path reads the whole input.
    """

    status: str
    message: str
    details: tuple[str, ...] = ()
    misconception: str = ""
    hint: str = ""
    folds: tuple[Card, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        check_name("status", self.status, VERDICTS)
        object.__setattr__(self, "details", tuple(self.details))

    @property
    def label(self) -> str:
        """The status as it is shown, with its sign."""
        return VERDICTS[self.status][0]

    @property
    def edge(self) -> Edge:
        """The line and the colour of its status."""
        return VERDICTS[self.status][1]

    def paragraphs(self) -> Iterator[Paragraph]:
        """The message, what the attempt looks like, and the details."""
        yield Paragraph(f"{self.label}:", self.message)
        if self.hint:
            yield Paragraph(f"This looks like: {self.misconception}.", self.hint)
        else:
            for remark in self.misconception.splitlines():
                first, *others = re.split(r"(?<=[.?]) ", remark, maxsplit=1)
                yield Paragraph(first, "".join(others))
        yield from (Paragraph("", detail) for detail in self.details)


class Question(ABC):
    """What a lesson asks. Call it with an attempt to get the verdict, which a subclass finds in `_judge`."""

    name: str

    @property
    def folds(self) -> tuple[Card, ...]:
        """What helps with this question, for whoever has not answered it rightly."""
        return ()

    @abstractmethod
    def _judge(self, attempt: object, *context: object) -> Verdict:
        """The verdict on an attempt; `__call__` looks after a learner who stops it."""

    def __call__(self, attempt: object = ..., *context: object) -> Verdict:
        """The verdict on `attempt`, which may be anything; a press on the stop button gets a verdict, too."""
        try:
            verdict = self._out_of_date() or self._judge(attempt, *context)
            if verdict.status == WRONG and not verdict.misconception and (reading := read_in_code(self.name)):
                verdict = replace(verdict, misconception=reading.misconception, hint=reading.hint)
        except KeyboardInterrupt:
            verdict = Verdict(STOPPED, "you stopped the check before it came to an end.", (
                "Run the cell again for a verdict. If it never ends, look in your answer for a loop that goes round "
                "for ever.",))
        if verdict.status in (RIGHT, WRONG, UNCLEAR):
            note(self.name, verdict.status, [label for label, _ in misunderstandings(verdict)])
        return verdict if verdict.status == RIGHT else replace(verdict, folds=self.folds)

    def _out_of_date(self) -> Verdict | None:
        """The verdict if the cell that should give the answer raised: what the name stands for is older."""
        found = raised_by(self.name)
        if found is None:
            return None
        raised, reading = found
        return Verdict(UNCLEAR, f"the cell with your answer raised `{raised.kind}`: {raised.words}",
                       ("So there is no new answer to judge. Correct the cell, and run it again.",), *(reading or ()))


def not_attempted(*details: str) -> Verdict:
    """The verdict on a blank that still holds its three dots."""
    return Verdict(NOT_ATTEMPTED, "replace the three dots with your answer and run both cells.", details)


def misunderstandings(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    r"""What was misunderstood, each with the reply that it got: several, where several choices were asked for.

    Examples
    --------
    >>> misunderstandings(Verdict("wrong", "9 is too large.", (), "the square", "Twice 3 is 3 + 3."))
    (('the square', 'Twice 3 is 3 + 3.'),)
    >>> misunderstandings(Verdict("wrong", "You predicted 4; it is 8.", (), "That is one path."))
    (('predicted 4', 'That is one path.'),)
    >>> misunderstandings(Verdict("wrong", "You predicted …", (), 'Right: "two".\nMissed: "nine". It is 3 × 3.'))
    (('left out "nine"', 'It is 3 × 3.'),)
    """
    if verdict.status in (RIGHT, NOT_ATTEMPTED, STOPPED):
        return ()
    if verdict.hint:
        return ((verdict.misconception, verdict.hint),)
    if verdict.status == WRONG and verdict.message.startswith("You predicted "):
        of_a_set = [match for line in verdict.misconception.splitlines() if (match := OF_A_SET.match(line))]
        return tuple((f"{'left out' if word == 'Missed' else 'chose'} {choice}", remark or "")
                     for word, choice, remark in (match.groups() for match in of_a_set)) or (
            (verdict.message.partition(";")[0].removeprefix("You "), verdict.misconception),)
    if verdict.status == UNCLEAR:
        unlisted = verdict.message.endswith(" is not one of the choices.")
        return (("not one of the choices" if unlisted else verdict.message, verdict.misconception),)
    return ((OTHER, verdict.misconception or verdict.message),)
