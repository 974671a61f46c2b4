"""The picture of a block in one form, with a mark where a sabotage has changed it."""
from resnext_edu.config import BlockSpec, check_spec
from resnext_edu.cost import block_cost
from resnext_edu.draw.block.forms_words import describe_form, forms_of
from resnext_edu.draw.block.one_form import LEFT, SPAN, Y, branch, names, shortcut
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import line, rect, text
from resnext_edu.errors import check_name, positive_int

HEIGHT = 560
CONV1, CONV2, CONV3 = (184, 30), (264, 42), (368, 30)  # y and height of the mark around each convolution
JOIN, AFTER = (329, 20), (398, 14)  # the concatenation, and what comes out of each path before the sum
BN2 = (314, 16)  # the BatchNorm behind the 3×3

# sabotage → y and height of its mark, and the words beside it
MARKS: dict[str, tuple[tuple[int, int] | None, tuple[str, ...]]] = {
    "none": (None, ("Nothing is broken here:", "the proof has to pass.")),
    "bn_per_path": (AFTER, ("BatchNorm here, in every path,", "and none after the sum")),
    "relu_before_sum": (AFTER, ("ReLU here, in every path:", "what is negative is cut off", "before it can be added")),
    "bias_per_path": (CONV3, ("a bias in every last 1×1,", "so that it is added C times")),
    "path_dropped": ((180, 232), ("the last path is computed,", "and left out of the sum")),
    "w2_transposed": (CONV2, ("in every 3×3 inputs and", "outputs are exchanged")),
    "paths_shuffled": (JOIN, ("the paths are stacked in another", "order than the last 1×1 reads them")),
    "groups_interleaved": (CONV2, ("a group takes every C-th channel", "in place of neighbours")),
    "stride_on_1x1": (CONV1, ("the stride stands here,", "and not on the 3×3")),
    "c_and_d_swapped": (CONV2, ("d groups of C channels", "in place of C groups of d")),
    "momentum_reversed": (BN2, ("the momentum is 0.9 here, not 0.1:", "counted from the other end")),
}


def sabotaged_picture(spec: BlockSpec, form: str, sabotage: str = "none", size: int = 14) -> Picture:
    """A block in one form; an outline and a few words mark what the sabotage changed.

    Parameters
    ----------
    spec : BlockSpec
        The block as it should be.
    form : str
        "split_sum", "concat" or "grouped".
    sabotage : str
        A name in `MARKS`: "none", or one of the package's sabotages.
    size : int
        Height and width of the block's input, in pixels.

    Returns
    -------
    Picture
        The pictures of all sabotages have the same size.

    Raises
    ------
    ConfigError
        If there is no such form or sabotage, or `size` is not a positive integer.

    Examples
    --------
    >>> spec = BlockSpec(64, 64, cardinality=4, width_per_group=4, stride=2)
    >>> print(sabotaged_picture(spec, "grouped", "stride_on_1x1").text.splitlines()[0])
    (c) grouped, broken: the stride stands here, and not on the 3×3
    """
    check_spec(spec)
    forms = {each.name: each for each in forms_of(spec)}
    check_name("form", form, forms)
    check_name("sabotage", sabotage, MARKS)
    size = positive_int("size", size)
    chosen = forms[form]._replace(changed="", idea="")
    trace, (place, lines) = block_cost(spec, (1, spec.in_channels, size, size)), MARKS[sabotage]
    p = Paths(LEFT, SPAN, spec.cardinality, 0)
    title = chosen.title + (f", broken: {' '.join(lines)}" if place else ", as it should be")
    how = (f"{spec.in_channels} → {spec.out_channels} channels, {spec.cardinality} × {spec.width_per_group} inside."
           + (" Outlined: what the sabotage changed." if place else ""))
    body = [names(spec), shortcut(spec, trace, p), branch(chosen, spec, trace, p)]
    top = 288.0  # of the words
    if place:
        mark = _mark(p, sabotage, *place)
        body = [mark, *body] if sabotage == "path_dropped" else [*body, mark]  # that one goes behind the shapes
        top = place[0] + place[1] / 2 + 5
    body += [text(402, top + 20 * k, words, cls="b") for k, words in enumerate(lines)]
    return Picture(title, (how,), describe_form(chosen, spec, trace, 0), tuple(body), HEIGHT,
                   heading="Broken on purpose" if place else "As it should be")


def _mark(p: Paths, sabotage: str, y: float, high: float) -> str:
    """An outline around what has changed, from height y down, and a line from it to the words."""
    one_of_many = sabotage == "path_dropped" and p.count > 1
    x, wide = (p.at(p.count - 1) - 9, 18.0) if one_of_many else (p.x - 8, p.span + 16)
    out = [p.bar(y + 6, True)] if (y, high) == AFTER else []
    if sabotage == "bn_per_path":  # the BatchNorm after the sum is struck out
        out += [line(p.centre - 26, Y["bn3"] - 6, p.centre + 26, Y["bn3"] + 9, "hi")]
    out += [rect(x, y, wide, high, "hi", 4), line(x + wide, y + high / 2, 392, y + high / 2, "hi")]
    return "".join(out)
