"""Lesson 01: a bottleneck that halves its maps, and where its stride stands."""
from resnext_edu.draw.block.strided import strided_picture
from resnext_edu.draw.block.strided_branch import STRIDED, strided_branch
from resnext_edu.errors import positive_int
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops


def strided_frame(stride_on: str, row: int = 2, column: int = 2, size: int = 12) -> Frame:
    """Which pixels one output reads, and how many pixels no output reads.

    Examples
    --------
    >>> strided_frame("conv1").texts, [*strided_frame("conv1").numbers][2:4]
    (['9', '36', '108', '75 %', '36'], ['read by no output', 'thrown away'])
    """
    branch = strided_branch(stride_on, row, column, size)
    return Frame(strided_picture(stride_on, row, column, size), {
        "read by this output": branch.pixels, "read by some output": branch.by_any, "read by no output": branch.by_none,
        "thrown away": f"{100 * branch.by_none / size**2:.0f} %", "outputs": branch.out**2})


class StrideExplorer(Explorer):
    """Three sliders: the convolution that has the stride, then row and column of the output that is followed.

    Parameters
    ----------
    size : int
        Height and width of the input; at most 14.

    Examples
    --------
    >>> explorer = StrideExplorer()
    >>> explorer.move(stride_on="conv2", row=0)
    >>> explorer.numbers["read by this output"], explorer.numbers["read by no output"]
    (6, 0)
    """

    def __init__(self, size: int = 12):
        outputs = range(-(-positive_int("size", size) // 2))
        words = [f"{words} ({conv})" for conv, words in STRIDED.items()]
        places, ticks, middle = [f"{k} of the output" for k in outputs], [*map(str, outputs)], (len(outputs) - 1) // 2

        def frame(stride_on: str, row: int, column: int) -> Frame:
            return strided_frame(stride_on, row, column, size)

        super().__init__([Stops("stride on", [*STRIDED], words, ("1×1", "3×3")),
                          *(Stops(axis, outputs, places, ticks, middle) for axis in ("row", "column"))],
                         frame, "Who reads whom, and where the stride stands")
