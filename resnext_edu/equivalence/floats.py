"""Equal as far as floats can tell: outputs, gradients, BatchNorm's buffers and a little training.

Float64 rounds, so two forms of one function differ by about 1e-16 an operation. Each question here
allows 1e-12 of the largest number compared; a wrong block is off by ten orders of magnitude more.
"""
import math
from collections.abc import Callable

from torch import Tensor, nn

from resnext_edu.equivalence.arrangement import shapes_to_move
from resnext_edu.equivalence.observer import LARGE, ROUNDING, Observation, Observer, off_by_rounding
from resnext_edu.equivalence.report import ERROR, FAIL, NOTHING_TO_MOVE, PASS, SKIPPED, VACUOUS, Finding, cannot_tell

ALLOWED = 1e-12
WHAT = {  # finding → what was done
    "output (eval)": f"outputs in eval mode, float64, for the batch and for {LARGE} times the batch",
    "output (train)": "outputs in train mode, float64: BatchNorm uses the batch's own statistics",
    "input gradient": "gradient by the input in {mode} mode, float64",
    "parameter gradients": "sorted (parameter, gradient) pairs in {mode} mode, float64",
    "buffers": "sorted (before, after) pairs of BatchNorm's running statistics, after one batch",
    "training": "sorted (before, after) pairs of all parameters, after {steps}, float64",
}


def float_findings(observer: Observer, batches: list[Tensor], step: Callable[[str], None]) -> list[Finding]:
    """Compare what both modules do with every batch, and with that, what wrong copies of the right one do.

    Parameters
    ----------
    observer : Observer
        Of two modules in float64. They are not changed.
    batches : list of Tensor
        In float64.
    step : callable
        Called with a word for what was done, after each of `float_steps(right, batches)` steps.
    """
    if any(not x.any() for x in batches):
        return [Finding(name, VACUOUS, None, ALLOWED, "a batch is all zeros, and tells nothing") for name in WHAT]
    observed = []
    for x in batches:
        a = observer.observe(observer.left.copied(), x)
        step("output")
        b = observer.observe(observer.right.copied(), x)
        step("gradients and training")
        agree = all(difference(a[name], b[name]) <= ALLOWED for name in WHAT if isinstance(a[name], list))
        rounded = a if agree else observer.observe(observer.left.off_by_rounding(), off_by_rounding(x))
        wrong = {}
        for shape in shapes_to_move(observer.right.module):
            wrong[shape] = observer.observe(observer.right.moved(shape), x, sgd_steps=1)
            step("control")
        observed.append((a, b, rounded, wrong))
    steps = "1 step" if observer.sgd_steps == 1 else f"1 and {observer.sgd_steps} steps"
    words = {"mode": "train" if observer.train else "eval", "steps": f"{steps} of SGD"}
    return [_finding(name, what.format(**words), observed) for name, what in WHAT.items()]


def float_steps(right: nn.Module, batches: list[Tensor]) -> int:
    """How many steps `float_findings` takes."""
    return len(batches) * (2 + len(shapes_to_move(right)))


def difference(left: list[Tensor] | str | Exception, right: list[Tensor] | str | Exception) -> float:
    """The largest difference, in units of the largest number on either side; infinite if nothing can be compared."""
    if not (isinstance(left, list) and isinstance(right, list)):
        return math.inf
    worst = 0.0
    for a, b in zip(left, right, strict=False):  # a control trains for fewer steps
        if a.shape != b.shape or not (a.isfinite().all() and b.isfinite().all()):
            return math.inf
        largest = float(max(a.abs().max(), b.abs().max()))
        worst = max(worst, float((a - b).abs().max()) / largest if largest else 0.0)
    return worst


def _finding(name: str, what: str, observed: list[tuple[Observation, Observation, Observation, dict]]) -> Finding:
    """One finding, from what left, right, left off by rounding, and the controls did with every batch."""
    def finding(status: str, detail: str, measured: float | None = None) -> Finding:
        return Finding(name, status, measured, ALLOWED, detail)

    measured, explained = 0.0, True
    for a, b, rounded, _ in observed:
        for side, numbers in (("left", a[name]), ("right", b[name])):
            if isinstance(numbers, Exception):
                return finding(ERROR, f"{side} raised {type(numbers).__name__}: {numbers}")
            if isinstance(numbers, list) and not all(bool(t.isfinite().all()) for t in numbers):
                return finding(ERROR, f"{what}: {side} gives NaN or infinity")
        reasons = [reason for reason in (a[name], b[name]) if isinstance(reason, str)]
        if len(reasons) == 2:
            return finding(SKIPPED, reasons[0])
        if reasons:
            return finding(FAIL, f"{what}: on the {'left' if reasons[0] is a[name] else 'right'} alone, {reasons[0]}")
        shapes = [[tuple(t.shape) for t in numbers] for numbers in (a[name], b[name])]
        if shapes[0] != shapes[1]:
            return finding(FAIL, f"{what}: left gives {shapes[0][0]}, right {shapes[1][0]}")
        apart = difference(a[name], b[name])
        if apart > ALLOWED:
            explained = explained and apart < 1000 * difference(a[name], rounded[name]) < math.inf
        measured = max(measured, apart)
    if measured > ALLOWED and explained:
        return finding(SKIPPED, f"{what}: rounding is blown up here: left with all its numbers off by "
                                f"{ROUNDING:g} differs from left about as much as right does; try another input")
    if measured > ALLOWED:
        return finding(FAIL, what, measured)
    for a, _, _, wrong in observed:
        if not wrong:
            return finding(VACUOUS, f"{what}: {NOTHING_TO_MOVE}", measured)
        unnoticed = [shape for shape, c in wrong.items() if difference(a[name], c[name]) <= ALLOWED]
        # statistics see only what lies before a BatchNorm, so that one control is enough for them
        if unnoticed and (name != "buffers" or len(unnoticed) == len(wrong)):
            return finding(VACUOUS, f"{what}: {cannot_tell(unnoticed[0])}", measured)
    return finding(PASS, what, measured)
