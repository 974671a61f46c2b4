"""Equal, bit for bit: both modules compute with whole numbers, where float64 makes no rounding error.

Float64 holds every whole number below 2⁵³. With whole weights, whole inputs and every BatchNorm the
identity, all that a block computes is whole; below 2⁵³ it is exact in *any* order of summation, so
two modules that are one function give the same bits, however differently they were written.

Positive numbers first. No ReLU bites, so each output is a polynomial in the weights and inputs, and two
different polynomials of degree k agree on at most k/|S| of all draws from |S| values (Schwartz 1980,
Zippel 1979). Then numbers with signs, so that the ReLUs matter.

How do both sides get the same weights, when one keeps them in three tensors and the other in a hundred?
Each *number* stands for a variable. Wherever 0.0314 is stored, on either side, a draw puts the same whole
number in its place; and 0 stays 0.
"""
import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.arrangement import flat, places_after_move, shapes_to_move, weights
from resnext_edu.equivalence.batchnorm import make_identity
from resnext_edu.equivalence.report import FAIL, NOTHING_TO_MOVE, PASS, SKIPPED, VACUOUS, Finding, cannot_tell
from resnext_edu.equivalence.whole_numbers import WholeNumbers

DRAWS = 4  # with positive numbers, and as many with signs
FEWEST_VALUES, MOST_VALUES = 5, 4096  # to draw from; out of fewer than 5, a wrong block would often slip through


class ModuleRaised(Exception):
    """One of the two modules raised while it computed with whole numbers."""


class Side:
    """One of the two modules, its weights taken as variables.

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

    def __init__(self, module: nn.Module, shape: tuple[int, ...]):
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
        self.size = min(MOST_VALUES, int(at_one ** (-1 / self.degree)))

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

    def moved(self, shape: tuple[int, ...]) -> "Side":
        """The control: in every weight of this shape, all variables moved on by one place."""
        wrong = copy.copy(self)
        wrong.variables = self.variables[places_after_move(weights(self.module), shape)]
        return wrong


def exact_finding(left: Side, right: Side, seed: int, step: Callable[[], None]) -> Finding:
    """Whether two modules agree bit for bit on whole numbers.

    Parameters
    ----------
    left, right : Side
    seed : int
        Of the draws.
    step : callable
        Called after each of `exact_steps(right.module)` steps, fewer times when the question can't be asked.
    """
    def finding(status: str, measured: float | None, detail: str) -> Finding:
        return Finding("exact", status, measured, None if measured is None else 0.0, detail)

    if why := _not_the_same_numbers(left, right):
        return finding(SKIPPED, None, why)
    size, degree = min(left.size, right.size), max(left.degree, right.degree)
    if size < FEWEST_VALUES:
        return finding(
            SKIPPED, None, f"with {FEWEST_VALUES} or more values per weight some sum could reach 2⁵³, where float64 "
            "begins to round, and fewer prove nothing (the modules are too deep or too wide)"
        )

    generator, runs, no_proof, picks = torch.Generator().manual_seed(seed), [], "", ""
    for number in range(1, 2 * DRAWS + 1):
        signed = number > DRAWS
        values, x = draw(left.numbers, left.shape, size, signed, generator)
        (a, saw_a), (b, saw_b) = (side.run(values, x) for side in (left, right))
        for name, saw in (("left", saw_a), ("right", saw_b)):
            if saw.not_whole or saw.largest >= 1:
                return finding(SKIPPED, None, f"{name} can't be run in whole numbers: "
                               + (saw.not_whole or "a sum passes 2⁵³, where float64 begins to round"))
            if saw.unknown:
                no_proof = no_proof or f"{name} runs `{saw.unknown}`, for which whole numbers prove nothing"
            if saw.picks and not signed:
                picks = picks or f"{name} picks some numbers and drops others (`{saw.picks}`), and is no polynomial"
        step()
        if different := int((a != b).sum()):
            where = "positive numbers"
            if signed:
                where = "all draws of positive numbers agree, so a ReLU is missing or stands elsewhere"
            return finding(FAIL, different, f"{different:,} of {a.numel():,} outputs differ in draw {number} "
                           f"({where}): a difference in whole numbers is no rounding error")
        runs.append((values, x, a))
    if no_proof:
        return finding(SKIPPED, None, f"no output differs in {2 * DRAWS} draws of whole numbers, but {no_proof}")

    shapes = shapes_to_move(right.module)
    for shape in shapes:
        wrong = right.moved(shape)
        noticed = any(not torch.equal(wrong.run(values, x)[0], a) for values, x, a in runs)
        step()
        if not noticed:
            return finding(VACUOUS, None, cannot_tell(shape))
    if not shapes:
        return finding(VACUOUS, None, NOTHING_TO_MOVE)
    luck = f"no bound on luck is known: even on positive numbers {picks}" if picks else (
        f"on positive ones no ReLU cuts anything off, so that both are polynomials, of degree {degree}: two different "
        f"ones would agree in all {DRAWS} draws at most once in {int((size / degree) ** DRAWS):,} proofs"
    )
    return finding(
        PASS, 0, f"0 of {runs[0][2].numel():,} outputs differ, bit for bit, in {DRAWS} draws of positive and {DRAWS} "
        f"of signed whole numbers out of {size}; {luck}"
    )


def exact_steps(right: nn.Module) -> int:
    """How many steps `exact_finding` takes: one per draw, one per control."""
    return 2 * DRAWS + len(shapes_to_move(right))


def _not_the_same_numbers(left: Side, right: Side) -> str:
    """Why the weights of both sides can't be taken as the same variables, or ''."""
    counts = [side.variables[side.variables > 0].bincount() for side in (left, right)]
    if torch.equal(left.numbers, right.numbers) and torch.equal(*counts):
        return ""
    n, m = (int(c.sum()) for c in counts)
    if n != m:
        return f"left has {n:,} weights that are not 0, right {m:,}: not the same numbers in another arrangement"
    return f"both have {n:,} weights that are not 0, but not the same ones; convert the weights of one into the other"


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
