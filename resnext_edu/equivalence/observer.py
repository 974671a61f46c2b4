"""What one module does with a batch, recorded so that it can be compared with another module's record.

Nothing in it depends on how the module arranges its numbers; see `Arrangement`.
"""
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from resnext_edu.equivalence.arrangement import Arrangement, float_buffers, moved_copy, places_after_move
from resnext_edu.equivalence.places import index_of
from resnext_edu.equivalence.polynomial import ANY_SEED
from resnext_edu.findings import BUFFERS, EVAL, FINDINGS, INPUT_GRADIENT, PARAMETER_GRADIENTS, TRAIN, TRAINING
from resnext_edu.modules import named_buffers, named_parameters, parameters, set_training

FEWEST_PER_CHANNEL = 16  # values in a batch; with fewer, BatchNorm's division makes rounding errors large
ROUNDING = 1e-15  # the relative error that a number may have after a few operations in float64
LARGE = 1000  # to test more than random inputs reach: up to 6, a ReLU6 is a ReLU
LR, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 1e-4  # of SGD
_, *ANSWERED = FINDINGS  # all except the exact one
PLACES_OF = "places of "  # and a finding: where its sorted numbers stood

Answer = list[Tensor] | str | Exception  # the numbers to compare, why no numbers exist, or the module's error
Observation = dict[str, Answer]  # finding → its answer


@dataclass(frozen=True)
class Side:
    """One of the two modules, and the orders that sort its numbers.

    Attributes
    ----------
    module : nn.Module
    by_parameter, by_buffer : Arrangement or None
        None if the other module has other numbers.
    keeps_places : bool
        Whether it is noted where the sorted numbers stood.
    """

    module: nn.Module
    by_parameter: Arrangement | None
    by_buffer: Arrangement | None
    keeps_places: bool = False

    def copied(self) -> "Side":
        """The same with a copy of the module."""
        return replace(self, module=copy.deepcopy(self.module))

    def moved(self, shape: tuple[int, ...]) -> "Side":
        """The control: a wrong copy, whose weights of this shape have moved on by one place."""
        places = places_after_move(parameters(self.module), shape)
        by_parameter = self.by_parameter and self.by_parameter.moved(places)
        return replace(self, module=moved_copy(self.module, shape), by_parameter=by_parameter)

    def off_by_rounding(self) -> "Side":
        """A copy in which every parameter has an error as large as rounding may make it."""
        off = self.copied()
        with torch.no_grad():
            for p in parameters(off.module):
                p.copy_(off_by_rounding(p))
        return off


def off_by_rounding(numbers: Tensor) -> Tensor:
    """The same numbers, each with an error as large as rounding may make it."""
    generator = torch.Generator().manual_seed(ANY_SEED)
    return numbers * torch.normal(1, ROUNDING, numbers.shape, generator=generator, dtype=torch.float64)


class Observer:
    """Asks one module after the other the same questions.

    Parameters
    ----------
    left, right : nn.Module
        In float64. They are not changed.
    fewest_values : float
        The fewest values per channel that any BatchNorm sees. With too few of them, nothing runs in train mode.
    sgd_steps : int
        How long the modules are trained.
    seed : int
        Of all random numbers.

    Attributes
    ----------
    train : bool
        Whether anything runs in train mode.
    sides : dict of str to Side
        "left" and "right".
    """

    def __init__(self, left: nn.Module, right: nn.Module, *, fewest_values: float, sgd_steps: int, seed: int) -> None:
        self.train: bool = fewest_values >= FEWEST_PER_CHANNEL
        values = f"{fewest_values:g} value{'' if fewest_values == 1 else 's'}"
        self.few: str = f"a BatchNorm sees only {values} a channel, too few to divide by their spread"
        self.sgd_steps: int = sgd_steps
        self.seed: int = seed
        by_parameter = [Arrangement(parameters(m)) for m in (left, right)]
        by_buffer = [Arrangement(float_buffers(m)) for m in (left, right)]
        self.unlike: dict[str, str] = {
            "parameters": _unlike("parameters", *by_parameter), "buffers": _unlike("buffers", *by_buffer)}
        self.sides: dict[str, Side] = {
            name: Side(module, None if self.unlike["parameters"] else p, None if self.unlike["buffers"] else b,
                       keeps_places=name == "left")
            for name, module, p, b in zip(("left", "right"), (left, right), by_parameter, by_buffer, strict=True)
        }

    def name_of(self, finding: str, place: int) -> str:
        """The name of a number of the left module: which parameter or buffer, and its index there."""
        module = self.sides["left"].module
        named: list[tuple[str, Tensor]] = [*named_parameters(module)]
        if finding == BUFFERS:
            named = [(name, b) for name, b in named_buffers(module) if b.is_floating_point()]
        for name, tensor in named:
            if place < tensor.numel():
                return f"{name}{index_of(place, tensor.shape)}"
            place -= tensor.numel()
        raise IndexError(f"there is no number {place}")

    def observe(self, side: Side, x: Tensor, sgd_steps: int | None = None) -> Observation:
        """Record what a module does with a batch, sorted so that all forms have the same order.

        Parameters
        ----------
        side : Side
            Its module is trained and so changes: pass `side.copied()`.
        x : Tensor
            The batch, in float64.
        sgd_steps : int, optional
            By default, as many as the observer was made with.

        Returns
        -------
        dict of str to answer
            One answer for each finding: tensors, why no tensors exist, or the error that the module raised.
        """
        found: Observation = {}
        try:
            set_training(side.module, False)
            found[EVAL] = [self._forward(side.module, k * x).detach().clone() for k in (1, LARGE)]
            set_training(side.module, self.train)
            self._observe_learning(found, side, x, sgd_steps or self.sgd_steps)
        except Exception as error:  # the module is not ours: whatever it raises is an answer
            found |= {name: error for name in ANSWERED if name not in found}
        return found

    def _observe_learning(self, found: Observation, side: Side, x: Tensor, sgd_steps: int) -> None:
        """Everything that needs a backward pass, or trains the module."""
        module, by_parameter, by_buffer = side.module, side.by_parameter, side.by_buffer
        learned, buffers = parameters(module), float_buffers(module)
        given, before = x.clone().requires_grad_(), [b.clone() for b in buffers]
        out = self._forward(module, given)
        found[TRAIN] = [out.detach().clone()] if self.train else self.few
        if not self.train:
            found[BUFFERS] = found[TRAINING] = self.few
        elif by_buffer and all(map(torch.equal, before, buffers)):
            found[BUFFERS] = "no batch changes them: BatchNorm's running statistics are frozen"
        else:
            found[BUFFERS] = [by_buffer.sort(buffers)] if by_buffer else self.unlike["buffers"]
            if by_buffer and side.keeps_places:
                found[PLACES_OF + BUFFERS] = [by_buffer.places(buffers)]

        slope = self._random(out.shape)
        by_input, *gradients = torch.autograd.grad(
            (out * slope).sum(), [given, *learned], allow_unused=True, materialize_grads=True
        )
        found[INPUT_GRADIENT] = [by_input] if x.numel() else "no input holds floating-point numbers"
        found[PARAMETER_GRADIENTS] = [by_parameter.sort(gradients)] if by_parameter else self.unlike["parameters"]
        if by_parameter and side.keeps_places:
            found[PLACES_OF + PARAMETER_GRADIENTS] = [by_parameter.places(gradients)]
        if self.train and by_parameter:
            steps = [[p.clone() for p in after] for after in self._train(module, x, sgd_steps)]
            found[TRAINING] = [by_parameter.sort(after) for after in steps]
            if side.keeps_places:
                found[PLACES_OF + TRAINING] = [by_parameter.places(after) for after in steps]
        elif self.train:
            found[TRAINING] = self.unlike["parameters"]

    def _train(self, module: nn.Module, x: Tensor, steps: int) -> Iterator[list[Tensor]]:
        """The parameters after the first step of SGD and after the last.

        It is written out because `torch.optim` loads torch's compiler, which takes 5 seconds.
        """
        learned = parameters(module)
        speeds, target = [torch.zeros_like(p) for p in learned], None
        for step in range(1, steps + 1):
            out = self._forward(module, x)
            target = self._random(out.shape) if target is None else target
            loss = nn.functional.mse_loss(out, target)
            gradients = torch.autograd.grad(loss, learned, allow_unused=True, materialize_grads=True)
            with torch.no_grad():
                for p, gradient, speed in zip(learned, gradients, speeds, strict=True):
                    speed.mul_(MOMENTUM).add_(gradient + WEIGHT_DECAY * p)
                    p.sub_(LR * speed)
            if step in (1, steps):
                yield [p.detach() for p in learned]

    def _forward(self, module: nn.Module, x: Tensor) -> Tensor:
        torch.default_generator.manual_seed(self.seed)  # so that dropout drops the same numbers on both sides
        out = module(x.clone())  # a block may write into its input
        if not isinstance(out, Tensor):
            raise TypeError(f"expected one tensor, got a {type(out).__name__}")
        return out

    def _random(self, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=torch.Generator().manual_seed(self.seed), dtype=torch.float64)


def _unlike(what: str, left: Arrangement, right: Arrangement) -> str:
    """Why the numbers of both sides can't be compared after sorting, or ''."""
    n, m = len(left.values), len(right.values)
    if not (n or m):
        return f"neither side has {what}"
    if n != m:
        return f"left has {n:,} {what}, right {m:,}: not the same numbers in another arrangement"
    if not torch.equal(left.values, right.values):
        return f"the {n:,} {what} of both sides are not the same numbers, so they can't be told apart by sorting"
    return ""
