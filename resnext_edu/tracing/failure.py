"""Why a model could not be traced: where it raised, what came in there, and what to do about it."""
import re
from typing import NamedTuple

from torch import nn

NO_NUMBERS = re.compile(r"\bmeta\b|data-(in)?dependent", re.IGNORECASE)
NO_BATCH = re.compile(r"got \dD input", re.IGNORECASE)
TOO_SMALL = re.compile(r"too small|greater than actual input|smaller than kernel|must be greater than", re.IGNORECASE)


class Origin(NamedTuple):
    """An exception and the innermost module that it came from.

    Parameters
    ----------
    error : Exception
        What was raised.
    path : str
        The module's, as in `state_dict`; empty for the model itself.
    module : nn.Module
        The module.
    got : list of tuple of int
        The shapes of the module's arguments.
    """

    error: Exception
    path: str
    module: nn.Module
    got: list[tuple[int, ...]]


def explanation(error: Exception, origin: Origin | None, device: str, shapes: list[tuple[int, ...]]) -> str:
    """One sentence that says what happened, and one for the repair if it is known.

    Parameters
    ----------
    error : Exception
        What the model raised.
    origin : Origin or None
        Where the last exception came from; it is ignored if that was another one.
    device : str
        Where the model was traced.
    shapes : list of tuple of int
        The shapes of the model's own inputs.

    Returns
    -------
    str

    Examples
    --------
    >>> explanation(ValueError("no way"), None, "meta", [(1, 3, 8, 8)])
    'the model raised ValueError: no way.'
    """
    known = origin if origin is not None and origin.error is error else None
    module, got = (known.module, known.got) if known else (None, [])
    where = f"{known.path or 'the model'} ({type(known.module).__name__})" if known else "the model"
    reason = next(iter(str(error).strip().splitlines()), "").rstrip(".!")
    what = f" got {' and '.join(map(str, got))} and" if got else ""
    said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return f"{where}{what} raised {said}. {_repair(str(error), module, got, device, shapes)}".rstrip()


def _repair(text: str, module: nn.Module | None, got: list[tuple[int, ...]], device: str,
            shapes: list[tuple[int, ...]]) -> str:
    if NO_NUMBERS.search(text):
        if device == "meta":
            return ('The forward asks for numbers, or uses a tensor that does not belong to a module, and on "meta" '
                    'there are only shapes; use device="cpu"')
        return 'The model itself is on "meta", without numbers; use device="meta", or load its weights'
    wanted = _wanted(module, got[0]) if got else None
    if wanted:
        number, arrived, fits = wanted
        size = f"input_size={fits}" if [got[0]] == shapes else "another input_size"
        return f"It takes {number} but got {arrived}; use {size}, or another layer there"
    if NO_BATCH.search(text):
        return f"The batch comes first; use input_size={(1, *shapes[0])}"
    if TOO_SMALL.search(text):
        return f"The map has become too small for it; use a larger input_size than {' and '.join(map(str, shapes))}"
    return ""


def _wanted(module: nn.Module | None, shape: tuple[int, ...]) -> tuple[str, int, tuple[int, ...]] | None:
    """What a layer takes, what it got instead, and the shape that would fit; None if the sizes are not the reason."""
    kernel = getattr(module, "kernel_size", None)
    spatial = len(kernel) if isinstance(kernel, tuple) else 2
    for name, axis in (("in_channels", len(shape) - 1 - spatial), ("in_features", len(shape) - 1)):
        number = getattr(module, name, None)
        if isinstance(number, int) and 0 <= axis < len(shape) and shape[axis] != number:
            return f"{number} {name.split('_')[-1]}", shape[axis], (*shape[:axis], number, *shape[axis + 1:])
    return None
