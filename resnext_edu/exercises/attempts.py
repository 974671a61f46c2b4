"""What a learner typed → the value that it carries. Nothing here raises, whatever was typed."""
from collections.abc import Iterable, Mapping, Set
from numbers import Number
from textwrap import shorten


def plain(attempt: object) -> str | Number | None:
    """The text, truth value or number that an answer is, whichever type carries it; None if it is none of them.

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


def match(attempt: object, choices: Iterable) -> str | bool | int | float | None:
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
        except Exception:  # a number of the learner's own that can't be compared
            return None
    return None


def several(attempt: object) -> list:
    """The elements of a set, list, tuple, array or tensor; of anything else, the thing itself."""
    try:
        elements = attempt.tolist() if hasattr(attempt, "tolist") else attempt
        return list(elements) if isinstance(elements, Set | Mapping | list | tuple) else [elements]
    except Exception:  # as in `plain`
        return [attempt]


def literal(choice: object) -> str:
    """A choice as it is typed into the blank."""
    return f'"{choice}"' if isinstance(choice, str) else str(choice)


def show(attempt: object) -> str:
    """An attempt for a sentence that repeats it: short, in one line, and without an address in memory."""
    value = plain(attempt)
    try:
        if attempt is None:
            return "None"
        if isinstance(value, str):
            return literal(shorten(value, 60, placeholder=" …"))
        return f"a value of type `{type(attempt).__name__}`" if value is None else f"{value}"
    except Exception:  # as in `plain`
        return "this value"


def _same(value: str | Number, choice: object) -> bool:
    if isinstance(value, str):
        words = " ".join(value.casefold().split())
        return words.replace(",", "") == str(choice).casefold().replace(",", "")
    if isinstance(value, bool) or isinstance(choice, bool):
        return value is choice
    return not isinstance(choice, str) and bool(value == choice)
