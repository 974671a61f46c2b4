"""How far apart two trainings are after each step: rounding, or a real difference?"""
from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from resnext_edu.draw.kit.axes import Axis
from resnext_edu.draw.kit.marks import DASHED, joined, point, spaced
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, mid, room, text
from resnext_edu.draw.measured.binned import binned
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurements, named
from resnext_edu.errors import ConfigError
from resnext_edu.words import plural, scientific

LEFT, HIGH, SUNK, WIDEST = 84, 320, 34, 190  # x of the first step; height of the axis; how far below it 0 is; a name
PAIR = 42  # from one name at the end of a line to the next
STROKES = (("edge", ""), ("edge", DASHED), ("hi", ""), ("edge", "1.5 3"), ("hi", "10 5"), ("edge", "12 3 2 3"),
           ("hi", "2.75 5"), ("hi", "16 3 3 3"))  # class and dashes of each line, told apart without colour


def apart_picture(curves: Mapping[str, Sequence[float]], *, title: str, how: str) -> Picture:
    """A line for each pair of trainings, on an axis of powers of ten; 0 stands below the axis, as "equal".

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Name → how far apart the two are after step 1, 2, …; 1 to 8 of them. Of more than 300 steps, several are
        drawn as one point, their mean.
    title : str
        The finding.
    how : str
        How to read the picture.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is nothing to draw, or too much, or a value is negative or not finite.

    Examples
    --------
    >>> print(apart_picture({"(b) and (c)": [0, 2e-16, 3e-15]}, title="Rounding grows", how="float64.").words)
    float64.
    (b) and (c), after each of 3 steps: equal at first, 2.0 × 10⁻¹⁶ after step 2; at most 3.0 × 10⁻¹⁵; last 3.0 × 10⁻¹⁵.
    """
    caption, found = Caption.of(title, how), _distances(curves)
    seen = [value for values in found.values() for value in values if value]
    low, high = (10.0 ** floor(log10(min([1e-17, *seen]))), 10.0 ** -floor(-log10(max([1.0, *seen]))))
    steps = max(map(len, found.values()))
    labels = [words for name, values in found.items() for words in (name, _last(values))]
    right = WIDTH - 40 - min(WIDEST, max(map(room, labels)))
    top = caption.bottom + 40
    up = Axis(low, high, top + HIGH, top, log=True)
    along = Axis(1, max(2, steps), LEFT + 8, right, least=1)
    bottom = top + HIGH + SUNK
    body = [up.level(LEFT, right, scientific), end(LEFT - 8, bottom + 5, "equal", cls="soft"),
            line(LEFT, bottom, right, bottom, "hair"), along.upright(bottom, bottom + 6),
            mid((LEFT + right) / 2, bottom + 46, "step", cls="b")]
    tracks = [[(along.at(step + 1), up.at(value) if value else bottom) for step, value in binned(values)]
              for values in found.values()]
    levels = spaced([track[-1][1] for track in tracks], PAIR, top + 8, bottom)
    for (name, values), track, y, (cls, dashes) in zip(found.items(), tracks, levels, STROKES, strict=False):
        x, level = track[-1]
        body += [joined(track, dashes, cls), joined([(x + 5, level), (right + 16, y)], cls="hair"), point(x, level, 4),
                 text(right + 22, y, cut(name, WIDEST), cls="b"), text(right + 22, y + 18, _last(values), cls="soft")]
    return caption.picture([_said(name, values) for name, values in found.items()], body, bottom + 62)


def _distances(curves: Any) -> dict[str, list[float]]:
    found = {name: measurements(f"curves[{name!r}]", values)
             for name, values in named("curves", curves, "{'(b) and (c)': [0, 2e-16]}").items()}
    if len(found) > len(STROKES):
        raise ConfigError(f"curves must be at most {len(STROKES)}, so that they can be told apart; got {len(found)}")
    for name, values in found.items():
        if min(values) < 0:
            raise ConfigError(f"curves[{name!r}] must be distances, 0 or more; got {min(values):g}; "
                              "take absolute values")
    return found


def _last(values: list[float]) -> str:
    return scientific(values[-1]) if values[-1] else "equal"


def _said(name: str, values: list[float]) -> str:
    """What a line says."""
    start = f"{name}, after each of {plural(len(values), 'step')}: "
    if not any(values):
        return f"{start}equal."
    first = next(k for k, value in enumerate(values) if value)
    begins = f"{'equal at first, ' if first else ''}{scientific(values[first])} after step {first + 1}"
    return f"{start}{begins}; at most {scientific(max(values))}; last {_last(values)}."
