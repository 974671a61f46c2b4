"""A module as a polynomial: its weights are variables for whole numbers, and every sum stays exact.

How do both sides of a proof get the same weights, if one keeps them in three tensors and the other in a hundred?
Each *number* stands for a variable. Wherever one of the sides stores 0.0314, a draw puts the same whole number in
its place; 0 stays 0.
"""
import copy
import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from resnext_edu.equivalence.arrangement import flat, places_after_move, weights
from resnext_edu.equivalence.batchnorm import batchnorms, make_identity
from resnext_edu.equivalence.whole_numbers import TooLarge, WholeNumbers
from resnext_edu.errors import one_line
from resnext_edu.modules import set_training

MOST_VALUES = 4096  # to draw from
ANY_SEED = 0  # the same for both sides; no finding depends on which one it is


class ModuleRaised(Exception):
    """One of the two modules raised while it computed with whole numbers."""


class Polynomial:
    """A module whose weights are variables. What it computes from positive numbers is a polynomial in them.

    Parameters
    ----------
    module : nn.Module
        In float64. It stays as it is: a copy becomes the polynomial.
    shape : tuple of int
        Of the input.

    Attributes
    ----------
    module : nn.Module
        The copy, in eval mode. Each of its BatchNorms does nothing.
    numbers : Tensor
        The different numbers among its weights, without 0, in an order that depends on nothing else. Number i stands
        for variable i + 1.
    variables : Tensor
        Which variable each weight is, all weights in one row. A weight of 0 is not a variable and has a 0 here.
    degree : float
        The degree of its outputs as polynomials; infinite if some sum is too large even if every number is 1.
    size : int
        |S|: weights and inputs can be drawn from the whole numbers 1 … |S|, and every sum is exact.
    """

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        self.module: nn.Module = copy.deepcopy(module)
        set_training(self.module, False)
        make_identity(self.module)
        for bn in batchnorms(self.module):
            if type(bn).forward is BatchNorm.forward:
                bn.forward = torch.clone  # type: ignore[method-assign]  # the same, in a tenth of the time
        self.shape: tuple[int, ...] = shape
        self.row: Tensor = flat(weights(self.module))
        at_one = self._run_on_ones()
        self.degree: float = self._degree() if at_one < 1 else math.inf
        # a polynomial of degree k without negative coefficients is at n at most n^k times as large as at 1
        self.size: int = min(MOST_VALUES, int(at_one ** (-1 / self.degree))) if math.isfinite(self.degree) else 1
        # with one value to draw from, nothing is ever drawn
        self.numbers, self.variables, self.first = _variables(self.row if self.size > 1 else self.row[:0])

    def run(self, values: Tensor, x: Tensor, exact: bool = False) -> tuple[Tensor, WholeNumbers]:
        """Run the module with `values[v]` in place of variable v.

        Parameters
        ----------
        values : Tensor
            (number of variables + 1,), float64; the first is 0.
        x : Tensor
            The input.
        exact : bool
            Whether the largest number that was seen must be right; if not, a bound may take its place.

        Returns
        -------
        Tensor
            The output.
        WholeNumbers
            What was seen on the way.

        Raises
        ------
        ModuleRaised
            If the module raises.
        """
        return self._with(values.index_select(0, self.variables), x, exact)

    def _with(self, row: Tensor, x: Tensor, exact: bool, limit: float | None = None) -> tuple[Tensor, WholeNumbers]:
        """Run the module with these numbers in place of its weights, all in one row."""
        start = 0
        low, high = (float(bound) for bound in row.aminmax()) if len(row) else (0.0, 0.0)
        torch.default_generator.manual_seed(ANY_SEED)  # for a module that uses random numbers, such as dropout
        with torch.no_grad():
            for w in weights(self.module):
                w.data = row[start:start + w.numel()].view_as(w)
                start += w.numel()
            try:
                with WholeNumbers(exact, limit) as seen:
                    seen.take_as_whole(weights(self.module), low, high)
                    return self.module(x.clone()), seen
            except TooLarge:
                raise
            except Exception as error:  # the module is not ours: whatever it raises is an answer
                raise ModuleRaised(f"{type(error).__name__}: {one_line(error)}") from error

    def _run_on_ones(self) -> float:
        """The largest number on the way, if all weights and inputs are 1; infinite if float64 would round there."""
        try:
            return self._with(self.row.ne(0).double(), torch.ones(self.shape, dtype=torch.float64), True, 1)[1].largest
        except TooLarge:
            return math.inf

    def _degree(self) -> float:
        """By what power of 2 the largest number grows when all weights and inputs double."""
        # numbers that differ: of equal ones, a difference of two sums would be 0
        values, x = draw(self.row, self.shape, MOST_VALUES, False, torch.Generator().manual_seed(ANY_SEED))
        row = values[1:] * self.row.ne(0)
        before, after = (self._with(scale * row, scale * x, True)[1].largest for scale in (2.0 ** 16, 2.0 ** 17))
        return max(1, math.ceil(math.log2(after / before) - 1e-9)) if math.isfinite(after) else math.inf

    def moved(self, shape: tuple[int, ...]) -> "Polynomial":
        """The control: a wrong copy; in every weight of this shape, all variables have moved on by one place."""
        wrong = copy.copy(self)
        wrong.variables = self.variables.index_select(0, places_after_move(weights(self.module), shape))
        return wrong


def _variables(row: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The different numbers in a row except 0, in order; which of them each place has, from 1; where each is first."""
    places = row.nonzero().squeeze(1)
    bits = row[places].view(torch.int64)  # any order does, and whole numbers are sorted in half the time
    in_order, order = bits.sort(stable=True)
    numbers, which, counts = torch.unique_consecutive(in_order, return_inverse=True, return_counts=True)
    variables = torch.zeros(len(row), dtype=torch.long)
    variables.scatter_(0, places.index_select(0, order), which + 1)
    return numbers.view(torch.float64), variables, places[order[counts.cumsum(0) - counts]]


def count_alike(left: Polynomial, right: Polynomial) -> None:
    """Name each variable by the first place that has it on the left, on both sides, which hold the same numbers.

    Then neighbours in memory are neighbours in a draw, too. Sorted by their numbers they would be far apart, and in a
    block of millions of weights most of the time would go into fetching them.
    """
    place = torch.cat([torch.zeros(1, dtype=torch.long), left.first + 1])
    for side in (left, right):
        side.variables = place.index_select(0, side.variables)
        side.numbers = left.row


def draw(
    numbers: Tensor, shape: tuple[int, ...], size: int, signed: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw whole numbers for the variables and for the input.

    Parameters
    ----------
    numbers : Tensor
        The numbers that the variables stand for.
    shape : tuple of int
        Of the input.
    size : int
        The numbers are drawn from 1 … `size`.
    signed : bool
        Whether there are negative numbers, too. Then each variable keeps the sign of its number: two modules may be
        equal only for weights with these signs (a ReLU after positive weights), and this must not look like an error.
    generator : torch.Generator

    Returns
    -------
    tuple of Tensor
        (number of variables + 1,), the first of them 0; and the input. Both are float64.
    """
    values = torch.randint(1, size + 1, (len(numbers) + 1,), generator=generator, dtype=torch.float64)
    x = torch.randint(1, size + 1, shape, generator=generator, dtype=torch.float64)
    values[0] = 0
    if signed:
        values[1:] *= numbers.sign()
        x *= torch.randint(0, 2, shape, generator=generator).mul(2).sub(1)
    return values, x
