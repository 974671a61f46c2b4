"""What a module does with whole numbers: is every result exact, and is the module a polynomial?

All that is known about the module is which operations torch runs for it, one after the other. So each of them is
watched.
"""
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only
from torch.utils.weak import WeakTensorKeyDictionary

# They add up many products in one step: a partial sum inside may be larger than the result.
SUMS = {"convolution", "mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "dot", "sum", "index_add"}
AVERAGES = {"mean", "avg_pool2d", "_adaptive_avg_pool2d"}  # sums, divided afterwards by how many numbers there are
BATCHNORMS = {"native_batch_norm", "_native_batch_norm_legit_no_training"}
DIVIDING = {*AVERAGES, *BATCHNORMS, "div"}
POLYNOMIAL = {*SUMS, *DIVIDING, "add", "sub", "rsub", "mul", "neg"}
# If they compare with 0, they do not change numbers that are not negative (or give one constant for all of them).
ABOUT_ZERO = {"relu", "abs", "clamp", "clamp_min", "clamp_max", "threshold", "gt", "ge", "lt", "le"}
# They pick one of several numbers, whatever the signs.
PICKING = {"maximum", "minimum", "max", "amax", "max_pool2d_with_indices"}
# They make numbers or move them. (Torch itself knows which operations are views, so these are not listed.)
MOVING = {"cat", "stack", "clone", "copy", "_to_copy", "_unsafe_view", "_reshape_copy", "detach", "lift_fresh"}
MOVING |= {"constant_pad_nd", "roll", "flip", "repeat", "im2col", "block_diag", "channel_shuffle", "pixel_shuffle"}
MOVING |= {"native_channel_shuffle", "index", "index_select", "index_put", "gather", "where", "masked_fill"}
MOVING |= {"zeros", "zeros_like", "new_zeros", "zero", "ones", "ones_like", "full", "full_like", "fill", "arange"}
MOVING |= {"scalar_tensor", "embedding"}
KEEP_WHOLE = {*POLYNOMIAL, *ABOUT_ZERO, *PICKING, *MOVING} - DIVIDING
KNOWN = {*POLYNOMIAL, *PICKING, *MOVING}
NEGATIVE_MATTERS = {*SUMS, *ABOUT_ZERO}
UNWRITTEN = {"empty", "empty_like", "new_empty"}  # their numbers are whatever was in memory


class TooLarge(Exception):
    """A number is as large as the limit."""


class WholeNumbers(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has not annotated it
    """Watches every operation that torch runs inside of ``with WholeNumbers() as seen:``.

    Parameters
    ----------
    exact : bool
        Whether `largest` must be right. If not, a bound that is below 2⁵³ is enough, which costs much less.
    limit : float, optional
        When `largest` reaches it, `TooLarge` is raised.

    Attributes
    ----------
    largest : float
        The largest number of all, hidden partial sums included. If it is below 1, all numbers are exact. (The unit
        is the first number that may be rounded: 2⁵³ for float64.)
    not_whole : str
        The first result that is not a whole number, or ''.
    unknown : str
        The first operation that is not in the lists above, or ''. (A sigmoid gives exactly 1 for every large
        number. That is a whole number, but no evidence.)
    picks : str
        The first operation that chose between several numbers, or ''. Without one, the results are polynomials.
    """

    def __init__(self, exact: bool = True, limit: float | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has not annotated it
        self.exact: bool = exact
        self.limit: float | None = limit
        self.largest: float = 2.0 ** -53  # in this unit, the number 1: no input is smaller
        self.not_whole: str = ""
        self.unknown: str = ""
        self.picks: str = ""
        # where in memory → the tensors of whole numbers that lie there → the smallest and the largest of them
        self._whole: defaultdict[int, Any] = defaultdict(WeakTensorKeyDictionary)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch asks this when the class is made. After a yes it loads its compiler, which takes 5 seconds."""
        return False

    def __torch_dispatch__(self, func: "OpOverload[..., Any]", types: Iterable[type], args: Sequence[Any] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__.rstrip("_") or func.overloadpacket.__name__
        # look before the operation runs: it may write into its arguments
        leaves = _leaves([*args, *kwargs.values()])
        given = _floats(leaves)
        negative = name in NEGATIVE_MATTERS and any(self._range(t)[0] < 0 for t in given)
        stays_whole = name in KEEP_WHOLE and all(map(self._is_whole, leaves))
        bound = self._bound(name, args, given) if (stays_whole or name in BATCHNORMS) and not self.exact else None
        sizes = None
        if name in SUMS and negative and bound is None:
            sizes = tree_map_only(Tensor, Tensor.abs, (args, kwargs))
        results = func(*args, **kwargs)
        floats = _floats(_leaves([results]))
        if func._schema.is_mutable:
            self._forget(floats)
        if func.is_view:
            if floats and self._is_whole(args[0]):
                self.take_as_whole(floats, *self._range(args[0]))
            return results
        if name in UNWRITTEN or not (given or floats):
            return results

        if name in PICKING or (name in ABOUT_ZERO and negative):
            self.picks = self.picks or name
        if not (name in KNOWN and floats) and not (name in ABOUT_ZERO and _only_zeros(args[1:])):
            self.unknown = self.unknown or name
        if bound:
            self.take_as_whole(floats[:1], *bound)
            return results
        self._look_at(floats, name, stays_whole)
        if name in AVERAGES:  # no partial sum is larger than this
            self._look_at([args[0].abs().sum()], name, stays_whole=True)
        if sizes:
            self._look_at(_floats(_leaves([func(*sizes[0], **sizes[1])])), name, stays_whole)
        return results

    def _bound(self, name: str, args: Sequence[Any], given: list[Tensor]) -> tuple[float, float] | None:
        """Between which numbers the results must lie, if this shows that they are exact, so that nobody has to look."""
        if not given or any(t.dtype != torch.float64 for t in given):
            return None
        if name in BATCHNORMS:
            return self._range(args[0]) if self._is_whole(args[0]) and _is_identity(args) else None
        low, high = zip(*map(self._range, given), strict=True)
        largest = [max(-a, b) for a, b in zip(low, high, strict=True)]
        if name == "cat":
            return min(low), max(high)
        if name == "relu":
            return max(low[0], 0.0), max(high[0], 0.0)
        if name == "clone":
            return low[0], high[0]
        if name == "add" and len(args) == len(given) == 2:
            most = sum(largest)
        elif name == "convolution" and not args[6]:  # not transposed
            most = largest[0] * largest[1] * args[1][0].numel() + sum(largest[2:])
            if most >= 2.0 ** 53:  # many weights may be 0
                most = largest[0] * float(args[1].abs().flatten(1).sum(1).max()) + sum(largest[2:])
        else:
            return None
        return None if most >= 2.0 ** 53 else (0.0 if min(low) >= 0 else -most, most)

    def _look_at(self, results: Iterable[Tensor], name: str, stays_whole: bool) -> None:
        """Note how large the results are, and whether they are whole."""
        for t in results:
            low, high = _range(t)
            # above 2 / eps, not every whole number is a float
            self.largest = max(self.largest, max(-low, high) * torch.finfo(t.dtype).eps / 2)
            if self.limit is not None and self.largest >= self.limit:
                raise TooLarge
            if stays_whole or torch.equal(t, t.round()):
                self.take_as_whole([t], low, high)
            elif not self.not_whole:
                self.not_whole = f"`{name}` gives numbers that are not whole, such as {float(t[t != t.round()][0]):.6g}"

    def take_as_whole(self, tensors: Iterable[Tensor], low: float, high: float) -> None:
        """Spare the look at tensors of which it is known that they hold whole numbers from `low` to `high`."""
        for t in tensors:
            self._whole[_memory(t)][t] = low, high

    def _forget(self, written: Iterable[Tensor]) -> None:
        """Forget all that was known about the memory of these tensors, whatever view it was known of."""
        for t in written:
            self._whole.pop(_memory(t), None)

    def _is_whole(self, value: object) -> bool:
        """Whether an argument adds nothing that is not whole; a tensor that came from outside is looked at once."""
        if not isinstance(value, Tensor):
            return not isinstance(value, float) or value.is_integer()
        if not value.is_floating_point() or not value.numel() or value in self._whole[_memory(value)]:
            return True
        whole = torch.equal(value, value.round())
        if whole:
            self.take_as_whole([value], *_range(value))
        return whole

    def _range(self, t: Tensor) -> tuple[float, float]:
        """The smallest and the largest number of a tensor."""
        return self._whole[_memory(t)].get(t) or _range(t)


def _is_identity(args: Sequence[Any]) -> bool:
    """Whether a BatchNorm in eval mode multiplies by 1 and adds 0: see `make_identity`."""
    _, weight, bias, mean, var, *rest = args  # then perhaps whether it trains, the momentum, and eps
    if rest[0] is True or mean is None or var is None:
        return False
    ones, zeros = [var + rest[-1], *([] if weight is None else [weight])], [mean, *([] if bias is None else [bias])]
    return all(bool(t.eq(1).all()) for t in ones) and not any(bool(t.any()) for t in zeros)


def _range(t: Tensor) -> tuple[float, float]:
    low, high = t.aminmax()
    return float(low), float(high)


def _memory(t: Tensor) -> int:
    """Where the numbers of a tensor, and of all its views, lie."""
    return int(t.untyped_storage()._cdata)


def _leaves(values: Iterable[Any]) -> list[Any]:
    """All that is in a nesting of lists and tuples: this is what torch's operations take and return."""
    found = list[Any]()
    for value in values:
        found += _leaves(value) if isinstance(value, (list, tuple)) else [value]  # a union takes longer
    return found


def _floats(leaves: Iterable[Any]) -> list[Tensor]:
    """All tensors with float numbers among them."""
    return [t for t in leaves if isinstance(t, Tensor) and t.is_floating_point() and t.numel()]


def _only_zeros(numbers: Iterable[Any]) -> bool:
    """Whether an operation compares only with 0. No bound, or an infinite one, does no harm either."""
    return all(not bool(n[~n.isinf()].any()) if isinstance(n, Tensor) else n in (None, 0, math.inf, -math.inf)
               for n in numbers)
