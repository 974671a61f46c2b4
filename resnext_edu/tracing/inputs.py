"""What a model is given: random numbers in the shapes that were asked for, or tensors of the user's own."""
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from resnext_edu.errors import ConfigError, positive_int


def check_device(device: object) -> None:
    """Before anything runs, so that a wrong name is not taken for the model's fault."""
    try:
        torch.device(device)
    except (RuntimeError, TypeError):
        raise ConfigError(f'device {device!r} is unknown to torch; use "meta", "cpu" or "cuda"') from None


def shapes_of(input_size: Sequence) -> list[tuple[int, ...] | Tensor]:
    """One shape an input; a tensor stands for itself."""
    several = isinstance(input_size, list) and any(isinstance(size, Sequence | Tensor) for size in input_size)
    shapes = []
    for k, size in enumerate(input_size if several else [input_size]):
        name = f"input_size[{k}]" if several else "input_size"
        if not isinstance(size, Tensor):
            if not isinstance(size, Iterable) or not len(tuple(size)):
                raise ConfigError(
                    f"{name} must be whole numbers, the batch first, such as (1, 3, 224, 224); got {size!r}")
            size = tuple(positive_int(f"{name}[{i}]", value) for i, value in enumerate(size))
        shapes.append(size)
    return shapes


def inputs_of(model: nn.Module, shapes: list, device: str) -> list[Tensor]:
    """Random numbers, of the dtype of the model's first parameter."""
    dtypes = (p.dtype for p in model.parameters() if p.is_floating_point() or p.is_complex())
    dtype = next(dtypes, torch.get_default_dtype())
    made = (size if isinstance(size, Tensor) else torch.rand(size, device=device).to(dtype) for size in shapes)
    return [tensor.detach().to(device, copy=True) for tensor in made]
