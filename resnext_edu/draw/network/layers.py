"""The layers of a box in words: "3×3 in 32 groups · BN · ReLU"; and their colours."""
from collections.abc import Sequence

from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.svg import CONVS
from resnext_edu.errors import ConfigError, shown
from resnext_edu.words import dims

FOLLOWERS = {"batch_norm": "BN", "layer_norm": "LN", "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU",
             "hardswish": "hardswish", "hardsigmoid": "hardsigmoid", "sigmoid": "sigmoid", "dropout": "dropout"}
AFTER_KERNEL = {"max_pool2d": " max pool", "avg_pool2d": " average pool", "adaptive_avg_pool2d": "average of each map",
         "multi_head_attention_forward": "attention", "cat": "concatenate"}  # " max pool": behind the kernel
OP_NAMES = FOLLOWERS | AFTER_KERNEL
WITHOUT_BATCH = {"conv1d": 2, "conv2d": 3, "conv3d": 4}  # op → as many sizes has a shape that lacks the batch
BOTTLENECK = [(1, 1), (3, 3), (1, 1)]  # the kernels of the three convolutions that have a colour


def check_rows(trace: object) -> None:
    """Raise a `ConfigError` if this is no `Trace` with rows, but for example the model, or if it has no batch."""
    if not isinstance(trace, Trace):
        raise ConfigError(f"expected a Trace, got {shown(trace)}; try trace(model) or analytic_cost(config)")
    if not trace.rows:
        raise ConfigError("a trace without rows can't be drawn; trace a model whose forward calls torch functions")
    given = trace.rows[0].input_shape
    if any(len(row.input_shape) == len(given) == WITHOUT_BATCH.get(row.op) for row in trace.rows):
        raise ConfigError(f"{given} has no batch, so the picture would lose its channels; add the batch: {(1, *given)}")


def colours_of(rows: Sequence[TraceRow], other: str) -> list[str]:
    """The class of each layer: "c1", "c2" and "c3" if they are a bottleneck's convolutions, else `other` for all."""
    is_bottleneck = [row.kernel_size for row in rows] == BOTTLENECK
    return [*CONVS] if is_bottleneck else [other] * len(rows)


def steps_of(rows: Sequence[TraceRow]) -> list[tuple[TraceRow, str]]:
    """The layers, each with the BatchNorm and ReLU behind it: its row, and words like "3×3 in 32 groups · BN"."""
    steps: list[tuple[TraceRow, str]] = []
    for row in rows:
        if steps and row.op in FOLLOWERS:
            steps[-1] = steps[-1][0], f"{steps[-1][1]} · {FOLLOWERS[row.op]}"
        else:
            steps.append((row, _words(row)))
    return steps


def stride_of(row: TraceRow) -> str:
    """A row's stride in words, such as "stride 2"; an empty string if the row has no stride, or stride 1."""
    if not row.stride or set(row.stride) == {1}:
        return ""
    return f"stride {row.stride[0] if len(set(row.stride)) == 1 else dims(row.stride)}"


def _words(row: TraceRow) -> str:
    if row.kernel_size is None:
        return OP_NAMES.get(row.op, row.op.replace("_", " ")).strip()
    groups = f" in {row.groups} groups" if row.groups not in (None, 1) else ""
    stride = stride_of(row)
    return dims(row.kernel_size) + AFTER_KERNEL.get(row.op, "") + groups + (f", {stride}" if stride else "")
