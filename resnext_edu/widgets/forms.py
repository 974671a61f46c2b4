"""Lessons 03 to 05: one block, from form to form."""
from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.cost import matched_width
from resnext_edu.draw.block.form_walk import STEPS, form_walk_picture, step_of, zeros_in
from resnext_edu.draw.block.forms_words import addends
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops
from resnext_edu.words import plural

# C → d, as in Table 2 of the paper: all have some 70,000 weights
WIDTHS_ON_BUDGET = {C: matched_width(ResNeXtConfig.preset("resnet50"), C) for C in (1, 2, 4, 8, 32)}
FORM_WORDS = ("(a) split_sum: paths that are added up", "(b) concat: the last 1×1s become one",
         "(c) grouped: the first 1×1s, too", "dense: the 3×3, too")


def forms_frame(form: str, cardinality: int = 32, width_per_group: int | None = None) -> Frame:
    """The block 256 → 256 in one form: its layers, its weights, and where one path is stored.

    Without `width_per_group`, d is the paper's, which keeps the number of weights.

    Examples
    --------
    >>> forms_frame("concat").numbers["convolutions"], forms_frame("concat").numbers["weights"]
    (65, 70144)
    """
    spec = BlockSpec(256, 256, cardinality, width_per_group or WIDTHS_ON_BUDGET[cardinality])
    step, trace = step_of(spec, form)
    parts = addends(step, spec, trace)
    return Frame(form_walk_picture(spec, form, follow=round(cardinality / 6)), {
        "convolutions": sum(part.times for part in parts),
        **{name: part.times * part.each for name, part in zip(("first 1×1", "3×3", "last 1×1"), parts, strict=True)},
        "weights": sum(part.times * part.each for part in parts), "zeros among them": zeros_in(spec, form)})


class FormsExplorer(Explorer):
    """Two sliders: from (a) over (b) and (c) to a whole 3×3, and over the number of paths.

    Parameters
    ----------
    cardinality : int
        The number of paths to start with.

    Examples
    --------
    >>> explorer = FormsExplorer()
    >>> explorer.move(form="dense")
    >>> explorer.numbers["weights"], explorer.numbers["zeros among them"]
    (212992, 142848)
    """

    def __init__(self, cardinality: int = 32):
        paths = [f"{plural(c, 'path')} of width {d}" for c, d in WIDTHS_ON_BUDGET.items()]
        super().__init__([Stops("form", STEPS, FORM_WORDS, ("(a)", "(b)", "(c)", "dense")),
                          Stops("cardinality", tuple(WIDTHS_ON_BUDGET), paths, start=cardinality)],
                         forms_frame, "One block, form by form")
