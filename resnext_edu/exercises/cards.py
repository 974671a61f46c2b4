"""What a cell shows of a verdict, a hint or a solution: text and HTML, which say the same.

The HTML holds to what JupyterLab leaves of it in a notebook that is not trusted: no classes, no scripts, styles of the
plain sort. Its text has the colour of the page, light or dark, and its ground a tint that both let through.
"""
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from textwrap import fill
from typing import NamedTuple

from resnext_edu.table import with_code

GREEN, VERMILION, AMBER, GREY = "0,158,115", "213,94,0", "230,159,0", "128,128,128"  # as the colour-blind see them, too


class Edge(NamedTuple):
    """The line beside a card.

    Parameters
    ----------
    line : str
        Its style, which differs where colours can't be told apart.
    colour : str
        Red, green and blue; its tint is the ground.
    """

    line: str = "solid"
    colour: str = GREY


class Paragraph(NamedTuple):
    """A paragraph of a card.

    Parameters
    ----------
    lead : str
        Its beginning, in bold; it may be empty.
    rest : str
    """

    lead: str
    rest: str


class Shown(ABC):
    """Something that a cell shows, as text and as HTML; a subclass says what it consists of."""

    code: str = ""  # it stands at the end and keeps its own lines
    folds: "tuple[Card, ...]" = ()  # they open one after another, each in the one before; the text leaves them out

    @property
    def edge(self) -> Edge:
        """What stands beside it."""
        return Edge()

    @abstractmethod
    def paragraphs(self) -> Iterable[Paragraph]:
        """What is shown, in order."""

    def text(self, width: int = 100) -> str:
        """The paragraphs, in lines of at most `width` characters; code keeps its own lines."""
        lines = [fill(f"{lead} {rest}".strip(), width, break_on_hyphens=False) for lead, rest in self.paragraphs()]
        return "\n".join([*lines, *filter(None, [self.code])])

    def html(self) -> str:
        """The same as HTML, with all special characters escaped, and behind it what opens."""
        line, colour = self.edge
        return (f'<div style="border-left:6px {line} rgb({colour});background:rgba({colour},0.12);padding:6px 14px;'
                f'max-width:50em">{self._body()}{_nested(self.folds)}</div>')

    def _body(self) -> str:
        return "".join(_paragraph(*each) for each in self.paragraphs()) + _code(self.code)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


@dataclass(frozen=True, repr=False)
class Card(Shown):
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

    def paragraphs(self) -> Iterable[Paragraph]:
        """The label with the message, and the details."""
        return [Paragraph(f"{self.label}:", self.message), *(Paragraph("", detail) for detail in self.details)]

    def fold(self, inside: str) -> str:
        """The same behind a line that opens it, with more `inside` at its end."""
        texts = "".join(_paragraph("", text) for text in (self.message, *self.details))
        return (f'<details style="margin:6px 0"><summary style="cursor:pointer"><strong>{escape(self.label)}</strong>'
                f'</summary>{texts}{_code(self.code)}{inside}</details>')


def _paragraph(lead: str, rest: str) -> str:
    bold = f"<strong>{with_code(escape(lead))}</strong> " if lead else ""
    return f'<p style="margin:4px 0">{bold}{with_code(escape(rest))}</p>'


def _code(code: str) -> str:
    return f'<pre style="margin:4px 0;padding:4px 8px">{escape(code)}</pre>' if code else ""


def _nested(folds: "tuple[Card, ...]") -> str:
    return folds[0].fold(_nested(folds[1:])) if folds else ""
