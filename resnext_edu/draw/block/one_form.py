"""One form of a block: its branch from the input to the output, the shortcut around it, the names of its rows."""
from collections.abc import Sequence

from resnext_edu.config import BlockSpec
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.block.forms_words import Form
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.svg import arrow, end, kernel, line, mid, node, path, pill, rect, room, text
from resnext_edu.words import dims

Y = {"input": 116, "fan": 142, "conv1": 188, "bn1": 229, "conv2": 268, "bn2": 321, "join": 338, "conv3": 372,
     "sum": 436, "bn3": 457, "add": 480, "relu": 501, "output": 518, "stored": 578, "weights": 656}
HEIGHT = {"conv1": 22, "conv2": 34, "conv3": 22}
KERNELS = ("1×1", "3×3", "1×1")  # of the three convolutions
PIECES = ("upper", "joint", "lower")  # of a branch: the first two convolutions; what follows; the last one
JOINT = {"upper": 302, "lower": 372}  # y: where the joint begins and ends
LEFT, SPAN, PITCH = 130, 202, 232  # x: where the first form starts; how wide it is; from one form to the next


def names(spec: BlockSpec, cut: bool = True, parts: Sequence[str] = PIECES, shapes: bool = True) -> str:
    """The margin: the name of each row, and what each convolution does.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    cut : bool
        Whether the 3×3 is cut into C.
    parts : sequence of str
        Of which parts the rows are named.
    shapes : bool
        Whether to write from how many channels to how many each convolution goes.

    Returns
    -------
    str
        SVG.
    """
    c, d, width = spec.cardinality, spec.width_per_group, spec.bottleneck_width
    each = f"{d} → {d}" if c == 1 else f"{c} × ({d} → {d})" if len(f"{c}{d}{d}") < 6 else f"each {d} → {d}"
    strided = spec.stride > 1  # one more line under the 3×3, so the next one moves down
    does = (f"{spec.in_channels} → {width}", each if cut else f"{width} → {width}", f"{width} → {spec.out_channels}")
    rows = {"upper": [text(16, Y["input"] + 18, "input"), text(16, Y["bn1"] + 7, "BN · ReLU")],
            "joint": [text(16, Y["bn2"] + (14 if strided else 7), "BN · ReLU")],
            "lower": [text(16, Y["output"] + 18, "output")]}
    for k, (part, what, name) in enumerate(zip(("upper", "upper", "lower"), does, KERNELS, strict=True), 1):
        y, cls = Y[f"conv{k}"] + HEIGHT[f"conv{k}"] / 2 + (0 if shapes else 9), f"c{k}"
        rows[part] += [kernel(25, y - 10, int(name[0]), cls), text(42, y - 4, name, cls=f"big {cls}")]
        rows[part] += [text(16, y + 14, what, cls="soft")] if shapes else []
    if strided:
        rows["upper"] += [text(16, Y["conv2"] + 49, f"stride {spec.stride}", cls="b")]
    if spec.has_projection:
        rows["lower"] += [text(16, Y["add"] - 14, "projection"),
                          text(16, Y["add"] + 5, f"1×1, stride {spec.stride}" if strided else "1×1", cls="soft"),
                          text(16, Y["add"] + 23, f"{spec.in_channels} → {spec.out_channels} · BN", cls="soft")]
    return "".join(row for part in parts for row in rows[part])


def heading(form: Form, p: Paths) -> str:
    """What stands above one form: its name, and the step that leads to it."""
    return text(p.x, 84, form.title, cls="big") + (text(p.x, 104, form.idea, cls="soft") if form.idea else "")


def shortcut(spec: BlockSpec, trace: Trace, p: Paths, parts: Sequence[str] = PIECES) -> str:
    """The shortcut around one form, from the input to the addition; a projection stands on it as a 1×1 and its BN.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    trace : Trace
        Its cost, for the shapes of input and output.
    p : Paths
        Where the form stands.
    parts : sequence of str
        The parts that it goes around. Where the first or the last is missing, the line is cut off.

    Returns
    -------
    str
        SVG.
    """
    side, y, x = p.right + 12, Y["add"], p.centre
    start = ("M", x, Y["input"] + 13, "H", side) if "upper" in parts else ("M", side, JOINT["upper"])
    stop = ("V", y, "H", x + 10) if "lower" in parts else ("V", JOINT["lower"])
    out = [path((*start, *stop), "edge")]
    if "upper" in parts:
        out += [pill(x, Y["input"], 124, dims(trace["conv1"].input_shape[1:]))]
    if "lower" in parts:
        out += [arrow(x + 11, y, 180), pill(x, Y["output"], 124, dims(trace["conv3"].output_shape[1:]))]
        out += [_projection(x, y)] if spec.has_projection else [text(x + 34, y - 6, "shortcut", cls="soft")]
    return "".join(out)


def _projection(x: float, y: float) -> str:
    return "".join((*(rect(x + 70, y - 11, 16, 22, cls) for cls in ("bg", "bar")),  # half-transparent: hide the line
                    rect(x + 50, y - 11, 3, 22, "ink"), text(x + 26, y - 19, "projection", cls="soft")))


def branch(form: Form, spec: BlockSpec, trace: Trace, p: Paths, parts: Sequence[str] = PIECES,
           shapes: bool = True) -> str:
    """One form from the input down to the output, without its shortcut; or some of its parts, each in its place.

    Parameters
    ----------
    form : Form
        Which convolutions are cut, and which one is outlined.
    spec : BlockSpec
        The block.
    trace : Trace
        Its cost, for the shapes.
    p : Paths
        Where the form stands.
    parts : sequence of str
        Some of `PIECES`.
    shapes : bool
        Whether to write the shapes of what flows between the convolutions.

    Returns
    -------
    str
        SVG.
    """
    many, cut, joins = p.count > 1, form.cut1, form.cut1 and not form.cut3

    def shape(conv: str, thin: bool) -> str:
        """C small tensors, or one."""
        _, channels, *size = trace[conv].output_shape
        whole = dims((channels, *size))
        return "" if not shapes else f"{p.count} × {dims((spec.width_per_group, *size))}" if thin else whole

    def layer(k: int, thin: bool) -> str:
        y, high = Y[f"conv{k}"], HEIGHT[f"conv{k}"]
        outlined = rect(p.x - 2, y - 2, p.span + 4, high + 4, "edge") if form.changed == f"conv{k}" else ""
        return p.layer(y, high, thin, f"c{k}") + outlined

    drawn = {
        "upper": (p.fan(Y["fan"], Y["conv1"], cut), p.flow(Y["conv1"] + 22, Y["conv2"], cut), p.bar(Y["bn1"], cut),
                  layer(1, cut), layer(2, many and form.cut2),
                  _beside(p, Y["bn1"] + 26, shape("conv1", cut), thin=cut)),
        "joint": (p.flow(Y["conv2"] + 34, Y["join"], cut), p.bar(Y["bn2"], cut),
                  p.flow(Y["join"], Y["conv3"], form.cut3), rect(p.x, Y["join"] - 1, p.span, 3, "ink") if joins else "",
                  _beside(p, Y["join"] + 23, shape("conv2", False), thin=False, before="concat ") if joins else
                  _beside(p, Y["bn2"] + 34, shape("conv2", cut), thin=cut)),
        "lower": (layer(3, form.cut3), _end(p, form.cut3)),
    }
    return "".join(piece for part in parts for piece in drawn[part])


def _end(p: Paths, cut: bool) -> str:
    """From the last 1×1 to the output. Σ stands on its own if the 1×1 is cut, else inside of it; one path has none."""
    many = p.count > 1
    out = [p.fan(Y["sum"], Y["conv3"] + 22, cut, heavy=cut or not many),
           line(p.centre, Y["sum"], p.centre, Y["output"], "edge")]
    if many:
        out += [node(p.centre, Y["sum"], "Σ") if cut else _sum_inside(p, Y["conv3"] + 11),
                text(p.centre + 18, Y["sum"] + 5, f"Σ of {p.count}", cls="soft") if cut else
                text(p.centre + 12, Y["sum"] + 9, "Σ in the 1×1", cls="soft")]
    for name, words in (("bn3", "BN"), ("relu", "ReLU")):
        out += [rect(p.centre - 22, Y[name], 44, 3, "ink"), end(p.centre - 28, Y[name] + 6, words)]
    return "".join((*out, node(p.centre, Y["add"], "+")))


def _sum_inside(p: Paths, y: float) -> str:
    """Σ on the band of the last 1×1: in the middle, or as near to it as the followed path's part leaves room."""
    half = (p.span / p.count - p.gap) / 2
    left = p.at(p.follow) < p.centre
    edge = p.at(p.follow) + half if left else p.at(p.follow) - half
    x = max(p.centre, edge + 18) if left else min(p.centre, edge - 18)
    return line(edge, y, x, y, "hi") + node(x, y, "Σ")


def _beside(p: Paths, y: float, shape: str, thin: bool, before: str = "") -> str:
    """A shape on the side where the followed path leaves more room; behind it, thin paths are hidden.

    `before` is a word in front. If both do not fit there, the word stands on the path's other side, or alone. C small
    tensors that do not fit stand around the path: 3 × | 31×56×56. If nothing fits, it covers the path.
    """
    if not before + shape:
        return ""
    left, x = p.at(p.follow) > p.centre, p.at(p.follow)
    free, other = ((side - 9) for side in ((x - p.x, p.right - x) if left else (p.right - x, x - p.x)))
    parts = [(words, cls) for words, cls in ((before, ""), (shape, "b")) if words]
    if room(before + shape) > free:
        if before and room(shape) <= free and room(before) <= other:
            return _at_side(p, y, [(before.strip(), "")], not left, thin) + _at_side(p, y, [parts[1]], left, thin)
        parts = [(before.strip(), "")] if 0 < room(before) < free else parts
    width = room("".join(words for words, _ in parts))
    times, by, each = shape.partition(" × ")
    if width > free and by and room(each) <= p.right - x - 9 and room(f"{times} ×") <= x - p.x - 9:
        ground = rect(x - room(f"{times} ×") - 9, y - 14, room(f"{times} ×") + 6, 19, "bg")
        ground += rect(x + 3, y - 14, min(room(each) + 6, p.right - x - 3), 19, "bg")
        return ground + end(x - 7, y, f"{times} ×", cls="b") + text(x + 7, y, each, cls="b")
    if width > free + 12:  # as far as a label may stand out, towards the shortcut
        return rect(p.centre - width / 2 - 4, y - 14, width + 8, 19, "bg") + mid(p.centre, y, *parts)
    return _at_side(p, y, parts, left, thin)


def _at_side(p: Paths, y: float, parts: list[tuple[str, str]], left: bool, thin: bool) -> str:
    """Words at one end of the paths; their ground does not reach the followed path."""
    x, width = p.at(p.follow), room("".join(words for words, _ in parts))
    over = max(0.0, width - (x - p.x if left else p.right - x) + 9)
    start, stop = (p.x + 1, min(p.x + width + 9, x - 3)) if left else (max(p.right - width - 9, x + 3), p.right - 1)
    ground = rect(start, y - 14, stop - start, 19, "bg") if thin else ""
    return ground + (text(p.x + 5 - over, y, *parts) if left else end(p.right - 5 + over, y, *parts))
