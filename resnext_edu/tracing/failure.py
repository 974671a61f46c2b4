"""Why a model could not be traced: where it raised, what came in there, and what to do about it."""
import re
from inspect import signature
from typing import NamedTuple

from torch import nn

from resnext_edu.errors import nearest_name, one_line
from resnext_edu.inputs import NEEDS_WHOLE_NUMBERS
from resnext_edu.modules import named_modules
from resnext_edu.words import listed

NO_NUMBERS = re.compile(r"\bmeta\b|SparseCsrMeta|SparseMeta|data-(in)?dependent", re.IGNORECASE)
NO_BATCH = re.compile(r"got \dD input", re.IGNORECASE)
TOO_SMALL = re.compile(r"too small|greater than actual input|smaller than kernel|must be greater than|"
                       r"tensor with negative dimension", re.IGNORECASE)
ARGUMENT = re.compile(r"forward\(\) (got an unexpected keyword argument '(?P<surplus>\w+)'|missing \d+ required)")
OF_SIZES = re.compile(r"channel|height|width|size|shape|dimension", re.IGNORECASE)
Shape = tuple[int, ...]


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
    got: list[Shape]


class Wanted(NamedTuple):
    """What a layer takes, and what it got instead.

    Parameters
    ----------
    number : int
        How many channels or features it takes.
    of_what : str
        "channels" or "features".
    axis : int
        Where they stand in the shape.
    shape : tuple of int
        What it got.
    """

    number: int
    of_what: str
    axis: int
    shape: Shape

    @property
    def other_order(self) -> Shape | None:
        """The same sizes with the channels at their place, if they stand at one other place."""
        rest = list(self.shape)
        if rest.count(self.number) != 1:
            return None
        rest.remove(self.number)
        return (*rest[:self.axis], self.number, *rest[self.axis:])

    @property
    def fits(self) -> Shape:
        """The shape with the right number."""
        return (*self.shape[:self.axis], self.number, *self.shape[self.axis + 1:])


def explanation(error: Exception, origin: Origin | None, device: str, shapes: list[Shape], *,
                drawn: bool = True, no_batch: bool = False) -> str:
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
    drawn : bool
        Whether the user gave only these shapes, and no tensors.
    no_batch : bool
        Whether it is known that the model takes such an input as soon as the batch stands before its shape.

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
    reason = one_line(error).rstrip(".!")
    what = f" got {' and '.join(map(str, got))} and" if got else ""
    said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    repair = _with_batch(shapes[0]) if no_batch else _repair(str(error), module, got, device, shapes)
    if no_batch and str((1, *shapes[0])) in reason:  # the model itself says so
        repair = ""
    if not drawn:
        repair = repair.replace("use input_size=", "pass a tensor of shape ").replace("input_size", "input")
    return f"{where}{what} raised {said}. {repair}".rstrip()


def _with_batch(shape: Shape) -> str:
    return f"The batch comes first; use input_size={(1, *shape)}"


def _repair(text: str, module: nn.Module | None, got: list[Shape], device: str, shapes: list[Shape]) -> str:
    if argument := ARGUMENT.search(text):
        known = list(signature(type(module).forward).parameters)[1:] if module is not None else []
        if argument["surplus"] and known:
            return "The name is not known: " + nearest_name("argument", argument["surplus"], known)
        return f"Its forward takes {listed(known, 12)}; pass all with inputs=(…) or kwargs={{…}}" if known else ""
    if NEEDS_WHOLE_NUMBERS.search(text):
        shape = (got or shapes or [(1, 8)])[0]
        return ("It looks something up, as an embedding does, and takes whole numbers; pass integers: "
                f"inputs=torch.zeros({shape}, dtype=torch.int64), in a terminal --input "
                f"{','.join(map(str, shape))}:int64")
    if NO_NUMBERS.search(one_line(text)):  # further lines may show a tensor on "meta"
        if device == "meta":
            return ('The forward asks for numbers, or uses a tensor that does not belong to a module, and on "meta" '
                    'there are only shapes; use device="cpu"')
        return 'The model itself is on "meta", without numbers; use device="meta", or load its weights'
    if NO_BATCH.search(text):
        return _with_batch(shapes[0])
    wanted = _wanted(module, got[0], text) if module is not None and got else None
    if wanted:
        takes = f"It takes {wanted.number} {wanted.of_what}"
        if other := wanted.other_order:
            place = f"at place {wanted.axis} of the shape, counted from 0, but has {wanted.shape[wanted.axis]} there"
            size = f"input_size={other}" if [wanted.shape] == shapes else f"shape {other}"
            return f"{takes} {place}: the sizes stand in another order; use {size}"
        size = f"input_size={wanted.fits}" if [wanted.shape] == shapes else "another input_size"
        return f"{takes} but got {wanted.shape[wanted.axis]}; use {size}, or another layer there"
    if TOO_SMALL.search(text):
        return f"The map has become too small for it; use a larger input_size than {' and '.join(map(str, shapes))}"
    return ""


def _wanted(module: nn.Module, shape: Shape, text: str) -> Wanted | None:
    """What a layer takes instead of this shape; None if the sizes are not the reason.

    A module that checks its input itself speaks of sizes; then its first layer tells.
    """
    layers = named_modules(module) if OF_SIZES.search(text) else [("", module)]
    for _, layer in layers:
        kernel = getattr(layer, "kernel_size", None)
        spatial = len(kernel) if isinstance(kernel, tuple) else 2
        for name, axis in (("in_channels", len(shape) - 1 - spatial), ("in_features", len(shape) - 1),
                           ("num_features", 1), ("num_channels", 1)):
            number = getattr(layer, name, None)
            if isinstance(number, int):
                if not 0 <= axis < len(shape) or shape[axis] == number:
                    return None
                return Wanted(number, name.partition("_")[2], axis, shape)
    return None
