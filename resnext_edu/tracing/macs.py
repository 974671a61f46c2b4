"""What an operator costs: the multiply–adds of the few operators that every torch function is made of.

The formulas of the common operators stand here. For others, torch's own `FlopCounterMode` has some; two of its
FLOPs are one MAC. An operator without a formula is free (a ReLU, a BatchNorm, a reshape) or cannot be counted.
"""
from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

aten: Any = torch.ops.aten


Formula = Callable[..., int]  # (out, *args, **kwargs) of an operator → its MACs
Listener = Callable[[Any, tuple[Any, ...], Any, int | None], None]  # (operator, args, out, macs)


def convolution(out: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, stride: list[int], padding: list[int],
                dilation: list[int], transposed: bool, *_: object) -> int:
    """Every weight is used once at every place of the output; in a transposed convolution, of the input."""
    return weight.numel() * x.shape[0] * prod((x if transposed else out).shape[2:])


def product(out: Tensor, left: Tensor, right: Tensor, *_: object, **__: object) -> int:
    """(…, m, k) times (…, k, n): m·n sums of k products, for each matrix of a batch."""
    return left.numel() * right.shape[-1]


def vector_product(out: Tensor, left: Tensor, right: Tensor) -> int:
    """(m, k) or (k) times (k): every number on the left is used once."""
    return left.numel()


def plus_bias(formula: Formula) -> Formula:
    """The same formula for an operator whose first argument is a bias; to add it costs no MAC."""
    return lambda out, bias, *args, **kwargs: formula(out, *args)


MACS: dict[Any, Formula] = {
    aten.convolution: convolution,
    aten.mm: product, aten.bmm: product,
    aten.addmm: plus_bias(product), aten.baddbmm: plus_bias(product), aten.addbmm: plus_bias(product),
    aten.mv: vector_product, aten.dot: vector_product, aten.vdot: vector_product,
    aten.addmv: plus_bias(vector_product),
}
OPAQUE = {  # these have products inside that nobody counts, such as a whole recurrent layer in one operator
    "_trilinear", "_thnn_fused_lstm_cell", "_thnn_fused_gru_cell", "mkldnn_rnn_layer", "_cudnn_rnn", "miopen_rnn",
    "_native_multi_head_attention", "_transformer_encoder_layer_fwd", "conv_tbc", "_int_mm", "_sparse_addmm",
    "_sparse_sparse_matmul",
}
TORCHS_OWN = ("aten", "prim", "prims", "profiler")  # namespaces of torch; nobody knows what an operator of others does


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
        self.flops: dict[Any, Formula] = FlopCounterMode(display=False).flop_registry

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        operator = getattr(func, "_overloadpacket", func)
        if torch.is_inference_mode_enabled() and operator not in MACS and operator not in self.flops:
            with self:  # in this mode a function comes here before it falls into operators
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        out = func(*args, **kwargs)
        self.listener(operator, args, out, self._macs(func, operator, args, kwargs, out))
        return out

    def _macs(self, func: Any, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> int | None:
        if operator in MACS:
            return MACS[operator](out, *args, **kwargs)
        if operator in self.flops:
            return self.flops[operator](*args, **kwargs, out_val=out) // 2
        opaque = getattr(func, "namespace", "") not in TORCHS_OWN or operator.__name__ in OPAQUE
        return None if opaque else 0
