"""A network as a plan: what each of its convolutions looks like. A mistake is a change of the plan.

`plan_of` gives the plan of the paper's network; `plan_prices` says what each row of a plan costs.
"""
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.errors import ConfigError, shown


@dataclass(frozen=True)
class Conv:
    """A convolution and the BatchNorm after it.

    Parameters
    ----------
    out_channels, kernel, stride, groups : int
    bias : bool
        Whether it adds a number of its own to each channel.
    norms : int
        How many BatchNorms of `out_channels` come after it: one; none; or, in a wrong block, one for each path.
    cut : int
        By what its weights are divided, besides by `groups`. It is 1 in every network that can run.
    merged : int
        How many channels a dense 1×1 of zeros and ones behind it reads, to add up its results; 0 without such a 1×1.
    constant : bool
        Whether these zeros and ones are no parameters, but a buffer.
    pooled : int
        The stride of a pooling behind it; 1 without one.
    """

    out_channels: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    bias: bool = False
    norms: int = 1
    cut: int = 1
    merged: int = 0
    constant: bool = False
    pooled: int = 1


@dataclass(frozen=True)
class Block:
    """A bottleneck.

    Parameters
    ----------
    convs : tuple of Conv
        Three.
    projection : Conv or None
        The one on the shortcut.
    in_series : bool
        Whether the projection follows the three in place of standing on the shortcut.
    norms_before, norms_after : int
        How many BatchNorms stand before the first convolution, and behind the sum.
    """

    convs: tuple[Conv, Conv, Conv]
    projection: Conv | None = None
    in_series: bool = False
    norms_before: int = 0
    norms_after: int = 0


class Hidden(NamedTuple):
    """A linear layer before the last one.

    Parameters
    ----------
    width : int
        How many numbers it puts out.
    bias : bool
    norms : int
        How many BatchNorms follow it.
    """

    width: int
    bias: bool = True
    norms: int = 0


@dataclass(frozen=True)
class Plan:
    """A network, from its image to its classes.

    Parameters
    ----------
    in_channels : int
    stem : tuple of Conv
    pool : bool
        Whether a pooling of stride 2 follows the stem.
    stages : tuple of tuple of Block
    num_classes : int
        Of the last linear layer; 0 if there is no such layer.
    fc_bias : bool
        Whether that layer has a bias.
    norms_at_end : int
        How many BatchNorms stand between the last block and that layer.
    hidden : tuple of Hidden
        Other linear layers before it.
    """

    in_channels: int
    stem: tuple[Conv, ...]
    pool: bool
    stages: tuple[tuple[Block, ...], ...]
    num_classes: int
    fc_bias: bool = True
    norms_at_end: int = 0
    hidden: tuple[Hidden, ...] = ()

    def blocks(self) -> Iterator[tuple[int, int, Block]]:
        """(number of the stage, number of the block in it, block), both from 0."""
        for stage, blocks in enumerate(self.stages):
            for number, block in enumerate(blocks):
                yield stage, number, block


def plan_of(config: ResNeXtConfig) -> Plan:
    """The plan of the paper's network.

    Parameters
    ----------
    config : ResNeXtConfig

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, table 1 and section 4: stride 2 on the 3×3, projections where the shape
    changes.
    """
    width = config.stem_width
    stem = {"imagenet": (Conv(width, 7, 2),), "cifar": (Conv(width, 3),),
            "deep": (Conv(width, 3, 2), Conv(width, 3), Conv(2 * width, 3))}[config.stem_type]
    stages = tuple(tuple(_block(spec) for spec in specs) for specs in config.stages().values())
    return Plan(config.in_channels, stem, config.stem_type != "cifar", stages, config.num_classes)


def candidates(as_: str | ResNeXtConfig | None) -> list[tuple[str, ResNeXtConfig]]:
    """The networks that somebody else's may be meant to be, each with its preset's name; a config has no name.

    Raises
    ------
    ConfigError
        If `as_` is no preset's name, no config and not None.
    """
    if as_ is None:
        return [(name, ResNeXtConfig.preset(name)) for name in ResNeXtConfig.presets()]
    if isinstance(as_, ResNeXtConfig):
        return [("", as_)]
    if not isinstance(as_, str):
        raise ConfigError(f"as_ must be the name of a preset or a ResNeXtConfig; got {shown(as_)}")
    return [(as_, ResNeXtConfig.preset(as_))]


def _block(spec: BlockSpec) -> Block:
    convs = (Conv(spec.bottleneck_width), Conv(spec.bottleneck_width, 3, spec.stride, spec.cardinality),
             Conv(spec.out_channels))
    return Block(convs, Conv(spec.out_channels, stride=spec.stride) if spec.has_projection else None)


def changed(block: Block, number: int, **values: object) -> Block:
    """A block whose convolution of this number, from 1, has other values."""
    one, two, three = [replace(conv, **values) if k == number else conv  # type: ignore[arg-type]
                       for k, conv in enumerate(block.convs, 1)]
    return replace(block, convs=(one, two, three))
