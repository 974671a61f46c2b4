"""Where each form stores the weights of a block: which entries its `state_dict` has, and whether all are there.

In form (c), path i has the rows i·d … i·d + d − 1 of `conv1`, `bn1`, `conv2` and `bn2`, and the *columns*
i·d … i·d + d − 1 of `conv3`. Forms (a) and (b) store the same rows and columns path by path.
"""
from collections.abc import Mapping

import torch
from torch import Tensor

from resnext_edu.errors import ConversionError, shown

LAYERS = ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1")
BATCHNORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
CUT: Mapping[str, tuple[str, ...]] = {  # form → the layers of which every path has its own small one
    "split_sum": ("conv1", "bn1", "conv2", "bn2", "conv3"),
    "concat": ("conv1", "bn1", "conv2", "bn2"),
    "grouped": (),
}


def entries_of(layer: str) -> tuple[str, ...]:
    """The tensors that a layer stores.

    Parameters
    ----------
    layer : str
        One of `LAYERS`.

    Returns
    -------
    tuple of str
        A BatchNorm has five, a convolution has one.

    Examples
    --------
    >>> entries_of("conv1"), len(entries_of("bn1"))
    (('weight',), 5)
    """
    return BATCHNORM if "bn" in layer or layer == "downsample.1" else ("weight",)


def stored_as(form: str, layer: str, cardinality: int) -> list[str]:
    """The names under which a form stores a layer: a single one, or one for each path.

    Parameters
    ----------
    form : {"split_sum", "concat", "grouped"}
    layer : str
        One of `LAYERS`.
    cardinality : int
        C, the number of paths.

    Examples
    --------
    >>> stored_as("concat", "conv2", 2), stored_as("concat", "conv3", 2)
    (['paths.0.conv2', 'paths.1.conv2'], ['conv3'])
    """
    return [f"paths.{i}.{layer}" for i in range(cardinality)] if layer in CUT[form] else [layer]


def axis_of_paths(layer: str) -> int:
    """The axis along which the paths' weights are joined.

    It is 1, the input channels, in the last 1×1; in every other `layer` it is 0, the output channels.
    """
    return 1 if layer == "conv3" else 0


def ends_of(form: str) -> tuple[str, str]:
    """The keys of a block's first and last 1×1 in this `form`; if each path has its own, those of path 0.

    Examples
    --------
    >>> ends_of("concat")
    ('paths.0.conv1.weight', 'conv3.weight')
    """
    first, last = (stored_as(form, layer, 1)[0] for layer in ("conv1", "conv3"))
    return f"{first}.weight", f"{last}.weight"


def tensors_of(state_dict: object) -> dict[str, Tensor]:
    """The entries of a `state_dict`, and a zero for each counter that is missing, as in weights from before 2018.

    Raises
    ------
    ConversionError
        If `state_dict` is no mapping of text to tensors.
    """
    if not isinstance(state_dict, Mapping):
        raise ConversionError(f"expected a state dict, got a {type(state_dict).__name__}; pass its .state_dict()")
    tensors: dict[str, Tensor] = {}
    for key, value in state_dict.items():
        if not isinstance(key, str):
            raise ConversionError(f"the state dict has the key {shown(key)}, expected text; pass model.state_dict() "
                                  "itself")
        if not isinstance(value, Tensor):
            raise ConversionError(f"the state dict's entry {shown(key)} is a {type(value).__name__}, expected a "
                                  "tensor; pass model.state_dict() itself, and not the whole checkpoint")
        tensors[key] = value
        layer, dot, entry = key.rpartition(".")
        counter = f"{layer}{dot}num_batches_tracked"
        if entry == "running_var" and counter not in state_dict:
            tensors[counter] = torch.zeros((), dtype=torch.long, device=value.device)
    return tensors


def _shapes_of_layer(layer: str, in_channels: int, out_channels: int, paths: int, d: int) -> dict[str, tuple[int, ...]]:
    """Entry → shape for a layer of `paths` paths, each d channels wide: C in a shared layer, 1 in a path's own."""
    width = paths * d
    convolutions = {
        "conv1": (width, in_channels, 1, 1),
        "conv2": (width, d, 3, 3),
        "conv3": (out_channels, width, 1, 1),
        "downsample.0": (out_channels, in_channels, 1, 1),
    }
    if layer in convolutions:
        return {"weight": convolutions[layer]}
    channels = (width,) if layer in ("bn1", "bn2") else (out_channels,)
    return {entry: () if entry == "num_batches_tracked" else channels for entry in BATCHNORM}


def check_entries(block: Mapping[str, Tensor], prefix: str, form: str, C: int) -> None:
    """Check that `block` has exactly the entries of a block in this form.

    Parameters
    ----------
    block : mapping of str to Tensor
        The block's `state_dict`.
    prefix : str
        What errors write before its keys, such as "layer1.0.".
    form : {"split_sum", "concat", "grouped"}
    C : int
        The cardinality.

    Raises
    ------
    ConversionError
        If an entry is missing, or is one too many; or if its shape, dtype or device is wrong, or it holds NaN.
    """
    shapes = _shapes(block, prefix, form, C)
    if surplus := [key for key in block if key not in shapes]:
        raise ConversionError(
            f"{prefix}{surplus[0]} {_shape(block[surplus[0]])} has no counterpart in another form "
            f"({len(surplus)} such {'entry' if len(surplus) == 1 else 'entries'}); "
            f"a {form} block of cardinality {C} has only: {_summary(form, C)}"
        )
    _check_each(block, prefix, shapes)


def _check_each(block: Mapping[str, Tensor], prefix: str, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise at the first entry that is missing, has the wrong shape, dtype or device, or holds NaN."""
    reference_key = next(iter(shapes))
    reference = block[reference_key]
    for key, shape in shapes.items():
        if key not in block:
            raise ConversionError(f"{prefix}{key} is missing; expected a tensor of shape {shape}")
        value = block[key]
        if tuple(value.shape) != shape:
            hint = _other_cardinality(key, value, shape)
            raise ConversionError(f"{prefix}{key} has shape {_shape(value)}, expected {shape}{hint}")
        if value.device != reference.device:
            raise ConversionError(
                f"{prefix}{key} is on {value.device}, {prefix}{reference_key} on {reference.device}; "
                "move the model to one device before you convert"
            )
        if not shape:  # BatchNorm's counter
            continue
        if not value.is_floating_point():
            raise ConversionError(f"{prefix}{key} holds {value.dtype}, expected floating-point numbers")
        if value.dtype != reference.dtype:
            raise ConversionError(
                f"{prefix}{key} is {value.dtype}, {prefix}{reference_key} is {reference.dtype}; "
                "convert the model to one dtype first"
            )
        if not value.is_meta and value.isnan().any():
            raise ConversionError(f"{prefix}{key} holds {int(value.isnan().sum())} NaN; load weights that are numbers")


def _shapes(block: Mapping[str, Tensor], prefix: str, form: str, C: int) -> dict[str, tuple[int, ...]]:
    """Key → shape for every entry of a block in this form; its sizes are those of its first and last 1×1."""
    first, last = ends_of(form)
    for key in (first, last):
        if key not in block:
            looks_like = next((other for other in CUT if block.keys() >= set(ends_of(other))), None)
            hint = f"it looks like {looks_like!r}: is that the source?" if looks_like else "is it complete?"
            raise ConversionError(f"{prefix}{key} is missing, which every {form!r} block has; {hint}")
        if block[key].dim() != 4:
            raise ConversionError(f"{prefix}{key} has shape {_shape(block[key])}, expected (out, in, 1, 1)")
    d, in_channels = block[first].shape[:2]
    out_channels = block[last].shape[0]
    if "conv1" not in CUT[form]:
        if d % C:
            raise ConversionError(
                f"{prefix}{first} has {d} bottleneck channels, which cardinality {C} does not divide; "
                f"the nearest that do: {_nearest_divisors(d, C)}"
            )
        d //= C

    shapes: dict[str, tuple[int, ...]] = {}
    has_projection = any(key.startswith("downsample.") for key in block)
    for layer in LAYERS:
        if has_projection or not layer.startswith("downsample"):
            paths = 1 if layer in CUT[form] else C
            own = _shapes_of_layer(layer, in_channels, out_channels, paths, d)
            shapes |= {f"{name}.{entry}": own[entry] for name in stored_as(form, layer, C) for entry in own}
    return shapes


def _summary(form: str, cardinality: int) -> str:
    """The layers of a form in words."""
    own = [layer for layer in LAYERS if layer not in CUT[form]]
    cut = [f"paths.0 … {cardinality - 1} ({', '.join(CUT[form])})"] if CUT[form] else []
    return ", ".join(cut + own)


def _other_cardinality(key: str, value: Tensor, shape: tuple[int, ...]) -> str:
    """A hint if a 3×3 has only another number of inputs: it is d, so that the true cardinality is known."""
    if key != "conv2.weight" or value.shape[:1] + value.shape[2:] != shape[:1] + shape[2:] or shape[0] % value.shape[1]:
        return ""
    return f"; these are the weights of cardinality {shape[0] // value.shape[1]}"


def _nearest_divisors(width: int, C: int) -> str:
    divisors = sorted((n for n in range(1, width + 1) if width % n == 0), key=lambda n: abs(n - C))
    return ", ".join(map(str, sorted(divisors[:2])))


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)
