"""Parts of the picture of the three forms: what one lesson is about, as it stands in the whole."""
from typing import NamedTuple

from resnext_edu.config import BlockSpec, check_spec
from resnext_edu.cost import block_cost
from resnext_edu.draw.block.forms import margin, numbers, total_of
from resnext_edu.draw.block.forms_words import forms_of, stored, sum_of
from resnext_edu.draw.block.one_form import JOINT, LEFT, PIECES, PITCH, SPAN, Y, branch, heading, names, shortcut
from resnext_edu.draw.kit.paths import Paths
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import tag, text
from resnext_edu.errors import ConfigError, check_name, number_of

TOP = 128  # y: where the drawing starts if its upper part is cut off


class Crop(NamedTuple):
    """What is left of the picture, and what is said about it. {c}, {d}, {ins} and {outs} are numbers of the block."""

    title: str
    how: str
    forms: tuple[int, ...]
    parts: tuple[str, ...]
    shapes: bool
    notes: tuple[tuple[float, tuple[str, ...]], ...]  # (height, lines): beside what they are about
    words: str


CROPS_OF_THE_FORMS = {
    "paths": Crop(
        "Form (a): {c} paths side by side, added up",
        "One path is drawn in full colour. Gaps mean separate layers, separate tensors.", (0,), PIECES, True,
        ((Y["fan"] + 14, ("Every path reads the whole input.",)),
         (Y["conv1"] + 8, ("{c} small 1×1s, each {ins} → {d}", "Each path makes a few channels.")),
         (Y["conv2"] + 14, ("{c} small 3×3s, each {d} → {d}", "No path sees the channels of another.")),
         (Y["conv3"] + 8, ("{c} small 1×1s, each {d} → {outs}", "Each path gets as wide as the output.")),
         (Y["sum"] + 5, ("The {c} results are added up.",)), (Y["bn3"] + 6, ("One BatchNorm, after the sum.",)),
         (Y["add"] + 5, ("The shortcut adds the input.",)), (Y["relu"] + 6, ("A ReLU at the very end.",))),
        "{ins}×56×56 comes in, and every path reads all of it. A path is a small 1×1, {ins} → {d}, a small 3×3, "
        "{d} → {d}, and a small 1×1, {d} → {outs}; BN and ReLU come after the first two. Between the convolutions "
        "there are {c} tensors of {d}×56×56, and no path sees those of another.\n"
        "The {c} results are added up (Σ). Then come one BN, the shortcut, which adds the input, and a ReLU. "
        "{outs}×56×56 goes out."),
    "last": Crop(
        "From (a) to (b): only the last 1×1 changes",
        "How the block ends. Gaps mean separate layers, separate tensors. Outlined: what has lost its gaps.",
        (0, 1), PIECES[1:], False,
        ((Y["bn2"] + 5, ("concat", "(b) puts the channels of", "all paths in one stack")),
         (Y["conv3"] + 32, ("The last 1×1", "(a) {c} small ones, and Σ", "(b) one large one"))),
        "Both begin with what {c} small 3×3s have put out, and with their BN and ReLU. Both end with one BN, the "
        "shortcut and a ReLU.\n(a) split_sum: {c} small 1×1s, and Σ adds up their {c} results.\n"
        "(b) concat: the channels of all paths are put in one stack, and one large 1×1 reads it. Σ is inside of it."),
    "grouped": Crop(
        "From (b) to (c): the first 1×1 and the 3×3 change",
        "How the block begins. Gaps mean separate. Outlined: what has lost its gaps. The 3×3 keeps them, as groups.",
        (1, 2), PIECES[:2], True,
        ((Y["conv1"] - 4, ("The first 1×1", "(b) {c} small ones", "(c) one large one")),
         (Y["conv2"] + 2, ("The 3×3", "(b) {c} small ones", "(c) one, in {c} groups")),
         (Y["join"] + 4, ("concat", "(c) has one tensor already"))),
        "(b) concat: {c} small 1×1s, each {ins} → {d}; {c} small 3×3s, each {d} → {d}; between them are {c} tensors of "
        "{d}×56×56, and concat puts the last of them in one tensor of {width}×56×56.\n"
        "(c) grouped: one large 1×1, {ins} → {width}; one 3×3 in {c} groups, {width} → {width}; behind each of them is "
        "one tensor of {width}×56×56.\nThe last 1×1 and all behind it are as before."),
}


def forms_crop_picture(spec: BlockSpec, crop: str, form_path: int | None = None) -> Picture:
    """A part of `forms_picture`.

    Parameters
    ----------
    spec : BlockSpec
        A block with two paths or more and without a projection.
    crop : str
        "paths", all of form (a); "last", how (a) and (b) end; "grouped", how (b) and (c) begin.
    form_path : int, optional
        The path to follow, 0 … C − 1; by default one on the left.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is no such part or path, or the block has one path or a projection.

    Examples
    --------
    >>> spec = BlockSpec(256, 256, cardinality=32, width_per_group=4)
    >>> for crop in CROPS_OF_THE_FORMS:
    ...     print(forms_crop_picture(spec, crop).title)
    Form (a): 32 paths side by side, added up
    From (a) to (b): only the last 1×1 changes
    From (b) to (c): the first 1×1 and the 3×3 change
    """
    check_spec(spec)
    check_name("crop", crop, CROPS_OF_THE_FORMS)
    c, follow = spec.cardinality, _followed(spec, form_path)
    if c == 1 or spec.has_projection:
        raise ConfigError(f"this picture needs a block with two paths or more and without a projection; got {spec}")
    cut, trace = CROPS_OF_THE_FORMS[crop], block_cost(spec, (1, spec.in_channels, 56, 56))
    above: list[str] = []
    drawn = [names(spec, parts=cut.parts, shapes=cut.shapes)]
    for k, form in enumerate(forms_of(spec)[number] for number in cut.forms):
        p = Paths(LEFT + PITCH * k, SPAN, c, follow)
        above += [heading(form, p)]
        drawn += [shortcut(spec, trace, p, cut.parts), branch(form, spec, trace, p, cut.parts, cut.shapes)]
    fields = {"c": c, "d": spec.width_per_group, "ins": spec.in_channels, "outs": spec.out_channels,
              "width": spec.bottleneck_width}
    x = LEFT + PITCH * len(cut.forms) + 10
    drawn += [text(x, y + 20 * k, words.format(**fields), cls="soft" if k else "b")
              for y, lines in cut.notes for k, words in enumerate(lines)]
    drawn += [] if "upper" in cut.parts else [text(16, JOINT["upper"] + 4, "from the 3×3", cls="soft")]
    drawn += [] if "lower" in cut.parts else [text(16, JOINT["lower"] - 1, "to the last 1×1", cls="soft")]
    up = 0 if "upper" in cut.parts else JOINT["upper"] - TOP
    body = tag("g", *drawn, transform=f"translate(0 -{up})") if up else "".join(drawn)
    bottom = Y["output"] + 26 if "lower" in cut.parts else JOINT["lower"]
    title, words = (said.format(**fields) for said in (cut.title, cut.words))
    return Picture(title, (cut.how,), words, (*above, body), bottom - up + 16)


def stored_picture(spec: BlockSpec, form_path: int | None = None) -> Picture:
    """The rows under the three forms: where each stores the weights of one path, and how many it stores.

    Parameters
    ----------
    spec : BlockSpec
        The block.
    form_path : int, optional
        The path whose weights are looked for, 0 … C − 1; by default one on the left.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If `spec` is not a `BlockSpec`, or there is no such path.

    Examples
    --------
    >>> print(stored_picture(BlockSpec(256, 256, cardinality=32, width_per_group=4), 5).text.splitlines()[2])
    (b) concat: path 5 is stored in paths.5.conv1.weight, paths.5.conv2.weight, conv3.weight[:, 20:24]. \
Weights without BN: 32 × 1,024 + 32 × 144 + 32,768 = 70,144.
    """
    check_spec(spec)
    follow = _followed(spec, form_path)
    trace, up = block_cost(spec, (1, spec.in_channels, 56, 56)), Y["stored"] - TOP - 20
    above: list[str] = []
    drawn = [margin(spec, follow)]
    for k, form in enumerate(forms_of(spec)):
        p = Paths(LEFT + PITCH * k, SPAN, spec.cardinality, follow)
        above += [heading(form, p)]
        drawn += [numbers(form, spec, trace, p)]
    weights = sum(row.params for row in trace if row.op == "conv2d")
    title = f"The same {weights:,} weights, stored in three ways"
    words = "\n".join(f"{form.title}: path {follow} is stored in {', '.join(stored(form, spec, follow))}. "
                      f"Weights without BN: {sum_of(form, spec, trace)}." for form in forms_of(spec))
    how = "One block in its three forms. A path's three convolutions are found under these names."
    body = tag("g", *drawn, transform=f"translate(0 -{up})")
    return Picture(title, (how,), words, (*above, body), total_of(spec) + 36 - up)


def _followed(spec: BlockSpec, path: int | None) -> int:
    return round(spec.cardinality / 6) if path is None else number_of("a path", "form_path", path, spec.cardinality)
