"""Lesson 07: more paths or wider ones, with the budget of ResNet-50 as a lock."""
from collections.abc import Mapping

from resnext_edu.cost import matched_width
from resnext_edu.draw.network.budget_plot import DEPTH_50, DEPTH_101, REFERENCE, STOPS, TWICE
from resnext_edu.draw.network.cardinality import block_weights, cardinality_picture, resnext50_cost
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops
from resnext_edu.words import memory, plural

LOCKED = "locked"
WIDTHS = (LOCKED, 2, 4, 8, 14, 24, 40, 64, 100)


def cardinality_frame(cardinality: int, width: int | str = LOCKED) -> Frame:
    """ResNeXt-50 with C paths of width d: what it costs, and its errors where the paper has them.

    With the width "locked", d follows C along the budget of 1×64d.

    Examples
    --------
    >>> numbers = cardinality_frame(32).numbers
    >>> numbers["C×d"], numbers["parameters"], numbers["error at depth 50"]
    ('32×4d', 25028904, '22.2 %')
    """
    d = width if isinstance(width, int) else matched_width(REFERENCE, cardinality)
    cost = resnext50_cost(cardinality, d)

    def error(*tables: Mapping[tuple[int, int], float]) -> str:
        found = [table[cardinality, d] for table in tables if (cardinality, d) in table]
        return f"{found[0]} %" if found else "–"

    return Frame(cardinality_picture(cardinality, d), {
        "C×d": f"{cardinality}×{d}d", "weights of a block": block_weights(cardinality, d),
        "parameters": cost.total_params, "MACs": cost.total_macs,
        "activation memory": memory(cost.conv_activations),
        "error at depth 50": error(DEPTH_50), "at depth 101": error(DEPTH_101, TWICE)})


class CardinalityExplorer(Explorer):
    """Two sliders, C and d. The first stop of d is a lock: d follows C, and the weights stay those of 1×64d.

    Parameters
    ----------
    cardinality : int
        The number of paths to start with.

    Examples
    --------
    >>> explorer = CardinalityExplorer()
    >>> explorer.move(cardinality=8)
    >>> explorer.numbers["C×d"], explorer.numbers["weights of a block"]
    ('8×14d', 71456)
    >>> explorer.move(width=64)
    >>> explorer.numbers["weights of a block"]
    557056
    """

    def __init__(self, cardinality: int = 32):
        words = [plural(C, "path") for C in STOPS]
        widths = [f"{LOCKED}: as wide as the budget of 1×64d allows", *(f"{d} channels a path" for d in WIDTHS[1:])]
        ticks = ("lock", *map(str, WIDTHS[1:]))
        super().__init__([Stops("cardinality", STOPS, words, start=cardinality),
                          Stops("width", WIDTHS, widths, ticks)], cardinality_frame, "More paths, or wider ones")
