"""One block, drawn in its three forms side by side: what is cut, what is whole, and where the numbers are stored."""
from resnext_edu.config import BlockSpec, check_spec
from resnext_edu.cost import block_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.block.forms_words import Form, addends, describe, forms_of, stored
from resnext_edu.draw.block.one_form import KERNELS, LEFT, PITCH, SPAN, Y, branch, heading, names, shortcut
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, room, text
from resnext_edu.errors import number_of, positive_int


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
        If `spec` is not a `BlockSpec`, there is no such path, or `size` is not a positive integer.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Figure 3.

    Examples
    --------
    >>> forms_picture(BlockSpec(256, 256, cardinality=32, width_per_group=4), form_path=5).text.splitlines()[0]
    'One block, written three ways: the same 70,144 weights'
    """
    check_spec(spec)
    c = spec.cardinality
    follow = round(c / 6) if form_path is None else number_of("a path", "form_path", form_path, c)
    size = positive_int("size", size)
    trace = block_cost(spec, (1, spec.in_channels, size, size))
    weights = sum(row.params for row in trace if row.op == "conv2d")
    title = f"One block, written three ways: the same {weights:,} weights"
    how = ("Gaps mean separate layers, separate tensors. Outlined: what lost its gaps. The 3×3 stays cut in all three."
           if c > 1 else "One path leaves nothing to cut and nothing to add up: only the names differ.")
    body = [names(spec), margin(spec, follow)]
    for k, form in enumerate(forms_of(spec)):
        p = Paths(LEFT + PITCH * k, SPAN, c, follow)
        body += [heading(form, p), shortcut(spec, trace, p), branch(form, spec, trace, p), "" if k else _name(p),
                 numbers(form, spec, trace, p)]
    return Picture(title, (how,), describe(spec, trace, follow), tuple(body), total_of(spec) + 36)


def total_of(spec: BlockSpec) -> float:
    """The height at which all weights are added up."""
    return Y["weights"] + 20 * (4 if spec.has_projection else 3) + 14


def _name(p: Paths) -> str:
    """The name of the followed path, beside it."""
    name, x = f"path {p.follow}", (p.at(p.follow) + p.centre) / 2
    return (end(x - 14, Y["fan"] + 20, name, cls="b halo") if x <= p.centre else
            text(min(x + 14, p.right + 8 - room(name)), Y["fan"] + 20, name, cls="b halo"))


def margin(spec: BlockSpec, follow: int) -> str:
    """The names of the rows under the drawings, which are the same for all three forms."""
    total = total_of(spec)
    out = [text(16, Y["weights"] + 20 * k, name, cls=f"b c{k + 1}") for k, name in enumerate(KERNELS)]
    out += [text(16, Y["weights"] + 60, "projection", cls="b")] if spec.has_projection else []
    out += [line(16, y - 22, WIDTH - 16, y - 22, "hair") for y in (Y["stored"], Y["weights"])]
    return "".join((*out, text(16, Y["stored"], f"path {follow}", cls="b"),
                    text(16, Y["stored"] + 20, "is stored in", cls="soft"),
                    text(16, total, "all weights", cls="b"), text(16, total + 18, "without BN", cls="soft")))


def numbers(form: Form, spec: BlockSpec, trace: Trace, p: Paths) -> str:
    """Under one form: where the followed path's weights are stored, and what all weights add up to."""
    out = [text(p.x, Y["stored"] + 20 * k, where, cls=f"mono c{k + 1}")
           for k, where in enumerate(stored(form, spec, p.follow))]
    parts = addends(form, spec, trace)
    for k, (conv, times, each) in enumerate(parts):
        colour = f"c{k + 1}" if conv.startswith("conv") else ""
        left = ((f"{times} × {each:,} = ", "soft"),) if times > 1 else ()
        out += [end(p.right - 6, Y["weights"] + 20 * k, *left, (f"{times * each:,}", colour))]
    y, weights = Y["weights"] + 20 * len(parts) - 10, sum(times * each for _, times, each in parts)
    same = "" if form.name == "split_sum" else "= "
    return "".join((*out, line(p.x + 20, y, p.right - 6, y, "edge"),
                    end(p.right - 6, total_of(spec), f"{same}{weights:,}", cls="big")))
