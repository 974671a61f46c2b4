"""What stands on an axis: lines, dots, diamonds, crosses and whiskers, and room for those that would touch."""
from collections.abc import Sequence

from resnext_edu.draw.kit.svg import path, tag

DASHED = "5 3"  # the lengths of dashes and gaps, in units


def joined(points: Sequence[tuple[float, float]], dashes: str = "", cls: str = "edge") -> str:
    """A line from point to point."""
    return path([step for k, place in enumerate(points) for step in ("L" if k else "M", *place)], cls,
                stroke_dasharray=dashes)


def point(x: float, y: float, r: float, known: bool = True) -> str:
    """A point: filled if it is known, or hollow. It hides the line under it."""
    return tag("circle", cx=x, cy=y, r=r, cls="bg") + tag("circle", cx=x, cy=y, r=r, cls="ink" if known else "edge")


def diamond(x: float, y: float, r: float) -> str:
    """A filled diamond centred on (x, y)."""
    return path(("M", x - r, y, "L", x, y - r, "L", x + r, y, "L", x, y + r, "Z"), "ink")


def cross(x: float, y: float, r: float) -> str:
    """A heavy × centred on (x, y): what lies where it must not."""
    return path(("M", x - r, y - r, "l", 2 * r, 2 * r, "M", x - r, y + r, "l", 2 * r, -2 * r), "hi")


def whisker(start: float, stop: float, y: float) -> str:
    """An interval: a line from start to stop at height y, with an upright at each end."""
    return path(("M", start, y - 6, "v", 12, "M", start, y, "H", stop, "M", stop, y - 6, "v", 12), "edge")


def swarm(places: Sequence[float], apart: float, lanes: int) -> list[float]:
    """How far each of these dots moves aside, so that all can be seen that stand at nearly the same place.

    Parameters
    ----------
    places : sequence of float
        Where they stand, in units.
    apart : float
        How far two of them must be from each other, in units.
    lanes : int
        How many may stand beside each other; if there are more, they lie on each other.

    Returns
    -------
    list of float
        0 for those on the middle lane, in the order of `places`.

    Examples
    --------
    >>> swarm([10, 50, 11, 12], apart=8, lanes=3)
    [0, 0, -8, 8]
    """
    sides = [(lane + 1) // 2 * apart * (-1 if lane % 2 else 1) for lane in range(lanes)]
    aside, ends = [0.0] * len(places), dict.fromkeys(sides, float("-inf"))
    for k in sorted(range(len(places)), key=lambda k: places[k]):
        free = [side for side in sides if places[k] - ends[side] >= apart] or [min(sides, key=lambda side: ends[side])]
        aside[k], ends[free[0]] = free[0], places[k]
    return aside


def spaced(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """These places, moved as little as needed until neighbours are a gap apart and all are between low and high.

    Examples
    --------
    >>> spaced([100, 95, 10], gap=20, low=0, high=110)
    [110, 90, 10]
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    moved = [*places]
    for before, k in zip([None, *order], order, strict=False):
        moved[k] = max(places[k], low if before is None else moved[before] + gap)
    for after, k in zip([None, *order[::-1]], order[::-1], strict=False):
        moved[k] = min(moved[k], high if after is None else moved[after] - gap)
    return moved
