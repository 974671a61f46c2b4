"""Which modules a forward calls, which operations run in between, and which tensors each of them reads.

A network is a chain if each part reads only what the part before it has made. Nobody can read this off a forward, which
is any Python: so the module runs once, and what it does is written down.
"""
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.jit import ScriptModule
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.weak import WeakTensorKeyDictionary

from resnext_edu.modules import named_modules

ASKS = {"_local_scalar_dense", "nonzero", "equal", "is_nonzero"}  # they hand a number of a tensor to Python


@dataclass(frozen=True)
class Made:
    """Stands for a tensor that the forward has made, among the arguments of an operation.

    Attributes
    ----------
    number : int
        The input is 0; all others follow in the order in which they were made.
    """

    number: int


@dataclass(frozen=True)
class Op:
    """One operation that torch ran.

    Attributes
    ----------
    func : OpOverload
    args, kwargs : tuple, dict
        Each tensor that the forward made is a `Made`; parameters and buffers are themselves.
    reads : frozenset of int
        The numbers of the tensors that it read.
    makes : tuple of int
        The numbers of what it returned.
    shapes : tuple of tuple of int
        Their shapes.
    """

    func: "OpOverload[..., Any]"
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    reads: frozenset[int]
    makes: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """Its name without the overload, such as relu."""
        return str(self.func.overloadpacket.__name__).strip("_")

    @property
    def asks(self) -> bool:
        """Whether Python learns a number of a tensor, so that what runs next may depend on it."""
        return self.func.overloadpacket.__name__ in ASKS and bool(self.reads)


@dataclass
class ModuleCall:
    """One call of a module.

    Attributes
    ----------
    path : str
        Where the module stands; the whole is "".
    module : nn.Module
    takes : int or None
        The number of its only argument; None if it got something else than one tensor.
    shape : tuple of int
        Of this argument.
    returns : int or None
        The number of what it returned; None if this is not one tensor.
    gives : tuple of int
        The shape of that.
    events : list of Op or ModuleCall
        What ran in it, in order.
    """

    path: str
    module: nn.Module
    takes: int | None
    shape: tuple[int, ...]
    returns: int | None = None
    gives: tuple[int, ...] = ()
    events: "list[Op | ModuleCall]" = field(default_factory=list)

    @property
    def ops(self) -> Iterator[Op]:
        """All operations in it, those in the modules that it calls included."""
        for event in self.events:
            if isinstance(event, Op):
                yield event
            else:
                yield from event.ops

    @property
    def reads(self) -> set[int]:
        """The numbers of the tensors that it reads and has not made."""
        read: set[int] = set()
        made: set[int] = set()
        for op in self.ops:
            read |= op.reads - made
            made |= set(op.makes)
        return read


class CallTree(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has not annotated it
    """Writes down what a module does while it runs once.

    Parameters
    ----------
    module : nn.Module
        A copy: for a while it has hooks.
    x : Tensor
        Its input.

    Attributes
    ----------
    root : ModuleCall
        The whole.
    out : Tensor
        What it returned.

    Examples
    --------
    >>> root = CallTree(nn.Sequential(nn.ReLU(), nn.Flatten()), torch.ones(1, 2, 3)).root
    >>> [(call.path, call.takes, call.returns) for call in root.events]
    [('0', 0, 1), ('1', 1, 2)]
    """

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has not annotated it
        self._number: Any = WeakTensorKeyDictionary()  # tensor → its number, as long as it lives
        self._written: dict[int, int] = {}  # storage → the last tensor that was made by writing into it
        self._made = 0
        x = x.clone()
        self._number[x] = 0
        self._running = [ModuleCall("", nn.Module(), 0, tuple(x.shape))]
        self.root: ModuleCall
        self.out: Tensor
        with torch.no_grad(), ExitStack() as hooks:
            for path, part in named_modules(module):
                if not isinstance(part, ScriptModule):  # scripts take no hooks
                    begins, ends = self._begins(path), self._ends
                    for hook in (nn.Module.register_forward_pre_hook(part, begins, prepend=True, with_kwargs=True),
                                 nn.Module.register_forward_hook(part, ends)):
                        hooks.callback(hook.remove)
                    self._follow_its_name(part, begins, hooks)
            with self:
                self.out = module(x)
        self.root = next(call for call in self._running[0].events if isinstance(call, ModuleCall))

    def _follow_its_name(self, part: nn.Module, begins: Callable[..., None], undo: ExitStack) -> None:
        """Write a module down, too, if somebody calls its `forward` by name, which runs no hooks."""
        own, forward = vars(part).get("forward"), part.forward

        def called(*args: Any, **kwargs: Any) -> Any:
            if self._running[-1].module is part:  # its hook was here
                return forward(*args, **kwargs)
            begins(part, args, kwargs)
            out = forward(*args, **kwargs)
            self._ends(part, args, out)
            return out

        part.__dict__["forward"] = called
        undo.callback(lambda: part.__dict__.update(forward=own) if own else part.__dict__.pop("forward"))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch asks this when the class is made. After a yes it loads its compiler, which takes 5 seconds."""
        return False

    def __torch_dispatch__(self, func: "OpOverload[..., Any]", types: Any, args: Sequence[Any] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        reads = frozenset(number for t in given for number in self._numbers_of(t))
        noted = tree_map_only(Tensor, self._noted, (tuple(args), dict(kwargs)))
        out = func(*args, **kwargs)
        made = [t for t in tree_leaves(out) if isinstance(t, Tensor)]
        if reads or made:
            first = self._made + 1
            for t in made:
                self._made += 1
                self._number[t] = self._made
            if func._schema.is_mutable:
                self._written |= {t.untyped_storage()._cdata: self._made for t in made}
            makes, shapes = tuple(range(first, self._made + 1)), tuple(tuple(t.shape) for t in made)
            self._running[-1].events.append(Op(func, noted[0], noted[1], reads, makes, shapes))
        return out

    def _noted(self, tensor: Tensor) -> Tensor | Made:
        return Made(self._number[tensor]) if tensor in self._number else tensor

    def _numbers_of(self, tensor: Tensor) -> set[int]:
        """Its number, and that of the tensor that was written into its memory later, if there is one."""
        written = self._written.get(tensor.untyped_storage()._cdata, -1)
        if tensor not in self._number:
            return {written} - {-1}
        return {self._number[tensor], max(written, self._number[tensor])}

    def _begins(self, path: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            one = args[0] if len(args) == 1 and not kwargs and isinstance(args[0], Tensor) else None
            call = ModuleCall(path, module, None, ())
            if one is not None and one in self._number:
                call.takes, call.shape = self._number[one], tuple(one.shape)
            self._running[-1].events.append(call)
            self._running.append(call)
        return hook

    def _ends(self, module: nn.Module, args: tuple[Any, ...], out: Any) -> None:
        call = self._running.pop()
        if isinstance(out, Tensor) and out in self._number:
            call.returns, call.gives = self._number[out], tuple(out.shape)
