"""How the same images are answered before and after a change, and what that says about other images."""
from dataclasses import dataclass

from resnext_edu.draw.kit.axes import decimal
from resnext_edu.intervals import difference_of_shares, paired_counts


@dataclass(frozen=True)
class Change:
    """How many answers became wrong and how many became right, on the same images.

    Parameters
    ----------
    lost, gained : int
        How many images were named correctly only before, and only after.
    count : int
        How many images there are.

    Raises
    ------
    ConfigError
        If they are not whole numbers, or `lost` and `gained` together are more than `count`.

    Examples
    --------
    >>> Change(lost=40, gained=20, count=160)
    Change: 40 of 160 became wrong and 20 became right: −12.5 points [−21.7, −3.0], shown
    """

    lost: int
    gained: int
    count: int

    def __post_init__(self) -> None:
        for name, value in zip(("gained", "lost", "count"), paired_counts(self.gained, self.lost, self.count),
                               strict=True):
            object.__setattr__(self, name, value)

    @property
    def points(self) -> float:
        """The accuracy after minus the accuracy before, in percentage points."""
        return 100 * (self.gained - self.lost) / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Where the difference lies on all images of this kind, with 95 % confidence, in points."""
        low, high = difference_of_shares(self.gained, self.lost, self.count)
        return 100 * low, 100 * high

    @property
    def ends(self) -> tuple[float, float, float]:
        """The points, and the ends of their interval."""
        return self.points, *self.interval

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out 0."""
        low, high = self.interval
        return not low <= 0 <= high

    def words(self, digits: int = 1) -> str:
        """The difference and its interval, such as −0.9 [−1.8, −0.1]."""
        low, high = (decimal(end, digits) for end in self.interval)
        return f"{decimal(self.points, digits)} [{low}, {high}]"

    def __repr__(self) -> str:
        difference, space, interval = self.words().partition(" ")
        return (f"Change: {self.lost:,} of {self.count:,} became wrong and {self.gained:,} became right: {difference} "
                f"points{space}{interval}, {'shown' if self.shown else 'not shown'}")
