"""What a learner gets for an attempt, and what every question has in common."""
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from resnext_edu.errors import check_name
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.cards import AMBER, GREEN, GREY, VERMILION, Card, Edge, Paragraph, Shown
from resnext_edu.exercises.diagnosis import Reading, of_error

NOT_ATTEMPTED, RIGHT, WRONG, UNCLEAR, STOPPED = "not attempted", "right", "wrong", "not understood", "stopped"
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
            verdict = self._raised() or self._judge(attempt, *context)
        except KeyboardInterrupt:
            verdict = Verdict(STOPPED, "you stopped the check before it came to an end.", (
                "Run the cell again for a verdict. If it never ends, look in your answer for a loop that goes round "
                "for ever.",))
        return verdict if verdict.status == RIGHT else replace(verdict, folds=self.folds)

    def _raised(self) -> Verdict | None:
        """The verdict if the cell that was run last held the answer and raised: what the name stands for is old."""
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        last = getattr(shell, "last_execution_result", None)
        error = getattr(last, "error_before_exec", None) or getattr(last, "error_in_exec", None)
        source = str(getattr(getattr(last, "info", None), "raw_cell", ""))
        holds_the_answer = re.search(rf"\b{self.name}\s*=(?!=)|def {self.name}\b", source)
        if not isinstance(error, Exception) or not holds_the_answer:
            return None
        raised = Raised.of(error)
        reading = _without_quotes(raised, source) or of_error(raised)
        return Verdict(UNCLEAR, f"the cell with your answer raised `{raised.kind}`: {raised.words}",
                       ("So there is no new answer to judge. Correct the cell, and run it again.",), *(reading or ()))


def _without_quotes(raised: Raised, source: str) -> Reading | None:
    """The reading of an answer that is one bare word, or several."""
    typed = re.search(r"=\s*(.+)", source)
    if raised.kind not in ("NameError", "SyntaxError") or not typed or not re.fullmatch(r"[\w ×]+", typed[1].strip()):
        return None
    if typed[1].strip() in ("true", "false"):
        return Reading("a truth value without its capital", "Python writes `True` and `False`.")
    return Reading("a text without its quotes", "Without quotes, Python looks for a variable of this name.")


def not_attempted(*details: str) -> Verdict:
    """The verdict on a blank that still holds its three dots."""
    return Verdict(NOT_ATTEMPTED, "replace the three dots with your answer and run both cells.", details)
