"""What a learner typed → the value in it. Nothing here raises, whatever was typed."""
from collections.abc import Iterable, Mapping, Set
from numbers import Number
from textwrap import shorten
from typing import Any, TypeVar

Chosen = TypeVar("Chosen")


def plain(attempt: Any) -> Any:
    """The text, truth value or number that an attempt is, in whatever type it comes.

    Returns
    -------
    str, number or None
        A number may be of any class; None stands for everything that is not a text, a truth value or a number.

    Examples
    --------
    >>> import torch
    >>> plain(torch.tensor(4)), plain("four"), plain([4])
    (4, 'four', None)
    """
    try:
        if not isinstance(attempt, str | Number):
            attempt = attempt.item()  # 0-d tensors, and NumPy's truth values
        return attempt if isinstance(attempt, str | Number) else None
    except Exception:  # a learner's own class may raise anything here
        return None


def match(attempt: object, choices: Iterable[Chosen]) -> Chosen | None:
    """The choice that an attempt means, or None.

    Letter case and spaces don't matter, 8, 8.0 and "8" are one number, but True is not 1.

    Examples
    --------
    >>> match(" As  many", ["fewer", "as many"])
    'as many'
    >>> match(8.0, [4, 8]), match("70,144", [70144]), match(1, [True, False])
    (8, 70144, None)
    """
    value = plain(attempt)
    for choice in choices:
        try:
            if value is not None and _same(value, choice):
                return choice
        except Exception:  # a number of the learner's own class that can't be compared
            return None
    return None


def several(attempt: Any) -> list[Any]:
    """The elements of a set, list, tuple, array or tensor; a list with the attempt itself if it is anything else.

    Examples
    --------
    >>> several((4, 3)), several(4)
    ([4, 3], [4])
    """
    try:
        elements = attempt.tolist() if hasattr(attempt, "tolist") else attempt
        return list(elements) if isinstance(elements, Set | Mapping | list | tuple) else [elements]
    except Exception:  # as in `plain`
        return [attempt]


def literal(choice: object) -> str:
    """A choice as a learner types it into the blank."""
    return f'"{choice}"' if isinstance(choice, str) else str(choice)


def show(attempt: object) -> str:
    """An attempt, for a sentence that repeats it: short, on one line, and without an address in memory.

    Examples
    --------
    >>> show(4.5), show("four"), show(len)
    ('4.5', '"four"', 'a value of type `builtin_function_or_method`')
    """
    value = plain(attempt)
    try:
        if attempt is None:
            return "None"
        if isinstance(value, str):
            return literal(shorten(value, 60, placeholder=" …"))
        return f"a value of type `{type(attempt).__name__}`" if value is None else f"{value}"
    except Exception:  # as in `plain`
        return "this value"


def _same(value: Any, choice: object) -> bool:
    if isinstance(value, str):
        words = " ".join(value.casefold().split())
        return words.replace(",", "") == str(choice).casefold().replace(",", "")
    if isinstance(value, bool) or isinstance(choice, bool):
        return value is choice
    return not isinstance(choice, str) and bool(value == choice)
