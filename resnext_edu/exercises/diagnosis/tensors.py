"""How a wrong tensor, or a layer with wrong weights, follows from the right one."""
import math
import re
from collections.abc import Sequence
from typing import Any

import torch

from resnext_edu.exercises.comparing import same
from resnext_edu.exercises.diagnosis.looks import Reading


def of_parameters(got: str, truth: str) -> Reading | None:
    """How the shapes of a layer's weights differ, the output channels first, the kernel last."""
    left, right = ([tuple(map(int, re.findall(r"\d+", shape))) for shape in re.findall(r"\([^)]*\)", text)]
                   for text in (got, truth))
    if len(left) != len(right):
        return (Reading("more weights than asked for", "A bias, or another layer, has weights of its own.")
                if len(left) > len(right) else Reading("fewer weights than asked for", "A layer is missing."))
    for mine, other in zip(left, right, strict=True):
        if len(mine) != len(other):
            return Reading("a layer of another kind", "Its weight has another number of axes than a convolution's.")
        if mine[2:] != other[2:]:
            return Reading("another kernel", "The size of a kernel is the third argument of `nn.Conv2d`.")
        if mine[:1] != other[:1]:
            return Reading("another number of output channels", "The first number of a weight's shape counts them.")
        if mine[1:2] != other[1:2]:
            return Reading("other input channels, or other groups", "The second number of a weight's shape is what one "
                           "output reads: the input channels, divided by the groups.")
    return None


def of_tensors(got: Sequence[Any], truth: Sequence[Any]) -> Reading | None:
    """The first reading that holds for every case, and differs from the right answer in one of them."""
    def every(change: Any) -> bool:
        try:
            return all(same(left, change(right)) for left, right in zip(got, truth, strict=True))
        except (RuntimeError, IndexError):
            return False

    def alike(key: Any) -> bool:
        return all(same(key(left), key(right)) for left, right in zip(got, truth, strict=True))

    if any(left.dim() == 0 < right.dim() for left, right in zip(got, truth, strict=True)):
        return Reading("one number in place of a tensor", "Something adds up, or picks, over all axes.")
    if every(torch.relu):
        return Reading("a ReLU that nobody asked for", "Negative numbers have become 0.")
    if every(torch.abs):
        return Reading("absolute values", "Negative numbers have lost their sign.")
    if every(torch.neg):
        return Reading("the opposite sign", "Each number is on the other side of zero.")
    if every(lambda right: right.transpose(0, 1)) or every(lambda right: right.transpose(-1, -2)):
        return Reading("two axes exchanged", "The numbers are right, and rows have become columns.")
    for axis in range(max(right.dim() for right in truth)):
        if every(lambda right, axis=axis: right.flip(axis)):
            return Reading("the order turned round", f"Along axis {axis}, what should come first comes last.")
    factors = {f"{factor:g}" for left, right in zip(got, truth, strict=True) if left.shape == right.shape
               for factor in [float(left.sum() / right.sum())]}
    factor = float(factors.pop()) if len(factors) == 1 else 0.0
    if factor and math.isfinite(factor) and every(lambda right: right * factor):
        return Reading("a factor that does not belong there", f"Each number is multiplied by {factor:g}.")
    if alike(torch.flatten):
        return Reading("the right numbers in another shape", "Their order is right; an axis is too many or missing.")
    if alike(lambda tensor: tensor.flatten().sort().values):
        return Reading("the right numbers in other places", "Nothing is missing and nothing too many: the order "
                       "differs.")
    if all(left.dim() != right.dim() for left, right in zip(got, truth, strict=True)):
        return Reading("another number of axes", "Compare the two shapes: which axis is too many, and which is "
                       "missing?")
    if all(left.dim() == right.dim() == 4 and left.shape[:2] == right.shape[:2] != left.shape for left, right
           in zip(got, truth, strict=True)) and any(left.shape[2:] != right.shape[2:] for left, right
                                                    in zip(got, truth, strict=True)):
        return Reading("maps of another size", "One pixel for each map is asked for."
                       if all(right.shape[2:] == (1, 1) for right in truth) else "A stride, a kernel without padding, "
                       "and a pooling make maps smaller; a padding makes them larger.")
    smaller = all(left.dim() == right.dim() and left.numel() < right.numel()
                  for left, right in zip(got, truth, strict=True))
    if smaller and all(set(left.flatten().tolist()) <= set(right.flatten().tolist())
                       for left, right in zip(got, truth, strict=True)):
        return Reading("only a part of it", "What is there is right, and more belongs to it.")
    return None
