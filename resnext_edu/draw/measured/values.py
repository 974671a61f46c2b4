"""Measurements and words as a caller gives them: they are checked before anything is drawn."""
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from resnext_edu.errors import ConfigError, shown
from resnext_edu.words import scientific

LARGEST = 1e12  # more than anything measured here; a larger one would make all others look equal
SMALLEST = 1e-100  # what is smaller is drawn as 0, because a difference of two such numbers can't be drawn


def measurement(name: str, value: Any, repair: str = "leave out what was not measured") -> float:
    """`value` as a finite number.

    Parameters
    ----------
    name : str
        What it is called in the error.
    value : object
        An int, a float, or what can be turned into a float: a number of NumPy, a tensor with one number.
    repair : str
        The end of the error: what to do.

    Returns
    -------
    float

    Raises
    ------
    ConfigError
        If it is not a number, not finite, or above a million million.

    Examples
    --------
    >>> measurement("losses[3]", float("nan"))
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: losses[3] must be a finite number; got nan; leave out what was not measured
    """
    try:
        number = float("nan") if isinstance(value, str | bytes | bool) else float(value)
    except Exception:  # whatever the value's own class raises
        number = float("nan")
    if not isfinite(number) or abs(number) > LARGEST:
        most = f", at most {LARGEST:,.0f}" if isfinite(number) else ""
        raise ConfigError(f"{name} must be a finite number{most}; got {shown(value)}; {repair}")
    return number if abs(number) >= SMALLEST else 0.0


def factor(value: float, digits: int) -> str:
    """How many times one number is another, with so many decimals, and with a power of ten where they would not do.

    Examples
    --------
    >>> factor(1.8734, 2), factor(.25, 1), factor(.0004, 2), factor(25_000, 2)
    ('1.87', '0.2', '4.0 × 10⁻⁴', '2.5 × 10⁴')
    """
    return f"{value:.{digits}f}" if .05 <= value < 1000 else scientific(value)


def measurements(name: str, values: Any, repair: str = "leave out what was not measured") -> list[float]:
    """`values` as finite numbers, at least one.

    Examples
    --------
    >>> measurements("losses", (2, .5))
    [2.0, 0.5]
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigError(f"{name} must be several numbers, such as [0.5, 0.25]; got {shown(values)}")
    try:
        values = [*values]
    except Exception as error:  # a tensor without an axis is an iterable that can't be iterated over
        raise ConfigError(f"{name} must be several numbers, such as [0.5, 0.25]; got {shown(values)}") from error
    if not values:
        raise ConfigError(f"{name} must have at least one number; got {shown(values)}")
    return [measurement(f"{name}[{k}]", value, repair) for k, value in enumerate(values)]


def named(name: str, values: Any, example: str) -> dict[str, Any]:
    """`values` as a dict with at least one entry, whose keys are words."""
    if not isinstance(values, Mapping) or not values:
        raise ConfigError(f"{name} must be a dict with at least one entry, such as {example}; got {shown(values)}")
    return {sentence(f"a name in {name}", key): value for key, value in values.items()}


def sentence(name: str, value: Any) -> str:
    """`value` as words on one line."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{name} must be words; got {shown(value)}")
    return " ".join(value.split())


def several_rows(name: str, rows: Any, parts: Sequence[str]) -> list[tuple[Any, ...]]:
    """`rows` as tuples, at least one, each with these parts.

    Examples
    --------
    >>> several_rows("rows", [("paper", 1.7)], parts=("name", "lead"))
    [('paper', 1.7)]
    """
    wanted = f"({', '.join(parts)})"
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes) or not rows:
        raise ConfigError(f"{name} must be a list with at least one row, each {wanted}; got {shown(rows)}")
    for k, row in enumerate(rows):
        if not isinstance(row, Sequence) or isinstance(row, str | bytes) or len(row) != len(parts):
            raise ConfigError(f"{name}[{k}] must be {wanted}; got {shown(row)}")
    return [tuple(row) for row in rows]
