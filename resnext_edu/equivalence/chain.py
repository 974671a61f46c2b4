"""A network as a chain: each link reads only what the link before it has made.

A chain is as equal as its links: if each link of one network is the same function as the link at its place in the
other, the networks are the same function. The other way round this does not hold: whoever exchanges channels in one
link, and back in the next, gets other links and the same network.
"""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from resnext_edu.equivalence.call_tree import CallTree, Made, ModuleCall, Op
from resnext_edu.modules import parameters


class NotAChain(Exception):
    """Where a module does more than to hand one tensor from part to part, in words."""


class Replay(nn.Module):
    """The operations between two modules, such as a flatten, as a module.

    Parameters
    ----------
    ops : sequence of Op
        In their order.
    takes, returns : int
        The numbers of the tensors that go in and come out.

    Attributes
    ----------
    steps : list
        Each operation with its arguments; a parameter is a `Used`, so that a copy reads its own.
    """

    def __init__(self, ops: Sequence[Op], takes: int, returns: int) -> None:
        super().__init__()
        self.takes: int = takes
        self.returns: int = returns
        tensors = [t for op in ops for t in tree_leaves((op.args, op.kwargs)) if isinstance(t, nn.Parameter)]
        places = {id(t): place for place, t in enumerate(dict.fromkeys(tensors))}
        self.used: nn.ParameterList = nn.ParameterList(dict.fromkeys(tensors))
        self.steps: list[tuple[Any, ...]] = [
            (op.func, *tree_map_only(nn.Parameter, lambda p: Used(places[id(p)]), (op.args, op.kwargs)), op.makes)
            for op in ops]

    def forward(self, x: Tensor) -> Tensor:
        """What the last of them returns."""
        made = {self.takes: x}

        def tensor(stand_in: Made | Used) -> Tensor:
            return made[stand_in.number] if isinstance(stand_in, Made) else self.used[stand_in.place]

        for func, args, kwargs, makes in self.steps:
            given, named = tree_map_only((Made, Used), tensor, (args, kwargs))
            out = func(*given, **named)
            made |= dict(zip(makes, (t for t in tree_leaves(out) if isinstance(t, Tensor)), strict=True))
        return made[self.returns]


@dataclass(frozen=True)
class Used:
    """Stands for a parameter of a `Replay`, by its place in `used`."""

    place: int


@dataclass(frozen=True)
class Link:
    """One link, or several that have been joined.

    Attributes
    ----------
    name : str
        Its path, such as "layer3.4"; of operations their names, such as "flatten".
    module : nn.Module
        It takes one tensor and returns one.
    takes, gives : tuple of int
        The shapes of these.
    """

    name: str
    module: nn.Module
    takes: tuple[int, ...]
    gives: tuple[int, ...]

    @property
    def looks(self) -> tuple[int, tuple[int, ...]]:
        """How many weights it has, and what it gives: how links of two networks are laid side by side."""
        return sum(p.numel() for p in parameters(self.module)), self.gives


class Chain(NamedTuple):
    """The links of a module, and what it returned.

    Attributes
    ----------
    links : list of Link
        In their order.
    out : Tensor
        What the whole returned.
    """

    links: list[Link]
    out: Tensor


def chain_of(module: nn.Module, x: Tensor) -> Chain:
    """The links of a module, found by running it once.

    Parameters
    ----------
    module : nn.Module
        A copy in eval mode.
    x : Tensor
        Its input.

    Raises
    ------
    NotAChain
        With the place, if some part reads more than what the part before it has made.

    Examples
    --------
    >>> import torch
    >>> chain = chain_of(nn.Sequential(nn.ReLU(), nn.Sequential(nn.Flatten())), torch.ones(1, 2))
    >>> [link.name for link in chain.links]
    ['0', '1.0']
    """
    tree = CallTree(module, x)
    return Chain(list(_links(tree.root)), tree.out)


def _links(call: ModuleCall) -> Iterator[Link]:
    """The links of one call."""
    where = call.path or "its forward"
    if call.takes is None or call.returns is None:
        raise NotAChain(f"{where} takes or returns something else than one tensor")
    at, shape, ops = call.takes, call.shape, list[Op]()
    for event in call.events:
        made = {number for op in ops for number in op.makes}
        if any(op.asks for op in ([event] if isinstance(event, Op) else event.ops)):
            raise NotAChain(f"{where} hands a number of a tensor to Python (by an `if`, or by `.item()`)")
        if isinstance(event, Op):
            if event.reads - made - {at}:
                raise NotAChain(f"in {where}, `{event.name}` reads an earlier tensor than the last one")
            ops.append(event)
            continue
        if event.takes is None or event.returns is None:
            raise NotAChain(f"{event.path} takes or returns something else than one tensor")
        if event.takes not in made | {at} or event.reads - {event.takes}:
            raise NotAChain(f"{event.path} reads an earlier tensor than the last one")
        yield from _between(ops, at, event.takes, shape)
        yield from _inside(event)
        at, shape, ops = event.returns, event.gives, []
    if call.returns not in {at, *(number for op in ops for number in op.makes)}:
        raise NotAChain(f"{where} returns an earlier tensor than the last one")
    yield from _between(ops, at, call.returns, shape)


def _between(ops: Sequence[Op], takes: int, returns: int, shape: tuple[int, ...]) -> Iterator[Link]:
    """The operations between two modules, cut wherever only one tensor goes on."""
    begin = 0
    for k, op in enumerate(ops, 1):
        if takes == returns:
            return
        goes_on = ({number for later in ops[k:] for number in later.reads} | {returns}) - {
            number for later in ops[k:] for number in later.makes}
        if len(goes_on) == 1 and goes_on <= set(op.makes):
            (last,) = goes_on
            gives = op.shapes[op.makes.index(last)]
            names = ", ".join(dict.fromkeys(op.name for op in ops[begin:k]))
            yield Link(names, Replay(ops[begin:k], takes, last), shape, gives)
            begin, takes, shape = k, last, gives


def _inside(call: ModuleCall) -> list[Link]:
    """The links of a part; one that is no chain itself, such as a residual block, is one link."""
    if any(isinstance(event, ModuleCall) for event in call.events):
        try:
            return list(_links(call))
        except NotAChain:
            pass
    return [Link(call.path, call.module, call.shape, call.gives)]


def side_by_side(left: Sequence[Link], right: Sequence[Link]) -> list[tuple[Link, Link]]:
    """Lay two chains side by side, and join links where only one side is divided.

    Parameters
    ----------
    left, right : sequence of Link
        Of two networks that take the same shape and give the same shape.

    Returns
    -------
    list of tuple of Link
        Both links of a pair take the same shape, and give the same shape.
    """
    if [(a.takes, a.gives) for a in left] == [(b.takes, b.gives) for b in right]:
        return list(zip(left, right, strict=True))
    left, right = _weightless_joined(left), _weightless_joined(right)
    blocks = SequenceMatcher(None, [a.looks for a in left], [b.looks for b in right], autojunk=False)
    pairs, waiting = list[tuple[Link, Link]](), (list[Link](), list[Link]())
    for _, i, i_end, j, j_end in blocks.get_opcodes():
        pieces = ([((a,), (b,)) for a, b in zip(left[i:i_end], right[j:j_end], strict=True)] if i_end - i == j_end - j
                  else [(tuple(left[i:i_end]), tuple(right[j:j_end]))])
        for one, other in pieces:
            waiting[0].extend(one)
            waiting[1].extend(other)
            shape = next((link.takes for side in waiting for link in side), ())
            ends = [side[-1].gives if side else shape for side in waiting]
            if ends[0] == ends[1]:
                a, b = (_joined(side, shape) for side in waiting)
                pairs.append((a, b))
                waiting = ([], [])
    return pairs


def _weightless_joined(links: Sequence[Link]) -> list[Link]:
    """The same chain, with neighbours that have no weights as one link, such as a ReLU and a pooling."""
    runs = (list(run) for _, run in groupby(links, key=lambda link: link.looks[0] == 0))
    return [link for run in runs for link in ([_joined(run, run[0].takes)] if run[0].looks[0] == 0 else run)]


def _joined(links: Sequence[Link], shape: tuple[int, ...]) -> Link:
    """Several links as one; none at all is a link that does nothing."""
    if len(links) == 1:
        return links[0]
    if not links:
        return Link("nothing", nn.Identity(), shape, shape)
    name = f"{links[0].name} … {links[-1].name}"
    return Link(name, nn.Sequential(*(link.module for link in links)), links[0].takes, links[-1].gives)
