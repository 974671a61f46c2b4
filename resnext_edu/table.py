"""Rows → a table: as text for a terminal, and as HTML with the same words.

The HTML carries inline styles only, and it reads well without colours, because JupyterLab strips
`<style>`, `var(...)` and `aria-*` from the outputs of a notebook that it does not trust yet.
"""
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import wrap
from typing import Any, NamedTuple

from resnext_edu.errors import ConfigError, number_of, positive_int, shown

FILLED = "background:#616161;color:#fff;"  # stands out on white and on black
GAP = "  "  # between two columns of text
RULE = "1px solid #808080"


class Mark(NamedTuple):
    """How a verdict is marked. It gets no colour, since the colours belong to the three convolutions."""

    glyph: str
    line: str  # the style of the frame around glyph and word, in CSS
    width: int  # of the frame's line, in pixels
    filled: bool = False


class Badge(ABC):
    """A cell that holds a verdict. A subclass says in `mark` how it looks; its `str` is what the cell says."""

    @property
    @abstractmethod
    def mark(self) -> Mark:
        """Its glyph and its frame."""

    def html(self) -> str:
        """The words in their frame, escaped."""
        style = (f"display:inline-block;padding:1px 8px;border:{self.mark.width}px {self.mark.line};border-radius:5px;"
                 f"font-weight:600;white-space:nowrap;{FILLED if self.mark.filled else ''}")
        return _tag("span", escape(str(self)), style)


Cell = str | int | float | Badge | None


@dataclass(frozen=True, repr=False)
class Table:
    """Headers, rows and perhaps a last row of totals; it shows itself as text and as HTML.

    A cell is a string, a number (ints get thousands separators), a `Badge`, or None (shown as –).
    All cells are escaped, so that none can contain markup.

    Parameters
    ----------
    headers : sequence of str
        One for each column.
    rows : sequence of sequences
        Each as long as `headers`. A line break in a string is kept.
    caption : str
        What the table shows; it stands above the table.
    align : str
        One letter for each column, `l` or `r`. By default columns of numbers are aligned right, others left.
    footer : sequence, optional
        The totals.
    row_header : int
        The number of the column that names the row, for readers who use a screen reader.

    Raises
    ------
    ConfigError
        If a row, the footer or `align` is not as long as `headers`, or something is not of its type.

    Examples
    --------
    >>> Table(("conv", "weights"), [("conv1", 32768), ("conv2", 4608)], footer=("total", 37376))
    conv   weights
    ──────────────
    conv1   32,768
    conv2    4,608
    ──────────────
    total   37,376
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    align: str = ""
    footer: Sequence[Cell] = ()
    row_header: int = 0

    def __post_init__(self) -> None:
        for name in ("headers", "rows", "footer"):
            object.__setattr__(self, name, _several(name, getattr(self, name)))
        columns = len(self.headers)
        for row in (*self.rows, self.footer or self.headers):
            if (cells := len(_several("each of rows", row))) != columns:
                raise ConfigError(f"a table of {columns} columns got {cells} cells: {shown(row)}; "
                                  "give one for each column")
        if not isinstance(self.align, str) or len(self.align) not in (0, columns) or set(self.align) - {*"lr"}:
            raise ConfigError(f"align must be one letter, l or r, for each of {columns} columns; "
                              f"got {shown(self.align)}")
        if not isinstance(self.caption, str):
            raise ConfigError(f"caption must be a string; got {shown(self.caption)}")
        number_of("a column", "row_header", self.row_header, columns)
        right = (all(isinstance(row[k], int | float | None) for row in self.rows) for k in range(columns))
        object.__setattr__(self, "align", self.align or "".join("r" if r else "l" for r in right))

    def text(self, width: int = 100) -> str:
        """The table in a fixed-width font.

        Parameters
        ----------
        width : int
            Letters in a line. Left-aligned cells wrap so that no line is longer, as far as their words allow it.

        Returns
        -------
        str
        """
        width = positive_int("width", width)
        cells: list[Sequence[Sequence[Cell]]] = [[self.headers], self.rows, [self.footer] if self.footer else []]
        parts = [[[_words(cell) for cell in row] for row in part] for part in cells]
        widths = self._widths([row for part in parts for row in part], width)
        rule = "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
        blocks = ["\n".join(line for row in part for line in self._lines(row, widths)) for part in parts if part]
        return "\n".join([*wrap(self.caption, width), f"\n{rule}\n".join(blocks)])

    def _widths(self, rows: list[list[str]], width: int) -> list[int]:
        """The width of each column. If the table is too wide, its widest left-aligned column gets narrower."""
        columns = list(zip(*rows, strict=True))
        widths = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
        least = [max(len(word) for cell in column for word in ["", *cell.split()]) for column in columns]
        while sum(widths) + len(GAP) * (len(widths) - 1) > width:
            can = [k for k, side in enumerate(self.align) if side == "l" and widths[k] > least[k]]
            if not can:
                break
            widths[max(can, key=widths.__getitem__)] -= 1
        return widths

    def _lines(self, row: list[str], widths: list[int]) -> list[str]:
        """One row as the lines of text that it takes."""
        wrapped = [[part for line in cell.split("\n") for part in wrap(line, max(w, 1)) or [""]]
                   for cell, w in zip(row, widths, strict=True)]
        return [GAP.join(cell.rjust(w) if side == "r" else cell.ljust(w)
                         for cell, w, side in zip(line, widths, self.align, strict=True)).rstrip()
                for line in zip_longest(*wrapped, fillvalue="")]

    def html(self) -> str:
        """The table as an HTML string, all of it escaped."""
        caption = _tag("caption", escape(self.caption), "caption-side:top;text-align:left;padding:4px;font-weight:600")
        head = _tag("thead", self._tr(self.headers, f"font-weight:600;border-bottom:{RULE}", scope="col"))
        body = _tag("tbody", "".join(self._tr(row, "font-weight:400") for row in self.rows))
        foot = _tag("tfoot", self._tr(self.footer, f"font-weight:600;border-top:{RULE}")) if self.footer else ""
        table = _tag("table", (caption if self.caption else "") + head + body + foot,
                     "border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums")
        return _tag("div", table, "overflow-x:auto")  # on a narrow page the table scrolls, and not the page

    def _tr(self, row: Sequence[Cell], style: str, scope: str = "") -> str:
        cells = []
        for k, (cell, side) in enumerate(zip(row, self.align, strict=True)):
            words = _words(cell)
            of = (scope or ("row" if k == self.row_header else "")) if words else ""  # an empty corner is no header
            side = "text-align:right;white-space:nowrap" if side == "r" else "text-align:left;max-width:40em"
            content = cell.html() if isinstance(cell, Badge) else escape(words).replace("\n", "<br>")
            cells.append(_tag("th" if of else "td", content, f"{side};vertical-align:top;padding:4px 10px;{style}", of))
        return _tag("tr", "".join(cells))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


class WithNotes(ABC):
    """A table with notes below it, as text and as HTML with the same words; a subclass provides both."""

    @abstractmethod
    def table(self) -> Table:
        """The rows."""

    @property
    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table has to know as well."""

    def text(self, width: int = 100) -> str:
        """The table and its notes in a fixed-width font.

        Parameters
        ----------
        width : int
            Letters in a line.
        """
        return "\n".join([self.table().text(width), *(line for note in self.notes for line in wrap(note, width))])

    def _repr_html_(self) -> str:
        return self.table().html() + "".join(f"<p>{escape(note)}</p>" for note in self.notes)

    def __repr__(self) -> str:
        return self.text()


def _several(name: str, value: Any) -> tuple[Any, ...]:
    """A list, a tuple or the like, as a tuple. A single text is not taken for one."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ConfigError(f"{name} must be a list or a tuple; got {shown(value)}")
    return tuple(value)


def _tag(name: str, content: str, style: str = "", scope: str = "") -> str:
    attributes = "".join(f' {key}="{value}"' for key, value in (("scope", scope), ("style", style)) if value)
    return f"<{name}{attributes}>{content}</{name}>"


def _words(cell: object) -> str:
    if cell is None:
        return "–"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def with_code(escaped: str) -> str:
    """HTML in which everything between `backticks` becomes code.

    Parameters
    ----------
    escaped : str
        Text that is escaped already.

    Returns
    -------
    str

    Examples
    --------
    >>> with_code("call `trace`")
    'call <code>trace</code>'
    """
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escaped)
