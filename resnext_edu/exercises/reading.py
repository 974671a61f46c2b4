"""An answer, or what it returned → the number, numbers, truth value or tensor that was asked for; and how two differ.

What is asked for is seen from the right value, `like`: a bool, a number, a text, a tuple of numbers, a set of them (for
numbers in any order) or a tensor.
"""
import math
from dataclasses import dataclass
from numbers import Number

import torch
from torch import Tensor, nn

from resnext_edu.exercises.answers import plain, several, show
from resnext_edu.words import plural

MOST_SHOWN = 16  # numbers of a tensor that a sentence still repeats
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Unread:
    """What could not be read, in words that go on from "your answer is …"."""

    words: str


def read(value: object, like: object) -> bool | Number | str | tuple | frozenset | Tensor | Unread:
    """`value` as the kind of thing that `like` is, whatever type carries it. Nothing raises.

    Examples
    --------
    >>> read(torch.Size([4, 3]), like=(1, 1)), read(torch.tensor(4), like=1)
    ((4, 3), 4)
    >>> read([3, 4], like={4, 3}) == read({3, 4}, like={4, 3})
    True
    >>> read(True, like=1)
    Unread(words='True: a truth value, not a number')
    """
    try:
        if value is None:
            return Unread("None")
        if isinstance(like, bool | str):
            return _truth(value) if isinstance(like, bool) else str(value)
        if isinstance(like, Number):
            return _number(value)
        if isinstance(like, set | frozenset):
            found = _numbers(tuple(value) if isinstance(value, set | frozenset) else value)
            return found if isinstance(found, Unread) else frozenset(found)
        return _numbers(value) if isinstance(like, tuple) else _tensor(value)
    except Exception:  # a learner's own class may raise anything here
        return Unread(f"{show(value)} that can't be read")


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


def _truth(value: object) -> bool | Unread:
    found = plain(value)
    if isinstance(found, bool):
        return found
    if isinstance(value, Tensor) and value.numel() > 1:
        return Unread(f"a tensor of {value.numel()} values; `.all()` would make one truth value of them")
    return Unread(f"{show(value)}; expected True or False")


def _number(value: object) -> Number | Unread:
    elements = several(value)
    if len(elements) > 1:
        return Unread(f"{len(elements)} numbers, and one was asked for{_comma(value)}")
    found = plain(elements[0]) if len(elements) == 1 else None
    if isinstance(found, bool):
        return Unread(f"{found}: a truth value, not a number")
    if isinstance(found, str):
        return Unread(f"{show(found)}: text; write the number without quotes")
    if found is None or isinstance(found, complex):
        return Unread(f"{show(value)}, not a number")
    if math.isnan(found):
        return Unread("nan, which means \"not a number\". It comes from 0/0, inf − inf and the like")
    return int(found) if found == found // 1 else float(found)


def _comma(value: object) -> str:
    """What to say to somebody who typed 2,192 and made a tuple."""
    typed = isinstance(value, tuple) and all(isinstance(part, int) and 100 <= part <= 999 for part in value[1:])
    return f". Python reads a comma as the start of the next number; write {'_'.join(map(str, value))}" if typed else ""


def _numbers(value: object) -> tuple | Unread:
    if isinstance(value, nn.Module):
        return Unread(f"a layer, `{type(value).__name__}`; its `.weight.shape` is a tuple of numbers")
    if isinstance(value, Tensor) and value.dim() != 1:
        return Unread("a tensor; its `.shape` is a tuple of numbers")
    if isinstance(value, set | frozenset | dict):
        return Unread(f"a {type(value).__name__}, which has no order; write the numbers in round brackets")
    if isinstance(value, str | Number) or not hasattr(value, "__iter__"):
        return Unread(f"{show(value)}; expected several numbers in round brackets, such as (1, 2)")
    found = tuple(_number(part) for part in several(value if hasattr(value, "tolist") else tuple(value)))
    return next((part for part in found if isinstance(part, Unread)), found)


def _tensor(value: object) -> Tensor | Unread:
    if isinstance(value, nn.Module):
        return Unread(f"a layer, `{type(value).__name__}`, not a tensor; call it, or take its `.weight`")
    if isinstance(value, Tensor) and value.is_meta:
        return Unread("a tensor on the meta device, which holds no numbers")
    if isinstance(value, list | tuple) and value and all(isinstance(part, Tensor) for part in value):
        return Unread(f"a {type(value).__name__} of {len(value)} tensors, not one tensor")
    if not isinstance(value, Tensor | Number | list | tuple) and not hasattr(value, "__array__"):
        return Unread(f"{show(value)}, not a tensor")
    if not isinstance(value, Tensor) and hasattr(value, "tolist"):
        value = value.tolist()
    found = torch.as_tensor(value).detach()
    if found.is_complex():
        return Unread("a tensor of complex numbers")
    found = found.to("cpu", torch.float64)
    return found if found.layout is torch.strided else found.to_dense()


def _nested(value: Tensor) -> str:
    """The numbers alone, whole ones without a point; axes of length 1 don't show."""
    def text(part):
        return f"[{', '.join(map(text, part))}]" if isinstance(part, list) else f"{part:g}"

    return text(value.squeeze().tolist())
