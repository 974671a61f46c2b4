"""What an attempt does: it is run on each case, and whatever happens is an outcome, also an exception."""
import copy
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.errors import COLOUR_CODES

Cases = Mapping[str, tuple[Any, ...]]  # the case in words → what the attempt is called with
MakeCases = Callable[[], Cases]  # each call makes new ones, because an attempt may change what it gets
PARAMETERS = "its parameters"  # a layer's only case without an input: the shapes of its weights
PLACES = sysconfig.get_paths()
LIBRARIES = [Path(PLACES["stdlib"]), Path(PLACES["purelib"]), Path(PLACES["platlib"]),
             Path(__file__).parents[1], Path(torch.__file__).parent]


@dataclass(frozen=True)
class Raised:
    """An exception from an attempt. Two are equal if they have the same type and the same words.

    Parameters
    ----------
    kind : str
        The name of the exception's type.
    words : str
        Its message, on one line and shortened.
    line : str
        The line of the learner's code where it happened; empty if it is not known.
    """

    kind: str
    words: str
    line: str = field(default="", compare=False)

    @classmethod
    def of(cls, error: BaseException) -> "Raised":
        """The same about an exception that was caught."""
        own = [frame.line for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
        words = " ".join(COLOUR_CODES.sub("", _text(error)).split())
        return cls(type(error).__name__, words if len(words) <= 200 else f"{words[:200]} …", (own or [""])[-1] or "")


@dataclass(frozen=True)
class Outcome:
    """What happened on one case.

    Parameters
    ----------
    case : str
        The case in words.
    value : object
        What came back, or a `Raised`.
    printed : str
        What the attempt printed meanwhile.
    changed : bool
        Whether an input is no longer what it was.
    """

    case: str
    value: object
    printed: str = ""
    changed: bool = False


def observe(function: Callable[..., object], cases: MakeCases) -> Iterator[Outcome]:
    """Run a function on each case; nothing that it prints is shown.

    The next case is run only when the caller asks for its outcome.

    Parameters
    ----------
    function : callable
        The attempt, or the code of an answer or a mistake.
    cases : callable
        ``cases() -> {words: arguments}``; the function gets copies.

    Examples
    --------
    >>> two, zero = observe(lambda x: 1 / x, lambda: {"x = 2": (2,), "x = 0": (0,)})
    >>> two.value, zero.value.kind, zero.value.words
    (0.5, 'ZeroDivisionError', 'division by zero')
    """
    for case, untouched in cases().items():
        inputs, printed = copy.deepcopy(untouched), StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                value: object = function(*inputs)
            except (Exception, SystemExit) as error:  # a learner's code may raise anything: that is its outcome
                value = Raised.of(error)
        yield Outcome(case, value, printed.getvalue(), not _equal(inputs, untouched))


def observe_module(module: nn.Module, cases: MakeCases) -> Iterator[Outcome]:
    """Run a layer on each case, and then list the shapes of its parameters.

    What runs is a copy with new weights, which depend only on their shapes and their order: two layers of the same
    kind give the same numbers.

    Parameters
    ----------
    module : nn.Module
        It is not changed.
    cases : callable
        ``cases() -> {words: inputs}``, made anew by each call.
    """
    def shapes() -> str:
        return " and ".join(str(tuple(weight.shape)) for weight in module.parameters()) or "none at all"

    def run(*inputs: Tensor) -> Tensor:
        twin = copy.deepcopy(module).to("cpu", torch.float32)
        with torch.no_grad():
            for k, weight in enumerate(twin.parameters()):
                generator = torch.Generator().manual_seed(k)
                signs = torch.randint(0, 2, weight.shape, generator=generator) * 2 - 1  # positive ones hide a ReLU
                weight.copy_(torch.randint(1, 9, weight.shape, generator=generator) * signs)
            result: Tensor = twin(*inputs)
            return result

    yield from observe(run, cases)
    yield from observe(shapes, lambda: {PARAMETERS: ()})


def _is_own(file: str) -> bool:
    """Whether the learner wrote this file: it does not belong to a library or to this package."""
    return not file.startswith("<frozen") and not any(Path(file).is_relative_to(folder) for folder in LIBRARIES)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a learner's own exception may raise here, too
        return ""


def _equal(left: object, right: Any) -> bool:
    """Whether two inputs are still the same; anything but a tensor, a module or a collection counts as the same."""
    if isinstance(left, Tensor):
        same_kind = (left.shape, left.dtype) == (right.shape, right.dtype)
        return same_kind and bool(((left == right) | left.isnan() & right.isnan()).all())
    if isinstance(left, nn.Module):
        modes = [[part.training for part in module.modules()] for module in (left, right)]
        return modes[0] == modes[1] and _equal(left.state_dict(), right.state_dict())
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return True
