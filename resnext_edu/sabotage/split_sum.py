"""The five sabotages of a block in form (a)."""
import copy

import torch
from torch import Tensor, nn

from resnext_edu.blocks import SplitSumBottleneck
from resnext_edu.errors import ConfigError
from resnext_edu.findings import EVAL, FINDINGS, INPUT_GRADIENT, TRAIN
from resnext_edu.sabotage.kit import add_up, breaks, convolution_in, finish


@breaks(
    SplitSumBottleneck, "BatchNorm in every path, before the sum",
    harm="C > 1: each path is divided by its own spread, and that is not the spread of the sum",
    no_harm="C = 1: there is only one path to normalise",
    bites=lambda block: block.cardinality > 1,
    seen_by=(EVAL, TRAIN, INPUT_GRADIENT),
)
def bn_per_path(block: SplitSumBottleneck) -> None:
    """`exact` makes every BatchNorm the identity, so it does not matter where it stands. The sorted pairs need the
    same numbers on both sides, but C BatchNorms hold C times as many. In eval mode all fresh BatchNorms divide by the
    same 1.000005, whether before the sum or after it: then only train mode sees the mistake.
    """
    block.add_module("bn3", nn.ModuleList(copy.deepcopy(block.bn3) for _ in block.paths))
    block.__class__ = BatchNormPerPath


class BatchNormPerPath(SplitSumBottleneck):
    """Form (a), with a BatchNorm in every path."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise, then add up."""
        norms = self.get_submodule("bn3").children()
        return finish(self, add_up(bn(path(x)) for path, bn in zip(self.paths, norms, strict=True)), x)


@breaks(
    SplitSumBottleneck, "ReLU before the sum",
    harm="a last 1×1 has a negative weight: then a path can give negative numbers, and its ReLU cuts them off",
    no_harm="no last 1×1 has a negative weight: nothing negative reaches the ReLU",
    bites=lambda block: any(bool((convolution_in(path, "conv3").weight < 0).any()) for path in block.paths),
    seen_by=FINDINGS,
)
def relu_before_sum(block: SplitSumBottleneck) -> None:
    """Every finding sees it. In `exact` only the draws with signs do: from positive numbers a ReLU cuts nothing off."""
    block.__class__ = ReLUBeforeSum


class ReLUBeforeSum(SplitSumBottleneck):
    """Form (a), with a ReLU at the end of every path."""

    def forward(self, x: Tensor) -> Tensor:
        """Cut off what is negative, then add up."""
        return finish(self, self.bn3(sum(path(x).relu() for path in self.paths)), x)


@breaks(
    SplitSumBottleneck, "the last BatchNorm's mean folded into a bias in every path",
    harm="C > 1, and the last BatchNorm's running mean is not 0: it is subtracted C times, and not once",
    no_harm="C = 1: it is subtracted once; a fresh BatchNorm: there is nothing to subtract",
    bites=lambda block: block.cardinality > 1 and bool(_running_mean(block).any()),
    seen_by=(EVAL,),
)
def bias_per_path(block: SplitSumBottleneck) -> None:
    """The output shifts, but only in eval mode. In train mode BatchNorm subtracts the batch's own mean, and with it
    any constant: neither the output nor its gradient by the input can tell. `exact` and the sorted pairs need the
    same numbers on both sides, but this block has C biases more.
    """
    mean = _running_mean(block)
    for path in block.paths:
        convolution_in(path, "conv3").bias = nn.Parameter(-mean)
    mean.zero_()


def _running_mean(block: SplitSumBottleneck) -> Tensor:
    mean = block.bn3.running_mean
    assert mean is not None  # every block's BatchNorms keep statistics
    return mean


@breaks(
    SplitSumBottleneck, "the last path left out of the sum",
    harm="the last path gives something other than 0, or would after some training",
    no_harm="its last BatchNorm and its last 1×1 are all zeros: it gives 0, and no gradient will ever change that",
    bites=lambda block: any(bool(p.any()) for name in ("bn2", "conv3")
                            for p in block.paths[-1].get_submodule(name).parameters()),
    seen_by=FINDINGS,
)
def path_dropped(block: SplitSumBottleneck) -> None:
    """Every finding sees it: the path's weights are still there, but nothing depends on them any more."""
    if block.cardinality == 1:
        raise ConfigError("sabotage 'path_dropped' needs a cardinality of 2 or more, got 1: no path would be left")
    block.__class__ = PathDropped


class PathDropped(SplitSumBottleneck):
    """Form (a), without its last path."""

    def forward(self, x: Tensor) -> Tensor:
        """Run all paths, add up all but the last."""
        outputs = [path(x) for path in self.paths]
        return finish(self, self.bn3(sum(outputs[:-1])), x)


@breaks(
    SplitSumBottleneck, "inputs and outputs of every 3×3 exchanged",
    harm="d > 1, and a 3×3 that is not symmetric in its inputs and outputs",
    no_harm="d = 1: there is one input and one output",
    bites=lambda block: any(not torch.equal(w, w.transpose(0, 1))
                            for w in (convolution_in(path, "conv2").weight for path in block.paths)),
    seen_by=FINDINGS,
)
def w2_transposed(block: SplitSumBottleneck) -> None:
    """Every finding sees it, but no check of shapes does: with d inputs and d outputs, the exchanged weight has the
    same shape as the right one.
    """
    for conv2 in (convolution_in(path, "conv2") for path in block.paths):
        conv2.weight = nn.Parameter(conv2.weight.detach().transpose(0, 1).contiguous())
