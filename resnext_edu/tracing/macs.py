"""What an operator costs: the multiply–adds of the few operators in which every torch function ends.

The formulas of the common ones stand here; the rest is half of what torch's own `FlopCounterMode` says (two
FLOPs are one MAC). What has no formula is free (a ReLU, a BatchNorm, a reshape), or it can't be counted.
"""
from collections.abc import Callable
from math import prod

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

aten = torch.ops.aten


def convolution(out: Tensor, x: Tensor, weight: Tensor, bias, stride, padding, dilation, transposed: bool, *_) -> int:
    """Every weight is used once at every place of the output; in a transposed convolution, of the input."""
    return weight.numel() * x.shape[0] * prod((x if transposed else out).shape[2:])


def product(out: Tensor, left: Tensor, right: Tensor, *_, **__) -> int:
    """(…, m, k) times (…, k, n): m·n sums of k products, for each matrix of a batch."""
    return left.numel() * right.shape[-1]


def vector_product(out: Tensor, left: Tensor, right: Tensor) -> int:
    return left.numel()


def plus_bias(formula: Callable) -> Callable:
    """The same with the bias as first argument; adding it costs no MAC."""
    return lambda out, bias, *args, **kwargs: formula(out, *args)


MACS = {
    aten.convolution: convolution,
    aten.mm: product, aten.bmm: product,
    aten.addmm: plus_bias(product), aten.baddbmm: plus_bias(product), aten.addbmm: plus_bias(product),
    aten.mv: vector_product, aten.dot: vector_product, aten.vdot: vector_product,
    aten.addmv: plus_bias(vector_product),
}
OPAQUE = {  # products hide in these, and nobody counts them: whole recurrent layers in one operator, and the like
    "_trilinear", "_thnn_fused_lstm_cell", "_thnn_fused_gru_cell", "mkldnn_rnn_layer", "_cudnn_rnn", "miopen_rnn",
    "_native_multi_head_attention", "_transformer_encoder_layer_fwd", "conv_tbc", "_int_mm", "_sparse_addmm",
    "_sparse_sparse_matmul",
}
TORCHS_OWN = ("aten", "prim", "prims", "profiler")  # namespaces of torch; any other is foreign: who knows what it does


class MacCounter(TorchDispatchMode):
    """Tells `listener(operator, args, out, macs)` of every operator that runs; `macs` is None where unknown."""

    supports_higher_order_operators = True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch asks this when the class is made. Without a no, it loads its compiler, which takes 5 seconds."""
        return False

    def __init__(self, listener: Callable):
        super().__init__()
        self.listener = listener
        self.flops = FlopCounterMode(display=False).flop_registry  # also what the learner has registered there

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        operator = getattr(func, "_overloadpacket", func)
        if torch.is_inference_mode_enabled() and operator not in MACS and operator not in self.flops:
            with self:  # in that mode a compound comes here before it is taken apart
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        out = func(*args, **kwargs)
        self.listener(operator, args, out, self._macs(func, operator, args, kwargs, out))
        return out

    def _macs(self, func, operator, args, kwargs, out) -> int | None:
        if operator in MACS:
            return MACS[operator](out, *args, **kwargs)
        if operator in self.flops:
            return self.flops[operator](*args, **kwargs, out_val=out) // 2
        opaque = getattr(func, "namespace", "") not in TORCHS_OWN or operator.__name__ in OPAQUE
        return None if opaque else 0
