"""The answer to an answer: data first, then its text and its HTML, which say the same."""
from abc import ABC, abstractmethod
from dataclasses import dataclass
from html import escape
from textwrap import fill

from resnext_edu.errors import ConfigError, nearest_name
from resnext_edu.table import with_code

NOT_ATTEMPTED, RIGHT, WRONG, UNCLEAR, STOPPED = "not attempted", "right", "wrong", "not understood", "stopped"
VERDICTS = {  # word → what is shown, and the line beside the text: in ink only, so that it works in any theme
    NOT_ATTEMPTED: ("– not attempted yet", "3px dashed"),
    RIGHT: ("✓ right", "3px solid"),
    WRONG: ("✕ wrong", "6px double"),
    UNCLEAR: ("? not understood", "3px dotted"),
    STOPPED: ("■ stopped", "6px dashed"),
}


class _Shown:
    """Text and HTML of what has a `label`, a `frame`, `_paragraphs()` and perhaps `code`, lines kept as they are."""

    frame = "3px solid"
    code = ""

    def text(self, width: int = 100) -> str:
        """Lines of at most `width` letters, a paragraph each; code keeps its own lines."""
        first, *others = self._paragraphs()
        lines = [fill(paragraph, width, break_on_hyphens=False) for paragraph in (f"{self.label}: {first}", *others)]
        return "\n".join([*lines, *filter(None, [self.code])])

    def html(self) -> str:
        """The same as HTML, all of it escaped; without colours, classes or scripts."""
        first, *others = (with_code(escape(paragraph)) for paragraph in self._paragraphs())
        paragraphs = [f"<strong>{escape(self.label)}:</strong> {first}", *others]
        body = "".join(f'<p style="margin:4px 0">{paragraph}</p>' for paragraph in paragraphs)
        body += f'<pre style="margin:4px 0">{escape(self.code)}</pre>' if self.code else ""
        return f'<div style="border-left:{self.frame};padding:2px 12px;max-width:50em">{body}</div>'

    __repr__ = text
    _repr_html_ = html


@dataclass(frozen=True, repr=False)
class Verdict(_Shown):
    """What became of an answer. The last expression of a cell shows it.

    Parameters
    ----------
    status : str
        ``"not attempted"``, ``"right"``, ``"wrong"``, ``"not understood"`` (could not be read as an answer) or
        ``"stopped"`` (by the learner, before there was a verdict).
    message : str
        One sentence. Here and in all other texts, what stands in `backticks` is code.
    details : tuple of str
        A paragraph each: what is behind the answer, and why the truth is true.
    misconception, hint : str
        For a wrong answer whose misunderstanding is known: its name, and what to say to somebody who has it.

    Raises
    ------
    ConfigError
        If there is no such status.

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

    def __post_init__(self):
        if self.status not in VERDICTS:
            raise ConfigError(nearest_name("status", self.status, VERDICTS))
        object.__setattr__(self, "details", tuple(self.details))

    @property
    def label(self) -> str:
        """The status as it is shown, with its glyph."""
        return VERDICTS[self.status][0]

    @property
    def frame(self) -> str:
        return VERDICTS[self.status][1]

    def _paragraphs(self) -> list[str]:
        behind = [f"This looks like: {self.misconception}. {self.hint}"] if self.misconception else []
        return [self.message, *behind, *self.details]


@dataclass(frozen=True, repr=False)
class Card(_Shown):
    """Something to tell that is no verdict: a hint, a solution.

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

    def _paragraphs(self) -> list[str]:
        return [self.message, *self.details]


class Question(ABC):
    """What a lesson asks. Call it with an answer to get the verdict; a subclass says in `_judge` how it is found."""

    name: str

    @abstractmethod
    def _judge(self, attempt: object, *context: object) -> Verdict:
        """The verdict, unless the learner stops it."""

    def __call__(self, attempt: object = ..., *context: object) -> Verdict:
        """The verdict on `attempt`, which may be anything; the stop button of a notebook gives one, too."""
        try:
            return self._judge(attempt, *context)
        except KeyboardInterrupt:
            return Verdict(STOPPED, "you stopped the check before it came to an end.", (
                "Run the cell again for a verdict. If it never ends, look in your answer for a loop that goes round "
                "for ever.",))


def not_attempted(*details: str) -> Verdict:
    """The verdict on a blank that still holds its three dots."""
    return Verdict(NOT_ATTEMPTED, "replace the three dots with your answer and run both cells.", details)
