"""A row for each torch function that returns a tensor, and for nothing else."""
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from threading import get_ident, local
from typing import Any

from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.overrides import TorchFunctionMode

from resnext_edu.counts.rows import TraceRow
from resnext_edu.inputs import leaves
from resnext_edu.modules import has_children, named_parameters
from resnext_edu.tracing.calls import Kernel, function_name, kernel_of, moved, shape_of
from resnext_edu.tracing.failure import Origin
from resnext_edu.tracing.macs import speaks_of_a_product

Forward = Callable[..., Any]


class Recorder(TorchFunctionMode):
    """Makes a row for each torch function that returns a tensor.

    Each tensor has the index of the row that made it in `made_by_row`, where the next row finds it.

    Parameters
    ----------
    has_stages : bool
        Whether the model has `layer1` … as stages, with a stem before and a head behind them.

    Attributes
    ----------
    rows : list of TraceRow
        The rows so far.
    origin : Origin or None
        Where the last exception came from.
    unseen : dict of int to int
        The id of each parameter that no row has used yet → how many numbers it has.
    """

    def __init__(self, has_stages: bool) -> None:
        super().__init__()
        self.rows: list[TraceRow] = []
        self.origin: Origin | None = None
        self.unseen: dict[int, int] = {}
        self._calls: Counter[tuple[str, str]] = Counter()  # (path, op) → how often so far
        self._modules: list[tuple[str, bool]] = []  # the running ones: path, and whether it is a leaf
        self._running = False  # whether a function runs
        self._computes: bool  # whether the running function has called an operator
        self._macs: int | None  # those of the running function; None if they are not known
        self._has_stages, self._beside = has_stages, "stem"
        self._thread, self._other = get_ident(), local()  # the thread that is traced, and what others have begun

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        """Run a function, and make a row if it calls an operator."""
        kwargs = kwargs or {}
        if self._running:  # TorchScript counts as one function; those that prepare its data make no rows
            return func(*args, **kwargs)
        self._running, self._computes, self._macs = True, False, 0
        try:
            out = func(*args, **kwargs)
        finally:
            self._running = False
        if self._computes:  # a function without any computes nothing: x.size(), or a dropout in eval mode
            op, given = function_name(func), leaves((args, kwargs))
            made = leaves(args[0] if func is Tensor.__setitem__ else out)
            if not self._macs and speaks_of_a_product(op) and all(t.numel() for t in (*given, *made)):
                self._macs = None  # such as vecdot: a product, but made of operators that count nothing
            self._add_row(op, given, made, self._macs, kernel_of(op, args, kwargs))
        return out

    def operator(self, operator: Any, args: tuple[Any, ...], out: Any, macs: int | None) -> None:
        """Add what an operator costs to the running function; without one, the operator becomes a row itself.

        Parameters
        ----------
        operator : torch operator
            The operator.
        args : tuple
            Its positional arguments.
        out : object
            Its result.
        macs : int or None
            Its MACs, if known.
        """
        if self._running:
            self._computes = True
            self._macs = None if macs is None or self._macs is None else self._macs + macs
        elif macs != 0:
            self._add_row(operator.__name__, leaves(args), leaves(out), macs, Kernel())

    def _add_row(self, op: str, given: list[Tensor], made: list[Tensor], macs: int | None, kernel: Kernel) -> None:
        if not made and macs == 0:
            return
        path = self._path(op)
        self._calls[path, op] += 1
        data = [t for t in given if type(t) is not nn.Parameter] or given
        inputs = dict.fromkeys(before for before in map(_made_by, given) if before is not None)
        row = len(self.rows)
        self.rows.append(TraceRow(
            path, op, self._stage(path), tuple(inputs),
            shape_of(data[0]) if data else (),
            shape_of(made[0]) if made else (),
            *kernel, params=sum(self.unseen.pop(id(t), 0) for t in given), macs=macs, calls=self._calls[path, op],
        ))
        for tensor in made:
            _mark(tensor, row)
            if tensor._base is not None and any(tensor is t for t in given):  # written into a view: into its base, too
                _mark(tensor._base, row)

    def _path(self, op: str) -> str:
        """The path of a leaf module; in a module with children, its path and the function's name."""
        path, leaf = self._modules[-1] if self._modules else ("", False)
        return path if path and leaf else f"{path}.{op}".lstrip(".")

    def _stage(self, path: str) -> str:
        """`stem`, `layer1` … or `head` if the model has such stages; else the path's first part."""
        first = path.split(".")[0]
        if not self._has_stages:
            return first
        if first.startswith("layer") and first[5:].isdigit():
            self._beside = "head"
            return first
        return self._beside

    def within(self, path: str, module: nn.Module) -> Forward:
        """A module's `forward` that tells the recorder when it begins and ends, and what it raises.

        Parameters
        ----------
        path : str
            The module's, as in `state_dict`.
        module : nn.Module
            The module, before anything in it is exchanged.

        Returns
        -------
        callable
            It takes and returns what the module's own `forward` does.
        """
        forward = self._opaque(module) if isinstance(module, ScriptModule) else module.forward
        leaf = isinstance(module, ScriptModule) or not has_children(module)

        @wraps(forward)
        def run(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != self._thread:
                return self._elsewhere(path, module, forward, args, kwargs)
            self._modules.append((path, leaf))
            try:
                return forward(*args, **kwargs)
            except Exception as error:
                if self.origin is None or self.origin.error is not error:  # else it came from a module inside
                    shapes = list(map(shape_of, leaves((args, kwargs))))
                    self.origin = Origin(error, path, module, shapes)
                raise
            finally:
                self._modules.pop()

        return run

    def _elsewhere(self, path: str, module: nn.Module, forward: Forward, args: Any, kwargs: Any) -> Any:
        """Run a module in another thread. No mode sees what happens there, so all of it is one unknown row."""
        outermost = not getattr(self._other, "busy", False)
        self._other.busy = True
        try:
            return forward(*args, **kwargs)
        finally:
            if outermost:
                self._other.busy = False
                params = sum(self.unseen.pop(id(p), 0) for _, p in named_parameters(module))
                shapes = list(map(shape_of, leaves((args, kwargs))))
                self.rows.append(TraceRow(path, type(module).__name__.lower(), self._stage(path), (),
                                          shapes[0] if shapes else (), (), params=params, macs=None))

    def _opaque(self, module: ScriptModule) -> Forward:
        """A forward for TorchScript. No mode can look inside, so it runs on zeros and counts as one function."""
        def torchscript(*args: Any, **kwargs: Any) -> Any:
            *own, params = args
            home = next((p.device for p in params), "cpu")
            device = next((t.device for t in leaves((own, kwargs))), "cpu")
            out = deepcopy(module).eval()(*moved(own, home), **moved(kwargs, home))
            self._macs = None
            return moved(out, device)

        return lambda *args, **kwargs: self.__torch_function__(
            torchscript, (), (*args, list(module.parameters())), kwargs)


def _made_by(tensor: Tensor) -> int | None:
    """The row that made a tensor; the model's input and its parameters come from none."""
    row: int | None = getattr(tensor, "made_by_row", None)
    return row


def _mark(tensor: Tensor, row: int) -> None:
    tensor.made_by_row = row  # type: ignore[attr-defined]  # an attribute of our own
