"""What a learner typed → the value that it carries. Nothing here raises, whatever was typed."""
from collections.abc import Iterable, Mapping, Set
from numbers import Number
from textwrap import shorten


def plain(answer: object) -> str | Number | None:
    """The text, truth value or number that an answer is, whichever type carries it; None if it is none of them.

    Examples
    --------
    >>> import torch
    >>> plain(torch.tensor(4)), plain("four"), plain([4])
    (4, 'four', None)
    """
    try:
        if not isinstance(answer, str | Number):
            answer = answer.item()  # 0-d tensors, and NumPy's truth values
        return answer if isinstance(answer, str | Number) else None
    except Exception:  # a learner's own class may raise anything here
        return None


def match(answer: object, choices: Iterable) -> str | bool | int | float | None:
    """The choice that an answer means, or None.

    Letter case and spaces don't matter, 8, 8.0 and "8" are one number, but True is not 1.

    Examples
    --------
    >>> match(" As  many", ["fewer", "as many"])
    'as many'
    >>> match(8.0, [4, 8]), match("70,144", [70144]), match(1, [True, False])
    (8, 70144, None)
    """
    value = plain(answer)
    for choice in choices:
        try:
            if value is not None and _same(value, choice):
                return choice
        except Exception:  # a number of the learner's own that can't be compared
            return None
    return None


def several(answer: object) -> list:
    """The elements of a set, list, tuple, array or tensor; of anything else, the thing itself."""
    try:
        elements = answer.tolist() if hasattr(answer, "tolist") else answer
        return list(elements) if isinstance(elements, Set | Mapping | list | tuple) else [elements]
    except Exception:  # as in `plain`
        return [answer]


def literal(choice: object) -> str:
    """A choice as it is typed into the blank."""
    return f'"{choice}"' if isinstance(choice, str) else str(choice)


def show(answer: object) -> str:
    """An answer for a sentence that repeats it: short, in one line, and without an address in memory."""
    value = plain(answer)
    try:
        if answer is None:
            return "None"
        if isinstance(value, str):
            return literal(shorten(value, 60, placeholder=" …"))
        return f"a value of type `{type(answer).__name__}`" if value is None else f"{value}"
    except Exception:  # as in `plain`
        return "this value"


def _same(value: str | Number, choice: object) -> bool:
    if isinstance(value, str):
        words = " ".join(value.casefold().split())
        return words.replace(",", "") == str(choice).casefold().replace(",", "")
    if isinstance(value, bool) or isinstance(choice, bool):
        return value is choice
    return not isinstance(choice, str) and bool(value == choice)
