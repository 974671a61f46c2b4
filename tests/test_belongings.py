"""Whatever a model keeps, and wherever: after a trace, a failed trace and a proof it is as it was."""
import logging
import random
import re
import sys
import threading
import weakref
from abc import ABC, abstractmethod
from array import array
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial, singledispatch
from io import StringIO
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import ClassVar, TypeVar
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from torch import nn

from resnext_edu import prove_equivalent, trace
from resnext_edu.belongings import Belongings, as_before
from resnext_edu.belongings.holders import (
    ClassAttributes,
    GlobalVariables,
    Holder,
    Members,
    OrderedItems,
    Sequence,
    holders_of,
    names_of_globals,
)
from resnext_edu.errors import EquivalenceError, TraceError

SIZE = (2, 3, 8, 8)
GLOBAL, NUMBER, GONE = [], 0, "still here"


class Net(nn.Module):
    """A convolution that tells `remember` what it has computed."""

    def __init__(self, remember, **kept):
        super().__init__()
        self.conv, self.remember, self.fails = nn.Conv2d(3, 4, 3, bias=False), remember, False
        for name, value in kept.items():
            setattr(self, name, value)

    def forward(self, x):
        y = self.conv(x)
        self.remember(self, y)
        if self.fails:
            raise KeyError("in the middle")
        return y


class Cache:
    """Keys and values, as an attention keeps them."""

    def __init__(self):
        self.keys, self.seen = [torch.ones(3)], 0

    def update(self, y):
        self.keys.append(y)
        self.keys[0].mul_(2)
        self.seen += 1

    def hook(self, module, args, out):
        self.update(out)

    def __call__(self, module, args, out):
        self.update(out)


class Slotted:
    __slots__ = ("empty", "last", "numbers")

    def __init__(self):
        self.numbers, self.last = [], torch.zeros(2)


@dataclass(frozen=True, slots=True)
class Frozen:
    numbers: list = field(default_factory=list)


class NoUpdate(OrderedDict):
    def update(self, *_):
        raise TypeError("read only")

    clear = __setitem__ = pop = update


Pair = namedtuple("Pair", "first second")


class WithClassAttributes(Net):
    shared, count, gone = [], 0, "still here"


def at_class(m, y):
    type(m).shared.append(y)
    type(m).count += 1
    type(m).new = y
    del type(m).gone


def at_global(m, y):
    global NUMBER, NEW, GONE
    GLOBAL.append(y)
    del GONE
    NUMBER += 1
    NEW = y


def helper():
    GLOBAL.append(1)


def by_helper(m, y):
    helper()


@lru_cache
def remembered(device):
    return torch.ones(3, device=device)


def with_default(m, y, kept=[torch.ones(2)], *, named={}):  # noqa: B006, B008
    kept.append(y)
    named["y"] = y
    kept[0].zero_()


def rebinds(m, y):
    m.conv, m.late, m.text = nn.Identity(), y, "after"
    del m.gone


def hooked(hook):
    net = Net(lambda m, y: None)
    net.conv.register_forward_hook(hook)
    return net


def in_closure():
    found, last, empty = [], None, torch.zeros(1)

    def hook(module, args, out):
        nonlocal last
        found.append(out)
        last = out
        empty.add_(1)

    return hooked(hook), lambda: (found, last, empty)


def not_yet():
    def hook(module, args, out):
        nonlocal late
        late = out

    def read():
        try:
            return late
        except NameError:
            return "nothing"

    if not hook:
        late = None
    return hooked(hook), read


def in_a_method_of_c():
    found = []
    return Net(lambda m, y: m.tell(y), tell=found.append), lambda: found


def in_a_property():
    found = []

    class Tells(Net):
        told = property(lambda self: found.append(1))

    return Tells(lambda m, y: m.told), lambda: found


def kept(remember, **things):
    """A model, and how to read what it keeps."""
    net = Net(remember, **things)
    return net, lambda: [getattr(net, name, None) for name in things]


def hook_of(cache, hook):
    return hooked(hook), lambda: vars(cache)


def normalising_list():
    layers = [nn.BatchNorm2d(4), nn.Dropout()]
    return kept(lambda m, y: [layer(y) for layer in m.modules], modules=layers)


def own_generator():
    net = Net(lambda m, y: torch.rand(1, generator=m.dice), dice=torch.Generator())
    return net, lambda: net.dice.get_state()


class Store:
    kept: ClassVar[list] = []


def in_another_file():
    """A file with a list and a function that fills it."""
    file = ModuleType("another_file")
    exec("LOG = []\ndef remember(y):\n    LOG.append(y)\n", vars(file))
    return file


another_file = in_another_file()
from_another_file = another_file.remember
CONTEXT = ContextVar("CONTEXT", default="before")
CACHE = Cache()
KEEPERS = {
    "an object": lambda: kept(lambda m, y: m.cache.update(y), cache=Cache()),
    "an object in an object": lambda: kept(lambda m, y: m.a.b.update(y), a=SimpleNamespace(b=Cache())),
    "a list": lambda: kept(lambda m, y: (m.k.append(y), m.k[0].zero_()), k=[torch.ones(2)]),
    "a list that gets shorter": lambda: kept(lambda m, y: m.k.pop(), k=["a", "b"]),
    "a key of a dict": lambda: kept(lambda m, y: next(iter(m.k)).update(y), k={Cache(): 1}),
    "slots that are emptied": lambda: kept(lambda m, y: (delattr(m.k, "numbers"), setattr(m.k, "empty", 1)), k=Slotted()),
    "a variable without a value": not_yet,
    "a method of a list": in_a_method_of_c,
    "what a property closes over": in_a_property,
    "old random numbers of NumPy": lambda: kept(lambda m, y: m.k.rand(), k=np.random.RandomState(1)),
    "a dict of dicts": lambda: kept(lambda m, y: m.k["a"].update(b=y), k={"a": {}}),
    "an OrderedDict": lambda: kept(lambda m, y: (m.k.update(y=y), m.k.move_to_end("a")), k=OrderedDict(a=torch.ones(1), b=2)),
    "a defaultdict": lambda: kept(lambda m, y: m.k["y"].append(y), k=defaultdict(list)),
    "a Counter": lambda: kept(lambda m, y: m.k.update("ab"), k=Counter("a")),
    "a UserDict": lambda: kept(lambda m, y: m.k.update(y=y), k=UserDict()),
    "a ChainMap": lambda: kept(lambda m, y: m.k.update(y=y), k=ChainMap({})),
    "a dict that forbids": lambda: kept(lambda m, y: OrderedDict.__setitem__(m.k, "y", y), k=NoUpdate()),
    "a deque": lambda: kept(lambda m, y: m.k.append(y), k=deque([torch.ones(1)], maxlen=1)),
    "a set": lambda: kept(lambda m, y: m.k.add("y"), k={"x"}),
    "a tuple": lambda: kept(lambda m, y: (m.k[0].zero_(), m.k[1].append(y)), k=(torch.ones(2), [])),
    "a namedtuple": lambda: kept(lambda m, y: (m.k.first.zero_(), m.k.second.append(y)), k=Pair(torch.ones(2), [])),
    "slots": lambda: kept(lambda m, y: (m.k.numbers.append(y), setattr(m.k, "last", y), setattr(m.k, "empty", 1)), k=Slotted()),
    "a frozen dataclass": lambda: kept(lambda m, y: m.k.numbers.append(y), k=Frozen()),
    "a weak dictionary": lambda: kept(lambda m, y: m.k.__setitem__(m, y), k=weakref.WeakKeyDictionary()),
    "an array of NumPy": lambda: kept(lambda m, y: m.k.__iadd__(1), k=np.zeros(3)),
    "an array": lambda: kept(lambda m, y: m.k.append(2), k=array("i", [1])),
    "bytes": lambda: kept(lambda m, y: m.k.extend(b"x"), k=bytearray(b"a")),
    "random numbers": lambda: kept(lambda m, y: m.k.random(), k=random.Random(1)),
    "random numbers of NumPy": lambda: kept(lambda m, y: m.k.random(), k=np.random.default_rng(1)),
    "random numbers of torch": own_generator,
    "an attribute": lambda: kept(rebinds, conv2=None, late=None, text="before", gone=1),
    "layers in a list": normalising_list,
    "a hook's closure": in_closure,
    "a hook's object": lambda: hook_of(CACHE, CACHE.hook),
    "a hook that is an object": lambda: hook_of(CACHE, CACHE),
    "a hook with arguments": lambda: hook_of(CACHE, partial(lambda c, m, a, o: c.update(o), CACHE)),
    "a hook with a default": lambda: hook_of(CACHE, lambda m, a, o, c=CACHE: c.update(o)),
    "the attributes of a class": lambda: (WithClassAttributes(at_class), lambda: {
        k: v for k, v in vars(WithClassAttributes).items() if k[0] != "_"}),
    "global variables": lambda: (Net(at_global), lambda: (GLOBAL, NUMBER, "NEW" in globals(), "GONE" in globals())),
    "global variables of another function": lambda: (Net(by_helper), lambda: GLOBAL),
    "default arguments": lambda: (Net(with_default), lambda: (with_default.__defaults__, with_default.__kwdefaults__)),
    "an array of objects": lambda: kept(lambda m, y: (m.k[0].append(y), m.k.__setitem__(1, y)), k=np.array([[], 1], object)),
    "a read-only mapping": lambda: kept(lambda m, y: m.k["a"].append(y), k=MappingProxyType({"a": []})),
    "the values of a dict": lambda: kept(lambda m, y: next(iter(m.k)).append(y), k={"a": []}.values()),
    "a weak reference": lambda: (Net(lambda m, y: m.k().update(y), k=weakref.ref(CACHE)), lambda: vars(CACHE)),
    "a weak set": lambda: kept(lambda m, y: m.k.add(m), k=weakref.WeakSet()),
    "an attribute of a thread": lambda: kept(lambda m, y: setattr(m.k, "y", y), k=threading.local()),
    "a member of an Enum": lambda: kept(lambda m, y: m.k.value.append(y), k=Enum("Mode", {"A": [0]}).A),
    "a class that a function names": lambda: (Net(lambda m, y: Store.kept.append(y)), lambda: Store.kept),
    "a function of another file": lambda: (Net(lambda m, y: from_another_file(y)), lambda: from_another_file.__globals__["LOG"]),
    "a file that a function names": lambda: (Net(lambda m, y: another_file.LOG.append(y)), lambda: another_file.LOG),
    "a context variable": lambda: (Net(lambda m, y: CONTEXT.set(y)), lambda: CONTEXT.get()),
    "what functools remembers": lambda: (Net(lambda m, y: remembered(y.device)), lambda: remembered.cache_info().currsize),
}


def told(value, seen=()):
    """All that can be said about a value, to be compared with the same at another time."""
    if id(value) in seen:
        return "…"
    seen = (*seen, id(value))
    if isinstance(value, torch.Tensor):
        return f"{value.device} {value.dtype} {value.tolist() if not value.is_meta else value.shape}"
    if isinstance(value, dict):
        return [(told(k, seen), told(v, seen)) for k, v in value.items()]
    if isinstance(value, (list, tuple, deque)):
        return [type(value).__name__, *(told(v, seen) for v in value)]
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if isinstance(value, random.Random):
        return str(value.getstate())
    if isinstance(value, np.random.RandomState):
        return str(value.get_state())
    if isinstance(value, Slotted):
        return [told(getattr(value, name, "empty"), seen) for name in value.__slots__]
    if isinstance(value, Cache) or (hasattr(value, "__dict__") and not callable(value)):
        return told(vars(value), seen)
    if isinstance(value, nn.Module):
        return [value.training, told(value.state_dict(), seen)]
    return repr(value)


@pytest.mark.parametrize("asked", ["meta", "cpu", "meta, fails", "cpu, fails", "proof"])
@pytest.mark.parametrize("keeper", KEEPERS)
def test_everything_is_as_it_was(keeper, asked):
    model, read = KEEPERS[keeper]()
    before = told(read())
    model.fails = "fails" in asked
    if asked == "proof":
        with suppress(EquivalenceError):  # not everything can be copied
            prove_equivalent(model, nn.Conv2d(3, 4, 3, bias=False), input_size=SIZE)
    elif model.fails:
        with pytest.raises(TraceError, match="in the middle"):
            trace(model, SIZE, device=asked[:4].strip(","))
    else:
        assert trace(model, SIZE, device=asked).total_macs == 7776
    assert told(read()) == before
    model.fails = False
    assert trace(model, SIZE).total_macs == 7776  # the next trace is right, too


def test_a_model_that_is_run_by_hand_does_change():
    """So that the test above can fail at all."""
    unchanged = []
    for keeper, make in KEEPERS.items():
        model, read = make()
        before = told(read())
        with torch.no_grad(), as_before(model):
            model(torch.ones(SIZE))
            if told(read()) == before:
                unchanged.append(keeper)
    assert not unchanged


def test_random_numbers_of_the_world_go_on_as_if_nothing_had_been():
    random.seed(3)
    before = random.getstate()
    trace(Net(lambda m, y: random.random()), SIZE)
    assert random.getstate() == before


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("place", [weakref.proxy, lambda norm: partial(next, iter([norm]))], ids=["a proxy", "an iterator"])
def test_a_layer_to_which_nothing_leads_is_in_eval_mode_and_not_trained(place, device):
    norm = nn.BatchNorm2d(4)
    hidden = place(norm)
    found = trace(Net(lambda m, y: (hidden() if isinstance(hidden, partial) else hidden)(y)), SIZE, device=device)
    assert "batch_norm" in [row.op for row in found]
    assert (norm.num_batches_tracked, norm.training, norm.weight.is_meta) == (0, True, False)


def test_a_layer_that_is_made_in_the_forward_is_on_the_device():
    assert trace(Net(lambda m, y: nn.Conv2d(4, 2, 1, bias=False)(y)), SIZE).total_macs == 7776 + 2 * 4 * 2 * 36


def test_traces_and_proofs_of_one_model_in_several_threads_wait_for_each_other():
    model = nn.Sequential(*(nn.Linear(8, 8) for _ in range(20)))
    twin = nn.Sequential(*(nn.Linear(8, 8) for _ in range(20)))
    twin.load_state_dict(model.state_dict())
    with ThreadPoolExecutor(4) as threads:
        traces = [threads.submit(trace, model, (2, 8)) for _ in range(4)]
        proofs = [threads.submit(prove_equivalent, model, twin, input_size=(2, 8)) for _ in range(2)]
        assert {found.result().total_macs for found in traces} == {20 * 128}
        assert {proof.result()["output (eval)"].status for proof in proofs} == {"PASS"}
    assert not any(p.is_meta for p in model.parameters())
    assert not any("forward" in vars(m) for m in model.modules())
    assert model.training


def test_what_is_remembered_is_forgotten_only_if_something_new_came():
    @lru_cache
    def table(n):
        return n

    table(8)
    trace(Net(lambda m, y: y * table(8)), SIZE)
    assert table.cache_info().currsize == 1
    trace(Net(lambda m, y: y * table(9)), SIZE)
    assert table.cache_info().currsize == 0


def test_torchs_own_settings_are_as_before():
    def careless(m, y):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)

    trace(Net(careless), SIZE)
    assert (torch.get_default_dtype(), torch.is_grad_enabled()) == (torch.float32, True)


def test_what_a_tensor_itself_keeps():
    net = Net(lambda m, y: m.conv.weight.notes.append(y))
    net.conv.weight.notes, net.conv.weight.twin = [], net.conv.weight
    trace(net, SIZE)
    assert (net.conv.weight.notes, net.conv.weight.twin) == ([], net.conv.weight)


def test_a_place_that_can_not_be_written_does_not_keep_others_from_being_put_back():
    class Stubborn(list):
        def __iter__(self):
            raise RuntimeError("no")

    net = Net(lambda m, y: (m.kept.append(y), m.last.append(y)), first=[], kept=Stubborn([1]), last=[])
    with suppress(TraceError):
        trace(net, SIZE)
    assert (net.first, net.last, net.conv.weight.is_meta) == ([], [], False)


def test_one_tensor_in_two_places_has_one_stand_in():
    shared = torch.ones(2)
    holder = SimpleNamespace(a=shared, b=[shared], c={"d": (shared,)})
    belongings = Belongings(torch.zeros_like)
    belongings.take(holder)
    assert holder.a is holder.b[0] is holder.c["d"][0]
    assert holder.a is not shared
    belongings.put_back()
    assert holder.a is holder.b[0] is holder.c["d"][0] is shared


def test_of_a_tuple_with_tensors_another_one_is_returned():
    given = (torch.ones(2), Pair(torch.ones(1), 5), frozenset([torch.ones(1)]), torch.Size([2]))
    taken = Belongings(torch.zeros_like).take(given)
    assert (taken[0].sum(), type(taken[1]), taken[1].second) == (0, Pair, 5)
    assert next(iter(taken[2])) == 0
    assert taken[3] is given[3]


def test_numbers_that_were_written_over_are_written_back():
    model = nn.Linear(2, 2)
    weight = model.weight.detach().clone()
    with as_before(model), torch.no_grad():
        model.weight.fill_(7)
        model.bias = None
    assert torch.equal(model.weight, weight)
    assert model.bias is not None


@pytest.mark.filterwarnings("ignore")
def test_numbers_in_a_layout_that_torch_does_not_compare_are_written_back_too():
    sparse = torch.eye(3).to_sparse()
    model = nn.Module()
    model.held, model.lazy = [sparse, torch.ones(3).to_mkldnn()], nn.LazyLinear(2)
    with as_before(model):
        sparse.mul_(2)
    assert torch.equal(sparse.to_dense(), torch.eye(3))


def test_a_place_that_is_as_it_was_is_not_written(monkeypatch):
    written = []
    belongings = Belongings(lambda tensor: tensor)
    belongings.take([{"a": [1, {2}]}, SimpleNamespace(b=deque([3]))])
    for holder in (Holder, Sequence, Members):
        monkeypatch.setattr(holder, "write", lambda self, contents: written.append(self))
    belongings.put_back()
    assert not written


def test_a_tensor_that_is_a_key_has_no_stand_in():
    asked = []
    Belongings(lambda tensor: asked.append(tensor) or tensor).take({torch.ones(1): [1]})
    assert not asked


def test_what_functools_remembers_stays_if_nothing_is_new():
    remembered(torch.device("cpu"))
    try:
        trace(Net(lambda m, y: None if m.conv else remembered(y.device)), SIZE)
        assert remembered.cache_info().currsize == 1
    finally:
        remembered.cache_clear()


class Abstract(ABC):
    __slots__ = ("slot",)
    COUNT, shared, trailing__ = 0, [], 1

    @abstractmethod
    def method(self): ...


def test_the_attributes_of_a_class_are_those_that_its_author_wrote():
    setattr(Abstract, "__late", 2)
    held, shared = ClassAttributes(Abstract), Abstract.shared
    before = held.read()
    assert set(before) == {"COUNT", "shared", "trailing__", "method", "__late"}
    Abstract.shared = []  # equal, and another one
    held.write(before)
    assert Abstract.shared is shared


class Gone:
    """Someone whose attributes can't be asked for."""

    __slots__ = ("__weakref__",)

    def __getattr__(self, name):
        raise RuntimeError(name)


class Claims:
    """It has the class of another thing, as a proxy does."""

    __class__ = property(lambda self: dict)


def dead_proxy():
    here = Cache()
    return weakref.proxy(here)


STRANGE = [list[int], dict[str, list], int | None, dead_proxy(), weakref.ref(Cache), Gone(), Claims(), MagicMock(), (n for n in [1]),
           iter([1]), memoryview(b"a"), re.compile("a").match("a"), datetime.now(), Decimal(1), threading.Thread(), logging.getLogger(),
           open, sys, torch, torch.nn, Enum("Color", "red"), TypeVar("T"), np.float32(1), np.dtype("f4"), np.array([{}], object),
           torch.max(torch.ones(2, 2), 0), torch.ones(3, requires_grad=True).sum(), torch.ones(3).to_sparse(), singledispatch(len),
           contextmanager(len), property(len), StringIO(), Path("a"), torch.device("cpu"), frozenset({"a"}), type, object(), ...,
           torch.jit.script(nn.ReLU()), torch.optim.SGD([torch.ones(1, requires_grad=True)]), torch.utils.data.DataLoader([1])]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(len(STRANGE)))  # a dead proxy can't even be looked at by pytest
def test_strange_things_do_no_harm(number):
    thing = STRANGE[number]
    model = Net(lambda m, y: None, strange=[thing])
    assert trace(model, SIZE).total_macs == 7776
    assert model.strange[0] is thing
    with as_before(model):
        model.strange.clear()
    assert model.strange[0] is thing


def test_what_belongs_to_the_system_is_left_alone():
    """A logger leads to all other ones, and a lock to nothing."""
    assert not list(holders_of(logging.getLogger("x")))
    assert not list(holders_of(threading.Lock()))
    assert not list(holders_of(torch.relu))
    assert not list(holders_of(nn.Linear))
    assert not list(holders_of(re.compile))
    assert not list(holders_of(Enum("Color", "red").red))


def test_a_thing_has_the_places_of_the_first_kind_that_fits():
    assert [type(holder) for holder in holders_of(OrderedDict())] == [OrderedItems, Holder]  # the second: its attributes
    fixed = np.ones(3)
    fixed.flags.writeable = False
    assert [len(list(holders_of(thing))) for thing in (np.ones(3), fixed, np.array([[1]], object))] == [1, 0, 1]


def test_what_a_notebook_defines_is_no_library():
    def function():
        """Jupyter's own module is called __main__."""

    function.__module__ = "__main__"
    assert list(holders_of(function))
    assert list(holders_of(type("Own", (), {"__module__": "__main__"})))


def test_the_variables_of_a_file_are_those_that_exist_and_are_put_back_one_by_one():
    variables = {"GLOBAL": 1, "other": 2}
    place = GlobalVariables(variables, frozenset({"GLOBAL", "NEW"}))
    before = place.read()
    assert before == {"GLOBAL": 1}
    variables |= {"GLOBAL": 3, "NEW": 4, "other": 5}
    place.write(before)
    assert variables == {"GLOBAL": 1, "other": 5}


def test_of_an_installed_package_neither_variables_nor_classes_are_followed():
    assert not list(holders_of(pytest.Item))
    assert GlobalVariables not in {type(holder) for holder in holders_of(pytest.importorskip)}


def test_what_a_function_names_is_looked_up_once():
    before = names_of_globals.cache_info().hits
    assert names_of_globals(helper.__code__) is names_of_globals(helper.__code__)
    assert names_of_globals.cache_info().hits > before


def test_only_the_global_variables_that_a_function_names_are_followed():
    assert {"GLOBAL", "NUMBER", "NEW"} <= names_of_globals(at_global.__code__)
    assert "CACHE" not in names_of_globals(at_global.__code__)
