"""What a block is, in five numbers, and a network, in eight: no weights, no torch, nothing to run."""
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from resnext_edu.errors import ConfigError, nearest_name, positive_int

FORM_NAMES = ("split_sum", "concat", "grouped")  # the paper's (a), (b) and (c)


@dataclass(frozen=True)
class BlockSpec:
    """The shape of one ResNeXt block, whichever of its three forms it is written in.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output.
    cardinality : int
        *C*, the number of paths.
    width_per_group : int
        *d* of this very block: the channels of one path between its two 1×1 convolutions.
    stride : int
        1 keeps the height and width, 2 halves them. It sits on the 3×3 and on the projection.

    Raises
    ------
    ConfigError
        If a number is no whole number of at least 1, or the stride neither 1 nor 2.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Figure 3 and Section 3.3.

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

    def __post_init__(self):
        for field in fields(self):  # object.__setattr__: the one door into a frozen dataclass
            object.__setattr__(self, field.name, positive_int(field.name, getattr(self, field.name)))
        if self.stride > 2:
            raise ConfigError(f"stride must be 1 (the map keeps its size) or 2 (it is halved); got {self.stride}")

    @property
    def bottleneck_width(self) -> int:
        """C·d: the channels of all paths together."""
        return self.cardinality * self.width_per_group

    @property
    def has_projection(self) -> bool:
        """Whether the shortcut is a 1×1 convolution, since the input's shape is not the output's."""
        return self.stride != 1 or self.in_channels != self.out_channels


STEMS = {  # stem → (the stages that a network behind it has by default, the most that it can have)
    "imagenet": ((3, 4, 6, 3), 4),  # a 7×7 of stride 2 and a max pool
    "deep": ((3, 4, 6, 3), 4),  # three 3×3, the first of stride 2, and a max pool
    "cifar": ((3, 3, 3), 3),  # one 3×3 of stride 1, no pool: small images keep their size
}

PRESETS = {
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
    """A whole network in eight values; from one block to the next only these numbers change.

    Parameters
    ----------
    layers : tuple of int, optional
        Blocks per stage. By default (3, 4, 6, 3), behind a CIFAR stem (3, 3, 3).
    cardinality : int
        *C*, the number of paths of every block. With 1 path of width 64 the network is a ResNet.
    width_per_group : int
        *d* of the first stage; it doubles with each stage.
    num_classes, in_channels : int
        What the network tells apart, and the channels of its images.
    stem_type : {"imagenet", "deep", "cifar"}
        7×7 of stride 2 and a max pool; three 3×3, the first of stride 2, and a max pool; one 3×3.
    stem_width : int
        Channels of the first convolution. A deep stem ends with twice as many.
    expansion : int
        The first stage puts out 64·expansion channels, each further stage twice as many.

    Raises
    ------
    ConfigError
        If a number is no whole number of at least 1, the stem is unknown, or has too many stages behind it.

    References
    ----------
    Xie et al., Aggregated Residual Transformations for Deep Neural Networks, Table 1 and Section 3.1;
    the CIFAR network: Section 5.3, where the expansion is called the widening factor.

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

    def __post_init__(self):
        if self.stem_type not in tuple(STEMS):  # a list can't be looked up in a dict
            raise ConfigError(nearest_name("stem_type", self.stem_type, STEMS))
        default, most = STEMS[self.stem_type]
        layers = default if self.layers is None else self.layers
        unfit = isinstance(layers, str | set | dict)  # a set would keep one of two equal stages
        if unfit or not isinstance(layers, Iterable) or not (layers := tuple(layers)):
            raise ConfigError(f"layers must be the blocks of each stage, such as {default}; got {self.layers!r}")
        object.__setattr__(self, "layers", tuple(positive_int(f"layers[{k}]", n) for k, n in enumerate(layers)))
        if len(layers) > most:
            roomy = [f"{stem!r}" for stem in STEMS if STEMS[stem][1] >= len(layers)]
            raise ConfigError(
                f"layers {self.layers} has {len(layers)} stages, but behind the {self.stem_type!r} stem there are at "
                f"most {most}; leave out the last{', or take the stem ' + ' or '.join(roomy) if roomy else ' ones'}"
            )
        for name in ("cardinality", "width_per_group", "num_classes", "in_channels", "stem_width", "expansion"):
            object.__setattr__(self, name, positive_int(name, getattr(self, name)))

    @classmethod
    def preset(cls, name: str) -> "ResNeXtConfig":
        """The config of that name; see `presets`."""
        if name not in PRESETS:
            raise ConfigError(nearest_name("preset", name, PRESETS))
        return cls(**PRESETS[name])

    @classmethod
    def presets(cls) -> tuple[str, ...]:
        """The names that `preset` knows."""
        return tuple(PRESETS)

    def replace(self, **changes) -> "ResNeXtConfig":
        """A new config with other values in it."""
        known = [field.name for field in fields(self)]
        for name in changes:
            if name not in known:
                raise ConfigError(nearest_name("value of a config", name, known))
        return replace(self, **changes)

    @property
    def depth(self) -> int:
        """The convolutions and linear layers on the way from image to classes: 50 for ResNeXt-50."""
        return 3 * sum(self.layers) + (4 if self.stem_type == "deep" else 2)

    @property
    def stem_channels(self) -> int:
        """The channels that the stem hands to the first stage."""
        return self.stem_width * (2 if self.stem_type == "deep" else 1)

    def stages(self) -> dict[str, tuple[BlockSpec, ...]]:
        """`layer1`, `layer2`, … → the blocks of that stage.

        From one stage to the next the channels and d double; the first block of each but the first
        stage halves the map.
        """
        stages, channels = {}, self.stem_channels
        for k, blocks in enumerate(self.layers):
            out, width = 64 * self.expansion * 2**k, self.width_per_group * 2**k
            first = BlockSpec(channels, out, self.cardinality, width, stride=2 if k else 1)
            inner = BlockSpec(out, out, self.cardinality, width)
            stages[f"layer{k + 1}"] = (first, *[inner] * (blocks - 1))
            channels = out
        return stages

    def block_specs(self) -> tuple[BlockSpec, ...]:
        """All blocks in the order in which an image meets them."""
        return tuple(spec for stage in self.stages().values() for spec in stage)


def check_config(config: object) -> None:
    """Raise a `ConfigError` if it is something else, such as the name of a preset."""
    if not isinstance(config, ResNeXtConfig):
        raise ConfigError(f"expected a ResNeXtConfig, got {config!r}; try ResNeXtConfig.preset('resnext50_32x4d')")


def check_form(form: object) -> None:
    """Raise a `ConfigError`, with the nearest name, unless it is one of `FORM_NAMES`."""
    if form not in FORM_NAMES:
        raise ConfigError(nearest_name("form", form, FORM_NAMES))
