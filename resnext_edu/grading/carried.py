"""A value on its way from a process that nobody trusts: as data, never as code.

What comes out is of a plain kind: a number, a text, a collection, a tensor. Anything else becomes an empty object
whose class has the same name, so that a sentence can say what it was.
"""
import math
from base64 import b64decode, b64encode
from collections.abc import Mapping, Set
from itertools import islice
from numbers import Number
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.exercises.behaviour import Outcome, Raised

LONGEST_WORDS, MOST_ELEMENTS, MOST_NUMBERS, DEEPEST = 2_000, 2_000, 2_000_000, 6
KINDS_OF_NUMBERS = {str(dtype).removeprefix("torch."): dtype for dtype in (
    torch.float32, torch.float64, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.bool,
    torch.complex64, torch.complex128)}

Data = Any  # what JSON holds


def as_data(value: Any, depth: int = 0) -> Data:
    """A value as data. Nothing raises, whatever the value is.

    Examples
    --------
    >>> as_data((1, "two", ...)), as_data(len)
    (['tuple', [1, 'two', ['dots']]], ['object', 'builtin_function_or_method'])
    """
    try:
        return _packed(value, depth)
    except Exception:  # a learner's own class may raise anything here
        return ["object", _name_of(value)]


def _packed(value: Any, depth: int) -> Data:
    if value is None or value is True or value is False:
        return value
    if value is ...:
        return ["dots"]
    if isinstance(value, str):
        return str.__str__(value)[:LONGEST_WORDS].encode("utf-8", "replace").decode()
    if isinstance(value, int):
        whole = int.__int__(value)
        return whole if whole.bit_length() <= 4_000 else float("inf") if whole > 0 else float("-inf")
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if isinstance(value, Tensor):
        return _packed_tensor(value)
    if isinstance(value, nn.Module):
        return ["layer", _name_of(value)]
    if isinstance(value, Number):
        number = float(value)  # type: ignore[arg-type]  # a Fraction, a Decimal, NumPy's numbers
        return int(number) if number == number // 1 and abs(number) < 2 ** 53 else number
    if hasattr(value, "__array__") and hasattr(value, "dtype"):
        return _packed_tensor(torch.as_tensor(value))
    if depth >= DEEPEST:
        return ["object", _name_of(value)]
    if isinstance(value, Mapping):
        return ["dict", [[as_data(key, depth + 1), as_data(value[key], depth + 1)]
                         for key in islice(value, MOST_ELEMENTS)]]
    if isinstance(value, Set | list | tuple):
        kind = "set" if isinstance(value, Set) else "list" if isinstance(value, list) else "tuple"
        return [kind, [as_data(part, depth + 1) for part in islice(value, MOST_ELEMENTS)]]
    if isinstance(value, range):
        return ["tuple", list(islice(value, MOST_ELEMENTS))]
    return ["object", _name_of(value)]


def _packed_tensor(value: Tensor) -> Data:
    if value.numel() > MOST_NUMBERS:
        return ["object", f"{value.numel()} numbers"]
    if value.is_meta:
        return ["meta", list(value.shape)]
    plain = value.detach().to("cpu")
    plain = plain if plain.layout is torch.strided else plain.to_dense()
    plain = plain if str(plain.dtype).removeprefix("torch.") in KINDS_OF_NUMBERS else plain.to(torch.float32)
    plain = plain.resolve_conj().resolve_neg().contiguous()
    content = b64encode(plain.numpy().tobytes()).decode()
    return ["tensor", str(plain.dtype).removeprefix("torch."), list(plain.shape), content]


def _name_of(value: object) -> str:
    name = type(value).__name__
    return name if isinstance(name, str) and name.isidentifier() and len(name) <= 60 else "object"


def of_data(data: Data) -> Any:
    """What `as_data` made, as a value again.

    Raises
    ------
    ValueError
        If `as_data` would never make such data.
    """
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if not isinstance(data, list) or not data:
        raise ValueError("no carried value")
    kind, *rest = data
    if kind == "dots" and not rest:
        return ...
    if kind == "complex" and len(rest) == 2:
        return complex(*map(float, rest))
    if kind in ("tuple", "list", "set") and len(rest) == 1:
        parts = [of_data(part) for part in rest[0]]
        return tuple(parts) if kind == "tuple" else parts if kind == "list" else set(map(_hashable, parts))
    if kind == "dict" and len(rest) == 1:
        return {_hashable(of_data(key)): of_data(value) for key, value in rest[0]}
    if kind == "tensor" and len(rest) == 3:
        return _unpacked_tensor(*rest)
    if kind == "meta" and len(rest) == 1:
        return torch.empty([_size(size) for size in rest[0]], device="meta")
    if kind in ("layer", "object") and len(rest) == 1 and isinstance(rest[0], str):
        return type(rest[0][:60], (nn.Module,) if kind == "layer" else (), {})()
    raise ValueError("no carried value")


def _unpacked_tensor(dtype: str, shape: list[int], content: str) -> Tensor:
    sizes, raw = [_size(size) for size in shape], bytearray(b64decode(content, validate=True))
    if len(raw) != math.prod(sizes) * KINDS_OF_NUMBERS[dtype].itemsize:
        raise ValueError("no carried tensor")
    kind = KINDS_OF_NUMBERS[dtype]
    return torch.frombuffer(raw, dtype=kind).reshape(sizes) if raw else torch.empty(sizes, dtype=kind)


def _size(size: object) -> int:
    if not isinstance(size, int) or not 0 <= size <= MOST_NUMBERS:
        raise ValueError("no size")
    return size


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool | complex | tuple) or value is None or value is ... \
        else type(value).__name__


def outcome_as_data(outcome: Outcome) -> Data:
    """What happened on one case, as data."""
    value = outcome.value
    raised = [value.kind, value.words, value.line] if isinstance(value, Raised) else None
    return {"case": outcome.case, "raised": raised, "value": None if raised else as_data(value),
            "printed": outcome.printed[:LONGEST_WORDS], "changed": outcome.changed}


def outcome_of_data(data: Data) -> Outcome:
    """What `outcome_as_data` made, as an outcome again.

    Raises
    ------
    ValueError
        If `outcome_as_data` would never make such data.
    """
    if not isinstance(data, dict):
        raise ValueError("no carried outcome")
    raised = data.get("raised")
    value = Raised(*(str(part)[:LONGEST_WORDS] for part in raised[:3])) if raised else of_data(data.get("value"))
    return Outcome(str(data.get("case"))[:LONGEST_WORDS], value, str(data.get("printed", ""))[:LONGEST_WORDS],
                   data.get("changed") is True)
