"""The formulas of single operators, on sizes that all differ, also where no network on this machine needs them."""
from types import SimpleNamespace

import pytest
import torch
from torch.utils.flop_counter import flop_registry

from resnext_edu.counts.trace import Trace
from resnext_edu.tracing.calls import Kernel, kernel_of
from resnext_edu.tracing.macs import (
    MacCounter,
    attention,
    convolution,
    grouped_product,
    linear,
    product,
    sparse_product,
    vector_product,
)
from resnext_edu.tracing.recorder import Recorder

ATEN = torch.ops.aten
EYE = torch.eye(5, 7).to_sparse()  # it stores 5 numbers


@pytest.mark.parametrize(("formula", "sizes", "macs"), [
    (product, [(5, 3), (3, 7)], 5 * 3 * 7), (product, [(2, 5, 3), (2, 3, 7)], 2 * 5 * 3 * 7),
    (vector_product, [(5, 3), (3,)], 5 * 3), (vector_product, [(3,), (3,)], 3),
    (linear, [(2, 5, 3), (7, 3)], 2 * 5 * 3 * 7), (linear, [(5, 3), (3,)], 5 * 3),
    (grouped_product, [(5, 3), (2, 3, 7)], 5 * 3 * 7), (grouped_product, [(2, 5, 3), (3, 7)], 5 * 3 * 7),
    (grouped_product, [(5, 3), (3, 7)], 5 * 3 * 7), (grouped_product, [(2, 5, 3), (2, 3, 7)], 2 * 5 * 3 * 7),
    (attention, [(2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6)], 2 * 3 * 5 * 7 * (4 + 6)),
    (attention, [(3, 5, 4), (3, 7, 4), (3, 7, 6)], 3 * 5 * 7 * (4 + 6)),
])
def test_a_formula_takes_each_size_from_its_place(formula, sizes, macs):
    assert formula(None, *map(torch.empty, sizes)) == macs


@pytest.mark.parametrize(("left", "right", "macs"), [
    (EYE, torch.ones(7, 3), 5 * 3), (EYE, torch.ones(7), 5), (torch.ones(3, 5), EYE, 3 * 5),
    (torch.stack([EYE, EYE]), torch.ones(2, 7, 3), 10 * 3), (torch.ones(2, 3, 5), torch.stack([EYE, EYE]), 10 * 3),
    (EYE, EYE.T, None), (torch.ones(3, 5), torch.ones(5, 7), None), (EYE.to("meta"), torch.ones(7, 3, device="meta"), None),
])
def test_of_what_is_stored_each_number_is_multiplied_once_for_each_row_or_column_of_the_other(left, right, macs):
    assert sparse_product(None, left, right) == macs


@pytest.mark.parametrize(("x", "out", "raises"), [
    ((2, 3, 8, 8), (2, 0, 6, 6), False), ((2, 0, 8, 8), (2, 4, 0, 8), True), ((1, 1, 0), (1, 1, 1), False),
    ((2, 3, 8, 1), (2, 4, 0, 8), True)])
def test_a_map_is_without_output_if_its_places_are_gone_whatever_its_channels_are(x, out, raises):
    x, out, weight = torch.empty(x), torch.empty(out), torch.empty(out[1], x[1], 3, 3)
    if raises:
        with pytest.raises(RuntimeError, match="greater than actual input size"):
            convolution(out, x, weight, None, [1], [0], [1], False)
    else:
        convolution(out, x, weight, None, [1], [0], [1], False)


def macs_of(operator, args, *, namespace="aten", out=None, **kwargs):
    func = SimpleNamespace(namespace=namespace)
    return MacCounter(print)._macs(func, operator, args, kwargs, out)


@pytest.mark.parametrize(("namespace", "macs"), [("aten", 5 * 3 * 7), ("mine", None), ("aaa", None), ("", None)])
def test_a_formula_is_for_an_operator_of_torch_and_not_for_a_foreign_one_of_the_same_name(namespace, macs):
    class Own:
        __name__ = "mm"

    assert macs_of(Own(), (torch.ones(5, 3), torch.ones(3, 7)), namespace=namespace) == macs


def test_torchs_own_formulas_are_for_tensors_that_store_all_their_numbers():
    x = torch.ones(2, 3, 3)
    assert ATEN.baddbmm in flop_registry
    assert ATEN.convolution_backward in flop_registry
    assert macs_of(ATEN.baddbmm, (x, x.to_sparse(), x)) is None
    assert macs_of(ATEN.convolution_backward, (x.to_sparse(), x, x)) is None


@pytest.mark.parametrize("flops", [15, 7])
def test_two_flops_of_somebody_elses_formula_are_one_mac(flops):
    asked = []
    flop_registry[ATEN.sin] = lambda *args, **kwargs: asked.append(kwargs) or flops
    try:
        x = torch.ones(3)
        assert macs_of(ATEN.sin, (x,), out=x, far=1) == flops // 2
        assert isinstance(macs_of(ATEN.sin, (x,), out=x), int)
    finally:
        del flop_registry[ATEN.sin]
    assert asked[0]["far"] == 1


def test_an_operator_outside_of_every_function_is_a_row_if_it_computes_a_product_or_may_do_so():
    recorder, x = Recorder(has_stages=False), torch.ones(2, 3)
    for macs, out in ((0, x), (None, x), (6, x), (6, None), (None, None)):
        recorder.operator(ATEN.mm, (x, x), out, macs)
    assert [(row.macs, row.output_shape, row.calls) for row in recorder.rows] == [
        (None, (2, 3), 1), (6, (2, 3), 2), (6, (), 3), (None, (), 4)]
    assert x.made_by_row == 1
    assert Trace(tuple(recorder.rows), 0).total_macs == 12


def test_torch_asks_whether_to_load_its_compiler_and_it_is_not():
    assert MacCounter._should_skip_dynamo() is False


@pytest.mark.parametrize("given", [5, (5,), [5], (5, 5)])
def test_one_number_stands_for_every_dimension_also_in_a_list(given):
    assert kernel_of("max_pool2d", [torch.ones(1, 1, 9, 9), given], {}) == Kernel((5, 5), (5, 5))
