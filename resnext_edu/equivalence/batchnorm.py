"""BatchNorm's numbers: how to make them all different, and how to make them do nothing."""
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from resnext_edu.errors import ConfigError, seed_of, shown
from resnext_edu.modules import named_modules

Model = TypeVar("Model", bound=nn.Module)


def batchnorms(module: nn.Module) -> list[BatchNorm]:
    """Every BatchNorm in `module`, in order."""
    if not isinstance(module, nn.Module):
        raise ConfigError(f"expected a module, an nn.Module, got {shown(module)}; pass the block or the network itself")
    return [m for _, m in named_modules(module) if isinstance(m, BatchNorm)]


def is_fresh(bn: BatchNorm) -> bool:
    """Whether all numbers of a BatchNorm are still the ones and zeros that it was made with.

    Examples
    --------
    >>> is_fresh(nn.BatchNorm2d(4)), is_fresh(randomise_batchnorm(nn.BatchNorm2d(4)))
    (True, False)
    """
    return all(bool(tensor.eq(made).all()) for tensor, made in _numbers_and(bn, 1, 0, 0, 1))


def _numbers_and(bn: BatchNorm, weight: float, bias: float, mean: float, var: float) -> list[tuple[Tensor, float]]:
    """Its numbers, each beside the number given for it; a BatchNorm can be made without some of them."""
    pairs = (bn.weight, weight), (bn.bias, bias), (bn.running_mean, mean), (bn.running_var, var)
    return [(tensor, number) for tensor, number in pairs if tensor is not None]


def randomise_batchnorm(model: Model, seed: int = 0) -> Model:
    """Change every BatchNorm of `model` in place: afterwards no two of its channels have the same numbers.

    A fresh BatchNorm holds ones and zeros, and these look the same in any order. A conversion that mixes up its
    channels shows only if their numbers differ, so call this *before* you convert.

    Parameters
    ----------
    model : nn.Module
        Its BatchNorms get a weight and running_var in [0.5, 1.5], a bias and running_mean in [-0.5, 0.5].
    seed : int
        The numbers depend on nothing else; torch's global random state is neither read nor changed.

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
    generator = torch.Generator().manual_seed(seed_of(seed))
    with torch.no_grad():
        for bn in batchnorms(model):
            for tensor, lowest in _numbers_and(bn, 0.5, -0.5, -0.5, 0.5):
                tensor.copy_(lowest + torch.rand(tensor.shape, generator=generator, dtype=torch.float64))
    return model


def make_identity(module: nn.Module) -> None:
    """Set every BatchNorm of `module`, in place, so that in eval mode its output is its input, bit for bit.

    BatchNorm divides by sqrt(running_var + eps). With running_var = 1 − eps this is sqrt(1): the difference is rounded
    by at most 2⁻⁵⁴, and no float is nearer to the sum than 1.

    Parameters
    ----------
    module : nn.Module
        In float64.

    Examples
    --------
    >>> bn = nn.BatchNorm2d(1, dtype=torch.float64).eval()
    >>> make_identity(bn)
    >>> bn(torch.full((1, 1, 1, 1), 7.0, dtype=torch.float64)).item()
    7.0
    """
    with torch.no_grad():
        for bn in batchnorms(module):
            for tensor, value in _numbers_and(bn, 1.0, 0.0, 0.0, 1.0 - bn.eps):
                tensor.fill_(value)
