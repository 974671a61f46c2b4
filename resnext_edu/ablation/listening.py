"""What each path says: the maps that it hands to its last 1×1, and their means over many images.

A path's output is its last 1×1 applied to d maps (after bn2 and ReLU). So the mean of the output is this 1×1 applied to
the means of the maps.
"""
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from resnext_edu.blocks import ResNeXtBlock
from resnext_edu.data.images import Split
from resnext_edu.errors import ConfigError, shown
from resnext_edu.network import ResNeXt
from resnext_edu.training.scoring import LOT, check_split, dtype_of_weights, in_mode, logits_of

AT_ONCE = 20  # images: their maps stay in the cache of one core


def blocks_of(model: object) -> dict[str, ResNeXtBlock]:
    """Its name, such as "layer1.0" → each block of a `ResNeXt`, from the first to the last.

    Raises
    ------
    ConfigError
        If `model` is not a `ResNeXt`, or a block was exchanged for a module that has no paths.

    Examples
    --------
    >>> from resnext_edu.network import resnext_mini
    >>> [*blocks_of(resnext_mini())]
    ['layer1.0', 'layer2.0', 'layer3.0']
    """
    if not isinstance(model, ResNeXt):
        raise ConfigError(f"model must be a ResNeXt, such as resnext_mini(), since its paths are known; "
                          f"got {shown(model)}")
    found: dict[str, ResNeXtBlock] = {}
    for stage in model.stage_names:
        for k, block in enumerate(model.get_submodule(stage).children()):
            if not isinstance(block, ResNeXtBlock):
                raise ConfigError(f"{stage}.{k} of the model must be a block that the package has built, since its "
                                  f"paths are known; got {shown(block)}")
            found[f"{stage}.{k}"] = block
    return found


def last_1x1s(block: ResNeXtBlock) -> list[nn.Module]:
    """The convolutions that end the paths: one for each path in form (a), a single one in forms (b) and (c)."""
    if block.form == "split_sum":
        return [path.get_submodule("conv3") for path in block.get_submodule("paths").children()]
    return [block.get_submodule("conv3")]


def by_path(maps: Tensor, cardinality: int) -> Tensor:
    """The input of a last 1×1, (N, C·d, H, W), as (N, C, d, H, W); it is a view, in every memory format."""
    return maps.view(len(maps), cardinality, -1, *maps.shape[2:])


def path_maps(model: ResNeXt, x: Tensor) -> dict[str, Tensor]:
    """What each path hands to its last 1×1, in eval mode.

    Parameters
    ----------
    model : ResNeXt
        Of any form; it stays as it is.
    x : Tensor
        (N, in_channels, H, W), as `Split.inputs` gives it, on the model's device.

    Returns
    -------
    dict of str to Tensor
        The name of each block → (N, C, d, height, width): the maps after bn2 and ReLU, so none of it is below 0.

    Raises
    ------
    ConfigError
        If `model` is not a `ResNeXt`, or `x` is not an input of it.

    Examples
    --------
    >>> from resnext_edu.network import resnext_mini
    >>> {name: tuple(maps.shape) for name, maps in path_maps(resnext_mini(), torch.zeros(2, 1, 8, 8)).items()}
    {'layer1.0': (2, 8, 4, 8, 8), 'layer2.0': (2, 8, 8, 4, 4), 'layer3.0': (2, 8, 16, 2, 2)}
    """
    blocks = blocks_of(model)
    heard: dict[str, list[Tensor]] = {name: [] for name in blocks}

    def hear(name: str, module: nn.Module, inputs: tuple[Tensor]) -> None:
        heard[name].append(inputs[0])

    handles = [conv.register_forward_pre_hook(partial(hear, name))
               for name, block in blocks.items() for conv in last_1x1s(block)]
    try:
        with in_mode(model, training=False), torch.inference_mode():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return {name: by_path(torch.cat(parts, dim=1), blocks[name].cardinality) for name, parts in heard.items()}


def path_means(model: ResNeXt, split: Split) -> dict[str, Tensor]:
    """The mean of each path's maps over images and places, in eval mode.

    The mean of a path's output is its last 1×1 applied to these numbers.

    Parameters
    ----------
    model : ResNeXt
        Of any form; it stays as it is. All forms of one network have the same means.
    split : Split
        Such as `images.train`.

    Returns
    -------
    dict of str to Tensor
        The name of each block → (C, d), float64, on the CPU.

    Raises
    ------
    ConfigError
        If `model` is not a `ResNeXt`, or `split` is not a `Split` whose images it can read.

    Examples
    --------
    >>> from resnext_edu import load_images, resnext_mini
    >>> path_means(resnext_mini(), load_images().train[:20])["layer1.0"].shape
    torch.Size([8, 4])
    """
    blocks_of(model)
    check_split("split", split)
    sums: dict[str, Tensor] = {}
    for _, x in lots(model, split):
        for name, maps in path_maps(model, x).items():  # (n, C, d, H, W)
            each = maps.mean((3, 4), dtype=torch.promote_types(maps.dtype, torch.float32))  # (n, C, d)
            share = each.double().sum(0).cpu() / len(split)
            sums[name] = sums[name] + share if name in sums else share
    return sums


def lots(model: nn.Module, split: Split) -> Iterator[tuple[Tensor, Tensor]]:
    """A few images after the other: their numbers in the split, (n,), and what the model reads, (n, channels, H, W).

    The first image is shown to the model at once, so that a split that does not fit gets its error here.
    """
    weight, dtype = next(model.parameters()), dtype_of_weights(model)
    with in_mode(model, training=False), torch.inference_mode():
        logits_of(model, split.preprocessing(split.images[:1].to(weight.device), dtype), split)
    for rows in torch.split(torch.arange(len(split)), AT_ONCE if weight.device.type == "cpu" else LOT):
        yield rows, split.preprocessing(split.images[rows].to(weight.device), dtype)
