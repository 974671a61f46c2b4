"""What a forward pass does, call by call: rows, their totals, and the table of them.

A MAC is one multiply–add of a convolution, linear layer, matrix product or attention product.
Biases, BatchNorm, ReLU, additions and pooling count none. Counts are for the batch that was traced.
"""
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from resnext_edu.errors import UnknownNameError, nearest_name
from resnext_edu.table import Table


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
    kernel_size: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    groups: int | None = None
    params: int = 0
    macs: int | None = 0
    calls: int = 1


@dataclass(frozen=True, repr=False)
class Trace:
    """The rows of one forward pass, in the order of the calls.

    Examples
    --------
    >>> from resnext_edu.config import BlockSpec
    >>> from resnext_edu.cost import block_cost
    >>> trace = block_cost(BlockSpec(256, 256, cardinality=32, width_per_group=4))
    >>> trace["conv2"].output_shape, trace["conv2"].macs
    ((1, 128, 56, 56), 14450688)
    >>> trace.total_params
    71168
    """

    rows: tuple[TraceRow, ...]
    model_params: int | None = None  # of the whole model, used or not; None: those of the rows

    def __iter__(self) -> Iterator[TraceRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, path: str) -> TraceRow:
        """The row of that path; the first one if it is called more than once."""
        for row in self.rows:
            if row.path == path:
                return row
        raise UnknownNameError(nearest_name("path", path, dict.fromkeys(row.path for row in self.rows)))

    @property
    def total_params(self) -> int:
        """Each of the model's parameters once, used or not."""
        return sum(row.params for row in self.rows) if self.model_params is None else self.model_params

    @property
    def total_macs(self) -> int:
        """Of all rows whose MACs are known."""
        return sum(row.macs or 0 for row in self.rows)

    @property
    def conv_activations(self) -> int:
        """How many numbers the convolutions put out."""
        return sum(prod(row.output_shape) for row in self.rows if row.op == "conv2d")

    def by_stage(self) -> dict[str, "Trace"]:
        """Stage → its rows, in the order of first appearance; `inputs` still count from the whole trace's start."""
        stages: dict[str, list[TraceRow]] = {}
        for row in self.rows:
            stages.setdefault(row.stage, []).append(row)
        return {stage: Trace(tuple(rows)) for stage, rows in stages.items()}

    def to_records(self) -> list[dict]:
        """One dict a row, for pandas or JSON."""
        return [row._asdict() for row in self.rows]

    def table(self) -> Table:
        """The rows and their totals, ready to be shown."""
        return Table(
            ("path", "op", "input", "output", "kernel", "groups", "params", "MACs"),
            [(row.path, row.op, dims(row.input_shape), dims(row.output_shape), _kernel(row), row.groups,
              row.params, row.macs) for row in self.rows],
            caption="Shapes are batch×channels×height×width; a MAC is one multiply–add.",
            align="llllrrrr",
            footer=("total", "", "", "", "", "", self.total_params, self.total_macs),
        )

    def text(self, width: int = 100) -> str:
        return self.table().text(width)

    def _repr_html_(self) -> str:
        return self.table().html()

    __repr__ = text


def dims(shape: tuple[int, ...]) -> str:
    """A shape as it is written everywhere in the course: 256×56×56."""
    return "×".join(map(str, shape))


def _kernel(row: TraceRow) -> str:
    if row.kernel_size is None:
        return "–"
    return dims(row.kernel_size) + (f" /{row.stride[0]}" if row.stride != (1, 1) else "")
