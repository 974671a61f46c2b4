"""What a block is, in five numbers: no weights, no torch, nothing to run."""
from dataclasses import dataclass, fields

from resnext_edu.errors import ConfigError, positive_int


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
