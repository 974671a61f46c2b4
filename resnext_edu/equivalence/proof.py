"""Are these two modules one function? All questions that we know how to put, strongest first."""
import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.batchnorm import batchnorms, is_fresh
from resnext_edu.equivalence.exact import ModuleRaised, Side, exact_finding, exact_steps
from resnext_edu.equivalence.floats import WHAT, Observer, float_findings, float_steps, relative_difference
from resnext_edu.equivalence.report import ERROR, VACUOUS, EquivalenceReport, Finding
from resnext_edu.errors import EquivalenceError, positive_int

DEEP = 8  # the degree of a block is 4; ten training steps through a deep network amplify rounding without bound


def prove_equivalent(
    left: nn.Module,
    right: nn.Module,
    *,
    input_size: tuple[int, ...] = (2, 256, 14, 14),
    seed: int = 0,
    inputs: Tensor | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> EquivalenceReport:
    """Find out whether two modules compute, and learn, the same.

    Exactly, with whole numbers, where float64 does not round; then with floats: outputs in eval and train
    mode, gradients, BatchNorm's statistics, SGD. Each finding has a control: a copy of `right` that is
    wrong on purpose has to be noticed, else the finding is VACUOUS.

    Neither module is changed, also when something raises: everything runs on copies, in float64, on the
    CPU, and torch's global random state is put back.

    Parameters
    ----------
    left, right : nn.Module
        Any two modules that take one float tensor and return one, of the same shape. Where their weights are
        not the same numbers in another arrangement, the findings that need this are SKIPPED and say so.
    input_size : tuple of int
        The shape of the random batch, (N, C, H, W) for a block.
    seed : int
        Of all random numbers.
    inputs : Tensor, optional
        A real batch, in the modules' dtype, that the float findings use beside the random one.
    progress : callable, optional
        ``progress(done, total, finding)``, called between steps. An exception from it stops the proof.

    Returns
    -------
    EquivalenceReport

    Raises
    ------
    EquivalenceError
        If the question can't be put: no modules, no floating-point weights, NaN among them, several dtypes
        or devices, a module that raises on this input, returns no tensor, or returns another shape.

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
    _check_modules(left, right, inputs)
    shape = tuple(positive_int("every number of input_size", n) for n in input_size)
    batches = [torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)]
    batches += [] if inputs is None else [inputs.detach().to("cpu", torch.float64)]

    with (torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False),
          torch.random.fork_rng(devices=[])):
        a, b = _copy(left, "left"), _copy(right, "right")
        fewest_values = min(_first_run(a, b, x) for x in batches)
        if why := _no_evidence(left, right):
            findings = [Finding(name, VACUOUS, None, None, why) for name in ("exact", *WHAT)]
        else:
            findings = _findings(a, b, shape, batches, seed, fewest_values, progress or (lambda *_: None))
        float32 = _in_float32(a, b, batches[0])
    notes = tuple(_notes(left, right, inputs))
    return EquivalenceReport(tuple(findings), type(left).__name__, type(right).__name__, shape, seed, notes, float32)


def _findings(a, b, shape, batches, seed, fewest_values, progress) -> list[Finding]:
    """Exact first, then all that floats can tell; `progress` hears of every step."""
    total, done = exact_steps(b) + float_steps(b, batches), 0

    def step(finding: str) -> None:
        nonlocal done
        done += 1
        progress(done, total, finding)

    progress(done, total, "exact")
    degree = None
    try:
        sides = Side.of(a), Side.of(b)
        degrees = [side.degree((1, *shape[1:])) for side in sides]
        degree = None if None in degrees else max(degrees)
        exact = exact_finding(sides, degree, shape, seed, lambda: step("exact"))
    except ModuleRaised as error:
        exact = Finding("exact", ERROR, None, None, f"on whole numbers a module raised {error}")
    done = exact_steps(b)  # it takes fewer where it can't be asked
    sgd_steps = 10 if degree is not None and degree <= DEEP else 1
    observer = Observer(a, b, fewest_values=fewest_values, sgd_steps=sgd_steps, seed=seed)
    return [exact, *float_findings(a, b, batches, observer, step)]


def _check_modules(left: nn.Module, right: nn.Module, inputs: Tensor | None) -> None:
    """Raise unless both are modules of one floating-point dtype on one device, and hold numbers."""
    kinds: dict[tuple, str] = {}
    for name, module in (("left", left), ("right", right)):
        if not isinstance(module, nn.Module):
            raise EquivalenceError(f"{name} must be an nn.Module, got {type(module).__name__}; pass the module itself")
        for key, tensor in [*module.named_parameters(), *((k, t) for k, t in module.named_buffers() if t.dim())]:
            if not tensor.is_floating_point():
                raise EquivalenceError(f"{name}.{key} holds {tensor.dtype}, expected floating-point numbers")
            if tensor.is_meta:
                raise EquivalenceError(f"{name}.{key} is on the meta device and holds no numbers; load weights first")
            if bad := int((~tensor.isfinite()).sum()):
                raise EquivalenceError(
                    f"{name}.{key} holds {bad} of {tensor.numel()} numbers that are NaN or infinite; load other weights"
                )
            kinds.setdefault((tensor.dtype, tensor.device), f"{name}.{key}")
    if isinstance(inputs, Tensor):
        if not inputs.is_floating_point():
            raise EquivalenceError(f"inputs hold {inputs.dtype}, expected floating-point numbers; pass inputs.float()")
        if bad := int((~inputs.isfinite()).sum()):
            raise EquivalenceError(f"inputs hold {bad} of {inputs.numel()} numbers that are NaN or infinite")
        kinds.setdefault((inputs.dtype, inputs.device), "inputs")
    elif inputs is not None:
        raise EquivalenceError(f"inputs must be a tensor, got {type(inputs).__name__}; pass one batch")
    if len(kinds) > 1:
        found = "; ".join(f"{where} is {dtype} on {device}" for (dtype, device), where in kinds.items())
        raise EquivalenceError(f"one dtype and one device are needed: {found}; move them with .to(dtype, device)")


def _copy(module: nn.Module, name: str) -> nn.Module:
    try:
        return copy.deepcopy(module).to("cpu", torch.float64).requires_grad_()
    except Exception as error:
        raise EquivalenceError(
            f"{name} can't be copied ({type(error).__name__}: {error}), and a proof runs on copies so that it changes "
            "nothing; keep no computed tensors as attributes"
        ) from error


def _first_run(a: nn.Module, b: nn.Module, x: Tensor) -> float:
    """Run both once, to see that the question can be put; → the fewest values a channel that a BatchNorm sees."""
    fewest, outputs = [float("inf")], []

    def count(bn: nn.Module, args: tuple) -> None:
        fewest.append(args[0].numel() / max(1, args[0].shape[1]))

    for name, module in (("left", a), ("right", b)):
        hooks = [bn.register_forward_pre_hook(count) for bn in batchnorms(module)]
        try:
            with torch.no_grad():
                out = copy.deepcopy(module).eval()(x.clone())
        except Exception as error:
            raise EquivalenceError(
                f"{name} raised on an input of shape {tuple(x.shape)}: {type(error).__name__}: {error}. "
                "Is this the shape that it reads? Pass input_size=(N, C, H, W)"
            ) from error
        finally:
            for hook in hooks:
                hook.remove()
        if not isinstance(out, Tensor):
            raise EquivalenceError(f"{name} returns a {type(out).__name__}, expected one tensor; wrap it to return one")
        if not out.is_floating_point():
            raise EquivalenceError(f"{name} returns {out.dtype}, expected floating-point numbers")
        outputs.append(tuple(out.shape))
    if outputs[0] != outputs[1]:
        raise EquivalenceError(
            f"for an input of shape {tuple(x.shape)} left returns {outputs[0]} and right {outputs[1]}; "
            "two functions with different outputs are not equal: compare their strides and out_channels"
        )
    return min(fewest)


def _no_evidence(left: nn.Module, right: nn.Module) -> str:
    """Why nothing found out about these two would mean anything, or ''."""
    if left is right:
        return "left and right are one and the same object; build the second one separately"
    left_at, right_at = (
        {t.untyped_storage().data_ptr(): key for key, t in module.state_dict().items() if t.numel()}
        for module in (left, right)
    )
    if common := [place for place in left_at if place in right_at]:
        return (f"left.{left_at[common[0]]} and right.{right_at[common[0]]} are one tensor in memory, so whatever "
                "happens to one side happens to the other; copy the weights with load_state_dict")
    return ""


def _notes(left: nn.Module, right: nn.Module, inputs: Tensor | None) -> list[str]:
    """What a reader has to know to weigh the findings."""
    notes = []
    if any(is_fresh(bn) for m in (left, right) for bn in batchnorms(m)):
        notes.append("Some BatchNorms are fresh: ones and zeros, which look the same in any order. Call "
                     "randomise_batchnorm before you convert, and a mix-up of their channels would show.")
    if inputs is not None:
        notes.append(f"The float findings used your batch of shape {tuple(inputs.shape)} beside the random one.")
    if device := next((str(p.device) for p in left.parameters() if p.device.type != "cpu"), ""):
        notes.append(f"The modules are on {device}; copies of them were run on the CPU.")
    return notes


def _in_float32(a: nn.Module, b: nn.Module, x: Tensor) -> float | None:
    """For information: how far apart the outputs are in the precision in which people train."""
    try:
        with torch.no_grad():
            outputs = [[copy.deepcopy(m).float().eval()(x.float())] for m in (a, b)]
            return relative_difference(*outputs)
    except Exception:  # a module that insists on float64 has no float32 answer
        return None
