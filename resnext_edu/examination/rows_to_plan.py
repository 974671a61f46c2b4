"""The rows of a trace → the plan of the network that ran. Nothing is read from a name.

Some rows are a waist: whatever comes later reads the network through them alone. Between two neighbouring waists lies
one layer, or a residual block. In a block, all convolutions at the same depth are one level, whether they are one
layer or 32: if they read one tensor, the level reads all of it; if each reads its own part, they are groups.
"""
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow
from resnext_edu.examination.plan import Block, Conv, Plan, changed

POOLS = ("max_pool2d", "avg_pool2d")
CONVOLUTIONS_OF_A_BLOCK = 3


class Unreadable(Exception):
    """Rows that are neither a stem, nor blocks of three convolutions, nor a head; with their numbers."""

    def __init__(self, why: str, rows: Sequence[int]) -> None:
        super().__init__(why)
        self.rows: tuple[int, ...] = tuple(rows)


class Level(NamedTuple):
    """All convolutions at one depth of a branch.

    Parameters
    ----------
    conv : Conv
        What they are together.
    convs, norms : tuple of int
        The numbers of their rows, and of those of the BatchNorms after them.
    """

    conv: Conv
    convs: tuple[int, ...]
    norms: tuple[int, ...]


@dataclass(frozen=True)
class ReadBlock:
    """One residual block as it was read.

    Parameters
    ----------
    levels : tuple of Level
        Of its branch: three.
    projection : Level or None
    relu_before_sum, relu_after_sum : bool
        Whether a ReLU stands at the end of the branch, and behind the addition of the shortcut.
    """

    levels: tuple[Level, ...]
    projection: Level | None
    relu_before_sum: bool
    relu_after_sum: bool

    @property
    def block(self) -> Block:
        """The block of a plan."""
        one, two, three = (level.conv for level in self.levels)
        return Block((one, two, three), self.projection and self.projection.conv)


@dataclass(frozen=True)
class ReadNetwork:
    """A network as it was read.

    Parameters
    ----------
    plan : Plan
    blocks : tuple of ReadBlock
        In the order in which an image passes them.
    stem : tuple of Level
    softmax : bool
        Whether the output went through a softmax.
    """

    plan: Plan
    blocks: tuple[ReadBlock, ...]
    stem: tuple[Level, ...]
    softmax: bool


def waists(rows: Sequence[TraceRow]) -> list[int]:
    """The numbers of the rows through which all that comes later reads what came before."""
    last = {number: later for later, row in enumerate(rows) for number in row.inputs}
    found, reach = [], -1
    for number in range(len(rows)):
        if reach <= number:
            found.append(number)
        reach = max(reach, last.get(number, -1))
    return found


def read_network(rows: Sequence[TraceRow]) -> ReadNetwork:
    """Read the plan of the network that these rows are a run of.

    Raises
    ------
    Unreadable
        If some rows fit neither a stem, nor a block, nor a head.
    """
    segments = [range(before + 1, after + 1) for before, after in pairwise([-1, *waists(rows)])]
    inside = [place for place, segment in enumerate(segments)
              if len(segment) > 1 and any(rows[k].op == "conv2d" for k in segment)]
    if not inside:
        raise Unreadable("there is no residual block", [k for k, row in enumerate(rows) if row.params])
    chain = [segment[-1] for segment in segments[:inside[0]]]
    stem = tuple(_levels(rows, chain, ()))
    blocks = []
    for place in inside:
        after = segments[place + 1] if place + 1 < len(segments) else ()
        relu = len(after) == 1 and rows[after[0]].op == "relu"
        blocks.append(_block(rows, segments[place], relu))
    between = [k for place, segment in enumerate(segments) if inside[0] < place < inside[-1] and place not in inside
               for k in segment if rows[k].params or rows[k].macs]
    if between:
        raise Unreadable("layers between the blocks", between)
    head = [k for segment in segments[inside[-1] + 1:] for k in segment]
    linear = [rows[k] for k in head if rows[k].op == "linear"]
    if len(linear) > 1 or (odd := [k for k in head if rows[k].op != "linear" and (rows[k].params or rows[k].macs)]):
        raise Unreadable("a head that is not one linear layer", odd if len(linear) < 2 else head)
    classes = linear[0].output_shape[-1] if linear else 0
    biased = bool(linear) and linear[0].params > linear[0].input_shape[-1] * classes
    pooled = any(rows[k].op in POOLS for k in chain)
    plan = Plan(rows[stem[0].convs[0]].input_shape[1] if stem else 0, tuple(level.conv for level in stem), pooled,
                _stages(blocks), classes, biased or not linear)
    return ReadNetwork(plan, tuple(blocks), stem, any("softmax" in rows[k].op for k in head))


def _stages(blocks: Sequence[ReadBlock]) -> tuple[tuple[Block, ...], ...]:
    """The blocks, stage by stage: a stage begins where the channels or the size of the maps change."""
    stages: list[list[Block]] = []
    for read in blocks:
        block = read.block
        strided = max(conv.stride for conv in block.convs) > 1
        if not stages or strided or block.convs[2].out_channels != stages[-1][-1].convs[2].out_channels:
            stages.append([])
        stages[-1].append(block)
    return tuple(map(tuple, stages))


def _block(rows: Sequence[TraceRow], segment: range, relu_after_sum: bool) -> ReadBlock:
    """The block between two waists; its last row adds the shortcut."""
    if rows[segment[-1]].op != "add":
        raise Unreadable("paths that meet, but are not added to a shortcut", segment)
    cones = {term: _cone(rows, term, segment) for term in _terms(rows, segment[-1], segment)}
    convs = {term: [k for k in cone if rows[k].op == "conv2d"] for term, cone in cones.items()}
    sides = [term for term in cones if not convs[term] or (
        len(convs[term]) == 1 and set(rows[convs[term][0]].kernel_size or ()) == {1})]
    branch = sorted({k for term, cone in cones.items() if term not in sides for k in cone})
    levels = tuple(_levels(rows, branch, [term for term in cones if term not in sides]))
    if len(levels) == CONVOLUTIONS_OF_A_BLOCK + 1:
        constant = not any(rows[k].params for k in levels[2].convs)
        levels = (levels[0], _merged(levels[1], levels[2], levels[0].conv.out_channels, constant), levels[3])
    projections = [level for term in sides for level in _levels(rows, sorted(cones[term]), ())]
    if len(levels) != CONVOLUTIONS_OF_A_BLOCK or len(projections) > 1:
        raise Unreadable(f"a block with {len(levels)} convolutions one after another", segment)
    last = max(levels[-1].convs + levels[-1].norms)
    return ReadBlock(levels, projections[0] if projections else None,
                     any(rows[k].op == "relu" and k > last for k in branch), relu_after_sum)


def _merged(depthwise: Level, dense: Level, channels: int, constant: bool) -> Level:
    """A depthwise 3×3 and the dense 1×1 that adds up its results, as one grouped convolution."""
    one, two = depthwise.conv, dense.conv
    if one.groups != channels or (two.kernel, two.stride, two.groups) != (1, 1, 1) or two.out_channels != channels:
        raise Unreadable("four convolutions one after another", depthwise.convs + dense.convs)
    read = replace(two, kernel=one.kernel, stride=one.stride, merged=one.out_channels, constant=constant,
                   groups=max(1, channels * channels // one.out_channels))
    return Level(read, depthwise.convs + dense.convs, depthwise.norms + dense.norms)


def _terms(rows: Sequence[TraceRow], total: int, segment: range) -> Iterator[int]:
    """The rows that a sum adds up, where a sum of sums is one sum; what lies outside of the segment is left out."""
    for number in rows[total].inputs:
        if number in segment and rows[number].op == "add":
            yield from _terms(rows, number, segment)
        elif number in segment:
            yield number


def _cone(rows: Sequence[TraceRow], end: int, segment: range) -> set[int]:
    """All rows of the segment that a row is made from, and itself."""
    found, open_ = set(), [end]
    while open_:
        number = open_.pop()
        if number in segment and number not in found:
            found.add(number)
            open_ += rows[number].inputs
    return found


def _levels(rows: Sequence[TraceRow], numbers: Sequence[int], ends: Sequence[int]) -> Iterator[Level]:
    """The levels of a chain or of a branch; `ends` are the rows whose sum the branch is, if there are several."""
    depth: dict[int, int] = {}
    levels: dict[int, list[int]] = defaultdict(list)
    for k in numbers:
        depth[k] = max((depth.get(i, 0) for i in rows[k].inputs), default=0) + (rows[k].op == "conv2d")
        levels[depth[k]].append(k)
    for level in sorted(levels):
        convs = [k for k in levels[level] if rows[k].op == "conv2d"]
        if convs:
            added = any(rows[k].op == "add" for k in levels[level]) or (level == max(levels) and len(ends) > 1)
            norms = [k for k in levels[level] if rows[k].op == "batch_norm"]
            yield _level(rows, convs, norms, added)


def _level(rows: Sequence[TraceRow], convs: list[int], norms: list[int], added: bool) -> Level:
    """What some convolutions at one depth are together."""
    first, count = rows[convs[0]], len(convs)
    shapes = {(rows[k].kernel_size, rows[k].stride, rows[k].groups, rows[k].input_shape, rows[k].output_shape)
              for k in convs}
    if len(shapes) > 1:
        raise Unreadable("convolutions of different shapes side by side", convs)
    kernel, stride, own = first.kernel_size or (1,), first.stride or (1,), first.groups or 1
    same_input = len({rows[k].inputs for k in convs}) == 1
    out = first.output_shape[1] * (1 if added else count)
    groups = own if count == 1 else 1 if added or same_input else count * own
    weights = first.output_shape[1] * first.input_shape[1] // own * prod(kernel)
    per_norm = sum(rows[k].params for k in norms)
    read = Conv(out, kernel[0], stride[0], groups, first.params > weights, per_norm // (2 * out))
    return Level(read, tuple(convs), tuple(norms))


def with_layers(plan: Plan, like: Plan) -> Plan:
    """A plan with as many blocks in each stage as another one; a stage's last block is repeated, or blocks go."""
    stages = []
    for stage, blocks in enumerate(plan.stages):
        wanted = len(like.stages[stage]) if stage < len(like.stages) else len(blocks)
        inner = blocks[-1] if len(blocks) > 1 else replace(changed(blocks[0], 2, stride=1), projection=None)
        stages.append((blocks + (inner,) * wanted)[:wanted])
    return replace(plan, stages=tuple(stages))
