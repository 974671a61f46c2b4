"""Equal, bit for bit: both modules compute with whole numbers, where float64 makes no rounding error.

Float64 holds every whole number below 2⁵³. With whole weights, whole inputs and every BatchNorm the
identity, all that a block computes is whole; below 2⁵³ it is exact in *any* order of summation, so
two modules that are one function give the same bits, however differently they were written.

Positive numbers first. No ReLU bites, so each output is a polynomial in the weights and inputs, and two
different polynomials of degree k agree on at most k/|S| of all draws from |S| values (Schwartz 1980,
Zippel 1979). Then numbers with signs, so that the ReLUs matter.
"""
import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from resnext_edu.equivalence.arrangement import flat, shapes_to_move, weights
from resnext_edu.equivalence.batchnorm import make_identity
from resnext_edu.equivalence.report import FAIL, NOTHING_TO_MOVE, PASS, SKIPPED, VACUOUS, Finding, cannot_tell

DRAWS = 4  # with positive numbers, and as many with signs
MOST_VALUES = 4096

# What sums many products inside one operation: a partial sum may be larger than the result.
SUMS = {"convolution", "mm", "addmm", "bmm", "baddbmm", "sum"}
# What computes a polynomial, or picks one of several. For anything else (a sigmoid is 1.0 at every large
# number) whole numbers would prove nothing. Operations that only make or move numbers are known to torch as
# views, or named here.
ARITHMETIC = SUMS | {"add", "sub", "rsub", "mul", "neg", "div", "relu", "clamp_min", "threshold", "maximum", "abs"}
ARITHMETIC |= {"max_pool2d_with_indices", "native_batch_norm", "_native_batch_norm_legit_no_training"}
MOVING = {"cat", "stack", "clone", "copy", "_to_copy", "_unsafe_view", "constant_pad_nd", "roll", "flip", "index"}
MOVING |= {"index_select", "zeros", "zeros_like", "new_zeros", "ones", "ones_like", "full", "full_like", "fill"}
MOVING |= {"zero", "empty", "empty_like", "new_empty", "scalar_tensor", "arange", "lift_fresh", "channel_shuffle"}
MOVING |= {"native_channel_shuffle", "pixel_shuffle", "repeat", "index_add", "_reshape_copy", "detach"}
UNWRITTEN = {"empty", "empty_like", "new_empty"}  # their numbers are whatever stood in memory


class WholeNumbers(TorchDispatchMode):
    """Watches every operation: are its results whole, and small enough to be exact?"""

    def __init__(self):
        super().__init__()
        self.largest = 0.0  # of all results and hidden partial sums, in units of the first number that may round
        self.objection = ""  # the first thing that makes an exact proof impossible

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__.rstrip("_") or func.overloadpacket.__name__
        sizes = tree_map_only(Tensor, Tensor.abs, (args, kwargs)) if name in SUMS and _any_negative(args) else None
        results = func(*args, **kwargs)
        if not _floats((args, results)) or name in UNWRITTEN:
            return results
        known = func.is_view or name in ARITHMETIC | MOVING
        if not known and not (name == "clamp" and len(args) == 2):  # a clamp from below alone is a ReLU
            self.objection = self.objection or f"it runs `{name}`, for which whole numbers prove nothing"
        self._look_at(results, name)
        if sizes:
            self._look_at(func(*sizes[0], **sizes[1]), name)
        return results

    def _look_at(self, results, name: str) -> None:
        for t in _floats(results):
            exact_below = 2 / torch.finfo(t.dtype).eps  # 2⁵³ for float64
            self.largest = max(self.largest, float(t.abs().nan_to_num(math.inf).max()) / exact_below)
            if not self.objection and not torch.equal(t, t.round()):
                example = float(t[t != t.round()][0])
                self.objection = f"`{name}` gives numbers that are not whole, such as {example:.6g}"


def _floats(results) -> list[Tensor]:
    return [t for t in tree_leaves(results) if isinstance(t, Tensor) and t.is_floating_point() and t.numel()]


def _any_negative(args) -> bool:
    return any(bool((t < 0).any()) for t in _floats(args))


class ModuleRaised(Exception):
    """One of the two modules raised while it computed with whole numbers."""


@dataclass
class Side:
    """One of the two modules, its weights taken as variables: equal numbers are one variable, 0 stays 0."""

    module: nn.Module
    numbers: Tensor  # the sorted numbers that are not 0, each once
    variables: Tensor  # per weight, in order: the place of its number among `numbers`, from 1 on; 0 for a 0

    @classmethod
    def of(cls, module: nn.Module) -> "Side":
        module = copy.deepcopy(module).eval()
        make_identity(module)
        stored = flat(weights(module))
        numbers = stored[stored != 0].unique()
        return cls(module, numbers, (torch.searchsorted(numbers, stored) + 1).where(stored != 0, 0))

    def run(self, values: Tensor, x: Tensor) -> tuple[Tensor, WholeNumbers]:
        """The output with `values[v]` in place of variable v, and what was seen on the way."""
        drawn, start = values[self.variables], 0
        with torch.no_grad():
            for w in weights(self.module):
                w.copy_(drawn[start:start + w.numel()].view_as(w))
                start += w.numel()
            try:
                with WholeNumbers() as seen:
                    return self.module(x.clone()), seen
            except Exception as error:  # the module is not ours: whatever it raises is an answer
                raise ModuleRaised(f"{type(error).__name__}: {error}") from error

    def run_all_at(self, n: float, shape: tuple[int, ...]) -> tuple[Tensor, WholeNumbers]:
        """The run that bounds all others: every weight and every input at the largest value."""
        values = torch.full((len(self.numbers) + 1,), float(n), dtype=torch.float64)
        values[0] = 0
        return self.run(values, torch.full(shape, float(n), dtype=torch.float64))

    def degree(self, shape: tuple[int, ...]) -> int | None:
        """The degree of the output as a polynomial: by what power it grows when all that goes in doubles."""
        small, large = (self.run_all_at(n, shape)[0].abs().max() for n in (2.0 ** 16, 2.0 ** 17))
        growth = float(large / small)
        return math.ceil(math.log2(growth) - 1e-9) if 0 < growth < math.inf else None

    def values(self, shape: tuple[int, ...], degree: int) -> int:
        """From how many whole numbers, 1 and up, every sum stays exact.

        A polynomial of degree k without negative coefficients is at n at most n^k times what it is at 1.
        The run at n itself then settles it, for modules that are not quite that.
        """
        n = min(MOST_VALUES, int(self.run_all_at(1, shape)[1].largest ** (-1 / max(1, degree))))
        while n > 4 and self.run_all_at(n, shape)[1].largest >= 1:
            n -= 1
        return n

    def moved(self, shape: tuple[int, ...]) -> "Side":
        """The control: in every weight of this shape, all variables moved on by one place."""
        start, variables = 0, self.variables.clone()
        for w in weights(self.module):
            if tuple(w.shape) == shape:
                variables[start:start + w.numel()] = variables[start:start + w.numel()].roll(1)
            start += w.numel()
        return Side(self.module, self.numbers, variables)


def exact_finding(
    sides: tuple[Side, Side], degree: int | None, shape: tuple[int, ...], seed: int, step: Callable[[], None]
) -> Finding:
    """Whether two modules agree bit for bit on whole numbers.

    Parameters
    ----------
    sides : tuple of two Side
    degree : int or None
        Of the outputs as polynomials; None if they are none.
    shape : tuple of int
        Of the input.
    seed : int
        Of the draws.
    step : callable
        Called after each of `exact_steps(right)` steps, fewer times when the question can't be asked.
    """
    def finding(status: str, measured: float | None, detail: str) -> Finding:
        return Finding("exact", status, measured, None if measured is None else 0.0, detail)

    if why := _not_the_same_numbers(*sides):
        return finding(SKIPPED, None, why)
    if degree is None:
        return finding(SKIPPED, None, "an output does not grow like a polynomial when all that goes in grows")
    size = min(side.values((1, *shape[1:]), degree) for side in sides)
    step()
    if size <= 4:
        return finding(
            SKIPPED, None, f"with more than {size} values per weight some sum could reach 2⁵³, where float64 "
            "begins to round; so few values prove nothing (the modules are too deep or too wide)"
        )

    generator, runs = torch.Generator().manual_seed(seed), []
    for draw in range(2 * DRAWS):
        signed = draw >= DRAWS
        values, x = _draw(sides[0].numbers, shape, size, signed, generator)
        (a, saw_a), (b, saw_b) = (side.run(values, x) for side in sides)
        for name, seen in (("left", saw_a), ("right", saw_b)):
            if seen.objection or seen.largest >= 1:
                return finding(SKIPPED, None, f"{name} can't be run in whole numbers: "
                               + (seen.objection or "a sum passes 2⁵³, where float64 begins to round"))
        step()
        if different := int((a != b).sum()):
            where = "all draws of positive numbers agree, so a ReLU stands elsewhere" if signed else "positive numbers"
            return finding(FAIL, different, f"{different:,} of {a.numel():,} outputs differ in draw {draw + 1} "
                           f"({where}): a difference in whole numbers is no rounding error")
        runs.append((values, x, a))

    shapes = shapes_to_move(sides[1].module)
    for weight in shapes:
        wrong = sides[1].moved(weight)
        noticed = any(not torch.equal(wrong.run(values, x)[0], a) for values, x, a in runs)
        step()
        if not noticed:
            return finding(VACUOUS, None, cannot_tell(weight))
    if not shapes:
        return finding(VACUOUS, None, NOTHING_TO_MOVE)
    return finding(
        PASS, 0, f"0 of {runs[0][2].numel():,} outputs differ, bit for bit, in {DRAWS} draws of positive and {DRAWS} "
        f"of signed whole numbers out of {size}. A wrong block would slip through the positive draws at most once in "
        f"{int((size / degree) ** DRAWS):,} proofs (outputs being polynomials of degree {degree} where no ReLU bites)"
    )


def exact_steps(right: nn.Module) -> int:
    """How many steps `exact_finding` takes: the bound, the draws, a control per shape."""
    return 1 + 2 * DRAWS + len(shapes_to_move(right))


def _not_the_same_numbers(left: Side, right: Side) -> str:
    """Why the weights of both sides can't be taken as the same variables, or ''."""
    counts = [side.variables[side.variables > 0].bincount() for side in (left, right)]
    if torch.equal(left.numbers, right.numbers) and torch.equal(*counts):
        return ""
    n, m = (int(c.sum()) for c in counts)
    if n != m:
        return f"left has {n:,} weights that are not 0, right {m:,}: not the same numbers in another arrangement"
    return f"both have {n:,} weights that are not 0, but not the same ones; convert the weights of one into the other"


def _draw(
    numbers: Tensor, shape: tuple[int, ...], size: int, signed: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Random whole numbers for the variables and for the input.

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
