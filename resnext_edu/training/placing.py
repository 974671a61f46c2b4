"""Where a network is while it is trained: on which device, in which order in memory, in which mode."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from resnext_edu.modules import parameters
from resnext_edu.training.recipe import Recipe
from resnext_edu.training.scoring import in_mode
from resnext_edu.training.team import Team


@contextmanager
def placed(model: nn.Module, recipe: Recipe, team: Team) -> Iterator[None]:
    """Within it, the model is in train mode and where it is computed; afterwards it is back where it was.

    Nothing else that a training does to torch is left behind: its random numbers are as they were, too.
    """
    home = next((parameter.device for parameter in parameters(model)), team.device)
    strides = [(parameter, parameter.stride()) for parameter in parameters(model)]  # the order in memory
    gpus, cudnn = [team.device] if team.device.type == "cuda" else [], torch.backends.cudnn
    with in_mode(model, training=True), torch.random.fork_rng(devices=gpus), \
            cudnn.flags(cudnn.enabled, deterministic=True, benchmark=False, allow_tf32=cudnn.allow_tf32):
        model.to(team.device)
        if recipe.channels_last:
            model.to(memory_format=torch.channels_last)
        try:
            yield
        finally:
            model.to(home)
            if recipe.channels_last:
                model.to(memory_format=torch.contiguous_format)
                for parameter, stride in strides:
                    if parameter.stride() != stride:
                        parameter.data = torch.empty_strided(parameter.shape, stride, dtype=parameter.dtype,
                                                             device=home).copy_(parameter.data)
