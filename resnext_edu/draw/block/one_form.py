"""One form of a block: its branch from the input to the output, the shortcut around it, the names of its rows."""
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
LEFT, SPAN = 130, 202  # x: where the first form starts; how wide it is


def names(spec: BlockSpec, cut: bool = True) -> str:
    """The margin: the name of each row, and what each convolution does.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    cut : bool
        Whether the 3×3 is cut into C.

    Returns
    -------
    str
        SVG.
    """
    c, d, width = spec.cardinality, spec.width_per_group, spec.bottleneck_width
    each = f"{d} → {d}" if c == 1 else f"{c} × ({d} → {d})" if len(f"{c}{d}{d}") < 6 else f"each {d} → {d}"
    strided = spec.stride > 1  # one more line under the 3×3, so the next one moves down
    does = (f"{spec.in_channels} → {width}", each if cut else f"{width} → {width}", f"{width} → {spec.out_channels}")
    out = []
    for k, (what, name) in enumerate(zip(does, KERNELS, strict=True), 1):
        y, cls = Y[f"conv{k}"] + HEIGHT[f"conv{k}"] / 2, f"c{k}"
        out += [kernel(25, y - 10, int(name[0]), cls), text(42, y - 4, name, cls=f"big {cls}"),
                text(16, y + 14, what, cls="soft")]
    out += [text(16, Y["input"] + 18, "input"), text(16, Y["bn1"] + 7, "BN · ReLU"),
            text(16, Y["bn2"] + (14 if strided else 7), "BN · ReLU"), text(16, Y["output"] + 18, "output")]
    if strided:
        out += [text(16, Y["conv2"] + 49, f"stride {spec.stride}", cls="b")]
    if spec.has_projection:
        out += [text(16, Y["add"] - 14, "projection"),
                text(16, Y["add"] + 5, f"1×1, stride {spec.stride}" if strided else "1×1", cls="soft"),
                text(16, Y["add"] + 23, f"{spec.in_channels} → {spec.out_channels} · BN", cls="soft")]
    return "".join(out)


def shortcut(spec: BlockSpec, trace: Trace, p: Paths) -> str:
    """The shortcut around one form, from the input to the addition; a projection stands on it as a 1×1 and its BN.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    trace : Trace
        Its cost, for the shapes of input and output.
    p : Paths
        Where the form stands.

    Returns
    -------
    str
        SVG.
    """
    side, y, x = p.right + 12, Y["add"], p.centre
    out = [path(("M", x, Y["input"] + 13, "H", side, "V", y, "H", x + 10), "edge"), arrow(x + 11, y, 180)]
    if spec.has_projection:
        out += [rect(x + 70, y - 11, 16, 22, cls) for cls in ("bg", "bar")]  # half-transparent: hide the line first
        out += [rect(x + 50, y - 11, 3, 22, "ink"), text(x + 26, y - 19, "projection", cls="soft")]
    else:
        out += [text(x + 34, y - 6, "shortcut", cls="soft")]
    return "".join((*out, pill(x, Y["input"], 124, dims(trace["conv1"].input_shape[1:])),
                    pill(x, Y["output"], 124, dims(trace["conv3"].output_shape[1:]))))


def branch(form: Form, spec: BlockSpec, trace: Trace, p: Paths) -> str:
    """One form from the input down to the output, without its shortcut.

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

    Returns
    -------
    str
        SVG.
    """
    many, cut1, cut3, joins = p.count > 1, form.cut1, form.cut3, form.cut1 and not form.cut3
    out = [text(p.x, 84, form.title, cls="big")] + ([text(p.x, 104, form.idea, cls="soft")] if form.idea else [])
    out += [p.fan(Y["fan"], Y["conv1"], cut1), p.flow(Y["conv1"] + 22, Y["conv2"], cut1), p.bar(Y["bn1"], cut1),
            p.flow(Y["conv2"] + 34, Y["join"], cut1), p.bar(Y["bn2"], cut1), p.flow(Y["join"], Y["conv3"], cut3)]
    out += [rect(p.x, Y["join"] - 1, p.span, 3, "ink")] if joins else []
    for k, cut in ((1, cut1), (2, many and form.cut2), (3, cut3)):
        out += [p.layer(Y[f"conv{k}"], HEIGHT[f"conv{k}"], cut, f"c{k}")]
    out += [rect(p.x - 2, Y[form.changed] - 2, p.span + 4, HEIGHT[form.changed] + 4, "edge")] if form.changed else []

    def shape(conv: str, cut: bool) -> str:
        """C small tensors, or one."""
        _, channels, *size = trace[conv].output_shape
        return f"{p.count} × {dims((spec.width_per_group, *size))}" if cut else dims((channels, *size))

    out += [_beside(p, Y["bn1"] + 26, shape("conv1", cut1), thin=cut1),
            _beside(p, Y["join"] + 23, shape("conv2", False), thin=False, before="concat ") if joins else
            _beside(p, Y["bn2"] + 34, shape("conv2", cut1), thin=cut1)]
    # Σ stands on its own in (a), and inside the last 1×1 in (b) and (c): there the path ends. One path has none
    out += [p.fan(Y["sum"], Y["conv3"] + 22, cut3, heavy=cut3 or not many),
            line(p.centre, Y["sum"], p.centre, Y["output"], "edge")]
    if many:
        out += [node(p.centre, Y["sum"], "Σ") if cut3 else _sum_inside(p, Y["conv3"] + 11),
                text(p.centre + 18, Y["sum"] + 5, f"Σ of {p.count}", cls="soft") if cut3 else
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
