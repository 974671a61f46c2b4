"""What a forward pass does: one row for each call.

A MAC is one multiply–add of a convolution, linear layer, matrix product or attention product.
Biases, BatchNorm, ReLU, additions and pooling have no MACs. Counts are for the batch that was traced.
"""
from typing import NamedTuple, Protocol


class TraceRow(NamedTuple):
    """One call of one layer or function.

    Attributes
    ----------
    path : str
        Of a layer: its path, as in the `state_dict`. Of a function: the path of the module that calls it, and its
        name.
    op : str
        "conv2d", "batch_norm", "relu", "add", …
    stage : str
        The part of the network that the row belongs to.
    inputs : tuple of int
        The numbers of the rows that made the arguments; the model's own input has no row.
    input_shape, output_shape : tuple of int
        Of the first argument and of the result, with the batch in front.
    kernel_size, stride : tuple of int or None
    groups : int or None
        None if the call has no such thing.
    params : int
        The layer's parameters, on its first call only.
    macs : int or None
        For the whole batch; None if they are not known.
    calls : int
        1 on the first call of a layer, then 2, 3, …
    """

    path: str
    op: str
    stage: str
    inputs: tuple[int, ...]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    kernel_size: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    groups: int | None = None
    params: int = 0
    macs: int | None = 0
    calls: int = 1


class Counted(Protocol):
    """What was counted call by call: a `Trace`, which this file must not import."""

    @property
    def rows(self) -> tuple[TraceRow, ...]:
        """One for each call."""

    @property
    def total_params(self) -> int:
        """How many parameters the whole model has."""

    @property
    def total_macs(self) -> int:
        """The MACs of all rows together."""
