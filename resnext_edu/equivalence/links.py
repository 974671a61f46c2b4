"""Two networks, too deep to be run in whole numbers as one, proved equal link by link.

First each pair of links gets what really arrives there, with its own weights and BatchNorm's own numbers, in float64:
this finds a broken link in seconds. If there is none, identical layers are compared by their bits, and all other pairs
get the exact proof, at the input shape that they really see.
"""
import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from resnext_edu.equivalence.arrangement import shapes_to_move, weights
from resnext_edu.equivalence.batchnorm import batchnorms, make_identity
from resnext_edu.equivalence.call_tree import Made
from resnext_edu.equivalence.chain import Chain, Link, Replay, Used, side_by_side
from resnext_edu.equivalence.exact import ALL_DRAWS, exact_finding, weightless_finding
from resnext_edu.equivalence.floats import ALLOWED, difference, greatest
from resnext_edu.equivalence.observer import LARGE, off_by_rounding
from resnext_edu.equivalence.polynomial import ModuleRaised, Polynomial
from resnext_edu.equivalence.progress import Loop, Progress
from resnext_edu.findings import ERROR, EXACT, FAIL, PASS, SKIPPED, Finding
from resnext_edu.modules import has_children, named_buffers, named_parameters
from resnext_edu.words import listed, plural

AS_THEY_ARE = "outputs in eval mode, float64, for what really arrives here and for large numbers, BatchNorm as it is"

SLIPS = 1e-6  # of the outputs: more than rounding errors make of equal links


class Pair(NamedTuple):
    """A link of the left network and the one at its place in the right network.

    Attributes
    ----------
    left, right : Link
    alike : str
        In which way they are one and the same layer, or ''.
    """

    left: Link
    right: Link
    alike: str

    @property
    def name(self) -> str:
        """Where it stands, such as "layer3.4"; on both sides, if they have different names."""
        return self.left.name if self.left.name == self.right.name else f"{self.left.name} | {self.right.name}"


class ChainProof:
    """The exact finding about two networks that are chains.

    Parameters
    ----------
    left, right : Chain
    x : Tensor
        The batch that went through both.
    seed : int
        Of the draws.
    progress : Progress
        All loops are announced to it.
    """

    def __init__(self, left: Chain, right: Chain, x: Tensor, seed: int, progress: Progress) -> None:
        self.x: Tensor = x
        self.seed: int = seed
        self.apart: float = difference([left.out], [right.out])
        self.pairs: list[Pair] = [Pair(a, b, _alike(a.module, b.module))
                                  for a, b in side_by_side(left.links, right.links)]
        self.sides: tuple[list[Link], list[Link]] = left.links, right.links
        self.first: Loop[Pair] = progress.over(EXACT, self.pairs)
        self.then: dict[int, tuple[Loop[int], Loop[tuple[int, ...]]]] = {
            place: (progress.over(f"{EXACT}: {pair.name}", ALL_DRAWS),
                    progress.over(f"{EXACT}: {pair.name}", shapes_to_move(pair.right.module)))
            for place, pair in enumerate(self.pairs) if not pair.alike}

    def findings(self) -> tuple[Finding, tuple[Finding, ...]]:
        """The exact finding about the networks, and one finding for each pair of links."""
        links = list(self._as_they_are())
        if all(link.status != FAIL for link in links):
            for place, (draws, controls) in self.then.items():
                links[place] = self._in_whole_numbers(self.pairs[place], draws, controls)
        return self._together(links), tuple(links)

    def _as_they_are(self) -> Iterator[Finding]:
        """Do both links of a pair return the same for what the left network hands to them, and for random numbers?"""
        x, generator = self.x, torch.Generator().manual_seed(self.seed)
        for pair in self.first:
            drawn = LARGE * torch.randn(x.shape, generator=generator, dtype=torch.float64)
            given = [x] if pair.alike else [x, drawn, -drawn]
            with torch.no_grad():
                left, right = ([link.module(each.clone()) for each in given] for link in (pair.left, pair.right))
            apart, _, index = greatest(left, right)
            if apart > ALLOWED:
                yield Finding(pair.name, FAIL, apart, ALLOWED, AS_THEY_ARE, f"output{index}" if index else "")
            elif pair.alike:
                yield Finding(pair.name, PASS, 0, 0.0, pair.alike)
            else:
                yield Finding(pair.name, SKIPPED, None, ALLOWED, "the same outputs; not proved: another link differs")
            x = left[0]

    def _networks_differ(self, links: Sequence[Finding]) -> bool:
        """Whether both networks return different numbers: for this batch, for others, or where no ReLU hides it."""
        generator = torch.Generator().manual_seed(self.seed)
        drawn = torch.randn(self.x.shape, generator=generator, dtype=torch.float64).abs()
        left, right = ([link.module for link in side] for side in self.sides)
        return (any(_differ(left, right, x) for x in (self.x, drawn, 10 * drawn, 100 * drawn))
                or _differ(*self._positive(links), drawn))

    def _positive(self, links: Sequence[Finding]) -> tuple[list[nn.Module], list[nn.Module]]:
        """Both networks with positive weights, BatchNorm as the identity, and equal links where they are equal."""
        left = [_positive(pair.left.module) for pair in self.pairs]
        right = [_positive(pair.right.module) if link.status == FAIL else same
                 for pair, link, same in zip(self.pairs, links, left, strict=True)]
        alike = all(len(batchnorms(a)) == len(batchnorms(b)) for a, b in zip(left, right, strict=True))
        return left, right if alike else left  # what a BatchNorm makes up for on one side does not count

    def _in_whole_numbers(self, pair: Pair, draws: Loop[int], controls: Loop[tuple[int, ...]]) -> Finding:
        """The exact proof for one pair."""
        try:
            left, right = (Polynomial(link.module, link.takes) for link in (pair.left, pair.right))
            if len(left.row) or len(right.row):
                return exact_finding(left, right, self.seed, draws, controls, pair.name)
            return weightless_finding(left, right, self.seed, draws, pair.name)
        except ModuleRaised as error:
            return Finding(pair.name, ERROR, None, None, f"on whole numbers a module raised {error}")

    def _together(self, links: list[Finding]) -> Finding:
        """What the findings about the links say about the networks."""
        chain = f"a chain of {plural(len(links), 'link')}"
        if different := [link for link in links if link.status == FAIL]:
            names, first = listed([link.name for link in different]), different[0]
            if not self._networks_differ(links):
                return Finding(EXACT, SKIPPED, None, None, f"{chain}, different in {names}, but the networks return "
                               "the same here: does one exchange channels, and exchange them back later?")
            return Finding(EXACT, FAIL, first.measured, first.allowed, f"{chain}, different in {names}: {first.detail}",
                           f"{first.where} of {first.name}" if first.where else first.name)
        if bad := next((link for link in links if link.status != PASS), None):
            return Finding(EXACT, bad.status, None, None, f"{chain}; nothing is proved about {bad.name}: {bad.detail}")
        if self.apart > SLIPS:
            return Finding(EXACT, FAIL, self.apart, SLIPS, f"{chain}, all equal, but the networks return different "
                           "numbers: some part remembers what it has seen")
        proved = [link for link, pair in zip(links, self.pairs, strict=True) if not pair.alike]
        words = [f"{len(links) - len(proved)} are the same layers, bit for bit"] if len(links) > len(proved) else []
        if proved:
            words.append(f"{len(proved)} agree bit for bit in draws of whole numbers, with every BatchNorm set to the "
                         f"identity (with its own numbers, to {ALLOWED:g})")
        return _passes(f"{chain}, all equal: {' and '.join(words)}", proved)


def _passes(said: str, proved: list[Finding]) -> Finding:
    """The finding about a chain in which all links are equal."""
    if not proved:
        return Finding(EXACT, PASS, 0, 0.0, said)
    if lucky := next((link for link in proved if link.once_in is None), None):
        return Finding(EXACT, PASS, 0, 0.0, f"{said}; for {lucky.name} no bound on luck is known")
    weakest = min(proved, key=lambda link: link.once_in or 0)
    return Finding(EXACT, PASS, 0, 0.0, f"{said}. If the networks differ, some link does; the weakest, {weakest.name}, "
                   f"would pass at most once in {weakest.once_in:,} proofs", once_in=weakest.once_in)


def _differ(left: Sequence[nn.Module], right: Sequence[nn.Module], x: Tensor) -> bool:
    """Whether two networks return different numbers, by more than rounding errors can grow in them."""
    def returned(network: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
        with torch.no_grad():
            return [nn.Sequential(*network)(x.clone())]

    out = returned(left, x)
    apart = difference(out, returned(right, x))
    return apart > ALLOWED and apart > 1000 * difference(out, returned(left, off_by_rounding(x)))


def _positive(module: nn.Module) -> nn.Module:
    """A copy with positive weights, whose BatchNorms do nothing: on positive inputs its ReLUs cut nothing off."""
    copied = copy.deepcopy(module)
    make_identity(copied)
    for w in weights(copied):
        w.data = w.data.abs()
    return copied


def _alike(left: nn.Module, right: nn.Module) -> str:
    """In which way two links are one and the same layer, or ''."""
    if isinstance(left, Replay) and isinstance(right, Replay):
        own = all(not isinstance(leaf, Tensor | Used) for leaf in tree_leaves([left.steps, right.steps]))
        return "the same operations" if own and _steps(left) == _steps(right) else ""
    kind = type(left)
    if kind is not type(right) or not kind.__module__.startswith("torch.nn.") or _settings(left) != _settings(right):
        return ""
    if any(has_children(m) or m._forward_hooks or m._forward_pre_hooks for m in (left, right)):
        return ""
    one, other = _floats_of(left), _floats_of(right)
    if one.keys() != other.keys() or not all(torch.equal(one[key], other[key]) for key in one):
        return ""
    numbers = sum(t.numel() for t in one.values())
    return f"the same {kind.__name__}: settings{f' and {numbers:,} numbers' if numbers else ''}, bit for bit"


def _settings(module: nn.Module) -> dict[str, Any]:
    """What a layer was made with."""
    return {name: value for name, value in vars(module).items() if not name.startswith("_") and name != "training"}


def _floats_of(module: nn.Module) -> dict[str, Tensor]:
    named: list[tuple[str, Tensor]] = [*named_parameters(module), *named_buffers(module)]
    return {name: t for name, t in named if t.is_floating_point()}


def _steps(replay: Replay) -> list[Any]:
    """Its operations, with the tensors that they make numbered from 0."""
    made = [replay.takes, *(number for *_, makes in replay.steps for number in makes)]
    number = {tensor: place for place, tensor in enumerate(made)}
    steps = [(func, tree_map_only(Made, lambda m: number[m.number], given)) for func, *given, _ in replay.steps]
    return [*steps, number[replay.returns]]
