"""The places that can hold things, one class for each kind: how to read all that is in there, and how to write it back.

Python offers many: a dictionary, an attribute, but also a variable that a function has closed over, or a global one.
What lives in C (a file, a generator, an iterator) can't be read as a whole, so it is not here.
"""
import dis
import functools
import random
import sys
import sysconfig
import threading
import types
import weakref
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import torch

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) - {"__main__"}
INSTALLED = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
HOLD_THINGS = {"_weakrefset", "argparse", "collections", "functools", "queue", "types", "weakref"}  # standard, too
WITHOUT_MODELS = STANDARD_LIBRARY | {"torch", "torchvision", "numpy"}  # nothing of a model is in classes from there


class Holder:
    """A place that holds things: the items of a dict or of another mapping with the same methods.

    Parameters
    ----------
    owner : object
        The place.

    Attributes
    ----------
    followed : bool
        Whether its contents are objects, which may hold something themselves.
    """

    followed = True

    def __init__(self, owner: Any) -> None:
        self.owner: Any = owner

    def read(self) -> Any:
        """All that is in there: a dict, or a list; of a place that is not followed, anything."""
        return dict(dict.items(self.owner))

    def write(self, contents: Any) -> None:
        """Put exactly this there. A class of one's own may forbid `update`, so that of `dict` is called."""
        dict.clear(self.owner)
        dict.update(self.owner, contents)


class OrderedItems(Holder):
    """The items of an OrderedDict, which keeps their order in a second place."""

    def write(self, contents: dict[Any, Any]) -> None:
        """Put exactly this there."""
        OrderedDict.clear(self.owner)
        for key, value in contents.items():
            OrderedDict.__setitem__(self.owner, key, value)


class Sequence(Holder):
    """The items of a list or a deque."""

    def read(self) -> list[Any]:
        """They, in order."""
        return list(base_of(self.owner).__iter__(self.owner))

    def write(self, contents: list[Any]) -> None:
        """Put exactly this there."""
        base_of(self.owner).clear(self.owner)
        base_of(self.owner).extend(self.owner, contents)


class Members(Holder):
    """The members of a set."""

    def read(self) -> list[Any]:
        """They, in any order."""
        return list(set.__iter__(self.owner))

    def write(self, contents: list[Any]) -> None:
        """Put exactly this there."""
        set.clear(self.owner)
        set.update(self.owner, contents)


def base_of(value: Any) -> Any:
    """Python's own class of a list, deque, tuple or frozenset; a subclass may go through its items in another way."""
    return next(kind for kind in (list, deque, tuple, frozenset) if issubclass(type(value), kind))


class Slots(Holder):
    """The attributes of an object that has no dictionary for them."""

    def read(self) -> dict[Any, Any]:
        """Slot → what is in it."""
        found = {}
        kind: Any = type(self.owner)
        for slot in _slots(kind):
            try:
                found[slot] = slot.__get__(self.owner)
            except AttributeError:  # it is empty
                continue
        return found

    def write(self, contents: dict[Any, Any]) -> None:
        """Fill these, and empty the others."""
        for slot in self.read().keys() - contents.keys():
            slot.__delete__(self.owner)
        for slot, value in contents.items():
            slot.__set__(self.owner, value)


class ClassAttributes(Holder):
    """What a class keeps for all its objects."""

    def read(self) -> dict[str, Any]:
        """Its attributes, without those that Python put there."""
        return {name: value for name, value in vars(self.owner).items()
                if not (name.startswith("__") and name.endswith("__")) and name != "_abc_impl"
                and not isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType)}

    def write(self, contents: dict[str, Any]) -> None:
        """Set what differs, and delete the others."""
        now = self.read()
        for name in now.keys() - contents.keys():
            type.__delattr__(self.owner, name)
        for name, value in contents.items():
            if name not in now or now[name] is not value:
                type.__setattr__(self.owner, name, value)


class Cell(Holder):
    """A variable that a function has closed over."""

    def read(self) -> list[Any]:
        """What is in it: one thing, or nothing yet."""
        try:
            return [self.owner.cell_contents]
        except ValueError:
            return []

    def write(self, contents: list[Any]) -> None:
        """Put exactly this there."""
        if contents:
            (self.owner.cell_contents,) = contents
        else:
            del self.owner.cell_contents


class Defaults(Holder):
    """The default values of a function's arguments."""

    def read(self) -> list[Any]:
        """Of those that have a position, and of those that only have a name."""
        return [self.owner.__defaults__, self.owner.__kwdefaults__]

    def write(self, contents: list[Any]) -> None:
        """Put exactly this there."""
        self.owner.__defaults__, self.owner.__kwdefaults__ = contents


class GlobalVariables(Holder):
    """The variables of a file that a function names; in another file, such as ``other.LOG``, too."""

    def __init__(self, owner: dict[str, Any], names: frozenset[str]) -> None:
        super().__init__(owner)
        self.names: frozenset[str] = names

    def read(self) -> dict[str, Any]:
        """Name → value."""
        return {name: self.owner[name] for name in self.names if name in self.owner}

    def write(self, contents: dict[str, Any]) -> None:
        """Set these, and delete the ones that are new."""
        for name in self.read().keys() - contents.keys():
            del self.owner[name]
        self.owner.update(contents)


class Arguments(Holder):
    """The arguments that a `functools.partial` remembers."""

    def read(self) -> list[Any]:
        """The function, and the arguments with a position and with a name."""
        return [self.owner.func, self.owner.args, self.owner.keywords]

    def write(self, contents: list[Any]) -> None:
        """Put exactly this there."""
        self.owner.__setstate__((*contents, vars(self.owner)))


class ArrayItems(Holder):
    """The numbers of an array, or the letters of a bytearray."""

    followed = False

    def read(self) -> Any:
        """A copy."""
        return self.owner[:] if isinstance(self.owner, array | bytearray) else self.owner.copy()

    def write(self, contents: Any) -> None:
        """Put the same numbers there."""
        self.owner[...] = contents


class ArrayObjects(Holder):
    """The objects in an array of objects."""

    def read(self) -> list[Any]:
        """They, in order."""
        return list(self.owner.flat)

    def write(self, contents: list[Any]) -> None:
        """Put exactly this there."""
        for number, value in enumerate(contents):
            self.owner.flat[number] = value


class FlatItems(ArrayItems):
    """The bytes of a bytearray or the items of an `array.array`."""

    def write(self, contents: Any) -> None:
        """Put the same there, as many as before."""
        self.owner[:] = contents


class RandomState(Holder):
    """Where a generator of random numbers stands."""

    followed = False

    def read(self) -> Any:
        """Its state."""
        if isinstance(self.owner, np.random.Generator):
            return self.owner.bit_generator.state
        return self.owner.getstate() if isinstance(self.owner, random.Random) else self.owner.get_state()

    def write(self, contents: Any) -> None:
        """Go back to that state."""
        if isinstance(self.owner, np.random.Generator):
            self.owner.bit_generator.state = contents
        elif isinstance(self.owner, random.Random):
            self.owner.setstate(contents)
        else:
            self.owner.set_state(contents)


class Remembered(Holder):
    """The results that `functools.lru_cache` remembers. They can't be put back, but be forgotten."""

    followed = False

    def read(self) -> Any:
        """How many it has looked up and kept."""
        return self.owner.cache_info()

    def write(self, contents: Any) -> None:
        """Forget all, if there is something new: a tensor without numbers would spoil the next call."""
        if self.owner.cache_info().misses != contents.misses:
            self.owner.cache_clear()


VIEWS_OF_DICTS = {type({}.keys()), type({}.values()), type({}.items())}
KINDS: dict[type, type[Holder]] = {  # the first that fits
    OrderedDict: OrderedItems, dict: Holder, list: Sequence, deque: Sequence, set: Members,
    bytearray: FlatItems, array: FlatItems, functools.partial: Arguments, types.CellType: Cell,
    torch.Generator: RandomState, random.Random: RandomState, np.random.Generator: RandomState,
    np.random.RandomState: RandomState, functools._lru_cache_wrapper: Remembered,
}


def holders_of(thing: Any) -> Iterator[Holder]:
    """All places of a thing that hold something.

    Parameters
    ----------
    thing : object
        Anything that can change. Of a class or a function of Python and torch, nothing is looked at, and of other
        installed packages no variable of a file and no attribute of a class.

    Yields
    ------
    Holder

    Examples
    --------
    >>> [holder.read() for holder in holders_of(deque("ab"))]
    [['a', 'b']]
    """
    kind: Any = type(thing)  # not isinstance: a proxy may claim to be what it stands for
    for known, holder in KINDS.items():
        if issubclass(kind, known):
            yield holder(thing)
            break
    if kind is np.ndarray:
        if thing.dtype == object:
            yield ArrayObjects(thing)
        elif thing.flags.writeable and not thing.dtype.hasobject:
            yield ArrayItems(thing)
    elif issubclass(kind, type):
        if not _of_a_library(thing.__module__) and not _is_installed(thing.__module__):
            yield ClassAttributes(thing)
    elif issubclass(kind, types.FunctionType):
        if not _of_a_library(thing.__module__):
            yield Defaults(thing)
            yield Holder(vars(thing))
            yield from map(Cell, thing.__closure__ or ())
            if not _is_installed(thing.__module__):
                yield from _variables_of_files(thing)
    elif (own := attributes_of(thing)) is not None:
        yield Holder(own)
    if _slots(kind):
        yield Slots(thing)


def _variables_of_files(function: types.FunctionType) -> Iterator[Holder]:
    names = names_of_globals(function.__code__)
    yield GlobalVariables(function.__globals__, names)
    for name in names:
        other = function.__globals__.get(name)
        if type(other) is types.ModuleType and not _of_a_library(other.__name__) and not _is_installed(other.__name__):
            yield GlobalVariables(vars(other), names_in(function.__code__))


def leads_to(thing: Any) -> tuple[Any, ...]:
    """What a thing points to without a place that could be written: its class, the object of a bound method, …"""
    kind = type(thing)
    if issubclass(kind, types.MethodType):
        return thing.__self__, thing.__func__
    if issubclass(kind, types.BuiltinMethodType):
        return (thing.__self__,)
    if kind is types.MappingProxyType:
        return tuple(thing.values())
    if kind in VIEWS_OF_DICTS:
        return (thing.mapping,)
    if issubclass(kind, weakref.ref):
        return (thing(),)
    if issubclass(kind, Enum):
        return kind, thing._value_
    if issubclass(kind, property):
        return thing.fget, thing.fset
    if issubclass(kind, staticmethod | classmethod):
        return (thing.__func__,)
    return thing.__bases__ if issubclass(kind, type) else (kind,)


def attributes_of(thing: Any) -> dict[str, Any] | None:
    """The dictionary of an object's attributes; None if it has none, and for a module or what belongs to the system."""
    kind = type(thing)
    if issubclass(kind, Enum | types.ModuleType) or _is_closed(kind):
        return None
    try:
        # a class may hide it, so no getattr; but a thread's own attributes are found in no other way
        own = thing.__dict__ if kind is threading.local else object.__getattribute__(thing, "__dict__")
    except Exception:  # whatever a class of one's own may raise
        return None
    return own if type(own) is dict else None


def _of_a_library(module: object) -> bool:
    return str(module).partition(".")[0] in WITHOUT_MODELS


@functools.lru_cache(maxsize=4096)
def _is_installed(module: str | None) -> bool:
    """Whether a package from elsewhere has it: its variables and classes are everybody's, and no model's own."""
    top = str(module).partition(".")[0]
    if top == "__main__":  # what a notebook defines; its file is that of the program that runs it
        return False
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is not None and any(Path(file).is_relative_to(place) for place in INSTALLED)


def _is_closed(kind: type) -> bool:
    """Whether objects of this class belong to the system: locks, files, loggers, threads."""
    place = str(kind.__module__).partition(".")[0]
    return place in STANDARD_LIBRARY and place not in HOLD_THINGS and kind not in (random.Random, threading.local)


@functools.lru_cache(maxsize=4096)
def _slots(kind: Any) -> tuple[Any, ...]:
    return tuple(value for cls in kind.__mro__ if not _of_a_library(cls.__module__)
                 for value in vars(cls).values() if isinstance(value, types.MemberDescriptorType))


@functools.lru_cache(maxsize=4096)
def names_of_globals(code: types.CodeType) -> frozenset[str]:
    """The global variables that a function reads or writes, and those of the functions inside it.

    Examples
    --------
    >>> sorted(names_of_globals((lambda x: [len(y.shape) for y in x]).__code__))
    ['len']
    """
    own = {str(step.argval) for step in dis.get_instructions(code) if step.opname.endswith("_GLOBAL")}
    return frozenset(own).union(*map(names_of_globals, _inner(code)))


def names_in(code: types.CodeType) -> frozenset[str]:
    """All names that a function mentions, attributes included, and those of the functions inside it."""
    return frozenset(code.co_names).union(*map(names_in, _inner(code)))


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]
