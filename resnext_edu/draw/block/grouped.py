"""A grouped convolution: who reads whom, the weight matrix, and what is stored of it. One row for each `groups`."""
from collections.abc import Sequence
from math import prod

from resnext_edu.draw.block.grouped_layer import GroupedLayer as GroupedLayer
from resnext_edu.draw.block.grouped_layer import checked
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, line, path, rect, tag, text

INPUTS, OUTPUTS, MATRIX, STORED = 232, 344, 392, 622  # x: where each column starts
SIDE = 176  # of a matrix
TOP, PITCH = 130, 224  # y: where the first row starts, and from one row to the next


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
        Height and width of the map, in pixels, for the MACs; the stride is 1.

    Returns
    -------
    Picture
        Pictures with the same number of rows have the same size, whatever else they show.

    Raises
    ------
    ConfigError
        If `groups` is empty or does not divide `channels`, there are more than 32 channels, there is no such
        output, or a number is not a positive integer.

    References
    ----------
    Krizhevsky et al. 2012, Section 3.5, where groups come from; Xie et al. 2016, Section 3.3 and Figure 3(c).

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
    body = [_heads(channels), *(row(layer, TOP + PITCH * k) for k, layer in enumerate(layers))]
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


def _heads(channels: int) -> str:
    """What stands above the three columns."""
    return "".join((
        text(INPUTS - 6, 90, "who reads whom", cls="b"), text(MATRIX, 90, "weight matrix", cls="b"),
        text(STORED, 90, "what is stored", cls="b"), text(INPUTS - 6, 109, "inputs", cls="soft"),
        end(OUTPUTS + 6, 109, "outputs", cls="soft"), text(STORED, 109, "(out, in ÷ groups, k, k)", cls="soft"),
        text(MATRIX, 109, f"{channels} outputs × {channels} inputs", cls="soft")))


def row(layer: GroupedLayer, top: float) -> str:
    """One layer, from height `top` on: its numbers, then the three columns. An output has one height in all three."""
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

    def lines(outputs: list[int]) -> list[str | float]:
        return [step for o in outputs for i in layer.reads(o) for step in ("M", INPUTS, y[i], "L", OUTPUTS, y[o])]

    others, small = [o for o in range(n) if o != layer.follow], min(3.0, cell / 3)
    # where more lines cross, each is paler, so that a dense layer is not darker than the lines to follow
    out = [path(lines(others), "wire", stroke_opacity=min(1.0, 5 / layer.each)) if others else "",
           path(lines([layer.follow]), "pen", stroke_width=min(2.75, cell / 4))]
    out += [tag("circle", cx=INPUTS, cy=y[j], r=small + 1 if j in mine else small, cls="ink" if j in mine else "soft")
            for j in range(n)]
    out += [tag("circle", cx=OUTPUTS, cy=y[j], r=small, cls="soft") for j in others]
    out += [tag("circle", cx=OUTPUTS, cy=y[layer.follow], r=5, cls="c2")]
    return "".join((*out, end(INPUTS - 9, (y[mine[0]] + y[mine[-1]]) / 2 + 5, layer.read, cls="b"),
                    text(OUTPUTS + 9, y[layer.follow] + 5, str(layer.follow), cls="b")))


def _matrices(layer: GroupedLayer, top: float) -> str:
    """The matrix, and the same rows without their empty cells."""
    n, cell = layer.channels, SIDE / layer.channels
    gap = min(1.0, cell / 6)
    side = cell - gap

    def drawn(x: float, cells: list[tuple[int, int]], cls: str, **look: object) -> str:
        """Cells by row and column, as one element."""
        steps = [step for o, i in cells for step in
                 ("M", x + cell * i, top + cell * o, "h", side, "v", side, "h", -side, "z")]
        return path(steps, cls, **look) if steps else ""

    out = []
    for cls, rows in (("c2", [layer.follow]), ("c2 pale", [o for o in range(n) if o != layer.follow])):
        left = [(o, i) for o in rows for i in layer.reads(o)]
        empty = [(o, i) for o in rows for i in range(n) if i not in layer.reads(o)]
        out += [drawn(MATRIX, left, cls), drawn(MATRIX, empty, "ink", opacity=.07),
                drawn(STORED, [(o, i % layer.each) for o, i in left], cls)]
    y = top + cell * (layer.follow + .5) - gap / 2
    out += [rect(x - 3, y - cell / 2 - 2, cell * wide + 6 - gap, cell + 4, "edge")
            for x, wide in ((MATRIX, n), (STORED, layer.each))]
    out += [line(MATRIX + SIDE + 4, y, STORED - 14, y, "edge"), arrow(STORED - 8, y)]
    return "".join((*out, text(MATRIX, top + SIDE + 21, f"{layer.kernels:,} of {n**2:,} kernels", cls="soft"),
                    text(STORED, top + SIDE + 21, str(layer.weight), cls="mono b")))
