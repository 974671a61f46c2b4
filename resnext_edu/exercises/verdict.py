"""What a learner gets for an attempt: first the data, then its text and its HTML, which say the same."""
import re
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from html import escape
from textwrap import fill
from typing import NamedTuple

from resnext_edu.errors import check_name
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.diagnosis import Reading, of_error
from resnext_edu.table import with_code

NOT_ATTEMPTED, RIGHT, WRONG, UNCLEAR, STOPPED = "not attempted", "right", "wrong", "not understood", "stopped"
VERDICTS = {  # status → its words, and the line beside the text, which has no colour and so works in any theme
    NOT_ATTEMPTED: ("– not attempted yet", "3px dashed"),
    RIGHT: ("✓ right", "3px solid"),
    WRONG: ("✕ wrong", "6px double"),
    UNCLEAR: ("? not understood", "3px dotted"),
    STOPPED: ("■ stopped", "6px dashed"),
}


class Parts(NamedTuple):
    """What a verdict or a card consists of.

    Parameters
    ----------
    label : str
        The words before the first paragraph.
    paragraphs : list of str
    frame : str
        The line beside the text, in CSS.
    code : str
        It stands at the end and keeps its own lines; it may be empty.
    """

    label: str
    paragraphs: list[str]
    frame: str = "3px solid"
    code: str = ""


class _Shown(ABC):
    """Something that a cell shows, as text and as HTML; a subclass says in `_parts` what it consists of."""

    @abstractmethod
    def _parts(self) -> Parts:
        """What is shown."""

    def text(self, width: int = 100) -> str:
        """The paragraphs, in lines of at most `width` characters; code keeps its own lines."""
        label, (first, *others), _, code = self._parts()
        lines = [fill(paragraph, width, break_on_hyphens=False) for paragraph in (f"{label}: {first}", *others)]
        return "\n".join([*lines, *filter(None, [code])])

    def html(self) -> str:
        """The same as HTML, with all special characters escaped; without colours, classes or scripts."""
        label, paragraphs, frame, code = self._parts()
        first, *others = (with_code(escape(paragraph)) for paragraph in paragraphs)
        body = "".join(f'<p style="margin:4px 0">{paragraph}</p>' for paragraph in (
            f"<strong>{escape(label)}:</strong> {first}", *others))
        body += f'<pre style="margin:4px 0">{escape(code)}</pre>' if code else ""
        return f'<div style="border-left:{frame};padding:2px 12px;max-width:50em">{body}</div>'

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


@dataclass(frozen=True, repr=False)
class Verdict(_Shown):
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

    def __post_init__(self) -> None:
        check_name("status", self.status, VERDICTS)
        object.__setattr__(self, "details", tuple(self.details))

    @property
    def label(self) -> str:
        """The status as it is shown, with its sign."""
        return VERDICTS[self.status][0]

    def _parts(self) -> Parts:
        behind = ([f"This looks like: {self.misconception}. {self.hint}"] if self.hint
                  else self.misconception.splitlines())
        return Parts(self.label, [self.message, *behind, *self.details], frame=VERDICTS[self.status][1])


@dataclass(frozen=True, repr=False)
class Card(_Shown):
    """A text that is not a verdict: a hint or a solution.

    Parameters
    ----------
    label : str
        What kind of text it is.
    message : str
        The first paragraph.
    details : tuple of str
        The other paragraphs.
    code : str
        It stands at the end and keeps its own lines.

    Examples
    --------
    >>> Card("solution", "a path has three convolutions.", code="weights = 256 * 4 + 3 * 3 * 4 * 4 + 4 * 256")
    solution: a path has three convolutions.
    weights = 256 * 4 + 3 * 3 * 4 * 4 + 4 * 256
    """

    label: str
    message: str
    details: tuple[str, ...] = ()
    code: str = ""

    def _parts(self) -> Parts:
        return Parts(self.label, [self.message, *self.details], code=self.code)


class Question(ABC):
    """What a lesson asks. Call it with an attempt to get the verdict, which a subclass finds in `_judge`."""

    name: str

    @abstractmethod
    def _judge(self, attempt: object, *context: object) -> Verdict:
        """The verdict on an attempt; `__call__` looks after a learner who stops it."""

    def __call__(self, attempt: object = ..., *context: object) -> Verdict:
        """The verdict on `attempt`, which may be anything; a press on the stop button gets a verdict, too."""
        try:
            return self._raised() or self._judge(attempt, *context)
        except KeyboardInterrupt:
            return Verdict(STOPPED, "you stopped the check before it came to an end.", (
                "Run the cell again for a verdict. If it never ends, look in your answer for a loop that goes round "
                "for ever.",))


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
