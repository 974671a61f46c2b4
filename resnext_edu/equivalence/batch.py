"""What goes into both modules. A proof needs one tensor of numbers that it can draw, scale and differentiate by.

Most modules take just that. If a module takes several tensors, a dict, or whole numbers beside them, all its floats are
laid into one row, and the module is wrapped: it takes the row and makes its own arguments of it.
"""
import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from resnext_edu.errors import ConfigError, EquivalenceError, positive_int, shown
from resnext_edu.inputs import IMAGE, Call, InputSize, Shape, call_of, leaves
from resnext_edu.words import dims, listed

BLOCK_BATCH = (2, 256, 14, 14)  # two maps, as the paper's block takes them


class Batch(NamedTuple):
    """One batch for a proof, and the call of which it holds the numbers.

    Attributes
    ----------
    shape : tuple of int
        Of the tensor that is drawn.
    given : Tensor or None
        The user's numbers in that shape, if there are any.
    call : Call or None
        None if the tensor itself is what the modules take.
    """

    shape: tuple[int, ...]
    given: Tensor | None
    call: Call | None

    @property
    def words(self) -> str:
        """What goes in, as an argument of `prove_equivalent`."""
        if not self.call:
            return f"input_size={self.shape}"
        if not self.call.kwargs and all(isinstance(arg, Shape) for arg in self.call.args):
            return f"input_size={[tuple(arg) for arg in self.call.args]}"
        said = [f"inputs=({', '.join(map(_said, self.call.args))})"] if self.call.args else []
        named = ", ".join(f"{name!r}: {_said(value)}" for name, value in self.call.kwargs.items())
        return ", ".join([*said, *([f"kwargs={{{named}}}"] if named else [])])

    def said(self, x: Tensor) -> str:
        """What an error calls one batch of them."""
        return self.words if self.call else f"an input of shape {tuple(x.shape)}"

    def wrapped(self, module: nn.Module) -> nn.Module:
        """The module as one that takes the row."""
        return TakesOneRow(module, self.call) if self.call else module


def batch_of(input_size: InputSize, inputs: Any, kwargs: Mapping[str, Any] | None) -> Batch:
    """What the user wants both modules to get.

    Raises
    ------
    ConfigError
        If a size is not made of whole numbers, or contradicts `inputs`.
    EquivalenceError
        If there is no tensor in it, or a number is NaN or infinite.
    """
    if inputs is not None and not leaves(inputs):
        raise EquivalenceError(f"inputs must be a tensor, got {type(inputs).__name__}; pass one batch")
    if isinstance(inputs, Tensor) and not inputs.is_floating_point() and input_size is not BLOCK_BATCH:
        raise EquivalenceError(f"inputs hold {inputs.dtype}, expected floating-point numbers; pass inputs.float()")
    if isinstance(input_size, tuple):
        for number in input_size:
            positive_int("every number of input_size", number)
    one_tensor = inputs is None or (isinstance(inputs, Tensor) and inputs.is_floating_point())
    unnamed = not kwargs if isinstance(kwargs, Mapping) else kwargs is None
    if one_tensor and unnamed:  # then the size is that of the random batch, which stands beside the given one
        call = call_of(input_size, kwargs=kwargs)
        if len(call.args) == 1 and isinstance(call.args[0], Shape):
            given = None if inputs is None else _finite(inputs, "inputs").detach().to("cpu", torch.float64)
            return Batch(tuple(call.args[0]), given, None)
        if inputs is not None:
            raise ConfigError(f"input_size has {len(call.args)} shapes, but inputs is one tensor; give only one of "
                              "them")
    else:
        call = call_of(IMAGE if input_size is BLOCK_BATCH else input_size, inputs, kwargs)
    found = leaves((call.args, call.kwargs))
    if not found:
        raise EquivalenceError(f"there is no tensor in kwargs {shown(kwargs)}; a proof needs one to compute with")
    for number, leaf in enumerate(found):
        if isinstance(leaf, Tensor) and leaf.is_floating_point():
            _finite(leaf, f"tensor {number} of the inputs" if found[1:] else "inputs")
    floats = [leaf for leaf in tree_flatten(tuple(call))[0] if _is_float(leaf)]
    rows = [leaf.detach().to("cpu", torch.float64).flatten() for leaf in floats if not isinstance(leaf, Shape)]
    given = torch.cat(rows) if floats and not any(isinstance(leaf, Shape) for leaf in floats) else None
    return Batch((sum(leaf.numel() for leaf in floats),), given, call)


class TakesOneRow(nn.Module):
    """A module whose floats all come from one row of numbers.

    Parameters
    ----------
    module : nn.Module
        The module.
    call : Call
        Its arguments; each tensor of floats, and each `Shape`, is filled from the row. All else stays as it is.
    """

    def __init__(self, module: nn.Module, call: Call) -> None:
        super().__init__()
        self.module: nn.Module = module
        self.leaves, self.structure = tree_flatten(tuple(call))

    def forward(self, row: Tensor) -> Any:
        """What the module returns."""
        filled, start = [], 0
        for leaf in self.leaves:
            if _is_float(leaf):
                shape = tuple(leaf) if isinstance(leaf, Shape) else tuple(leaf.shape)
                filled.append(row[start:start + leaf.numel()].reshape(shape))
                start += leaf.numel()
            else:  # the module may write into it
                filled.append(leaf.to("cpu", copy=True) if isinstance(leaf, Tensor) else copy.deepcopy(leaf))
        args, kwargs = tree_unflatten(filled, self.structure)
        return self.module(*args, **kwargs)


def _is_float(leaf: object) -> bool:
    return isinstance(leaf, Shape) or (isinstance(leaf, Tensor) and leaf.is_floating_point())


def _finite(tensor: Tensor, name: str) -> Tensor:
    if tensor.is_meta:
        raise EquivalenceError(f"{name} is on the meta device and holds no numbers; pass a tensor on the CPU")
    if bad := int((~tensor.isfinite()).sum()):
        raise EquivalenceError(f"{bad} of {tensor.numel()} numbers in {name} are NaN or infinite; leave them out")
    return tensor


def _said(value: object) -> str:
    """An argument in short: a tensor by its dtype and shape."""
    if isinstance(value, Shape):
        return dims(value)
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {dims(value.shape) or 'scalar'}"
    inside = leaves(value)
    return f"{type(value).__name__} of {listed([_said(leaf) for leaf in inside])}" if inside else repr(value)
