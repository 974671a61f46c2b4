"""What a call of a torch function says about itself: its name, its tensors, its kernel."""
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

POOL = ("input", "kernel_size", "stride")
ARGUMENTS: dict[str, tuple[str, ...]] = {  # kind of a function with a kernel → the names of its first arguments
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups"),
    "max_pool": POOL, "avg_pool": POOL, "lp_pool": ("input", "norm_type", "kernel_size", "stride"),
}
WITH_KERNEL = {f"{kind}{n}d": (kind, n) for kind in ARGUMENTS for n in (1, 2, 3)}  # function → its kind and dimensions


class Kernel(NamedTuple):
    """The kernel of a call; a function without one has None in all three.

    Parameters
    ----------
    size, stride : tuple of int, optional
        One number for each dimension of the map.
    groups : int, optional
        Of a convolution; a pooling has none.
    """

    size: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    groups: int | None = None


def function_name(func: Any) -> str:
    """The plain name of a function: relu for torch.relu, F.relu, Tensor.relu_ and torch.ops.aten.relu.default.

    Examples
    --------
    >>> function_name(Tensor.relu_), function_name(Tensor.__rdiv__), function_name(Tensor.T.__get__)
    ('relu', 'div', 'T')
    >>> function_name(Tensor.__and__), function_name(torch.ops.aten.relu.default)
    ('and', 'relu')
    """
    name = str(getattr(func, "__name__", type(func).__name__))
    if name == "__get__":  # a property, such as x.T
        return str(func.__self__.__name__)
    if name.startswith("__r"):
        return name[3:-2]
    return name.split(".")[0].strip("_")


def kernel_of(op: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Kernel:
    """The kernel, the stride and the groups of a call, if it has them.

    Parameters
    ----------
    op : str
        The function's name.
    args, kwargs : sequence, dict
        What it was called with.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> kernel_of("max_pool2d", [torch.ones(1, 1, 8, 8), 3], {"stride": 2})
    Kernel(size=(3, 3), stride=(2, 2), groups=None)
    """
    if op not in WITH_KERNEL:
        return Kernel()
    kind, dims = WITH_KERNEL[op]
    given = dict(zip(ARGUMENTS[kind], args, strict=False)) | kwargs

    def each(value: Any) -> tuple[int, ...]:
        """One number for each dimension."""
        values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        return values if len(values) > 1 else values * dims

    if isinstance(given.get("weight"), Tensor):
        return Kernel(tuple(given["weight"].shape[2:]), each(given.get("stride", 1)), given.get("groups", 1))
    if "kernel_size" not in given:  # a function of somebody else that has this name
        return Kernel()
    size = each(given["kernel_size"])
    return Kernel(size, each(given.get("stride") or size))


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    """The shape of a tensor; of a nested one, that of what it stores, or () if that is not known.

    Examples
    --------
    >>> shape_of(torch.nested.nested_tensor([torch.ones(3, 4), torch.ones(2, 4)], layout=torch.jagged))
    (5, 4)
    """
    if tensor.is_nested:
        return tuple(tensor.values().shape) if tensor.layout is torch.jagged else ()
    return tuple(tensor.shape)


def moved(value: Any, device: torch.device | str) -> Any:
    """A value with all its tensors on another device; one on "meta" becomes zeros."""
    if isinstance(value, Tensor):
        return torch.zeros_like(value, device=device) if value.is_meta else value.to(device)
    if isinstance(value, tuple | list):
        return type(value)(moved(item, device) for item in value)
    if isinstance(value, dict):
        return {key: moved(item, device) for key, item in value.items()}
    return value
