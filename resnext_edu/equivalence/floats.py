"""Equal as far as floats can tell: outputs, gradients, BatchNorm's buffers and a little training.

Float64 rounds, so two forms of one function differ by about 1e-16 an operation. Each question here
allows 1e-12 of the largest number compared; a wrong block is off by ten orders of magnitude more.
What is compared never depends on how the numbers are arranged: see `Arrangement`.
"""
import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.arrangement import Arrangement, float_buffers, moved, same_numbers, shapes_to_move
from resnext_edu.equivalence.report import ERROR, FAIL, NOTHING_TO_MOVE, PASS, SKIPPED, VACUOUS, Finding, cannot_tell

ALLOWED = 1e-12
FEWEST_VALUES = 16  # of a channel in a batch: with fewer, BatchNorm's division blows rounding up
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}
WHAT = {  # finding → what was done
    "output (eval)": "outputs in eval mode, float64",
    "output (train)": "outputs in train mode, float64: BatchNorm uses the batch's own statistics",
    "input gradient": "gradient by the input in {mode} mode, float64",
    "parameter gradients": "sorted (parameter, gradient) pairs in {mode} mode, float64",
    "buffers": "sorted (before, after) pairs of BatchNorm's running statistics, after one batch",
    "training": "sorted (before, after) pairs of all parameters, after {steps}, float64",
}
# finding → the numbers that it compares, or why there are none, or what the module raised
Observation = dict[str, list[Tensor] | str | Exception]


class Observer:
    """Puts the same questions to one module after the other."""

    def __init__(self, left: nn.Module, right: nn.Module, *, fewest_values: float, sgd_steps: int, seed: int):
        self.train = fewest_values >= FEWEST_VALUES
        self.few = f"a BatchNorm sees only {fewest_values:g} values a channel, too few to divide by their spread"
        self.sgd_steps = sgd_steps
        self.seed = seed
        kept = {"parameters": lambda m: list(m.parameters()), "buffers": float_buffers}
        self.counts = {what: [sum(t.numel() for t in of(m)) for m in (left, right)] for what, of in kept.items()}
        self.mapped = {what: any(self.counts[what]) and same_numbers(of(left), of(right)) for what, of in kept.items()}

    def observe(self, module: nn.Module, x: Tensor, sgd_steps: int | None = None) -> Observation:
        """What a copy of `module` does with `x`, in an order of numbers that all forms share."""
        found: Observation = {}
        try:
            found["output (eval)"] = [self._forward(copy.deepcopy(module).eval(), x).detach()]
            self._observe_learning(found, copy.deepcopy(module).train(self.train), x, sgd_steps or self.sgd_steps)
        except Exception as error:  # the module is not ours: whatever it raises is an answer
            found |= {name: error for name in WHAT if name not in found}
        return found

    def _observe_learning(self, found: Observation, module: nn.Module, x: Tensor, sgd_steps: int) -> None:
        """All that needs a backward pass or changes the module, which is a copy."""
        parameters, buffers = list(module.parameters()), float_buffers(module)
        by_parameter = Arrangement(parameters) if self.mapped["parameters"] else None
        by_buffer = Arrangement(buffers) if self.mapped["buffers"] else None
        given = x.clone().requires_grad_()
        out = self._forward(module, given)
        found["output (train)"] = [out.detach().clone()] if self.train else self.few
        slope = self._random(out.shape)
        by_input, *gradients = torch.autograd.grad(
            (out * slope).sum(), [given, *parameters], allow_unused=True, materialize_grads=True
        )
        found["input gradient"] = [by_input]
        found["parameter gradients"] = [by_parameter.sort(gradients)] if by_parameter else self._unlike("parameters")
        if not self.train:
            found["buffers"] = found["training"] = self.few
            return
        found["buffers"] = [by_buffer.sort(buffers)] if by_buffer else self._unlike("buffers")
        found["training"] = (
            [by_parameter.sort(after) for after in self._train(module, x, sgd_steps)]
            if by_parameter else self._unlike("parameters")
        )

    def _train(self, module: nn.Module, x: Tensor, steps: int):
        """The parameters after the first step and after the last."""
        optimiser, target = torch.optim.SGD(module.parameters(), **SGD), None
        for p in module.parameters():  # SGD passes over a parameter without gradient; here one that nothing uses has 0
            p.grad = torch.zeros_like(p)
        for step in range(1, steps + 1):
            out = self._forward(module, x)
            target = self._random(out.shape) if target is None else target
            optimiser.zero_grad(set_to_none=False)
            nn.functional.mse_loss(out, target).backward()
            optimiser.step()
            if step in (1, steps):
                yield [p.detach() for p in module.parameters()]

    def _forward(self, module: nn.Module, x: Tensor) -> Tensor:
        torch.default_generator.manual_seed(self.seed)  # so that dropout drops the same on both sides
        return module(x.clone())  # a block may write into its input

    def _random(self, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=torch.Generator().manual_seed(self.seed), dtype=torch.float64)

    def _unlike(self, what: str) -> str:
        n, m = self.counts[what]
        if n == m == 0:
            return f"neither side has {what}"
        if n == m:
            return f"the {n:,} {what} of both sides are not the same numbers, so they can't be told apart by sorting"
        return f"left has {n:,} {what}, right {m:,}: not the same numbers in another arrangement"


def float_findings(
    left: nn.Module, right: nn.Module, batches: list[Tensor], observer: Observer, step: Callable[[str], None]
) -> list[Finding]:
    """Compare what both modules do with every batch, and with that, what wrong copies of `right` do.

    Parameters
    ----------
    left, right : nn.Module
        In float64. They are not changed.
    batches : list of Tensor
        In float64.
    step : callable
        Called with a word for what was done, after each of `float_steps(right, batches)` steps.
    """
    if any(not x.any() for x in batches):
        return [Finding(name, VACUOUS, None, ALLOWED, "a batch is all zeros, and tells nothing") for name in WHAT]
    observed = []
    for x in batches:
        a = observer.observe(left, x)
        step("output")
        b = observer.observe(right, x)
        step("gradients and training")
        wrong = {}
        for shape in shapes_to_move(right):
            wrong[shape] = observer.observe(moved(right, shape), x, sgd_steps=1)
            step("control")
        observed.append((a, b, wrong))
    steps = "1 step" if observer.sgd_steps == 1 else f"1 and {observer.sgd_steps} steps"
    words = {"mode": "train" if observer.train else "eval", "steps": f"{steps} of SGD"}
    return [_finding(name, what.format(**words), observed) for name, what in WHAT.items()]


def float_steps(right: nn.Module, batches: list[Tensor]) -> int:
    """How many steps `float_findings` takes."""
    return len(batches) * (2 + len(shapes_to_move(right)))


def relative_difference(left: list[Tensor], right: list[Tensor]) -> float:
    """The largest difference, in units of the largest number on either side; NaN if anything is not finite."""
    worst = 0.0
    for a, b in zip(left, right, strict=False):  # a control trains for fewer steps
        largest = float(torch.maximum(a.abs().max(), b.abs().max()))
        difference = float((a - b).abs().max())
        if not math.isfinite(largest) or not math.isfinite(difference):
            return math.nan
        worst = max(worst, difference / largest if largest else 0.0)
    return worst


def _finding(name: str, what: str, observed: list[tuple[Observation, Observation, dict]]) -> Finding:
    """One finding, from what both sides and the controls did with every batch."""
    measured = 0.0
    for a, b, _ in observed:
        for side, numbers in (("left", a[name]), ("right", b[name])):
            if isinstance(numbers, Exception):
                return Finding(name, ERROR, None, ALLOWED, f"{side} raised {type(numbers).__name__}: {numbers}")
            if isinstance(numbers, str):
                return Finding(name, SKIPPED, None, ALLOWED, numbers)
            if not all(bool(t.isfinite().all()) for t in numbers):
                return Finding(name, ERROR, None, ALLOWED, f"{what}: {side} gives NaN or infinity")
        measured = max(measured, relative_difference(a[name], b[name]))
    if not measured <= ALLOWED:
        return Finding(name, FAIL, measured, ALLOWED, what)
    for a, _, wrong in observed:
        if not wrong:
            return Finding(name, VACUOUS, measured, ALLOWED, f"{what}: {NOTHING_TO_MOVE}")
        unnoticed = [shape for shape, c in wrong.items() if relative_difference(a[name], c[name]) <= ALLOWED]
        # statistics see only what lies before a BatchNorm, so that one control is enough for them
        if unnoticed and (name != "buffers" or len(unnoticed) == len(wrong)):
            return Finding(name, VACUOUS, measured, ALLOWED, f"{what}: {cannot_tell(unnoticed[0])}")
    return Finding(name, PASS, measured, ALLOWED, what)
