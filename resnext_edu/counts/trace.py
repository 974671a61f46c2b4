"""The rows of one forward pass, their totals, and the table of them."""
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

from resnext_edu.counts.comparison import Comparison, compare
from resnext_edu.counts.folding import Line, lines
from resnext_edu.counts.rows import TraceRow
from resnext_edu.errors import UnknownNameError, nearest_name
from resnext_edu.table import Cell, Table, WithNotes
from resnext_edu.words import dims, listed


@dataclass(frozen=True, repr=False)
class Trace(WithNotes):
    """The rows of one forward pass, in the order of the calls.

    Parameters
    ----------
    rows : tuple of TraceRow
        One for each call.
    model_params : int, optional
        How many parameters the whole model has, used or not. By default those of the rows.
    unregistered : tuple of str
        Layers and parameters in a plain list or object. Torch does not know that they are the model's.

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
    model_params: int | None = None
    unregistered: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[TraceRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, path: str) -> TraceRow:
        """The row with this path. If there are several, the first that has parameters, or else the first."""
        found = [row for row in self.rows if row.path == path]
        if not found:
            raise UnknownNameError(nearest_name("path", path, dict.fromkeys(row.path for row in self.rows)))
        return next((row for row in found if row.params), found[0])

    @cached_property
    def total_params(self) -> int:
        """How many parameters the model has, used or not; each counts once."""
        return sum(row.params for row in self.rows) if self.model_params is None else self.model_params

    @cached_property
    def total_macs(self) -> int:
        """The MACs of all rows together, except those whose MACs are not known."""
        return sum(row.macs or 0 for row in self.rows)

    @property
    def unknown(self) -> tuple[TraceRow, ...]:
        """The rows whose MACs are not known. They are not counted, and nobody guesses."""
        return tuple(row for row in self.rows if row.macs is None)

    @cached_property
    def conv_activations(self) -> int:
        """How many numbers all convolutions return together."""
        return sum(prod(row.output_shape) for row in self.rows if row.op.startswith("conv"))

    def by_stage(self) -> dict[str, "Trace"]:
        """Split the rows by stage.

        Returns
        -------
        dict of str to Trace
            In the order in which the stages first appear. `inputs` still are row numbers of the whole trace.
        """
        return dict(self._stages)

    @cached_property
    def _stages(self) -> dict[str, "Trace"]:
        stages: dict[str, list[TraceRow]] = {}
        for row in self.rows:
            stages.setdefault(row.stage, []).append(row)
        return {stage: Trace(tuple(rows)) for stage, rows in stages.items()}

    def to_records(self) -> list[dict[str, object]]:
        """One dict for each row, for pandas or JSON."""
        return [row._asdict() for row in self.rows]

    def table(self, fold: bool = True) -> Table:
        """The rows, each stage with its sum above them.

        Parameters
        ----------
        fold : bool
            True shows blocks that are alike only once, False shows every row.

        Returns
        -------
        Table
        """
        return Table(
            ("path", "op", "input", "output", "kernel", "groups", "params", "MACs"),
            [_cells(line) for line in lines(self.rows, fold)],
            caption="Shapes are batch×channels×height×width; a MAC is one multiply–add. Σ adds up the lines below it.",
            align="llllrrrr",
            footer=("total", "", "", "", "", "", self.total_params, self.total_macs),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table has to know as well."""
        notes = []
        if self.unknown:
            names = ", ".join(dict.fromkeys(f"{row.path} ({row.op})" for row in self.unknown))
            notes.append(f"not counted, so not in the total of the MACs: {names}.")
        if unused := self.total_params - sum(row.params for row in self.rows):
            notes.append(f"{unused:,} parameters are in the total, but no row uses them.")
        if self.unregistered:
            notes.append("not registered, since it stands in a plain list, dict or object: "
                         f"{listed(self.unregistered)}. Such parameters are not the model's: no optimiser trains "
                         "them, no state_dict saves them, and they are not among the parameters here. Use "
                         "nn.ModuleList, nn.ModuleDict or nn.ParameterList.")
        if any(line.times > 1 for line in lines(self.rows)):
            notes.append(f"Σ × 2 stands for two blocks that are alike, and shows one; "
                         f".table(fold=False) shows all {len(self)} rows.")
        return tuple(notes)

    def compare(self, other: object) -> Comparison:
        """Compare our totals with somebody else's, and find out why they differ.

        Parameters
        ----------
        other : torchinfo.ModelStatistics, FlopCounterMode, dict, number or Trace
            What somebody else counted. A number means MACs; a dict may be torchvision's `weights.meta`, or have
            "num_params" and "macs".

        Returns
        -------
        Comparison
            For parameters and MACs, as far as `other` has them.

        Raises
        ------
        ConfigError
            If `other` is something else.
        """
        return compare(self, other)


def _cells(line: Line) -> tuple[Cell, ...]:
    """One line of the table."""
    first, last, label = line.rows[0], line.rows[-1], "·\N{NO-BREAK SPACE}" * line.depth + line.label
    shapes = dims(first.input_shape), dims(last.output_shape)
    if not line.is_sum:
        return label, first.op, *shapes, _kernel(first), first.groups, first.params, first.macs
    known = [row.macs for row in line.rows if row.macs is not None]
    return (label, "Σ" + (f" × {line.times}" if line.times > 1 else ""), *shapes, "", "",
            sum(row.params for row in line.rows), sum(known) if known else None)


def _kernel(row: TraceRow) -> str:
    kernel, stride = row.kernel_size, row.stride
    if kernel is None or stride is None:
        return "–"
    if set(stride) == {1}:
        return dims(kernel)
    return f"{dims(kernel)} /{stride[0] if len(set(stride)) == 1 else dims(stride)}"
