"""What a learner typed → the value in it. Nothing here raises, whatever was typed."""
import re
from collections.abc import Iterable, Mapping, Set
from itertools import permutations
from numbers import Number
from textwrap import shorten
from typing import Any, TypeVar

Chosen = TypeVar("Chosen")
FILLERS = re.compile(r"\b(about|around|roughly|a|an|the|it|is|in|only|times)\b")  # a choice is the same without them
VERBS = re.compile(r"\b(a|an|it|is)\b")  # and an attempt means the same without these
NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMERAL = re.compile(rf"\b({'|'.join(NUMERALS)})\b", re.IGNORECASE)


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

    Letter case, spaces, underscores, a dot at the end, the kind of apostrophe and an x in place of × don't matter. 8,
    8.0 and "8" are one number, but True is not 1. Small words such as *about* may be missing, and a number in a text
    may be a word, where only one choice is left then. A choice that has several numbers may be given as these numbers.

    Examples
    --------
    >>> match(" As  many", ["fewer", "as many"]), match("1x100d", ["1×64d", "1×100d"])
    ('as many', '1×100d')
    >>> match(8.0, [4, 8]), match("70,144", [70144]), match(1, [True, False])
    (8, 70144, None)
    >>> match("30% more", ["less", "about 30 % more"]), match(32 ** 0.5, [1, "about 6"]), match((2, 3), ["2 and 3"])
    ('about 30 % more', 'about 6', '2 and 3')
    >>> match("between 1 and 2", ["between one and two", "more"]), match("raises an error", ["it raises an error"])
    ('between one and two', 'it raises an error')
    >>> match("half", ["about half", "a half"])  # neither of them more than the other
    """
    choices = list(choices)
    try:
        value = plain(attempt)
        if isinstance(attempt, Set) and 1 < len(attempt) < 5:  # it has no order, so any order will do
            orders = (match(list(order), choices) for order in permutations(attempt))
            return next((found for found in orders if found is not None), None)
        if value is None and len(elements := several(attempt)) > 1:
            value = " and ".join(str(plain(element)) for element in elements)
        if value is None:
            return None
        for same in (_same, _same_without_fillers, _near):
            found = [choice for choice in choices if same(value, choice)]
            if found:
                return found[0] if len(found) == 1 or same is _same else None
    except Exception:  # a number of the learner's own class that can't be compared
        return None
    return None


def unlisted(attempt: object, choices: list[Any], several_asked: bool = False) -> str:
    """What to say about an attempt that is not one of the choices, without a word about which of them is right.

    Examples
    --------
    >>> unlisted(7, [4, 8]), unlisted(None, ["more", "fewer"])
    ('7 lies between 4 and 8: decide for one of them.', '`None` is no answer: a guess costs nothing, so make one.')
    """
    try:
        value = plain(attempt)
        if attempt is None:
            return "`None` is no answer: a guess costs nothing, so make one."
        if value is None:
            return ("" if not isinstance(attempt, Set | Mapping | list | tuple) else
                    "A set holds the choices themselves, not groups of them." if several_asked else
                    "A choice is written without brackets." if len(several(attempt)) == 1 else
                    "Several answers, or none: the question has exactly one. Decide for one of the choices.")
        if all(isinstance(choice, bool) for choice in choices):
            return "The question has a yes or a no for an answer: `True` or `False`, with a capital, without quotes."
        if isinstance(value, bool):
            return "`True` and `False` answer a question with yes or no. This one asks which of the choices it is."
        if isinstance(value, str):
            return ("Own words can't be judged, however good they are. Copy the choice that comes nearest to what you "
                    "mean." if any(isinstance(choice, str) for choice in choices) else
                    "A number is asked for. Write it without quotes and without a unit.")
        numbers = sorted(choice for choice in choices if not isinstance(choice, str))
        if value != value:  # nan
            return ""
        if several_asked and (not numbers or value not in numbers):
            return "Asked for is which ones, not how many: write the choices themselves, in curly brackets."
        if not numbers:
            return "A number: here the choices are words. Write the one that says what you mean, in quotes."
        below, above = [n for n in numbers if n < value], [n for n in numbers if n > value]
        place = (f"lies between {below[-1]:,} and {above[0]:,}" if below and above else
                 f"is {'below' if above else 'above'} every number among the choices")
        return f"{show(attempt)} {place}: decide for one of them."
    except Exception:  # as in `plain`
        return ""


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


def _letters(text: str) -> str:
    """A text without all that a person reads over: case, underscores, the last dot, the sort of × and of ', *the* …"""
    text = text.casefold().replace("×", "x").replace("*", "x").replace("’", "'").replace("_", " ")
    text = text.replace("percent", "%").replace("n't", " not")
    text = re.sub(r"\b(the|they|of (them|these|the two))\b|(?<=[a-z])-(?=\d)", "", text)
    text = re.sub(r"(?<=\d)\s*,\s*(?=\d{3}\b)", "", text)  # 70,144
    return re.sub(r"\s*,\s*", " and ", text.strip(" .!?\"'`\n\t"))


def _same(value: Any, choice: object) -> bool:
    if isinstance(value, str):
        return "".join(_letters(value).split()) == "".join(_letters(str(choice)).split())
    if isinstance(value, bool) or isinstance(choice, bool):
        return value is choice or {"yes": True, "no": False}.get(str(choice)) is value
    return not isinstance(choice, str) and bool(value == choice)


def _same_without_fillers(value: Any, choice: object) -> bool:
    """The same but for small words that are missing, or too many, and for numbers in words or digits."""
    if isinstance(value, bool) or isinstance(choice, bool):
        return False
    typed, meant = (_letters(NUMERAL.sub(lambda found: str(NUMERALS.index(found[0].lower())), str(text)))
                    if isinstance(choice, str) else _letters(str(text)) for text in (value, choice))
    left, right = ({"".join(words.split()) for words in (text, fillers.sub(" ", text))}
                   for text, fillers in ((typed, VERBS), (meant, FILLERS)))
    return bool(left & right - {""})


def _near(value: Any, choice: object) -> bool:
    """Whether a choice says *about* a number, and the value is such a number."""
    about = re.fullmatch(r"about (\d+)", str(choice))
    return about is not None and not isinstance(value, str | bool) and bool(round(value) == int(about[1]))
