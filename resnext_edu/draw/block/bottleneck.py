"""ResNet's bottleneck, twice: where the shortcut can hand the input on as it is, and where it needs a projection."""
from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import CONVOLUTIONS, arrow, end, kernel, mid, node, path, pill, rect, text
from resnext_edu.errors import positive_int
from resnext_edu.words import dims

Y = {"input": 116, "conv1": 168, "bn1": 208, "conv2": 250, "bn2": 302, "conv3": 344, "bn3": 384, "add": 414,
     "relu": 436, "output": 454, "end": 500}
LEFT, RIGHT = 220, 524  # the middles of the two drawings
WIDEST = 256  # units: the right one's output


def bottleneck_picture(width: int = 64, size: int = 56) -> Picture:
    """ResNet's bottleneck inside a stage, and the first one of the next stage; drawn as wide as they have channels.

    Parameters
    ----------
    width : int
        Channels of the first block's 3×3. Its output has four times as many. The next stage doubles both.
    size : int
        Height and width of the input, in pixels.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If one of them is not a positive integer.

    References
    ----------
    He et al., Deep Residual Learning for Image Recognition, 2015, Figure 5 and Section 3.3. The stride stands on the
    3×3, as in ResNeXt and in torchvision; He et al. have it on the first 1×1.

    Examples
    --------
    >>> print(bottleneck_picture().text.splitlines()[1])
    Inside a stage: 256×56×56, 1×1 to 64×56×56, 3×3 to 64×56×56, 1×1 to 256×56×56; the shortcut adds the input itself.
    """
    channels, size = 4 * positive_int("width", width), positive_int("size", size)
    same = block_cost(BlockSpec(channels, channels, 1, width), (1, channels, size, size))
    next_ = block_cost(BlockSpec(channels, 2 * channels, 1, 2 * width, stride=2), (1, channels, size, size))
    title = "What is added must have the shape of what it is added to"
    how = "Two of ResNet's bottlenecks, drawn as wide as they have channels. Bold: what the stride changes."
    words = "\n".join((
        f"Inside a stage: {_story(same)}; the shortcut adds the input itself.",
        f"The first block of the next stage: {_story(next_)}, because the 3×3 has stride 2; the shortcut "
        f"adds a projection, a 1×1 of stride 2 to {dims(next_['downsample.0'].output_shape[1:])}, and a BN.",
        "A BatchNorm follows each convolution, a ReLU each of the first two BatchNorms and the addition."))
    unit = WIDEST / (2 * channels)
    body = (_margin(), _block(LEFT, same, unit, "inside a stage"),
            _block(RIGHT, next_, unit, "first of the next stage"))
    return Picture(title, (how,), words, body, Y["end"])


def taper(x: float, y: float, height: float, above: float, below: float, cls: str) -> str:
    """A convolution, from a tensor that is `above` wide to one that is `below` wide; y is its top, x its middle."""
    return path(("M", x - above / 2, y, "h", above, "L", x + below / 2, y + height, "h", -below, "Z"), cls)


def flow(x: float, top: float, bottom: float, width: float) -> str:
    """A tensor on its way from height `top` to `bottom`, `width` wide and centred on x."""
    return rect(x - width / 2, top, width, bottom - top, "tensor")


def _story(trace: Trace) -> str:
    steps = (f"{name} to {dims(trace[conv].output_shape[1:])}" for conv, name, _ in CONVOLUTIONS)
    return ", ".join((dims(trace["conv1"].input_shape[1:]), *steps))


def _margin() -> str:
    out = [text(16, Y[name] + 18, name) for name in ("input", "output")]
    for conv, name, height in CONVOLUTIONS:
        middle = Y[conv] + height / 2
        out += [kernel(25, middle, int(name[0]), f"c{conv[-1]}"), text(42, middle + 6, name, cls=f"big c{conv[-1]}")]
    out += [text(16, Y[name] + 7, words) for name, words in (
        ("bn1", "BN · ReLU"), ("bn2", "BN · ReLU"), ("bn3", "BN"), ("relu", "ReLU"))]
    return "".join(out)


def _block(x: float, trace: Trace, unit: float, name: str) -> str:
    shapes = [trace["conv1"].input_shape[1:], *(trace[conv].output_shape[1:] for conv, _, _ in CONVOLUTIONS)]
    wide = [channels * unit for channels, *_ in shapes]
    strided = trace["conv2"].stride != (1, 1)
    out = [mid(x, 98, name, cls="big"), flow(x, Y["input"] + 13, Y["conv1"], wide[0]), _shortcut(x, max(wide), trace)]
    below = (Y["conv2"], Y["conv3"], Y["output"] + 13)
    for k, (conv, _, height) in enumerate(CONVOLUTIONS):
        y, bn = Y[conv], Y[f"bn{k + 1}"]
        out += [taper(x, y, height, wide[k], wide[k + 1], f"c{k + 1}"), flow(x, y + height, below[k], wide[k + 1]),
                rect(x - wide[k + 1] / 2, bn, wide[k + 1], 3, "ink")]
        if k < 2:
            out += [end(x - wide[k + 1] / 2 - 8, bn + 7, dims(shapes[k + 1]), cls="b" if strided and k else "")]
    if strided:
        out += [text(x + wide[2] / 2 + 8, Y["conv2"] + 22, "stride 2", cls="b")]
    return "".join((*out, node(x, Y["add"], "+"), rect(x - wide[3] / 2, Y["relu"], wide[3], 3, "ink"),
                    pill(x, Y["input"], 124, dims(shapes[0])), pill(x, Y["output"], 124, dims(shapes[3]))))


def _shortcut(x: float, widest: float, trace: Trace) -> str:
    """From the input around everything to the +; a projection stands on it as a 1×1 and its BN, in ink."""
    side, y = x + widest / 2 + 18, Y["conv2"] - 14
    out = [path(("M", x, Y["input"] + 13, "H", side, "V", Y["add"], "H", x + 10), "edge"), arrow(x + 11, Y["add"], 180)]
    lines: tuple[str, ...] = ("identity:", "the input itself")
    projection = [row for row in trace if row.path == "downsample.0"]
    for row in projection:
        lines = ("projection:", "1×1, stride 2", f"{row.input_shape[1]} → {row.output_shape[1]}, BN")
        out += [rect(side - 11, y, 22, 16, cls) for cls in ("bg", "bar")]  # half-transparent: hide the line first
        out += [rect(side - 11, y + 20, 22, 3, "ink")]
    out += [text(side + 18, y + 2 + 20 * k, words, cls="b" if projection and k == 1 else "soft" if k else "")
            for k, words in enumerate(lines)]
    return "".join(out)
