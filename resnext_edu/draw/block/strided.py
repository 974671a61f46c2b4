"""A strided bottleneck: the pixels that one output reads, those that others read, and those that nobody reads."""
from collections.abc import Callable
from functools import lru_cache
from itertools import product

from resnext_edu.draw.block.strided_branch import REACH, STRIDED, StridedBranch, strided_branch
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, kernel, mid, path, rect, strokes, text
from resnext_edu.words import dims, listed

SPAN = 240  # units: the side of the input
LEFT, MIDDLE, RIGHT = 16, 470, WIDTH - 16  # x: the input's left side, the middle of the next map, the output's right
TOP, LEGEND = 140, 412  # y
GAPS = {"conv1": 303, "conv2": 637}  # x: the middles of the gaps, where a convolution is named

Pixel = tuple[int, int]  # row, column
Sign = Callable[[tuple[float, float], float, Pixel], str]


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
    words = (f"The input has {dims((size, size))} pixels, the output {dims((b.out, b.out))}. "
             f"{_reads(b)}\n"
             f"{b.by_any} pixels of the input are read by some output, {b.by_none} by none. "
             f"The map behind the first 1×1 has {dims((b.between, b.between))} pixels.")
    return Picture(title, how, words, (*_maps(b), *_legend(b)), LEGEND + 22)


def strides_picture(row: int = 2, column: int = 2, size: int = 12) -> Picture:
    """The same bottleneck twice: with its stride on the first 1×1, and on the 3×3. Which pixels are read?

    Parameters
    ----------
    row, column : int
        The output to follow, counted from 0.
    size : int
        Height and width of the input, at most 16.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If the map is too large, or a number is not that of a row or a column.

    Examples
    --------
    >>> print(strides_picture().text.splitlines()[2])
    Stride on the first 1×1: 36 of 144 pixels are read by some output, 108 by none. \
The output in row 2, column 2 reads 9 pixels: those in rows 2, 4 and 6 and in columns 2, 4 and 6.
    """
    both = [strided_branch(stride_on, row, column, size) for stride_on in STRIDED]
    early, late = both
    title = f"A stride on the 1×1 never reads {early.by_none} of {size**2} pixels"
    title = title if early.by_none else "Every pixel is read, wherever the stride stands"
    how = (f"A bottleneck makes {dims((late.out, late.out))} pixels out of {dims((size, size))}. "
           "Follow one output back to the input.")
    words = "\n".join((how, *(
        f"Stride on {STRIDED[b.stride_on]}: {b.by_any} of {b.size**2} pixels are read by some output, {b.by_none} by "
        f"none. {_reads(b)}" for b in both)))
    body = [piece for b, left in zip(both, (LEFT, WIDTH - 16 - 372), strict=True) for piece in _ends(b, left)]
    signs = ((LEFT, _square, "ink", "read by this output"), (292, _square, "wire", "read by others"),
             (530, _cross, "edge", "read by no output"))
    return Picture(title, (how,), words, (*body, *(_sign(*sign) for sign in signs)), LEGEND + 22)


def _reads(b: StridedBranch) -> str:
    rows, columns = (listed([*map(str, b.reads(place))]) for place in (b.row, b.column))
    return (f"The output in row {b.row}, column {b.column} reads {b.pixels} pixels: those in rows {rows} and in "
            f"columns {columns}.")


def _ends(b: StridedBranch, left: float) -> list[str]:
    """Input and output of one branch, and what leads from one to the other."""
    side, cls = SPAN / b.size, f"c{b.stride_on[-1]}"
    corner, out = (left, TOP), (left + 372 - side * b.out, TOP + SPAN / 2 - side * b.out / 2)
    mine, one = (b.reads(b.row), b.reads(b.column)), ([b.row], [b.column])
    frames = _frame(corner, mine, side), _frame(out, one, side)
    return [text(left, 98, f"stride on {STRIDED[b.stride_on]}", cls=f"big {cls}"),
            text(left, 120, f"{b.by_any} of {b.size**2} pixels are read", cls="b"),
            mid(out[0] + side * b.out / 2, 120, "output", cls="soft"), _funnel(*frames, "tensor"),
            _pixels(corner, side, {*product(*mine)}, {*product(b.read, b.read)}, b.size),
            _pixels(out, side, {*product(*one)}, {*product(range(b.out), range(b.out))}, b.out),
            rect(frames[0][0], frames[0][1], frames[0][2] - frames[0][0], frames[0][3] - frames[0][1], "edge")]


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
    out = [_funnel(before, after, f"{cls} pale")
           for before, after, cls in zip(frames, frames[1:], ("c1", "c2"), strict=False)]
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
                cls)


def _pixels(corner: tuple[float, float], side: float, mine: set[Pixel], read: set[Pixel], count: int) -> str:
    """Squares: filled for what the followed output reads, empty for what others read; a × for what nobody reads."""
    every = {*product(range(count), range(count))}
    kinds = (("ink", mine, _square), ("wire", read - mine, _square), ("edge", every - read, _cross))
    return "".join(path([draw(corner, side, place) for place in sorted(places)], cls)
                   for cls, places, draw in kinds if places)


@lru_cache(2**12)  # every picture of an explorer has the same places
def _square(corner: tuple[float, float], side: float, place: Pixel) -> str:
    x, y, wide = corner[0] + side * place[1] + 2, corner[1] + side * place[0] + 2, side - 4
    return strokes("M", x, y, "h", wide, "v", wide, "h", -wide, "z")


@lru_cache(2**12)
def _cross(corner: tuple[float, float], side: float, place: Pixel) -> str:
    x, y, wide = corner[0] + side * place[1] + side / 3, corner[1] + side * place[0] + side / 3, side / 3
    return strokes("M", x, y, "l", wide, wide, "M", x, y + wide, "l", wide, -wide)


def _legend(b: StridedBranch) -> list[str]:
    """What the three signs mean, and how many of each the input has."""
    return [_sign(LEFT, _square, "ink", "read by this output", b.pixels),
            _sign(292, _square, "wire", "read by others", b.by_any - b.pixels),
            _sign(530, _cross, "edge", "read by no output", b.by_none)]


def _sign(x: float, draw: Sign, cls: str, words: str, count: int | None = None) -> str:
    """A sign and what it means."""
    number = () if count is None else ((f" {count}", "b"),)
    return path([draw((x - 2, LEGEND - 16), 20, (0, 0))], cls) + text(x + 24, LEGEND, words, *number)
