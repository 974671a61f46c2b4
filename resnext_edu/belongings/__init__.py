"""Everything that can be reached from a model: its tensors exchanged for a while, and all of it put back at the end.

A model keeps tensors in its parameters and buffers, but also in a cache of its own, in a list that a hook fills, or in
a global variable. Whoever runs a model and promises that nothing changes has to know all of them.
"""
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.belongings.holders import KINDS, Holder, base_of, holders_of, leads_to

PLAIN: set[type] = {bool, int, float, complex, str, bytes, type(None), type(...), range, slice, torch.Size, torch.dtype,
                    torch.device, torch.layout, torch.memory_format, types.ModuleType}  # they lead nowhere
SIMPLE: dict[type, type[Holder]] = {  # most of what a model has; nothing else is in them
    kind: KINDS[kind] for kind in (dict, OrderedDict, list, set)}

ONE_AT_A_TIME = RLock()  # whoever exchanges or puts back has it: a model in two threads would keep what was exchanged


class Belongings:
    """All that can be reached from some objects, as it was when it was reached.

    Parameters
    ----------
    stand_in : callable
        It gets each tensor once, and returns the tensor that stands there until `put_back`.

    Attributes
    ----------
    modules : list of nn.Module
        The modules that were reached, registered or not.
    """

    def __init__(self, stand_in: Callable[[Tensor], Tensor]) -> None:
        self.modules: list[nn.Module] = []
        self._stand_in: Callable[[Tensor], Tensor] = stand_in
        self._tensors: dict[int, tuple[Tensor, Tensor]] = {}  # by the original's id: it, and what stands for it
        self._reached: dict[int, Any] = {}  # by id; it also keeps them alive, so that no other gets the same id
        self._ahead: list[Any] = []
        self._before: list[tuple[Holder, Any]] = []  # each place, and what was in it
        self._empty: list[Any] = []  # the many dicts and lists without anything in them, such as those for hooks

    def take(self, value: Any) -> Any:
        """Keep all that can be reached from `value`, and exchange the tensors in it.

        Returns
        -------
        object
            `value` itself with other tensors in it; if it is a tensor, or a tuple with tensors, what stands for it.
        """
        taken = self._of(value)
        while self._ahead:
            thing = self._ahead.pop()
            if simple := SIMPLE.get(type(thing)):
                if thing:
                    self._exchange(simple(thing))
                else:
                    self._empty.append(thing)
                continue
            if issubclass(type(thing), nn.Module):
                self.modules.append(thing)
            for holder in holders_of(thing):
                self._exchange(holder)
            for other in leads_to(thing):
                self._of(other)
        return taken

    def has(self, thing: Any) -> bool:
        """Whether it was reached."""
        return id(thing) in self._reached

    def put_back(self) -> None:
        """Put everything back that is no longer as it was."""
        for place in self._empty:
            place.clear()
        for holder, contents in reversed(self._before):
            with suppress(Exception):  # a place that can't be written must not keep the others from being put back
                if not holder.followed or not _same(holder.read(), contents):
                    holder.write(contents)

    def _exchange(self, holder: Holder) -> None:
        contents = holder.read()
        self._before.append((holder, contents))
        if not holder.followed or not contents:
            return
        if isinstance(contents, dict):
            for key in contents:
                if type(key) not in PLAIN and not issubclass(type(key), Tensor):
                    self._of(key)
            exchanged: Any = {key: self._of(value) for key, value in contents.items()}
        else:
            exchanged = [self._of(value) for value in contents]
        if not _same(exchanged, contents):
            holder.write(exchanged)

    def _of(self, value: Any) -> Any:
        """What stands for a value; if it can hold something, it is looked into later."""
        kind = type(value)
        if kind in PLAIN:
            return value
        if issubclass(kind, Tensor):
            if id(value) not in self._tensors:
                other = self._stand_in(value)
                self._tensors |= {id(other): (other, other), id(value): (value, other)}
                if vars(value):  # attributes that somebody gave to this tensor
                    self._exchange(Holder(vars(value)))
                    vars(other).update(vars(value))
            return self._tensors[id(value)][1]
        if issubclass(kind, tuple | frozenset):
            items = [self._of(item) for item in base_of(value).__iter__(value)]
            return value if all(map(_is, items, value)) else _rebuilt(value, items)
        if id(value) not in self._reached:
            self._reached[id(value)] = value
            self._ahead.append(value)
        return value


@contextmanager
def as_before(*values: Any) -> Iterator[None]:
    """Put everything back, at the end, that can be reached from these objects, the numbers of its tensors included.

    Parameters
    ----------
    values : object
        Such as two models whose copies run inside `with`: a copy shares some things with its original, such as the list
        that a hook fills.
    """
    numbers: list[tuple[Tensor, Tensor]] = []

    def keep(tensor: Tensor) -> Tensor:
        if not tensor.is_meta and not nn.parameter.is_lazy(tensor):
            numbers.append((tensor, tensor.detach().clone()))
        return tensor

    belongings = Belongings(keep)
    with ONE_AT_A_TIME:
        belongings.take(values)
        try:
            yield
        finally:
            belongings.put_back()
            with torch.no_grad():
                for tensor, before in numbers:
                    with suppress(Exception):
                        if not _equal(tensor, before):
                            tensor.copy_(before)


def _equal(tensor: Tensor, before: Tensor) -> bool:
    try:
        return torch.equal(tensor, before)
    except RuntimeError:  # torch does not compare every layout
        return False


def _is(one: object, other: object) -> bool:
    return one is other


def _same(now: Any, before: Any) -> bool:
    """Whether the same objects are there, in the same order."""
    if len(now) != len(before):
        return False
    if isinstance(before, dict):
        return all(map(_is, now, before)) and all(map(_is, now.values(), before.values()))
    return all(map(_is, now, before))


def _rebuilt(value: Any, items: list[Any]) -> Any:
    """The same tuple or frozenset with other items."""
    kind: Any = type(value)
    if hasattr(kind, "_make"):  # a namedtuple
        return kind._make(items)
    try:
        return base_of(value).__new__(kind, items)
    except TypeError:  # one of torch's own, such as the result of torch.max
        return kind(items)
