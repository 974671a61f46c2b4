"""An attempt, or what it returned → the number, numbers, truth value or tensor that was asked for.

The right value, `like`, shows what was asked for: a bool, a number, a text, a tuple of numbers, a set of them (for
numbers in any order) or a tensor.
"""
import math
import re
from dataclasses import dataclass
from numbers import Number
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.exercises.attempts import plain, several, show
from resnext_edu.words import plural


@dataclass(frozen=True)
class Unread:
    """What could not be read.

    Parameters
    ----------
    words : str
        They complete the sentence "your answer is …".
    """

    words: str


SeveralNumbers = tuple[int | float, ...]
ReadValue = bool | int | float | str | SeveralNumbers | frozenset[int | float] | Tensor | Unread


def read(value: Any, like: object) -> ReadValue:
    """`value` as the kind of thing that `like` is, in whatever type it comes. Nothing raises.

    Parameters
    ----------
    value : object
        Anything at all.
    like : object
        The right value, which shows what kind of thing was asked for.

    Returns
    -------
    bool, int, float, str, tuple, frozenset, Tensor or Unread

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


def _truth(value: Any) -> bool | Unread:
    found = plain(value)
    if isinstance(found, bool):
        return found
    if isinstance(value, Tensor) and value.numel() > 1:
        return Unread(f"a tensor of {value.numel()} values; `.all()` would make one truth value of them")
    return Unread(f"{show(value)}; expected True or False")


def _number(value: Any) -> int | float | Unread:
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


def _comma(value: Any) -> str:
    """What to say to somebody who typed 2,192 and made a tuple."""
    typed = isinstance(value, tuple) and all(isinstance(part, int) and 100 <= part <= 999 for part in value[1:])
    return f". Python reads a comma as the start of the next number; write {'_'.join(map(str, value))}" if typed else ""


def _numbers(value: Any) -> SeveralNumbers | Unread:
    if isinstance(value, nn.Module):
        return Unread(f"a layer, `{type(value).__name__}`; its `.weight.shape` is a tuple of numbers")
    if isinstance(value, Tensor) and value.dim() != 1:
        return Unread("a tensor; its `.shape` is a tuple of numbers")
    if isinstance(value, set | frozenset | dict):
        return Unread(f"a {type(value).__name__}, which has no order; write the numbers in round brackets")
    if isinstance(value, str) and re.fullmatch(r"[\s(\[]*\d+(\s*[,×x*]\s*\d+)+[\s)\]]*", value):
        return tuple(map(int, re.findall(r"\d+", value)))  # a size as people write it: 256×56×56
    if isinstance(value, str | Number) or not hasattr(value, "__iter__"):
        return Unread(f"{show(value)}; expected several numbers in round brackets, such as (1, 2)")
    if nested := [len(part) for part in several(value) if isinstance(part, tuple | list)]:
        return Unread(f"brackets in brackets: {' and '.join(plural(length, 'number') for length in nested)}")
    numbers: list[int | float] = []
    for part in several(value if hasattr(value, "tolist") else tuple(value)):
        found = _number(part)
        if isinstance(found, Unread):
            return found
        numbers.append(found)
    return tuple(numbers)


def _tensor(value: Any) -> Tensor | Unread:
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
