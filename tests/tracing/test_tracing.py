"""A trace: right where other counters are wrong, the model as it was before, and errors that help."""
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from inspect import signature
from io import StringIO  # what is written into it stays there after a trace

import pytest
import timm
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torch._higher_order_ops.out_dtype import out_dtype
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from resnext_edu import ResNeXt, ResNeXtConfig, analytic_cost, resnext_mini, trace
from resnext_edu.errors import ConfigError, TraceError
from resnext_edu.tracing.failure import Origin, explanation
from resnext_edu.tracing.macs import convolution
from tests.helpers import block, same_state, state


class Net(nn.Module):
    """A model from a function of itself and its input, and the modules, parameters or tensors that it has."""

    def __init__(self, function, **attributes):
        super().__init__()
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def conv():
    """8×8 maps become 6×6: 3·3·3·4 = 108 weights, 7,776 MACs for two images."""
    return nn.Conv2d(3, 4, 3, bias=False)


def weight(*shape):
    return nn.Parameter(torch.ones(shape))


class Doubled(nn.Conv2d):
    def forward(self, x):
        return 2 * super().forward(x)


class OwnFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        return F.conv2d(x, w)


def shared_by_two_parents():
    layer = nn.Conv2d(3, 3, 1, bias=False)
    return Net(lambda m, x: m.b(m.a(x)), a=nn.Sequential(layer), b=nn.Sequential(nn.ReLU(), layer))


def tied_embedding():
    net = Net(lambda m, x: m.out(m.embed(x)), embed=nn.Embedding(10, 8), out=nn.Linear(8, 10, bias=False))
    net.out.weight = net.embed.weight
    return net


def replaced_by_a_hook():
    net = nn.Sequential(conv())
    net[0].register_forward_hook(lambda module, args, out: out @ torch.ones(6, 1, device=out.device))
    return net


def with_autocast(m, x):
    with torch.autocast("cpu"):
        return m.c(x)


def past_the_functions(m, x):
    with torch._C.DisableTorchFunction():
        return m.c(x)


def with_inference_mode(m, x):
    with torch.inference_mode():
        return m.c(x)


TRAPS = {  # name → the model, the input's size, its MACs, its parameters
    "functional conv": lambda: (Net(lambda m, x: F.conv2d(x, m.w), w=weight(4, 3, 3, 3)), (2, 3, 8, 8), 7776, 108),
    "functional linear": lambda: (Net(lambda m, x: F.linear(x, m.w), w=weight(5, 8)), (2, 3, 8), 240, 40),
    "matrix product": lambda: (Net(lambda m, x: x @ m.w, w=weight(8, 5)), (2, 3, 8), 240, 40),
    "times a vector": lambda: (Net(lambda m, x: x @ m.w, w=weight(8)), (2, 3, 8), 48, 8),
    "outer, then einsum": lambda: (Net(lambda m, x: torch.einsum("bi,ij->bj", x, m.w), w=weight(8, 5)), (2, 8), 80, 40),
    "bmm and baddbmm": lambda: (Net(lambda m, x: torch.baddbmm(x, x, torch.bmm(x, x))), (2, 4, 4), 256, 0),
    "attention": lambda: (Net(lambda m, x: F.scaled_dot_product_attention(x, x, x)), (2, 3, 8, 4), 3072, 0),
    "nn.MultiheadAttention": lambda: (
        Net(lambda m, x: m.a(x, x, x)[0], a=nn.MultiheadAttention(8, 2)), (5, 2, 8), 10 * 4 * 64 + 2 * 2 * 25 * 8, 288),
    "encoder layer": lambda: (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (2, 5, 8), 5920, 600),
    "transposed, groups": lambda: (nn.ConvTranspose2d(4, 8, 3, groups=2, stride=2), (1, 4, 5, 5), 25 * 4 * 4 * 9, 152),
    "a subclass": lambda: (nn.Sequential(Doubled(3, 4, 3, bias=False)), (2, 3, 8, 8), 7776, 108),
    "called three times": lambda: (
        Net(lambda m, x: m.c(m.c(m.c(x))), c=nn.Conv2d(3, 3, 1)), (2, 3, 8, 8), 3 * 2 * 64 * 9, 12),
    "shared by two parents": lambda: (shared_by_two_parents(), (2, 3, 8, 8), 2 * 2 * 64 * 9, 9),
    "an unused module": lambda: (Net(lambda m, x: m.c(x), c=conv(), d=nn.Linear(9, 10)), (2, 3, 8, 8), 7776, 208),
    "linear on NHWC": lambda: (nn.Sequential(nn.Linear(8, 4)), (2, 7, 7, 8), 2 * 49 * 32, 36),
    "an unbatched output": lambda: (Net(lambda m, x: m.f(x.flatten()), f=nn.Linear(24, 5)), (1, 24), 120, 125),
    "a raw parameter": lambda: (Net(lambda m, x: m.c(m.scale * x), c=conv(), scale=weight(3, 1, 1)),
                                (2, 3, 8, 8), 7776, 111),
    "a list of parameters": lambda: (Net(lambda m, x: x @ m.ws[0] @ m.ws[1], ws=nn.ParameterList([weight(8, 8)] * 2)),
                                     (3, 8), 2 * 192, 64),
    "a tied embedding": lambda: (tied_embedding(), torch.zeros(2, 5, dtype=torch.long), 800, 80),
    "an unregistered parameter": lambda: (Net(lambda m, x: x @ m.ws[0], ws=[weight(8, 5)]), (2, 8), 80, 0),
    "a plain tensor": lambda: (Net(lambda m, x: x @ m.w, w=torch.ones(8, 5)), (2, 8), 80, 0),
    "weight norm": lambda: (nn.utils.parametrizations.weight_norm(conv()), (2, 3, 8, 8), 7776, 112),
    "a checkpoint": lambda: (Net(lambda m, x: checkpoint(m.c, x, use_reentrant=False), c=conv()),
                           (2, 3, 8, 8), 7776, 108),
    "an autograd function": lambda: (Net(lambda m, x: OwnFunction.apply(x, m.w), w=weight(4, 3, 3, 3)),
                                     (2, 3, 8, 8), 7776, 108),
    "a hook that replaces": lambda: (replaced_by_a_hook(), (2, 3, 8, 8), 7776 + 2 * 4 * 36, 108),
    "autocast": lambda: (Net(with_autocast, c=conv()), (2, 3, 8, 8), 7776, 108),
    "inference mode": lambda: (Net(with_inference_mode, c=conv()), (2, 3, 8, 8), 7776, 108),
    "past the functions": lambda: (Net(past_the_functions, c=conv()), (2, 3, 8, 8), 7776, 108),
    "half precision": lambda: (nn.Sequential(conv()).half(), (2, 3, 8, 8), 7776, 108),
    "two inputs": lambda: (Net(lambda m, x, y: m.c(x) * m.c(y), c=conv()), [(2, 3, 8, 8), (2, 3, 8, 8)], 2 * 7776, 108),
    "one pixel": lambda: (nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)), (1, 3, 1, 1), 108, 120),
    "a recurrent layer": lambda: (nn.LSTM(8, 16), (5, 2, 8), 5 * 2 * 4 * 16 * (8 + 16), 1664),
    "three dimensions": lambda: (nn.Conv3d(3, 4, 3, stride=2), (1, 3, 7, 7, 7), 27 * 4 * 81, 328),
    "dot": lambda: (Net(lambda m, x: torch.dot(x, m.w), w=weight(8)), (8,), 8, 8),
    "vdot": lambda: (Net(lambda m, x: torch.vdot(x, m.w), w=weight(8)), (8,), 8, 8),
    "addmv": lambda: (Net(lambda m, x: torch.addmv(m.b, m.w, x), w=weight(5, 8), b=weight(5)), (8,), 40, 45),
    "addbmm": lambda: (Net(lambda m, x: torch.addbmm(m.b, x, m.w), w=weight(2, 4, 5), b=weight(3, 5)), (2, 3, 4),
                       2 * 3 * 4 * 5, 55),
    "three inputs": lambda: (Net(lambda m, x, y, z: m.c(x) @ (y + z), c=conv()), [(2, 3, 8, 8), (6, 5), (6, 5)],
                             7776 + 2 * 4 * 6 * 6 * 5, 108),
    "tensors in a tuple": lambda: (Net(lambda m, x: x @ m.ws[0], ws=(torch.ones(8, 5),)), (2, 8), 80, 0),
    "tensors in a dict": lambda: (Net(lambda m, x: x @ m.ws["w"][0], ws={"w": [torch.ones(8, 5)]}), (2, 8), 80, 0),
    "complex numbers": lambda: (Net(lambda m, x: x @ m.w.conj(), w=nn.Parameter(torch.ones(8, 5, dtype=torch.complex64))),
                                (2, 8), 80, 40),
    "whole numbers first": lambda: (
        Net(lambda m, x: m.c(x), k=nn.Parameter(torch.ones(3, dtype=torch.long), requires_grad=False), c=conv()),
        (2, 3, 8, 8), 7776, 111),
    "not square": lambda: (nn.Conv2d(3, 4, (3, 1), bias=False), (2, 3, 8, 5), 2 * 6 * 5 * 36, 36),
    "in place": lambda: (Net(lambda m, x: torch.zeros(8, 8, device=x.device).addmm_(x, x)), (8, 8), 512, 0),
    "into out=": lambda: (Net(lambda m, x: torch.mm(x, x, out=torch.zeros(8, 8, device=x.device))), (8, 8), 512, 0),
    "a linear layer of one vector": lambda: (Net(lambda m, x: F.linear(x, m.w), w=weight(8)), (2, 8), 16, 8),
    "an outer product": lambda: (Net(lambda m, x: torch.outer(x, m.w), w=weight(8)), (3,), 0, 8),
    "one query, many keys": lambda: (
        Net(lambda m, q, k, v: F.scaled_dot_product_attention(q, k, v)), [(2, 3, 1, 4), (2, 3, 7, 4), (2, 3, 7, 5)],
        2 * 3 * 7 * (4 + 5), 0),
    "a grid": lambda: (Net(lambda m, x: F.affine_grid(x, (1, 1, 10, 7))), (1, 2, 3), 10 * 7 * 3 * 2, 0),
    "a sum of rows": lambda: (
        Net(lambda m, x: F.embedding_bag(torch.tensor([[0, 1, 2]], device=x.device), x, mode="sum")), (4, 5), 0, 0),
    "a weighted sum of rows": lambda: (
        Net(lambda m, x: F.embedding_bag(torch.tensor([[0, 1, 2]], device=x.device), x, mode="sum",
                                         per_sample_weights=torch.ones(1, 3, device=x.device))), (4, 5), 15, 0),
    "no output": lambda: (Net(lambda m, x: m.c(x) is None, c=conv()), (2, 3, 8, 8), 7776, 108),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_gives_the_right_number(name):
    model, size, macs, params = TRAPS[name]()
    before = state(model)
    found = trace(model, size)
    assert (found.total_macs, found.total_params, found.unknown) == (macs, params, ())
    assert sum(row.params for row in found) <= params
    assert same_state(before, state(model))


OPAQUE = {
    "TorchScript": lambda: (nn.Sequential(torch.jit.script(nn.Sequential(conv(), nn.ReLU()))), (2, 3, 8, 8), "meta"),
    "a bilinear layer": lambda: (nn.Bilinear(4, 4, 3), [(2, 4), (2, 4)], "meta"),
    "a fused recurrent layer": lambda: (nn.LSTM(8, 16), (5, 2, 8), "cpu"),
    "a convolution over time": lambda: (
        Net(lambda m, x: torch.conv_tbc(x, m.w, m.b), w=weight(3, 4, 5), b=weight(5)), (6, 2, 4), "cpu"),
    "a product of vectors, row by row": lambda: (Net(lambda m, x: torch.linalg.vecdot(x, m.w), w=weight(8)), (3, 8), "meta"),
    "distances": lambda: (Net(lambda m, x: torch.cdist(x, m.w), w=weight(3, 8)), (4, 8), "meta"),
    "a system of equations": lambda: (Net(lambda m, x: torch.linalg.solve(m.w, x), w=nn.Parameter(torch.eye(4))), (4, 2), "cpu"),
    "two sparse matrices": lambda: (Net(lambda m, x: x.to_sparse() @ m.w, w=nn.Parameter(torch.ones(4, 4).to_sparse())), (4, 4), "cpu"),
    "products at some places": lambda: (
        Net(lambda m, x: torch.sparse.sampled_addmm(torch.eye(4).to_sparse_csr(), x, m.w), w=weight(4, 4)), (4, 4), "cpu"),
    "matrices of several sizes": lambda: (
        Net(lambda m, x: F.linear(torch.nested.nested_tensor([x[:1], x]), m.w), w=weight(4, 4)), (3, 4), "cpu"),
    "a foreign operator": lambda: (
        Net(lambda m, x: torchvision.ops.deform_conv2d(x, x[:, :1].repeat(1, 2, 1, 1), m.w), w=weight(4, 3, 1, 1)),
        (2, 3, 8, 8), "cpu"),
}


if hasattr(TorchDispatchMode, "supports_higher_order_operators"):  # before, torch itself refused to run them in any mode
    OPAQUE["an operator that takes another one"] = lambda: (
        Net(lambda m, x: out_dtype(torch.ops.aten.mm.default, torch.int32, x.to(torch.int8), x.to(torch.int8))), (3, 3), "cpu")


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", OPAQUE)
def test_what_cannot_be_counted_is_not_guessed(name):
    model, size, device = OPAQUE[name]()
    found = trace(model, size, device=device)
    assert len(found.unknown) == 1
    assert found.unknown[0].macs is None
    assert found.unknown[0].params == found.total_params  # but its parameters stand there
    assert f"not counted, so not in the total of the MACs: {found.unknown[0].path}" in " ".join(repr(found).split())


SPARSE = {"COO": torch.Tensor.to_sparse, "CSR": torch.Tensor.to_sparse_csr, "CSC": torch.Tensor.to_sparse_csc,
          "BSR": lambda t: t.to_sparse_bsr((2, 2))}


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("layout", SPARSE)
@pytest.mark.parametrize(("function", "columns"), [
    (lambda m, x: m.w @ x, 6), (lambda m, x: torch.sparse.mm(m.w, x), 6), (lambda m, x: m.w @ x[:, 0], 1),
    (lambda m, x: torch.addmm(x, m.w, x), 6), (lambda m, x: x.T @ m.w, 6), (lambda m, x: F.linear(x.T, m.w), 6)])
def test_of_a_sparse_matrix_only_what_it_stores_is_multiplied(layout, function, columns):
    matrix = SPARSE[layout](torch.eye(4))
    numbers = 8 if layout == "BSR" else 4  # two blocks of 2×2
    try:
        function(Net(None, w=matrix), torch.ones(4, 6))
    except (RuntimeError, NotImplementedError) as error:
        pytest.skip(f"torch can't: {error}")
    found = trace(Net(function, w=matrix), (4, 6), device="cpu")
    assert (found.total_macs, found.unknown) == (numbers * columns, ())


def test_of_a_batch_of_sparse_matrices_too():
    found = trace(Net(lambda m, x: torch.bmm(m.w, x), w=torch.eye(4).expand(3, 4, 4).to_sparse()), (3, 4, 5), device="cpu")
    assert found.total_macs == 3 * 4 * 5


@pytest.mark.filterwarnings("ignore")
def test_a_jagged_tensor_counts_as_stored():
    def forward(m, x):
        rows = torch.nested.nested_tensor([x[:1], x], layout=torch.jagged)
        return m.f(rows).values()

    found = trace(Net(forward, f=nn.Linear(8, 5)), (3, 8), device="cpu")
    assert (found.total_macs, found["f"].input_shape, found["f"].output_shape) == (4 * 40, (4, 8), (4, 5))


@pytest.mark.skipif(not hasattr(F, "grouped_mm"), reason="this torch has no such product yet")
@pytest.mark.parametrize(("left", "right", "macs"), [
    ((32, 8), (2, 8, 16), 32 * 8 * 16), ((2, 4, 8), (8, 32), 4 * 8 * 32), ((4, 32), (32, 8), 4 * 32 * 8),
    ((2, 4, 8), (2, 8, 16), 2 * 4 * 8 * 16)])
def test_products_of_several_experts_in_one_call(left, right, macs):
    def forward(m, x):
        ends = None if len(left) == len(right) == 3 else torch.tensor([16, 32], dtype=torch.int32, device=x.device)
        return F.grouped_mm(x.bfloat16(), torch.rand(right, dtype=torch.bfloat16, device=x.device), offs=ends)

    assert trace(Net(forward), left).total_macs == macs


def test_what_runs_in_another_thread_is_unknown_with_its_parameters():
    """Torch's modes see one thread only."""
    def forward(m, x):
        with ThreadPoolExecutor(1) as thread:
            return m.a(x) + thread.submit(m.b, x).result()

    found = trace(Net(forward, a=nn.Linear(8, 8), b=nn.Sequential(nn.Linear(8, 8), nn.ReLU())), (2, 8))
    assert [(row.path, row.op, row.params, row.input_shape) for row in found.unknown] == [("b", "sequential", 72, (2, 8))]
    assert found.total_macs == 128
    assert sum(row.params for row in found) == found.total_params


def test_an_mkldnn_tensor_is_copied_too():
    net = Net(lambda m, x: F.conv2d(x.to_mkldnn(), m.w).to_dense(), w=torch.ones(1, 1, 3, 3).to_mkldnn())
    assert trace(net, (1, 1, 8, 8), device="cpu").total_macs == 36 * 9


@pytest.mark.parametrize("schema", ["max_pool2d(Tensor x) -> Tensor", "conv2d(Tensor x, float a=2) -> Tensor"])
def test_somebody_elses_function_with_torchs_name_has_no_kernel(schema):
    library = torch.library.Library("resnext_edu_test", "FRAGMENT")
    library.define(schema)
    name = schema.partition("(")[0]
    library.impl(name, lambda x, *_: x * 1, "CompositeExplicitAutograd")
    operator = getattr(torch.ops.resnext_edu_test, name)
    row = trace(Net(lambda m, x: operator(x)), (2, 3)).rows[0]
    assert (row.op, row.kernel_size, row.macs) == (name, None, None)


def test_a_formula_that_does_not_know_a_call_makes_it_unknown():
    operator = torch.ops.aten.sin
    torch.utils.flop_counter.flop_registry[operator] = lambda *args, **kwargs: 1 / 0
    try:
        assert [row.op for row in trace(Net(lambda m, x: x.sin()), (3,)).unknown] == ["sin"]
    finally:
        del torch.utils.flop_counter.flop_registry[operator]


@pytest.mark.parametrize("preset", ["resnet50", "resnext50_32x4d", "resnext101_64x4d"])
def test_the_rows_of_torchvisions_networks_are_those_of_the_closed_form(preset):
    with torch.device("meta"):
        model = getattr(torchvision.models, preset)()
    found = trace(model, (2, 3, 97, 64))
    assert list(found) == list(analytic_cost(ResNeXtConfig.preset(preset), (2, 3, 97, 64)))


@pytest.mark.parametrize("form", ["concat", "split_sum"])
def test_the_other_forms_cost_the_same(form):
    config = ResNeXtConfig.preset("resnext_mini")
    ours, cost = trace(ResNeXt(config, form), (2, 1, 28, 28)), analytic_cost(config, (2, 1, 28, 28))
    assert (ours.total_params, ours.total_macs) == (cost.total_params, cost.total_macs)


TORCHVISION = ("densenet121", "mobilenet_v3_small", "vit_b_16", "convnext_tiny", "efficientnet_b0", "swin_t",
               "regnet_y_400mf")
TIMM = ("resnet50", "resnext50_32x4d", "densenet121", "mobilenetv3_small_100", "vit_tiny_patch16_224", "convnext_atto",
        "efficientnet_b0", "swin_tiny_patch4_window7_224", "regnety_004")


@pytest.mark.parametrize(("library", "name"), [("torchvision", n) for n in TORCHVISION] + [("timm", n) for n in TIMM])
def test_other_peoples_networks_cost_what_torchs_own_counter_says(library, name):
    model = timm.create_model(name) if library == "timm" else getattr(torchvision.models, name)()
    found = trace(model, (1, 3, 224, 224))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.to("meta").eval()(torch.empty(1, 3, 224, 224, device="meta"))
    assert found.total_macs * 2 == counter.get_total_flops()
    assert found.total_params == sum(p.numel() for p in model.parameters()) == sum(row.params for row in found)
    assert not found.unknown
    assert all(max(row.inputs, default=-1) < k for k, row in enumerate(found))


def test_a_row_knows_where_it_is_and_what_it_reads():
    def forward(m, x):
        h = m.norm(x)
        q, k, v = h.chunk(3, dim=1)
        q[:, 0] = 0  # written into a view, so into h
        y = F.scaled_dot_product_attention(q, k, v).contiguous()  # it is already: nothing happens
        y += x[:, :2].T.T
        return 1 / y.relu_(), -h

    rows = trace(Net(forward, norm=nn.BatchNorm1d(6)), (2, 6)).rows
    assert [(row.path, row.op, row.inputs, row.calls) for row in rows] == [
        ("norm", "batch_norm", (), 1), ("chunk", "chunk", (0,), 1), ("setitem", "setitem", (1,), 1),
        ("scaled_dot_product_attention", "scaled_dot_product_attention", (2, 1), 1), ("getitem", "getitem", (), 1),
        ("T", "T", (4,), 1), ("T", "T", (5,), 2), ("add", "add", (3, 6), 1), ("relu", "relu", (7,), 1),
        ("div", "div", (8,), 1), ("neg", "neg", (2,), 1)]


@pytest.mark.parametrize("function", [lambda m, x: x * m.w, lambda m, x: m.w * x, lambda m, x: torch.cat([m.w, m.w, x])])
def test_a_rows_input_is_the_data_whatever_stands_before_it(function):
    row = trace(Net(function, w=weight(1, 8)), (2, 8)).rows[0]
    assert (row.input_shape, row.params) == ((2, 8), 8)


def test_only_parameters_are_a_rows_input_too():
    rows = trace(Net(lambda m, x: x * (m.v @ m.w), v=weight(3, 8), w=weight(8, 5)), (2, 3, 5)).rows
    assert [(row.op, row.input_shape) for row in rows] == [("matmul", (3, 8)), ("mul", (2, 3, 5))]


def test_a_row_that_reads_no_tensor_has_no_input():
    (zeros, _) = trace(Net(lambda m, x: x + torch.zeros(3, device=x.device)), (2, 3))
    assert (zeros.op, zeros.inputs, zeros.input_shape, zeros.output_shape) == ("zeros", (), (), (3,))


def test_kernels_are_read_however_they_are_given():
    def forward(m, x):
        x = F.conv2d(x, m.w, stride=2, groups=3, padding=1)
        return F.avg_pool2d(F.max_pool2d(x, kernel_size=2, stride=(1, 2)), 2)

    rows = trace(Net(forward, w=weight(6, 1, 3, 3)), (1, 3, 16, 16)).rows
    assert [row[6:9] for row in rows] == [((3, 3), (2, 2), 3), ((2, 2), (1, 2), None), ((2, 2), (2, 2), None)]

    rows = trace(Net(lambda m, x: F.conv2d(x, m.w), w=weight(6, 3, 3, 1)), (1, 3, 16, 16)).rows
    assert [row[6:9] for row in rows] == [((3, 1), (1, 1), 1)]

    def another(m, x):
        return F.lp_pool2d(F.conv_transpose2d(x, m.w, None, (2, 1), 0, (1, 0), 3), 2, (2, 1))

    rows = trace(Net(another, w=weight(3, 2, 3, 1)), (1, 3, 5, 6)).rows
    assert [row[6:9] for row in rows] == [((3, 1), (2, 1), 3), ((2, 1), (2, 1), None)]


@pytest.mark.parametrize(("function", "kernel", "stride"), [
    (lambda m, x: F.avg_pool1d(x.flatten(2).flatten(2), 3, 2), (3,), (2,)),
    (lambda m, x: F.max_pool3d(x, 2), (2, 2, 2), (2, 2, 2)),
    (lambda m, x: F.avg_pool3d(x, (1, 2, 3), stride=1), (1, 2, 3), (1, 1, 1)),
])
def test_kernels_have_as_many_dimensions_as_the_map(function, kernel, stride):
    row = trace(Net(function), (2, 3, 4, 5, 6)).rows[-1]
    assert (row.kernel_size, row.stride) == (kernel, stride)


def test_arguments_that_are_given_by_name_are_seen_too():
    row = trace(Net(lambda m, x: F.conv2d(input=x, weight=m.w), w=weight(4, 3, 3, 3)), (2, 3, 8, 8)).rows[0]
    assert (row.input_shape, row.params, row.kernel_size) == ((2, 3, 8, 8), 108, (3, 3))
    with pytest.raises(TraceError, match=r"^c \(Conv2d\) got \(2, 4, 8, 8\) and raised "):
        trace(Net(lambda m, x: m.c(input=x), c=conv()), (2, 4, 8, 8))


def test_a_path_ends_with_the_function_where_the_module_is_no_layer_in_a_model():
    assert [row.path for row in trace(conv(), (2, 3, 8, 8))] == ["conv2d"]
    model = nn.Sequential(Net(lambda m, x: m.c(x) + 1, c=conv()))
    assert [row.path for row in trace(model, (2, 3, 8, 8))] == ["0.c", "0.add"]


def test_of_several_tensors_a_row_has_the_first():
    assert trace(Net(lambda m, x: x.split([1, 4, 2])), (7,)).rows[0].output_shape == (1,)
    assert trace(Net(lambda m, x, y: torch.cat([x, y])), [(7, 2), (3, 2)]).rows[0].input_shape == (7, 2)


def test_parameters_stand_on_the_first_call_alone():
    rows = trace(Net(lambda m, x: m.c(m.c(m.c(x))), c=nn.Conv2d(3, 3, 1)), (2, 3, 8, 8)).rows
    assert [(row.params, row.calls) for row in rows] == [(12, 1), (0, 2), (0, 3)]


def test_what_only_begins_like_a_stage_belongs_to_the_stem_or_the_head():
    model = Net(lambda m, x: m.layers(m.layer1(m.layer_norm(x))),
                layer_norm=nn.LayerNorm(4), layer1=nn.Linear(4, 4), layers=nn.Linear(4, 2))
    assert [row.stage for row in trace(model, (2, 4))] == ["stem", "layer1", "head"]
    assert [row.stage for row in trace(nn.Sequential(model), (2, 4))] == ["0", "0", "0"]


@pytest.mark.parametrize(("parameters", "dtype"), [
    ((), torch.float32), ((torch.ones(2).double(),), torch.float64), ((torch.ones(2).half(), torch.ones(2)), torch.half),
    ((torch.ones(2, dtype=torch.long), torch.ones(2).double()), torch.float64),
    ((torch.ones(2, dtype=torch.complex64),), torch.complex64),
])
def test_an_input_has_the_dtype_of_the_first_parameter_that_is_no_whole_number(parameters, dtype):
    seen = StringIO()
    held = nn.ParameterList(nn.Parameter(p, requires_grad=False) for p in parameters)
    trace(Net(lambda m, x: seen.write(f"{x.dtype}"), held=held), (2, 3))
    assert seen.getvalue() == str(dtype)


@pytest.mark.parametrize("held", [lambda t: t, lambda t: [t], lambda t: (t,), lambda t: {"w": [(t, t)]}])
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_tensor_is_on_the_device_and_stays_as_it_was_wherever_a_module_keeps_it(held, device):
    kept, seen = torch.ones(3), StringIO()

    def first(value):
        return value if isinstance(value, torch.Tensor) else first(next(iter(value.values() if isinstance(value, dict) else value)))

    trace(Net(lambda m, x: seen.write(first(m.held).mul_(2).device.type), held=held(kept)), (2, 3), device=device)
    assert seen.getvalue() == device
    assert torch.equal(kept, torch.ones(3))


def test_a_parameter_that_the_model_does_not_know_counts_in_no_row():
    assert [row.params for row in trace(Net(lambda m, x: x @ m.ws[0], ws=[weight(8, 5)]), (2, 8))] == [0]


def test_an_input_that_is_given_as_a_tensor_stays_as_it_was():
    given = torch.ones(2, 3, requires_grad=True)
    assert [row.op for row in trace(Net(lambda m, x: x.mul_(2)), given, device="cpu")] == ["mul"]
    assert torch.equal(given, torch.ones(2, 3))
    assert trace(nn.ReLU(), [given]).rows[0].input_shape == (2, 3)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_torchscript_is_as_before_too():
    model = nn.Sequential(torch.jit.script(nn.BatchNorm1d(3)))
    before = state(model)
    trace(model, (1, 3), device="cpu")  # in train mode, one image would be too few
    assert same_state(before, state(model))


class Careless(nn.Module):
    """It changes itself, and the world, whenever it runs; and it may raise."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = conv(), nn.BatchNorm2d(4)
        self.register_buffer("runs", torch.zeros(()))
        self.seen, self.fails = ["before"], False
        self.conv.eval()  # one layer in another mode than the rest
        self.bn.register_forward_hook(lambda module, args, out: out + 1)

    def forward(self, x):
        self.runs += 1
        self.conv.weight.mul_(2)
        self.seen.append(x)
        self.last, self.late = self.bn(self.conv(x)), nn.Linear(2, 2)
        torch.rand(3)
        if self.fails:
            raise KeyError("in the middle")
        return self.last


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_the_model_and_the_world_are_as_before(device, fails):
    model = Careless()
    model.fails = fails
    before, attributes, random_state = state(model), dict(vars(model)), torch.get_rng_state()
    weights = [p.data_ptr() for p in model.parameters()]
    if fails:
        with pytest.raises(TraceError):
            trace(model, (2, 3, 8, 8), device=device)
    else:
        trace(model, (2, 3, 8, 8), device=device)
    assert same_state(before, state(model))
    assert [p.data_ptr() for p in model.parameters()] == weights
    assert vars(model) == attributes
    assert (model.seen, list(model.children())) == (["before"], [model.conv, model.bn])
    assert torch.equal(random_state, torch.get_rng_state())
    assert torch.is_grad_enabled()
    model.fails = False
    assert trace(model, (2, 3, 8, 8)).total_macs == 7776  # and the next trace is right


def test_the_same_numbers_are_drawn_for_each_trace():
    """The last row's shape is how many of 1,000 numbers are above a half."""
    drawn = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    model, found = Net(lambda m, x: x[x > 0.5]), set()
    for seed in (1, 2, 3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            found.add(trace(model, (1, 1000), device="cpu").rows[-1].output_shape)
    assert found == {(int((drawn > 0.5).sum()),)}


def test_what_was_compiled_runs_as_it_was_written():
    compiled = StringIO()

    def compiler(graph, inputs):
        compiled.write(str(graph))
        return graph.forward

    model = Net(lambda m, x: m.double(m.c(x)), c=conv(), double=torch.compile(lambda x: x.relu() * 2, backend=compiler))
    rows = list(trace(model, (2, 3, 8, 8)))
    assert [row.op for row in rows] == ["conv2d", "relu", "mul"]
    assert list(trace(torch.compile(model, backend=compiler), (2, 3, 8, 8))) == rows
    assert not compiled.getvalue()


def writes_into_a_view(m, x):
    y = m.c(x)
    y.chunk(2, dim=1)[0].zero_()
    return -y


def test_a_view_that_is_only_read_leaves_what_it_is_a_view_of_alone():
    def reads(m, x):
        y = m.c(x)
        return y.chunk(2), -y

    assert [row.inputs for row in trace(Net(reads, c=nn.ReLU()), (2, 3))] == [(), (0,), (0,)]


def test_a_forward_can_be_asked_what_it_takes():
    seen = StringIO()
    trace(Net(lambda m, x: seen.write(",".join(signature(m.c.forward).parameters)), c=conv()), (2, 3))
    assert seen.getvalue() == "input"


class Options(nn.Module):
    """It takes and returns everything that TorchScript knows."""

    def forward(self, x: torch.Tensor, others: dict[str, list[torch.Tensor]], times: int) -> dict[str, torch.Tensor]:
        return {"a": x * times + others["a"][0]}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_what_goes_into_torchscript_and_what_comes_out_is_on_the_models_device(device):
    model = Net(lambda m, x: m.s(x, {"a": [x]}, 3)["a"] @ m.w, s=torch.jit.script(Options()), w=weight(3, 5))
    found = trace(model, (2, 3), device=device)
    assert [(row.op, row.output_shape, row.macs) for row in found] == [("torchscript", (2, 3), None), ("matmul", (2, 5), 30)]


@pytest.mark.filterwarnings("ignore")
def test_torchscript_makes_its_tensors_where_its_input_is():
    model = Net(lambda m, x: m.s(x) @ m.w, s=torch.jit.script(nn.Linear(3, 3)), w=weight(3, 5))
    assert trace(model, (2, 3)).total_macs == 30


@pytest.mark.parametrize("outside", [False, True])
def test_a_forward_runs_in_no_inference_mode(outside):
    seen = StringIO()
    with torch.inference_mode(outside):
        trace(Net(lambda m, x: seen.write(f"{torch.is_inference_mode_enabled()}")), (2, 3))
    assert seen.getvalue() == "False"


def test_modes_outside_make_no_difference():
    model = Net(writes_into_a_view, c=conv())
    rows = list(trace(model, (2, 3, 8, 8)))
    with torch.inference_mode():
        assert list(trace(model, (2, 3, 8, 8))) == rows
    assert list(trace(model.to("meta"), (2, 3, 8, 8))) == rows
    assert list(trace(nn.DataParallel(nn.DataParallel(model)), (2, 3, 8, 8))) == rows


@pytest.mark.parametrize(("model", "size", "message"), [
    (nn.Sequential(nn.ReLU(), conv()), (2, 4, 8, 8),
     "It takes 3 channels but got 4; use input_size=(2, 3, 8, 8), or another layer there"),
    (nn.Sequential(conv(), nn.Flatten(), nn.Linear(10, 2)), (2, 3, 8, 8),
     "It takes 10 features but got 144; use another input_size, or another layer there"),
    (nn.Sequential(nn.MaxPool2d(9)), (2, 3, 8, 8),
     "The map has become too small for it; use a larger input_size than (2, 3, 8, 8)"),
    (nn.Sequential(conv(), nn.BatchNorm2d(4)), (3, 8, 8), "The batch comes first; use input_size=(1, 3, 8, 8)"),
    (nn.Sequential(conv(), nn.Flatten(), nn.Linear(4 * 6 * 6, 2)), (3, 8, 8), "The batch comes first; use input_size=(1, 3, 8, 8)"),
    (Net(lambda m, x: m.c(x).mean((2, 3)), c=conv()), (3, 8, 8), "The batch comes first; use input_size=(1, 3, 8, 8)"),
    (nn.Sequential(nn.Conv1d(3, 4, 3), nn.Flatten(), nn.Linear(24, 2)), (3, 8), "The batch comes first; use input_size=(1, 3, 8)"),
    (block(), (16, 6, 6), "got (16, 6, 6); add the batch: (1, 16, 6, 6)."),
    (resnext_mini(), (1, 28, 28), "got (1, 28, 28); add the batch: (1, 1, 28, 28)."),
    (Net(lambda m, x: m.c(x).mean((2, 3)), c=conv()), (4, 8, 8),
     "It takes 3 channels but got 4; use input_size=(3, 8, 8), or another layer there"),
    (nn.Conv1d(3, 4, 3), (2, 4, 8), "It takes 3 channels but got 4; use input_size=(2, 3, 8), or another layer there"),
    (conv(), (4, 8, 8), "It takes 3 channels but got 4; use input_size=(3, 8, 8), or another layer there"),
    (Net(lambda m, x, y: m.c(x) + y, c=conv()), [(2, 4, 8, 8), (2, 3, 8, 8)],
     "It takes 3 channels but got 4; use another input_size, or another layer there"),
    (block(), (2, 8, 6, 6), "It takes 16 channels but got 8; use input_size=(2, 16, 6, 6), or another layer there"),
    (nn.Conv2d(3, 4, 9), (2, 3, 8, 8), "The map has become too small for it; use a larger input_size than (2, 3, 8, 8)"),
    (nn.Conv2d(3, 4, (1, 10)), (2, 3, 8, 8), "The map has become too small for it; use a larger input_size than (2, 3, 8, 8)"),
    (nn.GroupNorm(2, 4), (2, 6, 5), "It takes 4 channels but got 6; use input_size=(2, 4, 5), or another layer there"),
    (nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv1d(300, 4, 1)), (2, 200, 8),
     "It takes 300 channels but got 200; use another input_size, or another layer there"),
    (nn.Sequential(nn.AvgPool1d(2), nn.Conv1d(300, 4, 1)), (2, 400, 8),
     "It takes 300 channels but got 400; use another input_size, or another layer there"),
    (nn.Linear(300, 2), (2, 7, 1, 200), "It takes 300 features but got 200; use input_size=(2, 7, 1, 300), or another layer there"),
    (nn.ConvTranspose2d(3, 4, 1, padding=5), (2, 3, 8, 8),
     "The map has become too small for it; use a larger input_size than (2, 3, 8, 8)"),
])
def test_an_input_that_does_not_fit(model, size, message):
    with pytest.raises(TraceError) as error:
        trace(model, size)
    assert str(error.value).endswith(message)


@pytest.mark.parametrize(("x", "out", "raises"), [
    ((2, 3, 8, 8), (2, 4, 0, 8), True), ((2, 3, 8), (2, 4, 0), True), ((0, 3, 8, 8), (0, 4, 6, 6), False),
    ((2, 3, 0, 8), (2, 4, 0, 6), False)])
def test_a_convolution_without_output_is_an_error_also_where_torch_does_not_say_so(x, out, raises):
    """Newer versions of torch raise it themselves; on "meta", torch 2.6 returns a map without pixels."""
    x, out, weight = torch.empty(x), torch.empty(out), torch.empty(4, 3, *[3] * (len(x) - 2))
    if raises:
        with pytest.raises(RuntimeError, match=r"^Kernel size can't be greater than actual input size$"):
            convolution(out, x, weight, None, [1], [0], [1], False)
    else:
        assert convolution(out, x, weight, None, [1], [0], [1], False) == 0
    assert convolution(out, x, weight, None, [1], [0], [1], True) == weight.numel() * x[:, 0].numel()


def test_what_has_too_few_dimensions_has_no_wrong_channels():
    for layer, given in ((conv(), torch.ones(8, 9)), (nn.GroupNorm(2, 4), torch.ones(5)), (nn.GroupNorm(2, 4), torch.ones(()))):
        with pytest.raises(TraceError) as error:
            trace(layer, inputs=given)
        assert "It takes" not in str(error.value)


def needs_data(m, x):
    return x if x.sum() > 0 else -x


@pytest.mark.parametrize("function", [
    needs_data, lambda m, x: x[x > 0], lambda m, x: x * x.max().item(), lambda m, x: torch.tensor(x.tolist()),
    lambda m, x: x + torch.arange(8)])
def test_a_model_that_needs_data_says_where_and_runs_on_the_cpu(function):
    model = nn.Sequential(conv(), nn.Sequential(Net(function)))
    with pytest.raises(TraceError) as error:
        trace(model, (2, 3, 10, 10))
    assert str(error.value).startswith("1.0 (Net) got (2, 4, 8, 8) and raised ")
    assert str(error.value).endswith(
        'The forward asks for numbers, or uses a tensor that does not belong to a module, and on "meta" there are '
        'only shapes; use device="cpu"')
    assert [row.path for row in error.value.trace][:1] == ["0"]  # the rows so far
    assert trace(model, (2, 3, 10, 10), device="cpu")["0"] == error.value.trace["0"]


def test_the_place_is_that_of_the_exception_that_came_out():
    def first_try_fails(m, x):
        try:
            m.inner(x)
        except KeyError:
            raise ValueError("no way\nand a second line") from None

    def fails(m, x):
        raise KeyError("caught")

    with pytest.raises(TraceError) as error:
        trace(nn.Sequential(Net(first_try_fails, inner=Net(fails))), (1, 2))
    assert str(error.value) == "0 (Net) got (1, 2) and raised ValueError: no way."


def test_an_error_without_words_is_told_by_its_name_and_by_all_that_came():
    def fails(m, x, y):
        raise ValueError

    with pytest.raises(TraceError) as error:
        trace(Net(fails), [(2, 3), (2, 4)])
    assert str(error.value) == "the model (Net) got (2, 3) and (2, 4) and raised ValueError."


@pytest.mark.parametrize(("words", "said"), [
    ("\n  no way!\nand a second line", "no way."),
    ("Output size is TOO small", "Output size is TOO small. The map has become too small for it; use a larger input_size than (1, 8)"),
    ("the size must be greater than 0", "the size must be greater than 0. The map has become too small for it; use a larger "
                                        "input_size than (1, 8)"),
    ("Trying to create tensor with negative dimension -1", "Trying to create tensor with negative dimension -1. The map has "
                                                           "become too small for it; use a larger input_size than (1, 8)"),
    ("input image smaller than kernel", "input image smaller than kernel. The map has become too small for it; use a larger "
                                        "input_size than (1, 8)"),
    ("expected 3D (Got 2D input)", "expected 3D (Got 2D input). The batch comes first; use input_size=(1, 1, 8)"),
    ("metallic", "metallic."),
    ("Data-dependent", "Data-dependent. The forward asks for numbers, or uses a tensor that does not belong to a module, and on "
                       '"meta" there are only shapes; use device="cpu"'),
])
def test_the_words_of_an_error_decide_what_to_do(words, said):
    assert explanation(ValueError(words), None, "meta", [(1, 8)]) == f"the model raised ValueError: {said}"


TABLE = IndexError("tensors used as indices must be long")
MISSING, SURPLUS = "forward() missing 2 required", "forward() got an unexpected keyword argument 'x'"


class Many(nn.Module):
    def forward(self, a, b, c, d, e, f, g, h, i, j, k, l): ...  # noqa: E741


class More(nn.Module):
    def forward(self, a, b, c, d, e, f, g, h, i, j, k, l, m): ...  # noqa: E741


class Takes(nn.Module):
    """A layer of one's own that says how many channels it takes, and nothing of a kernel."""

    in_channels = 300


@pytest.mark.parametrize(("error", "module", "got", "device", "shapes", "end"), [
    (TABLE, None, [], "meta", [], "inputs=torch.zeros((1, 8), dtype=torch.int64), in a terminal --input 1,8:int64"),
    (TABLE, None, [], "meta", [(2, 5), (3, 6)], "inputs=torch.zeros((2, 5), dtype=torch.int64), in a terminal --input 2,5:int64"),
    (TABLE, nn.ReLU(), [(4, 7), (3, 6)], "meta", [(2, 5)],
     "inputs=torch.zeros((4, 7), dtype=torch.int64), in a terminal --input 4,7:int64"),
    (TypeError(MISSING), None, [], "meta", [(1, 8)], f"raised TypeError: {MISSING}."),
    (TypeError(SURPLUS), None, [], "meta", [(1, 8)], f"raised TypeError: {SURPLUS}."),
    (TypeError(MISSING), Many(), [], "meta", [(1, 8)], "takes a, b, c, d, e, f, g, h, i, j, k and l; pass all with inputs=(…) or kwargs={…}"),
    (TypeError(MISSING), More(), [], "meta", [(1, 8)], "k, l and 1 more; pass all with inputs=(…) or kwargs={…}"),
    (RuntimeError("not on meta"), None, [], "mps", [(1, 8)],
     'The model itself is on "meta", without numbers; use device="meta", or load its weights'),
    (ValueError("got 2D input"), None, [], "meta", [(4, 7), (3, 6)], "The batch comes first; use input_size=(1, 4, 7)"),
    (ValueError("size"), conv(), [], "meta", [(2, 4, 8, 8)], "raised ValueError: size."),
    (ValueError("size"), conv(), [(2, 4, 8, 8), (7, 9)], "meta", [(2, 4, 8, 8), (7, 9)],
     "It takes 3 channels but got 4; use another input_size, or another layer there"),
    (ValueError("size"), Takes(), [(2, 400, 8, 9)], "meta", [(2, 400, 8, 9)],
     "It takes 300 channels but got 400; use input_size=(2, 300, 8, 9), or another layer there"),
    *((ValueError("size"), Takes(), [(2, 7, size, 300)], "meta", [(2, 7, 8, 300)],
       f"It takes 300 channels at place 1 of the shape, counted from 0, but has 7 there: the sizes stand in another order; use {way}")
      for size, way in ((6, "shape (2, 300, 7, 6)"), (8, "input_size=(2, 300, 7, 8)"), (9, "shape (2, 300, 7, 9)"))),
    (ValueError("size"), Takes(), [(2, 7, 300, 300)], "meta", [(2, 7, 300, 300)],
     "It takes 300 channels but got 7; use input_size=(2, 300, 300, 300), or another layer there"),
    *((ValueError("size"), nn.Linear(int("300"), 1), [(2, 7, size, 300)], "meta", [(1, 8)], "raised ValueError: size.")
      for size in (299, 301)),
])
def test_the_repair_is_that_for_the_layer_and_its_first_input(error, module, got, device, shapes, end):
    origin = None if module is None else Origin(error, "", module, got)
    assert explanation(error, origin, device, shapes).endswith(end)


@dataclass(unsafe_hash=True)
class Refused(Exception):
    """It is equal to another one with the same word."""

    word: str


def test_an_exception_that_is_only_equal_to_the_one_that_came_out_has_another_place():
    def fails(m, x):
        raise Refused("no")

    def first_try_fails(m, x):
        try:
            m.inner(x)
        except Refused:
            raise Refused("no") from None

    with pytest.raises(TraceError, match=r"^0 \(Net\) got \(1, 2\) and raised Refused: no\.$"):
        trace(nn.Sequential(Net(first_try_fails, inner=Net(fails))), (1, 2))
    inner = Origin(Refused("no"), "inner", nn.ReLU(), [(1, 2)])
    assert explanation(Refused("no"), inner, "meta", [(1, 2)]) == "the model raised Refused: no."


def test_a_model_without_numbers_can_not_run_on_the_cpu():
    with pytest.raises(TraceError) as error:
        trace(conv().to("meta"), (2, 3, 8, 8), device="cpu")
    assert str(error.value).endswith(
        'The model itself is on "meta", without numbers; use device="meta", or load its weights')


def test_the_rows_so_far_know_the_parameters_of_the_whole_model():
    model = nn.Sequential(conv(), Net(needs_data), nn.Linear(8, 2))
    with pytest.raises(TraceError) as error:
        trace(model, (2, 3, 10, 10))
    assert error.value.trace.total_params == 108 + 18


def test_a_hook_that_raises_leaves_nothing_behind():
    model = nn.Sequential(conv())
    hook = model[0].register_forward_pre_hook(lambda module, args: 1 / 0)
    with pytest.raises(TraceError, match=r"^the model \(Sequential\) got \(2, 3, 8, 8\) and raised ZeroDivisionError"):
        trace(model, (2, 3, 8, 8))
    hook.remove()
    assert [row.path for row in trace(model, (2, 3, 8, 8))] == ["0"]


def test_a_lazy_layer_has_nothing_to_count_yet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(3))
    with pytest.raises(TraceError, match=r"1\.weight has no shape before the model's first forward; run it once") as error:
        trace(model, (1, 2))
    assert error.value.trace.total_params == 6  # so far


@pytest.mark.parametrize(("model", "size", "message"), [
    (nn.ReLU, (1, 2), "trace needs a model, an nn.Module; got <class 'torch.nn.modules.activation.ReLU'>"),
    (nn.ReLU(), 224, "input_size must be whole numbers, the batch first, such as (1, 3, 224, 224); got 224"),
    (nn.ReLU(), (), "input_size must be whole numbers, the batch first, such as (1, 3, 224, 224); got ()"),
    (nn.ReLU(), (1, 0), "input_size[1] must be a whole number, 1 or more; got 0"),
    (nn.ReLU(), [(1, 2), (1, 2.5)], "input_size[1][1] must be a whole number, 1 or more; got 2.5"),
    (nn.ReLU(), [(1, 2), 5],
     "input_size[1] must be whole numbers, the batch first, such as (1, 3, 224, 224); got 5"),
    (nn.ReLU(), ((1, 2), (3, 4)), "input_size[0] must be a whole number, 1 or more; got (1, 2)"),
    (nn.ReLU(), [2, 2.5], "input_size[1] must be a whole number, 1 or more; got 2.5"),
])
def test_a_bad_question(model, size, message):
    with pytest.raises(ConfigError) as error:
        trace(model, size)
    assert str(error.value) == message


def test_an_unknown_device_is_no_trouble_of_the_model():
    with pytest.raises(ConfigError, match=r"""^device 'tpu' is unknown to torch; use "meta", "cpu" or "cuda"$"""):
        trace(nn.ReLU(), (1, 2), device="tpu")
    with pytest.raises(ConfigError, match=r"^device None is unknown to torch; "):
        trace(nn.ReLU(), (1, 2), device=None)
