"""The same numbers, stored in another order: how to compare two modules without knowing which order.

Two forms of one block hold the same weights, one in three large tensors, the other in a hundred small
ones. Sorting takes the arrangement away: whatever is equal after sorting is the same set of numbers.
"""
import copy

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.batchnorm import batchnorms


def weights(module: nn.Module) -> list[nn.Parameter]:
    """The parameters of `module` that are no BatchNorm's."""
    normalising = {id(p) for bn in batchnorms(module) for p in bn.parameters(recurse=False)}
    return [p for p in module.parameters() if id(p) not in normalising]


def float_buffers(module: nn.Module) -> list[Tensor]:
    """Running means and variances, and what else a module keeps beside its parameters."""
    return [b for b in module.buffers() if b.is_floating_point()]


def flat(tensors: list[Tensor]) -> Tensor:
    """All numbers of all tensors in one row, as float64."""
    return torch.cat([torch.zeros(0, dtype=torch.float64), *(t.detach().double().flatten() for t in tensors)])


class Arrangement:
    """The order that sorts a module's numbers, found once, to sort what becomes of each of them.

    Where several numbers are equal (a fresh BatchNorm's ones), nothing tells them apart but what becomes
    of them, so that is what orders them among themselves.
    """

    def __init__(self, before: list[Tensor]):
        self.values, self.order = flat(before).sort(stable=True)
        _, group, counts = torch.unique_consecutive(self.values, return_inverse=True, return_counts=True)
        self.tied = (counts[group] > 1).nonzero().squeeze(1)
        self.group = group[self.tied]

    def sort(self, after: list[Tensor]) -> Tensor:
        """`after`, number for number in the order of what they were before."""
        values = flat(after)[self.order]
        ties = values[self.tied]
        by_value = ties.argsort(stable=True)
        by_group_then_value = by_value[self.group[by_value].argsort(stable=True)]
        values[self.tied] = ties[by_group_then_value]
        return values

    def moved(self, places: Tensor) -> "Arrangement":
        """The same for a module that has at place i what was at ``places[i]``."""
        arrangement = copy.copy(self)
        goes_to = torch.empty_like(places).scatter_(0, places, torch.arange(len(places)))
        arrangement.order = goes_to[self.order]
        return arrangement


# The controls: in all weights of one shape, every number moves on by one place. (Exchanging two numbers is not
# enough: where they sit on a path that gives zero, nobody would notice.)


def shapes_to_move(module: nn.Module) -> list[tuple[int, ...]]:
    """The shapes of weights in which numbers can change places: the controls, one each."""
    return list(dict.fromkeys(tuple(w.shape) for w in weights(module) if w.dim() > 1 and w.numel() > 1))


def places_after_move(tensors: list[Tensor], shape: tuple[int, ...]) -> Tensor:
    """For all numbers of `tensors`, in one row: the place that each of them comes from."""
    start, rows = 0, [torch.zeros(0, dtype=torch.long)]
    for t in tensors:
        row = torch.arange(start, start + t.numel())
        rows.append(row.roll(1) if tuple(t.shape) == shape else row)
        start += t.numel()
    return torch.cat(rows)


def moved_copy(module: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """A copy of `module` in which they have moved: it is wrong, and a check has to notice."""
    wrong = copy.deepcopy(module)
    with torch.no_grad():
        for w in weights(wrong):
            if tuple(w.shape) == shape:
                w.copy_(w.roll(1))
    return wrong
