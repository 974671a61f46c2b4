"""One form of the block beside its weights: step from form to form, and see which gaps close and which numbers stay."""
from resnext_edu.config import BlockSpec, check_spec
from resnext_edu.cost import block_cost, conv_weights
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.block.forms_words import DENSE, Addend, Form, addends, describe_form, forms_of, stored
from resnext_edu.draw.block.one_form import KERNELS, LEFT, SPAN, branch, heading, names, shortcut
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, Part, kernel, line, mid, path, rect, tag, text
from resnext_edu.errors import ConfigError, check_name, number_of

STEPS = ("split_sum", "concat", "grouped", "dense")
MATRIX, WORDS = 384, 598  # x: where the weights start, and the words about each
TOP, TOTAL = 128, 630  # y: where the first matrix starts, and where all weights are added up
WIDEST, HIGHEST = 205, 410  # the most that one matrix may take across, and all three together down
LINES, GAP = 84, 24  # the height of the words beside a matrix; the space from one matrix to the next


def step_of(spec: BlockSpec, name: str) -> tuple[Form, Trace]:
    """A form by its name, and its cost.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    name : str
        One of `STEPS`; "dense" is the grouped form with its 3×3 in one group.

    Returns
    -------
    tuple of Form and Trace
        The cost is that of the layers as this form runs them, on one map of 56×56.

    Raises
    ------
    ConfigError
        If there is no such form.

    Examples
    --------
    >>> form, trace = step_of(BlockSpec(256, 256, cardinality=32, width_per_group=4), "dense")
    >>> form.idea, trace["conv2"].groups
    ('the 3×3, too', 1)
    """
    check_spec(spec)
    dense = DENSE._replace(idea="the same layers", changed="") if spec.cardinality == 1 else DENSE
    forms = {form.name: form for form in (*forms_of(spec), dense)}
    check_name("form", name, forms)
    groups, width = (1, spec.bottleneck_width) if name == "dense" else (spec.cardinality, spec.width_per_group)
    runs = BlockSpec(spec.in_channels, spec.out_channels, groups, width, spec.stride)
    return forms[name], block_cost(runs, (1, spec.in_channels, 56, 56))


def zeros_in(spec: BlockSpec, name: str) -> int:
    """How many of the weights that a form stores are always zero: 0 in every form but "dense".

    Parameters
    ----------
    spec : BlockSpec
        The block.
    name : str
        One of `STEPS`.

    Returns
    -------
    int

    Raises
    ------
    ConfigError
        If there is no such form.

    Examples
    --------
    >>> zeros_in(BlockSpec(256, 256, cardinality=32, width_per_group=4), "dense")
    142848
    """
    _, trace = step_of(spec, name)
    return sum(row.params for row in trace if row.op == "conv2d") - sum(conv_weights(spec).values())


def form_walk_picture(spec: BlockSpec, name: str, follow: int = 0) -> Picture:
    """One form of a block beside the weights that it stores; a number has the same place in all forms.

    Parameters
    ----------
    spec : BlockSpec
        A block without a projection.
    name : str
        "split_sum", "concat", "grouped", or "dense": the grouped form with its 3×3 in one group.
    follow : int
        The path to follow, 0 … C − 1.

    Returns
    -------
    Picture
        The pictures of all forms have the same size.

    Raises
    ------
    ConfigError
        If there is no such form or path, or the block has a projection.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Figure 3.

    Examples
    --------
    >>> spec = BlockSpec(256, 256, cardinality=32, width_per_group=4)
    >>> for name in STEPS:
    ...     print(form_walk_picture(spec, name, 5).text.splitlines()[0])
    (a) split_sum: 96 convolutions, 70,144 weights
    (b) concat: 65 convolutions, 70,144 weights
    (c) grouped: 3 convolutions, 70,144 weights
    A whole 3×3 stores 142,848 zeros more
    """
    form, trace = step_of(spec, name)
    if spec.has_projection:
        raise ConfigError(f"this picture needs a block without a projection, so stride 1 and as many input as output "
                          f"channels; got {spec}")
    number_of("a path", "follow", follow, spec.cardinality)
    parts, zeros, p = addends(form, spec, trace), zeros_in(spec, name), Paths(LEFT, SPAN, spec.cardinality, follow)
    weights = sum(part.times * part.each for part in parts)
    title = (f"A whole 3×3 stores {zeros:,} zeros more" if zeros else
             f"{form.title}: {sum(part.times for part in parts)} convolutions, {weights:,} weights")
    outlined = " Outlined: what has just lost its gaps." if form.changed else ""
    how = f"Gaps mean separate layers, separate tensors.{outlined}"
    body = (names(spec, form.cut2), heading(form, p), shortcut(spec, trace, p), branch(form, spec, trace, p),
            _weights(form, spec, trace, parts, follow),
            line(16, TOTAL - 26, WIDTH - 16, TOTAL - 26, "hair"), _total(parts, weights, zeros))
    words = describe_form(form, spec, trace, follow)
    words += f" {zeros:,} of the weights are zeros: all that lie off the diagonal blocks." if zeros else ""
    return Picture(title, (how,), words, body, TOTAL + 24)


def _weights(form: Form, spec: BlockSpec, trace: Trace, parts: list[Addend], follow: int) -> str:
    """The three weights, one below the other, each with its words beside it."""
    sizes = [(trace[f"conv{k}"].output_shape[1], trace[f"conv{k}"].input_shape[1]) for k in (1, 2, 3)]
    scale = min(WIDEST / max(wide for _, wide in sizes), HIGHEST / sum(high for high, _ in sizes))
    out = [text(MATRIX, 84, "what is stored", cls="big"),
           text(MATRIX, 104, f"rows: outputs · columns: inputs · full colour: path {follow}", cls="soft")]
    y, many = float(TOP), spec.cardinality > 1
    for k, cut in ((1, form.cut1), (2, many and form.cut2), (3, form.cut3)):
        high, wide = (scale * side for side in sizes[k - 1])
        out += [_matrix(k, y, wide, high, scale * spec.width_per_group, cut, spec.cardinality, follow)]
        if form.changed == f"conv{k}":
            out += [rect(MATRIX - 4, y - 4, wide + 8, high + 8, "edge")]
        if k == 2 and many and not cut:
            out += [mid(MATRIX + wide * right, y + high * (1 - right) + 6, "0", cls="big") for right in (.25, .75)]
        out += [_said(k, y + min(14, high / 4), parts[k - 1], trace, stored(form, spec, follow)[k - 1])]
        y += max(high, LINES) + GAP
    return "".join(out)


def _matrix(k: int, y: float, wide: float, high: float, cell: float, cut: bool, count: int, follow: int) -> str:
    """Outputs down, inputs across. A path has d rows of the first 1×1, a square of the 3×3, d columns of the last."""
    gap = min(1.0, cell / 3) if count > 1 else 0

    def pieces(paths: list[int]) -> list[str | float]:
        steps: list[str | float] = []
        for i in paths:
            x, top = (0 if k == 1 else cell * i), (0 if k == 3 else cell * i)
            across, down = (wide if k == 1 else cell - gap), (high if k == 3 else cell - gap)
            steps += ["M", MATRIX + x, y + top, "h", across, "v", down, "h", -across, "z"]
        return steps

    others = [i for i in range(count) if i != follow]
    # off its diagonal, a cut 3×3 stores nothing, and a whole one stores zeros
    off = tag("rect", x=MATRIX, y=y, width=wide, height=high, cls="ink" if cut else "c2",
              opacity=.07 if cut else .25) if k == 2 and count > 1 else ""
    rest = (path(pieces(others), f"c{k} pale") if others and (cut or k == 2) else
            rect(MATRIX, y, wide, high, f"c{k} pale") if others else "")
    return off + rest + path(pieces([follow]), f"c{k}")


def _said(k: int, y: float, part: Addend, trace: Trace, where: str) -> str:
    """A weight's convolution, shape, count, and the place of the followed path in it."""
    cls, size = f"c{k}", int(KERNELS[k - 1][0])
    outs = trace[f"conv{k}"].output_shape[1] // (part.times if k < 3 else 1)
    shape = (outs, part.each // outs // size**2, size, size)
    tensors = f"{part.times} × " if part.times > 1 else ""
    count = f"{tensors}{part.each:,} = {part.times * part.each:,}" if tensors else f"{part.each:,}"
    return "".join((kernel(WORDS + 9, y - 5, size, cls),
                    text(WORDS + 26, y, KERNELS[k - 1], cls=f"b {cls}"),
                    text(WORDS + 64, y, f"{tensors}{shape}", cls="mono"), text(WORDS, y + 22, f"{count} weights"),
                    text(min(WORDS, WIDTH - 8 - 7.9 * len(where)), y + 44, where, cls=f"mono {cls}")))


def _total(parts: list[Addend], weights: int, zeros: int) -> str:
    terms: list[Part] = []
    for k, part in enumerate(parts, 1):
        times = f"{part.times} × " if part.times > 1 else ""
        terms += [" + "] if k > 1 else []
        terms += [(f"{times}{part.each:,}", f"c{k}")]
    last = f"  of which {zeros:,} are zeros" if zeros else ""
    return "".join((text(16, TOTAL, "all weights", cls="b"), text(16, TOTAL + 16, "without BN", cls="soft"),
                    text(LEFT, TOTAL, *terms, " = ", (f"{weights:,}", "big"), last)))
