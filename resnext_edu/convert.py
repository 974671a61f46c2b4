"""The weights of one form, rearranged into those of another: no number is computed, each is moved.

In form (c) path i's channels are the rows i·d … i·d + d of `conv1`, `bn1`, `conv2` and `bn2`, and the
*columns* i·d … i·d + d of `conv3`. Forms (a) and (b) store the same stretches one by one, so that
going there is a cut, and coming back a concatenation (footnote 3 of arXiv 1611.05431v2).
"""
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from resnext_edu.errors import ConfigError, ConversionError, nearest_name, positive_int

CUT = {  # form → the layers of which every path has a small one of its own
    "split_sum": ("conv1", "bn1", "conv2", "bn2", "conv3"),
    "concat": ("conv1", "bn1", "conv2", "bn2"),
    "grouped": (),
}
LAYERS = ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1")
BATCHNORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")

# whatever stands before these in a key is the block's prefix
IN_A_BLOCK = re.compile(r"(|.*?\.)(?:paths\.\d+\.)?conv[23]\.weight")


def convert_state_dict(
    state_dict: Mapping[str, Tensor], source: str, target: str, cardinality: int
) -> dict[str, Tensor]:
    """Rearrange the weights of a block, or of every block of a network, from one form into another.

    There and back gives the same bits. What stands outside of the blocks (a network's stem and head)
    is copied as it is. The tensors returned are new: changing one leaves `state_dict` alone.

    Parameters
    ----------
    state_dict : mapping of str to Tensor
        A block's or a network's `state_dict()`, under any prefix (`module.`, `layer1.0.`).
    source, target : {"split_sum", "concat", "grouped"}
        The form that the weights are in, and the one that they are wanted in.
    cardinality : int
        C, the number of paths.

    Returns
    -------
    dict of str to Tensor
        For `load_state_dict(..., strict=True)` of the target form.

    Raises
    ------
    ConversionError
        If an entry is missing, has another shape than its form gives it, has no counterpart or holds NaN;
        or if entries that become one tensor differ in dtype, device or (BatchNorm's counter) in value.
    ConfigError
        If a form is unknown, or the cardinality is no whole number of at least 1.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3 and figure 3.

    Examples
    --------
    >>> from resnext_edu.blocks import GroupedBottleneck, SplitSumBottleneck
    >>> grouped = GroupedBottleneck(8, 8, cardinality=2, width_per_group=3)
    >>> split_sum = SplitSumBottleneck(8, 8, cardinality=2, width_per_group=3)
    >>> split_sum.load_state_dict(convert_state_dict(grouped.state_dict(), "grouped", "split_sum", 2))
    <All keys matched successfully>
    """
    for form in (source, target):
        if form not in CUT:
            raise ConfigError(nearest_name("form", form, CUT))
    C = positive_int("cardinality", cardinality)
    if not isinstance(state_dict, Mapping):
        raise ConversionError(f"expected a state dict, got a {type(state_dict).__name__}; pass its .state_dict()")
    for key, value in state_dict.items():
        if not (isinstance(key, str) and isinstance(value, Tensor)):
            raise ConversionError(
                f"the state dict's entry {key!r} is a {type(value).__name__}, expected a tensor; pass what "
                "model.state_dict() gives, without what a checkpoint keeps around it"
            )

    prefixes = list(dict.fromkeys(m[1] for key in state_dict if (m := IN_A_BLOCK.fullmatch(key))))
    if not prefixes:
        raise ConversionError(
            f"no block in this state dict of {len(state_dict)} entries: none of them ends in conv2.weight or "
            "conv3.weight; pass block.state_dict() or model.state_dict()"
        )
    converted: dict[str, Tensor] = {}
    for key, value in state_dict.items():
        prefix = next((p for p in prefixes if key.startswith(p)), None)
        if prefix is None:
            converted[key] = value.clone()
        elif prefix + _ends(target)[0] not in converted:  # the block's first entry stands for all of it
            block = {k.removeprefix(prefix): v for k, v in state_dict.items() if k.startswith(prefix)}
            whole = _join(block, prefix, source, C)
            converted |= {prefix + k: v for k, v in _cut(whole, target, C).items()}
    return converted


def _join(block: dict[str, Tensor], prefix: str, form: str, C: int) -> dict[str, Tensor]:
    """A block's weights in form (c), each checked against the shape that its form gives it."""
    shapes = _shapes(block, prefix, form, C)
    if surplus := [key for key in block if key not in shapes]:
        raise ConversionError(
            f"{prefix}{surplus[0]} {_shape(block[surplus[0]])} has no counterpart in another form "
            f"({len(surplus)} such entries); a {form} block of cardinality {C} has only: {', '.join(_summary(form, C))}"
        )
    _check(block, prefix, shapes)

    whole = {}
    for layer in LAYERS:
        for entry in BATCHNORM:
            stored = [f"paths.{i}." for i in range(C)] if layer in CUT[form] else [""]
            parts = [block[key] for path in stored if (key := f"{path}{layer}.{entry}") in block]
            if parts and parts[0].dim():
                whole[f"{layer}.{entry}"] = torch.cat(parts, dim=_axis(layer))
            elif parts:  # BatchNorm's counter has no channels to put side by side: the paths have to agree
                if not parts[0].is_meta and len(values := {int(part) for part in parts}) > 1:
                    raise ConversionError(
                        f"{prefix}paths.*.{layer}.{entry} differs between the paths: {sorted(values)}; one BatchNorm "
                        "has one counter, so give all paths the same before you convert"
                    )
                whole[f"{layer}.{entry}"] = parts[0]
    return whole


def _cut(whole: dict[str, Tensor], form: str, C: int) -> dict[str, Tensor]:
    """A block in form (c), cut into `form`, in the order in which that form's `state_dict` lists its entries."""
    parts = {key: value.chunk(C, dim=_axis(layer)) if value.dim() else [value] * C
             for key, value in whole.items() if (layer := key.rpartition(".")[0]) in CUT[form]}
    paths = {f"paths.{i}.{key}": cut[i].clone(memory_format=torch.contiguous_format)
             for i in range(C) for key, cut in parts.items()}
    return paths | {key: value.clone() for key, value in whole.items() if key not in parts}


def _shapes(block: dict[str, Tensor], prefix: str, form: str, C: int) -> dict[str, tuple[int, ...]]:
    """Key → shape of all that a block of this form holds, its sizes read off its own first and last 1×1."""
    first, last = _ends(form)
    for key in (first, last):
        if key not in block:
            looks_like = [other for other in CUT if block.keys() >= set(_ends(other))]
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

    def of(layer: str, C: int) -> dict[str, tuple[int, ...]]:
        """The entries of a layer that holds C paths: all of them, or 1."""
        convs = {
            "conv1": (C * d, in_channels, 1, 1),
            "conv2": (C * d, d, 3, 3),
            "conv3": (out_channels, C * d, 1, 1),
            "downsample.0": (out_channels, in_channels, 1, 1),
        }
        if layer in convs:
            return {f"{layer}.weight": convs[layer]}
        channels = (C * d,) if layer in ("bn1", "bn2") else (out_channels,)
        return {f"{layer}.{entry}": () if entry == "num_batches_tracked" else channels for entry in BATCHNORM}

    shapes = {}
    for layer in LAYERS:
        if layer in CUT[form]:
            shapes |= {f"paths.{i}.{key}": shape for i in range(C) for key, shape in of(layer, 1).items()}
        elif not layer.startswith("downsample") or any(key.startswith("downsample.") for key in block):
            shapes |= of(layer, C)
    return shapes


def _check(block: dict[str, Tensor], prefix: str, shapes: dict[str, tuple[int, ...]]) -> None:
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


def _other_cardinality(key: str, value: Tensor, shape: tuple[int, ...]) -> str:
    """What to say if only the number of inputs of a 3×3 is not as expected: it is the width of one path."""
    if key != "conv2.weight" or value.shape[:1] + value.shape[2:] != shape[:1] + shape[2:] or shape[0] % value.shape[1]:
        return ""
    return f"; these are the weights of cardinality {shape[0] // value.shape[1]}"


def _axis(layer: str) -> int:
    """Paths stand side by side along the output channels; only the last 1×1 has them along its inputs."""
    return 1 if layer == "conv3" else 0


def _ends(form: str) -> tuple[str, str]:
    """The keys of a block's first and last 1×1 (those of path 0, where each path has its own)."""
    return tuple(f"{'paths.0.' if layer in CUT[form] else ''}{layer}.weight" for layer in ("conv1", "conv3"))


def _summary(form: str, C: int) -> list[str]:
    cut, own = CUT[form], [layer for layer in LAYERS if layer not in CUT[form]]
    return ([f"paths.0 … {C - 1} ({', '.join(cut)})"] if cut else []) + own


def _nearest_divisors(width: int, C: int) -> str:
    divisors = sorted((n for n in range(1, width + 1) if width % n == 0), key=lambda n: abs(n - C))
    return ", ".join(map(str, sorted(divisors[:2])))


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)
