"""Two values that were read: whether they are the same, and if not, how they differ, in words."""
import math
from typing import Any

import torch
from torch import Tensor

from resnext_edu.exercises.reading import Unread
from resnext_edu.words import plural

MOST_SHOWN = 16  # a sentence repeats the numbers of a tensor up to this many
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def same(left: object, right: object) -> bool:
    """Whether two values that were read are equal; for numbers that are not whole, up to rounding.

    Examples
    --------
    >>> same(1 / 3, 0.3333333), same(1 / 3, 0.333), same((1, 2), (1, 2, 3))
    (True, False, False)
    """
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return left.shape == right.shape and torch.allclose(left, right, rtol=1e-5, atol=1e-8)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) or isinstance(right, float):
        both = isinstance(left, float) and isinstance(right, float)  # a learner may have calculated in float32
        return isinstance(left, int | float) and isinstance(right, int | float) and math.isclose(
            left, right, rel_tol=1e-6 if both else 1e-9)
    return type(left) is type(right) and left == right


def in_words(value: object) -> str:
    """A value that was read, for a sentence.

    Examples
    --------
    >>> in_words(70144), in_words(1 / 3), in_words(23652300.5), in_words(frozenset({4, 1})), in_words(torch.ones(20))
    ('70,144', '0.333333', '23,652,300', '{1, 4}', 'a tensor of shape (20,)')
    """
    if isinstance(value, Unread):
        return value.words
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(str, sorted(value)))}}}"
    if isinstance(value, float):
        return f"{value:,.0f}" if 999_999 < abs(value) < 2.0 ** 53 else f"{value:.6g}"
    if not isinstance(value, Tensor):
        return f"{value:,}" if type(value) is int else str(value)
    shape = f"a tensor of shape {tuple(value.shape)}"
    return shape if not 0 < value.numel() <= MOST_SHOWN else f"{_nested(value)}, {shape}"


def got_and_expected(got: object, truth: object) -> str:
    """What a function gave and what it should have given, to complete the sentence "your function gives …".

    Examples
    --------
    >>> got_and_expected(9, 6), got_and_expected(torch.ones(2), torch.ones(3))
    ('9. Expected: 6.', 'a tensor of shape (2,). Expected: shape (3,).')
    """
    if not isinstance(got, Tensor) or not isinstance(truth, Tensor):
        kind = "a tensor" if isinstance(truth, Tensor) and truth.numel() > MOST_SHOWN else in_words(truth)
        given = in_words(got).split("; expected ")[0]  # what is expected comes behind it
        return f"{given}. Expected: {kind}."
    if got.dim() == 0 < truth.dim():
        return f"one number, {_nested(got)}. Expected: a tensor of shape {tuple(truth.shape)}."
    if got.shape != truth.shape:
        return f"a tensor of shape {tuple(got.shape)}. Expected: shape {tuple(truth.shape)}."
    if got.numel() <= MOST_SHOWN:
        return f"{_nested(got)}. Expected: {_nested(truth)}."
    place = tuple((~torch.isclose(got, truth, rtol=1e-5, atol=1e-8)).nonzero()[0].tolist())
    return f"{got[place]:g} at {list(place)}. Expected there: {truth[place]:g}."


def direction(got: Any, truth: object) -> str:
    """How a number, or several, miss the truth, without giving the truth away.

    Parameters
    ----------
    got : int, float, tuple or frozenset
        The value of the attempt, read as the kind of thing that `truth` is.
    truth : int, float, tuple or frozenset

    Examples
    --------
    >>> direction(9, 6), direction((128, 128), (128, 4))
    ('9 is too large.', 'In (128, 128), not right yet: the second.')
    """
    if isinstance(truth, frozenset):
        others = len(got - truth)
        more = f", and {plural(others, 'other')}" if others else ""
        return f"{in_words(got)} has {len(got & truth) or 'none'} of the {len(truth)} numbers asked for{more}."
    if isinstance(truth, tuple):
        if len(got) != len(truth):
            return f"{got} has {plural(len(got), 'number')}; there are {len(truth)}."
        wrong = [ordinal for ordinal, left, other in zip(ORDINALS, got, truth, strict=False) if not same(left, other)]
        return f"In {got}, not right yet: the {', '.join(wrong)}."
    return f"{in_words(got)} is too {'large' if got > truth else 'small'}."


def shortened(value: object, digits: int | None) -> object:
    """A number that is not whole, rounded to so many digits; everything else as it is."""
    return float(f"{value:.{digits}g}") if digits and isinstance(value, float) else value


def is_nan(value: object) -> bool:
    """Whether a tensor holds a nan."""
    return isinstance(value, Tensor) and bool(value.isnan().any())


def _nested(value: Tensor) -> str:
    """The numbers alone: whole numbers without a decimal point, and no brackets for axes of length 1."""
    def text(part: Any) -> str:
        return f"[{', '.join(map(text, part))}]" if isinstance(part, list) else f"{part:g}"

    return text(value.squeeze().tolist())
