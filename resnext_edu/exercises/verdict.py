"""The answer to an answer: data first, then its text and its HTML, which say the same."""
import re
from dataclasses import dataclass
from html import escape
from textwrap import fill

from resnext_edu.errors import ConfigError, nearest_name

NOT_ATTEMPTED, RIGHT, WRONG, UNCLEAR = "not attempted", "right", "wrong", "not understood"
STATUSES = {  # word → what is shown, and the line beside the text: in ink only, so that it works in any theme
    NOT_ATTEMPTED: ("– not attempted yet", "3px dashed"),
    RIGHT: ("✓ right", "3px solid"),
    WRONG: ("✕ wrong", "6px double"),
    UNCLEAR: ("? not understood", "3px dotted"),
}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What became of an answer. The last expression of a cell shows it.

    Parameters
    ----------
    status : str
        ``"not attempted"``, ``"right"``, ``"wrong"`` or ``"not understood"`` (could not be read as an answer).
    message : str
        One sentence. Here and in `details`, text in `backticks` is code.
    details : tuple of str
        A paragraph each: what is behind the answer, and why the truth is true.

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

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ConfigError(nearest_name("status", self.status, STATUSES))
        object.__setattr__(self, "details", tuple(self.details))

    @property
    def label(self) -> str:
        """The status as it is shown, with its glyph."""
        return STATUSES[self.status][0]

    def text(self, width: int = 100) -> str:
        """The verdict in lines of at most `width` letters, a paragraph each."""
        return "\n".join(fill(paragraph, width) for paragraph in (f"{self.label}: {self.message}", *self.details))

    def html(self) -> str:
        """The same as HTML, all of it escaped; without colours, classes or scripts."""
        first, *others = (_code(escape(paragraph)) for paragraph in (self.message, *self.details))
        paragraphs = [f"<strong>{escape(self.label)}:</strong> {first}", *others]
        body = "".join(f'<p style="margin:4px 0">{paragraph}</p>' for paragraph in paragraphs)
        return f'<div style="border-left:{STATUSES[self.status][1]};padding:2px 12px;max-width:50em">{body}</div>'

    __repr__ = text
    _repr_html_ = html


def not_attempted(*details: str) -> Verdict:
    """The verdict on a blank that still holds its three dots."""
    return Verdict(NOT_ATTEMPTED, "replace the three dots with your answer and run both cells.", details)


def _code(escaped: str) -> str:
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escaped)
