"""What a model is called with: random numbers in the given shapes, or whatever the user passes."""
import re
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from resnext_edu.errors import ConfigError, positive_int, shown
from resnext_edu.modules import named_parameters

Size = Sequence[int] | Tensor  # of one input
InputSize = Size | list[Size]
# torch's words where a table is looked up with numbers that are not whole
NEEDS_WHOLE_NUMBERS = re.compile("'indices' to have one of|used as indices must be|expected indices to be|"
                                 "applicable to index|(int64|long tensor) for index")
IMAGE = (1, 3, 224, 224)  # one, as ImageNet's networks take it


class Shape(tuple[int, ...]):
    """The shape of a tensor whose numbers will be drawn."""

    __slots__ = ()

    def numel(self) -> int:
        """How many numbers such a tensor has."""
        return prod(self)


class Call(NamedTuple):
    """The arguments of one call; in place of some of them, their `Shape`.

    Attributes
    ----------
    args : tuple
        Those with a position.
    kwargs : dict of str to object
        Those with a name.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of all tensors among the arguments, in order."""
        return [tuple(leaf if isinstance(leaf, Shape) else leaf.shape) for leaf in leaves((self.args, self.kwargs))]


def call_of(input_size: InputSize = IMAGE, inputs: Any = None, kwargs: Mapping[str, Any] | None = None) -> Call:
    """One call of a model, from what the user said about it.

    Parameters
    ----------
    input_size : sequence of int, tensor, or list of these
        The shape of each argument, if they are plain tensors.
    inputs : object, optional
        The arguments themselves: a tuple holds one for each position, anything else is one argument.
    kwargs : mapping of str to object, optional
        The arguments that have a name. If they are given alone, there are no others.

    Returns
    -------
    Call

    Raises
    ------
    ConfigError
        If both `input_size` and `inputs` are given, a shape is not made of whole numbers of at least 1, `inputs` looks
        like a shape, or `kwargs` has other keys than names.

    Examples
    --------
    >>> call_of([(1, 3, 8, 8), [1, 10]]).args
    ((1, 3, 8, 8), (1, 10))
    >>> call_of(kwargs={"ids": torch.zeros(1, 5)}).args
    ()
    """
    if not isinstance(kwargs, Mapping | None) or not all(isinstance(name, str) for name in kwargs or ()):
        raise ConfigError(f"kwargs must be a dict of names and values, such as {{'mask': tensor}}; got {shown(kwargs)}")
    named = dict(kwargs or {})
    if inputs is None:
        return Call(() if named and input_size is IMAGE else tuple(_shapes_of(input_size)), named)
    if input_size is not IMAGE:
        raise ConfigError(f"input_size and inputs both say what goes in, {shown(input_size)} and {shown(inputs)}; give "
                          "only one of them")
    args = inputs if type(inputs) is tuple else (inputs,)
    if type(inputs) in (tuple, list) and inputs and all(type(number) is int for number in inputs):
        raise ConfigError(f"inputs= takes tensors, got numbers; if this is a shape, write input_size={tuple(inputs)}")
    return Call(args, named)


def leaves(value: Any) -> list[Any]:
    """The tensors and shapes in a value, also inside of tuples, lists and mappings.

    Examples
    --------
    >>> leaves([Shape((2, 3)), {"a": (torch.zeros(1), "text")}])
    [(2, 3), tensor([0.])]
    """
    if isinstance(value, Tensor | Shape):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, tuple | list) else []


def _shapes_of(input_size: InputSize) -> list[Shape | Tensor]:
    """One shape for each input; a tensor stands for itself."""
    several = isinstance(input_size, list) and any(isinstance(size, Sequence | Tensor) for size in input_size)
    shapes: list[Shape | Tensor] = []
    sizes: Any = input_size if several else [input_size]  # anything, until it is checked below
    for k, size in enumerate(sizes):
        name = f"input_size[{k}]" if several else "input_size"
        if isinstance(size, Tensor):
            shapes.append(size)
            continue
        if not isinstance(size, Iterable) or isinstance(size, str | Mapping) or not len(tuple(size)):
            raise ConfigError(
                f"{name} must be whole numbers, the batch first, such as {IMAGE}; got {shown(size)}")
        shapes.append(Shape(positive_int(f"{name}[{i}]", value) for i, value in enumerate(size)))
    return shapes


def dtype_of(model: nn.Module) -> torch.dtype:
    """The dtype of its first parameter that does not hold whole numbers; without any, torch's default."""
    dtypes = (p.dtype for _, p in named_parameters(model) if p.is_floating_point() or p.is_complex())
    return next(dtypes, torch.get_default_dtype())
