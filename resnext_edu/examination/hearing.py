"""Run a network once and listen: which channels are read, which weights a convolution gets, what works like a ReLU.

No count can tell these. While it is heard, BatchNorms only change the scale and ReLUs let some of the negative numbers
through, so that nothing is silent by chance; its own numbers are not touched.
"""
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.overrides import TorchFunctionMode

from resnext_edu.belongings import as_before
from resnext_edu.counts.rows import TraceRow
from resnext_edu.inputs import leaves
from resnext_edu.modules import named_modules, set_training
from resnext_edu.tracing.calls import ARGUMENTS, function_name

SMALL_IMAGE = 64  # pixels: enough for five halvings
MANY_IMAGES, FEW_IMAGES = 8, 2  # images: a network without a stride in its stem has large maps
SLOPE = .5  # of a ReLU's negative side, while it is heard
MAYBE_RELU = ("clamp", "clamp_min", "maximum", "max", "threshold", "where", "mul", "fmax")
DROPOUTS = ("dropout", "dropout2d", "alpha_dropout", "feature_alpha_dropout")
TRAINS_AT = {"batch_norm": 5} | dict.fromkeys(DROPOUTS, 2)  # function → where its argument `training` stands


class HeardConv(NamedTuple):
    """A call of a convolution.

    Parameters
    ----------
    weight : Tensor
        What it was called with.
    dilation : tuple of int
    silent, channels : int
        How many of its output's channels have no influence on the output of the network, and all of them.
    reads : tuple of float
        What went in, in a few numbers: two convolutions with other numbers read something else.
    """

    weight: Tensor
    dilation: tuple[int, ...]
    silent: int
    channels: int
    reads: tuple[float, ...] = ()


class Heard(NamedTuple):
    """What was heard.

    Parameters
    ----------
    convs : dict of int to HeardConv
        By the number of the trace's row.
    relus : set of int
        The rows that do what a ReLU does, under other names.
    why : str
        Why nothing was heard, or "".
    ways : dict of int to (str, str)
        The rows that were called in a way that no shape shows: the departure that this is, and a word for the way.
    """

    convs: dict[int, HeardConv]
    relus: set[int]
    why: str = ""
    ways: Mapping[int, tuple[str, str]] = {}


def hear(model: nn.Module, rows: Sequence[TraceRow], size: tuple[int, ...]) -> Heard:
    """Run a model on a few small images of random numbers, and listen.

    Parameters
    ----------
    model : nn.Module
        It stays as it is.
    rows : sequence of TraceRow
        Of its trace on images of this size.
    size : tuple of int
        (N, C, H, W).
    """
    modules = [module for _, module in named_modules(model)]
    if any(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()]):
        return Heard({}, set(), "its weights have no numbers")
    if any(isinstance(module, ScriptModule) for module in modules):
        return Heard({}, set(), "it is compiled by TorchScript")
    side = min(SMALL_IMAGE, *size[2:])
    halved = any(max(row.stride or (1,)) > 1 for row in rows[:5])
    why = ""
    small, large = (MANY_IMAGES if halved else FEW_IMAGES, size[1], side, side), (FEW_IMAGES, *size[1:])
    changes_allowed = torch.autograd.graph.allow_mutation_on_saved_tensors  # slower, for those who change maps in place
    for shape, mode in ((small, nullcontext), (small, changes_allowed), (large, changes_allowed)):
        listener = Listener()
        try:
            with _as_it_was(model), mode():
                _run(model, listener, shape)
                return listener.heard(rows)
        except Exception as error:  # the model's own code, on images of a size that it may not take
            why = f"{type(error).__name__}: {error}".split("\n")[0]
    return Heard({}, set(), why)


@contextmanager
def _as_it_was(model: nn.Module) -> Iterator[None]:
    """Everything that the run may change is put back: the model, what it can reach, and all random states."""
    with ExitStack() as stack:
        stack.enter_context(as_before(model))
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.callback(random.setstate, random.getstate())
        if "torch._dynamo" in sys.modules:  # something may be compiled: run it as it was written
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        set_training(model, False)
        yield


def _run(model: nn.Module, listener: "Listener", shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    like = next(model.parameters())
    x = torch.randn(shape, generator=generator).to(like)
    with torch.inference_mode(False), torch.enable_grad():
        x.requires_grad_()  # a network whose parameters are all frozen has gradients, too
        with listener:
            out = model(x)
        total = sum((each * torch.randn(each.shape, generator=generator).to(each)).sum()
                    for each in leaves(out) if each.is_floating_point())
        outputs = [output for _, _, output in listener.calls]
        grads = torch.autograd.grad(total, outputs, allow_unused=True)
    listener.silent = [_silent(grad, output) for grad, output in zip(grads, outputs, strict=True)]


def _silent(grad: Tensor | None, output: Tensor) -> int:
    """How many channels of an output have no gradient in any place of any image."""
    if grad is None:
        return output.shape[1]
    return int((~grad.ne(0).flatten(2).any(2).any(0)).sum())


class Listener(TorchFunctionMode):
    """Hears each convolution, and whatever may be a ReLU under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Tensor, tuple[int, ...], Tensor]] = []  # weight, dilation, output
        self.reads: list[tuple[float, ...]] = []
        self.silent: list[int] = []
        self.count: Counter[str] = Counter()
        self.like_relu: set[tuple[str, int]] = set()  # name, and the how manieth of its calls
        self.ways: dict[tuple[str, int], tuple[str, str]] = {}

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        """Run a function; BatchNorm and ReLU are exchanged, convolutions are kept."""
        kwargs, name = kwargs or {}, function_name(func)
        training = _is_training(name, args, kwargs)
        if name not in DROPOUTS or training:  # a dropout that does nothing has no row
            if way := ("always_training", name) if training else _way_of(name, args, kwargs):
                self.ways[name, self.count[name]] = way
            self.count[name] += 1
        if name == "relu" and args:
            inplace = kwargs.get("inplace", False) or getattr(func, "__name__", "").endswith("_")
            return nn.functional.leaky_relu(args[0], SLOPE, inplace)
        if name == "batch_norm" and args and isinstance(args[0], Tensor):
            return args[0] / args[0].detach().std().clamp_min(1e-6)
        out = func(*args, **kwargs)
        if name == "conv2d" and isinstance(out, Tensor) and out.dim() == 4:
            given = dict(zip(ARGUMENTS["conv"], args, strict=False)) | kwargs
            dilation = given.get("dilation", args[5] if len(args) > 5 else 1)
            self.calls.append((given["weight"].detach(), tuple([dilation] if isinstance(dilation, int) else dilation),
                               out))
            self.reads.append(_in_a_few_numbers(given["input"]))
            return out.view_as(out)  # an in-place function behind it changes the copy's version, too
        if name in MAYBE_RELU and isinstance(out, Tensor):
            before: Tensor | None = next((each for each in leaves((args, kwargs)) if each.shape == out.shape), None)
            if before is not None and bool(before.lt(0).any()) and torch.equal(out, before.relu()):
                self.like_relu.add((name, self.count[name] - 1))
        return out

    def heard(self, rows: Sequence[TraceRow]) -> Heard:
        """What was heard, row by row; nothing of the convolutions if their number is another one than in the rows."""
        convs = [k for k, row in enumerate(rows) if row.op == "conv2d" and row.kernel_size]
        seen: Counter[str] = Counter()
        calls = {}
        for k, row in enumerate(rows):
            calls[row.op, seen[row.op]] = k
            seen[row.op] += 1
        relus = {calls[call] for call in self.like_relu if call in calls}
        if len(convs) != len(self.calls):
            return Heard({}, relus, "it ran other layers than in its trace")
        heard = {k: HeardConv(weight, dilation, silent, output.shape[1], reads)
                 for k, (weight, dilation, output), silent, reads
                 in zip(convs, self.calls, self.silent, self.reads, strict=True)}
        return Heard(heard, relus, ways={calls[call]: way for call, way in self.ways.items() if call in calls})


def _is_training(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a dropout or a BatchNorm is called as in training; F.dropout is if nobody tells it otherwise."""
    if name not in TRAINS_AT:
        return False
    at = TRAINS_AT[name]
    return bool(args[at] if len(args) > at else kwargs.get("training", kwargs.get("train", name in DROPOUTS)))


def _way_of(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[str, str] | None:
    """The departure that a call is by its arguments alone, and a word for it."""
    if name == "add" and kwargs.get("alpha", 1) != 1:
        return "scaled_branch", "add"
    if name == "pad":
        given = dict(zip(("input", "pad", "mode"), args, strict=False)) | kwargs
        mode, sides = given.get("mode", "constant"), tuple(given["pad"])[:4]  # left, right, above, below
        if mode != "constant":
            return "other_padding", f"by {mode}"
        if sides[::2] != sides[1::2]:
            return "other_padding", "more on one side than on the other"
    return None


def _in_a_few_numbers(tensor: Tensor) -> tuple[float, ...]:
    """Two sums that are the same for equal tensors, and for hardly any others."""
    numbers = tensor.detach().float().flatten()
    return float(numbers.sum()), float(numbers @ torch.linspace(1, 2, len(numbers), device=numbers.device))
