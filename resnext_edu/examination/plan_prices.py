"""What the rows of a plan cost: parameters, MACs, and what else some tools count.

The rows of the paper's plan cost what the rows of `analytic_cost` cost; a test holds them together. A changed plan has
rows of its own, so the price of a mistake is a difference of rows.
"""
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from resnext_edu.examination.plan import Conv, Plan


class Price(NamedTuple):
    """What a row of a plan costs.

    Parameters
    ----------
    path : str
        As in torchvision's `state_dict`: "layer1.0.conv2".
    params : int
        With the bias, and with the BatchNorms after it.
    macs : int
        For one image.
    statistics : int
        The running means and variances, which Keras counts as parameters and PyTorch does not.
    normed, others : int
        How many numbers go through BatchNorms, and how many through ReLUs and poolings: no MACs, but some tools count
        them.
    """

    path: str
    params: int
    macs: int
    statistics: int = 0
    normed: int = 0
    others: int = 0


def prices(plan: Plan, size: tuple[int, int] = (224, 224)) -> Iterator[Price]:
    """The price of every row of a plan, for one image.

    Parameters
    ----------
    plan : Plan
    size : tuple of int
        Height and width of the image.
    """
    channels = plan.in_channels
    stem = ["conv1"] if len(plan.stem) == 1 else [f"conv1.{3 * k}" for k in range(len(plan.stem))]
    for path, conv in zip(stem, plan.stem, strict=True):
        price, channels, size = _priced(path, conv, channels, size)
        yield price._replace(others=price.others * (1 + (plan.pool and conv is plan.stem[-1])))
    if plan.pool:
        size = _strided(size, 2)
    for stage, number, block in plan.blocks():
        into, start, path = channels, size, f"layer{stage + 1}.{number}"
        if block.norms_before:
            yield _norms_alone(f"{path}.before", block.norms_before, channels)
        for k, conv in enumerate(block.convs, 1):
            price, channels, size = _priced(f"{path}.conv{k}", conv, channels, size)
            yield price
        if block.projection:
            begin = (channels, size) if block.in_series else (into, start)
            price, out, end = _priced(f"{path}.downsample.0", block.projection, *begin)
            channels, size = (out, end) if block.in_series else (channels, size)
            yield price._replace(others=0)
        if block.norms_after:
            yield _norms_alone(f"{path}.after", block.norms_after, channels)
    if plan.norms_at_end:
        yield _norms_alone("norm", plan.norms_at_end, channels)
    if plan.num_classes:
        for k, (width, bias, norms) in enumerate(plan.hidden):
            statistics = 2 * width * norms
            yield Price(f"hidden.{k}", channels * width + bias * width + statistics, channels * width, statistics)
            channels = width
        weights = channels * plan.num_classes
        yield Price("fc", weights + plan.fc_bias * plan.num_classes, weights, others=channels * prod(size))


def total(plan: Plan, size: tuple[int, int] = (224, 224)) -> Price:
    """The price of a whole plan, for one image.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.examination.plan import plan_of
    >>> total(plan_of(ResNeXtConfig.preset("resnext50_32x4d")))
    Price(path='', params=25028904, macs=4230479872, statistics=68224, normed=14400512, others=13798400)
    """
    _, *columns = zip(*prices(plan, size), strict=True)
    return Price("", *map(sum, columns))


def _priced(path: str, conv: Conv, channels: int, size: tuple[int, int]) -> tuple[Price, int, tuple[int, int]]:
    """A convolution's price, the channels that it puts out, and the size of their maps."""
    size = _strided(size, conv.stride)
    weights = conv.out_channels * (channels * conv.kernel**2) // (conv.groups * conv.cut)
    merge = conv.out_channels * conv.merged
    norms = 2 * conv.out_channels * conv.norms
    learned = weights + merge * (not conv.constant) + conv.out_channels * conv.bias
    numbers = conv.out_channels * prod(size)
    price = Price(path, learned + norms, (weights + merge) * prod(size), norms, numbers * conv.norms, numbers)
    return price, conv.out_channels, _strided(size, conv.pooled)


def _norms_alone(path: str, norms: int, channels: int) -> Price:
    """BatchNorms that stand alone."""
    return Price(path, 2 * norms * channels, 0, 2 * norms * channels)


def _strided(size: tuple[int, int], stride: int) -> tuple[int, int]:
    return -(-size[0] // stride), -(-size[1] // stride)
