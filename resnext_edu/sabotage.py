"""Nine ways to break the equality of the three forms. Each is a mistake that somebody has made.

A sabotage takes a block and returns a broken *copy*. It says which form the block must have, where it does harm and
where it does none, which findings of `prove_equivalent` see it, and why the others can't.
"""
import copy
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from resnext_edu.blocks import FORMS, ConcatBottleneck, GroupedBottleneck, ResNeXtBlock, SplitSumBottleneck
from resnext_edu.errors import ConfigError, nearest_name
from resnext_edu.findings import BUFFERS, EVAL, FINDINGS, INPUT_GRADIENT, TRAIN


@dataclass(frozen=True)
class Sabotage:
    """One way to break a block.

    Attributes
    ----------
    name, title : str
    form : str
        The form of the blocks that it breaks.
    harm, no_harm : str
        Which blocks it changes as functions, and which it does not.
    bites : callable
        Takes a block of that form; returns whether the sabotage does harm to it.
    seen_by : tuple of str
        The findings that FAIL if it does harm and the block's BatchNorms are not fresh.
    explanation : str
        Why these findings see it, and why the others can't.
    """

    name: str
    title: str
    form: str
    harm: str
    no_harm: str
    bites: Callable[[Any], bool]  # of a block of that form
    seen_by: tuple[str, ...]
    explanation: str
    _break: Callable[[Any], None]

    def __call__(self, block: nn.Module) -> nn.Module:
        """Break a copy of `block`; see `break_block`."""
        if not isinstance(block, FORMS[self.form]):
            raise ConfigError(
                f"sabotage {self.name!r} breaks a {FORMS[self.form].__name__} (form {self.form!r}), got a "
                f"{type(block).__name__}; convert the block first"
            )
        broken = copy.deepcopy(block)
        self._break(broken)
        return broken


SABOTAGES: dict[str, Sabotage] = {}
Block = TypeVar("Block", bound=ResNeXtBlock)


def break_block(block: nn.Module, name: str) -> nn.Module:
    """Break a copy of a block.

    Parameters
    ----------
    block : nn.Module
        A block of the form ``SABOTAGES[name].form``. It stays as it is.
    name : str
        One of `SABOTAGES`.

    Returns
    -------
    nn.Module
        The broken copy.

    Raises
    ------
    ConfigError
        If the name is unknown, or the block has another form.

    Examples
    --------
    >>> block = GroupedBottleneck(8, 8, cardinality=2, width_per_group=3, stride=2)
    >>> break_block(block, "stride_on_1x1").conv1.stride
    (2, 2)
    """
    if name not in SABOTAGES:
        raise ConfigError(nearest_name("sabotage", name, SABOTAGES))
    return SABOTAGES[name](block)


def _sabotage(of: type[Block], title: str, *, harm: str, no_harm: str, bites: Callable[[Block], bool],
              seen_by: tuple[str, ...]) -> Callable[[Callable[[Block], None]], Callable[[Block], None]]:
    """Add a function that breaks a block in place to `SABOTAGES`; its docstring is the explanation."""
    def listed(function: Callable[[Block], None]) -> Callable[[Block], None]:
        explanation = " ".join((inspect.getdoc(function) or "").split())
        name = function.__name__
        SABOTAGES[name] = Sabotage(name, title, of.form, harm, no_harm, bites, seen_by, explanation, function)
        return function

    return listed


def _end(block: ResNeXtBlock, out: Tensor, x: Tensor) -> Tensor:
    """What every form does after the residual branch."""
    y: Tensor = block.relu(out + block._shortcut(x))
    return y


def _sum(outputs: Iterable[Tensor]) -> Tensor:
    """Python's own sum, as in form (a)."""
    total = sum(outputs)
    assert isinstance(total, Tensor)  # without any output it would be 0
    return total


def _convolution(path: nn.Module, name: str) -> nn.Conv2d:
    """The convolution of this name in a path."""
    layer = path.get_submodule(name)
    assert isinstance(layer, nn.Conv2d)
    return layer


# ------------------------------------------------------------------------------------------ in form (a)


@_sabotage(
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
        return _end(self, _sum(bn(path(x)) for path, bn in zip(self.paths, norms, strict=True)), x)


@_sabotage(
    SplitSumBottleneck, "ReLU before the sum",
    harm="a last 1×1 has a negative weight: then a path can give negative numbers, and its ReLU cuts them off",
    no_harm="no last 1×1 has a negative weight: nothing negative reaches the ReLU",
    bites=lambda block: any(bool((_convolution(path, "conv3").weight < 0).any()) for path in block.paths),
    seen_by=FINDINGS,
)
def relu_before_sum(block: SplitSumBottleneck) -> None:
    """Every finding sees it. In `exact` only the draws with signs do: from positive numbers a ReLU cuts nothing off."""
    block.__class__ = ReLUBeforeSum


class ReLUBeforeSum(SplitSumBottleneck):
    """Form (a), with a ReLU at the end of every path."""

    def forward(self, x: Tensor) -> Tensor:
        """Cut off what is negative, then add up."""
        return _end(self, self.bn3(sum(path(x).relu() for path in self.paths)), x)


@_sabotage(
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
        _convolution(path, "conv3").bias = nn.Parameter(-mean)
    mean.zero_()


def _running_mean(block: SplitSumBottleneck) -> Tensor:
    mean = block.bn3.running_mean
    assert mean is not None  # every block's BatchNorms keep statistics
    return mean


@_sabotage(
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
        return _end(self, self.bn3(sum(outputs[:-1])), x)


@_sabotage(
    SplitSumBottleneck, "inputs and outputs of every 3×3 exchanged",
    harm="d > 1, and a 3×3 that is not symmetric in its inputs and outputs",
    no_harm="d = 1: there is one input and one output",
    bites=lambda block: any(not torch.equal(w, w.transpose(0, 1))
                            for w in (_convolution(path, "conv2").weight for path in block.paths)),
    seen_by=FINDINGS,
)
def w2_transposed(block: SplitSumBottleneck) -> None:
    """Every finding sees it, but no check of shapes does: with d inputs and d outputs, the exchanged weight has the
    same shape as the right one.
    """
    for conv2 in (_convolution(path, "conv2") for path in block.paths):
        conv2.weight = nn.Parameter(conv2.weight.detach().transpose(0, 1).contiguous())


# ------------------------------------------------------------------------------------------ in form (b)


@_sabotage(
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
        return _end(self, self.bn3(self.conv3(out)), x)


# ------------------------------------------------------------------------------------------ in form (c)


@_sabotage(
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
        return _end(self, self.bn3(self.conv3(out)), x)


def _deal(x: Tensor, rows: int) -> Tensor:
    """Channels written in rows and read in columns: with 2 rows, 0 1 2 3 4 5 → 0 3 1 4 2 5."""
    return torch.unflatten(x, 1, (rows, -1)).transpose(1, 2).flatten(1, 2)


@_sabotage(
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


@_sabotage(
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
