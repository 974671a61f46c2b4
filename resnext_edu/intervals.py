"""What a few pairs of runs allow one to say, and what they don't. The statistics are scipy's."""
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import fmean, stdev

from resnext_edu.errors import ConfigError, shown


@dataclass(frozen=True)
class Paired:
    """The differences between two arms, seed by seed, and where their true mean lies.

    Parameters
    ----------
    differences : tuple of float
        One for each seed.
    mean : float
    low, high : float
        The ends of the 95 % interval of Student's t.

    Examples
    --------
    >>> paired([0.5, 0.7, 0.6], [0.4, 0.5, 0.5])
    Paired: −0.133 [−0.277, 0.010] over 3 pairs: not shown
    """

    differences: tuple[float, ...]
    mean: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high

    def __repr__(self) -> str:
        text = (f"Paired: {self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] over {len(self.differences)} pairs: "
                f"{'shown' if self.shown else 'not shown'}")
        return text.replace("-", "−")


def paired(before: Sequence[float], after: Sequence[float]) -> Paired:
    """What changes from one arm to another, if the runs with one seed are compared with each other.

    Parameters
    ----------
    before, after : sequence of float
        The same seeds in the same order, at least two.

    Returns
    -------
    Paired
        What is subtracted is `before`.

    Raises
    ------
    ConfigError
        If they are not equally many finite numbers, or fewer than two, or if all differences are equal.
    """
    from scipy.stats import ttest_rel

    values = [*before, *after]
    if len(before) != len(after) or len(before) < 2 or not all(isfinite(value) for value in values):
        raise ConfigError(f"a paired comparison needs two or more finite numbers of each arm, one for each seed; got "
                          f"{shown(list(before))} and {shown(list(after))}")
    differences = tuple(b - a for a, b in zip(before, after, strict=True))
    if len(set(differences)) == 1:
        raise ConfigError(f"all {len(differences)} differences are {differences[0]:g}, so they say nothing of chance; "
                          "are the two arms the same runs?")
    interval = ttest_rel(after, before).confidence_interval(0.95)
    return Paired(differences, fmean(differences), float(interval.low), float(interval.high))


def power(pairs: int, difference: float, deviation: float) -> float:
    """How likely it is that the 95 % interval of so many pairs leaves out 0, if there is a difference of this size.

    Parameters
    ----------
    pairs : int
        Two or more.
    difference : float
        The true mean.
    deviation : float
        The standard deviation of a single paired difference.

    Returns
    -------
    float
        0 … 1, by the noncentral t distribution.

    Examples
    --------
    >>> round(power(8, difference=0.3, deviation=0.87), 2), round(power(68, difference=0.3, deviation=0.87), 2)
    (0.14, 0.8)
    """
    from scipy.stats import nct, t

    limit = t.ppf(0.975, pairs - 1)
    away = difference / deviation * sqrt(pairs)
    return float(nct.sf(limit, pairs - 1, away) + nct.cdf(-limit, pairs - 1, away))


def pairs_needed(difference: float, deviation: float, wanted: float = 0.8) -> int:
    """How many pairs make a difference of this size visible with a probability of 80 %.

    Parameters
    ----------
    difference, deviation : float
        See `power`.
    wanted : float
        The probability, more than 0 and less than 1.

    Returns
    -------
    int
        Two or more.

    Raises
    ------
    ConfigError
        If a number is not what it should be.

    Examples
    --------
    >>> pairs_needed(difference=0.3, deviation=0.87)
    68
    """
    for name, value in (("difference", difference), ("deviation", deviation)):
        if not isfinite(value) or value <= 0:
            raise ConfigError(f"{name} must be a number above 0; got {shown(value)}")
    if not 0 < wanted < 1:
        raise ConfigError(f"wanted must be a probability between 0 and 1; got {shown(wanted)}")
    pairs = 2
    while power(pairs, difference, deviation) < wanted:
        pairs += 1
    return pairs


def deviation_of(before: Sequence[float], after: Sequence[float]) -> float:
    """The standard deviation of the paired differences."""
    return stdev(b - a for a, b in zip(before, after, strict=True))
