"""What an operator costs: the multiply–adds of the few operators that every torch function is made of.

The formulas of the common operators stand here. For others, torch's own `FlopCounterMode` has some; two of its
FLOPs are one MAC. An operator without a formula can't be counted if its name speaks of a product; else it is free
(a ReLU, a BatchNorm, a reshape). The product of two vectors that gives a matrix adds nothing up: it is free, too.
"""
import re
from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from resnext_edu.inputs import leaves

Formula = Callable[..., int | None]  # (out, *args, **kwargs) of an operator → its MACs
Listener = Callable[[Any, tuple[Any, ...], Any, int | None], None]  # (operator, args, out, macs)
OF_A_PLAIN_TENSOR = nn.Parameter.__torch_dispatch__  # torch's own mark for "nothing special"
ALL_STORED = {"torch.strided", "torch._mkldnn"}  # layouts in which every number is stored


def convolution(out: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, stride: list[int], padding: list[int],
                dilation: list[int], transposed: bool, *_: object) -> int:
    """Every weight is used once at every place of the output; in a transposed convolution, of the input."""
    if not transposed and 0 in out.shape[2:] and 0 not in x.shape[2:]:  # on "meta", torch 2.6 does not say it
        raise RuntimeError("Kernel size can't be greater than actual input size")
    return weight.numel() * x.shape[0] * prod((x if transposed else out).shape[2:])


def product(out: Tensor, left: Tensor, right: Tensor, *_: object, **__: object) -> int:
    """(…, m, k) times (…, k, n): m·n sums of k products, for each matrix of a batch."""
    return left.numel() * right.shape[-1]


def sparse_product(out: Tensor, left: Tensor, right: Tensor, *_: object, **__: object) -> int | None:
    """The same if one side stores only some of its numbers: each of these is used in n (or m) sums."""
    sparse = [side for side in (left, right) if str(side.layout) not in ALL_STORED]
    if len(sparse) != 1:
        return None
    (side,) = sparse
    if side.is_meta or side.is_nested:  # on "meta" torch forgets what it stores
        return None
    others = right.shape[left.dim() - 1:] if side is left else left.shape[-2:-1]
    values = side._values() if side.layout is torch.sparse_coo else side.values()
    return values.numel() * prod(others)


def grouped_product(out: Tensor, left: Tensor, right: Tensor, *_: object, **__: object) -> int:
    """Rows (or columns) of one matrix that belong to several others: each belongs to one of them."""
    if left.dim() > right.dim():
        return prod(left.shape[1:]) * right.shape[-1]
    return product(out, left, right)


def vector_product(out: Tensor, left: Tensor, right: Tensor, *_: object, **__: object) -> int:
    """(m, k) or (k) times (k): every number on the left is used once."""
    return left.numel()


def linear(out: Tensor, x: Tensor, weight: Tensor, *_: object) -> int:
    """(…, k) times (n, k) or (k): every number of the input is used n times, or once."""
    return x.numel() * prod(weight.shape[:-1])


def attention(out: object, query: Tensor, key: Tensor, value: Tensor, *_: object, **__: object) -> int:
    """Each query times each key, then each of these weights times a value."""
    return query.numel() // query.shape[-1] * key.shape[-2] * (query.shape[-1] + value.shape[-1])


def affine_grid(out: Tensor, theta: Tensor, *_: object) -> int:
    """A small matrix times every place of a map."""
    return out.numel() * theta.shape[-1]


def embedding_bag(out: object, weight: Tensor, indices: Tensor, offsets: Tensor, scale: bool, mode: int, sparse: bool,
                  weights: Tensor | None = None, *_: object) -> int:
    """Sums of rows are free, but weighted sums are products of a vector and a matrix."""
    return 0 if weights is None else indices.numel() * weight.shape[1]


def plus_bias(formula: Callable[..., Any]) -> Callable[..., Any]:
    """The same formula for an operator whose first argument is a bias; to add it costs no MAC."""
    return lambda out, bias, *args, **kwargs: formula(out, *args)


ATTENTION = ("flash_attention", "flash_attention_for_cpu", "efficient_attention", "cudnn_attention",
             "fused_attention_overrideable")
MACS: dict[str, Formula] = dict[str, Formula]({  # the name of an operator of torch's "aten" → its formula
    "convolution": convolution, "linear": linear, "mkldnn_linear": linear,
    "mm": product, "bmm": product, "_int_mm": product, "_scaled_mm": product,
    "addmm": plus_bias(product), "baddbmm": plus_bias(product), "addbmm": plus_bias(product),
    "_addmm_activation": plus_bias(product),
    "mv": vector_product, "dot": vector_product, "vdot": vector_product, "addmv": plus_bias(vector_product),
    "affine_grid_generator": affine_grid, "_embedding_bag": embedding_bag, "_embedding_bag_forward_only": embedding_bag,
    "_grouped_mm": grouped_product, "_scaled_grouped_mm": grouped_product,
}) | {f"_scaled_dot_product_{kind}": attention for kind in ATTENTION}
SPARSE_MACS: dict[str, Formula] = {  # the same where a tensor stores only some of its numbers
    "mm": sparse_product, "bmm": sparse_product, "mv": sparse_product,
    "addmm": plus_bias(sparse_product), "addmv": plus_bias(sparse_product), "_sparse_addmm": plus_bias(sparse_product),
}
PRODUCT = re.compile(  # the words that speak of one; what solves equations is made of products, and so is a distance
    r"[a-z]*(?:mm|mv|dot|matmul)|(?:bi|tri)?linear|conv|convolution|attention|attn|rnn|lstm|gru|transformer|addr|"
    r"[cp]dist|linalg|cholesky|(?:sp)?solve|svd|geqrf|ormqr|householder")
FREE = {"upsample", "norm", "powsum", "cross", "diagonal", "vander", "check"}  # with such a word there is no product
TORCHS_OWN = ("aten", "prim", "prims", "profiler")  # namespaces of torch; nobody knows what an operator of others does


def speaks_of_a_product(name: str) -> bool:
    """Whether a function or an operator of this name computes products, as far as its name tells.

    Examples
    --------
    >>> [name for name in ("addmm_", "_int_mm", "lgamma", "conv2d", "_convert", "upsample_bilinear2d")
    ...  if speaks_of_a_product(name)]
    ['addmm_', '_int_mm', 'conv2d']
    """
    words = re.findall("[a-z]+", name)
    return any(map(PRODUCT.fullmatch, words)) and FREE.isdisjoint(words)


class MacCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types there
    """Calls `listener(operator, args, out, macs)` after every operator that runs.

    Parameters
    ----------
    listener : callable
        It takes the operator, its positional arguments, its result, and its MACs: an int, or None if nobody
        knows them.

    Attributes
    ----------
    flops : dict
        Torch's own formulas, also those that the learner has registered: operator → FLOPs.

    Examples
    --------
    >>> heard = []
    >>> with MacCounter(lambda operator, args, out, macs: heard.append((str(operator), macs))):
    ...     out = torch.ones(2, 3) @ torch.ones(3, 4)
    >>> heard[-1]
    ('aten.mm', 24)
    """

    supports_higher_order_operators: bool = True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch asks this when the class is made. If the answer is True, it loads its compiler, for 5 seconds."""
        return False

    def __init__(self, listener: Listener) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no types there
        self.listener = listener
        self.flops: dict[Any, Callable[..., int]] = FlopCounterMode().flop_registry

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        if any(issubclass(kind, Tensor) and kind.__torch_dispatch__ is not OF_A_PLAIN_TENSOR for kind in types):
            return NotImplemented  # a tensor made of others, such as a jagged one: its own operators come here, too
        operator = getattr(func, "_overloadpacket", func)
        if torch.is_inference_mode_enabled() and operator.__name__ not in MACS and operator not in self.flops:
            with self:  # in this mode a function comes here before it falls into operators
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        out = func(*args, **kwargs)
        self.listener(operator, args, out, self._macs(func, operator, args, kwargs, out))
        return out

    def _macs(self, func: Any, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> int | None:
        name, namespace = operator.__name__, getattr(func, "namespace", "")
        plain = name.rstrip("_") if namespace == "aten" else ""  # addmm_ is addmm that writes into its first argument
        dense = all(str(tensor.layout) in ALL_STORED and not tensor.is_nested for tensor in leaves(args))
        formula = (MACS if dense else SPARSE_MACS).get(plain)
        if formula is not None:
            return formula(out, *args)
        if operator in self.flops and dense:
            given = dict(kwargs)
            given.pop("out", None)
            try:
                return self.flops[operator](*args, **given, out_val=out) // 2
            except Exception:  # a formula of somebody else, which does not know this call
                return None
        return None if namespace not in TORCHS_OWN or speaks_of_a_product(name) else 0
