"""A checkpoint as it comes → a full `state_dict` of our network, or one sentence that says why not.

Training scripts put the weights inside a checkpoint, or something before each name; old weights lack BatchNorm's
counters; other people's layers have other names. All that can be undone in one way only is undone, and told.
"""
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from resnext_edu.errors import WeightsError, shown
from resnext_edu.words import plural

COUNTER = "num_batches_tracked"
AVERAGED = "n_averaged"  # what torch.optim.swa_utils.AveragedModel counts; no weight
BATCH_NORM = ("weight", "bias", "running_mean", "running_var")
AS_BATCH_NORM: Mapping[str, str] = {"gamma": "weight", "scale": "weight", "beta": "bias", "moving_mean": "running_mean",
                                    "moving_variance": "running_var", "moving_var": "running_var"}
ENTRY = re.compile(rf"(?:(.*)[./_])?({'|'.join([COUNTER, *BATCH_NORM, *AS_BATCH_NORM])})")  # layer, and what of it
COUNTS_OF_THOP = ("total_ops", "total_params")
HWIO = (3, 2, 0, 1)  # TensorFlow's order of a convolution's dimensions → torch's
A_NETWORK = 3  # a set of tensors with less than a third of the network's entries is no network, but an optimiser's
AS_IT_COMES = "the checkpoint"  # what an error calls a checkpoint that is no file
OTHER_FORM = "these are the weights of another form; convert them with convert_state_dict, or the network with to_form"
REPAIR = "pass a file that torch.save(model.state_dict(), path) wrote for this very network, in its grouped form"


class Adopted(NamedTuple):
    """Weights that fit, and what was done so that they do.

    Parameters
    ----------
    state_dict : dict of str to Tensor
        All entries of the network, under its own names.
    renamed : dict of str to str
        Their name → ours, where they differ by more than what stood before all of them.
    notes : tuple of str
        What was done, a sentence each; empty if the weights came as they are.
    """

    state_dict: dict[str, Tensor]
    renamed: dict[str, str]
    notes: tuple[str, ...]


def weights_that_fit(own: Mapping[str, Tensor], state: object, source: str) -> Adopted:
    """The weights in `state` as a full `state_dict` of the network that has the entries `own`.

    Parameters
    ----------
    own : mapping of str to Tensor
        The network's own entries; only their names and shapes matter, but for counters, which are kept.
    state : mapping
        A `state_dict`, or a checkpoint that holds one.
    source : str
        What an error calls it, such as the name of a file.

    Raises
    ------
    WeightsError
        If they don't fit, or fit in more than one way. Nothing is changed.
    """
    if not isinstance(state, Mapping):
        repair = "pass its state_dict()" if hasattr(state, "state_dict") else REPAIR
        raise WeightsError(f"{source} holds {shown(state)}, not a state_dict; {repair}")
    found, notes = _unwrapped(state, source, len(own))
    if prefix := _prefix(found, own):
        found = {key.removeprefix(prefix): value for key, value in found.items()}
        notes.append(f"{prefix!r} before each name was left out.")
    if found.pop(AVERAGED, None) is not None:
        notes.append(f"{AVERAGED}, which counts how often the weights were averaged, was left out.")
    if counts := [key for key in found if key.rpartition(".")[2] in COUNTS_OF_THOP]:
        found = {key: value for key, value in found.items() if key not in counts}
        notes.append(f"{plural(len(counts), 'number')} of thop ({', '.join(COUNTS_OF_THOP)}) were left out.")
    if others := [str(key) for key, value in found.items() if not isinstance(value, Tensor)]:
        model = next((key for key in others if hasattr(found[key], "state_dict")), None)
        repair = f"pass checkpoint[{model!r}].state_dict()" if model else REPAIR
        raise WeightsError(f"{source} holds more than tensors: {', '.join(others[:4])}; {repair}")
    renamed: dict[str, str] = {}
    if any(key not in own for key in found):
        renamed = _renamed(own, found, source)
        found = {renamed.get(key, key): value for key, value in found.items()}
        notes.append(f"{plural(len(renamed), 'name')} were replaced by ours: the layers stand in the same order and "
                     "have the same shapes.")
    counters = [key for key in own if key.endswith(COUNTER) and key not in found]
    missing = [key for key in own if key not in found and key not in counters]
    if missing:
        raise WeightsError(f"{source} lacks {_some(missing)}, and has no entry that the network does not know; "
                           + REPAIR)
    linear: list[str] = []
    for key, value in found.items():
        if value.shape == (*own[key].shape, 1, 1):
            found[key] = value.flatten(1)
            notes.append(f"{key} was the weight of a 1×1 convolution, and became that of a linear layer.")
        elif (*value.shape, 1, 1) == own[key].shape:
            found[key] = value[..., None, None]
            linear.append(key)
        elif value.shape != own[key].shape:
            raise WeightsError(f"{key} has shape {tuple(value.shape)} in {source}, {tuple(own[key].shape)} in the "
                               f"network; {_other_classes(key, value, own[key])}")
    if linear:
        notes.append(f"{_some(linear)} {'was' if len(linear) == 1 else 'were'} of linear layers, and became 1×1 "
                     "convolutions.")
    if counters:
        notes.append(f"{plural(len(counters), 'counter')} ({COUNTER}) start at 0: weights from before 2018 have none.")
        found |= {key: torch.zeros((), dtype=torch.long) for key in counters}
    return Adopted(_as_numbers({key: found[key] for key in own}, own, source, notes), renamed, tuple(notes))


def _as_numbers(found: dict[str, Tensor], own: Mapping[str, Tensor], source: str, notes: list[str]
                ) -> dict[str, Tensor]:
    """The same weights in the network's own dtype."""
    if empty := [key for key, value in found.items() if value.is_meta]:
        raise WeightsError(f'{source} has no numbers: {_some(empty)} on "meta"; pass weights that were loaded')
    if odd := [key for key, value in found.items() if own[key].is_floating_point() and not value.is_floating_point()]:
        raise WeightsError(f"{source} has {found[odd[0]].dtype} in {_some(odd)}, and the network {own[odd[0]].dtype}; "
                           "pass the weights from before they were quantised")
    kinds = dict.fromkeys(str(value.dtype).removeprefix("torch.") for key, value in found.items()
                          if value.dtype != own[key].dtype)
    if kinds:
        notes.append(f"Weights in {' and '.join(kinds)} became numbers of the network's own type.")
    return {key: value.to(own[key].dtype) for key, value in found.items()}


def _other_classes(key: str, value: Tensor, own: Tensor) -> str:
    if value.dim() < len(HWIO) and value.shape == tuple(reversed(own.shape)):
        return f"it is transposed: pass {key} as checkpoint[{key!r}].t()"
    if value.dim() == own.dim() == len(HWIO) and value.permute(HWIO).shape == own.shape:
        return f"it is transposed: pass {key} as checkpoint[{key!r}].permute{HWIO}, and so with all convolutions"
    if not key.startswith("fc."):
        return REPAIR
    return (f"build it with num_classes={len(value)}, and put another fc in afterwards; load_classifier builds it so "
            f"if you give it the names of {len(value)} classes")


def _unwrapped(state: Mapping[Any, Any], source: str, entries: int) -> tuple[dict[str, Any], list[str]]:
    """The weights that stand inside a checkpoint, such as `{"state_dict": …, "epoch": …}`, and a note about it."""
    inner = dict(_inside(state, entries / A_NETWORK))
    if len(inner) > 1:
        names = " and ".join(repr(key) for *_, key in inner)
        first = "".join(f"[{key!r}]" for key in next(iter(inner)))
        one = f"checkpoint{first}" if source == AS_IT_COMES else (
            f"torch.save(torch.load({source!r}, map_location='cpu'){first}, 'weights.pth')")
        raise WeightsError(f"{source} holds a checkpoint with several sets of weights, {names}; take the one that you "
                           f"mean: {one}")
    notes = []
    for where, weights in inner.items():
        state = weights
        notes.append(f"The weights stood in {' of '.join(map(repr, reversed(where)))} of a checkpoint.")
    arrays = [key for key, value in state.items() if hasattr(value, "__array__") and not isinstance(value, Tensor)]
    if arrays:
        notes.append(f"{plural(len(arrays), 'array')} of NumPy became tensors.")
    return {str(key): torch.as_tensor(value) if key in arrays else value for key, value in state.items()}, notes


def _inside(state: Mapping[Any, Any], least: float) -> Iterator[tuple[tuple[str, ...], Mapping[Any, Any]]]:
    """Each mapping inside of another one that has nothing but so many tensors, and the keys that lead to it."""
    for key, value in state.items():
        if not isinstance(value, Mapping) or not value:
            continue
        if all(isinstance(part, Tensor) for part in value.values()):
            if len(value) >= least:
                yield (str(key),), value
        else:
            yield from (((str(key), *where), weights) for where, weights in _inside(value, least))


def _prefix(state: Mapping[str, Any], own: Mapping[str, Tensor]) -> str:
    """What stands before the network's own names, such as "module."; empty if nothing does."""
    first, *_ = own
    prefixes = (key.removesuffix(first) for key in state if key.endswith(f".{first}"))
    return next((prefix for prefix in prefixes if sum(prefix + key in state for key in own) > len(own) / 2), "")


class _Layer(NamedTuple):
    """The entries of one layer: where it stands in the names, and its entries by what they are."""

    name: str
    entries: dict[str, tuple[str, tuple[int, ...]]]  # weight, bias, … → (the whole name, its shape)

    @property
    def shape(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """What another layer must have, too, to be taken for this one."""
        return tuple(sorted((what, shape[:2] if shape[2:] == (1, 1) else shape)  # a linear layer may be a 1×1
                            for what, (_, shape) in self.entries.items()))


def _layer_of(key: str) -> tuple[str, str]:
    """The name of a layer, and what of it an entry is: "conv1.weight", "conv1/weight" and "conv1_weight" are one."""
    if match := ENTRY.fullmatch(key):
        return match[1] or "", AS_BATCH_NORM.get(match[2], match[2])
    name, _, what = key.rpartition(".")
    return name, what


def _layers(state: Mapping[str, Tensor]) -> list[_Layer]:
    """The layers in the order in which their first entries are stored, without BatchNorm's counters."""
    found: dict[str, _Layer] = {}
    for key, value in state.items():
        name, what = _layer_of(key)
        if what != COUNTER:
            found.setdefault(name, _Layer(name, {})).entries[what] = (key, tuple(value.shape))
    return list(found.values())


def _renamed(own: Mapping[str, Tensor], state: Mapping[str, Tensor], source: str) -> dict[str, str]:
    """Their name → ours; raises a `WeightsError` unless the layers have the same shapes in the same order."""
    ours, theirs = _layers(own), _layers(state)
    if sorted(layer.shape for layer in ours) != sorted(layer.shape for layer in theirs):
        missing = [key for key in own if key not in state and not key.endswith(COUNTER)]
        surplus = [key for key in state if key not in own]
        differ = [(a, b) for a, b in zip(ours, theirs, strict=False) if a.shape != b.shape]
        if len(ours) == len(theirs) and len(differ) == 1:
            a, b = differ[0]
            raise WeightsError(f"{b.name} has {_shapes(b)} in {source}, and {a.name}, which stands there in the "
                               f"network, has {_shapes(a)}; " + (REPAIR if a.name != "fc" else
                                                                 "build it with as many classes"))
        if not missing:
            raise WeightsError(f"{source} has all entries of the network, and {_some(surplus)}, which the network does "
                               "not know; leave out what is no part of it")
        raise WeightsError(f"{source} lacks {_some(missing)}, and has {_some(surplus)} that the network does not know; "
                           + (OTHER_FORM if any(".paths." in key for key in surplus) else REPAIR))
    if sum(layer.shape == ours[-1].shape for layer in theirs) == 1:  # fc, which no other layer can be taken for
        theirs.sort(key=lambda layer: layer.shape == ours[-1].shape)
    at = next((k for k, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a.shape != b.shape), None)
    if at is not None:
        alike = [layer.name for layer in theirs if layer.shape == ours[at].shape]
        raise WeightsError(
            f"{source} has the shapes of this network in another order: where {ours[at].name} is expected, "
            f"{theirs[at].name} stands. {_some(alike)} {'has' if len(alike) == 1 else 'have'} the shape of "
            f"{ours[at].name}, and the order of the layers does not tell which is which; rename the keys, or save them "
            "in the order of the network")
    renamed = {}
    counters = {name: key for key in state for name, what in [_layer_of(key)] if what == COUNTER}
    for a, b in zip(ours, theirs, strict=True):
        for what, (key, _) in b.entries.items():
            renamed[key] = a.entries[what][0]
        if b.name in counters:
            renamed[counters[b.name]] = f"{a.name}.{COUNTER}"
    return {key: name for key, name in renamed.items() if key != name}


def _shapes(layer: _Layer) -> str:
    return " and ".join(f"{what} {shape}" for what, (_, shape) in layer.entries.items())


def _some(keys: list[str]) -> str:
    if not keys:
        return "no entry"
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
