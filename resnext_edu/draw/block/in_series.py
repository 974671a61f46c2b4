"""The first block of a stage as a chart draws it, its projection behind the branch, and as it is, beside it."""
from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.block.bottleneck import flow, taper
from resnext_edu.draw.kit.marks import cross
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import CONVOLUTIONS, arrow, kernel, mid, node, path, pill, rect, text
from resnext_edu.words import dims

FIRST_OF_STAGE = BlockSpec(64, 256, cardinality=32, width_per_group=4)
FIRST_INPUT = (1, 64, 56, 56)
FOLLOWED_PATH = 5  # the path in full colour
UNIT = 160 / 256  # of width, for a channel
SERIES, BRANCH, ASIDE = 236, 504, 714  # x: the middles of what is drawn
Y = {"input": 116, "conv1": 166, "bn1": 200, "conv2": 226, "bn2": 272, "conv3": 298, "bn3": 332,
     "projection": 382, "add": 372, "relu": 390, "output": 408, "end": 468}


def in_series_picture() -> Picture:
    """A projection in series with the branch, which can not run, and in parallel, as wide as they have channels.

    Returns
    -------
    Picture

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Section 4.1: a projection stands on the
    shortcut where the shape changes.

    Examples
    --------
    >>> print(in_series_picture().text.splitlines()[1])
    As drawn: the branch takes 64×56×56 to 256×56×56, and its 256 channels meet a projection that was made for 64.
    """
    trace = block_cost(FIRST_OF_STAGE, FIRST_INPUT)
    start, stop = (dims(shape[1:]) for shape in (trace["conv1"].input_shape, trace["conv3"].output_shape))
    title = "A projection stands beside the branch, not behind it"
    how = "The first block of a stage, twice, drawn as wide as it has channels."
    words = "\n".join((
        f"As drawn: the branch takes {start} to {stop}, and its {FIRST_OF_STAGE.out_channels} channels meet a "
        f"projection that was made for {FIRST_OF_STAGE.in_channels}.",
        f"As it is: the branch and the projection both read {start}, each makes {stop}, and the two are added."))
    body = [mid(SERIES, 98, "as the chart draws it", cls="big"), mid((BRANCH + ASIDE) / 2, 98, "as it is", cls="big"),
            _margin(), _branch(SERIES, trace), _behind(trace), _branch(BRANCH, trace), _beside(trace)]
    return Picture(title, (how,), words, tuple(body), Y["end"])


def _margin() -> str:
    out = [text(16, Y["input"] + 18, "input")]
    for conv, name, height in CONVOLUTIONS:
        middle = Y[conv] + height / 2
        out += [kernel(25, middle, int(name[0]), f"c{conv[-1]}"), text(42, middle + 6, name, cls=f"big c{conv[-1]}")]
    steps = (("bn1", "BN · ReLU"), ("bn2", "BN · ReLU"), ("bn3", "BN"))
    return "".join((*out, *(text(16, Y[name] + 7, words) for name, words in steps)))


def _branch(x: float, trace: Trace) -> str:
    """Three convolutions and what flows between them; the 3×3 is cut into its groups."""
    shapes = [trace["conv1"].input_shape[1:], *(trace[conv].output_shape[1:] for conv, _, _ in CONVOLUTIONS)]
    wide = [channels * UNIT for channels, *_ in shapes]
    below = (Y["conv2"], Y["conv3"], Y["projection"] - 10 if x == SERIES else Y["output"] + 13)
    out = [flow(x, Y["input"] + 13, Y["conv1"], wide[0])]
    for k, (conv, _, height) in enumerate(CONVOLUTIONS):
        groups = Paths(x - wide[k] / 2, wide[k], trace[conv].groups or 1, FOLLOWED_PATH)
        out += [groups.layer(Y[conv], height, cut=True, cls=f"c{k + 1}") if groups.count > 1 else
                taper(x, Y[conv], height, wide[k], wide[k + 1], f"c{k + 1}"),
                flow(x, Y[conv] + height, below[k], wide[k + 1]),
                rect(x - wide[k + 1] / 2, Y[f"bn{k + 1}"], wide[k + 1], 3, "ink")]
    return "".join((*out, pill(x, Y["input"], 100, dims(shapes[0]))))


def _projection(x: float, y: float, trace: Trace) -> str:
    """A 1×1 and its BatchNorm, in ink."""
    row = trace["downsample.0"]
    above, below = row.input_shape[1] * UNIT, row.output_shape[1] * UNIT
    return "".join((taper(x, y, 22, above, below, "bar"), flow(x, y + 22, y + 44, below),
                    rect(x - below / 2, y + 32, below, 3, "ink")))


def _behind(trace: Trace) -> str:
    """What is drawn behind the branch: its 256 channels come to a mouth that is 64 wide."""
    row, x, y = trace["downsample.0"], SERIES, Y["projection"]
    made, come = row.input_shape[1], trace["conv3"].output_shape[1]
    return "".join((
        _projection(x, y, trace), cross(x - 60, y + 3, 7), cross(x + 60, y + 3, 7), text(16, y + 17, "projection"),
        mid(x, Y["end"] - 16, f"{come} channels come, and {made} fit", cls="b")))


def _beside(trace: Trace) -> str:
    """The projection on the shortcut, and where both meet."""
    x, y, row = ASIDE, Y["conv2"] + 6, trace["downsample.0"]
    wide = row.output_shape[1] * UNIT
    way = ("M", BRANCH + 50, Y["input"] + 13, "H", x, "V", y)
    return "".join((
        path(way, "edge"), flow(x, y - 30, y, row.input_shape[1] * UNIT), _projection(x, y, trace),
        text(x + 12, y - 50, "projection"), path(("M", x, y + 44, "V", Y["add"], "H", BRANCH + 12), "edge"),
        arrow(BRANCH + 11, Y["add"], 180), node(BRANCH, Y["add"], "+"),
        rect(BRANCH - wide / 2, Y["relu"], wide, 3, "ink"), text(BRANCH + wide / 2 + 8, Y["relu"] + 7, "ReLU"),
        pill(BRANCH, Y["output"], 108, dims(row.output_shape[1:]))))
