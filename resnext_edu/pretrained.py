"""Trained weights for a network, from torchvision, the package or a file: all are checked before any is loaded.

A file may be a checkpoint as it comes; see `adoption`.
"""
import argparse
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from os import PathLike, fspath
from os.path import isdir, isfile
from pathlib import Path
from typing import Any, Protocol
from zipfile import is_zipfile

import torch
from torch import nn

from resnext_edu.adoption import weights_that_fit
from resnext_edu.errors import WeightsError, message_of, nearest_name, one_line, shown
from resnext_edu.shipped import SHIPPED, Shipped


class Published(Protocol):
    """Weights that have a name: an entry of a `torchvision.models.WeightsEnum`, or of `shipped.SHIPPED`."""

    @property
    def name(self) -> str:
        """What they are called, such as "IMAGENET1K_V2"."""

    @property
    def url(self) -> str:
        """Where they are."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """What is known about them, such as the names of their classes: `meta["categories"]`."""

    @property
    def transforms(self) -> Callable[[], Any]:
        """Makes the function that their images have to go through."""

    def get_state_dict(self, **how: Any) -> Mapping[str, Any]:
        """Download them, or take them from torchvision's cache; `how` goes to `torch.hub`."""


Weights = str | PathLike[str] | Published  # a name or a path, a path, or torchvision's own enum


def load_weights(model: nn.Module, weights: Weights, name: str, *, progress: bool = True) -> None:
    """Put trained weights into a network of form (c): all of them, or none.

    Parameters
    ----------
    model : nn.Module
        With torchvision's `state_dict` keys.
    weights : str, torchvision.models.WeightsEnum or path
        A name such as "IMAGENET1K_V2" or "DEFAULT", the path of a file, or an entry of torchvision's own enum.
    name : str
        What the network is called, by torchvision or here, such as "resnext50_32x4d".
    progress : bool
        Whether a download shows how far it is.

    Raises
    ------
    WeightsError
        If the weights are unknown, can't be fetched or read, or don't fit the network. Then `model` is as it was.
    """
    state: object
    if isinstance(weights, str | PathLike) and weights and isdir(weights):
        place = one_line(fspath(weights))
        raise WeightsError(f"{place} is a folder; weights= takes a file, such as {Path(place, 'model.pt')}")
    if entry := named_weights(weights, name):
        source, state = entry.url, _fetch(entry, progress)
    elif isinstance(weights, PathLike) or (isinstance(weights, str) and _names_a_file(weights)):
        _refuse_address(fspath(weights))
        source, state = one_line(fspath(weights)), read_weights(Path(weights))
    elif known := known_weights(name):
        raise WeightsError(f"{nearest_name('weights', weights, known)}; or pass the path of a .pth file")
    else:
        raise WeightsError(f"unknown weights {shown(weights)}; nobody has published any for {name}; "
                           "pass the path of a .pth file")
    model.load_state_dict(weights_that_fit(model.state_dict(), state, source).state_dict)


def _names_a_file(text: str) -> bool:
    """Whether it is the name of a file, or looks like one: torchvision has no weights called "mini.pth"."""
    return isfile(text) or "://" in text or (bool(Path(text).suffix) and "_Weights." not in text)


def _refuse_address(text: str) -> None:
    """Raise a `WeightsError` for an address on the internet; a `Path` has made one slash of its two."""
    if address := re.match(r"(\w{2,}):/+", text):
        where = one_line(f"{address[1]}://{text[address.end():]}")
        raise WeightsError(f"{where} is an address, and weights= takes a name or a file on this computer; download it "
                           f"first, with torch.hub.download_url_to_file({where!r}, 'weights.pth')")


def known_weights(name: str) -> Mapping[str, Published]:
    """The weights that the package or torchvision has for the network of that name; empty if nobody has any."""
    if name in SHIPPED:
        return SHIPPED[name]
    from torchvision.models import get_model_weights, list_models

    members: Mapping[str, Published] = get_model_weights(name).__members__ if name in list_models() else {}
    return members


def named_weights(weights: object, name: str) -> Published | None:
    """The entry that is meant by a name such as "DEFAULT", or by the entry itself; None if it is something else."""
    for key, entry in known_weights(name).items():
        if weights is entry or (isinstance(weights, str) and weights in (key, f"{type(entry).__name__}.{key}")):
            return entry
    return None


def _fetch(weights: Published, progress: bool) -> object:
    """The `state_dict`, which torchvision downloads or has in its cache, or which lies in the package."""
    if isinstance(weights, Shipped):
        return weights.get_state_dict()
    cached = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rsplit("/", 1)[-1]
    try:
        with redirect_stdout(sys.stderr):  # torch.hub says there what it downloads, and stdout may be somebody's JSON
            return weights.get_state_dict(progress=progress, check_hash=True, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever urllib, zipfile and pickle may raise
        if cached.exists():
            raise WeightsError(f"{cached} can't be read ({message_of(error)}); delete it and run this again, "
                               "so that it is fetched once more") from error
        raise WeightsError(f"{weights.url} could not be fetched ({message_of(error)}); without internet, download "
                           f"it elsewhere and put it into {cached.parent}, or pass its path as weights=") from error


def read_weights(path: Path) -> object:
    """What a file of torch or safetensors holds; raises a `WeightsError` if it can't be read."""
    if isdir(path):
        raise WeightsError(f"{one_line(path)} is a folder; pass a file in it, such as {one_line(path / 'model.pt')}")
    if not isfile(path):  # Path.is_file raises if the name is too long
        raise WeightsError(f"no file {one_line(path)}; weights= takes one that torch.save(model.state_dict(), path) "
                           "wrote")
    try:
        if path.suffix == ".safetensors" or _is_safetensors(path):
            from safetensors.torch import load_file

            return load_file(path)
        with torch.serialization.safe_globals([argparse.Namespace]):  # most scripts save their arguments, too
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever zipfile and pickle may raise
        if "weights_only" in str(error) and is_zipfile(path):  # torch's own format, and whole
            raise WeightsError(f"{path} ({path.stat().st_size:,} bytes) can't be read as weights: it holds other "
                               "objects of Python, such as a whole model or its arguments; if you trust it, load it "
                               "with torch.load(path, weights_only=False), and pass or save its state_dict()"
                               ) from error
        raise WeightsError(f"{path} ({path.stat().st_size:,} bytes) can't be read as weights ({message_of(error)}); "
                           "it is incomplete, or torch.save(model.state_dict(), path) did not write it") from error


def _is_safetensors(path: Path) -> bool:
    """Whether a file begins as one of safetensors: eight bytes for the length of its header, and then the header."""
    with path.open("rb") as file:
        return file.read(10)[8:] == b'{"'
