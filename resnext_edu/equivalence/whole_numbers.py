"""What a module does with whole numbers: is every result exact, and is the whole of it a polynomial?

Nothing is known about the module but the operations that torch runs for it, one after the other, so
each of them is watched.
"""
import math

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

# Add up many products in one go: a partial sum on the way may be larger than the result.
SUMS = {"convolution", "mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "dot", "sum", "index_add"}
POLYNOMIAL = SUMS | {"add", "sub", "rsub", "mul", "neg", "div", "native_batch_norm",
                     "_native_batch_norm_legit_no_training"}
# Leave numbers that are not negative alone (or give one constant for them), as long as they compare with 0.
ABOUT_ZERO = {"relu", "abs", "clamp", "clamp_min", "clamp_max", "threshold", "gt", "ge", "lt", "le"}
# Pick one of several numbers, whatever their signs.
PICKING = {"maximum", "minimum", "max", "amax", "max_pool2d_with_indices"}
# Make numbers or move them, beside the operations that torch itself calls views.
MOVING = {"cat", "stack", "clone", "copy", "_to_copy", "_unsafe_view", "_reshape_copy", "detach", "lift_fresh"}
MOVING |= {"constant_pad_nd", "roll", "flip", "repeat", "im2col", "block_diag", "channel_shuffle", "pixel_shuffle"}
MOVING |= {"native_channel_shuffle", "index", "index_select", "index_put", "gather", "where", "masked_fill"}
MOVING |= {"zeros", "zeros_like", "new_zeros", "zero", "ones", "ones_like", "full", "full_like", "fill", "arange"}
MOVING |= {"scalar_tensor"}
KNOWN = POLYNOMIAL | PICKING | MOVING
UNWRITTEN = {"empty", "empty_like", "new_empty"}  # their numbers are whatever stood in memory


class WholeNumbers(TorchDispatchMode):
    """Watches every operation that torch runs inside of ``with WholeNumbers() as seen:``.

    Attributes
    ----------
    largest : float
        The largest number of all, hidden partial sums included; below 1 they are all exact. (The unit is
        the first number that may be rounded: 2⁵³ for float64.)
    not_whole : str
        The first result that is no whole number, or ''.
    unknown : str
        The first operation that is none of those above, or ''. (A sigmoid gives exactly 1 for every large
        number: whole, and still no evidence.)
    picks : str
        The first operation that chose between several numbers, or ''. Without one, the results are polynomials.
    """

    def __init__(self):
        super().__init__()
        self.largest = 2.0 ** -53  # a 1: an input is at least that
        self.not_whole = self.unknown = self.picks = ""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch asks this when the class is made. Without a no, it loads its compiler, which takes 5 seconds."""
        return False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__.rstrip("_") or func.overloadpacket.__name__
        # asked before it runs, as it may write into its arguments
        negative = name in SUMS | ABOUT_ZERO and any(bool((t < 0).any()) for t in _floats(args))
        sizes = tree_map_only(Tensor, Tensor.abs, (args, kwargs)) if name in SUMS and negative else None
        results = func(*args, **kwargs)
        if func.is_view or name in UNWRITTEN or not _floats((args, results)):
            return results

        if name in PICKING or (name in ABOUT_ZERO and negative):
            self.picks = self.picks or name
        if not (name in KNOWN and _floats(results)) and not (name in ABOUT_ZERO and _only_zeros(args[1:])):
            self.unknown = self.unknown or name
        self._look_at(results, name)
        if sizes:
            self._look_at(func(*sizes[0], **sizes[1]), name)
        return results

    def _look_at(self, results, name: str) -> None:
        for t in _floats(results):
            exact_below = 2 / torch.finfo(t.dtype).eps
            self.largest = max(self.largest, float(t.abs().max()) / exact_below)
            if not self.not_whole and not torch.equal(t, t.round()):
                self.not_whole = f"`{name}` gives numbers that are not whole, such as {float(t[t != t.round()][0]):.6g}"


def _floats(values) -> list[Tensor]:
    return [t for t in tree_leaves(values) if isinstance(t, Tensor) and t.is_floating_point() and t.numel()]


def _only_zeros(numbers) -> bool:
    """Whether 0 is all that an operation compares with; no bound at all, or an infinite one, is harmless."""
    return all(n is None or n in (0, math.inf, -math.inf) for n in numbers if not isinstance(n, Tensor))
