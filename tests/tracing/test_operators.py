"""All of torch's operators: one that computes products has MACs or is unknown, and never counts 0 in silence."""
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import flop_registry

from resnext_edu import trace
from resnext_edu.tracing.macs import MACS, speaks_of_a_product

# Whatever has one of these letters in its name may be a product …
SUSPICIOUS = ("mm", "mv", "matmul", "dot", "linear", "conv", "attention", "attn", "rnn", "lstm", "gru", "addr", "gemm",
              "cdist", "pdist", "solve", "cholesky", "linalg", "bilinear", "transformer", "svd")
# … but these are not products: functions of one number, interpolation, norms, other layouts of the same numbers.
FREE = {"lgamma", "digamma", "igamma", "igammac", "mvlgamma", "polygamma", "special_digamma", "special_gammainc",
        "special_gammaincc", "special_gammaln", "special_multigammaln", "special_polygamma", "_foreach_lgamma",
        "_standard_gamma", "_standard_gamma_grad", "cummax", "cummin", "_cummax_helper", "_cummin_helper",
        "cummaxmin_backward", "hamming_window", "resolve_conj", "resolve_neg",
        "upsample_linear1d", "upsample_bilinear2d", "_upsample_bilinear2d_aa", "upsample_trilinear3d",
        "upsample_linear1d_backward", "upsample_bilinear2d_backward", "_upsample_bilinear2d_aa_backward",
        "upsample_trilinear3d_backward",
        "linalg_norm", "linalg_vector_norm", "linalg_matrix_norm", "linalg__powsum", "linalg_cross", "linalg_diagonal",
        "linalg_vander", "_linalg_check_errors", "_nested_get_jagged_dummy", "convert_element_type",
        "_convert_indices_from_coo_to_csr", "_convert_indices_from_csr_to_coo", "_convert_weight_to_int4pack",
        "_convert_weight_to_int4pack_for_cpu"}


def operators() -> set[str]:
    """The names of all operators of torch itself."""
    names = (name.split(".")[0].partition("::") for name in torch._C._dispatch_get_all_op_names())
    return {name.rstrip("_") for space, _, name in names if space in ("aten", "prim", "prims")}


def test_an_operator_that_speaks_of_a_product_has_a_formula_or_is_unknown():
    counted = {op.__name__ for op in flop_registry} | set(MACS)
    suspicious = {name for name in operators() if any(letters in name for letters in SUSPICIOUS)}
    assert len(suspicious) > 100
    assert {name for name in suspicious if name not in counted and not speaks_of_a_product(name)} <= FREE


def test_what_every_network_uses_is_free():
    free = {"relu", "add", "mul", "native_batch_norm", "max_pool2d_with_indices", "mean", "view", "_softmax", "embedding"}
    assert free <= operators()
    assert not {name for name in FREE | free if speaks_of_a_product(name)}


class Call(nn.Module):
    def __init__(self, function, args, kwargs):
        super().__init__()
        self.function, self.args, self.kwargs = function, args, kwargs

    def forward(self, x):
        return self.function(*self.args, **self.kwargs)


def counted(function, *args, **kwargs):
    """The MACs of one call; None if they are not known."""
    found = trace(Call(function, args, kwargs), (1,), device="cpu")
    return None if found.unknown else found.total_macs


def fresh(value):
    """The same with new tensors."""
    return torch.utils._pytree.tree_map(lambda t: t.detach().clone() if isinstance(t, torch.Tensor) else t, value)


def smallest(op, fits):
    """The sample with the fewest numbers, none of its tensors being empty, for which `fits` does not raise."""
    known = sorted(op.supported_dtypes("cpu"), key=lambda dtype: (dtype is not torch.float32, str(dtype)))
    if not known:
        return None
    samples = [(s.input, *s.args, s.kwargs) for s in op.sample_inputs("cpu", known[0])]
    sizes = {}
    for number, sample in enumerate(samples):
        tensors = [t for t in torch.utils._pytree.tree_leaves(sample) if isinstance(t, torch.Tensor)]
        if tensors and all(t.numel() for t in tensors):
            sizes[number] = sum(t.numel() for t in tensors)
    for number in sorted(sizes, key=sizes.get):
        *args, kwargs = samples[number]
        try:
            if all(t.numel() for t in torch.utils._pytree.tree_leaves(fits(args, kwargs)) if isinstance(t, torch.Tensor)):
                return args, kwargs
        except (RuntimeError, TypeError, AssertionError):  # such as a broadcast that can't be in place
            continue
    return None


@pytest.mark.filterwarnings("ignore")
def test_torchs_own_samples_of_each_product_count_once_plain_in_place_and_with_out():
    """`op_db` belongs to torch's own tests, and is imported nowhere else."""
    from torch.testing._internal.common_methods_invocations import op_db

    products = [op for op in op_db if speaks_of_a_product(op.name.replace(".", "_"))]
    seen, wrong = set(), []
    for op in products:
        ways = {"plain": op.op}
        if op.inplace_variant is not None:
            ways["in place"] = op.inplace_variant
        sample = smallest(op, lambda args, kwargs, ways=ways: [way(*fresh(args), **kwargs) for way in ways.values()])
        if sample is None:  # it has no kernel for the CPU
            continue
        args, kwargs = sample
        found = {name: counted(way, *fresh(args), **kwargs) for name, way in ways.items()}
        if op.supports_out:
            out = op.op(*fresh(args), **kwargs)
            found["out="] = counted(op.op, *fresh(args), **kwargs, out=out)
        seen |= {(op.name, way) for way in found}
        if len(set(found.values())) > 1 or 0 in found.values():
            wrong.append((op.name, op.variant_test_name, found))
    assert not wrong
    assert {("addmm", "plain"), ("addmm", "in place"), ("mm", "out="), ("linalg.vecdot", "plain")} <= seen
    assert len({name for name, _ in seen}) > 50
