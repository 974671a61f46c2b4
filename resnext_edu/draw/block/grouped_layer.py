"""A grouped convolution in numbers: who reads whom, and what is stored of the weight."""
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from resnext_edu.config import BlockSpec
from resnext_edu.cost import conv_weights
from resnext_edu.errors import ConfigError, number_of, positive_int, shown

MOST = 32  # channels: with more of them, a cell could no longer be seen


class GroupedLayer(NamedTuple):
    """A convolution with as many outputs as inputs; one output is followed.

    Parameters
    ----------
    channels : int
        Input channels, and as many output channels.
    groups : int
        How many groups; it divides `channels`.
    follow : int
        The output channel to follow, 0 … channels − 1.
    kernel : int
        Height and width of a kernel.
    size : int
        Height and width of the map that comes out, in pixels.

    Examples
    --------
    >>> layer = GroupedLayer(channels=16, groups=4, follow=5, kernel=3, size=56)
    >>> layer.weight, layer.macs, layer.read
    ((16, 4, 3, 3), 1806336, '4–7')
    """

    channels: int
    groups: int
    follow: int
    kernel: int
    size: int

    @property
    def each(self) -> int:
        """How many inputs an output reads."""
        return self.channels // self.groups

    @property
    def kernels(self) -> int:
        """How many little kernels are stored: one for each output and each input that it reads."""
        spec = BlockSpec(self.channels, self.channels, cardinality=self.groups, width_per_group=self.each)
        return conv_weights(spec)["conv2"] // 9  # the same convolution inside a block, where it is a 3×3

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """The shape of the weight: (out, in ÷ groups, k, k)."""
        return self.channels, self.kernels // self.channels, self.kernel, self.kernel

    @property
    def macs(self) -> int:
        """Its multiply–adds on one image: each weight is used once at every place of the map."""
        return prod(self.weight) * self.size**2

    def reads(self, output: int) -> range:
        """The inputs that this output reads: those of its own group, which are neighbours."""
        first = output // self.each * self.each
        return range(first, first + self.each)

    @property
    def read(self) -> str:
        """The inputs that the followed output reads, in words: "4–7"."""
        mine = self.reads(self.follow)
        return f"{mine[0]}–{mine[-1]}" if len(mine) > 1 else str(mine[0])

    @property
    def kind(self) -> str:
        """What it is called: "dense", "depthwise", or its blocks, such as "4 blocks of 4 → 4"."""
        if self.groups == 1:
            return "dense"
        return "depthwise" if self.each == 1 else f"{self.groups} blocks of {self.each} → {self.each}"

    def words(self) -> str:
        """All its numbers in words, for the text alternative."""
        n = self.channels
        return (f"groups = {self.groups} ({self.kind}): output {self.follow} reads {self.each} of {n} inputs "
                f"({self.read}). Of {n**2:,} kernels {self.kernels:,} are left: the weight is {self.weight}, "
                f"{prod(self.weight):,} weights, {self.macs:,} MACs.")


def checked(channels: int, groups: Sequence[int], follow: int, kernel: int, size: int) -> list[GroupedLayer]:
    """A layer for each row of a picture, if all of these numbers can be drawn.

    Parameters
    ----------
    channels, follow, kernel, size : int
        The same for all rows; see `GroupedLayer`.
    groups : sequence of int
        One number for each row.

    Returns
    -------
    list of GroupedLayer

    Raises
    ------
    ConfigError
        If `groups` is empty or does not divide `channels`, there are more than 32 channels, there is no such
        output, or a number is not a positive integer.

    Examples
    --------
    >>> [layer.each for layer in checked(16, (1, 4), follow=5, kernel=3, size=56)]
    [16, 4]
    """
    if not isinstance(groups, Sequence) or not groups:
        raise ConfigError(f"groups must have a number for each row, such as (1, 4, 16); got {shown(groups)}")
    channels, kernel = positive_int("channels", channels), positive_int("kernel", kernel)
    size, groups = positive_int("size", size), [positive_int("groups", each) for each in groups]
    if channels > MOST:
        raise ConfigError(f"channels must be {MOST} or fewer, so that each can be seen; got {channels}")
    for each in groups:
        if channels % each:
            fits = ", ".join(str(fit) for fit in range(1, channels + 1) if channels % fit == 0)
            raise ConfigError(f"groups (={each}) must divide channels (={channels}); these do: {fits}")
    number_of("an output", "follow", follow, channels)
    return [GroupedLayer(channels, each, follow, kernel, size) for each in groups]
