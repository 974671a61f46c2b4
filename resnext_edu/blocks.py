"""One block, written in three ways: (a) split-sum, (b) concat, (c) grouped.

The three classes stand one above the other with the same names in the same order,
so that what differs from one to the next is all there is to see:

- from (a) to (b) the C last 1×1 convolutions, and the sum over them, become one 1×1;
- from (b) to (c) the C first 1×1s become one, and the C 3×3s one with `groups=C`.

Shapes in the comments: N images, C = cardinality, d = width_per_group, s = stride.
The source of everything here is Xie et al. 2017, arXiv 1611.05431v2, section 3.3, figure 3.
"""
from collections import OrderedDict

import torch
from torch import Tensor, nn

from resnext_edu.errors import ConfigError, positive_int


class SplitSumBottleneck(nn.Module):
    """Form (a): C paths, each of three small convolutions; their outputs are added up.

    Every path reads the *whole* input. The last BatchNorm comes after the sum and before
    the shortcut (the paper's footnote 6).

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output. Where they differ, or `stride` is 2,
        the shortcut is a projection (1×1 convolution and BatchNorm), else the identity.
    cardinality : int
        C, the number of paths, 1 or more.
    width_per_group : int
        d, the channels of one path in *this* block, 1 or more.
    stride : {1, 2}
        The stride of the 3×3 convolution.

    Raises
    ------
    ConfigError
        If a size is no whole number of at least 1, or the stride is neither 1 nor 2.

    Examples
    --------
    >>> block = SplitSumBottleneck(256, 512, cardinality=32, width_per_group=8, stride=2)
    >>> block(torch.zeros(1, 256, 56, 56)).shape
    torch.Size([1, 512, 28, 28])
    """

    def __init__(self, in_channels, out_channels, *, cardinality, width_per_group, stride=1):
        super().__init__()
        C, d, s = _sizes(self, in_channels, out_channels, cardinality, width_per_group, stride)
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
        self.downsample = _projection(in_channels, out_channels, s)

    def forward(self, x: Tensor) -> Tensor:
        x = _checked(self, x)                           # (N, in, H, W)
        out = sum(path(x) for path in self.paths)       # (N, out, H/s, W/s), C of them added up
        out = self.bn3(out)
        out += _shortcut(self, x)                       # the same shape: (N, out, H/s, W/s)
        return self.relu(out)


class ConcatBottleneck(nn.Module):
    """Form (b): C paths of two small convolutions; their outputs are stacked, and one 1×1 reads the stack.

    That one 1×1 holds the last 1×1s of form (a) side by side: A₁B₁ + A₂B₂ = [A₁, A₂][B₁; B₂]
    (the paper's footnote 3). Parameters and errors: see `SplitSumBottleneck`.

    Examples
    --------
    >>> block = ConcatBottleneck(256, 256, cardinality=32, width_per_group=4)
    >>> block.conv3.weight.shape
    torch.Size([256, 128, 1, 1])
    """

    def __init__(self, in_channels, out_channels, *, cardinality, width_per_group, stride=1):
        super().__init__()
        C, d, s = _sizes(self, in_channels, out_channels, cardinality, width_per_group, stride)
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
        self.downsample = _projection(in_channels, out_channels, s)

    def forward(self, x: Tensor) -> Tensor:
        x = _checked(self, x)                                    # (N, in, H, W)
        out = torch.cat([path(x) for path in self.paths], dim=1) # (N, C·d, H/s, W/s)
        out = self.conv3(out)                                    # (N, out, H/s, W/s)
        out = self.bn3(out)
        out += _shortcut(self, x)                                # the same shape: (N, out, H/s, W/s)
        return self.relu(out)


class GroupedBottleneck(nn.Module):
    """Form (c): three whole convolutions; the 3×3 is cut into C groups.

    Its `state_dict` has the keys of torchvision's `Bottleneck`, in the same order, and with the same
    weights it gives the same bits. Parameters and errors: see `SplitSumBottleneck`.

    Examples
    --------
    >>> block = GroupedBottleneck(256, 256, cardinality=32, width_per_group=4)
    >>> block.conv2.weight.shape  # (out, in ÷ groups, 3, 3)
    torch.Size([128, 4, 3, 3])
    """

    def __init__(self, in_channels, out_channels, *, cardinality, width_per_group, stride=1):
        super().__init__()
        C, d, s = _sizes(self, in_channels, out_channels, cardinality, width_per_group, stride)
        self.conv1 = nn.Conv2d(in_channels, C * d, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(C * d)
        self.conv2 = nn.Conv2d(C * d, C * d, kernel_size=3, stride=s, padding=1, groups=C, bias=False)
        self.bn2 = nn.BatchNorm2d(C * d)
        self.conv3 = nn.Conv2d(C * d, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _projection(in_channels, out_channels, s)

    def forward(self, x: Tensor) -> Tensor:
        x = _checked(self, x)                           # (N, in, H, W)
        out = self.relu(self.bn1(self.conv1(x)))        # (N, C·d, H, W)
        out = self.relu(self.bn2(self.conv2(out)))      # (N, C·d, H/s, W/s)
        out = self.conv3(out)                           # (N, out, H/s, W/s)
        out = self.bn3(out)
        out += _shortcut(self, x)                       # the same shape: (N, out, H/s, W/s)
        return self.relu(out)


FORMS = {"split_sum": SplitSumBottleneck, "concat": ConcatBottleneck, "grouped": GroupedBottleneck}


def _layers(**modules: nn.Module) -> nn.Sequential:
    """Layers in a row, each under its own name in the `state_dict`."""
    return nn.Sequential(OrderedDict(modules))


def _projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential | None:
    """The shortcut's 1×1 where the block changes the shape, else None: the identity (type B of He et al. 2016)."""
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


def _checked(block: nn.Module, x: Tensor) -> Tensor:
    """`x`, if the block can read it."""
    if x.dim() != 4 or x.shape[1] != block.in_channels:
        raise ConfigError(
            f"this block reads inputs of shape (N, {block.in_channels}, H, W), got {tuple(x.shape)}; "
            f"give it {block.in_channels} channels, or build the block with other in_channels"
        )
    return x


def _shortcut(block: nn.Module, x: Tensor) -> Tensor:
    """What goes around the convolutions: `x` itself, or its projection."""
    return x if block.downsample is None else block.downsample(x)


def _sizes(block: nn.Module, in_channels, out_channels, cardinality, width_per_group, stride) -> tuple[int, int, int]:
    """Check the five numbers and keep them on the block, where a reader of the object finds them."""
    block.in_channels = positive_int("in_channels", in_channels)
    block.out_channels = positive_int("out_channels", out_channels)
    block.cardinality = positive_int("cardinality", cardinality)
    block.width_per_group = positive_int("width_per_group", width_per_group)
    block.stride = positive_int("stride", stride)
    if block.stride > 2:
        raise ConfigError(f"stride must be 1 or 2, got {stride}; a stage halves its map once, in its first block")
    return block.cardinality, block.width_per_group, block.stride
