"""A block in five numbers and a network in eight values: no weights, no torch, nothing to run."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from resnext_edu.errors import ConfigError, check_name, positive_int, shown

FORM_NAMES: tuple[str, ...] = ("split_sum", "concat", "grouped")  # the paper's (a), (b) and (c)


@dataclass(frozen=True)
class BlockSpec:
    """The sizes of one ResNeXt block. They are the same in all three forms.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output.
    cardinality : int
        *C*, the number of paths.
    width_per_group : int
        *d* of this block: the channels of one path between its two 1×1 convolutions.
    stride : int
        Of the 3×3 and of the projection: 1 keeps the height and width, 2 halves them.

    Raises
    ------
    ConfigError
        If a number is not a positive integer, or the stride is neither 1 nor 2.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3 and figure 3.

    Examples
    --------
    >>> BlockSpec(256, 256, cardinality=32, width_per_group=4).bottleneck_width
    128
    >>> BlockSpec(256, 512, cardinality=32, width_per_group=8, stride=2).has_projection
    True
    """

    in_channels: int
    out_channels: int
    cardinality: int
    width_per_group: int
    stride: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):  # a frozen dataclass can only be set with object.__setattr__
            object.__setattr__(self, field.name, positive_int(field.name, getattr(self, field.name)))
        if self.stride > 2:
            raise ConfigError(f"stride must be 1 (the map keeps its size) or 2 (it is halved); got {self.stride}")

    @property
    def bottleneck_width(self) -> int:
        """C·d, the channels of all paths together."""
        return self.cardinality * self.width_per_group

    @property
    def has_projection(self) -> bool:
        """Whether the shortcut is a 1×1 convolution: it is if the output has another shape than the input."""
        return self.stride != 1 or self.in_channels != self.out_channels


STEMS: Mapping[str, tuple[tuple[int, ...], int]] = {  # stem → (blocks per stage by default, most stages)
    "imagenet": ((3, 4, 6, 3), 4),  # a 7×7 of stride 2 and a max pool
    "deep": ((3, 4, 6, 3), 4),  # three 3×3, the first of stride 2, and a max pool
    "cifar": ((3, 3, 3), 3),  # one 3×3 of stride 1, no pool: small images keep their size
}

PRESETS: Mapping[str, Mapping[str, Any]] = {  # name → the values that are not the defaults
    "resnet50": {"layers": (3, 4, 6, 3), "cardinality": 1, "width_per_group": 64},
    "resnet101": {"layers": (3, 4, 23, 3), "cardinality": 1, "width_per_group": 64},
    "resnext50_32x4d": {"layers": (3, 4, 6, 3), "cardinality": 32, "width_per_group": 4},
    "resnext101_32x4d": {"layers": (3, 4, 23, 3), "cardinality": 32, "width_per_group": 4},
    "resnext101_32x8d": {"layers": (3, 4, 23, 3), "cardinality": 32, "width_per_group": 8},
    "resnext101_64x4d": {"layers": (3, 4, 23, 3), "cardinality": 64, "width_per_group": 4},
    "resnext29": {"stem_type": "cifar", "cardinality": 8, "width_per_group": 64, "num_classes": 10},
    "resnext_mini": {"layers": (1, 1, 1), "cardinality": 8, "width_per_group": 4, "num_classes": 10, "in_channels": 1,
                     "stem_type": "cifar", "stem_width": 32, "expansion": 1},  # small enough to train on two cores
}


@dataclass(frozen=True)
class ResNeXtConfig:
    """A whole network in eight values; `block_specs` works out the sizes of every block from them.

    Parameters
    ----------
    layers : tuple of int, optional
        Blocks per stage. By default (3, 4, 6, 3), or (3, 3, 3) with a CIFAR stem.
    cardinality : int
        *C*, the number of paths in every block. With one path of width 64 the network is a ResNet.
    width_per_group : int
        *d* in the first stage; it doubles from stage to stage.
    num_classes, in_channels : int
        How many classes the network tells apart, and how many channels its images have.
    stem_type : {"imagenet", "deep", "cifar"}
        The layers before the first stage. "imagenet": one 7×7 of stride 2 and a max pool; "deep": three 3×3, the
        first of stride 2, and a max pool; "cifar": one 3×3 of stride 1.
    stem_width : int
        Channels of the first convolution. A deep stem ends with twice as many.
    expansion : int
        The first stage returns 64·expansion channels, and each later stage twice as many as the one before.

    Raises
    ------
    ConfigError
        If a number is not a positive integer, the stem is unknown, or there are more stages than it allows.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.1 and table 1; section 5.3 for the CIFAR network, where the
    expansion is called the widening factor.

    Examples
    --------
    >>> config = ResNeXtConfig.preset("resnext50_32x4d")
    >>> config.depth, len(config.block_specs())
    (50, 16)
    >>> config.replace(cardinality=1, width_per_group=64) == ResNeXtConfig.preset("resnet50")
    True
    """

    layers: tuple[int, ...] | None = None
    cardinality: int = 32
    width_per_group: int = 4
    num_classes: int = 1000
    in_channels: int = 3
    stem_type: str = "imagenet"
    stem_width: int = 64
    expansion: int = 4

    def __post_init__(self) -> None:
        check_name("stem_type", self.stem_type, STEMS)
        default, most = STEMS[self.stem_type]
        layers = default if self.layers is None else self.layers
        unfit = isinstance(layers, str | set | dict)  # a set would lose one of two equal stages
        if unfit or not isinstance(layers, Iterable) or not (layers := tuple(layers)):
            raise ConfigError("layers must be the number of blocks in each stage, "
                              f"such as {default}; got {shown(self.layers)}")
        object.__setattr__(self, "layers", tuple(positive_int(f"layers[{k}]", n) for k, n in enumerate(layers)))
        if len(layers) > most:
            roomy = [f"{stem!r}" for stem in STEMS if STEMS[stem][1] >= len(layers)]
            raise ConfigError(
                f"layers {shown(self.layers)} has {len(layers)} stages, but after the {self.stem_type!r} stem there "
                f"are at most {most}; leave out the last"
                + (f", or take the stem {' or '.join(roomy)}" if roomy else " ones")
            )
        for name in ("cardinality", "width_per_group", "num_classes", "in_channels", "stem_width", "expansion"):
            object.__setattr__(self, name, positive_int(name, getattr(self, name)))

    @classmethod
    def preset(cls, name: str) -> "ResNeXtConfig":
        """The config of a network from the paper, or of the small one that the course trains.

        Parameters
        ----------
        name : str
            One of `presets`, such as "resnext50_32x4d".

        Raises
        ------
        ConfigError
            If there is no such preset.
        """
        check_name("preset", name, PRESETS)
        return cls(**PRESETS[name])

    @classmethod
    def presets(cls) -> tuple[str, ...]:
        """All names that `preset` knows."""
        return tuple(PRESETS)

    def replace(self, **changes: Any) -> "ResNeXtConfig":
        """A copy of this config in which some values are different.

        Parameters
        ----------
        **changes
            The new values, such as `cardinality=1`.

        Raises
        ------
        ConfigError
            If a config has no value of that name, or the new values don't fit.
        """
        known = [field.name for field in fields(self)]
        for name in changes:
            check_name("value of a config", name, known)
        return replace(self, **changes)

    @property
    def depth(self) -> int:
        """How many convolutions and linear layers an image passes, one after the other: 50 in ResNeXt-50."""
        assert self.layers is not None  # __post_init__ has put the stem's default there
        return 3 * sum(self.layers) + (4 if self.stem_type == "deep" else 2)

    @property
    def stem_channels(self) -> int:
        """The channels that the first stage gets from the stem."""
        return self.stem_width * (2 if self.stem_type == "deep" else 1)

    def stages(self) -> dict[str, tuple[BlockSpec, ...]]:
        """The blocks of each stage, in order.

        From one stage to the next the channels and d double. The first block of a stage halves the height and
        width, except in the first stage.

        Returns
        -------
        dict of str to tuple of BlockSpec
            "layer1", "layer2", … → the blocks of that stage.

        Examples
        --------
        >>> ResNeXtConfig.preset("resnext50_32x4d").stages()["layer2"][0]
        BlockSpec(in_channels=256, out_channels=512, cardinality=32, width_per_group=8, stride=2)
        """
        stages: dict[str, tuple[BlockSpec, ...]] = {}
        channels = self.stem_channels
        assert self.layers is not None
        for k, blocks in enumerate(self.layers):
            out, width = 64 * self.expansion * 2**k, self.width_per_group * 2**k
            first = BlockSpec(channels, out, self.cardinality, width, stride=2 if k else 1)
            inner = BlockSpec(out, out, self.cardinality, width)
            stages[f"layer{k + 1}"] = (first, *[inner] * (blocks - 1))
            channels = out
        return stages

    def block_specs(self) -> tuple[BlockSpec, ...]:
        """All blocks, in the order in which an image passes them."""
        return tuple(spec for stage in self.stages().values() for spec in stage)


def check_config(config: object) -> None:
    """Raise a `ConfigError` if `config` is not a `ResNeXtConfig`, but for example the name of a preset."""
    if not isinstance(config, ResNeXtConfig):
        raise ConfigError(f"expected a ResNeXtConfig, got {shown(config)}; "
                          "try ResNeXtConfig.preset('resnext50_32x4d')")


def check_spec(spec: object) -> None:
    """Raise a `ConfigError` if `spec` is not a `BlockSpec`, but for example a block."""
    if not isinstance(spec, BlockSpec):
        raise ConfigError(f"expected a BlockSpec, got {shown(spec)}; "
                          "try BlockSpec(256, 256, cardinality=32, width_per_group=4)")


def check_form(form: object) -> None:
    """Raise a `ConfigError`, which suggests the nearest name, if `form` is not one of `FORM_NAMES`."""
    check_name("form", form, FORM_NAMES)
