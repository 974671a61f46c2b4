"""How shapes, sizes and counts are written everywhere in the course."""
from collections.abc import Sequence
from math import isfinite
from numbers import Integral

from resnext_edu.errors import ConfigError, shown


def dims(shape: Sequence[int]) -> str:
    """A shape as the course writes it: 256×56×56.

    Parameters
    ----------
    shape : sequence of int
        Any number of sizes, channels before height and width.

    Returns
    -------
    str
        The sizes with × between them.

    Raises
    ------
    ConfigError
        If it is not a sequence of whole numbers.

    Examples
    --------
    >>> dims((256, 56, 56))
    '256×56×56'
    """
    if not isinstance(shape, Sequence) or not all(isinstance(size, Integral) for size in shape):
        raise ConfigError(f"a shape is a sequence of whole numbers, such as (256, 56, 56); got {shown(shape)}")
    return "×".join(map(str, shape))


def memory(values: int) -> str:
    """How much memory so many float32 numbers take: 57.6 MB.

    Parameters
    ----------
    values : int
        How many numbers; each takes 4 bytes.

    Returns
    -------
    str
        In GB, MB, kB or bytes; 1 kB is 1,000 bytes.

    Examples
    --------
    >>> memory(5_800_000_000), memory(14_400_000), memory(250), memory(0)
    ('23.2 GB', '57.6 MB', '1.0 kB', '0 bytes')
    """
    size = 4 * values
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if size >= unit), (1e3, "kB"))
    return f"{size / unit:,.1f} {name}" if size else "0 bytes"


def scientific(value: float) -> str:
    """A number of any size, to two digits, with a power of ten where it is very small or large.

    Parameters
    ----------
    value : float
        It may be infinite, or not a number.

    Returns
    -------
    str

    Examples
    --------
    >>> scientific(7.1e-16), scientific(1e-12), scientific(.13), scientific(0)
    ('7.1 × 10⁻¹⁶', '10⁻¹²', '0.13', '0')
    """
    if not isfinite(value) or value == 0:
        return {"inf": "infinite", "nan": "not a number"}.get(str(value), "0")
    if .001 <= value < 100:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    power = "10" + superscript(int(exponent))
    return power if mantissa == "1.0" else f"{mantissa} × {power}"


def superscript(number: int) -> str:
    """A whole number as an exponent.

    Parameters
    ----------
    number : int

    Returns
    -------
    str

    Examples
    --------
    >>> superscript(-12)
    '⁻¹²'
    """
    return f"{number}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def plural(number: int, word: str) -> str:
    """A number with its noun, which gets an s unless the number is 1.

    Parameters
    ----------
    number : int
    word : str
        The noun in the singular.

    Returns
    -------
    str
        Both, with a space between them.

    Examples
    --------
    >>> plural(1, "path"), plural(32, "path")
    ('1 path', '32 paths')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Several names as a sentence has them; of a long list, the first ones and how many there are besides.

    Parameters
    ----------
    names : sequence of str
    most : int
        How many are named at most.

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["conv1"]), listed(["conv1", "bn1", "relu"]), listed("abcdef")
    ('conv1', 'conv1, bn1 and relu', 'a, b, c, d and 2 more')
    """
    if len(names) == 1:
        return names[0]
    rest = len(names) - most
    *first, last = [*names[:most], f"{rest} more"] if rest > 0 else names
    return f"{', '.join(first)} and {last}"


def first_of(names: Sequence[str], most: int) -> str:
    """The first of some names, each once, and how many more there are.

    Parameters
    ----------
    names : sequence of str
    most : int
        How many are named.

    Returns
    -------
    str

    Examples
    --------
    >>> first_of(["conv1", "bn1", "conv1"], 3), first_of("abcdef", 3)
    ('conv1, bn1', 'a, b, c and 3 more')
    """
    once = list(dict.fromkeys(names))
    return ", ".join(once[:most]) + (f" and {len(once) - most} more" if len(once) > most else "")
