"""Equal as far as floats can tell: outputs, gradients, BatchNorm's buffers and a little training.

Float64 rounds, so that each operation may add a difference of about 1e-16. Each question here allows 1e-12 of the
largest number compared; a wrong block differs by ten orders of magnitude more.
"""
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torch import Tensor

from resnext_edu.equivalence.observer import (
    LARGE,
    PLACES_OF,
    ROUNDING,
    Answer,
    Observation,
    Observer,
    off_by_rounding,
)
from resnext_edu.equivalence.places import place_of_greatest
from resnext_edu.equivalence.report import NOTHING_TO_MOVE, cannot_tell
from resnext_edu.errors import one_line
from resnext_edu.findings import (
    BUFFERS,
    ERROR,
    EVAL,
    FAIL,
    INPUT_GRADIENT,
    PARAMETER_GRADIENTS,
    PASS,
    SKIPPED,
    TRAIN,
    TRAINING,
    VACUOUS,
    Finding,
)

Round = tuple[Tensor, Iterable[str], Iterable[tuple[int, ...]]]  # a batch, left and right, the shapes of the controls
ALLOWED = 1e-12
WHAT = {  # finding → what was done
    EVAL: f"outputs in eval mode, float64, for the batch and for {LARGE} times the batch",
    TRAIN: "outputs in train mode, float64: BatchNorm uses the batch's own statistics",
    INPUT_GRADIENT: "gradient by the input in {mode} mode, float64",
    PARAMETER_GRADIENTS: "sorted (parameter, gradient) pairs in {mode} mode, float64",
    BUFFERS: "sorted (before, after) pairs of BatchNorm's running statistics, after one batch",
    TRAINING: "sorted (before, after) pairs of all parameters, after {steps}, float64",
}


class Observed(NamedTuple):
    """What was seen with one batch: left, right, left with rounding errors added, and each control."""

    left: Observation
    right: Observation
    rounded: Observation
    wrong: dict[tuple[int, ...], Observation]


def float_findings(observer: Observer, passes: Sequence[Round]) -> list[Finding]:
    """Compare what both modules, and wrong copies of the right one, do with every batch.

    Parameters
    ----------
    observer : Observer
        Of two modules in float64. They are not changed.
    passes : sequence of Round
        One for each batch.

    Returns
    -------
    list of Finding
        All findings except `exact`.
    """
    if any(x.numel() and not x.any() for x, *_ in passes):
        return [Finding(name, VACUOUS, None, ALLOWED, "a batch is all zeros, so it tells nothing") for name in WHAT]
    observed = []
    for x, sides, controls in passes:
        a, b = (observer.observe(observer.sides[side].copied(), x) for side in sides)
        agree = all(difference(a[name], b[name]) <= ALLOWED for name in WHAT if isinstance(a[name], list))
        rounded = a if agree else observer.observe(observer.sides["left"].off_by_rounding(), off_by_rounding(x))
        wrong = {shape: observer.observe(observer.sides["right"].moved(shape), x, sgd_steps=1) for shape in controls}
        observed.append(Observed(a, b, rounded, wrong))
    steps = {1: "1 step"}.get(observer.sgd_steps, f"1 and {observer.sgd_steps} steps")
    words = {"mode": "train" if observer.train else "eval", "steps": f"{steps} of SGD"}
    return [_finding(name, what.format(**words), observed, observer) for name, what in WHAT.items()]


def difference(left: Answer, right: Answer) -> float:
    """The largest difference, divided by the largest number on both sides.

    Parameters
    ----------
    left, right : list of Tensor, str or Exception
        Two answers to one question.

    Returns
    -------
    float
        The worst pair of tensors counts. Infinite if the answers can't be compared.

    Examples
    --------
    >>> import torch
    >>> difference([torch.tensor([1.0, 4.0])], [torch.tensor([1.0, 3.0])])
    0.25
    """
    return greatest(left, right)[0]


def greatest(left: Answer, right: Answer) -> tuple[float, int, list[int]]:
    """The same, and where it is: in which of the tensors, and at which index there.

    Examples
    --------
    >>> import torch
    >>> greatest([torch.tensor([1.0, 4.0])], [torch.tensor([1.0, 3.0])])
    (0.25, 0, [1])
    """
    if not (isinstance(left, list) and isinstance(right, list)):
        return math.inf, 0, []
    worst: tuple[float, int, list[int]] = (0.0, 0, [])
    for number, (a, b) in enumerate(zip(left, right, strict=False)):  # a control trains for fewer steps
        if a.shape != b.shape or not (a.isfinite().all() and b.isfinite().all()):
            return math.inf, number, []
        largest = float(max(a.abs().max(), b.abs().max()))
        if largest and (apart := float((a - b).abs().max()) / largest) > worst[0]:
            worst = apart, number, place_of_greatest(a - b)
    return worst


def _where(name: str, observer: Observer, a: Observation, b: Observation) -> str:
    """At which number the answers of both sides differ most."""
    _, number, index = greatest(a[name], b[name])
    places = a.get(PLACES_OF + name)
    if isinstance(places, list) and index:
        return observer.name_of(name, int(places[number][index[0]]))
    return f"{'input' if name == INPUT_GRADIENT else 'output'}{index}" if index else ""


def _finding(name: str, what: str, observed: list[Observed], observer: Observer) -> Finding:
    """One finding, from everything that was seen with every batch."""
    for a, b, _, _ in observed:
        if trouble := _not_comparable(name, what, a[name], b[name]):
            return trouble
    compared = [(difference(a[name], b[name]), difference(a[name], rounded[name])) for a, b, rounded, _ in observed]
    measured = max(apart for apart, _ in compared)
    if measured > ALLOWED:
        if all(apart <= ALLOWED or (apart < 1000 * noise and math.isfinite(noise)) for apart, noise in compared):
            return Finding(name, SKIPPED, None, ALLOWED, f"{what}: rounding errors grow too large here: if all numbers "
                           f"of left are off by {ROUNDING:g}, it changes about as much as right differs; try another "
                           "input")
        a, b, *_ = max(observed, key=lambda seen: difference(seen.left[name], seen.right[name]))
        return Finding(name, FAIL, measured, ALLOWED, what, _where(name, observer, a, b))
    for a, _, _, wrong in observed:
        if why := _tells_nothing(name, a, wrong):
            return Finding(name, VACUOUS, measured, ALLOWED, f"{what}: {why}")
    return Finding(name, PASS, measured, ALLOWED, what)


def _not_comparable(name: str, what: str, a: Answer, b: Answer) -> Finding | None:
    """The finding if one side has no numbers to compare, or else None."""
    for side, answer in (("left", a), ("right", b)):
        if isinstance(answer, Exception):
            return Finding(name, ERROR, None, ALLOWED, f"{side} raised {type(answer).__name__}: {one_line(answer)}")
        if isinstance(answer, list) and not all(bool(t.isfinite().all()) for t in answer):
            return Finding(name, ERROR, None, ALLOWED, f"{what}: {side} gives NaN or infinity")
    if isinstance(a, str) and isinstance(b, str):
        return Finding(name, SKIPPED, None, ALLOWED, a)
    shapes: list[list[tuple[int, ...]]] = []
    for side, answer in (("left", a), ("right", b)):
        if isinstance(answer, str):
            return Finding(name, FAIL, None, ALLOWED, f"{what}: on the {side} alone, {answer}")
        if isinstance(answer, list):
            shapes.append([tuple(t.shape) for t in answer])
    return next((Finding(name, FAIL, None, ALLOWED, f"{what}: left gives {left}, right {right}")
                 for left, right in zip(*shapes, strict=True) if left != right), None)


def _tells_nothing(name: str, unbroken: Observation, wrong: dict[tuple[int, ...], Observation]) -> str:
    """Why a finding would also pass a wrong block, or ''."""
    if not wrong:
        return NOTHING_TO_MOVE
    noticed = {shape: difference(unbroken[name], control[name]) > ALLOWED for shape, control in wrong.items()}
    # statistics see only what comes before a BatchNorm, so it is enough that they notice one control
    enough = {BUFFERS: any}.get(name, all)(noticed.values())
    return "" if enough else cannot_tell(next(shape for shape in noticed if not noticed[shape]))
