"""An axis: from values to places, a few round ticks, and a hairline with its number for each of them."""
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from resnext_edu.draw.kit.svg import end, line, mid, room

ROUND = (1, 2, 5)  # times a power of ten: a linear step that people can count in
POWERS = (1, 2, 3, 4, 5, 10, 20, 50, 100)  # how many powers of ten a step of a log axis takes


@dataclass(frozen=True)
class Axis:
    """Which value stands where.

    Parameters
    ----------
    low, high : float
        Two values, the smaller one first.
    start, stop : float
        Where they stand, in units; for heights `stop` is above `start`, so it is the smaller number.
    least : float
        No step between ticks is smaller: 1 for what is counted.
    log : bool
        Whether each power of ten takes the same space; then both values are above 0.

    Examples
    --------
    >>> axis = Axis(0, 3, start=100, stop=400)
    >>> axis.at(1.5), axis.ticks(4), Axis(1e-16, 1, 0, 100, log=True).ticks(5)
    (250.0, [0.0, 1.0, 2.0, 3.0], [1e-16, 1e-12, 1e-08, 0.0001, 1.0])
    """

    low: float
    high: float
    start: float
    stop: float
    least: float = 0
    log: bool = False

    @classmethod
    def over(cls, values: Iterable[float], start: float, stop: float, margin: float = .06) -> "Axis":
        """An axis on which all these values have a place, and a part of their range is free on each side.

        Examples
        --------
        >>> Axis.over([1, 2], 0, 100, margin=.5), Axis.over([4], 0, 100).ticks()
        (Axis(low=0.5, high=2.5, start=0, stop=100, least=0, log=False), [3.8, 3.9, 4.0, 4.1, 4.2])
        """
        values = [*values]
        low, high = min(values), max(values)
        space = (high - low) * margin
        if high - low <= 1e-9 * max(abs(low), abs(high)):  # one value, as far as anybody can see
            space = abs(high) / 16 or 1
        return cls(low - space, high + space, start, stop)

    def at(self, value: float) -> float:
        """Where a value stands, in units; what lies beyond an end stands at that end."""
        value, low, high = min(max(value, self.low), self.high), self.low, self.high
        if self.log:
            value, low, high = log10(value), log10(low), log10(high)
        return self.start + (self.stop - self.start) * (value - low) / (high - low)

    def ticks(self, most: int = 5) -> list[float]:
        """So many round values at most, on which one can count; at least one step apart."""
        if self.log:
            first, last = ceil(log10(self.low) - 1e-9), floor(log10(self.high) + 1e-9)
            every = next((step for step in POWERS if last // step + -first // step < most), POWERS[-1])
            return [10.0 ** power for power in range(first, last + 1) if power % every == 0]
        step, digits = self._step(most)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [round(k * step, digits) for k in range(first, last + 1)]

    def _step(self, most: int) -> tuple[float, int]:
        """The smallest round step with so few ticks, and to how many decimals it is whole."""
        exponent = floor(log10((self.high - self.low) / most))
        steps = ((round(m * 10.0 ** e, max(0, -e)), -e) for e in range(exponent, exponent + 3) for m in ROUND)
        return next((step, digits) for step, digits in steps if step >= self.least
                    and floor(self.high / step + 1e-9) - ceil(self.low / step - 1e-9) < most)

    def written(self, value: float) -> str:
        """A tick as it is written: with as many decimals as its step has, and a true minus.

        Examples
        --------
        >>> axis = Axis(-.02, .02, 0, 100)
        >>> [axis.written(tick) for tick in axis.ticks()], Axis(0, 2e6, 0, 100).written(1.5e6)
        (['−0.02', '−0.01', '0.00', '0.01', '0.02'], '1.5e6')
        """
        digits = self._step(5)[1]
        largest = max(abs(self.low), abs(self.high))
        if digits <= -5 or largest < 1e-3:  # 2000000 and 0.00002 are too long
            if not value:
                return "0"
            places = max(0, floor(log10(abs(value)) + 1e-9) + digits)
            mantissa, exponent = f"{value:.{places}e}".split("e")
            return f"{mantissa}e{int(exponent)}".replace("-", "−")
        return decimal(value, max(0, digits))

    def upright(self, top: float, bottom: float, written: Callable[[float], str] | None = None, most: int = 5) -> str:
        """Hairlines from top to bottom at the ticks of an axis that goes to the right, with their numbers below."""
        written = written or self.written
        ticks = next((ticks for ticks in map(self.ticks, range(most, 1, -1)) if self._fits(ticks, written)),
                     self.ticks(2)[:1])
        return "".join(line(self.at(tick), top, self.at(tick), bottom, "hair")
                       + mid(self.at(tick), bottom + 19, written(tick), cls="soft") for tick in ticks)

    def _fits(self, ticks: list[float], written: Callable[[float], str]) -> bool:
        """Whether the numbers of these ticks have room beside each other."""
        return all(self.at(b) - self.at(a) > (room(written(a)) + room(written(b))) / 2 + 8 for a, b in pairwise(ticks))

    def level(self, left: float, right: float, written: Callable[[float], str] | None = None, most: int = 5) -> str:
        """Hairlines from left to right at the ticks of an axis that goes up, with their numbers on the left."""
        written = written or self.written
        return "".join(line(left, self.at(tick), right, self.at(tick), "hair")
                       + end(left - 8, self.at(tick) + 5, written(tick), cls="soft") for tick in self.ticks(most))

    def beside(self, most: int = 5) -> float:
        """How much room the numbers of `level` take on the left, in units."""
        return 10 + max((room(self.written(tick)) for tick in self.ticks(most)), default=0)


def decimal(value: float, digits: int, sign: bool = False) -> str:
    """A number with so many decimals and a true minus; nothing is written as −0.

    Examples
    --------
    >>> decimal(-.0181, 3), decimal(-.0001, 2), decimal(.5, 1, sign=True)
    ('−0.018', '0.00', '+0.5')
    """
    written = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    return written.lstrip("+-") if float(written) == 0 else written.replace("-", "−")
