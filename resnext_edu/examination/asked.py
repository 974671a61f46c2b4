"""A number as somebody wrote it: "25.0 M", 4.2e9 or "8.46 GFLOPs", and what fits it."""
import re
from math import isfinite
from numbers import Real
from typing import NamedTuple

from resnext_edu.counts.comparison import last_digit
from resnext_edu.errors import ConfigError, shown

WRITTEN = re.compile(r"""((?:[0-9]|[_,'’\s](?=[0-9]{3}))+(?:\.[0-9]+)?)(?:e\+?([0-9]+))?  # 25,028,904 or 4.2e9
                     \s*(thousand|million|billion|[kmgbt]|)\s*(?:param(?:eter)?s?|flops?|macs?|mult-?adds?|)""",
                     re.IGNORECASE | re.VERBOSE)
PREFIXES = {"": 1, "K": 1e3, "THOUSAND": 1e3, "M": 1e6, "MILLION": 1e6, "G": 1e9, "B": 1e9, "BILLION": 1e9, "T": 1e12}
MANY_DIGITS = 10**5


class Asked(NamedTuple):
    """A number as somebody wrote it.

    Attributes
    ----------
    value : int
    unit : float
        The place value of its last digit.
    """

    value: int
    unit: float

    def fits(self, have: int) -> bool:
        """Whether a number is the one asked for, to the digits that this has."""
        return have == self.value or (self.unit > 10 and abs(have - self.value) <= self.unit / 2)

    @property
    def rounded(self) -> bool:
        """Whether it has so few digits that much fits by chance."""
        return self.unit > 10 and self.value < MANY_DIGITS * self.unit


def number_asked(name: str, value: object) -> Asked:
    """A number, or the text of one such as "24.96 M" or "25,028,904", with the place value of its last digit."""
    number, unit = 0., 1.
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
    elif isinstance(value, str) and (match := WRITTEN.fullmatch(value.strip())):
        digits, letter = re.sub(r"[^0-9.]", "", match[1]), match[3].upper()
        scale = float(f"1e{match[2] or 0}") * PREFIXES[letter]
        number, unit = float(digits) * scale, scale / 10**len(digits.partition(".")[2])
    if not isfinite(number) or number <= 0:
        raise ConfigError(f'{name} must be a positive number, such as 25028904, 25.0e6 or "25.0 M"; got {shown(value)}')
    exact = round(number) if isinstance(value, str) else round(value)  # type: ignore[call-overload]
    return Asked(exact, last_digit(exact) if unit == 1 else unit)
