"""The same numbers, stored in another order: how to compare two modules without knowing which order.

Two forms of one block hold the same weights, one in three large tensors, the other in a hundred small
ones. Sorting removes the arrangement: what is equal after sorting is the same set of numbers.
"""
import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.batchnorm import batchnorms
from resnext_edu.modules import named_buffers, named_parameters


def weights(module: nn.Module) -> list[nn.Parameter]:
    """The parameters of `module` that do not belong to a BatchNorm, in order."""
    normalising = {id(p) for bn in batchnorms(module) for p in bn.parameters(recurse=False)}
    return [p for _, p in named_parameters(module) if id(p) not in normalising]


def float_buffers(module: nn.Module) -> list[Tensor]:
    """The buffers that hold floats: running means and variances, and whatever else a module keeps."""
    return [b for _, b in named_buffers(module) if b.is_floating_point()]


def flat(tensors: Sequence[Tensor]) -> Tensor:
    """All numbers of all tensors in one row: a tensor of shape (n,), float64, without gradients."""
    return torch.cat([torch.zeros(0, dtype=torch.float64), *(t.detach().double().flatten() for t in tensors)])


class Arrangement:
    """The order that sorts a module's numbers. It is found once, and then sorts what becomes of each number.

    Several numbers may be equal, such as the ones of a fresh BatchNorm. Only what becomes of them tells them apart,
    so this decides their order.

    Parameters
    ----------
    before : sequence of Tensor
        All numbers of the module.

    Attributes
    ----------
    values : Tensor
        (n,), float64: the numbers, sorted.
    order : Tensor
        (n,), int64: where each of them was before.
    tied : Tensor
        (m,), int64: the places in `values` whose number stands there more than once.
    group : Tensor
        (m,), int64: which of the different numbers it is.
    """

    def __init__(self, before: Sequence[Tensor]) -> None:
        self.values: Tensor
        self.order: Tensor
        self.values, self.order = flat(before).sort()
        _, group, counts = torch.unique_consecutive(self.values, return_inverse=True, return_counts=True)
        self.tied: Tensor = counts[group].gt(1).nonzero().squeeze(1)
        self.group: Tensor = group[self.tied]

    def sort(self, after: Sequence[Tensor]) -> Tensor:
        """Sort what the numbers have become.

        Parameters
        ----------
        after : sequence of Tensor
            As many numbers as before, at the same places.

        Returns
        -------
        Tensor
            (n,), float64: in the order that sorts the numbers before.
        """
        return flat(after)[self.places(after)]

    def places(self, after: Sequence[Tensor]) -> Tensor:
        """Where each of the numbers that `sort` returns was before: (n,), int64."""
        places = self.order.clone()
        ties = flat(after)[places[self.tied]]
        by_value = ties.argsort()
        by_group_then_value = by_value[self.group[by_value].argsort(stable=True)]
        places[self.tied] = places[self.tied[by_group_then_value]]
        return places

    def moved(self, places: Tensor) -> "Arrangement":
        """The arrangement of a module that has at place i the number from ``places[i]``."""
        arrangement = copy.copy(self)
        goes_to = places.argsort()  # of an order, this is the way back
        arrangement.order = goes_to[self.order]
        return arrangement


# The controls: in all weights of one shape, every number moves on by one place. (To exchange two numbers is not
# enough: if both belong to a path that gives zero, nobody would notice.)


def shapes_to_move(module: nn.Module) -> list[tuple[int, ...]]:
    """The shapes of weights in which numbers can change places; each shape is one control."""
    return list(dict.fromkeys(tuple(w.shape) for w in weights(module) if min(w.dim(), w.numel()) > 1))


def places_after_move(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Tensor:
    """Where each number comes from, after all tensors of this shape have moved theirs on by one place.

    Examples
    --------
    >>> places_after_move([torch.zeros(2), torch.zeros(3)], (3,))
    tensor([0, 1, 4, 2, 3])
    """
    start, rows = 0, [torch.zeros(0, dtype=torch.long)]
    for t in tensors:
        row = torch.arange(start, start + t.numel())
        rows.append(row.roll(1) if tuple(t.shape) == shape else row)
        start += t.numel()
    return torch.cat(rows)


def moved_copy(module: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """A wrong copy of `module`: in its weights of this shape, every number has moved on by one place."""
    wrong = copy.deepcopy(module)
    with torch.no_grad():
        for w in weights(wrong):
            if tuple(w.shape) == shape:
                w.copy_(w.roll(1))
    return wrong
