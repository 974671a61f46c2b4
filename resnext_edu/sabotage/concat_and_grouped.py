"""The sabotage of a block in form (b), and the four in form (c)."""
import torch
from torch import Tensor, nn

from resnext_edu.blocks import ConcatBottleneck, GroupedBottleneck
from resnext_edu.findings import BUFFERS, EVAL, FINDINGS, INPUT_GRADIENT, TRAIN
from resnext_edu.sabotage.kit import breaks, finish


@breaks(
    ConcatBottleneck, "the paths stacked in another order than the weights that read them",
    harm="C > 1: the last 1×1 reads each path with the weights that were meant for another",
    no_harm="C = 1: there is only one order",
    bites=lambda block: block.cardinality > 1,
    seen_by=FINDINGS,
)
def paths_shuffled(block: ConcatBottleneck) -> None:
    """Every finding sees it. If you shuffle the columns of the last 1×1 in the same way, no finding sees anything, and
    rightly so: the order of the paths is free, as long as all layers use the same one.
    """
    block.__class__ = PathsShuffled


class PathsShuffled(ConcatBottleneck):
    """Form (b), with its first path stacked last."""

    def forward(self, x: Tensor) -> Tensor:
        """Stack paths 1, 2, …, C − 1, 0, and read them in the old order."""
        first, *others = self.paths
        out = torch.cat([path(x) for path in [*others, first]], dim=1)
        return finish(self, self.bn3(self.conv3(out)), x)


@breaks(
    GroupedBottleneck, "groups that take every C-th channel",
    harm="C > 1 and d > 1: a group then reads channels of several paths",
    no_harm="C = 1 or d = 1: a stretch of channels and every C-th channel are then the same",
    bites=lambda block: block.cardinality > 1 and block.width_per_group > 1,
    seen_by=FINDINGS,
)
def groups_interleaved(block: GroupedBottleneck) -> None:
    """Every finding sees it. Torch's groups are contiguous: group i reads channels i·d to i·d + d − 1. All shapes
    and all counts are the same either way.
    """
    block.__class__ = GroupsInterleaved


class GroupsInterleaved(GroupedBottleneck):
    """Form (c), with groups that are not contiguous."""

    def forward(self, x: Tensor) -> Tensor:
        """Move the channels before the 3×3, and back after it."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = _deal(self.conv2(_deal(out, self.width_per_group)), self.cardinality)  # group g: g, g + C, g + 2·C …
        out = self.relu(self.bn2(out))
        return finish(self, self.bn3(self.conv3(out)), x)


def _deal(x: Tensor, rows: int) -> Tensor:
    """Channels written in rows and read in columns: with 2 rows, 0 1 2 3 4 5 → 0 3 1 4 2 5."""
    return torch.unflatten(x, 1, (rows, -1)).transpose(1, 2).flatten(1, 2)


@breaks(
    GroupedBottleneck, "the stride on the first 1×1 in place of the 3×3",
    harm="stride 2: three of four pixels are gone before the 3×3 can see them",
    no_harm="stride 1: there is nothing to move",
    bites=lambda block: block.stride == 2,
    seen_by=FINDINGS,
)
def stride_on_1x1(block: GroupedBottleneck) -> None:
    """Every finding sees it, but only in a block of stride 2, and 13 of ResNeXt-50's 16 blocks have stride 1.
    The weights, their number and the shape of the output stay the same.
    """
    block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride


@breaks(
    GroupedBottleneck, "C and d exchanged",
    harm="C is not d: the 3×3 is cut into d groups of C channels",
    no_harm="C = d",
    bites=lambda block: block.cardinality != block.width_per_group,
    seen_by=(EVAL, TRAIN, INPUT_GRADIENT, BUFFERS),
)
def c_and_d_swapped(block: GroupedBottleneck) -> None:
    """The bottleneck is as wide as before, so that every other layer fits. The 3×3 has another number of weights,
    and `exact` and the sorted pairs of parameters need the same numbers on both sides.
    """
    C, d, right = block.cardinality, block.width_per_group, block.conv2
    block.cardinality, block.width_per_group = d, C
    if d != C:
        wrong = nn.Conv2d(C * d, C * d, 3, stride=(right.stride[0], right.stride[1]), padding=1, groups=d, bias=False,
                          dtype=right.weight.dtype, device="meta")  # "meta" draws no random numbers
        block.conv2 = wrong.to_empty(device=right.weight.device)
        with torch.no_grad():  # the numbers of the right 3×3, repeated or cut short to fill the wrong one
            shape = block.conv2.weight.shape
            often = -(-shape.numel() // right.weight.numel())
            block.conv2.weight.copy_(right.weight.flatten().repeat(often)[:shape.numel()].view(shape))


@breaks(
    GroupedBottleneck, "the second BatchNorm's momentum counted from the other end",
    harm="the momentum is not 1/2: the stored mean and variance keep too little of what was before, or too much",
    no_harm="the momentum is 1/2, from either end; or there is none, and all batches count equally",
    bites=lambda block: block.bn2.momentum not in (None, 0.5),
    seen_by=(BUFFERS,),
)
def momentum_reversed(block: GroupedBottleneck) -> None:
    """TensorFlow's momentum is the share of the old statistics that is kept, PyTorch's the share of the new ones that
    is taken: 0.9 there is 0.1 here. No weight differs, and in train mode BatchNorm uses the batch's own statistics, so
    that outputs, gradients and training are the same. What is stored for eval mode differs after one batch.
    """
    if block.bn2.momentum is not None:
        block.bn2.momentum = 1 - block.bn2.momentum
