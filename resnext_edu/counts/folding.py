"""Rows → lines: what repeats is written once, with how many times it stands there."""
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple


class Line(NamedTuple):
    """One row, or the sum of several: those of a stage, or of blocks that are alike."""

    label: str
    rows: tuple
    depth: int = 0  # in how many folded blocks it stands
    times: int = 1  # how many blocks that are alike it stands for
    is_sum: bool = False


def lines(rows: Sequence, fold: bool = True) -> list[Line]:
    """A line for each stage that has several rows, its sum, and under it the stage's rows.

    Neighbours are folded where all is alike but their numbers: the first is shown for all of them.
    """
    found = []
    for stage, members in groupby(rows, key=lambda row: row.stage):
        members = tuple(members)
        if len(members) > 1:
            found.append(Line(stage, members, is_sum=True))
        found += _folded(members, 0, 0) if fold else [Line(row.path, (row,)) for row in members]
    return found


def _folded(rows: Sequence, level: int, depth: int) -> Iterator[Line]:
    """The lines of these rows, whose paths differ from their part number `level` on."""
    units = [tuple(unit) for _, unit in groupby(rows, key=lambda row: _unit(row, level))]
    signs = [tuple(_sign(row, level) for row in unit) for unit in units]
    i = 0
    while i < len(units):
        period, times = _repeats(signs, i)
        if times > 1:
            alike = units[i:i + period * times]
            first, last = (_label(units[k][0], level) for k in (i, i + period * (times - 1)))
            label = first if first == last else f"{first} … {last.split('.')[-1]}"
            yield Line(label, tuple(row for unit in alike for row in unit), depth, times, is_sum=True)
        for unit in units[i:i + period]:
            inner = depth + (times > 1)
            if len(unit) > 1:
                yield from _folded(unit, level + 1, inner)
            else:
                yield Line(unit[0].path, unit, inner)
        i += period * times


def _unit(row, level: int) -> object:
    """What neighbouring rows share if they stand in one module of that level; a row that ends there stands alone."""
    parts = row.path.split(".")
    return parts[level] if len(parts) > level + 1 else id(row)


def _sign(row, level: int) -> tuple:
    """All that has to be alike. Of a name, the numbers don't count: they are what tells blocks apart."""
    rest = ".".join(row.path.split(".")[level:])
    return re.sub(r"\d+", "#", rest), *row[1:3], *row[4:11]


def _label(row, level: int) -> str:
    return ".".join(row.path.split(".")[:level + 1])


def _repeats(signs: list[tuple], i: int) -> tuple[int, int]:
    """How many units repeat from here, and how often: (1, 1) if none does."""
    for period in (1, 2):  # two: a path and the addition that takes it in
        times = 1
        while signs[i:i + period] == signs[i + period * times:i + period * (times + 1)]:
            times += 1
        if times > 1:
            return period, times
    return 1, 1
