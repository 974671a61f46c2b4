"""A grouped convolution in two steps: a depthwise one, and a 1×1 of zeros and ones that adds up each path.

The depthwise one puts every channel through d kernels. An output of a grouped convolution is a sum over the d channels
of its path, one result of each. So the 1×1 is right if every result goes into one output, and each output gets one
result of every channel of its path, and nothing else.
"""
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from resnext_edu.config import ResNeXtConfig


def adds_up_each_path(weight: Tensor, groups: int) -> bool:
    """Whether a 1×1 behind a depthwise convolution makes a convolution with `groups` groups of both.

    Parameters
    ----------
    weight : Tensor
        Of the 1×1: (C·d, C·d·d, 1, 1). The results of one channel stand side by side, as torch puts them out.
    groups : int

    Examples
    --------
    >>> ones = torch.kron(torch.eye(2), torch.eye(3).repeat(1, 3))[..., None, None]
    >>> adds_up_each_path(ones, 2), adds_up_each_path(ones.roll(1, 0), 2)
    (True, False)
    """
    if weight.is_meta or weight.dim() != 4 or weight.shape[2:] != (1, 1) or weight.shape[0] % groups:
        return False
    out, results = weight.shape[:2]
    if results * groups != out * out:
        return False
    ones = weight.detach().flatten(1)
    used = ones.view(out, out, results // out).sum(2)  # how many results of each channel each output gets
    path = torch.arange(out, device=weight.device) // (out // groups)
    return bool((ones.eq(0) | ones.eq(1)).all() and ones.sum(0).eq(1).all()
                and used.eq((path[:, None] == path).to(used)).all())


def in_one_step(state: Mapping[str, Tensor], config: ResNeXtConfig) -> dict[str, Tensor]:
    """The same weights, with one grouped convolution for each two steps.

    A network may keep its zeros and ones where no `state_dict` has them. Then the results are taken to stand in the
    usual order; a proof tells whether they do.

    Parameters
    ----------
    state : mapping of str to Tensor
    config : ResNeXtConfig
        Of the network that they are for.
    """
    groups = config.cardinality
    ones = {key: value for key, value in state.items() if adds_up_each_path(value, groups)}
    widths = {spec.bottleneck_width for specs in config.stages().values() for spec in specs}
    sizes = {width * width // groups: width for width in widths}
    convs = [key for key, value in state.items() if value.dim() == 4]
    first = convs[:1] if config.in_channels == 1 else []  # a stem for one channel looks like a depthwise convolution
    steps = [key for key in convs if state[key].shape[1] == 1 < state[key].shape[-1] and len(state[key]) in sizes
             and key not in first]
    found = {key: value for key, value in state.items() if key not in ones}
    for place, key in enumerate(steps):
        weight, width = state[key], sizes[len(state[key])]
        d = width // groups
        usual = torch.kron(torch.eye(groups), torch.eye(d).repeat(1, d))
        merge = (list(ones.values())[place] if len(ones) == len(steps) else usual).to(weight).reshape(width, -1)
        if merge.shape[1] != len(weight):
            continue
        order = merge.view(groups, d, groups, d, d).sum(2)  # (path, output, channel, result): 1 where it goes
        kernels = weight.view(groups, d, d, *weight.shape[2:])  # (path, channel, result, height, width)
        found[key] = torch.einsum("goir,girhw->goihw", order, kernels).flatten(0, 1)
    return found


def freeze_ones(model: nn.Module, groups: int) -> None:
    """Turn every weight that adds up paths from a parameter into a constant, in place: a proof draws no other ones."""
    for module in model.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            if adds_up_each_path(weight, groups):
                delattr(module, name)
                module.register_buffer(name, weight.detach())
