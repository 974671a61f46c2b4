"""Are these two modules one function? All questions that we know how to ask, strongest first."""
import copy
import gc
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.belongings import ONE_AT_A_TIME, as_before
from resnext_edu.equivalence.arrangement import shapes_to_move
from resnext_edu.equivalence.batch import BLOCK_BATCH, Batch, batch_of
from resnext_edu.equivalence.batchnorm import batchnorms, is_fresh
from resnext_edu.equivalence.chain import NotAChain, chain_of
from resnext_edu.equivalence.exact import ALL_DRAWS, FEWEST_TO_DRAW_FROM, TOO_LARGE, exact_finding
from resnext_edu.equivalence.floats import Round, difference, float_findings
from resnext_edu.equivalence.links import ChainProof
from resnext_edu.equivalence.observer import Observer
from resnext_edu.equivalence.polynomial import ModuleRaised, Polynomial
from resnext_edu.equivalence.progress import Progress
from resnext_edu.equivalence.question import (
    all_in_float64,
    check_modules,
    copy_of,
    default_dtype,
    first_runs,
    move,
    no_evidence,
)
from resnext_edu.equivalence.report import EquivalenceReport
from resnext_edu.errors import ConfigError, EquivalenceError, one_line, seed_of, shown
from resnext_edu.findings import ERROR, EXACT, FAIL, FINDINGS, SKIPPED, VACUOUS, Finding
from resnext_edu.inputs import InputSize, leaves
from resnext_edu.modules import parameters, set_training, unregistered_names
from resnext_edu.words import listed

Links = tuple[Finding, ...]  # one finding for each link of a chain
DEEP = 8  # a block has degree 4; in a deep network, ten training steps amplify rounding errors without limit
ROUNDS_IN_FLOAT32 = 1e-3  # of the largest output; rounding in a block is about 1e-6


def prove_equivalent(
    left: nn.Module,
    right: nn.Module,
    *,
    input_size: InputSize = BLOCK_BATCH,
    seed: int = 0,
    inputs: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    floats: bool = True,
) -> EquivalenceReport:
    """Find out whether two modules compute the same, and learn the same.

    First exactly, with whole numbers, which float64 does not round; then with floats: outputs in eval and train
    mode, gradients, BatchNorm's statistics, SGD. Each finding has a control: it must notice a copy of `right` that is
    wrong on purpose, or else it is VACUOUS. A network is too deep for whole numbers: if it is a chain of blocks, the
    exact question is asked link by link, and the report lists the links.

    Everything runs on copies, in float64, on the CPU, and torch's global random state is restored. Afterwards all that
    can be reached from the modules is as it was, even if something raised: also what they share with their copies, such
    as a list that a hook fills, attributes of their classes, and the global variables that their functions name. What
    lives outside of Python's objects can't be kept (files, iterators, the memory of C libraries), nor what an installed
    package keeps in its own global variables.

    Parameters
    ----------
    left, right : nn.Module
        Any two modules that return one float tensor of the same shape. If their weights are not the same numbers in
        another arrangement, the findings that need this are SKIPPED and say so.
    input_size : sequence of int, or list of these
        The shape of the random batch, (N, C, H, W) for a block; for modules with several inputs, a list of shapes.
    seed : int
        Of all random numbers.
    inputs : object, optional
        A real batch, in the modules' dtype. The float findings use it as well as the random one. What is not one tensor
        of floats takes the place of `input_size`: a tuple has one argument for each position, anything else (a dict, a
        list, a tensor of whole numbers) is one argument. Then the random batch fills all tensors of floats in it.
    kwargs : mapping of str to object, optional
        The arguments that have a name. If they are given alone, the modules get no others.
    progress : callable, optional
        It is called between steps, as ``progress(done, total, finding)``. If it raises, the proof stops.
    floats : bool
        Whether to ask the questions with floats, too. On a large network the exact finding takes half a minute, they
        take minutes.

    Returns
    -------
    EquivalenceReport
        Its `passed` is the verdict; shown in a notebook, it is a table of all findings.

    Raises
    ------
    ConfigError
        If a number of `input_size` is not a positive integer, or `inputs` contradicts it.
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
    seed = seed_of(seed)
    if progress is not None and (not callable(progress) or isinstance(progress, type | nn.Module)):
        raise ConfigError(f"progress must be a function of (done, total, finding), got {shown(progress)}; leave it out")
    batch = batch_of(input_size, inputs, kwargs)
    drawn = _drawn(batch.shape, seed)
    batches = [x for x in (drawn, batch.given) if x is not None]
    tell = progress or (lambda *_: None)
    # in a context of its own: what a module does to context variables stays in there
    with ONE_AT_A_TIME:
        check_modules(left, right, leaves((inputs, kwargs)))
        with as_before(left, right, inputs, kwargs), _garbage_left_alone():
            return copy_context().run(_report, left, right, batch, batches, seed, bool(floats), tell)


def _report(left: nn.Module, right: nn.Module, batch: Batch, batches: list[Tensor], seed: int, floats: bool,
            tell: Callable[[int, int, str], object]) -> EquivalenceReport:
    """All findings about copies of two modules."""
    with (torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False),
          torch.random.fork_rng(devices=[]), ExitStack() as proof):
        a, b = batch.wrapped(copy_of(left, "left")), batch.wrapped(copy_of(right, "right"))
        proof.enter_context(all_in_float64(a, b))
        fewest_values = min(first_runs(a, b, left, right, x, batch.said(x)) for x in batches)
        if why := no_evidence(left, right):
            asked = FINDINGS if floats else (EXACT,)
            findings, links = [Finding(name, VACUOUS, None, None, why) for name in asked], Links()
        else:
            findings, links = _findings(a, b, batch.shape, batches, seed, floats, fewest_values, tell)
        float32 = _in_float32(a, b, batches[0]) if floats else None
    differ = FAIL in [finding.status for finding in findings]  # then float32 says nothing new
    notes = tuple(_notes(left, right, batch, None if differ else float32))
    return EquivalenceReport(tuple(findings), type(left).__name__, type(right).__name__, batch.shape, seed, notes,
                             float32, batch.words if batch.call else "", links)


@contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """Python looks through all objects again and again for garbage: in here, only through those that are new."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    try:
        return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    except (RuntimeError, TypeError, OverflowError) as error:
        raise EquivalenceError(f"no random batch of input_size {shown(shape)} can be made ({one_line(error)}); use a "
                               "smaller one") from error


def _findings(a: nn.Module, b: nn.Module, shape: tuple[int, ...], batches: list[Tensor], seed: int, floats: bool,
              fewest_values: float, tell: Callable[[int, int, str], object]) -> tuple[list[Finding], Links]:
    """The exact finding first, then those with floats; and one finding for each link of a chain."""
    progress = Progress(tell)
    degree, ask = _exact(a, b, shape, batches[0], seed, progress)
    passes: list[Round] = []
    if floats:
        controls = shapes_to_move(b)
        passes = [(x, progress.over("outputs and gradients", ("left", "right")), progress.over("control", controls))
                  for x in batches]
    tell(0, progress.total, EXACT)
    exact, links = ask()
    if not floats:
        return [exact], links
    observer = Observer(a, b, fewest_values=fewest_values, sgd_steps=10 if degree <= DEEP else 1, seed=seed)
    return [exact, *float_findings(observer, passes)], links


def _exact(a: nn.Module, b: nn.Module, shape: tuple[int, ...], x: Tensor, seed: int,
           progress: Progress) -> tuple[float, Callable[[], tuple[Finding, Links]]]:
    """The degree of both modules, and a function that asks the exact question when all loops have been announced.

    If the modules are too deep to be run in whole numbers, and chains, the question is asked link by link.
    """
    try:
        left, right = Polynomial(a, shape), Polynomial(b, shape)
    except ModuleRaised as error:
        raised = Finding(EXACT, ERROR, None, None, f"on whole numbers a module raised {error}")
        return math.inf, lambda: (raised, ())
    degree = max(left.degree, right.degree)
    if degree < math.inf and min(left.size, right.size) >= FEWEST_TO_DRAW_FROM:
        draws, moved = progress.over(EXACT, ALL_DRAWS), progress.over(EXACT, shapes_to_move(b))

        def ask() -> tuple[Finding, Links]:
            try:
                return exact_finding(left, right, seed, draws, moved), ()
            except ModuleRaised as error:
                return Finding(EXACT, ERROR, None, None, f"on whole numbers a module raised {error}"), ()
        return degree, ask
    try:
        for module in (a, b):  # they are copies, and whoever asks next sets the mode again
            set_training(module, False)
        chains = [chain_of(module, x) for module in (a, b)]
    except NotAChain as place:
        skipped = Finding(EXACT, SKIPPED, None, None, f"{TOO_LARGE}; link by link they can't be compared: {place}")
        return degree, lambda: (skipped, ())
    return degree, ChainProof(chains[0], chains[1], x, seed, progress).findings


def _notes(left: nn.Module, right: nn.Module, batch: Batch, float32: float | None) -> list[str]:
    """What a reader has to know to judge the findings."""
    notes = []
    if any(is_fresh(bn) for m in (left, right) for bn in batchnorms(m)):
        notes.append("Some BatchNorms are fresh: ones and zeros, which look the same in any order. Call "
                     "randomise_batchnorm before you convert, and a mix-up of their channels would show.")
    if batch.given is not None:
        what = "numbers" if batch.call else f"batch of shape {tuple(batch.given.shape)}"
        notes.append(f"The float findings used your {what} beside the random one{'s' if batch.call else ''}.")
    if batch.call and any(not (leaf.is_floating_point() if isinstance(leaf, Tensor) else True)
                          for leaf in leaves(tuple(batch.call))):
        notes.append("Tensors of whole numbers went in as they are, so nothing is said about other ones.")
    for side, module in (("left", left), ("right", right)):
        if places := [f"{side}.{name}" for name in unregistered_names(module)]:
            notes.append(f"Not registered, since it stands in a plain list, dict or object: {listed(places)}. Such "
                         "parameters are not the module's: this proof does not draw, compare or train them, and "
                         "neither does an optimiser. Use nn.ModuleList, nn.ModuleDict or nn.ParameterList.")
    if device := next((str(p.device) for p in parameters(left) if not p.is_cpu), ""):
        notes.append(f"The modules are on {device}; copies of them were run on the CPU.")
    if float32 and float32 > ROUNDS_IN_FLOAT32:
        notes.append("In float32 their outputs differ by more than rounding explains. All findings are about float64: "
                     "does one of the modules compute in another precision, or ask for the dtype?")
    return notes


def _in_float32(a: nn.Module, b: nn.Module, x: Tensor) -> float | None:
    """For information: how far apart the outputs are in the precision that people train in."""
    try:
        with torch.no_grad(), default_dtype(torch.float32):
            apart = difference(*([_float32(m)(x.float())] for m in (a, b)))
    except Exception:  # a module that works only in float64
        return None
    return apart if math.isfinite(apart) else None


def _float32(module: nn.Module) -> nn.Module:
    """A copy in float32 and eval mode."""
    copied = copy.deepcopy(module)
    move(copied, torch.float32)
    set_training(copied, False)
    return copied
