"""A checkpoint as it comes → a full `state_dict` of our network, or one sentence that says why not.

Training scripts put the weights inside a checkpoint, or something before each name; old weights lack BatchNorm's
counters; other people's layers have other names. All that can be undone in one way only is undone, and told.
"""
from collections.abc import Mapping
from itertools import groupby
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
    found, notes = _unwrapped(state, source)
    if prefix := _prefix(found, own):
        found = {key.removeprefix(prefix): value for key, value in found.items()}
        notes.append(f"{prefix!r} before each name was left out.")
    if found.pop(AVERAGED, None) is not None:
        notes.append(f"{AVERAGED}, which counts how often the weights were averaged, was left out.")
    if others := [str(key) for key, value in found.items() if not isinstance(value, Tensor)]:
        raise WeightsError(f"{source} holds more than tensors: {', '.join(others[:4])}; {REPAIR}")
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
    for key, value in found.items():
        if value.shape != own[key].shape:
            raise WeightsError(f"{key} has shape {tuple(value.shape)} in {source}, {tuple(own[key].shape)} in the "
                               f"network; {_other_classes(key, value)}")
    if counters:
        notes.append(f"{plural(len(counters), 'counter')} ({COUNTER}) start at 0: weights from before 2018 have none.")
        found |= {key: torch.zeros((), dtype=torch.long) for key in counters}
    return Adopted({key: found[key] for key in own}, renamed, tuple(notes))


def _other_classes(key: str, value: Tensor) -> str:
    if not key.startswith("fc."):
        return REPAIR
    return (f"build it with num_classes={len(value)}, and put another fc in afterwards; load_classifier builds it so "
            f"if you give it the names of {len(value)} classes")


def _unwrapped(state: Mapping[Any, Any], source: str) -> tuple[dict[str, Any], list[str]]:
    """The weights that stand inside a checkpoint, such as `{"state_dict": …, "epoch": …}`, and a note about it."""
    inner = {key: value for key, value in state.items() if isinstance(value, Mapping) and value
             and all(isinstance(part, Tensor) for part in value.values())}
    if len(inner) > 1:
        names = " and ".join(map(repr, inner))
        first = next(iter(inner))
        raise WeightsError(f"{source} holds a checkpoint with several sets of weights, {names}; take the one that you "
                           f"mean: torch.save(torch.load({source!r}, map_location='cpu')[{first!r}], 'weights.pth')")
    if not inner:
        return {str(key): value for key, value in state.items()}, []
    (key, weights), = inner.items()
    return {str(name): value for name, value in weights.items()}, [f"The weights stood in {key!r} of a checkpoint."]


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
        return tuple(sorted((what, shape) for what, (_, shape) in self.entries.items()))


def _layers(state: Mapping[str, Tensor]) -> list[_Layer]:
    """The layers in the order in which they are stored, without BatchNorm's counters."""
    entries = [(key, value) for key, value in state.items() if not key.endswith(COUNTER)]
    found = []
    for name, group in groupby(entries, lambda entry: entry[0].rpartition(".")[0]):
        parts = {}
        for key, value in group:
            what = key.rpartition(".")[2]
            parts[AS_BATCH_NORM.get(what, what)] = (key, tuple(value.shape))
        found.append(_Layer(name, parts))
    return found


def _renamed(own: Mapping[str, Tensor], state: Mapping[str, Tensor], source: str) -> dict[str, str]:
    """Their name → ours; raises a `WeightsError` unless the layers have the same shapes in the same order."""
    ours, theirs = _layers(own), _layers(state)
    if sorted(layer.shape for layer in ours) != sorted(layer.shape for layer in theirs):
        missing = [key for key in own if key not in state and not key.endswith(COUNTER)]
        surplus = [key for key in state if key not in own]
        raise WeightsError(f"{source} lacks {_some(missing)}, and has {_some(surplus)} that the network does not know; "
                           + REPAIR)
    at = next((k for k, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a.shape != b.shape), None)
    if at is not None:
        alike = [layer.name for layer in theirs if layer.shape == ours[at].shape]
        raise WeightsError(
            f"{source} has the shapes of this network in another order: where {ours[at].name} is expected, "
            f"{theirs[at].name} stands. {_some(alike)} have the shape of {ours[at].name}, and their order does not "
            "tell which is which; rename the keys, or save them in the order of the network")
    renamed = {}
    for a, b in zip(ours, theirs, strict=True):
        for what, (key, _) in b.entries.items():
            renamed[key] = a.entries[what][0]
        if f"{b.name}.{COUNTER}" in state:
            renamed[f"{b.name}.{COUNTER}"] = f"{a.name}.{COUNTER}"
    return {key: name for key, name in renamed.items() if key != name}


def _some(keys: list[str]) -> str:
    if not keys:
        return "no entry"
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
