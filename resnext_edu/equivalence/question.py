"""Can the question be asked at all? What two modules need before a proof can say anything about them."""
import copy
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from resnext_edu.belongings import Belongings
from resnext_edu.equivalence.batchnorm import batchnorms
from resnext_edu.errors import EquivalenceError, one_line
from resnext_edu.inputs import NEEDS_WHOLE_NUMBERS
from resnext_edu.modules import (
    named_buffers,
    named_modules,
    named_parameters,
    parameters,
    set_training,
    unregistered,
)


def check_modules(left: nn.Module, right: nn.Module, inputs: Iterable[Any]) -> None:
    """Check that both are modules of one floating-point dtype on one device, and hold finite numbers.

    Parameters
    ----------
    left, right : nn.Module
    inputs : iterable
        What goes in. Tensors of floats among it need the same dtype and device.

    Raises
    ------
    EquivalenceError
        With the name of the first parameter or buffer that does not fit.
    """
    kinds: dict[tuple[torch.dtype, torch.device], str] = {}
    for name, module in (("left", left), ("right", right)):
        if not isinstance(module, nn.Module):
            raise EquivalenceError(f"{name} must be an nn.Module, got {type(module).__name__}; pass the module itself")
        buffers = [(key, b) for key, b in named_buffers(module) if b.is_floating_point()]  # integers only count
        for key, tensor in [*named_parameters(module), *buffers]:
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
    for tensor in inputs:
        if isinstance(tensor, Tensor) and tensor.is_floating_point():
            kinds.setdefault((tensor.dtype, tensor.device), "inputs")
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
        copied = copy.deepcopy(module)
        move(copied, torch.float64)
    except Exception as error:
        raise EquivalenceError(
            f"{name} can't be copied ({type(error).__name__}: {one_line(error)}), and a proof runs on copies so that "
            "it changes nothing; do not keep computed tensors as attributes"
        ) from error
    for p in parameters(copied):
        p.requires_grad_()
    return copied


def move(module: nn.Module, dtype: torch.dtype) -> None:
    """Move all its numbers to the CPU, and its floats to a dtype, in place: also of layers that stand in a plain list.

    Parameters
    ----------
    module : nn.Module
        A copy.
    dtype : torch.dtype
    """
    for thing in (module, *unregistered(module).values()):
        for tensor in [thing] if isinstance(thing, Tensor) else _numbers(thing).values():
            tensor.data = tensor.data.to("cpu", dtype if tensor.is_floating_point() else tensor.dtype)


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """For a while, what a module makes without saying a dtype has this one."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def all_in_float64(*copies: nn.Module) -> Iterator[None]:
    """For a while, all other tensors that the copies use are in float64, too: plain ones, global ones, new ones."""
    def exact(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point() or tensor.dtype == torch.float64 or tensor.is_meta or is_lazy(tensor):
            return tensor
        other = tensor.detach().to("cpu", torch.float64)
        return nn.Parameter(other) if isinstance(tensor, nn.Parameter) else other

    others = Belongings(exact)
    try:
        others.take(copies)
        with default_dtype(torch.float64):
            yield
    finally:
        others.put_back()


def _numbers(module: nn.Module) -> dict[str, Tensor]:
    """Its parameters and buffers."""
    return dict([*named_parameters(module), *named_buffers(module)])


@contextmanager
def _untouched(module: nn.Module, name: str) -> Iterator[None]:
    """Raise if `module` itself runs. This happens if its copy still holds a function that belongs to the original."""
    def refuse(*_: object) -> None:
        raise EquivalenceError(
            f"a copy runs {name} itself, through a function that was made for this very object (a forward that was "
            "replaced, a lambda), and a proof must not change it; write that function into a class"
        )

    python = [m for _, m in named_modules(module) if not isinstance(m, torch.jit.ScriptModule)]  # scripts take no hooks
    hooks = [nn.Module.register_forward_pre_hook(m, refuse) for m in python]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _first_run(name: str, module: nn.Module, x: Tensor, words: str) -> tuple[tuple[int, ...], float]:
    """Run it once, to see whether that works; → its output's shape, the fewest values a BatchNorm sees per channel."""
    module, fewest = copy.deepcopy(module), [math.inf]
    set_training(module, False)
    for bn in batchnorms(module):
        bn.register_forward_hook(lambda bn, args, out: fewest.append(out[:, :1].numel()))
    try:
        with torch.no_grad():
            out: object = module(x.clone())
    except EquivalenceError:
        raise
    except Exception as error:
        raise EquivalenceError(
            f"{name} raised on {words.replace('an input', 'a float64 input')}: {type(error).__name__}: "
            f"{one_line(error)}. {_repair(error, words)}"
        ) from error
    if not isinstance(out, Tensor):
        raise EquivalenceError(f"{name} returns a {type(out).__name__}, expected one tensor; wrap it to return one")
    if not out.is_floating_point():
        raise EquivalenceError(f"{name} returns {out.dtype}, expected floating-point numbers")
    if not out.numel():
        raise EquivalenceError(f"{name} returns an empty tensor of shape {tuple(out.shape)}; use a larger input_size")
    return tuple(out.shape), min(fewest)


def _repair(error: Exception, words: str) -> str:
    if NEEDS_WHOLE_NUMBERS.search(str(error)):
        return "It looks something up, which takes whole numbers: pass them as inputs=, a tensor of torch.int64"
    if "inputs=" in words or "kwargs=" in words:
        return "Are these the arguments that its forward takes?"
    return "Is this the shape that it reads? Pass input_size=(N, C, H, W)"


def first_runs(a: nn.Module, b: nn.Module, left: nn.Module, right: nn.Module, x: Tensor, words: str) -> float:
    """Run both modules once, to see whether they take this input and return the same shape.

    Parameters
    ----------
    a, b : nn.Module
        Copies of `left` and `right`, which themselves must not run.
    left, right : nn.Module
    x : Tensor
        The input, in float64.
    words : str
        What errors call it.

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
        (one, few), (other, fewer) = _first_run("left", a, x, words), _first_run("right", b, x, words)
    if one != other:
        raise EquivalenceError(
            f"for {words} left returns {one} and right {other}; "
            "two functions with different outputs are not equal: compare their strides and out_channels"
        )
    return min(few, fewer)


def no_evidence(left: nn.Module, right: nn.Module) -> str:
    """Why no finding about these two would mean anything, or ''. (They may share their memory.)"""
    if left is right:
        return "left and right are one and the same object; build the second one separately"
    left_at, right_at = (
        {t.untyped_storage().data_ptr(): key for key, t in _numbers(module).items() if t.numel()}
        for module in (left, right)
    )
    if common := [place for place in left_at if place in right_at]:
        return (f"left.{left_at[common[0]]} and right.{right_at[common[0]]} are one tensor in memory, so whatever "
                "happens to one side happens to the other; copy the weights with load_state_dict")
    return ""
