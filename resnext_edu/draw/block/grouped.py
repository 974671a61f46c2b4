"""A grouped convolution: who reads whom, the weight matrix, and what is stored of it. One row for each `groups`."""
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, line, number, path, rect, tag, text
from resnext_edu.errors import ConfigError, positive_int

INPUTS, OUTPUTS, MATRIX, STORED = 232, 344, 392, 622  # where each column starts
SIDE = 176  # of a matrix
TOP, PITCH = 130, 224  # where the first row starts, and from one row to the next
MOST = 32  # channels: with more of them, a cell could no longer be seen


class GroupedLayer(NamedTuple):
    """A convolution with as many outputs as inputs, of which one output is followed."""

    channels: int
    groups: int
    follow: int
    kernel: int
    size: int

    @property
    def each(self) -> int:
        """How many inputs an output reads."""
        return self.channels // self.groups

    @property
    def kernels(self) -> int:
        """How many little kernels are stored: one for each output and each input that it reads."""
        spec = BlockSpec(self.channels, self.channels, cardinality=self.groups, width_per_group=self.each)
        row = block_cost(spec, (1, self.channels, 1, 1))["conv2"]
        return row.params // prod(row.kernel_size)

    @property
    def weight(self) -> tuple[int, int, int, int]:
        return self.channels, self.kernels // self.channels, self.kernel, self.kernel

    @property
    def macs(self) -> int:
        return prod(self.weight) * self.size**2

    def reads(self, output: int) -> range:
        """The inputs that this output reads: those of its own group, neighbours all."""
        first = output // self.each * self.each
        return range(first, first + self.each)

    @property
    def read(self) -> str:
        """The inputs of the followed output, as they are written."""
        mine = self.reads(self.follow)
        return f"{mine[0]}–{mine[-1]}" if len(mine) > 1 else str(mine[0])

    @property
    def kind(self) -> str:
        if self.groups == 1:
            return "dense"
        return "depthwise" if self.each == 1 else f"{self.groups} blocks of {self.each} → {self.each}"

    def words(self) -> str:
        n = self.channels
        return (f"groups = {self.groups} ({self.kind}): output {self.follow} reads {self.each} of {n} inputs "
                f"({self.read}). Of {n**2:,} kernels {self.kernels:,} are left: the weight is {self.weight}, "
                f"{prod(self.weight):,} weights, {self.macs:,} MACs.")


def grouped_picture(channels: int = 16, groups: Sequence[int] = (1, 4, 16), follow: int = 5, kernel: int = 3,
                    size: int = 56) -> Picture:
    """Convolutions that differ in `groups` only, one above the other, with one output channel to follow.

    Parameters
    ----------
    channels : int
        Input channels, and as many output channels; at most 32, so that each one can be seen.
    groups : sequence of int
        One row of the picture for each. They must divide `channels`.
    follow : int
        The output channel to follow, 0 … channels − 1.
    kernel : int
        Height and width of a kernel.
    size : int
        Height and width of the map, for the MACs; the stride is 1.

    Returns
    -------
    Picture
        Pictures of equally many rows have one size, whatever else they show.

    Raises
    ------
    ConfigError
        If the channels are too many, `groups` does not divide them, or there is no such output.

    Examples
    --------
    >>> print(grouped_picture(groups=(4,)).text.splitlines()[2])
    groups = 4 (4 blocks of 4 → 4): output 5 reads 4 of 16 inputs (4–7). Of 256 kernels 64 are left: \
the weight is (16, 4, 3, 3), 576 weights, 1,806,336 MACs.
    """
    layers = checked(channels, groups, follow, kernel, size)
    title = _title(layers)
    what = f"A {kernel}×{kernel} convolution, {channels} → {channels} channels, on a {size}×{size} map."
    how = f"{what} Each cell is one {kernel}×{kernel} kernel. Follow output {follow}."
    body = [text(INPUTS - 6, 90, "who reads whom", cls="b"), text(MATRIX, 90, "weight matrix", cls="b"),
            text(STORED, 90, "what is stored", cls="b"), text(INPUTS - 6, 109, "inputs", cls="soft"),
            end(OUTPUTS + 6, 109, "outputs", cls="soft"), text(STORED, 109, "(out, in ÷ groups, k, k)", cls="soft"),
            text(MATRIX, 109, f"{channels} outputs × {channels} inputs", cls="soft")]
    body += [row(layer, TOP + PITCH * k) for k, layer in enumerate(layers)]
    body += [line(16, TOP + PITCH * k - 12, WIDTH - 16, TOP + PITCH * k - 12, "hair") for k in range(1, len(layers))]
    left = ("groups leave blocks along the diagonal; the empty cells outside of them are not stored"
            if max(layer.groups for layer in layers) > 1 else "every cell is stored")
    words = "\n".join((f"{what} In a weight matrix with a row for each output and a column for each input, {left}.",
                       *(layer.words() for layer in layers)))
    return Picture(title, (how,), words, tuple(body), TOP + PITCH * len(layers))


def _title(layers: Sequence[GroupedLayer]) -> str:
    if len(layers) == 1 and layers[0].groups == 1:
        return "One group: every output reads every input"
    if len(layers) == 1 and layers[0].each == 1:
        return "Depthwise: every output reads one input, and that is all that is stored"
    return "Groups cut connections, and only what is left is stored"


def row(layer: GroupedLayer, top: float) -> str:
    """One layer: its numbers, then the three columns. An output has the same height in all of them."""
    return "".join((_numbers(layer, top), _connections(layer, top), _matrices(layer, top)))


def _numbers(layer: GroupedLayer, top: float) -> str:
    weights, dense = prod(layer.weight), prod(layer._replace(groups=1).weight)
    return "".join((
        text(16, top + 18, f"groups = {layer.groups}", cls="big"), text(16, top + 38, layer.kind, cls="soft"),
        text(16, top + 74, (f"{weights:,}", "big"), " weights"),
        rect(16, top + 82, 150, 7, "tensor"), rect(16, top + 82, 150 * weights / dense, 7, "ink"),
        text(16, top + 114, f"{layer.macs:,} MACs"),
        text(16, top + 144, "each output reads", cls="soft"),
        text(16, top + 163, f"{layer.each} of {layer.channels} inputs", cls="soft")))


def _connections(layer: GroupedLayer, top: float) -> str:
    n, cell, mine = layer.channels, SIDE / layer.channels, layer.reads(layer.follow)
    y = [top + cell * (j + .5) for j in range(n)]

    def lines(outputs: list[int]) -> list:
        return [step for o in outputs for i in layer.reads(o) for step in ("M", INPUTS, y[i], "L", OUTPUTS, y[o])]

    others, small = [o for o in range(n) if o != layer.follow], min(3.0, cell / 3)
    # the more lines cross, the paler each: a dense layer is no darker than what is to be followed
    out = [path(lines(others), "wire", f"opacity:{min(.6, 3 / layer.each):.2f}") if others else "",
           path(lines([layer.follow]), "hi", f"stroke-width:{number(min(2.75, cell / 4))}")]
    out += [tag("circle", cx=INPUTS, cy=y[j], r=small + (j in mine), cls="ink" if j in mine else "soft")
            for j in range(n)]
    out += [tag("circle", cx=OUTPUTS, cy=y[j], r=small, cls="soft") for j in others]
    out += [tag("circle", cx=OUTPUTS, cy=y[layer.follow], r=5, cls="c2")]
    return "".join((*out, end(INPUTS - 9, (y[mine[0]] + y[mine[-1]]) / 2 + 5, layer.read, cls="b"),
                    text(OUTPUTS + 9, y[layer.follow] + 5, str(layer.follow), cls="b")))


def _matrices(layer: GroupedLayer, top: float) -> str:
    """The matrix, and the same rows without their empty cells."""
    n, cell, out = layer.channels, SIDE / layer.channels, []
    gap = min(1.0, cell / 6)
    for cls, rows in (("c2", [layer.follow]), ("c2 pale", [o for o in range(n) if o != layer.follow])):
        left = [(o, i) for o in rows for i in layer.reads(o)]
        empty = [(o, i) for o in rows for i in range(n) if i not in layer.reads(o)]
        for x, cells, look, style in ((MATRIX, left, cls, ""), (MATRIX, empty, "ink", "opacity:.07"),
                                      (STORED, [(o, i % layer.each) for o, i in left], cls, "")):
            side = cell - gap
            steps = [step for o, i in cells for step in
                     ("M", x + cell * i, top + cell * o, "h", side, "v", side, "h", -side, "z")]
            out += [path(steps, look, style)] if steps else []
    y = top + cell * (layer.follow + .5) - gap / 2
    out += [rect(x - 3, y - cell / 2 - 2, cell * wide + 6 - gap, cell + 4, "edge")
            for x, wide in ((MATRIX, n), (STORED, layer.each))]
    out += [line(MATRIX + SIDE + 4, y, STORED - 14, y, "edge"), arrow(STORED - 8, y)]
    return "".join((*out, text(MATRIX, top + SIDE + 21, f"{layer.kernels:,} of {n**2:,} kernels", cls="soft"),
                    text(STORED, top + SIDE + 21, str(layer.weight), cls="mono b")))


def checked(channels: int, groups: Sequence[int], follow: int, kernel: int, size: int) -> list[GroupedLayer]:
    """A layer for each row, if all numbers are such as can be drawn."""
    if not isinstance(groups, Sequence) or not groups:
        raise ConfigError(f"groups must have a number for each row, such as (1, 4, 16); got {groups!r}")
    channels, kernel = positive_int("channels", channels), positive_int("kernel", kernel)
    size, groups = positive_int("size", size), [positive_int("groups", each) for each in groups]
    if channels > MOST:
        raise ConfigError(f"channels must be {MOST} or fewer, so that each can be seen; got {channels}")
    for each in groups:
        if channels % each:
            fits = ", ".join(str(fit) for fit in range(1, channels + 1) if channels % fit == 0)
            raise ConfigError(f"groups (={each}) must divide channels (={channels}); these do: {fits}")
    if isinstance(follow, bool) or not isinstance(follow, int) or follow not in range(channels):
        raise ConfigError(f"follow must be the number of an output, 0 … {channels - 1}; got {follow!r}")
    return [GroupedLayer(channels, each, follow, kernel, size) for each in groups]
