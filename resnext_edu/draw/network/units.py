"""The rows of a trace as the boxes of a flow chart.

A box ends where only one tensor goes on. So a layer is a box of its own, and a whole block is one box: inside
it, a second tensor goes along. The rows' `inputs` are enough to find that, in any model.
"""
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow
from resnext_edu.draw.network.layers import FOLLOWERS

INPUT = -1  # the model's own input, among the indices of rows
FACTS = slice(TraceRow._fields.index("input_shape"), TraceRow._fields.index("macs") + 1)  # a row's shapes and counts


class Lanes(NamedTuple):
    """The two ways from a block's input to the row that joins them, as indices of a trace's rows.

    Parameters
    ----------
    branch, shortcut : tuple of int
        The rows of each way; the shortcut may have none.
    join : int
        The row that joins them.
    in_a_row : bool
        Whether each row of the branch reads the one before it, so that it can be drawn step by step.
    """

    branch: tuple[int, ...]
    shortcut: tuple[int, ...]
    join: int
    in_a_row: bool


class Unit(NamedTuple):
    """A box: one layer and what follows it, or a block.

    Parameters
    ----------
    name : str
        What the paths of its rows have in common.
    start : int
        The index of its first row in the trace.
    rows : tuple of TraceRow
        Its rows.
    entry : tuple of int
        The shape that comes in.
    lanes : Lanes, optional
        The two ways of a block; a layer has none.
    """

    name: str
    start: int
    rows: tuple[TraceRow, ...]
    entry: tuple[int, ...]
    lanes: Lanes | None = None

    @property
    def stage(self) -> str:
        """The stage in which it begins."""
        return self.rows[0].stage

    @property
    def params(self) -> int:
        """The parameters of all its rows."""
        return sum(row.params for row in self.rows)

    @property
    def join(self) -> TraceRow:
        """The row in which a block's two ways come together; a layer has none."""
        assert self.lanes is not None
        return self.pick([self.lanes.join])[0]

    @property
    def branch(self) -> list[TraceRow]:
        """The rows of a block's branch; for a layer, all of its rows."""
        return self.pick(self.lanes.branch) if self.lanes else [*self.rows]

    @property
    def shortcut(self) -> list[TraceRow]:
        """The rows of a block's shortcut; an identity has none."""
        return self.pick(self.lanes.shortcut) if self.lanes else []

    @property
    def behind(self) -> list[TraceRow]:
        """The rows behind the one that joins a block's two ways, such as its last ReLU."""
        return [*self.rows[self.lanes.join - self.start + 1:]] if self.lanes else []

    def pick(self, indices: Sequence[int]) -> list[TraceRow]:
        """Its rows by their indices in the trace."""
        return [self.rows[k - self.start] for k in indices]

    def like(self, other: "Unit") -> bool:
        """Whether all shapes and counts agree, row by row, and each row reads the same rows."""
        apart = self.start - other.start
        return len(self.rows) == len(other.rows) and all(
            mine.op == theirs.op and mine[FACTS] == theirs[FACTS] and len(mine.inputs) == len(theirs.inputs)
            and all(k - apart == i for k, i in zip(mine.inputs, theirs.inputs, strict=True))
            for mine, theirs in zip(self.rows, other.rows, strict=True))


def units_of(rows: Sequence[TraceRow]) -> list[Unit]:
    """The boxes from the first to the last.

    Parameters
    ----------
    rows : sequence of TraceRow
        Of a whole trace.

    Returns
    -------
    list of Unit

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> mini = analytic_cost(ResNeXtConfig.preset("resnext_mini"), (1, 1, 28, 28))
    >>> [unit.name for unit in units_of(mini.rows)]
    ['conv1', 'layer1.0', 'layer2.0', 'layer3.0', 'avgpool', 'flatten', 'fc']
    """
    found: list[tuple[int, int]] = []  # where each begins and ends
    start = 0
    for stop in _ends(rows):
        if found and _belongs(rows[start:stop], rows[slice(*found[-1])]):
            start, _ = found.pop()
        found.append((start, stop))
        start = stop
    return [_unit(rows, *place) for place in found]


def folded(units: Sequence[Unit]) -> list[list[Unit]]:
    """The boxes in groups: neighbours that are alike stand in one."""
    groups: list[list[Unit]] = []
    for unit in units:
        if groups and unit.like(groups[-1][0]):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return groups


def name_of(group: Sequence[Unit]) -> str:
    """The name of a group of boxes that are alike: that of the only one, or those of the first and the last."""
    return group[0].name if len(group) == 1 else f"{group[0].name} … {group[-1].name}"


def params_of(group: Sequence[Unit]) -> str:
    """How many parameters each box of a group has, in words; an empty string if it has none."""
    each = " each" if len(group) > 1 else ""
    return f"{group[0].params:,} parameters{each}" if group[0].params else ""


def _reads(rows: Sequence[TraceRow], k: int) -> tuple[int, ...]:
    """The rows that row k reads. If it reads none, but a tensor with the shape of the model's input, it reads that."""
    return rows[k].inputs or ((INPUT,) if rows[k].input_shape == rows[0].input_shape != () else ())


def _ends(rows: Sequence[TraceRow]) -> list[int]:
    """The places after which nothing older is read: there, only one tensor goes on."""
    last_use = {i: k for k in range(len(rows)) for i in _reads(rows, k)}
    ends, latest = [], last_use.get(INPUT, INPUT)  # where something older is read for the last time
    for k in range(len(rows)):
        last = last_use.get(k, k)
        if latest <= k < last or k == len(rows) - 1:
            ends.append(k + 1)
        latest = max(latest, last)
    return ends


def _one_layer(rows: Sequence[TraceRow]) -> bool:
    return all(row.op in FOLLOWERS for row in rows[1:])


def _belongs(rows: Sequence[TraceRow], last: Sequence[TraceRow]) -> bool:
    """Whether rows belong to the box before them: a BN or ReLU after a layer, or more of the same block."""
    if _one_layer(last):
        return len(rows) == 1 and rows[0].op in FOLLOWERS
    name = _name(last)
    return all(f"{row.path}.".startswith(f"{name}.") for row in rows)


def _name(rows: Sequence[TraceRow]) -> str:
    """What the paths of a box have in common, or its first and last function."""
    if _one_layer(rows):
        return rows[0].path
    paths = [row.path for row in rows]  # all of them begin as the first and the last in the alphabet do
    together = zip(min(paths).split("."), max(paths).split("."), strict=False)
    name = ".".join(first for first, _ in takewhile(lambda parts: parts[0] == parts[1], together))
    return name or f"{rows[0].op} … {rows[-1].op}"


def _unit(rows: Sequence[TraceRow], start: int, stop: int) -> Unit:
    own = tuple(rows[start:stop])
    entry = rows[start - 1].output_shape if start else own[0].input_shape
    return Unit(_name(own), start, own, entry, _lanes(rows, start, stop))


def _lanes(rows: Sequence[TraceRow], start: int, stop: int) -> Lanes | None:
    """The branch and the shortcut, if a block ends in a row that joins them; else None."""
    join = stop - 1
    while join > start and rows[join].op in FOLLOWERS:
        join -= 1
    ways = [_way(rows, start, k) for k in rows[join].inputs]
    shortcut = min((way for way in ways if way is not None), key=len, default=None)
    if shortcut is None or len(ways) != 2:
        return None
    branch = tuple(k for k in range(start, join) if k not in shortcut)
    if not any(start - 1 in _reads(rows, k) for k in branch):  # the other way begins at a constant, not at the input
        return None
    return Lanes(branch, shortcut, join, in_a_row=branch in ways)


def _way(rows: Sequence[TraceRow], start: int, k: int) -> tuple[int, ...] | None:
    """The rows from the block's input to row k, if each reads only the one before it; else None.

    The way of the input itself is empty.
    """
    way: list[int] = []
    while k >= start:
        if len(reads := _reads(rows, k)) != 1:
            return None
        way.insert(0, k)
        k = reads[0]
    return tuple(way)
