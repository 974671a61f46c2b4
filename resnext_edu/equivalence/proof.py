"""Are these two modules one function? All questions that we know how to ask, strongest first."""
import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.arrangement import shapes_to_move
from resnext_edu.equivalence.batchnorm import batchnorms, is_fresh
from resnext_edu.equivalence.exact import DRAWS, exact_finding
from resnext_edu.equivalence.floats import difference, float_findings
from resnext_edu.equivalence.observer import Observer
from resnext_edu.equivalence.polynomial import ModuleRaised, Polynomial
from resnext_edu.equivalence.progress import Progress
from resnext_edu.equivalence.question import check_modules, copy_of, first_runs, no_evidence
from resnext_edu.equivalence.report import EquivalenceReport
from resnext_edu.errors import positive_int
from resnext_edu.findings import ERROR, EXACT, FAIL, FINDINGS, VACUOUS, Finding

DEEP = 8  # a block has degree 4; in a deep network, ten training steps amplify rounding errors without limit
ROUNDS_IN_FLOAT32 = 1e-3  # of the largest output; rounding in a block is about 1e-6


def prove_equivalent(
    left: nn.Module,
    right: nn.Module,
    *,
    input_size: tuple[int, ...] = (2, 256, 14, 14),
    seed: int = 0,
    inputs: Tensor | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> EquivalenceReport:
    """Find out whether two modules compute the same, and learn the same.

    First exactly, with whole numbers, which float64 does not round; then with floats: outputs in eval and train
    mode, gradients, BatchNorm's statistics, SGD. Each finding has a control: it must notice a copy of `right` that is
    wrong on purpose, or else it is VACUOUS.

    Neither module is changed, even if something raises. Everything runs on copies, in float64, on the CPU, and
    torch's global random state is restored.

    Parameters
    ----------
    left, right : nn.Module
        Any two modules that take one float tensor, and return one of the same shape. If their weights are not the
        same numbers in another arrangement, the findings that need this are SKIPPED and say so.
    input_size : tuple of int
        The shape of the random batch, (N, C, H, W) for a block.
    seed : int
        Of all random numbers.
    inputs : Tensor, optional
        A real batch, in the modules' dtype. The float findings use it as well as the random one.
    progress : callable, optional
        It is called between steps, as ``progress(done, total, finding)``. If it raises, the proof stops.

    Returns
    -------
    EquivalenceReport
        Its `passed` is the verdict; shown in a notebook, it is a table of all findings.

    Raises
    ------
    ConfigError
        If a number of `input_size` is not a positive integer.
    EquivalenceError
        If the question can't be asked: something is not a module, weights are not floats or are NaN, there are
        several dtypes or devices, or a module raises on this input, returns no tensor, or returns another shape.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3 and figure 3 (the claim); Schwartz 1980 and Zippel 1979
    (why few draws of whole numbers are enough).

    Examples
    --------
    >>> from resnext_edu import GroupedBottleneck, SplitSumBottleneck, convert_state_dict
    >>> a = SplitSumBottleneck(8, 8, cardinality=2, width_per_group=3)
    >>> c = GroupedBottleneck(8, 8, cardinality=2, width_per_group=3)
    >>> _ = c.load_state_dict(convert_state_dict(a.state_dict(), "split_sum", "grouped", 2))
    >>> report = prove_equivalent(a, c, input_size=(2, 8, 5, 5))
    >>> report.passed, report["exact"].measured
    (True, 0)
    """
    check_modules(left, right, inputs)
    shape = tuple(positive_int("every number of input_size", n) for n in input_size)
    batches = [torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)]
    batches += [] if inputs is None else [inputs.detach().to("cpu", torch.float64)]

    with (torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False),
          torch.random.fork_rng(devices=[])):
        a, b = copy_of(left, "left"), copy_of(right, "right")
        fewest_values = min(first_runs(a, b, left, right, x) for x in batches)
        if why := no_evidence(left, right):
            findings = [Finding(name, VACUOUS, None, None, why) for name in FINDINGS]
        else:
            findings = _findings(a, b, shape, batches, seed, fewest_values, progress or (lambda *_: None))
        float32 = _in_float32(a, b, batches[0])
    differ = any(finding.status == FAIL for finding in findings)  # then float32 says nothing new
    notes = tuple(_notes(left, right, inputs, None if differ else float32))
    return EquivalenceReport(tuple(findings), type(left).__name__, type(right).__name__, shape, seed, notes, float32)


def _findings(a: nn.Module, b: nn.Module, shape: tuple[int, ...], batches: list[Tensor], seed: int,
              fewest_values: float, tell: Callable[[int, int, str], object]) -> list[Finding]:
    """The exact finding first, then those with floats; `tell` is called after every step."""
    controls, progress = shapes_to_move(b), Progress(tell)
    shapes = progress.over(EXACT, [shape])  # one step: from how many whole numbers can be drawn?
    draws, moved = progress.over(EXACT, range(1, 2 * DRAWS + 1)), progress.over(EXACT, controls)
    passes = [(x, progress.over("outputs and gradients", ("left", "right")), progress.over("control", controls))
              for x in batches]
    tell(0, progress.total, EXACT)
    degree = math.inf
    try:
        left, right = (Polynomial(module, shape) for shape in shapes for module in (a, b))
        degree = max(left.degree, right.degree)
        exact = exact_finding(left, right, seed, draws, moved)
    except ModuleRaised as error:
        exact = Finding(EXACT, ERROR, None, None, f"on whole numbers a module raised {error}")
    sgd_steps = 10 if degree <= DEEP else 1
    observer = Observer(a, b, fewest_values=fewest_values, sgd_steps=sgd_steps, seed=seed)
    return [exact, *float_findings(observer, passes)]


def _notes(left: nn.Module, right: nn.Module, inputs: Tensor | None, float32: float | None) -> list[str]:
    """What a reader has to know to judge the findings."""
    notes = []
    if any(is_fresh(bn) for m in (left, right) for bn in batchnorms(m)):
        notes.append("Some BatchNorms are fresh: ones and zeros, which look the same in any order. Call "
                     "randomise_batchnorm before you convert, and a mix-up of their channels would show.")
    if inputs is not None:
        notes.append(f"The float findings used your batch of shape {tuple(inputs.shape)} beside the random one.")
    if device := next((str(p.device) for p in left.parameters() if p.device.type != "cpu"), ""):
        notes.append(f"The modules are on {device}; copies of them were run on the CPU.")
    if float32 and float32 > ROUNDS_IN_FLOAT32:
        notes.append("In float32 their outputs differ by more than rounding explains. All findings are about float64: "
                     "does one of the modules compute in another precision, or ask for the dtype?")
    return notes


def _in_float32(a: nn.Module, b: nn.Module, x: Tensor) -> float | None:
    """For information: how far apart the outputs are in the precision that people train in."""
    try:
        with torch.no_grad():
            apart = difference(*([copy.deepcopy(m).float().eval()(x.float())] for m in (a, b)))
    except Exception:  # a module that works only in float64
        return None
    return apart if apart < math.inf else None
