"""How other tools count: what each adds to the multiply–adds of our rows, as an amount from the rows."""
from collections.abc import Callable, Collection, Iterator
from math import prod

from resnext_edu.counts.rows import Counted, TraceRow

NORM = "factors and offsets of normalisation layers, counted as one multiply–add each an image"
BIAS = "biases, counted as multiply–adds"
UNBATCHED = "a layer whose output has no batch: its length was taken for the batch"
POSITIONS = "linear layers at several positions, of which only one was counted"
EMBEDDINGS = "tables of embeddings, counted as one multiply–add for each of their numbers an image"
TIED = "weights that several layers share, counted in each of them"
UNSEEN = "products of functions, or of layers whose `forward` was called by name, which were not seen"
DOUBLED = "two FLOPs counted for one MAC"
ONE_IMAGE = "counted for one image, not for the batch"
TRANSPOSED = "transposed convolutions, counted at the positions of their output"
BATCH_NORMS = "BatchNorms, counted as {} for each number"
RELUS = "ReLUs, counted as 2 for each number"
RELUS_ONCE = "ReLUs, counted as 2 for each number of a layer, and as 1 of a function"
ADAPTIVE = "adaptive poolings, counted as 1 for each number that goes in"
ADAPTIVE_BOTH = "adaptive poolings, counted as 1 for each number that goes in or comes out"
POOLINGS = "poolings, counted as 2 for each number that goes in"
POOLINGS_ONCE = "poolings, counted as 2 for each number that goes into a layer, and as 1 into a function"
AVERAGE_POOLINGS = "average poolings, counted as 1 for each number that comes out"
Reason = tuple[str, int]  # a habit of counting, and how much it adds


def habits_of(trace: Counted, layers: Collection[str] = ()) -> list[list[Reason]]:
    """Row by row: how "parameters times positions of the output" differs from the true MACs, and why.

    Parameters
    ----------
    trace : Counted
    layers : collection of str
        The paths of layers that are known to have weights, if they share them or not.
    """
    first = {(row.path, row.op): row.params + tied_weights(row, layers) for row in trace.rows if row.calls == 1}
    return [_habit(row, first[row.path, row.op]) for row in trace.rows]


def tied_weights(row: TraceRow, layers: Collection[str]) -> int:
    """How many weights a layer has from another layer; in a trace these are parameters of the first one only."""
    weights = _weights_by_shape(row)
    return weights if row.path in layers and row.calls == 1 and row.params < weights else 0


def _weights_by_shape(row: TraceRow) -> int:
    """The weights of a convolution or linear layer, without its bias; 0 for all others."""
    if not (row.input_shape and row.output_shape):
        return 0
    if row.groups:
        return row.output_shape[1] * row.input_shape[1] // row.groups * prod(row.kernel_size or ())
    return row.input_shape[-1] * row.output_shape[-1] if row.op == "linear" else 0


def _habit(row: TraceRow, params: int) -> list[Reason]:
    if not params or not row.output_shape:
        return []
    batch, *places = row.output_shape
    weights = _weights_by_shape(row)
    if "norm" in row.op:
        return [(NORM, params * batch)]
    if row.op == "embedding":
        return [(EMBEDDINGS, params * batch)]
    if row.groups:  # a convolution
        extra = [(TRANSPOSED, weights * (prod(row.output_shape[2:]) - prod(row.input_shape[2:])) * batch)]
        return [(BIAS, (params - weights) * batch * prod(places[1:])), *extra * ("transpose" in row.op)]
    if row.op == "linear":
        why = POSITIONS if places else UNBATCHED
        return [(BIAS, (params - weights) * batch), (why, (batch - prod(row.output_shape[:-1])) * weights)]
    return []


def sums_of(habits: list[list[Reason]]) -> list[Reason]:
    """Each reason once, with its total amount."""
    sums: dict[str, int] = {}
    for reason, amount in (item for habit in habits for item in habit if item[1]):
        sums[reason] = sums.get(reason, 0) + amount
    return list(sums.items())


def of_other_tools(trace: Counted) -> Iterator[list[Reason]]:
    """How fvcore, thop and ptflops count: with something for the layers that do no multiply–add here.

    Each was held against its own tool (fvcore 0.1.5, thop 0.1.1, ptflops 0.7.5) on ResNeXt-50, ResNet-18 and VGG-11.
    """
    def numbers(op: str, sizes: Callable[[TraceRow], int], of_a_function: int = 1) -> int:
        return sum(sizes(row) * (of_a_function if _is_a_function(row) else 1) for row in trace.rows if op in row.op)

    def into(row: TraceRow) -> int:
        return prod(row.input_shape)

    def out(row: TraceRow) -> int:
        return prod(row.output_shape)

    norms, adaptive = numbers("batch_norm", into), numbers("adaptive_avg_pool", into)
    biases = [reason for reason in sums_of(habits_of(trace)) if reason[0] == BIAS]
    layers = numbers("adaptive_avg_pool", into, 0) + numbers("adaptive_avg_pool", out, 0)
    averages = sum(out(row) for row in trace.rows if row.op == "avg_pool2d" and not _is_a_function(row))
    by_hook_and_function = [numbers(op, into) + numbers(op, into, 0) for op in ("relu", "pool")]  # a layer calls both
    ways = (
        [(BATCH_NORMS.format(2), 2 * norms), (ADAPTIVE, adaptive)],  # fvcore
        [(BATCH_NORMS.format(4), 4 * norms), (ADAPTIVE_BOTH, layers), (AVERAGE_POOLINGS, averages)],  # thop
        biases,  # ptflops, by the operators of torch
        [(BATCH_NORMS.format(2), 2 * norms), (RELUS, 2 * numbers("relu", into)),
         (POOLINGS, 2 * numbers("pool", into)), *biases],  # ptflops, by the modules
        [(BATCH_NORMS.format(2), 2 * norms), (RELUS_ONCE, by_hook_and_function[0]),
         (POOLINGS_ONCE, by_hook_and_function[1]), *biases],  # the same, where functions are called, too
    )
    yield from ([reason for reason in way if reason[1]] for way in ways)


def _is_a_function(row: TraceRow) -> bool:
    """Whether a row is the call of a function outside of a layer. A layer with the name of its function counts, too."""
    return row.path.rpartition(".")[2] == row.op


def for_one_image(reasons: list[Reason], macs: int, batch: int) -> list[Reason]:
    """The same reasons if one image was counted, and not the whole batch of these MACs."""
    return [(ONE_IMAGE, macs // batch - macs), *((reason, amount // batch) for reason, amount in reasons)]
