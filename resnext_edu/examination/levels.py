"""The convolutions at one depth of a branch: what they are together, and what stands behind them.

Whether a level is one layer or 32, it is read in the same way: from how many channels go into one of its convolutions,
and how many the level before puts out, follows into how many groups it is divided.
"""
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow
from resnext_edu.examination.plain_rows import MOVES
from resnext_edu.examination.plan import Conv

POOLS = ("max_pool2d", "avg_pool2d")
NORMS = ("batch_norm", "group_norm", "instance_norm", "layer_norm")
ACTIVATIONS = ("leaky_relu", "silu", "gelu", "elu", "selu", "celu", "relu6", "hardtanh", "hardswish", "hardsigmoid",
               "prelu", "mish", "softplus", "tanh", "sigmoid", "rrelu", "threshold", "logsigmoid")


def channels_of(row: TraceRow) -> int:
    """How many channels a row puts out; a layer norm has them in the last place."""
    return row.output_shape[-1 if row.op == "layer_norm" else 1]


def of_single_pixels(pool: TraceRow) -> bool:
    """Whether a pooling does nothing, since it reads one pixel for each that it puts out."""
    return {*(pool.kernel_size or ()), *(pool.stride or ())} == {1}


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
    after : tuple of str
        What stands behind them, in order, each operation once: ("batch_norm", "relu").
    others : tuple of int
        The rows behind them that are neither a BatchNorm nor a ReLU, and do more than move numbers.
    """

    conv: Conv
    convs: tuple[int, ...]
    norms: tuple[int, ...]
    after: tuple[str, ...] = ()
    others: tuple[int, ...] = ()


def levels_of(rows: Sequence[TraceRow], numbers: Sequence[int], channels: int, several: bool = False
              ) -> tuple[list[int], list[Level]]:
    """The levels of a chain or of a branch, and the rows before the first of them.

    Parameters
    ----------
    rows : sequence of TraceRow
    numbers : sequence of int
        Those of the chain or branch.
    channels : int
        How many go into it.
    several : bool
        Whether the branch is the sum of several rows at its end.
    """
    depth: dict[int, int] = {}
    by_depth: dict[int, list[int]] = defaultdict(list)
    for k in numbers:
        depth[k] = max((depth.get(i, 0) for i in rows[k].inputs), default=0) + (rows[k].op == "conv2d")
        by_depth[depth[k]].append(k)
    levels = []
    for level in sorted(by_depth.keys() - {0}):
        added = any(rows[k].op in ("add", "sum") for k in by_depth[level]) or (several and level == max(by_depth))
        levels.append(_level(rows, by_depth[level], channels, added))
        channels = levels[-1].conv.out_channels
    return by_depth.get(0, []), levels


def _level(rows: Sequence[TraceRow], numbers: Sequence[int], channels: int, added: bool) -> Level:
    """What the convolutions at one depth are together, given how many channels go in."""
    convs = [k for k in numbers if rows[k].op == "conv2d"]
    norms = [k for k in numbers if rows[k].op in NORMS]
    first, count = rows[convs[0]], len(convs)
    shapes = {(rows[k].kernel_size, rows[k].stride, rows[k].groups, rows[k].input_shape, rows[k].output_shape)
              for k in convs}
    if len(shapes) > 1:
        raise Unreadable("convolutions of different shapes side by side", convs)
    kernel, stride, own = first.kernel_size or (1,), first.stride or (1,), first.groups or 1
    into, puts_out = first.input_shape[1], first.output_shape[1]
    out = puts_out * (1 if added else count)
    groups, rest = divmod(channels * own, into * (count if added else 1))
    if rest or not groups:
        raise Unreadable(f"convolutions of {into} channels each, where {channels} channels come in", convs)
    weights = puts_out * into // own * prod(kernel)
    pools = [k for k in numbers if rows[k].op in POOLS and max(rows[k].stride or (1,)) > 1]
    read = Conv(out, kernel[0], stride[0], groups, sum(rows[k].params for k in convs) > weights * count,
                sum(channels_of(rows[k]) for k in norms) // out,
                pooled=prod((rows[k].stride or (1,))[0] for k in pools))
    nothing = [k for k in numbers if rows[k].op in POOLS and of_single_pixels(rows[k])]
    behind = [k for k in _in_order(rows, numbers)
              if k not in (*convs, *pools, *nothing) and rows[k].op not in (*MOVES, "add", "sum")]
    return Level(read, tuple(convs), tuple(norms), tuple(dict.fromkeys(rows[k].op for k in behind)),
                 tuple(k for k in behind if rows[k].op not in (*NORMS, "relu")))


def _in_order(rows: Sequence[TraceRow], numbers: Sequence[int]) -> Iterator[int]:
    """The rows by their distance from the convolutions, so that paths side by side are read together."""
    distance: dict[int, int] = {}
    for k in numbers:
        distance[k] = 1 + max((distance.get(i, 0) for i in rows[k].inputs), default=0)
    yield from sorted(numbers, key=lambda k: distance[k])
