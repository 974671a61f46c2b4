"""What a sabotage is, and what all of them share."""
import copy
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor, nn

from resnext_edu.blocks import FORMS, ResNeXtBlock
from resnext_edu.errors import ConfigError, shown

Block = TypeVar("Block", bound=ResNeXtBlock)


@dataclass(frozen=True)
class Sabotage:
    """One way to break a block.

    Attributes
    ----------
    name, title : str
    form : str
        The form of the blocks that it breaks.
    harm, no_harm : str
        Which blocks it changes as functions, and which it does not.
    bites : callable
        Takes a block of that form; returns whether the sabotage does harm to it.
    seen_by : tuple of str
        The findings that FAIL if it does harm and the block's BatchNorms are not fresh.
    explanation : str
        Why these findings see it, and why the others can't.
    """

    name: str
    title: str
    form: str
    harm: str
    no_harm: str
    bites: Callable[[Any], bool]  # of a block of that form
    seen_by: tuple[str, ...]
    explanation: str
    _break: Callable[[Any], None]

    @property
    def beside(self) -> str:
        """The form of the unbroken block to compare with: another one, so that the proof has something to do."""
        return "split_sum" if self.form == "grouped" else "grouped"

    def __call__(self, block: nn.Module) -> nn.Module:
        """Break a copy of `block`; see `break_block`."""
        if not isinstance(block, FORMS[self.form]):
            got = f"a {type(block).__name__}" if isinstance(block, ResNeXtBlock) else shown(block)
            raise ConfigError(f"sabotage {self.name!r} breaks a {FORMS[self.form].__name__} (form {self.form!r}), got "
                              f"{got}; convert the block first, with in_form(block, {self.form!r})")
        broken = copy.deepcopy(block)
        self._break(broken)
        return broken


def breaks(of: type[Block], title: str, *, harm: str, no_harm: str, bites: Callable[[Block], bool],
           seen_by: tuple[str, ...]) -> Callable[[Callable[[Block], None]], Sabotage]:
    """Make a `Sabotage` of a function that breaks a block in place; its name and its docstring are the sabotage's.

    Parameters
    ----------
    of : type
        The class of the blocks that it breaks.
    title, harm, no_harm, bites, seen_by
        See `Sabotage`.

    Returns
    -------
    callable
        A decorator.
    """
    def sabotage(function: Callable[[Block], None]) -> Sabotage:
        explanation = " ".join((inspect.getdoc(function) or "").split())
        return Sabotage(function.__name__, title, of.form, harm, no_harm, bites, seen_by, explanation, function)

    return sabotage


def finish(block: ResNeXtBlock, out: Tensor, x: Tensor) -> Tensor:
    """What every form does after the residual branch."""
    y: Tensor = block.relu(out + block._shortcut(x))
    return y


def add_up(outputs: Iterable[Tensor]) -> Tensor:
    """Python's own sum, as in form (a), of one output or more."""
    total = sum(outputs)
    assert isinstance(total, Tensor)  # the sum of nothing would be 0
    return total


def convolution_in(path: nn.Module, name: str) -> nn.Conv2d:
    """The convolution of this name in a path."""
    layer = path.get_submodule(name)
    assert isinstance(layer, nn.Conv2d)
    return layer
