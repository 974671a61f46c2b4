"""Can the question be asked at all? What two modules need before a proof can say anything about them."""
import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from resnext_edu.equivalence.batchnorm import batchnorms
from resnext_edu.errors import EquivalenceError


def check_modules(left: nn.Module, right: nn.Module, inputs: Tensor | None) -> None:
    """Check that both are modules of one floating-point dtype on one device, and hold finite numbers.

    Parameters
    ----------
    left, right : nn.Module
    inputs : Tensor or None
        It needs the same dtype and device.

    Raises
    ------
    EquivalenceError
        With the name of the first parameter or buffer that does not fit.
    """
    kinds: dict[tuple[torch.dtype, torch.device], str] = {}
    for name, module in (("left", left), ("right", right)):
        if not isinstance(module, nn.Module):
            raise EquivalenceError(f"{name} must be an nn.Module, got {type(module).__name__}; pass the module itself")
        buffers = [(key, b) for key, b in module.named_buffers() if b.is_floating_point()]  # integers only count
        for key, tensor in [*module.named_parameters(), *buffers]:
            if is_lazy(tensor):
                raise EquivalenceError(f"{name}.{key} has no shape yet; run the module on an input once")
            if not tensor.is_floating_point():
                raise EquivalenceError(f"{name}.{key} holds {tensor.dtype}, expected floating-point numbers")
            if tensor.is_meta:
                raise EquivalenceError(f"{name}.{key} is on the meta device and holds no numbers; load weights first")
            if bad := int((~tensor.isfinite()).sum()):
                raise EquivalenceError(
                    f"{bad} of {tensor.numel()} numbers in {name}.{key} are NaN or infinite; load other weights"
                )
            kinds.setdefault((tensor.dtype, tensor.device), f"{name}.{key}")
    if isinstance(inputs, Tensor):
        if not inputs.is_floating_point():
            raise EquivalenceError(f"inputs hold {inputs.dtype}, expected floating-point numbers; pass inputs.float()")
        if bad := int((~inputs.isfinite()).sum()):
            raise EquivalenceError(f"{bad} of {inputs.numel()} numbers in inputs are NaN or infinite; leave them out")
        kinds.setdefault((inputs.dtype, inputs.device), "inputs")
    elif inputs is not None:
        raise EquivalenceError(f"inputs must be a tensor, got {type(inputs).__name__}; pass one batch")
    if len(kinds) > 1:
        found = "; ".join(f"{where} is {dtype} on {device}" for (dtype, device), where in kinds.items())
        raise EquivalenceError(f"one dtype and one device are needed: {found}; move them with .to(dtype, device)")


def copy_of(module: nn.Module, name: str) -> nn.Module:
    """A copy in float64 on the CPU, in which every parameter can have a gradient.

    Parameters
    ----------
    module : nn.Module
    name : str
        What the error calls it: "left" or "right".

    Raises
    ------
    EquivalenceError
        If it can't be copied.
    """
    try:
        copied: nn.Module = copy.deepcopy(module).to("cpu", torch.float64)
    except Exception as error:
        raise EquivalenceError(
            f"{name} can't be copied ({type(error).__name__}: {error}), and a proof runs on copies so that it changes "
            "nothing; do not keep computed tensors as attributes"
        ) from error
    for p in copied.parameters():
        p.requires_grad_()
    return copied


@contextmanager
def _untouched(module: nn.Module, name: str) -> Iterator[None]:
    """Raise if `module` itself runs. This happens if its copy still holds a function that belongs to the original."""
    def refuse(*_: object) -> None:
        raise EquivalenceError(
            f"a copy runs {name} itself, through a function that was made for this very object (a forward that was "
            "replaced, a lambda), and a proof must not change it; write that function into a class"
        )

    python = [m for m in module.modules() if not isinstance(m, torch.jit.ScriptModule)]  # scripts take no hooks
    hooks = [m.register_forward_pre_hook(refuse) for m in python]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _first_run(name: str, module: nn.Module, x: Tensor) -> tuple[tuple[int, ...], float]:
    """Run it once, to see whether that works; → its output's shape, the fewest values a BatchNorm sees per channel."""
    module, fewest = copy.deepcopy(module).eval(), [math.inf]
    for bn in batchnorms(module):
        bn.register_forward_hook(lambda bn, args, out: fewest.append(out.numel() / max(1, out.shape[1])))
    try:
        with torch.no_grad():
            out: object = module(x.clone())
    except EquivalenceError:
        raise
    except Exception as error:
        raise EquivalenceError(
            f"{name} raised on a float64 input of shape {tuple(x.shape)}: {type(error).__name__}: {error}. "
            "Is this the shape that it reads? Pass input_size=(N, C, H, W)"
        ) from error
    if not isinstance(out, Tensor):
        raise EquivalenceError(f"{name} returns a {type(out).__name__}, expected one tensor; wrap it to return one")
    if not out.is_floating_point():
        raise EquivalenceError(f"{name} returns {out.dtype}, expected floating-point numbers")
    if not out.numel():
        raise EquivalenceError(f"{name} returns an empty tensor of shape {tuple(out.shape)}; use a larger input_size")
    return tuple(out.shape), min(fewest)


def first_runs(a: nn.Module, b: nn.Module, left: nn.Module, right: nn.Module, x: Tensor) -> float:
    """Run both modules once, to see whether they take this input and return the same shape.

    Parameters
    ----------
    a, b : nn.Module
        Copies of `left` and `right`, which themselves must not run.
    left, right : nn.Module
    x : Tensor
        The input, in float64.

    Returns
    -------
    float
        The fewest values per channel that any BatchNorm sees; infinite if there is no BatchNorm.

    Raises
    ------
    EquivalenceError
        If a module raises, runs its original, does not return one tensor of floats, or returns another shape.
    """
    with _untouched(left, "left"), _untouched(right, "right"):
        (one, few), (other, fewer) = _first_run("left", a, x), _first_run("right", b, x)
    if one != other:
        raise EquivalenceError(
            f"for an input of shape {tuple(x.shape)} left returns {one} and right {other}; "
            "two functions with different outputs are not equal: compare their strides and out_channels"
        )
    return min(few, fewer)


def no_evidence(left: nn.Module, right: nn.Module) -> str:
    """Why no finding about these two would mean anything, or ''. (They may share their memory.)"""
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
