"""Rows → lines: blocks that repeat are written once, with their number."""
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow


class Line(NamedTuple):
    """One row, or the sum of several rows: of a whole stage, or of blocks that are alike.

    Attributes
    ----------
    label : str
        The path of the row, the name of the stage, or the paths of the first and the last block.
    rows : tuple of TraceRow
        The row, or all rows of the sum.
    depth : int
        How many folded blocks are around it.
    times : int
        How many blocks that are alike it stands for.
    is_sum : bool
        Whether it adds up rows that stand below it.
    """

    label: str
    rows: tuple[TraceRow, ...]
    depth: int = 0
    times: int = 1
    is_sum: bool = False


def lines(rows: Sequence[TraceRow], fold: bool = True) -> list[Line]:
    """The lines of a table: each stage with its sum, and below it the stage's rows.

    Neighbours that differ only in the numbers of their paths are folded: the first one is shown for all of them.

    Parameters
    ----------
    rows : sequence of TraceRow
        In the order of the calls.
    fold : bool
        False gives a line to every row.

    Returns
    -------
    list of Line
        A stage of one row has no sum.
    """
    found: list[Line] = []
    for stage, group in groupby(rows, key=lambda row: row.stage):
        members = tuple(group)
        if len(members) > 1:
            found.append(Line(stage, members, is_sum=True))
        found += _folded(members, 0, 0) if fold else [Line(row.path, (row,)) for row in members]
    return found


def _folded(rows: Sequence[TraceRow], level: int, depth: int) -> Iterator[Line]:
    """The lines of these rows, whose paths have the same first `level` parts."""
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
        inner = depth + 1 if times > 1 else depth
        for unit in units[i:i + period]:
            if len(unit) > 1:
                yield from _folded(unit, level + 1, inner)
            else:
                yield Line(unit[0].path, unit, inner)
        i += period * times


def _unit(row: TraceRow, level: int) -> object:
    """A key that neighbouring rows share if they belong to one module of that level; others get one each."""
    parts = row.path.split(".")
    return parts[level] if len(parts) > level + 1 else id(row)


class Sign(NamedTuple):
    """What must be equal in two rows of a stage that are folded into one: everything except their places."""

    name: str
    op: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    kernel_size: tuple[int, ...] | None
    stride: tuple[int, ...] | None
    groups: int | None
    params: int
    macs: int | None


def _sign(row: TraceRow, level: int) -> Sign:
    """The numbers in a name become #, since blocks that are alike differ only in them."""
    rest = ".".join(row.path.split(".")[level:])
    return Sign(re.sub(r"\d+", "#", rest), row.op, row.input_shape, row.output_shape, row.kernel_size, row.stride,
                row.groups, row.params, row.macs)


def _label(row: TraceRow, level: int) -> str:
    return ".".join(row.path.split(".")[:level + 1])


def _repeats(signs: list[tuple[Sign, ...]], i: int) -> tuple[int, int]:
    """How many units repeat from here on, and how often; (1, 1) if nothing repeats."""
    for period in (1, 2):  # two: a path and the addition after it
        times = 1
        while signs[i:i + period] == signs[i + period * times:i + period * (times + 1)]:
            times += 1
        if times > 1:
            return period, times
    return 1, 1
