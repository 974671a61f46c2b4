"""What no count can see: channels that are computed and read by nobody, and weights that are zeros."""
import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.batchnorm import batchnorms
from resnext_edu.modules import set_training

SMALL_IMAGE = 64  # of the images, in pixels: enough for five halvings


def unread_channels(model: nn.Module, paths: list[list[str]], channels: int) -> list[tuple[int, int]] | None:
    """How many channels of some layers' outputs have no influence on the model's output.

    The gradient of the output says it: where it is zero for every pixel, nobody reads the channel.

    Parameters
    ----------
    model : nn.Module
        It stays as it is: a copy runs, whose BatchNorms are new and in train mode, so that no ReLU stays shut.
    paths : list of list of str
        The layers, in groups: the channels of a group are counted together.
    channels : int
        Of the images. Eight small ones of random numbers go in.

    Returns
    -------
    list of (int, int) or None
        For each group: channels that are not read, and all channels; None if the model can't be run.
    """
    if any(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()]):
        return None
    model = copy.deepcopy(model)
    for norm in batchnorms(model):
        norm.reset_parameters()
    set_training(model, True)
    outputs: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(module: nn.Module, args: object, output: Tensor) -> None:
            output.retain_grad()
            outputs[path] = output
        return hook

    modules = dict(model.named_modules())
    wanted = [path for group in paths for path in group]
    if any(path not in modules for path in wanted):
        return None
    for path in wanted:
        modules[path].register_forward_hook(keep(path))
    generator = torch.Generator().manual_seed(0)
    parameter = next(model.parameters())
    x = torch.randn((8, channels, SMALL_IMAGE, SMALL_IMAGE), generator=generator).to(parameter)
    with torch.enable_grad():
        try:
            out = model(x)
        except Exception:  # the model's own code, on images of a size that it may not take
            return None
        (out * torch.randn(out.shape, generator=generator).to(out)).sum().backward()
    found = []
    for group in paths:
        silent = [~outputs[path].grad.ne(0).flatten(2).any(2).any(0) for path in group]  # type: ignore[union-attr]
        found.append((int(sum(each.sum() for each in silent)), sum(each.numel() for each in silent)))
    return found


def is_block_diagonal(weight: Tensor, groups: int) -> bool:
    """Whether a dense convolution's weight has nothing but zeros outside of `groups` equal blocks."""
    if weight.is_meta or weight.shape[0] % groups or weight.shape[1] % groups:
        return False
    out, into = weight.shape[0] // groups, weight.shape[1] // groups
    inside = torch.zeros(weight.shape[:2], dtype=torch.bool, device=weight.device)
    for k in range(groups):
        inside[k * out:(k + 1) * out, k * into:(k + 1) * into] = True
    return bool(weight.ne(0).any()) and not bool(weight[~inside].ne(0).any())
