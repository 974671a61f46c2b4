"""Rows → lines: what repeats is written once, with how many times it stands there."""
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow


class Line(NamedTuple):
    """One row, or the sum of several: those of a stage, or of blocks that are alike."""

    label: str
    rows: tuple[TraceRow, ...]
    depth: int = 0  # nesting depth: how many folded blocks are around it
    times: int = 1  # how many blocks that are alike it stands for
    is_sum: bool = False


def lines(rows: Sequence[TraceRow], fold: bool = True) -> list[Line]:
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


def _folded(rows: Sequence[TraceRow], level: int, depth: int) -> Iterator[Line]:
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


def _unit(row: TraceRow, level: int) -> object:
    """What neighbouring rows share if they stand in one module of that level; a row that ends there stands alone."""
    parts = row.path.split(".")
    return parts[level] if len(parts) > level + 1 else id(row)


class Sign(NamedTuple):
    """All that has to be alike in two rows that are folded into one: everything but their places."""

    name: str
    op: str
    stage: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    kernel_size: tuple[int, ...] | None
    stride: tuple[int, ...] | None
    groups: int | None
    params: int
    macs: int | None


def _sign(row: TraceRow, level: int) -> Sign:
    """Of a name, the numbers don't count: they are what tells blocks apart."""
    rest = ".".join(row.path.split(".")[level:])
    return Sign(re.sub(r"\d+", "#", rest), row.op, row.stage, row.input_shape, row.output_shape, row.kernel_size,
                row.stride, row.groups, row.params, row.macs)


def _label(row: TraceRow, level: int) -> str:
    return ".".join(row.path.split(".")[:level + 1])


def _repeats(signs: list[tuple[Sign, ...]], i: int) -> tuple[int, int]:
    """How many units repeat from here, and how often: (1, 1) if none does."""
    for period in (1, 2):  # two: a path and the addition that takes it in
        times = 1
        while signs[i:i + period] == signs[i + period * times:i + period * (times + 1)]:
            times += 1
        if times > 1:
            return period, times
    return 1, 1
