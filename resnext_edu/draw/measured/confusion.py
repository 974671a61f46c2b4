"""What a network takes for what: a table of counts, with the truth in rows and the answers in columns."""
from collections.abc import Sequence
from typing import Any

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, mid, rect, room, text
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import sentence
from resnext_edu.errors import ConfigError, number_of, shown

FEWEST_CLASSES, CLASSES_DRAWN = 2, 30
WIDEST, CELL, SIDE = 210, 22, 88  # the widest name; the least and the usual width of a cell
NUMBER = 32  # the width of "30", with a gap
MOST = 10**9
READING = "A row has the images of one class, a column those that get one answer; a bar is the share of its row."


def confusion_picture(confusion: Sequence[Sequence[int]], classes: Sequence[str], *, title: str, how: str = READING
                      ) -> Picture:
    """A cell for each pair of classes: a number, and a bar as long as its share of the row.

    Parameters
    ----------
    confusion : sequence of sequence of int
        How many images of class i (row) are called class j (column); 2 to 30 classes.
    classes : sequence of str
        Their names.
    title : str
        The finding.
    how : str
        How to read the picture.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is not a count for each pair of classes, or a name is not a text.

    Examples
    --------
    >>> print(confusion_picture([[8, 2], [0, 5]], ["cat", "dog"], title="Two cats look like dogs").words)
    A row has the images of one class, a column those that get one answer; a bar is the share of its row.
    cat: 8 of 10 named correctly; called dog 2.
    dog: 5 of 5 named correctly.
    """
    caption, names = Caption.of(title, how), _names_of(classes)
    counts = _counts(confusion, len(names))
    size = len(names)
    longest = max(map(room, (*names, "truth ↓")))
    right = max(room("correct"), *(room(_of(row, k)) for k, row in enumerate(counts))) + 16
    least = max(CELL, room(str(max(map(max, counts)))) + 4)
    if WIDTH - 32 - right - NUMBER - min(WIDEST, longest) < size * least:
        right = 0.0  # so many classes need the room
    free = WIDTH - 32 - right - min(WIDEST, longest) - 12
    numbered = max(map(room, names)) + 12 > free / size
    cell = max(CELL, min(SIDE if numbered else max(SIDE, longest + 12), (free - NUMBER * numbered) / size))
    name_at = 16 + NUMBER * numbered
    left = min(name_at + longest + 12, WIDTH - 16 - right - size * cell)
    edge, tall, top = left + size * cell, 38 if size <= 15 else 28, caption.bottom + 62
    body = [text(16, top - 12, "truth ↓", cls="b"), text(left, top - 34, "answer →", cls="b")]
    body += [end(edge + right, top - 12, "correct", cls="b")] if right else []
    for k, name in enumerate(names):
        y = top + tall * k
        middle = y + tall / 2 + 5
        body += [mid(left + cell * (k + .5), top - 12, f"{k + 1}" if numbered else name),
                 text(name_at, middle, cut(name, left - name_at - 8)), *_cells(counts[k], k, left, y, cell, tall)]
        body += [end(name_at - 10, middle, f"{k + 1}", cls="soft")] if numbered else []
        body += [end(edge + right, middle, _of(counts[k], k), cls="b")] if right else []
    words = [f"{name}: {_of(counts[k], k)} named correctly{_others(counts[k], k, names)}."
             for k, name in enumerate(names)]
    return caption.picture(words, body, top + tall * size + 16)


def _cells(row: Sequence[int], own: int, left: float, y: float, cell: float, tall: float) -> list[str]:
    """Grid, bars and numbers of one row; the cell of the right answer has a thick frame."""
    total, out = sum(row), []
    for j, count in enumerate(row):
        x = left + cell * j
        out.append(rect(x, y, cell, tall, "hair"))
        if count:
            out.append(rect(x + 4, y + tall - 8, max(2.0, (cell - 8) * count / total), 4, "ink"))
            if room(str(count)) <= cell + 2:
                out.append(mid(x + cell / 2, y + (tall - 8) / 2 + 5.5, f"{count}", cls="b" if j == own else ""))
    x = left + cell * own
    return [*out, rect(x + 1, y + 1, cell - 2, tall - 2, "edge")]


def _of(row: Sequence[int], own: int) -> str:
    return f"{row[own]:,} of {sum(row):,}"


def _others(row: Sequence[int], own: int, names: Sequence[str]) -> str:
    wrong = sorted(((count, j) for j, count in enumerate(row) if count and j != own), key=lambda each: -each[0])
    return "; called " + ", ".join(f"{names[j]} {count:,}" for count, j in wrong) if wrong else ""


def _names_of(classes: Any) -> list[str]:
    if not isinstance(classes, list | tuple) or not FEWEST_CLASSES <= len(classes) <= CLASSES_DRAWN:
        raise ConfigError(f"classes must be {FEWEST_CLASSES} to {CLASSES_DRAWN} names; got {shown(classes)}")
    return [sentence(f"classes[{k}]", name) for k, name in enumerate(classes)]


def _counts(confusion: Any, size: int) -> list[list[int]]:
    """The counts as lists; raises a `ConfigError` if there is not a row and a column for each class."""
    square = isinstance(confusion, list | tuple) and len(confusion) == size and all(
        isinstance(row, list | tuple) and len(row) == size for row in confusion)
    if not square:
        raise ConfigError(f"confusion must have a row and a column for each of the {size} classes; "
                          f"got {shown(confusion)}")
    return [[number_of("some images", f"confusion[{i}][{j}]", count, MOST) for j, count in enumerate(row)]
            for i, row in enumerate(confusion)]
