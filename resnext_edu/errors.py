"""The errors that this package raises, and the wording that they share.

An error says what was wrong, gives the values, and ends with the repair.
"""
from collections.abc import Iterable
from difflib import get_close_matches
from operator import index


class ResNeXtEduError(Exception):
    """What every error of this package is, so that one `except` can catch them all."""


class ConfigError(ResNeXtEduError, ValueError):
    """A size, a name or a combination of them that no block or network can have."""


class ConversionError(ResNeXtEduError, ValueError):
    """A state dict that does not fit the form that it was said to be."""


class EquivalenceError(ResNeXtEduError, ValueError):
    """Two modules about which the question "are they one function?" cannot be asked."""


class NotEquivalentError(ResNeXtEduError, AssertionError):
    """A report that did not pass, raised by `EquivalenceReport.raise_if_failed`."""


class TraceError(ResNeXtEduError, RuntimeError):
    """A model that could not be traced; `.trace` has the rows up to where it stopped."""

    def __init__(self, message: str, trace: object = None):
        super().__init__(message)
        self.trace = trace


class UnknownNameError(ResNeXtEduError, KeyError):
    """A name that is not there, among others that are."""

    def __str__(self) -> str:  # KeyError would show its message in quotes
        return str(self.args[0])


class WeightsError(ResNeXtEduError, OSError):
    """Pretrained weights that could not be fetched, or do not fit the network."""


class DataError(ResNeXtEduError, OSError):
    """Embedded data that is missing, damaged or not what it should be."""


def positive_int(name: str, value: object) -> int:
    """`value` as an int of at least 1; NumPy's integers and 0-d integer tensors count.

    Raises
    ------
    ConfigError
        If it is no whole number (a bool and a float are none), or below 1.

    Examples
    --------
    >>> positive_int("cardinality", 32)
    32
    >>> positive_int("stride", 0)
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: stride must be a whole number, 1 or more; got 0
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
        if number < 1:
            raise ValueError
    except (TypeError, ValueError):
        raise ConfigError(f"{name} must be a whole number, 1 or more; got {value!r}") from None
    return number


def nearest_name(what: str, name: object, known: Iterable[str]) -> str:
    """A sentence that says that `name` is unknown and offers what was probably meant.

    Examples
    --------
    >>> nearest_name("form", "group", ("split_sum", "concat", "grouped"))
    "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"
    """
    known = list(known)
    close = get_close_matches(str(name), known, n=1, cutoff=0.5)
    offer = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {name!r}; {offer}Known: {', '.join(known)}"


def told(error: Exception) -> str:
    """What an error says; the name of its class only where it is none of ours, and its words may be few."""
    return str(error) if isinstance(error, ResNeXtEduError) else f"{type(error).__name__}: {error}"
