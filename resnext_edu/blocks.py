"""One block, written in three ways: (a) split-sum, (b) concat, (c) grouped.

The three classes stand one below the other and use the same names in the same order,
so that only the real differences catch the eye:

- from (a) to (b) the C last 1×1 convolutions, and the sum over them, become one 1×1;
- from (b) to (c) the C first 1×1s become one, and the C 3×3s one with `groups=C`.

Shapes in the comments: N images, C = cardinality, d = width_per_group, s = stride.
The source of everything here is Xie et al. 2017, arXiv 1611.05431v2, section 3.3, figure 3.
"""
from collections import OrderedDict
from typing import ClassVar

import torch
from torch import Tensor, nn

from resnext_edu.config import BlockSpec, check_form, check_spec
from resnext_edu.errors import ConfigError, not_the_shape, seed_of


class ResNeXtBlock(nn.Module):
    """What the three forms share: five numbers, the check of the input, and the shortcut.

    Each form below explains the five numbers.

    Attributes
    ----------
    form : str
        "split_sum", "concat" or "grouped".
    in_channels, out_channels, cardinality, width_per_group, stride : int
        The five numbers; `spec` has them together.
    downsample : nn.Sequential or None
        The projection, if the block has one.
    """

    form: ClassVar[str]
    in_channels: int
    out_channels: int
    cardinality: int
    width_per_group: int
    stride: int
    relu: nn.ReLU
    downsample: nn.Sequential | None

    def __init__(self, in_channels: int, out_channels: int, *, cardinality: int, width_per_group: int,
                 stride: int = 1) -> None:
        super().__init__()
        spec = BlockSpec(in_channels, out_channels, cardinality, width_per_group, stride)
        self.in_channels, self.out_channels, self.stride = spec.in_channels, spec.out_channels, spec.stride
        self.cardinality, self.width_per_group = spec.cardinality, spec.width_per_group

    @property
    def spec(self) -> BlockSpec:
        """The block's five numbers. They are the same in all three forms."""
        return BlockSpec(self.in_channels, self.out_channels, self.cardinality, self.width_per_group, self.stride)

    def _projection(self) -> nn.Sequential | None:
        """The shortcut's 1×1 if the block changes the shape, or None for the identity (option B of He et al. 2016)."""
        if not self.spec.has_projection:
            return None
        return nn.Sequential(
            nn.Conv2d(self.in_channels, self.out_channels, kernel_size=1, stride=self.stride, bias=False),
            nn.BatchNorm2d(self.out_channels),
        )

    def _checked(self, x: Tensor) -> Tensor:
        """`x` itself; raises a `ConfigError` if it does not have the shape that the block reads."""
        if not isinstance(x, Tensor) or x.dim() != 4 or x.shape[1] != self.in_channels:
            raise ConfigError(not_the_shape(x, self.in_channels, "this block reads inputs", "build the block"))
        return x

    def _shortcut(self, x: Tensor) -> Tensor:
        """What is added to the convolutions' result: `x` itself, or its projection."""
        return x if self.downsample is None else self.downsample(x)


class SplitSumBottleneck(ResNeXtBlock):
    """Form (a): C paths, each of three small convolutions; their outputs are added up.

    Every path reads the *whole* input. The last BatchNorm comes after the sum and before the shortcut.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output. If they differ, or `stride` is 2, the shortcut is a projection
        (1×1 convolution and BatchNorm). Otherwise it is the identity.
    cardinality : int
        C, the number of paths, 1 or more.
    width_per_group : int
        d, the channels of one path in *this* block, 1 or more.
    stride : {1, 2}
        The stride of the 3×3 convolution, and of the projection.

    Raises
    ------
    ConfigError
        If a number is not a positive integer, or the stride is neither 1 nor 2; in `forward`, if the input's
        channels are not the block's.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3, figure 3(a), and footnote 6.

    Examples
    --------
    >>> block = SplitSumBottleneck(256, 512, cardinality=32, width_per_group=8, stride=2)
    >>> block(torch.zeros(1, 256, 56, 56)).shape
    torch.Size([1, 512, 28, 28])
    """

    form: ClassVar[str] = "split_sum"
    paths: nn.ModuleList
    bn3: nn.BatchNorm2d
    relu: nn.ReLU
    downsample: nn.Sequential | None

    def __init__(self, in_channels: int, out_channels: int, *, cardinality: int, width_per_group: int,
                 stride: int = 1) -> None:
        """Build the layers, with weights drawn as torch draws them."""
        super().__init__(in_channels, out_channels, cardinality=cardinality, width_per_group=width_per_group,
                         stride=stride)
        C, d, s = self.cardinality, self.width_per_group, self.stride
        self.paths = nn.ModuleList(
            _layers(
                conv1=nn.Conv2d(in_channels, d, kernel_size=1, bias=False),
                bn1=nn.BatchNorm2d(d),
                relu1=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(d, d, kernel_size=3, stride=s, padding=1, bias=False),
                bn2=nn.BatchNorm2d(d),
                relu2=nn.ReLU(inplace=True),
                conv3=nn.Conv2d(d, out_channels, kernel_size=1, bias=False),
            )
            for _ in range(C)
        )
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = self._projection()

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) → (N, out_channels, H/s, W/s); H/s and W/s are rounded up."""
        x = self._checked(x)                            # (N, in, H, W)
        out = sum(path(x) for path in self.paths)       # (N, out, H/s, W/s), C of them added up
        out = self.bn3(out)
        out += self._shortcut(x)                        # the same shape: (N, out, H/s, W/s)
        y: Tensor = self.relu(out)
        return y


class ConcatBottleneck(ResNeXtBlock):
    """Form (b): C paths of two small convolutions; their outputs are stacked, and a single 1×1 reads the stack.

    This 1×1 holds the last 1×1s of form (a) side by side: A₁B₁ + A₂B₂ = [A₁, A₂][B₁; B₂].

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output. If they differ, or `stride` is 2, the shortcut is a projection
        (1×1 convolution and BatchNorm). Otherwise it is the identity.
    cardinality : int
        C, the number of paths, 1 or more.
    width_per_group : int
        d, the channels of one path in *this* block, 1 or more.
    stride : {1, 2}
        The stride of the 3×3 convolution, and of the projection.

    Raises
    ------
    ConfigError
        If a number is not a positive integer, or the stride is neither 1 nor 2; in `forward`, if the input's
        channels are not the block's.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3, figure 3(b), and footnote 3.

    Examples
    --------
    >>> block = ConcatBottleneck(256, 256, cardinality=32, width_per_group=4)
    >>> block.conv3.weight.shape
    torch.Size([256, 128, 1, 1])
    """

    form: ClassVar[str] = "concat"
    paths: nn.ModuleList
    conv3: nn.Conv2d
    bn3: nn.BatchNorm2d
    relu: nn.ReLU
    downsample: nn.Sequential | None

    def __init__(self, in_channels: int, out_channels: int, *, cardinality: int, width_per_group: int,
                 stride: int = 1) -> None:
        """Build the layers, with weights drawn as torch draws them."""
        super().__init__(in_channels, out_channels, cardinality=cardinality, width_per_group=width_per_group,
                         stride=stride)
        C, d, s = self.cardinality, self.width_per_group, self.stride
        self.paths = nn.ModuleList(
            _layers(
                conv1=nn.Conv2d(in_channels, d, kernel_size=1, bias=False),
                bn1=nn.BatchNorm2d(d),
                relu1=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(d, d, kernel_size=3, stride=s, padding=1, bias=False),
                bn2=nn.BatchNorm2d(d),
                relu2=nn.ReLU(inplace=True),
            )
            for _ in range(C)
        )
        self.conv3 = nn.Conv2d(C * d, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = self._projection()

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) → (N, out_channels, H/s, W/s); H/s and W/s are rounded up."""
        x = self._checked(x)                                     # (N, in, H, W)
        out = torch.cat([path(x) for path in self.paths], dim=1) # (N, C·d, H/s, W/s)
        out = self.conv3(out)                                    # (N, out, H/s, W/s)
        out = self.bn3(out)
        out += self._shortcut(x)                                 # the same shape: (N, out, H/s, W/s)
        y: Tensor = self.relu(out)
        return y


class GroupedBottleneck(ResNeXtBlock):
    """Form (c): three whole convolutions; the 3×3 has C groups.

    Its `state_dict` has the keys of torchvision's `Bottleneck`, in the same order, and with the same
    weights it gives the same bits.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output. If they differ, or `stride` is 2, the shortcut is a projection
        (1×1 convolution and BatchNorm). Otherwise it is the identity.
    cardinality : int
        C, the number of groups of the 3×3, 1 or more.
    width_per_group : int
        d, the channels of one group in *this* block, 1 or more.
    stride : {1, 2}
        The stride of the 3×3 convolution, and of the projection.

    Raises
    ------
    ConfigError
        If a number is not a positive integer, or the stride is neither 1 nor 2; in `forward`, if the input's
        channels are not the block's.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3, figure 3(c).

    Examples
    --------
    >>> block = GroupedBottleneck(256, 256, cardinality=32, width_per_group=4)
    >>> block.conv2.weight.shape  # (out, in ÷ groups, 3, 3)
    torch.Size([128, 4, 3, 3])
    """

    form: ClassVar[str] = "grouped"
    conv1: nn.Conv2d
    bn1: nn.BatchNorm2d
    conv2: nn.Conv2d
    bn2: nn.BatchNorm2d
    conv3: nn.Conv2d
    bn3: nn.BatchNorm2d
    relu: nn.ReLU
    downsample: nn.Sequential | None

    def __init__(self, in_channels: int, out_channels: int, *, cardinality: int, width_per_group: int,
                 stride: int = 1) -> None:
        """Build the layers, with weights drawn as torch draws them."""
        super().__init__(in_channels, out_channels, cardinality=cardinality, width_per_group=width_per_group,
                         stride=stride)
        C, d, s = self.cardinality, self.width_per_group, self.stride
        self.conv1 = nn.Conv2d(in_channels, C * d, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(C * d)
        self.conv2 = nn.Conv2d(C * d, C * d, kernel_size=3, stride=s, padding=1, groups=C, bias=False)
        self.bn2 = nn.BatchNorm2d(C * d)
        self.conv3 = nn.Conv2d(C * d, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = self._projection()

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) → (N, out_channels, H/s, W/s); H/s and W/s are rounded up."""
        x = self._checked(x)                            # (N, in, H, W)
        out = self.relu(self.bn1(self.conv1(x)))        # (N, C·d, H, W)
        out = self.relu(self.bn2(self.conv2(out)))      # (N, C·d, H/s, W/s)
        out = self.conv3(out)                           # (N, out, H/s, W/s)
        out = self.bn3(out)
        out += self._shortcut(x)                        # the same shape: (N, out, H/s, W/s)
        y: Tensor = self.relu(out)
        return y


FORMS: dict[str, type[ResNeXtBlock]] = {  # the name of a form → its class
    "split_sum": SplitSumBottleneck,
    "concat": ConcatBottleneck,
    "grouped": GroupedBottleneck,
}


def build(spec: BlockSpec, form: str = "grouped", *, seed: int | None = None) -> ResNeXtBlock:
    """Build a block with these five numbers, in the form that you name, with new weights.

    Parameters
    ----------
    spec : BlockSpec
        The five numbers.
    form : {"grouped", "concat", "split_sum"}
        Which of the three forms it has.
    seed : int, optional
        With a seed, the weights depend on it alone, and torch's random stream stays where it is. Without one, they
        are drawn from that stream.

    Returns
    -------
    ResNeXtBlock
        A `GroupedBottleneck`, `ConcatBottleneck` or `SplitSumBottleneck`, in train mode, with torch's own
        initialisation. It reads (N, in_channels, H, W) and returns (N, out_channels, H/s, W/s).

    Raises
    ------
    ConfigError
        If the form is unknown, `spec` is not a `BlockSpec`, or `seed` is not a whole number.

    Examples
    --------
    >>> block = build(BlockSpec(256, 512, cardinality=32, width_per_group=8, stride=2), "concat")
    >>> type(block).__name__, block.spec.bottleneck_width
    ('ConcatBottleneck', 256)
    """
    check_form(form)
    check_spec(spec)
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.default_generator.manual_seed(seed_of(seed))
        return FORMS[form](spec.in_channels, spec.out_channels, cardinality=spec.cardinality,
                           width_per_group=spec.width_per_group, stride=spec.stride)


def _layers(**modules: nn.Module) -> nn.Sequential:
    """Layers in a row, each under its own name in the `state_dict`."""
    return nn.Sequential(OrderedDict(modules))
