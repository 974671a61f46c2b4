"""A stage that has no blocks, from inside: a few layers as arrows, with the map that each of them makes."""
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from resnext_edu.draw.kit.solid import Scale
from resnext_edu.draw.kit.svg import WIDTH, arrow, line, mid, room, shorten, text
from resnext_edu.draw.network.layers import steps_of
from resnext_edu.draw.network.units import Unit, params_of
from resnext_edu.words import dims

LEFT, RIGHT = 30, WIDTH - 24
MOST = 3  # layers: further ones have no room in a row
HIGH, LOW = 220, 16  # units: no map may be higher; words may stand above one that is lower
ABOVE, BELOW = 40, 44  # the space over the highest map and under it


class LayerRow(NamedTuple):
    """Maps from left to right, and the layers between them.

    Parameters
    ----------
    units : list of Unit
        The layers.
    shapes : list of tuple of int
        The map that comes in, and what each layer makes of it.
    x, wide, high : list of float
        Of each map: where it starts, how wide and how high it is.
    scale : Scale
        Of the maps.
    """

    units: list[Unit]
    shapes: list[tuple[int, ...]]
    x: list[float]
    wide: list[float]
    high: list[float]
    scale: Scale

    @property
    def height(self) -> float:
        """How high all of it is, in units."""
        return ABOVE + max(*self.high, 60) + BELOW


def row_of_layers(groups: Sequence[list[Unit]], scale: Scale) -> LayerRow | None:
    """The layers of a stage as a row, if they can be drawn so.

    Parameters
    ----------
    groups : sequence of list of Unit
        The boxes of the stage, those that are alike in one group.
    scale : Scale
        Of the maps.

    Returns
    -------
    LayerRow or None
        None if there are blocks or more than 3 layers among them, or if a map or a word is too large.
    """
    units = [unit for group in groups for unit in group]
    if len(units) > MOST or not units or any(unit.lanes for unit in units) or len(units[0].entry) < 2:
        return None
    if any(before.rows[-1].output_shape != after.entry for before, after in pairwise(units)):
        return None
    shapes = [units[0].entry[1:], *(unit.rows[-1].output_shape[1:] for unit in units)]
    wide, labels = [scale.width(shape) for shape in shapes], [room(dims(shape)) for shape in shapes]
    high = [sum(scale.sides(shape)[1:]) for shape in shapes]
    gap = (RIGHT - LEFT - sum(map(max, wide, labels))) / len(units)
    x = [LEFT + k * gap + sum(map(max, wide[:k], labels[:k])) for k in range(len(shapes))]
    row = LayerRow(units, shapes, x, wide, high, scale)
    fits = all(_space(row, k) > .92 * max(map(room, _words(unit))) for k, unit in enumerate(units))
    return row if gap > 60 and max(high) <= HIGH and fits else None


def draw_layers(row: LayerRow, y: float) -> str:
    """The row from height y down."""
    middle = y + ABOVE + max(*row.high, 60) / 2
    under = middle + max(*row.high, 60) / 2 + 20
    out = [text(LEFT, y + 26, shorten(row.units[0].stage, RIGHT - LEFT), cls="big")]
    out += [row.scale.box(shape, x, middle) + text(x, under, dims(shape), cls="b")
            for shape, x in zip(row.shapes, row.x, strict=True)]
    for k, unit in enumerate(row.units):
        start, tip = _ends(row, k)
        name, says, params = _words(unit)
        centre = (start + tip) / 2
        out += [line(start, middle, tip - 4, middle, "edge"), arrow(tip, middle), mid(centre, middle + 20, params),
                mid(centre, middle - 27, name, cls="b"), mid(centre, middle - 9, says, cls="soft")]
    return "".join(out)


def _words(unit: Unit) -> tuple[str, str, str]:
    """A layer's name, what it does, and its parameters."""
    steps = steps_of(unit.rows)
    return unit.name, steps[0][1] if len(steps) == 1 else f"{len(unit.rows)} calls", \
        params_of([unit]) or "no parameters"


def _ends(row: LayerRow, k: int) -> tuple[float, float]:
    """Where the arrow of a layer starts and ends."""
    return row.x[k] + row.wide[k] + 8, row.x[k + 1] - 8


def _space(row: LayerRow, k: int) -> float:
    """How wide the words at an arrow may be: they may stand above half of a map that is low."""
    start, tip = _ends(row, k)
    left, right = (row.wide[j] / 2 if row.high[j] < LOW else 0 for j in (k, k + 1))
    return tip - start + 2 * min(left, right)
