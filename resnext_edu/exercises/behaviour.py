"""What an answer does: it is run on each case, and whatever happens is an outcome, an exception included."""
import copy
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import torch
from torch import Tensor, nn

Cases = Callable[[], Mapping[str, tuple]]  # words → inputs, made anew by each call: answers may spoil theirs
PARAMETERS = "its parameters"  # the case of a layer that has no input: the shapes of its weights
PLACES = sysconfig.get_paths()
LIBRARIES = [PLACES["stdlib"], PLACES["purelib"], PLACES["platlib"],
             Path(__file__).parents[1], Path(torch.__file__).parent]


@dataclass(frozen=True)
class Raised:
    """An exception from an answer. Two are equal if they have the same type and the same words."""

    kind: str
    words: str
    line: str = field(default="", compare=False)  # the learner's own, where it happened

    @classmethod
    def of(cls, error: BaseException) -> "Raised":
        own = [frame.line for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
        words = " ".join(_text(error).split())
        return cls(type(error).__name__, words if len(words) <= 200 else f"{words[:200]} …", (own or [""])[-1] or "")


@dataclass(frozen=True)
class Outcome:
    """What became of one case: the value or a `Raised`, what was printed, and whether an input was changed."""

    case: str
    value: object
    printed: str = ""
    changed: bool = False


def observe(function: Callable, cases: Cases) -> Iterator[Outcome]:
    """Run a function on one case after another, as they are asked for. Nothing is shown.

    Examples
    --------
    >>> two, zero = observe(lambda x: 1 / x, lambda: {"x = 2": (2,), "x = 0": (0,)})
    >>> two.value, zero.value.kind, zero.value.words
    (0.5, 'ZeroDivisionError', 'division by zero')
    """
    for case, untouched in cases().items():
        inputs, printed = cases()[case], StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                value = function(*inputs)
            except (Exception, SystemExit) as error:  # the answer is not ours: whatever it raises is an outcome
                value = Raised.of(error)
        yield Outcome(case, value, printed.getvalue(), not _equal(inputs, untouched))


def observe_module(module: nn.Module, cases: Cases) -> Iterator[Outcome]:
    """The same for a layer, in a copy with weights that depend only on their shapes and their order."""
    def shapes() -> str:
        return " and ".join(str(tuple(weight.shape)) for weight in module.parameters()) or "none at all"

    def run(*inputs: Tensor) -> Tensor:
        twin = copy.deepcopy(module).to("cpu", torch.float32)
        with torch.no_grad():
            for k, weight in enumerate(twin.parameters()):
                weight.copy_(torch.randint(1, 9, weight.shape, generator=torch.Generator().manual_seed(k)))
            return twin(*inputs)

    yield from observe(run, cases)
    yield from observe(shapes, lambda: {PARAMETERS: ()})


def _is_own(file: str) -> bool:
    """Whether a line of this file was written by the learner: it is no library's, and not this package's."""
    return not file.startswith("<frozen") and not any(Path(file).is_relative_to(folder) for folder in LIBRARIES)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a learner's own exception may fail at this, too
        return ""


def _equal(left: object, right: object) -> bool:
    """Whether two inputs are still the same; what is no tensor, module or collection can't be told and passes."""
    if isinstance(left, Tensor):
        return left.shape == right.shape and bool(((left == right) | left.isnan() & right.isnan()).all())
    if isinstance(left, nn.Module):
        modes = [[part.training for part in module.modules()] for module in (left, right)]
        return modes[0] == modes[1] and _equal(left.state_dict(), right.state_dict())
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return True
