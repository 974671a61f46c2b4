"""A strided bottleneck: the pixels that one output reads, those that others read, and those that nobody reads."""
from collections.abc import Iterable
from itertools import product

from resnext_edu.draw.block.strided_branch import REACH, STRIDED, StridedBranch, strided_branch
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, kernel, mid, path, rect, text
from resnext_edu.words import dims, listed

SPAN = 240  # units: the side of the input
LEFT, MIDDLE, RIGHT = 16, 470, WIDTH - 16  # x: the input's left side, the middle of the next map, the output's right
TOP, LEGEND = 140, 412  # y
GAPS = {"conv1": 303, "conv2": 637}  # x: the middles of the gaps, where a convolution is named

Pixel = tuple[int, int]  # row, column


def strided_picture(stride_on: str = "conv1", row: int = 2, column: int = 2, size: int = 12) -> Picture:
    """Which pixels of its input a bottleneck reads that halves its maps, with one output to follow.

    Parameters
    ----------
    stride_on : str
        The convolution with stride 2: "conv1", the first 1×1, or "conv2", the 3×3.
    row, column : int
        The output to follow, counted from 0.
    size : int
        Height and width of the input, at most 16.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If the stride stands elsewhere, the map is too large, or a number is not that of a row or a column.

    References
    ----------
    He et al. 2015 have the stride on the first 1×1; Xie et al. 2017, Section 4, on the 3×3, as torchvision has.

    Examples
    --------
    >>> print(strided_picture("conv1", 2, 3).text)
    Stride on the first 1×1: nobody reads 108 of 144 pixels
    The input has 12×12 pixels, the output 6×6. The output in row 2, column 3 reads 9 pixels: \
those in rows 2, 4 and 6 and in columns 4, 6 and 8.
    36 pixels of the input are read by some output, 108 by none. The map behind the first 1×1 has 6×6 pixels.
    """
    b = strided_branch(stride_on, row, column, size)
    every = b.size**2
    left = f"nobody reads {b.by_none} of {every} pixels" if b.by_none else "every pixel is read"
    title = f"Stride on {STRIDED[stride_on]}: {left}"
    how = (f"A bottleneck that makes {dims((b.out, b.out))} pixels out of {dims((size, size))}. Follow one output back "
           "to the input.", "The last 1×1 and the shortcut's projection read no other pixels.")
    rows, columns = (listed([*map(str, b.reads(place))]) for place in (b.row, b.column))
    words = (f"The input has {dims((size, size))} pixels, the output {dims((b.out, b.out))}. "
             f"The output in row {b.row}, column {b.column} reads {b.pixels} pixels: those in "
             f"rows {rows} and in columns {columns}.\n"
             f"{b.by_any} pixels of the input are read by some output, {b.by_none} by none. "
             f"The map behind the first 1×1 has {dims((b.between, b.between))} pixels.")
    return Picture(title, how, words, (*_maps(b), *_legend(b)), LEGEND + 22)


def _maps(b: StridedBranch) -> list[str]:
    """The three maps, one scale for all, with the two convolutions between them."""
    side = SPAN / b.size
    halves = [side * count / 2 for count in (b.size, b.between, b.out)]
    centre = TOP + SPAN / 2
    corners = [(x - half, centre - half) for x, half in zip((LEFT + SPAN / 2, MIDDLE, RIGHT - SPAN / 4), halves,
                                                           strict=True)]
    followed = [(b.reads(b.row), b.reads(b.column)), (b.window(b.row), b.window(b.column)), ([b.row], [b.column])]
    read = [b.read, [*range(b.between)], [*range(b.out)]]
    frames = [_frame(corner, mine, side) for corner, mine in zip(corners, followed, strict=True)]
    out = [_funnel(before, after, cls) for before, after, cls in zip(frames, frames[1:], ("c1", "c2"), strict=False)]
    for corner, mine, any_, count in zip(corners, followed, read, (b.size, b.between, b.out), strict=True):
        out += [_pixels(corner, side, {*product(*mine)}, {*product(any_, any_)}, count)]
    out += [rect(x, y, right - x, bottom - y, "edge") for x, y, right, bottom in frames[:2]]
    for x, name, count in ((LEFT + SPAN / 2, "input", b.size), (MIDDLE, "behind the 1×1", b.between),
                           (RIGHT - SPAN / 4, "output", b.out)):
        out += [mid(x, 106, name, cls="b"), mid(x, 125, dims((count, count)), cls="soft")]
    for conv, x in GAPS.items():
        size, cls, stride = 2 * REACH[conv] + 1, f"c{conv[-1]}", b.stride(conv)
        out += [kernel(x - 24, 100, size, cls), text(x - 8, 106, dims((size, size)), cls=f"big {cls}"),
                mid(x, 125, f"stride {stride}", cls="b" if stride > 1 else "soft")]
    return out


def _frame(corner: tuple[float, float], mine: tuple[list[int], list[int]], side: float) -> tuple[float, ...]:
    """Left, top, right and bottom of the pixels that are read."""
    (x, y), (rows, columns) = corner, mine
    return x + side * columns[0], y + side * rows[0], x + side * (columns[-1] + 1), y + side * (rows[-1] + 1)


def _funnel(before: tuple[float, ...], after: tuple[float, ...], cls: str) -> str:
    """A convolution: from the pixels that it reads to those that it writes."""
    return path(("M", before[2], before[1], "L", after[0], after[1], "V", after[3], "L", before[2], before[3], "Z"),
                f"{cls} pale")


def _pixels(corner: tuple[float, float], side: float, mine: set[Pixel], read: set[Pixel], count: int) -> str:
    """Squares: filled for what the followed output reads, empty for what others read; a × for what nobody reads."""
    every = {*product(range(count), range(count))}
    kinds = (("ink", mine, _square), ("wire", read - mine, _square), ("edge", every - read, _cross))
    return "".join(path([step for place in sorted(places) for step in draw(corner, side, place)], cls)
                   for cls, places, draw in kinds if places)


def _square(corner: tuple[float, float], side: float, place: Pixel) -> Iterable[str | float]:
    x, y, wide = corner[0] + side * place[1] + 2, corner[1] + side * place[0] + 2, side - 4
    return "M", x, y, "h", wide, "v", wide, "h", -wide, "z"


def _cross(corner: tuple[float, float], side: float, place: Pixel) -> Iterable[str | float]:
    x, y, wide = corner[0] + side * place[1] + side / 3, corner[1] + side * place[0] + side / 3, side / 3
    return "M", x, y, "l", wide, wide, "M", x, y + wide, "l", wide, -wide


def _legend(b: StridedBranch) -> list[str]:
    """What the three signs mean, and how many of each the input has."""
    out = []
    for x, draw, cls, words, count in ((LEFT, _square, "ink", "read by this output", b.pixels),
                                       (292, _square, "wire", "read by others", b.by_any - b.pixels),
                                       (530, _cross, "edge", "read by no output", b.by_none)):
        out += [path([*draw((x - 2, LEGEND - 16), 20, (0, 0))], cls), text(x + 24, LEGEND, words, (f" {count}", "b"))]
    return out
