"""The errors that this package raises, and the wording that they share.

An error says what was wrong, gives the values, and ends with the repair.
"""
import re
from collections.abc import Iterable
from difflib import get_close_matches
from math import inf, isfinite
from operator import index
from os import PathLike, fspath
from pathlib import Path
from typing import Any

COLOUR_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # what a terminal reads as colours; in a message they are noise
LONGEST_VALUE, LONGEST_TEXT = 80, 300  # letters


class ResNeXtEduError(Exception):
    """The base class of every error of this package, so that one `except` can catch them all."""


class ConfigError(ResNeXtEduError, ValueError):
    """A size, a name, or a combination of them that no block or network can have."""


class ConversionError(ResNeXtEduError, ValueError):
    """A state dict that does not fit the form that was named, or a block that has no other form."""


class EquivalenceError(ResNeXtEduError, ValueError):
    """Two modules that cannot be compared, so that no proof can say whether they are one function."""


class NotEquivalentError(ResNeXtEduError, AssertionError):
    """A report that did not pass, raised by `EquivalenceReport.raise_if_failed`."""


class TraceError(ResNeXtEduError, RuntimeError):
    """A model that could not be traced.

    Attributes
    ----------
    trace : Trace or None
        The rows up to where the model stopped.
    """

    def __init__(self, message: str, trace: object = None) -> None:
        super().__init__(message)
        self.trace: Any = trace  # a `Trace`, which this file must not import


class UnknownNameError(ResNeXtEduError, KeyError):
    """A name that is unknown; the text lists those that are known."""

    def __str__(self) -> str:  # KeyError would show its message in quotes
        return str(self.args[0])


class WeightsError(ResNeXtEduError, OSError):
    """Pretrained weights that are unknown, could not be fetched or read, or do not fit the network."""


class MissingPackageError(ResNeXtEduError, ImportError):
    """A package that the core of the course does without, and that is not installed; the text says how to get it."""


class DataError(ResNeXtEduError, OSError):
    """A data set whose files are missing or damaged, or measurements that can't be drawn."""


class CheckpointError(ResNeXtEduError, OSError):
    """A training on disk that can't be written or read, or that belongs to another run."""


class TrainingError(ResNeXtEduError, RuntimeError):
    """A training that can't go on.

    Attributes
    ----------
    history : History or None
        The steps up to where it stopped.
    """

    def __init__(self, message: str, history: object = None) -> None:
        super().__init__(message)
        self.history: Any = history  # a `History`, which this file must not import


def shown(value: object) -> str:
    """A value as an error shows it: on one line, and never a whole tensor.

    Parameters
    ----------
    value : object
        Anything, even something whose `repr` raises.

    Returns
    -------
    str
        Its `repr` if that is short. A tensor or an array is told by its shape, other large things by their type.

    Examples
    --------
    >>> shown(0.5), shown([[0] * 100] * 100)
    ('0.5', 'a list of length 100')
    """
    kind = type(value).__name__
    article = "an" if kind[:1].lower() in "aeiou" else "a"
    try:
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if isinstance(shape, tuple) and dtype is not None and (shape or getattr(value, "is_meta", False)):
            return f"{article} {kind} of shape {tuple(shape)} and {dtype}"
        text = repr(value)
    except Exception:  # the value is not ours, and neither is its repr
        return f"{article} {kind}"
    if len(text) <= LONGEST_VALUE and text.isprintable():
        return text
    if isinstance(value, str):
        return f"{value[:LONGEST_VALUE]!r}…"
    length = f" of length {len(value)}" if isinstance(value, (list, tuple, dict, set, bytes)) else ""
    return f"{article} {kind}{length}"


def one_line(text: object) -> str:
    r"""The first line of somebody else's message, without colour codes, and cut if it is very long.

    Examples
    --------
    >>> one_line("\x1b[31mno way\x1b[0m\nand twenty lines more")
    'no way'
    """
    lines = (line.strip() for line in COLOUR_CODES.sub("", str(text)).splitlines())
    first = next(filter(None, lines), "")
    return first if len(first) <= LONGEST_TEXT else f"{first[:LONGEST_TEXT]}…"


def positive_int(name: str, value: Any) -> int:
    """Check that `value` is a positive integer.

    Parameters
    ----------
    name : str
        What it is called in the error.
    value : object
        An int, an integer of NumPy, or a tensor that holds one integer. A bool or a float is refused, even 1.0.

    Returns
    -------
    int
        The same number as a plain int.

    Raises
    ------
    ConfigError
        If it is not a positive integer.

    Examples
    --------
    >>> positive_int("cardinality", 32)
    32
    >>> positive_int("stride", 0)
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: stride must be a whole number, 1 or more; got 0
    """
    number = _whole(value)
    if number is None or number < 1:
        raise ConfigError(f"{name} must be a whole number, 1 or more; got {shown(value)}")
    return number


def check_number(name: str, value: Any, low: float, high: float | None = None, *, open_below: bool = False) -> None:
    """Check that `value` is a finite number of at least `low` and less than `high`.

    Parameters
    ----------
    name : str
        What it is called in the error.
    value : object
    low : float
    high : float, optional
        Without it, there is no upper end.
    open_below : bool
        Whether `low` itself is refused, too.

    Raises
    ------
    ConfigError
        If it is not.

    Examples
    --------
    >>> check_number("momentum", 1, 0, 1)
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: momentum must be a number of at least 0 and less than 1; got 1
    """
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not number or value < low or (open_below and value == low) or (high is not None and value >= high):
        upper = "" if high is None else f" and less than {high}"
        lower = "a finite number" if low == -inf else f"a number {'above' if open_below else 'of at least'} {low}"
        raise ConfigError(f"{name} must be {lower}{upper}; got {shown(value)}")


def check_bool(name: str, value: object) -> None:
    """Check that `value` is True or False.

    Parameters
    ----------
    name : str
        What it is called in the error.
    value : object

    Raises
    ------
    ConfigError
        If it is neither.

    Examples
    --------
    >>> check_bool("flip", True)
    """
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be True or False; got {shown(value)}")


def seed_of(value: Any) -> int:
    """`value` as a seed for torch's random numbers.

    Parameters
    ----------
    value : object
        An int, or what `positive_int` takes for one; a seed may be 0 or negative.

    Returns
    -------
    int
        The same number as a plain int.

    Raises
    ------
    ConfigError
        If it is not a whole number, or has more than 64 bits.

    Examples
    --------
    >>> seed_of("7")
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: seed must be a whole number of at most 64 bits; got '7'
    """
    number = _whole(value)
    if number is None or not -2**63 <= number < 2**64:
        raise ConfigError(f"seed must be a whole number of at most 64 bits; got {shown(value)}")
    return number


def _whole(value: Any) -> int | None:
    """`value` as a plain int; None if it is not a whole number."""
    try:
        return None if isinstance(value, bool) else index(value)
    except Exception:  # a tensor on the meta device raises no TypeError
        return None


def number_of(what: str, name: str, value: Any, count: int) -> int:
    """`value` as the number of one of `count` things, counted from 0.

    Parameters
    ----------
    what : str
        What is counted, with its article: "a path".
    name : str
        What the caller calls the value.
    value : object
        Anything; a bool is not a number here.
    count : int
        How many there are.

    Returns
    -------
    int
        0 … count − 1.

    Raises
    ------
    ConfigError
        If there is no such thing.

    Examples
    --------
    >>> number_of("a path", "follow", 32, 32)
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: follow must be the number of a path, 0 … 31; got 32
    """
    if isinstance(value, bool) or not isinstance(value, int) or value not in range(count):
        raise ConfigError(f"{name} must be the number of {what}, 0 … {count - 1}; got {shown(value)}")
    number: int = value
    return number


def path_of(name: str, value: object, what: str) -> Path:
    """`value` as a path, whether there is such a file or not.

    Parameters
    ----------
    name : str
        What the caller calls the value.
    value : object
        A str or a path that is not empty.
    what : str
        What it is the path of, with its article: "a file".

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If it can't be the path of anything.

    Examples
    --------
    >>> path_of("checkpoint", 3, "a file")
    Traceback (most recent call last):
    ...
    resnext_edu.errors.ConfigError: checkpoint must be the path of a file; got 3
    """
    text = fspath(value) if isinstance(value, str | PathLike) else None
    if not isinstance(text, str) or not text:  # a path may be one of bytes
        raise ConfigError(f"{name} must be the path of {what}; got {shown(value)}")
    if "\0" in text:
        raise ConfigError(f"{name} must be the path of {what}, without the character 0; got {shown(value)}")
    return Path(text)


def nearest_name(what: str, name: object, known: Iterable[str]) -> str:
    """A sentence that says that `name` is unknown, and suggests the known name that is most like it.

    Parameters
    ----------
    what : str
        What it is the name of, such as "form".
    name : object
        The unknown name. It may be anything, even something that is not a string.
    known : iterable of str
        All names that are known.

    Returns
    -------
    str
        Without a suggestion if no known name is similar; a long list of names is cut.

    Examples
    --------
    >>> nearest_name("form", "group", ("split_sum", "concat", "grouped"))
    "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"
    """
    known = list(known)
    typed = name if isinstance(name, str) else "" if isinstance(name, int | float) else shown(name)  # 3 is not near 32
    close = get_close_matches(typed, known, n=1, cutoff=0.5)
    offer = f"did you mean {close[0]!r}? " if close else ""
    names = ", ".join(known)
    if len(names) > LONGEST_TEXT:
        first = names[:LONGEST_TEXT].split(", ")[:-1]
        names = f"{', '.join(first)} and {len(known) - len(first)} more"
    return f"unknown {what} {shown(name)}; {offer}Known: {names}"


def check_name(what: str, name: object, known: Iterable[str]) -> None:
    """Check that `name` is one of the known names.

    Parameters
    ----------
    what, name, known
        See `nearest_name`.

    Raises
    ------
    ConfigError
        If it is not; the text offers the nearest.

    Examples
    --------
    >>> check_name("stem", "deep", ("imagenet", "deep", "cifar"))
    """
    known = list(known)
    if not isinstance(name, str) or name not in known:
        raise ConfigError(nearest_name(what, name, known))


def not_the_shape(got: Any, in_channels: int, reads: str, build: str) -> str:
    """What to say of an input that is not (N, in_channels, H, W), and what to do about it.

    Parameters
    ----------
    got : object
        A tensor, or anything else.
    in_channels : int
        How many channels are taken.
    reads : str
        Who reads what, such as "this block reads inputs".
    build : str
        How to say that it can be built in another way, such as "build the block".

    Examples
    --------
    >>> not_the_shape([1, 2], 3, "this network reads images", "build it").partition("; ")[0]
    'this network reads images of shape (N, 3, H, W), got [1, 2]'
    """
    shape = tuple(got.shape) if type(getattr(got, "shape", None)).__name__ == "Size" else None
    repair = f"give it {in_channels} channels, or {build} with other in_channels"
    if shape is not None and len(shape) == 4 and shape[3] == in_channels:
        repair = "its channels stand last, so pass x.permute(0, 3, 1, 2)"
    elif shape is not None and len(shape) == 3 and shape[0] == in_channels:
        repair = f"add the batch: {(1, *shape)}"
    return f"{reads} of shape (N, {in_channels}, H, W), got {shown(got) if shape is None else shape}; {repair}"


def message_of(error: Exception) -> str:
    """What an error says. The text of somebody else's error may be short, so the name of its class goes before it.

    Examples
    --------
    >>> message_of(KeyError("fc")), message_of(ConfigError("stride must be 1 or 2"))
    ("KeyError: 'fc'", 'stride must be 1 or 2')
    """
    return str(error) if isinstance(error, ResNeXtEduError) else f"{type(error).__name__}: {one_line(error)}"
