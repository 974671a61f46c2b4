"""Run a model once, on tensors without data, and write down every call: the rows of a `Trace`.

Three listeners, from the outside in:

- each module's `forward` is wrapped, so that a row knows in which module it was called;
- a `TorchFunctionMode` sees every torch function; one that gives back a tensor becomes a row;
- a `TorchDispatchMode` sees the few operators that a function comes down to, and counts their MACs.

On the device "meta" a tensor has a shape and no numbers: nothing is computed, and a large image takes no longer.
"""
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from resnext_edu.errors import ConfigError, TraceError, positive_int
from resnext_edu.rows import Trace, TraceRow

FLOPS = FlopCounterMode(display=False).flop_registry  # operator → its FLOPs, of which two are one MAC
MACS = {  # the products that are not in torch's table
    torch.ops.aten.mv: lambda matrix, vector: matrix.numel(),
    torch.ops.aten.addmv: lambda bias, matrix, vector, **_: matrix.numel(),
    torch.ops.aten.dot: lambda left, right: left.numel(),
    torch.ops.aten.vdot: lambda left, right: left.numel(),
    torch.ops.aten.addbmm: lambda bias, left, right, **_: left.numel() * right.shape[-1],
}
OPAQUE = {  # operators of torch's own with products inside that no table counts
    "_trilinear", "_thnn_fused_lstm_cell", "_thnn_fused_gru_cell", "mkldnn_rnn_layer", "_cudnn_rnn", "miopen_rnn",
    "_native_multi_head_attention", "_transformer_encoder_layer_fwd", "conv_tbc", "_int_mm",
}
ARGUMENTS = {  # where the functions that have a kernel take its sizes
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups"),
    "pool": ("input", "kernel_size", "stride"),
}


def trace(model: nn.Module, input_size: Sequence = (1, 3, 224, 224), *, device: str = "meta") -> Trace:
    """What a model does with an input of that size, call by call, in eval mode.

    A row is one call of a torch function that gives back a tensor, whether a module makes it or the
    `forward` itself: convolutions and additions, but reshapes, too. Parameters stand on the first row
    that uses them. The model is afterwards as it was before, also if it raises.

    Parameters
    ----------
    model : nn.Module
        Any: of this package, of torchvision, of timm, your own.
    input_size : sequence of int
        The shape of the input, batch first. For more inputs than one, a list of shapes; a tensor may stand
        in for a shape where the numbers matter (such as whole numbers for an embedding).
    device : str
        "meta" computes no numbers. A model that looks at its numbers needs "cpu" (or "cuda"), which takes
        as long, and as much memory, as running it.

    Raises
    ------
    ConfigError
        If `model` is no module or `input_size` no shape.
    TraceError
        If the model raises. `.trace` has the rows so far.

    Examples
    --------
    >>> conv = nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=32, bias=False)
    >>> row = trace(conv, (1, 128, 56, 56)).rows[0]
    >>> row.op, row.output_shape, row.params, row.macs
    ('conv2d', (1, 128, 56, 56), 4608, 14450688)
    """
    if not isinstance(model, nn.Module):
        raise ConfigError(f"trace needs a model, an nn.Module; got {model!r}")
    while isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        model = model.module
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    inputs = _inputs(model, input_size, device)
    total = sum(p.numel() for p in model.parameters())
    recorder = _Recorder(model)
    try:
        with _on_the_side(model, recorder, device), recorder.counter, recorder:
            model(*inputs)
    except Exception as error:
        raise TraceError(recorder.explain(error, device), Trace(tuple(recorder.rows), total)) from error
    return Trace(tuple(recorder.rows), total)


class _Counter(TorchDispatchMode):
    """Adds up the MACs of the operators that run; None as soon as one of them can't be counted."""

    supports_higher_order_operators = True

    def __init__(self, recorder: "_Recorder"):
        super().__init__()
        self.recorder = recorder

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        operator = getattr(func, "_overloadpacket", func)
        if operator in FLOPS:
            out = func(*args, **kwargs)
            macs = FLOPS[operator](*args, **kwargs, out_val=out) // 2
        elif operator in MACS:
            out, macs = func(*args, **kwargs), MACS[operator](*args, **kwargs)
        else:
            if torch.is_inference_mode_enabled():  # operators arrive there before they are taken apart
                with self:
                    out = func.decompose(*args, **kwargs)
                if out is not NotImplemented:
                    return out
            out = func(*args, **kwargs)
            foreign = getattr(func, "namespace", "") not in ("aten", "prim", "prims")
            macs = None if foreign or func.__name__.split(".")[0] in OPAQUE else 0
        self.recorder.count(macs, operator, args, out)
        return out


class _Recorder(TorchFunctionMode):
    """Makes a row of each torch function that gives back a tensor."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.rows: list[TraceRow] = []
        self.calls = Counter()  # (path, op) → how often so far
        self.counter = _Counter(self)
        self.stack: list[tuple[str, bool]] = []  # the modules that are running: path, and whether a leaf
        self.unseen: dict[int, int] = {}  # id of a parameter that no row has used yet → how many numbers it has
        self.inside = False  # a torch function
        self.macs: int | None = 0  # of the function that is running
        self.failed: tuple[str, nn.Module, tuple] | None = None  # the innermost module that an exception left
        self.residual = hasattr(model, "layer1")  # ResNet's stages, with a stem before and a head behind
        self.beside = "stem"

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.inside, self.macs = True, 0
        try:
            out = func(*args, **(kwargs or {}))
        finally:
            self.inside = False
        made = args[0] if out is None and func is Tensor.__setitem__ else out
        self.add_row(_name(func), args, kwargs or {}, list(_tensors([made])), self.macs)
        return out

    def count(self, macs: int | None, operator, args: tuple, out) -> None:
        """What an operator costs: to the function that is running or, outside of all, in a row of its own."""
        if self.inside:
            self.macs = None if macs is None or self.macs is None else self.macs + macs
        elif macs != 0:  # TorchScript and C++ get past the functions
            self.add_row(_name(operator), args, {}, list(_tensors([out])), macs)

    def add_row(self, op: str, args: tuple, kwargs: dict, made: list[Tensor], macs: int | None) -> None:
        if not made and macs == 0:
            return
        given = list(_tensors([*args, *kwargs.values()]))
        params = [self.unseen.pop(id(t)) for t in given if id(t) in self.unseen]
        data = [t for t in given if not isinstance(t, nn.Parameter)] or given
        path = self.path(op)
        self.calls[path, op] += 1
        self.rows.append(TraceRow(
            path, op, self.stage(path),
            tuple(dict.fromkeys(t.made_by_row for t in given if hasattr(t, "made_by_row"))),
            tuple(data[0].shape) if data else (), tuple(made[0].shape) if made else (),
            *_kernel(op, args, kwargs), sum(params), macs, self.calls[path, op],
        ))
        for t in made:
            t.made_by_row = len(self.rows) - 1
            if t._base is not None and op in ("setitem",):
                t._base.made_by_row = t.made_by_row

    def path(self, op: str) -> str:
        """The leaf module's; a module with children calls functions beside them, which need their own name."""
        path, leaf = self.stack[-1] if self.stack else ("", False)
        if not path:
            return op
        return path if leaf else f"{path}.{op}"

    def stage(self, path: str) -> str:
        first = path.split(".")[0]
        if not self.residual:
            return first
        if re.fullmatch(r"layer\d+", first):
            self.beside = "head"
            return first
        return self.beside

    def within(self, path: str, module: nn.Module):
        """The module's `forward`, which says when it begins and ends."""
        forward, entry = module.forward, (path, not any(module.children()))

        @wraps(forward)
        def run(*args, **kwargs):
            self.stack.append(entry)
            try:
                return forward(*args, **kwargs)
            except Exception:
                if self.failed is None:  # the first that it leaves is the innermost
                    shapes = tuple(tuple(t.shape) for t in _tensors([*args, *kwargs.values()]))
                    self.failed = path, module, shapes
                raise
            finally:
                self.stack.pop()

        return run

    def explain(self, error: Exception, device: str) -> str:
        """Where the model raised, what arrived there, what it said, and the repair where it is known."""
        path, module, shapes = self.failed or ("", None, ())
        where = f"{path or 'the model itself'} ({type(module).__name__})" if module else "the model"
        arrived = f", which got {' and '.join(map(str, shapes))}" if shapes else ""
        text = str(error).strip().split("\n")[0]
        return f"{where}{arrived}, raised {type(error).__name__}: {text}"


@contextmanager
def _on_the_side(model: nn.Module, recorder: _Recorder, device: str) -> Iterator[None]:
    """The model in eval mode, with copies of its tensors on that device; all of it undone at the end."""
    before = [(module, dict(vars(module))) for module in model.modules()]
    copies: dict[int, Tensor] = {}  # one a tensor, so that shared ones stay shared

    def copied(value):
        if isinstance(value, Tensor):
            if id(value) not in copies:
                copy = value.detach().to(device, copy=True)
                if isinstance(value, nn.Parameter):
                    copy = nn.Parameter(copy, requires_grad=False)
                    recorder.unseen[id(copy)] = copy.numel()
                copies[id(value)] = copy
            return copies[id(value)]
        if type(value) in (list, tuple):
            return type(value)(map(copied, value))
        if type(value) is dict:
            return {key: copied(item) for key, item in value.items()}
        return value

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        if "torch._dynamo" in sys.modules:  # something may be compiled
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for path, module in model.named_modules():
                forward = recorder.within(path, module)
                vars(module).update({name: copied(value) for name, value in vars(module).items()})
                vars(module).update(training=False, forward=forward)
            yield
        finally:
            for module, attributes in before:
                vars(module).clear()
                vars(module).update(attributes)


def _inputs(model: nn.Module, input_size: Sequence, device: str) -> list[Tensor]:
    """Tensors of these shapes, of the model's dtype."""
    sizes = input_size if isinstance(input_size, list) else [input_size]
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.get_default_dtype())
    inputs = []
    for size in sizes:
        if isinstance(size, Tensor):
            inputs.append(size.to(device))
            continue
        size = tuple(positive_int(f"input_size[{k}]", value) for k, value in enumerate(size))
        inputs.append(torch.ones(size, dtype=dtype, device=device))
    return inputs


def _tensors(values) -> Iterator[Tensor]:
    """The tensors among these values, and in their lists and tuples."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _name(func) -> str:
    """relu for torch.relu, F.relu, Tensor.relu_ and torch.ops.aten.relu.default; div for 1 / x."""
    name = func.__name__
    if name == "__get__":  # a property, such as x.T
        return func.__self__.__name__
    if name.startswith("__r") and name.endswith("__"):
        return name[3:-2]
    return name.split(".")[0].strip("_")


def _kernel(op: str, args: tuple, kwargs: dict) -> tuple[tuple | None, tuple | None, int | None]:
    """The kernel's size, its stride and the groups of a convolution or a pooling."""
    found = re.fullmatch(r"(conv|conv_transpose|(?:max|avg|lp)_(?=pool)(pool))([123])d", op)
    if not found:
        return None, None, None
    n = int(op[-2])
    kind = "pool" if "pool" in op else found[1]
    given = dict(zip(ARGUMENTS[kind], args, strict=False)) | kwargs

    def each(value) -> tuple[int, ...]:
        value = tuple(value) if isinstance(value, Sequence) else (value,)
        return value if len(value) == n else value * n

    if kind == "pool":
        kernel = each(given["kernel_size"])
        return kernel, each(given.get("stride") or kernel), None
    return tuple(given["weight"].shape[2:]), each(given.get("stride", 1)), given.get("groups", 1)
