"""A bottleneck with a stride, in places: which pixels of the input each of its outputs reads."""
from collections.abc import Iterable
from typing import NamedTuple

from resnext_edu.errors import ConfigError, check_name, number_of, positive_int

MOST = 16  # pixels a side: with more of them, one could no longer be seen
REACH = {"conv1": 0, "conv2": 1}  # pixels that a kernel reaches to each side: 0 for a 1×1, 1 for a 3×3
STRIDED = {"conv1": "the first 1×1", "conv2": "the 3×3"}  # where the stride can stand, in words


class StridedBranch(NamedTuple):
    """A bottleneck with stride 2 on one of its convolutions; one output is followed.

    Maps are square, and rows are read as columns are. So this speaks of rows, and a pixel is read if its row and its
    column are.

    Parameters
    ----------
    stride_on : str
        "conv1" or "conv2".
    row, column : int
        The output to follow, counted from 0.
    size : int
        Height and width of the input.

    Examples
    --------
    >>> early, late = StridedBranch("conv1", 2, 3, size=12), StridedBranch("conv2", 2, 3, size=12)
    >>> early.reads(2), late.reads(2)
    ([2, 4, 6], [3, 4, 5])
    >>> (early.pixels, early.by_any, early.by_none), (late.pixels, late.by_any, late.by_none)
    ((9, 36, 108), (9, 144, 0))
    """

    stride_on: str
    row: int
    column: int
    size: int

    def stride(self, conv: str) -> int:
        """The stride of "conv1" or "conv2"."""
        return 2 if conv == self.stride_on else 1

    @property
    def between(self) -> int:
        """Height and width of the map between the first 1×1 and the 3×3."""
        return -(-self.size // self.stride("conv1"))

    @property
    def out(self) -> int:
        """Height and width of what comes out."""
        return -(-self.size // 2)

    def window(self, output: int) -> list[int]:
        """The rows between the first 1×1 and the 3×3 that a row of the output reads."""
        return _below("conv2", [output], self.stride("conv2"), self.between)

    def reads(self, output: int) -> list[int]:
        """The rows of the input that a row of the output reads."""
        return _below("conv1", self.window(output), self.stride("conv1"), self.size)

    @property
    def read(self) -> list[int]:
        """The rows of the input that any row of the output reads."""
        return sorted({row for output in range(self.out) for row in self.reads(output)})

    @property
    def pixels(self) -> int:
        """How many pixels of the input the followed output reads."""
        return len(self.reads(self.row)) * len(self.reads(self.column))

    @property
    def by_any(self) -> int:
        """How many pixels of the input are read by at least one output."""
        return len(self.read)**2

    @property
    def by_none(self) -> int:
        """How many pixels of the input are read by no output."""
        return self.size**2 - self.by_any


def _below(conv: str, rows: Iterable[int], stride: int, size: int) -> list[int]:
    """The rows that a convolution reads to write these; the border of zeros around a map does not count."""
    read = {stride * row + step for row in rows for step in range(-REACH[conv], REACH[conv] + 1)}
    return sorted(read & {*range(size)})


def strided_branch(stride_on: str, row: int, column: int, size: int) -> StridedBranch:
    """The same, if it can be drawn.

    Parameters
    ----------
    stride_on, row, column, size
        See `StridedBranch`.

    Raises
    ------
    ConfigError
        If the stride stands elsewhere, the map is too large, or a number is not that of a row or a column.

    Examples
    --------
    >>> strided_branch("conv2", 0, 0, 12).pixels  # in the corner, a part of the 3×3 lies on the border of zeros
    4
    """
    check_name("convolution for the stride", stride_on, STRIDED)
    if (size := positive_int("size", size)) > MOST:
        raise ConfigError(f"size must be {MOST} or less, so that each pixel can be seen; got {size}")
    outputs = -(-size // 2)
    return StridedBranch(stride_on, number_of("a row of the output", "row", row, outputs),
                         number_of("a column of the output", "column", column, outputs), size)
