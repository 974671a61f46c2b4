"""BatchNorm's numbers: how to give them values that tell something, and how to take them out of the way."""
import math

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm


def batchnorms(module: nn.Module) -> list[nn.Module]:
    """Every BatchNorm in `module`, in order."""
    return [m for m in module.modules() if isinstance(m, BatchNorm)]


def is_fresh(bn: nn.Module) -> bool:
    """Whether all its numbers are still the ones and zeros that it was made with."""
    zeros = [t for t in (bn.bias, bn.running_mean) if t is not None]
    ones = [t for t in (bn.weight, bn.running_var) if t is not None]
    return all(bool((t == 0).all()) for t in zeros) and all(bool((t == 1).all()) for t in ones)


def randomise_batchnorm(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give every BatchNorm of `model`, in place, numbers that no two channels share.

    A fresh BatchNorm holds ones and zeros, and these look the same in any order. A conversion that
    mixes up its channels shows only when they differ: so do this *before* you convert.

    Parameters
    ----------
    model : nn.Module
        Its BatchNorms get weight and running_var in [0.5, 1.5], bias and running_mean in [-0.5, 0.5].
    seed : int
        The numbers depend on it alone; torch's global random state is neither read nor changed.

    Returns
    -------
    nn.Module
        `model` itself.

    Examples
    --------
    >>> bn = randomise_batchnorm(nn.BatchNorm2d(4))
    >>> len(set(bn.weight.tolist()))
    4
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for bn in batchnorms(model):
            for tensor, lowest in ((bn.weight, 0.5), (bn.bias, -0.5), (bn.running_mean, -0.5), (bn.running_var, 0.5)):
                if tensor is not None:
                    tensor.copy_(lowest + torch.rand(tensor.shape, generator=generator, dtype=torch.float64))
    return model


def make_identity(module: nn.Module) -> None:
    """Set every BatchNorm of `module` so that eval mode leaves its input alone, bit for bit.

    BatchNorm divides by sqrt(running_var + eps). With running_var = 1 − eps that is sqrt(1), if the
    addition gives 1 again after rounding; where it does not, the float beside it does.
    """
    with torch.no_grad():
        for bn in batchnorms(module):
            var = 1.0 - bn.eps
            var = next((v for v in (var, math.nextafter(var, 0), math.nextafter(var, 2)) if v + bn.eps == 1.0), var)
            for tensor, value in ((bn.weight, 1.0), (bn.bias, 0.0), (bn.running_mean, 0.0), (bn.running_var, var)):
                if tensor is not None:
                    tensor.fill_(value)
