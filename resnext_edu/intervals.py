"""What a few pairs of runs, or the same images twice, allow one to say, and what they don't; statistics by scipy."""
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import fmean

from resnext_edu.errors import ConfigError, check_number, number_of, positive_int, shown

MOST_PAIRS = 10_000


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

    def words(self, digits: int = 3) -> str:
        """The mean and its interval, such as −0.018 [−0.025, −0.012]."""
        return f"{self.mean:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]".replace("-", "−")

    def __repr__(self) -> str:
        return (f"Paired: {self.words()} over {len(self.differences)} pairs: "
                f"{'shown' if self.shown else 'not shown'}")


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

    for name, values in (("before", before), ("after", after)):
        if not isinstance(values, list | tuple) or len(values) < 2:
            raise ConfigError(f"{name} must be two or more numbers, one for each seed; got {shown(values)}")
        for k, value in enumerate(values):
            check_number(f"{name}[{k}]", value, -inf)
    if len(before) != len(after):
        raise ConfigError(f"before and after must have the same seeds; got {len(before)} and {len(after)} numbers")
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

    Raises
    ------
    ConfigError
        If a number is not what it should be.

    Examples
    --------
    >>> round(power(8, difference=0.3, deviation=0.87), 2), round(power(68, difference=0.3, deviation=0.87), 2)
    (0.14, 0.8)
    """
    from scipy.stats import nct, t

    if positive_int("pairs", pairs) < 2:
        raise ConfigError("pairs must be 2 or more, since one pair says nothing about chance; got 1")
    check_number("difference", difference, 0, open_below=True)
    check_number("deviation", deviation, 0, open_below=True)
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
    check_number("wanted", wanted, 0, 1, open_below=True)
    pairs = 2
    while power(pairs, difference, deviation) < wanted:
        if pairs > MOST_PAIRS:
            raise ConfigError(f"difference {difference:g} is so small beside deviation {deviation:g} that more than "
                              f"{MOST_PAIRS:,} pairs are needed")
        pairs += 1
    return pairs


def paired_counts(gained: object, lost: object, count: object) -> tuple[int, int, int]:
    """The same three as plain ints; raises a `ConfigError` if they can't be, see `difference_of_shares`."""
    everything = positive_int("count", count)
    up, down = (number_of("images", name, value, everything + 1)
                for name, value in (("gained", gained), ("lost", lost)))
    if up + down > everything:
        raise ConfigError(f"gained {up} and lost {down} are more than all {everything} images")
    return up, down, everything


def difference_of_shares(gained: int, lost: int, count: int) -> tuple[float, float]:
    """Where the difference between two shares lies, if both were counted on the same images.

    Two classifiers answer the same `count` images. Those that both name correctly, or neither, say nothing about which
    one is better. What counts is how many only the second one names (`gained`) and how many only the first (`lost`).
    The difference between their accuracies is (gained − lost) / count.

    Parameters
    ----------
    gained, lost : int
        0 or more; together at most `count`.
    count : int
        All images, also those on which the two agree.

    Returns
    -------
    tuple of float
        The ends of the 95 % interval, within −1 … 1. If 0 lies in it, no difference is shown.

    Raises
    ------
    ConfigError
        If a number is not what it should be.

    References
    ----------
    Bonett, Price 2012, Adjusted Wald Confidence Interval for a Difference of Binomial Proportions Based on Paired Data,
    doi 10.3102/1076998611411915. Fagerland, Lydersen, Laake 2014 recommend it, doi 10.1002/sim.6148.

    Examples
    --------
    >>> low, high = difference_of_shares(gained=30, lost=10, count=400)  # 5 points better, from 1.9 to 8.1
    >>> round(low, 3), round(high, 3)
    (0.019, 0.081)
    """
    from scipy.stats import norm

    gained, lost, count = paired_counts(gained, lost, count)
    up, down = (gained + 1) / (count + 2), (lost + 1) / (count + 2)
    half = norm.ppf(0.975) * sqrt((up + down - (up - down) ** 2) / (count + 2))
    return max(-1.0, float(up - down - half)), min(1.0, float(up - down + half))
