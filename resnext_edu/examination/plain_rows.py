"""The same network in other words: the rows of a trace, rewritten so that one thing has one name.

People write a 1×1 as a linear layer over the channels, a bias as an addition, and compute weights from other weights.
What is done to the image is the same, and so are the counts.
"""
from collections.abc import Collection, Sequence
from math import prod
from typing import NamedTuple

from resnext_edu.counts.rows import TraceRow

WITH_WEIGHTS = ("conv2d", "linear", "batch_norm")
PRODUCTS = ("matmul", "mm", "addmm")
A_MAP, A_VECTOR = 4, 2  # the dimensions of a batch of maps and of vectors
MOVES = frozenset((  # they put numbers in other places, and change none
    "cat", "concat", "chunk", "split", "tensor_split", "narrow", "getitem", "index_select", "select", "view", "reshape",
    "flatten", "unflatten", "permute", "transpose", "movedim", "swapaxes", "contiguous", "clone", "stack", "unbind",
    "squeeze", "unsqueeze", "dropout", "dropout2d", "to", "float", "zeros_like", "new_zeros", "channel_shuffle",
    "rearrange", "pad", "type", "expand", "split_with_sizes", "type_as", "T", "identity"))

ONLY_THE_SHAPE = ("zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones")  # is read by these


class Computed(NamedTuple):
    """How the weights of a layer are computed from others.

    Parameters
    ----------
    ops : frozenset of str
        By which operations.
    surplus : int
        How many parameters that takes, beyond the number of the weights.
    """

    ops: frozenset[str]
    surplus: int


class PlainRows(NamedTuple):
    """Rows in one way of writing.

    Parameters
    ----------
    rows : list of TraceRow
        Their `inputs` are numbers in this list. All parameters and MACs are still there.
    computed : dict of int to Computed
        The rows whose weights are computed from other weights.
    number : dict of int to int
        Number of a row in the trace → its number here, for those that work on the image.
    unread : list of TraceRow
        The rows that the network's output does not depend on.
    """

    rows: list[TraceRow]
    computed: dict[int, Computed]
    number: dict[int, int]
    unread: list[TraceRow]


def plain_rows(rows: Sequence[TraceRow], image: tuple[int, ...], relus: Collection[int] = ()) -> PlainRows:
    """The rows that work on the image, each in the one way in which it is read here.

    Parameters
    ----------
    rows : sequence of TraceRow
    image : tuple of int
        The shape of the model's input.
    relus : collection of int
        The numbers of rows that were heard to do what a ReLU does, under other names.
    """
    found = PlainRows([], {}, {}, [])
    aside: dict[int, tuple[int, set[str]]] = {}  # row that reads no image → its parameters, and what was done
    new = found.number
    for number, row in enumerate(rows):
        inputs = () if row.op in ONLY_THE_SHAPE else tuple(dict.fromkeys(new[k] for k in row.inputs if k in new))
        made = [aside[k] for k in row.inputs if k in aside]
        made_of, done = sum(each[0] for each in made), {op for each in made for op in each[1]}
        aside |= {k: (0, aside[k][1]) for k in row.inputs if k in aside}  # its parameters count once
        if not inputs and row.op not in WITH_WEIGHTS and not row.macs and row.input_shape != image:
            aside[number] = row.params + made_of, done | ({row.op} if row.input_shape else set())
            continue
        row = _renamed(row._replace(inputs=inputs, params=row.params + made_of), number in relus)
        if row.op == "sum" and len(inputs) == 1 and found.rows[inputs[0]].op == "stack":
            row = row._replace(inputs=found.rows[inputs[0]].inputs)
        if _is_a_bias(row, found.rows):
            new[number], = inputs
            before = found.rows[new[number]]
            found.rows[new[number]] = before._replace(params=before.params + row.params)
            continue
        new[number] = len(found.rows)
        if row.op in WITH_WEIGHTS and done - MOVES:
            surplus = made_of - _weights(row) if made_of else 0
            found.computed[new[number]] = Computed(frozenset(done - MOVES), surplus)
            row = row._replace(params=row.params - surplus)
        found.rows.append(row)
    return _without_unread(found)


def _without_unread(found: PlainRows) -> PlainRows:
    """The same without the rows that the output does not depend on. Of several outputs it is the one made from most."""
    ends = set(range(len(found.rows))) - {k for row in found.rows for k in row.inputs}
    read = max((sources_of(found.rows, end) for end in ends), key=len, default=set())
    new = {old: number for number, old in enumerate(sorted(read))}
    return PlainRows([row._replace(inputs=tuple(new[k] for k in row.inputs))
                      for old, row in enumerate(found.rows) if old in read],
                     {new[old]: each for old, each in found.computed.items() if old in read},
                     {number: new[old] for number, old in found.number.items() if old in read},
                     [row for old, row in enumerate(found.rows) if old not in read])


def sources_of(rows: Sequence[TraceRow], end: int) -> set[int]:
    """A row, and all rows that it is made from."""
    found, open_ = set(), [end]
    while open_:
        number = open_.pop()
        if number not in found:
            found.add(number)
            open_ += rows[number].inputs
    return found


def _weights(row: TraceRow) -> int:
    """How many weights a layer works with, without its bias."""
    if row.op == "conv2d":
        return row.output_shape[1] * row.input_shape[1] // (row.groups or 1) * prod(row.kernel_size or ())
    return row.input_shape[-1] * row.output_shape[-1]


def _renamed(row: TraceRow, relu: bool) -> TraceRow:
    if relu:
        return row._replace(op="relu")
    if row.op in PRODUCTS and row.params and len(row.input_shape) == A_VECTOR:
        return row._replace(op="linear")
    if _is_a_1x1(row):
        groups = prod(row.output_shape) * row.input_shape[1] // (row.macs or 1)
        return row._replace(op="conv2d", kernel_size=(1, 1), stride=(1, 1), groups=groups)
    if row.op == "linear" and len(row.input_shape) == A_MAP and row.macs:
        batch, height, width, channels = row.input_shape
        return row._replace(op="conv2d", kernel_size=(1, 1), stride=(1, 1), groups=1,
                            input_shape=(batch, channels, height, width),
                            output_shape=(batch, row.output_shape[-1], height, width))
    return row


def _is_a_1x1(row: TraceRow) -> bool:
    """Whether a product does for each pixel what a 1×1 does."""
    if row.op not in ("einsum", "matmul", "tensordot") or not row.params or not row.macs:
        return False
    one, other = row.input_shape, row.output_shape
    return (len(one) == len(other) == A_MAP and (one[0], *one[2:]) == (other[0], *other[2:])
            and prod(other) * one[1] % row.macs == 0)


def _is_a_bias(row: TraceRow, found: Sequence[TraceRow]) -> bool:
    """Whether a row adds a parameter to what a layer has just put out."""
    if row.op != "add" or not row.params or len(row.inputs) != 1:
        return False
    before = found[row.inputs[0]]
    return before.op in ("conv2d", "linear") and row.params in before.output_shape
