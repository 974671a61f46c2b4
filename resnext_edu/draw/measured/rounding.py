"""Why the exact proof uses whole numbers: where float64 rounds a sum, and where it does not."""
from fractions import Fraction
from math import ulp
from typing import NamedTuple

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, end, line, mid, tag, text

LEFT, RIGHT, STEPS = 280, 790, 3  # the ends of the number line; how many steps it has on each side of its middle
HEIGHT = 152  # of a row
LIMIT = 2**53  # float64 has every whole number up to here


class Sum(NamedTuple):
    """Three numbers to add up in two orders, on a part of the number line.

    Parameters
    ----------
    name : str
        What kind of numbers they are.
    why : tuple of two str
        Why their sum is rounded or not, in two lines.
    terms : tuple of three float
        The numbers.
    middle, step : float
        The middle of the number line, and its unit.
    written : tuple of three str
        The numbers as they are written.
    """

    name: str
    why: tuple[str, str]
    terms: tuple[float, float, float]
    middle: float
    step: float
    written: tuple[str, str, str]

    @property
    def results(self) -> tuple[float, float]:
        """The sum from the left, and from the right, as float64 has them."""
        a, b, c = self.terms
        return (a + b) + c, a + (b + c)

    @property
    def exact(self) -> Fraction:
        """The sum without rounding."""
        return sum(map(Fraction, self.terms), Fraction())

    def at(self, value: float | Fraction) -> float:
        """Where a value stands, in units from the left; calculated exactly, as float64 would round it."""
        steps = float((Fraction(value) - Fraction(self.middle)) / Fraction(self.step))
        return (LEFT + RIGHT) / 2 + steps * (RIGHT - LEFT) / (2 * STEPS + 1)

    def ticks(self) -> list[float]:
        """The steps that are numbers of float64."""
        near = (Fraction(self.middle) + Fraction(self.step) * k for k in range(-STEPS, STEPS + 1))
        return [float(value) for value in near if Fraction(float(value)) == value]


THREE_SUMS = (
    Sum("fractions", ("most sums fall between two ticks", "and move to the nearest"),
        (0.1, 0.2, 0.3), 0.6, ulp(0.6), ("0.1", "0.2", "0.3")),
    Sum("whole numbers below 2⁵³", ("every sum is a tick, as each whole", "number is; nothing moves"),
        (1.0, 2.0, 3.0), 6.0, 1.0, ("1", "2", "3")),
    Sum("whole numbers above 2⁵³", ("only every second one is a tick,", "so sums move again"),
        (float(LIMIT), 1.0, 1.0), float(LIMIT), 1.0, ("2⁵³", "1", "1")),
)


def rounding_picture() -> Picture:
    """Three sums, each added up from the left and from the right: only whole numbers below 2⁵³ agree.

    Returns
    -------
    Picture
        Always the same one.

    Examples
    --------
    >>> print(rounding_picture().text.splitlines()[0])
    Whole numbers below 2⁵³ add up to the same bits in any order
    """
    title = "Whole numbers below 2⁵³ add up to the same bits in any order"
    how = "Ticks are numbers that float64 has. Where a sum is none of them it is moved, and then the order matters."
    rows = [_row(one, 76 + HEIGHT * k) for k, one in enumerate(THREE_SUMS)]
    words = "\n".join([how, *map(_words, THREE_SUMS)])
    return Picture(title, (how,), words, tuple(rows), 76 + HEIGHT * len(THREE_SUMS))


def _row(one: Sum, top: float) -> str:
    y, (left, right) = top + 76, one.results
    out = [line(16, top, WIDTH - 16, top, "hair"), text(16, top + 36, one.name, cls="big")]
    out += [text(16, top + 60 + 20 * k, words, cls="soft") for k, words in enumerate(one.why)]
    out += [text(16, top + 110, "one answer" if left == right else "two answers", cls="b")]
    out += [line(LEFT, y, RIGHT, y, "edge")] + [line(one.at(v), y - 7, one.at(v), y + 7, "edge") for v in one.ticks()]
    if one.exact not in one.results:  # a guide for the sum that float64 does not have
        x = one.at(one.exact)
        out += [line(x, y - 24, x, y + 24, "edge dot"), end(x + 8, y - 32, "exact", cls="soft")]
    for result, other, words, side in ((left, right, _orders(one)[0], -1), (right, left, _orders(one)[1], 1)):
        x, write = one.at(result), mid if left == right else text if result > other else end
        ys = (y - 52, y - 33) if side < 0 else (y + 42, y + 61)
        out += [line(x, y, x, y + 26 * side, "hi"), tag("circle", cx=x, cy=y, r=6, cls="ink")]
        out += [write(x, ys[0], words, cls="b"), write(x, ys[1], _number(result))]
    return "".join(out)


def _orders(one: Sum) -> tuple[str, str]:
    a, b, c = one.written
    return f"({a} + {b}) + {c}", f"{a} + ({b} + {c})"


def _number(value: float) -> str:
    if value < LIMIT:
        return repr(value).removesuffix(".0")
    return f"2⁵³ + {int(value) - LIMIT}" if value > LIMIT else "2⁵³"


def _words(one: Sum) -> str:
    (first, second), (left, right) = _orders(one), one.results
    return (f"{one.name.capitalize()} ({' '.join(one.why)}): {first} = {_number(left)}, {second} = {_number(right)}: "
            f"{'one answer' if left == right else 'two answers'}.")
