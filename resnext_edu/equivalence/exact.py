"""Equal, bit for bit: both modules compute with whole numbers, where float64 makes no rounding error.

Float64 holds every whole number below 2⁵³. If weights and inputs are whole and every BatchNorm is the identity, a
block computes only whole numbers. Below 2⁵³ they are exact in *any* order of summation. So two modules that are one
function give the same bits, no matter how differently they are written.

Positive numbers come first. No ReLU cuts anything off, so each output is a polynomial in the weights and inputs, and
two different polynomials of degree k agree in at most k/|S| of all draws from |S| values (Schwartz 1980, Zippel
1979). Then come numbers with signs, so that the ReLUs matter.
"""
import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from resnext_edu.equivalence.batchnorm import batchnorms
from resnext_edu.equivalence.places import place_of_greatest
from resnext_edu.equivalence.polynomial import Polynomial, count_alike, draw
from resnext_edu.equivalence.report import NOTHING_TO_MOVE, cannot_tell
from resnext_edu.equivalence.whole_numbers import WholeNumbers
from resnext_edu.findings import EXACT, FAIL, PASS, SKIPPED, VACUOUS, Finding

DRAWS = 4  # with positive numbers, and then 4 more with signs
ALL_DRAWS = range(1, 9)  # the numbers of both kinds
FEWEST_TO_DRAW_FROM = 5  # with fewer values, a wrong block would often pass
TOO_LARGE = (f"with {FEWEST_TO_DRAW_FROM} or more values per weight some sum could reach 2⁵³, where float64 begins to "
             "round, and fewer prove nothing (the modules are too deep or too wide)")


class Run(NamedTuple):
    """What both sides returned for one draw, and what was seen on the way.

    Attributes
    ----------
    values, x : Tensor
        The draw: the whole numbers for the variables, and the input.
    left, right : Tensor
        The outputs of both sides.
    seen : dict of str to WholeNumbers
        "left" and "right".
    """

    values: Tensor
    x: Tensor
    left: Tensor
    right: Tensor
    seen: dict[str, WholeNumbers]

    @property
    def rounded(self) -> str:
        """Why the draw was not computed exactly, or ''."""
        for side, seen in self.seen.items():
            if seen.not_whole or seen.largest >= 1:
                why = seen.not_whole or "a sum passes 2⁵³, where float64 begins to round"
                return f"{side} can't be run in whole numbers: {why}"
        return ""

    @property
    def unknown(self) -> str:
        """For which operation whole numbers prove nothing, or ''."""
        return next((f"{side} runs `{seen.unknown}`, for which whole numbers prove nothing"
                     for side, seen in self.seen.items() if seen.unknown), "")

    @property
    def picks(self) -> str:
        """Because of which operation a side is not a polynomial, or ''."""
        return next((f"{side} picks some numbers and drops others (`{seen.picks}`), so it is not a polynomial"
                     for side, seen in self.seen.items() if seen.picks), "")


def exact_finding(left: Polynomial, right: Polynomial, seed: int, draws: Iterable[int],
                  controls: Iterable[tuple[int, ...]], name: str = EXACT) -> Finding:
    """Find out whether two modules agree bit for bit on whole numbers.

    Parameters
    ----------
    left, right : Polynomial
        The two modules.
    seed : int
        Of the draws.
    draws : iterable of int
        The numbers of the draws, from 1; those above `DRAWS` have signs.
    controls : iterable of tuple of int
        The shapes of the weights that are made wrong on purpose. The outputs must then differ.
    name : str
        Of the finding.

    Returns
    -------
    Finding
        `measured` is the number of outputs that differ in the first draw in which any differs.

    References
    ----------
    Schwartz 1980, Zippel 1979 (how rarely two different polynomials agree).
    """
    size = min(left.size, right.size)
    if size < FEWEST_TO_DRAW_FROM:
        return Finding(name, SKIPPED, None, None, TOO_LARGE)
    if why := _not_the_same_numbers(left, right):
        return Finding(name, SKIPPED, None, None, why)

    count_alike(left, right)
    runs = _runs(left, right, seed, draws, name)
    if isinstance(runs, Finding):
        return runs
    moved = False
    for shape in controls:
        wrong, moved = right.moved(shape), True
        if all(torch.equal(wrong.run(run.values, run.x)[0], run.left) for run in runs):
            return Finding(name, VACUOUS, None, None, cannot_tell(shape))
    return _agrees(left, right, runs, name) if moved else Finding(name, VACUOUS, None, None, NOTHING_TO_MOVE)


def weightless_finding(left: Polynomial, right: Polynomial, seed: int, draws: Iterable[int], name: str) -> Finding:
    """The same for two modules without weights, such as a pooling: the control is an input moved on by one place.

    The inputs are multiples of the map's height times its width, so that the average over a map is whole, too.
    """
    runs = _runs(left, right, seed, draws, name, times=math.prod(left.shape[2:]))
    if isinstance(runs, Finding):
        return runs
    moved = [run.x.flatten().roll(1).view_as(run.x) for run in runs]
    if all(torch.equal(right.run(run.values, x)[0], run.left) for run, x in zip(runs, moved, strict=True)):
        return Finding(name, VACUOUS, None, None, "an input moved on by one place gives the same outputs")
    return _agrees(left, right, runs, name)


def _runs(left: Polynomial, right: Polynomial, seed: int, draws: Iterable[int], name: str,
          times: int = 1) -> list[Run] | Finding:
    """All draws, if both sides agree in them and all was exact; or else the finding."""
    size, generator, runs = min(left.size, right.size), torch.Generator().manual_seed(seed), list[Run]()
    for number in draws:
        values, x = draw(left.numbers, left.shape, size, number > DRAWS, generator)
        run = _run(left, right, (values, x * times))
        if run.rounded:
            return Finding(name, SKIPPED, None, None, run.rounded)
        if not torch.equal(run.left, run.right):
            return _differs(run, number, name)
        runs.append(run)
    if unknown := next((run.unknown for run in runs if run.unknown), ""):
        return Finding(name, SKIPPED, None, None,
                       f"no output differs in {len(runs)} draws of whole numbers, but {unknown}")
    return runs


def _run(left: Polynomial, right: Polynomial, drawn: tuple[Tensor, Tensor]) -> Run:
    (a, saw_a), (b, saw_b) = (side.run(*drawn) for side in (left, right))
    return Run(*drawn, a, b, {"left": saw_a, "right": saw_b})


def _differs(run: Run, number: int, name: str) -> Finding:
    where = "positive numbers"
    if number > DRAWS:
        where = "all draws of positive numbers agree, so a ReLU is missing or stands elsewhere"
    different = int((run.left != run.right).sum())
    return Finding(name, FAIL, different, 0.0, f"{different:,} of {run.left.numel():,} outputs differ in draw "
                   f"{number} ({where}): a difference in whole numbers is no rounding error",
                   f"output{place_of_greatest(run.left - run.right)}")


def _agrees(left: Polynomial, right: Polynomial, runs: list[Run], name: str) -> Finding:
    size, degree = min(left.size, right.size), max(left.degree, right.degree)
    picks = next((run.picks for run in runs[:DRAWS] if run.picks), "")  # with signs, a ReLU picks, too
    once_in = int((size / degree) ** DRAWS)
    luck = f"no bound on luck is known: even on positive numbers {picks}" if picks else (
        f"on positive ones no ReLU cuts anything off, so that both are polynomials, of degree {degree}: two different "
        f"ones would agree in all {DRAWS} draws at most once in {once_in:,} proofs"
    )
    without = "with every BatchNorm set to the identity, " if any(batchnorms(s.module) for s in (left, right)) else ""
    return Finding(name, PASS, 0, 0.0, f"{without}0 of {runs[0].left.numel():,} outputs differ, bit for bit, "
                   f"in {DRAWS} draws of positive and {DRAWS} of signed whole numbers out of {size}; {luck}",
                   once_in=None if picks else once_in)


def _not_the_same_numbers(left: Polynomial, right: Polynomial) -> str:
    """Why the weights of both sides can't be the same variables, or ''."""
    counts = [side.variables.bincount()[1:] for side in (left, right)]
    if torch.equal(left.numbers, right.numbers) and torch.equal(*counts):
        return ""
    n, m = (int(c.sum()) for c in counts)
    if n != m:
        return f"left has {n:,} weights that are not 0, right {m:,}: not the same numbers in another arrangement"
    return f"both have {n:,} weights that are not 0, but not the same ones; convert the weights of one into the other"
