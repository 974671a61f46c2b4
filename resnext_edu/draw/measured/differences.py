"""Differences between two ways to train, one for each seed, and how sure their mean is: a forest plot."""
from collections.abc import Sequence
from textwrap import wrap
from typing import Any, NamedTuple

from resnext_edu.draw.kit.axes import Axis, decimal
from resnext_edu.draw.kit.marks import DASHED, joined, point, swarm
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, rect, room, shorten, text
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurement, measurements, sentence, several_rows
from resnext_edu.errors import ConfigError, number_of, shown
from resnext_edu.words import plural

WIDEST, ROW = 190, 58  # the widest name, and the height of a row
PARTS = ("name", "differences", "mean", "low", "high")


class Compared(NamedTuple):
    """Two ways to train, compared seed by seed.

    Parameters
    ----------
    name : str
        What was compared.
    differences : list of float
        One for each pair.
    mean, low, high : float
        Their mean, and the ends of its 95 % interval.
    """

    name: str
    differences: list[float]
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Whether the interval leaves 0 out."""
        return "not shown here" if self.low <= 0 <= self.high else "shown"

    def numbers(self, digits: int) -> tuple[str, str]:
        """The mean, and its interval."""
        return decimal(self.mean, digits), f"[{decimal(self.low, digits)}, {decimal(self.high, digits)}]"

    def words(self, digits: int) -> str:
        """All its numbers, for those who do not see the dots."""
        each = ", ".join(decimal(value, digits) for value in self.differences)
        return f"{self.name}: {' '.join(self.numbers(digits))}, {self.verdict}. {self._pairs()}: {each}."

    def _pairs(self) -> str:
        return plural(len(self.differences), "pair")


def differences_picture(rows: Sequence[tuple[str, Sequence[float], float, float, float]], *, title: str, how: str,
                        axis: str, sides: tuple[str, str], digits: int = 3) -> Picture:
    """A row for each comparison: a dot for each pair, their mean, and its interval beside 0.

    Parameters
    ----------
    rows : sequence of tuple
        (name, differences, mean, low, high): a difference for each pair, their mean, and the ends of its 95 % interval.
    title : str
        The finding.
    how : str
        How to read the picture.
    axis : str
        What is subtracted from what, and the unit.
    sides : tuple of two str
        What a negative and what a positive difference means, such as ("fewer paths better", "more paths better").
    digits : int
        How many decimals the numbers have, 0 … 6.

    Returns
    -------
    Picture
        0 stands in the middle, so that a difference is as long to either side.

    Raises
    ------
    ConfigError
        If there is nothing to draw, a value is not a finite number, or a mean lies outside of its interval.

    Examples
    --------
    >>> print(differences_picture([("8 paths and 1", [-.02, -.016], -.018, -.025, -.012)], title="8 paths are better",
    ...                           how="A dot is a pair.", axis="loss", sides=("8 better", "1 better")).words)
    A dot is a pair.
    loss; below 0: 8 better, above 0: 1 better.
    8 paths and 1: −0.018 [−0.025, −0.012], shown. 2 pairs: −0.020, −0.016.
    """
    caption, found, unit = Caption.of(title, how), _compared(rows), sentence("axis", axis)
    below, above = _sides(sides)
    digits = number_of("decimals", "digits", digits, 7)
    left = 36 + min(WIDEST, max(room(row.name) for row in found))
    right = WIDTH - 36 - max(room(" ".join(row.numbers(digits))) for row in found)
    most = max(abs(value) for row in found for value in (*row.differences, row.low, row.high)) * 1.08 or 1.0
    scale = Axis(-most, most, left, right)
    half = int((right - left) / 2 / 8.2) - 1  # letters beside the line at 0
    labels = [wrap(f"←\u00a0{below}", half), wrap(f"{above}\u00a0→", half)]
    top = caption.bottom + 54 + 20 * max(map(len, labels))
    bottom = top + ROW * len(found)
    zero = scale.at(0)
    body = [text(left, caption.bottom + 34, cut(unit, WIDTH - left - 16), cls="b"), scale.upright(top, bottom)]
    body += [end(zero - 10, top - 12 - 20 * (len(labels[0]) - 1 - k), words) for k, words in enumerate(labels[0])]
    body += [text(zero + 10, top - 12 - 20 * (len(labels[1]) - 1 - k), words) for k, words in enumerate(labels[1])]
    body += [joined([(zero, top - 24), (zero, bottom)], DASHED)]
    body += [_row(row, top + ROW * k, scale, digits) for k, row in enumerate(found)]
    words = [f"{unit}; below 0: {below}, above 0: {above}.", *(row.words(digits) for row in found)]
    return caption.picture(words, body, bottom + 36)


def _row(row: Compared, top: float, scale: Axis, digits: int) -> str:
    y, (mean, interval) = top + ROW / 2, row.numbers(digits)
    places, low, high = [scale.at(value) for value in row.differences], scale.at(row.low), scale.at(row.high)
    out = [line(16, top, WIDTH - 16, top, "hair"), text(16, y + 5, shorten(row.name, scale.start - 32), cls="b")]
    out += [point(x, y - 10 + aside, 3.5, known=False) for x, aside in zip(places, swarm(places, 8, 3), strict=True)]
    out += [rect(low, y + 9, high - low, 6, "ink"), point(scale.at(row.mean), y + 12, 6)]
    out += [end(WIDTH - 16, y - 3, (mean, "b"), f" {interval}"), end(WIDTH - 16, y + 17, row.verdict, cls="soft")]
    return "".join(out)


def _compared(rows: Any) -> list[Compared]:
    found = []
    for k, (name, differences, *parts) in enumerate(several_rows("rows", rows, PARTS)):
        mean, low, high = (measurement(f"{part} in rows[{k}]", value) for part, value in
                           zip(PARTS[2:], parts, strict=True))
        if not low <= mean <= high:
            raise ConfigError(f"rows[{k}] must have its mean inside of its interval; got mean {mean:g}, low {low:g}, "
                              f"high {high:g}; the order is {', '.join(PARTS)}")
        found.append(Compared(sentence(f"the name in rows[{k}]", name),
                              measurements(f"differences in rows[{k}]", differences), mean, low, high))
    return found


def _sides(sides: Any) -> tuple[str, str]:
    if not isinstance(sides, tuple | list) or len(sides) != 2:
        raise ConfigError("sides must be two phrases, such as ('fewer paths better', 'more paths better'); "
                          f"got {shown(sides)}")
    return sentence("sides[0]", sides[0]), sentence("sides[1]", sides[1])
