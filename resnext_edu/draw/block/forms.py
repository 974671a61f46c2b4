"""One block, drawn in its three forms side by side: what is cut, what is whole, and where the numbers are stored."""
from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.block.forms_words import Form, addends, describe, forms_of, stored
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, arrow, end, kernel, line, mid, node, path, pill, rect, room, text
from resnext_edu.errors import ConfigError
from resnext_edu.words import dims

Y = {"input": 116, "fan": 142, "conv1": 188, "bn1": 229, "conv2": 268, "bn2": 321, "join": 338, "conv3": 372,
     "sum": 436, "bn3": 457, "add": 480, "relu": 501, "output": 518, "stored": 578, "weights": 656}
HEIGHT = {"conv1": 22, "conv2": 34, "conv3": 22}
KERNELS = ("1×1", "3×3", "1×1")  # of the three convolutions
LEFT, SPAN, PITCH = 130, 202, 232  # x: where the first form starts; how wide each is; from one form to the next


def forms_picture(spec: BlockSpec, form_path: int | None = None, size: int = 56) -> Picture:
    """The block in the forms split_sum, concat and grouped, with one path to follow.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    form_path : int, optional
        The path to follow, 0 … C − 1; by default one on the left, where it leaves room for the shapes.
    size : int
        Height and width of the block's input, in pixels.

    Returns
    -------
    Picture
        Its `text` has all that it shows: layers, shapes, counts, and where the path's weights are stored.

    Raises
    ------
    ConfigError
        If there is no such path, or `size` is not a whole number of at least 1.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Figure 3.

    Examples
    --------
    >>> forms_picture(BlockSpec(256, 256, cardinality=32, width_per_group=4), form_path=5).text.splitlines()[0]
    'One block, written three ways: the same 70,144 weights'
    """
    c = spec.cardinality
    follow = round(c / 6) if form_path is None else form_path
    if not isinstance(follow, int) or follow not in range(c):
        raise ConfigError(f"form_path must be the number of a path, 0 … {c - 1}; got {form_path!r}")
    trace = block_cost(spec, (1, spec.in_channels, size, size))
    weights = sum(row.params for row in trace if row.op == "conv2d")
    title = f"One block, written three ways: the same {weights:,} weights"
    how = ("Gaps mean separate layers, separate tensors. Outlined: what lost its gaps. The 3×3 stays cut in all three."
           if c > 1 else "One path leaves nothing to cut and nothing to add up: only the names differ.")
    total = Y["weights"] + 20 * (4 if spec.has_projection else 3) + 14
    body = [_margin(spec, follow, total)]
    for k, form in enumerate(forms_of(spec)):
        p = Paths(LEFT + PITCH * k, SPAN, c, follow)
        body += [shortcut(spec, trace, p), branch(form, spec, trace, p), _numbers(form, spec, trace, p),
                 end(p.right - 6, total, f"= {weights:,}" if k else f"{weights:,}", cls="big")]
    words = describe(spec, trace, follow)
    return Picture(title, (how,), words, tuple(body), total + 36)


def _margin(spec: BlockSpec, follow: int, total: float) -> str:
    """The names of the rows, which are the same for all three forms."""
    out = [names(spec), *(text(16, Y["weights"] + 20 * k, name, cls=f"b c{k + 1}") for k, name in enumerate(KERNELS))]
    out += [text(16, Y["weights"] + 60, "projection", cls="b")] if spec.has_projection else []
    out += [line(16, y - 22, WIDTH - 16, y - 22, "hair") for y in (Y["stored"], Y["weights"])]
    return "".join((*out, text(16, Y["stored"], f"path {follow}", cls="b"),
                    text(16, Y["stored"] + 20, "is stored in", cls="soft"),
                    text(16, total, "all weights", cls="b"), text(16, total + 18, "without BN", cls="soft")))


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
        out += [rect(x + 50, y - 11, 3, 22, "ink"), text(x + 34, y - 19, "projection", cls="soft")]
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
    # Σ: a node of its own in (a), inside the last 1×1 in (b) and (c), and nothing to add up with one path
    out += [p.fan(Y["sum"], Y["conv3"] + 22, cut3), line(p.centre, Y["sum"], p.centre, Y["output"], "edge")]
    if many:
        out += [node(p.centre, Y["sum"] if cut3 else Y["conv3"] + 11, "Σ"),
                text(p.centre + 18, Y["sum"] + 5, f"Σ of {p.count}" if cut3 else "Σ in the 1×1", cls="soft")]
    for name, words in (("bn3", "BN"), ("relu", "ReLU")):
        out += [rect(p.centre - 22, Y[name], 44, 3, "ink"), end(p.centre - 28, Y[name] + 6, words)]
    return "".join((*out, node(p.centre, Y["add"], "+")))


def _beside(p: Paths, y: float, shape: str, thin: bool, before: str = "") -> str:
    """A shape on the side where the followed path leaves more room; behind it, thin paths are hidden.

    `before` is a word in front. If both do not fit, only the word is drawn; if nothing fits, it covers the path.
    """
    left, x = p.at(p.follow) > p.centre, p.at(p.follow)
    free = (x - p.x if left else p.right - x) - 12
    parts = tuple(part for part in ((before, ""), (shape, "b")) if part[0])
    if room(before + shape) > free > room(before) > 0:
        parts = parts[:1]
    width = room("".join(words for words, _ in parts))
    start = p.centre - width / 2 if width > free else p.x + 8 if left else p.right - 8 - width
    ground = rect(start - 4, y - 14, width + 8, 19, "bg") if thin or width > free else ""
    if width > free:
        return ground + mid(p.centre, y, *parts)
    return ground + (text(start, y, *parts) if left else end(p.right - 8, y, *parts))


def _numbers(form: Form, spec: BlockSpec, trace: Trace, p: Paths) -> str:
    """Where the followed path's weights are stored, and what all weights add up to."""
    out = []
    if form.name == "split_sum":
        name, x = f"path {p.follow}", (p.at(p.follow) + p.centre) / 2
        out += [end(x - 14, Y["fan"] + 20, name, cls="b halo") if x <= p.centre else
                text(min(x + 14, p.right + 8 - room(name)), Y["fan"] + 20, name, cls="b halo")]
    for k, where in enumerate(stored(form, spec, p.follow)):
        out += [text(p.x, Y["stored"] + 20 * k, where, cls=f"mono c{k + 1}")]
    for k, (conv, times, each) in enumerate(addends(form, spec, trace)):
        colour = f"c{k + 1}" if conv.startswith("conv") else ""
        left = ((f"{times} × {each:,} = ", "soft"),) if times > 1 else ()
        out += [end(p.right - 6, Y["weights"] + 20 * k, *left, (f"{times * each:,}", colour))]
    y = Y["weights"] + 20 * k + 10
    return "".join((*out, line(p.x + 20, y, p.right - 6, y, "edge")))
