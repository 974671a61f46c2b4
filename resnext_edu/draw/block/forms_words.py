"""The three forms in words and numbers: what the picture of them shows, and its text alternative."""
from typing import NamedTuple

from resnext_edu.config import BlockSpec
from resnext_edu.counts.trace import Trace
from resnext_edu.words import dims, plural


class Form(NamedTuple):
    """What sets a form apart from the others.

    Parameters
    ----------
    name, idea : str
        What it is called, and the step that leads to it.
    cut1, cut3 : bool
        Whether the first 1×1 and the last 1×1 are cut into C convolutions.
    changed : str
        The convolution that has lost its gaps with this form, such as "conv3"; empty if no convolution has.
    cut2 : bool
        Whether the 3×3 is cut into C.
    """

    name: str
    idea: str
    cut1: bool
    cut3: bool
    changed: str = ""
    cut2: bool = True

    @property
    def title(self) -> str:
        """Its name after the paper's letter: "(a) split_sum". A form that is not in the paper has no letter."""
        return {"split_sum": "(a) ", "concat": "(b) ", "grouped": "(c) "}.get(self.name, "") + self.name


class Addend(NamedTuple):
    """The weights of one row of the picture: `times` layers of `each` weights."""

    conv: str
    times: int
    each: int


def forms_of(spec: BlockSpec) -> tuple[Form, Form, Form]:
    """The forms (a), (b) and (c) of a block. With one path there is nothing to cut and nothing to add up."""
    if spec.cardinality == 1:
        same = "the same layers"
        return (Form("split_sum", "one path", False, False), Form("concat", same, False, False),
                Form("grouped", same, False, False))
    return (Form("split_sum", f"{spec.cardinality} paths, added up", True, True),
            Form("concat", "the last 1×1s become one", True, False, "conv3"),
            Form("grouped", "the first 1×1s, too", False, False, "conv1"))


# The form that would come next: its 3×3 is whole, too. It stores more weights; the new ones are zeros.
DENSE = Form("dense", "the 3×3, too", False, False, "conv2", cut2=False)


def stored(form: Form, spec: BlockSpec, i: int) -> tuple[str, str, str]:
    """Where the weights of path i's three convolutions stand in this form's `state_dict`.

    Parameters
    ----------
    form : Form
        The form.
    spec : BlockSpec
        The block.
    i : int
        The path, 0 … C − 1.

    Returns
    -------
    tuple of three str
        Of the first 1×1, the 3×3 and the last 1×1: the key, and the part of it as it would be indexed.

    Examples
    --------
    >>> spec = BlockSpec(256, 256, cardinality=32, width_per_group=4)
    >>> stored(forms_of(spec)[1], spec, 5)
    ('paths.5.conv1.weight', 'paths.5.conv2.weight', 'conv3.weight[:, 20:24]')
    """
    own = f"{i * spec.width_per_group}:{(i + 1) * spec.width_per_group}"
    # the name decides, not what is cut: with one path nothing is cut, but (a) and (b) still have paths.0
    if form.name == "grouped":
        return f"conv1.weight[{own}]", f"conv2.weight[{own}]", f"conv3.weight[:, {own}]"
    if form.name == "dense":
        return f"conv1.weight[{own}]", f"conv2.weight[{own}, {own}]", f"conv3.weight[:, {own}]"
    last = f"paths.{i}.conv3.weight" if form.name == "split_sum" else f"conv3.weight[:, {own}]"
    return f"paths.{i}.conv1.weight", f"paths.{i}.conv2.weight", last


def addends(form: Form, spec: BlockSpec, trace: Trace) -> list[Addend]:
    """The weights, convolution by convolution, the projection's last.

    Parameters
    ----------
    form : Form
        It says how many layers a convolution is.
    spec : BlockSpec
        The block.
    trace : Trace
        Its cost.

    Returns
    -------
    list of Addend
    """
    cut = {"conv1": form.cut1, "conv2": form.cut1, "conv3": form.cut3}
    times = {name: spec.cardinality if is_cut else 1 for name, is_cut in cut.items()}
    convs = (row for row in trace if row.op == "conv2d")
    return [Addend(row.path, times.get(row.path, 1), row.params // times.get(row.path, 1)) for row in convs]


def sum_of(form: Form, spec: BlockSpec, trace: Trace) -> str:
    """All weights as a sum: "32 × 1,024 + 32 × 144 + 32,768 = 70,144"."""
    parts = addends(form, spec, trace)
    terms = " + ".join(f"{part.times} × {part.each:,}" if part.times > 1 else f"{part.each:,}" for part in parts)
    return f"{terms} = {sum(part.times * part.each for part in parts):,}"


def describe(spec: BlockSpec, trace: Trace, i: int) -> str:
    """The text alternative: all that the picture of the three forms shows, with path i followed."""
    ins, outs = spec.in_channels, spec.out_channels
    projection = f"a projection: one 1×1, {ins} → {outs}{_stride(spec)}, and BN"
    shortcut = projection if spec.has_projection else "the input itself"
    return "\n".join((
        f"The block {ins} → {outs} with {plural(spec.cardinality, 'path')} of width {spec.width_per_group}: "
        f"{dims(trace['conv1'].input_shape[1:])} comes in, {dims(trace['conv3'].output_shape[1:])} goes out.",
        "After the first two convolutions come BN and ReLU, after the third comes BN; "
        f"then the shortcut is added ({shortcut}), then comes ReLU.",
        *(describe_form(form, spec, trace, i) for form in forms_of(spec)),
    ))


def describe_form(form: Form, spec: BlockSpec, trace: Trace, i: int) -> str:
    """One form in a sentence for its layers, one for its weights, and one for path i."""
    c, d, width, stride = spec.cardinality, spec.width_per_group, spec.bottleneck_width, _stride(spec)
    groups = f" in {c} groups" if c > 1 and form.cut2 else ""
    concatenation = f"a concatenation to {dims(trace['conv2'].output_shape[1:])}; " if form.cut1 else ""
    layers = [
        f"{c} separate 1×1s, each {spec.in_channels} → {d}" if form.cut1 else f"one 1×1, {spec.in_channels} → {width}",
        f"{c} separate 3×3s, each {d} → {d}{stride}" if form.cut1 else
        f"one 3×3{groups}, {width} → {width}{stride}",
        f"{c} separate 1×1s, each {d} → {spec.out_channels}, whose results are added" if form.cut3 else
        f"{concatenation}one 1×1, {width} → {spec.out_channels}",
    ]
    return (f"{form.title}: {'; '.join(layers)}. Weights without BN: {sum_of(form, spec, trace)}. "
            f"Path {i} is stored in {', '.join(stored(form, spec, i))}.")


def _stride(spec: BlockSpec) -> str:
    return f", stride {spec.stride}" if spec.stride > 1 else ""
