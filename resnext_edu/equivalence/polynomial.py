"""A module as a polynomial: its weights are variables, which take whole numbers, and every sum stays exact.

How do both sides of a proof get the same weights, when one keeps them in three tensors and the other in a hundred?
Each *number* stands for a variable. Wherever 0.0314 is stored, on either side, a draw puts the same whole
number in its place; and 0 stays 0.
"""
import copy
import math

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.arrangement import flat, places_after_move, weights
from resnext_edu.equivalence.batchnorm import make_identity
from resnext_edu.equivalence.whole_numbers import WholeNumbers

MOST_VALUES = 4096  # to draw from


class ModuleRaised(Exception):
    """One of the two modules raised while it computed with whole numbers."""


class Polynomial:
    """A module with its weights taken as variables; what it computes from positive numbers is a polynomial in them.

    Attributes
    ----------
    numbers : Tensor
        The numbers that its weights hold, without 0, sorted, each once. Number i stands for variable i + 1.
    variables : Tensor
        For all weights, in one row: which variable it is. A 0 is no variable; it has a 0 here.
    degree : float
        The degree of its outputs as polynomials; infinite if even ones make some sum too large.
    size : int
        |S|: out of how many whole numbers, 1 and up, weights and inputs can be drawn, and every sum is exact.
    """

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        self.module = copy.deepcopy(module).eval()
        make_identity(self.module)
        numbers, place = flat(weights(self.module)).unique(return_inverse=True)
        variable = numbers != 0
        self.numbers = numbers[variable]
        self.variables = (variable.cumsum(0) * variable)[place]

        self.shape = shape
        at_one = self._largest_at_one()
        self.degree = self._degree() if at_one < 1 else math.inf
        # at n, a polynomial of degree k without negative coefficients is at most n^k times what it is at 1
        self.size = 1 if self.degree == math.inf else min(MOST_VALUES, int(at_one ** (-1 / self.degree)))

    def run(self, values: Tensor, x: Tensor) -> tuple[Tensor, WholeNumbers]:
        """The output with `values[v]` in place of variable v, and what was seen on the way."""
        drawn, start = values[self.variables], 0
        torch.default_generator.manual_seed(0)  # for a module that rolls dice
        with torch.no_grad():
            for w in weights(self.module):
                w.copy_(drawn[start:start + w.numel()].view_as(w))
                start += w.numel()
            try:
                with WholeNumbers() as seen:
                    return self.module(x.clone()), seen
            except Exception as error:  # the module is not ours: whatever it raises is an answer
                raise ModuleRaised(f"{type(error).__name__}: {error}") from error

    def _largest_at_one(self) -> float:
        """The largest number on the way if all weights and inputs are 1."""
        values = torch.ones(len(self.numbers) + 1, dtype=torch.float64)
        values[0] = 0
        return self.run(values, torch.ones(self.shape, dtype=torch.float64))[1].largest

    def _degree(self) -> float:
        """By what power of 2 the largest number grows when all weights and inputs double."""
        values, x = draw(self.numbers, self.shape, MOST_VALUES, False, torch.Generator().manual_seed(0))
        before, after = (self.run(scale * values, scale * x)[1].largest for scale in (2.0 ** 16, 2.0 ** 17))
        return max(1, math.ceil(math.log2(after / before) - 1e-9)) if after < math.inf else math.inf

    def moved(self, shape: tuple[int, ...]) -> "Polynomial":
        """The control: in every weight of this shape, all variables moved on by one place."""
        wrong = copy.copy(self)
        wrong.variables = self.variables[places_after_move(weights(self.module), shape)]
        return wrong


def draw(
    numbers: Tensor, shape: tuple[int, ...], size: int, signed: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Random whole numbers for the variables (and 0 for the 0), and for the input.

    With signs each variable keeps the sign of its number: what is equal only for weights like these
    (a ReLU after weights that are all positive) is then found equal, as it should be.
    """
    values = torch.randint(1, size + 1, (len(numbers) + 1,), generator=generator).double()
    x = torch.randint(1, size + 1, shape, generator=generator).double()
    values[0] = 0
    if signed:
        values[1:] *= numbers.sign()
        x *= torch.randint(0, 2, shape, generator=generator).mul(2).sub(1)
    return values, x
