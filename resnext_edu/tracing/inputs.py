"""What goes into a model: random numbers in the given shapes, or the user's own tensors."""
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.errors import ConfigError, positive_int

Size = Sequence[int] | Tensor  # of one input
InputSize = Size | list[Size]


def check_device(device: str) -> None:
    """Check the name of a device before the model runs, so that a wrong one does not look like the model's fault.

    Parameters
    ----------
    device : str
        Such as "meta".

    Raises
    ------
    ConfigError
        If torch does not know it.
    """
    try:
        torch.device(device)
    except (RuntimeError, TypeError):
        raise ConfigError(f'device {device!r} is unknown to torch; use "meta", "cpu" or "cuda"') from None


def shapes_of(input_size: InputSize) -> list[tuple[int, ...] | Tensor]:
    """One shape for each input; a tensor stands for itself.

    Parameters
    ----------
    input_size : sequence of int, tensor, or list of these
        As `trace` takes it.

    Returns
    -------
    list of tuple of int or tensor

    Raises
    ------
    ConfigError
        If a shape is not made of whole numbers of at least 1.

    Examples
    --------
    >>> shapes_of([(1, 3, 8, 8), [1, 10]])
    [(1, 3, 8, 8), (1, 10)]
    """
    several = isinstance(input_size, list) and any(isinstance(size, Sequence | Tensor) for size in input_size)
    shapes: list[tuple[int, ...] | Tensor] = []
    sizes: Any = input_size if several else [input_size]  # anything, until it is checked below
    for k, size in enumerate(sizes):
        name = f"input_size[{k}]" if several else "input_size"
        if not isinstance(size, Tensor):
            if not isinstance(size, Iterable) or not len(tuple(size)):
                raise ConfigError(
                    f"{name} must be whole numbers, the batch first, such as (1, 3, 224, 224); got {size!r}")
            size = tuple(positive_int(f"{name}[{i}]", value) for i, value in enumerate(size))
        shapes.append(size)
    return shapes


def inputs_of(model: nn.Module, shapes: list[tuple[int, ...] | Tensor], device: str) -> list[Tensor]:
    """The inputs on a device: random numbers, of the dtype of the model's first parameter, or copies of tensors.

    Parameters
    ----------
    model : nn.Module
        The model.
    shapes : list of tuple of int or tensor
        One for each input, batch first.
    device : str
        Where the inputs are made.

    Returns
    -------
    list of tensor
    """
    dtypes = (p.dtype for p in model.parameters() if p.is_floating_point() or p.is_complex())
    dtype = next(dtypes, torch.get_default_dtype())
    made = (size if isinstance(size, Tensor) else torch.rand(size, device=device).to(dtype) for size in shapes)
    return [tensor.detach().to(device, copy=True) for tensor in made]
