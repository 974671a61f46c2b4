"""From a neuron to ResNeXt: the same three steps, with a network in place of each weight."""
from html import escape

from resnext_edu.config import BlockSpec, check_spec
from resnext_edu.cost import block_cost, conv_weights
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import CONVOLUTIONS, WIDTH, end, line, node, pill, rect, tag, text
from resnext_edu.errors import ConfigError, number_of, positive_int
from resnext_edu.words import dims

Y = {"name": 92, "input": 116, "split": 158, "transform": 232, "conv1": 254, "conv2": 300, "conv3": 358,
     "aggregate": 402, "sum": 462, "output": 486, "end": 530}
LEFT, RIGHT, SPAN = 122, 492, 184  # x: where the two drawings start; how wide each is
CELL = 34  # of a number
INPUTS = 3  # of the neuron: as many as the one that lesson 3 computes


def neuron_to_paths_picture(spec: BlockSpec, follow: int | None = None, size: int = 56) -> Picture:
    """A neuron Σ wᵢ xᵢ, and beside it the paths Σ Tᵢ(x) of a block; one term of each is followed.

    Parameters
    ----------
    spec : BlockSpec
        The block; its BN, ReLU and shortcut are left out.
    follow : int, optional
        The path to follow, 0 … C − 1; by default one on the left.
    size : int
        Height and width of the block's input, in pixels.

    Returns
    -------
    Picture
        Always of the same size.

    Raises
    ------
    ConfigError
        If the block has only one path, so that there is nothing to add up; if there is no such path; or if `size`
        is not a positive integer.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Figure 2 and Section 3.2.

    Examples
    --------
    >>> print(neuron_to_paths_picture(BlockSpec(256, 256, cardinality=32, width_per_group=4)).text.splitlines()[3])
    Aggregate: Σ of 3, and Σ of 32: the same. What comes out is 1 number, and 256×56×56.
    """
    check_spec(spec)
    c = spec.cardinality
    follow = c // 6 if follow is None else follow
    if c < 2:
        raise ConfigError("cardinality must be 2 or more: with one path there is nothing to add up; got 1")
    number_of("a path", "follow", follow, c)
    size = positive_int("size", size)
    trace = block_cost(spec, (1, spec.in_channels, size, size))
    comes, goes = (dims(shape[1:]) for shape in (trace["conv1"].input_shape, trace["conv3"].output_shape))
    each = sum(weights for conv, weights in conv_weights(spec).items() if conv.startswith("conv")) // c

    title = "The same three steps, with a network in place of each weight"
    how = "Split, transform, aggregate. One term, number i, is drawn in full. Bold on the right: what has changed."
    words = "\n".join((
        f"Split: each of a neuron's {INPUTS} terms gets one number of x, xᵢ; each of ResNeXt's {c} paths gets the "
        f"whole x, {comes}.",
        "Transform: xᵢ is multiplied by one weight, wᵢ; a path is a network of its own, Tᵢ: a 1×1, a 3×3, a 1×1, "
        f"{each:,} weights.",
        f"Aggregate: Σ of {INPUTS}, and Σ of {c}: the same. What comes out is 1 number, and {goes}."))
    place = follow * INPUTS // c  # the neuron's term that stands where the path stands
    body = (_steps(), _neuron(Paths(LEFT, SPAN, INPUTS, place)),
            _paths(Paths(RIGHT, SPAN, c, follow), comes, goes, each))
    return Picture(title, (how,), words, body, Y["end"])


def _steps() -> str:
    """The three steps, as bands through both drawings."""
    out = [line(16, Y[step], WIDTH - 16, Y[step], "hair") for step in ("split", "transform", "aggregate")]
    out += [text(16, Y[step] + 26, step, cls="big") for step in ("split", "transform", "aggregate")]
    return "".join((*out, text(16, Y["input"] + 18, "input"), text(16, Y["output"] + 18, "output"),
                    line(16, Y["output"] - 9, WIDTH - 16, Y["output"] - 9, "hair")))


def _neuron(p: Paths) -> str:
    """The neuron: x is cut into its numbers, and each meets one weight."""
    middle = Y["conv2"] + 17
    out = [_indexed(p.x, Y["name"], "A neuron: Σ wᵢ xᵢ", "big"), p.flow(Y["input"] + 13, Y["aggregate"], True)]
    out += [_cells(p, Y["input"] + 13, "xᵢ"), _cells(p, middle, "wᵢ"), _sum(p, "1 number")]
    return "".join((*out, _caption(p, Y["input"] + 18, "soft", f"x: {p.count} numbers"),
                    _caption(p, Y["split"] + 32, "soft", "each term:", "one number, xᵢ"),
                    _caption(p, middle - 5, "soft", "times", "one weight, wᵢ")))


def _cells(p: Paths, y: float, name: str) -> str:
    """A number for each term, on a ground that hides the line behind it; the followed one has its name."""
    boxes = ((p.at(j) - CELL / 2, "edge" if j != p.follow else "hi") for j in range(p.count))
    return "".join(rect(x, y - CELL / 2, CELL, CELL, look) for x, cls in boxes for look in ("bg", cls)) + _indexed(
        p.at(p.follow), y + 4, name, "big", "middle")


def _paths(p: Paths, comes: str, goes: str, each: int) -> str:
    """All paths read the whole x, and each is a network."""
    out = [_indexed(p.x, Y["name"], "ResNeXt: Σ Tᵢ(x)", "big"), p.fan(Y["input"] + 26, Y["transform"], True),
           pill(p.centre, Y["input"], 124, comes)]
    top = Y["transform"]
    for conv, name, height in CONVOLUTIONS:
        y, cls = Y[conv], f"c{conv[-1]}"
        out += [p.flow(top, y, True), p.layer(y, height, True, cls),
                end(p.x - 8, y + height / 2 + 5, name, cls=f"b {cls}")]
        top = y + height
    out += [p.flow(top, Y["aggregate"], True), _sum(p, goes)]
    return "".join((*out, _caption(p, Y["split"] + 32, "b", "each path:", "the whole x"),
                    _caption(p, Y["conv2"] - 8, "b", "through", "a network, Tᵢ:", f"{each:,}", "weights")))


def _sum(p: Paths, goes: str) -> str:
    """The sum and the output: the same in both drawings."""
    return "".join((p.fan(Y["sum"], Y["aggregate"], True), line(p.centre, Y["sum"], p.centre, Y["output"], "edge"),
                    node(p.centre, Y["sum"], "Σ"), _caption(p, Y["aggregate"] + 34, "soft", f"Σ of {p.count}"),
                    pill(p.centre, Y["output"], 124, goes)))


def _caption(p: Paths, y: float, cls: str, *lines: str) -> str:
    return "".join(_indexed(p.right + 14, y + 20 * k, words, cls) for k, words in enumerate(lines))


def _indexed(x: float, y: float, words: str, cls: str, anchor: str = "") -> str:
    """A line of text in which each ᵢ is an i of 13 units, set lower: a font's own ᵢ is half as large."""
    first, *rest = words.split("ᵢ")
    spans = [escape(first)]
    for piece in rest:
        spans += [tag("tspan", "i", dy=4, font_size=13)]
        spans += [tag("tspan", escape(piece), dy=-4)] if piece else []
    return tag("text", *spans, x=x, y=y, cls=cls, text_anchor=anchor)
