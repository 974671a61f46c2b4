"""Thousands of steps as a few hundred points."""
from collections.abc import Sequence

POINTS = 300  # more than one for each two units can't be seen


def binned(values: Sequence[float]) -> list[tuple[float, float]]:
    """A point for each value, or, where there are more than 300, for each few of them.

    Parameters
    ----------
    values : sequence of float
        One for each step.

    Returns
    -------
    list of tuple of float
        (place, mean) of each few steps; the place is the middle one, counted from 0.

    Examples
    --------
    >>> binned([4, 3, 5]), len(binned(range(601))), binned(range(601))[:2]
    ([(0.0, 4.0), (1.0, 3.0), (2.0, 5.0)], 201, [(1.0, 1.0), (4.0, 4.0)])
    """
    few = steps_in_a_point(len(values))
    parts = [values[k:k + few] for k in range(0, len(values), few)]
    return [(few * k + (len(part) - 1) / 2, sum(part) / len(part)) for k, part in enumerate(parts)]


def steps_in_a_point(steps: int) -> int:
    """How many steps become one point.

    Examples
    --------
    >>> steps_in_a_point(300), steps_in_a_point(301), steps_in_a_point(0)
    (1, 2, 1)
    """
    return max(1, -(-steps // POINTS))
