"""Silencing paths: what they say about an image is replaced by what they say on average.

Zero in place of the mean would do more than silence a path. The BatchNorm after the sum expects the mean, and without
it every channel is shifted. So the network would be worse even if the path said the same of all images.
"""
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from resnext_edu.ablation.listening import blocks_of, by_path, last_1x1s
from resnext_edu.blocks import ResNeXtBlock
from resnext_edu.errors import ConfigError, check_name, number_of, shown
from resnext_edu.network import ResNeXt

REPLACEMENTS = ("mean", "zero")  # what may stand in place of a path's maps


class Filled(NamedTuple):
    """Which part of a convolution's input is replaced, and by what.

    Parameters
    ----------
    conv : nn.Module
        A last 1×1; it reads (N, C·d, H, W), or in form (a) the d channels of one path.
    paths : list of int
        Which paths of this input, counted from 0.
    values : Tensor
        (C, d), or in form (a) (1, d): a number for each channel of the input.
    """

    conv: nn.Module
    paths: list[int]
    values: Tensor


def without_paths(model: ResNeXt, paths: Mapping[str, Iterable[int]], *, at: str = "mean",
                  means: Mapping[str, Tensor] | None = None) -> AbstractContextManager[ResNeXt]:
    """A context in which these paths of the model are silenced.

    The paths' maps are replaced by constants where the last 1×1 reads them. Weights, modes and all other paths stay as
    they are, and after the context the model is what it was. Contexts may stand in each other: then the paths of all of
    them are silenced.

    Parameters
    ----------
    model : ResNeXt
        Of any form. Its mode stays too: a network in train mode has other BatchNorms.
    paths : mapping of str to iterable of int
        The name of a block → which of its paths, counted from 0: ``{"layer1.0": (0, 3)}``.
    at : {"mean", "zero"}
        What stands in place of their maps.
    means : mapping of str to Tensor, optional
        What `path_means` gives; it is needed where `at` is "mean".

    Returns
    -------
    context manager
        It gives the model.

    Raises
    ------
    ConfigError
        If `model` is not a `ResNeXt`, a block or a path is unknown, or the means are not those of this network.

    Examples
    --------
    >>> from resnext_edu import evaluate, load_images, path_means, resnext_mini
    >>> images, model = load_images(), resnext_mini()
    >>> means = path_means(model, images.train[:20])
    >>> with without_paths(model, {"layer1.0": (0, 3), "layer3.0": range(8)}, means=means):
    ...     print(evaluate(model, images.test[:20]).count)
    20
    """
    blocks = blocks_of(model)
    check_name("at", at, REPLACEMENTS)
    if not isinstance(paths, Mapping):
        raise ConfigError("paths must be a dict from blocks to their paths, such as {'layer1.0': (0, 3)}; "
                          f"got {shown(paths)}")
    filled = []
    for name, some in paths.items():
        check_name("block in paths", name, blocks)
        chosen = _numbers(name, some, blocks[name].cardinality)
        filled += _places(blocks[name], chosen, values_at(at, means, name, blocks[name]))
    return _silenced(model, filled)


def values_at(at: str, means: Any, name: str, block: ResNeXtBlock) -> Tensor:
    """What stands in place of each path's maps in this block, (C, d)."""
    shape = block.cardinality, block.width_per_group
    if at == "zero":
        return torch.zeros(shape)
    if not isinstance(means, Mapping):
        raise ConfigError(f"means must be those that path_means(model, images.train) gives, unless at='zero'; "
                          f"got {shown(means)}")
    found = means.get(name)
    if not isinstance(found, Tensor) or found.shape != shape or not found.isfinite().all():
        raise ConfigError(f"means[{name!r}] must be a tensor of shape {shape}, as path_means(model, images.train) "
                          f"gives it for this network; got {shown(found)}")
    return found


def replaced(x: Tensor, paths: list[int], values: Tensor) -> Tensor:
    """The input of a last 1×1, (N, C·d, H, W), with the values (C, d) in place of these paths' maps."""
    maps = by_path(x.clone(), len(values))  # (N, C, d, H, W)
    maps[:, paths] = values[paths].to(maps)[None, :, :, None, None]
    return maps.view_as(x)


def _places(block: ResNeXtBlock, chosen: list[int], values: Tensor) -> list[Filled]:
    """Where these paths end in this form."""
    convs = last_1x1s(block)
    if len(convs) == block.cardinality > 1:  # form (a): each path has its own
        return [Filled(convs[i], [0], values[i:i + 1]) for i in chosen]
    return [Filled(convs[0], chosen, values)]


def _numbers(name: str, some: Any, count: int) -> list[int]:
    if isinstance(some, str | bytes) or not isinstance(some, Iterable) or isinstance(some, Tensor):
        raise ConfigError(f"paths[{name!r}] must be several numbers of paths, such as (0, 3); got {shown(some)}")
    return sorted({number_of("a path", f"a number in paths[{name!r}]", i, count) for i in some})


@contextmanager
def _silenced(model: ResNeXt, filled: list[Filled]) -> Iterator[ResNeXt]:
    def fill(each: Filled, module: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        return replaced(inputs[0], each.paths, each.values)

    handles = []
    try:
        handles += [each.conv.register_forward_pre_hook(partial(fill, each)) for each in filled]
        yield model
    finally:
        for handle in handles:
            handle.remove()
