"""Two values that were read: whether they are the same, and if not, how they differ, in words."""
import math
from numbers import Number

import torch
from torch import Tensor

from resnext_edu.exercises.reading import Unread
from resnext_edu.words import plural

MOST_SHOWN = 16  # numbers of a tensor that a sentence still repeats
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def same(left: object, right: object) -> bool:
    """Whether two values that were read are equal; numbers that are not whole, up to rounding."""
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return left.shape == right.shape and torch.allclose(left, right, rtol=1e-5, atol=1e-8)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) or isinstance(right, float):
        both = isinstance(left, float) and isinstance(right, float)  # then as float32 would have it
        return isinstance(left, Number) and isinstance(right, Number) and math.isclose(
            left, right, rel_tol=1e-6 if both else 1e-9)
    return type(left) is type(right) and left == right


def describe(value: object) -> str:
    """A value that was read, for a sentence."""
    if isinstance(value, Unread):
        return value.words
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(str, sorted(value)))}}}"
    if not isinstance(value, Tensor):
        return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
    shape = f"a tensor of shape {tuple(value.shape)}"
    return shape if not 0 < value.numel() <= MOST_SHOWN else f"{_nested(value)}, {shape}"


def difference(got: object, truth: object) -> str:
    """What a function gave and what it should have given, in one sentence that goes on from "your function gives"."""
    if not isinstance(got, Tensor) or not isinstance(truth, Tensor):
        kind = "a tensor" if isinstance(truth, Tensor) and truth.numel() > MOST_SHOWN else describe(truth)
        return f"{describe(got)}. Expected: {kind}."
    if got.dim() == 0 < truth.dim():
        return f"one number, {_nested(got)}. Expected: a tensor of shape {tuple(truth.shape)}."
    if got.shape != truth.shape:
        return f"a tensor of shape {tuple(got.shape)}. Expected: shape {tuple(truth.shape)}."
    if got.numel() <= MOST_SHOWN:
        return f"{_nested(got)}. Expected: {_nested(truth)}."
    place = tuple((~torch.isclose(got, truth, rtol=1e-5, atol=1e-8)).nonzero()[0].tolist())
    return f"{got[place]:g} at {list(place)}. Expected there: {truth[place]:g}."


def direction(got: object, truth: object) -> str:
    """How a number or numbers miss the truth, without telling it."""
    if isinstance(truth, frozenset):
        others = len(got - truth)
        more = f", and {plural(others, 'other')}" if others else ""
        return f"{describe(got)} has {len(got & truth) or 'none'} of the {len(truth)} numbers asked for{more}."
    if isinstance(truth, tuple):
        if len(got) != len(truth):
            return f"{got} has {plural(len(got), 'number')}; there are {len(truth)}."
        wrong = [ordinal for ordinal, left, other in zip(ORDINALS, got, truth, strict=False) if not same(left, other)]
        return f"In {got}, not right yet: the {', '.join(wrong)}."
    return f"{describe(got)} is too {'large' if got > truth else 'small'}."


def shortened(value: object, digits: int | None) -> object:
    """A number that is not whole, rounded to so many digits; all else as it is."""
    return float(f"{value:.{digits}g}") if digits and isinstance(value, float) else value


def is_nan(value: object) -> bool:
    """Whether a tensor holds a nan."""
    return isinstance(value, Tensor) and bool(value.isnan().any())


def _nested(value: Tensor) -> str:
    """The numbers alone, whole ones without a point; axes of length 1 don't show."""
    def text(part):
        return f"[{', '.join(map(text, part))}]" if isinstance(part, list) else f"{part:g}"

    return text(value.squeeze().tolist())
