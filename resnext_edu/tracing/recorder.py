"""Makes a row of each torch function that gives back a tensor, and of nothing else."""
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import wraps

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.overrides import TorchFunctionMode

from resnext_edu.counts.rows import TraceRow
from resnext_edu.tracing.failure import Origin

POOL = ("input", "kernel_size", "stride")
ARGUMENTS = {  # where a function with a kernel takes its sizes
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups"),
    "max_pool": POOL, "avg_pool": POOL, "lp_pool": ("input", "norm_type", "kernel_size", "stride"),
}
KERNELS = {f"{kind}{n}d": (kind, n) for kind in ARGUMENTS for n in (1, 2, 3)}


class Recorder(TorchFunctionMode):
    """Makes a row of each torch function that gives back a tensor.

    Each tensor carries the index of the row that made it, in `made_by_row`, so that the next row finds it.
    """

    def __init__(self, has_stages: bool):
        super().__init__()
        self.rows: list[TraceRow] = []
        self.calls = Counter()  # (path, op) → how often so far
        self.modules: list[tuple[str, bool]] = []  # those that are running: path, and whether a leaf
        self.origin: Origin | None = None  # of the last exception
        self.unseen: dict[int, int] = {}  # parameters that no row has used yet
        self.running = False  # a function is
        self.operators, self.macs = 0, 0  # of that function
        self.has_stages, self.beside = has_stages, "stem"

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self.running:  # TorchScript, which is a function to us, is given data by functions
            return func(*args, **kwargs)
        self.running, self.operators, self.macs = True, 0, 0
        try:
            out = func(*args, **kwargs)
        finally:
            self.running = False
        if self.operators:  # else nothing happened: a size was asked for, or a dropout in eval mode hands x on
            op, given = _name(func), _tensors([*args, *kwargs.values()])
            made = _tensors([args[0] if func is Tensor.__setitem__ else out])
            self.add_row(op, given, made, self.macs, *_kernel(op, args, kwargs))
        return out

    def operator(self, operator, args: tuple, out, macs: int | None) -> None:
        """What an operator costs: for the function that runs, or in a row of its own if there is none."""
        if self.running:
            self.operators += 1
            self.macs = None if macs is None or self.macs is None else self.macs + macs
        elif macs != 0:
            self.add_row(operator.__name__, _tensors(args), _tensors([out]), macs)

    def add_row(self, op: str, given: list[Tensor], made: list[Tensor], macs: int | None,
                kernel_size: tuple | None = None, stride: tuple | None = None, groups: int | None = None) -> None:
        if not made and macs == 0:
            return
        path = self.path(op)
        self.calls[path, op] += 1
        data = [t for t in given if type(t) is not nn.Parameter] or given
        inputs = dict.fromkeys(t.made_by_row for t in given if hasattr(t, "made_by_row"))
        self.rows.append(TraceRow(
            path, op, self.stage(path), tuple(inputs),
            tuple(data[0].shape) if data else (),
            tuple(made[0].shape) if made else (),
            kernel_size, stride, groups,
            params=sum(self.unseen.pop(id(t), 0) for t in given), macs=macs, calls=self.calls[path, op],
        ))
        for tensor in made:
            tensor.made_by_row = len(self.rows) - 1
            if tensor._base is not None and any(tensor is t for t in given):  # written into a view: into the whole
                tensor._base.made_by_row = tensor.made_by_row

    def path(self, op: str) -> str:
        """A leaf module's own; in a module with children, it and the function's name."""
        path, leaf = self.modules[-1] if self.modules else ("", False)
        return path if path and leaf else f"{path}.{op}".lstrip(".")

    def stage(self, path: str) -> str:
        """`layer1` … with `stem` before and `head` behind, in models that have them; else the path's first part."""
        first = path.split(".")[0]
        if not self.has_stages:
            return first
        if first.startswith("layer") and first[5:].isdigit():
            self.beside = "head"
            return first
        return self.beside

    def within(self, path: str, module: nn.Module) -> Callable:
        """The module's `forward`, with a word to us when it begins and ends."""
        forward = self.opaque(module) if isinstance(module, ScriptModule) else module.forward
        leaf = isinstance(module, ScriptModule) or not any(True for _ in module.children())

        @wraps(forward)
        def run(*args, **kwargs):
            self.modules.append((path, leaf))
            try:
                return forward(*args, **kwargs)
            except Exception as error:
                if self.origin is None or self.origin.error is not error:
                    shapes = [tuple(t.shape) for t in _tensors([*args, *kwargs.values()])]
                    self.origin = Origin(error, path, module, shapes)
                raise
            finally:
                self.modules.pop()

        return run

    def opaque(self, module: ScriptModule) -> Callable:
        """A forward for TorchScript, which no mode sees into: it runs on zeros, and counts as one function."""
        def torchscript(*args, **kwargs):
            *args, params = args
            home = params[0].device if params else "cpu"
            device = _tensors([*args, *kwargs.values(), torch.empty(0)])[0].device
            out = deepcopy(module).eval()(*_moved(args, home), **_moved(kwargs, home))
            self.macs = None
            return _moved(out, device)

        return lambda *args, **kwargs: self.__torch_function__(
            torchscript, (), (*args, list(module.parameters())), kwargs)


def _tensors(values: Iterable) -> list[Tensor]:
    """The tensors among these values, also in their tuples and lists."""
    found = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found += _tensors(value)
    return found


def _moved(value, device):
    """The same on another device; from "meta", zeros."""
    if isinstance(value, Tensor):
        return torch.zeros_like(value, device=device) if value.is_meta else value.to(device)
    if isinstance(value, tuple | list):
        return type(value)(_moved(item, device) for item in value)
    if isinstance(value, dict):
        return {key: _moved(item, device) for key, item in value.items()}
    return value


def _name(func) -> str:
    """Relu for torch.relu, F.relu, Tensor.relu_ and torch.ops.aten.relu.default; div for 1 / x."""
    name = getattr(func, "__name__", type(func).__name__)
    if name == "__get__":  # a property, such as x.T
        return func.__self__.__name__
    if name.startswith("__r"):
        return name[3:-2]
    return name.split(".")[0].strip("_")


def _kernel(op: str, args: tuple, kwargs: dict) -> tuple:
    """The size of the kernel, its stride and its groups, where there is one."""
    if op not in KERNELS:
        return None, None, None
    kind, dims = KERNELS[op]
    given = dict(zip(ARGUMENTS[kind], args, strict=False)) | kwargs

    def each(value) -> tuple[int, ...]:
        values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        return values if len(values) == dims else values * dims

    if "weight" in given:
        return tuple(given["weight"].shape[2:]), each(given.get("stride", 1)), given.get("groups", 1)
    size = each(given["kernel_size"])
    return size, each(given.get("stride") or size), None
