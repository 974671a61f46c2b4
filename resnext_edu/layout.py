"""Where the weights of a block stand in each form: which entries its `state_dict` has, and whether all are there.

In form (c) path i's channels are the rows i·d … i·d + d of `conv1`, `bn1`, `conv2` and `bn2`, and the
*columns* i·d … i·d + d of `conv3`. Forms (a) and (b) store the same stretches one by one.
"""
from torch import Tensor

from resnext_edu.errors import ConversionError

LAYERS = ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1")
BATCHNORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
CUT = {  # form → the layers of which every path has a small one of its own
    "split_sum": ("conv1", "bn1", "conv2", "bn2", "conv3"),
    "concat": ("conv1", "bn1", "conv2", "bn2"),
    "grouped": (),
}


def entries_of(layer: str) -> tuple[str, ...]:
    """The tensors that a layer stores: one weight, or a BatchNorm's five."""
    return BATCHNORM if "bn" in layer or layer == "downsample.1" else ("weight",)


def stored_as(form: str, layer: str, cardinality: int) -> list[str]:
    """The names under which a form stores a layer: one, or one a path.

    Examples
    --------
    >>> stored_as("concat", "conv2", 2), stored_as("concat", "conv3", 2)
    (['paths.0.conv2', 'paths.1.conv2'], ['conv3'])
    """
    return [f"paths.{i}.{layer}" for i in range(cardinality)] if layer in CUT[form] else [layer]


def axis_of_paths(layer: str) -> int:
    """Paths stand side by side along the output channels; only the last 1×1 has them along its inputs."""
    return 1 if layer == "conv3" else 0


def ends_of(form: str) -> tuple[str, str]:
    """The keys of a block's first and last 1×1 (those of path 0, where each path has its own)."""
    first, last = (stored_as(form, layer, 1)[0] for layer in ("conv1", "conv3"))
    return f"{first}.weight", f"{last}.weight"


def _shapes_of_layer(layer: str, in_channels: int, out_channels: int, paths: int, d: int) -> dict[str, tuple[int, ...]]:
    """Entry → shape for a layer that holds so many paths, each d channels wide: all of them, or 1."""
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


def check_entries(block: dict[str, Tensor], prefix: str, form: str, C: int) -> None:
    """Raise a `ConversionError` unless these are the weights of a block in this form, all of them, and no others.

    Parameters
    ----------
    block : dict of str to Tensor
        Its `state_dict`.
    prefix : str
        What stands before its keys in errors, such as "layer1.0.".
    form : str
        One of the three.
    C : int
        The cardinality.
    """
    shapes = _shapes(block, prefix, form, C)
    if surplus := [key for key in block if key not in shapes]:
        raise ConversionError(
            f"{prefix}{surplus[0]} {_shape(block[surplus[0]])} has no counterpart in another form "
            f"({len(surplus)} such entries); a {form} block of cardinality {C} has only: {_summary(form, C)}"
        )
    _check_each(block, prefix, shapes)


def _check_each(block: dict[str, Tensor], prefix: str, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise at the first entry that is missing, has another shape, kind or place, or is not a number."""
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
        if shape == ():
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


def _shapes(block: dict[str, Tensor], prefix: str, form: str, C: int) -> dict[str, tuple[int, ...]]:
    """Key → shape of all that a block of this form holds, its sizes read off its own first and last 1×1."""
    first, last = ends_of(form)
    for key in (first, last):
        if key not in block:
            looks_like = [other for other in CUT if block.keys() >= set(ends_of(other))]
            hint = f"it looks like {looks_like[0]!r}: is that the source?" if looks_like else "is it complete?"
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

    shapes = {}
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
    """What to say if only the number of inputs of a 3×3 is not as expected: it is the width of one path."""
    if key != "conv2.weight" or value.shape[:1] + value.shape[2:] != shape[:1] + shape[2:] or shape[0] % value.shape[1]:
        return ""
    return f"; these are the weights of cardinality {shape[0] // value.shape[1]}"


def _nearest_divisors(width: int, C: int) -> str:
    divisors = sorted((n for n in range(1, width + 1) if width % n == 0), key=lambda n: abs(n - C))
    return ", ".join(map(str, sorted(divisors[:2])))


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)
