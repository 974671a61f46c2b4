"""What a forward pass does, call by call: a row each.

A MAC is one multiply–add of a convolution, linear layer, matrix product or attention product.
Biases, BatchNorm, ReLU, additions and pooling count none. Counts are for the batch that was traced.
"""
from typing import NamedTuple


class TraceRow(NamedTuple):
    """One call of one layer or function.

    Shapes are tuples with the batch in front. `kernel_size`, `stride` and `groups` are None for what
    has none; `macs` is None where they are not known. A layer that is called again has `calls` 2, 3, …
    and no parameters: they stand on its first call.
    """

    path: str  # the module's, as in state_dict; a function's: its module's path and its name
    op: str  # conv2d, batch_norm, relu, add, …
    stage: str
    inputs: tuple[int, ...]  # the rows that made the arguments; none for the model's own input
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    kernel_size: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    groups: int | None = None
    params: int = 0
    macs: int | None = 0
    calls: int = 1
