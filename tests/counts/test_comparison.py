"""Our totals beside others': every unit of a difference is accounted for by arithmetic, or it is not explained."""
from types import MappingProxyType

import numpy as np
import pytest
import torch
import torchinfo
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from resnext_edu import ResNeXtConfig, analytic_cost, trace
from resnext_edu.counts.comparison import (
    EQUAL,
    EXPLAINED,
    ROUNDED,
    UNEXPLAINED,
)
from resnext_edu.counts.habits import (
    BIAS,
    DOUBLED,
    EMBEDDINGS,
    NORM,
    ONE_IMAGE,
    POSITIONS,
    TIED,
    UNBATCHED,
    UNSEEN,
)
from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError

SIZE = (1, 3, 224, 224)
COST = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"))
META = torchvision.models.ResNeXt50_32X4D_Weights.IMAGENET1K_V2.meta


def summary(model, size):
    return torchinfo.summary(model, size, verbose=0)


def test_torchinfo_counts_69_224_more_an_image():
    compared = COST.compare(summary(torchvision.models.resnext50_32x4d(), SIZE))
    assert compared["parameters"].verdict == EQUAL
    assert compared["MACs"].difference == 69_224
    assert compared["MACs"].reasons == ((NORM, 68_224), (BIAS, 1_000))
    assert compared.explained


def test_an_output_without_a_batch_makes_6_28_billion():
    compared = COST.compare(6_280_000_000)["MACs"]
    assert (compared.verdict, compared.reasons[-1]) == (EXPLAINED, (UNBATCHED, 999 * 2_049_000))
    small = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(0), nn.Linear(8, 10))
    compared = trace(small, (1, 3, 8, 8)).compare(summary(small, (1, 3, 8, 8)))["MACs"]
    assert compared.verdict == EXPLAINED
    assert dict(compared.reasons) == {BIAS: 8 * 36 + 10 * 10, UNBATCHED: 9 * 80}


def test_every_habit_counts_each_image_of_a_batch():
    """Three images, and neither maps nor kernel nor groups are such that two numbers are the same."""
    model = nn.Sequential(nn.Conv2d(4, 8, (3, 1), groups=2), nn.BatchNorm2d(8), nn.Flatten(2), nn.Linear(18, 10))
    ours, theirs = trace(model, (3, 4, 5, 6)), summary(model, (3, 4, 5, 6))
    expected = {BIAS: 3 * 8 * 18 + 3 * 10, NORM: 3 * 16, POSITIONS: (3 - 3 * 8) * 180}
    for other in (theirs, theirs.total_mult_adds):
        found = ours.compare(other)["MACs"]
        assert (found.verdict, dict(found.reasons)) == (EXPLAINED, expected)
        assert found.difference == sum(expected.values())


def test_an_output_without_a_batch_is_as_many_images_short_as_there_are():
    batch = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"), (2, 3, 224, 224))
    found = batch.compare({"macs": 2 * COST.total_macs + 2 * 69_224 + (1000 - 2) * 2_049_000})["MACs"]
    assert found.reasons == ((NORM, 2 * 68_224), (BIAS, 2 * 1_000), (UNBATCHED, 998 * 2_049_000))


def test_where_no_habit_makes_a_difference_torchinfo_has_the_same():
    model = nn.Conv2d(3, 4, 3, bias=False)
    compared = trace(model, (2, 3, 8, 8)).compare(summary(model, (2, 3, 8, 8)))
    assert [(quantity.verdict, quantity.reasons) for quantity in compared.quantities] == [(EQUAL, ())] * 2
    assert [row[3] for row in compared.table().rows] == ["0", "0"]


def test_of_several_linear_layers_the_last_is_the_one_without_a_batch():
    rows = trace(nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 5)), (1, 3))
    assert rows.compare({"macs": 64 + 13 + 4 * 45})["MACs"].reasons == ((BIAS, 13), (UNBATCHED, 4 * 45))


class Net(nn.Module):
    def __init__(self, function, layer, weight=None):
        super().__init__()
        self.function, self.layer, self.weight = function, layer, weight

    def forward(self, x):
        return self.function(self, x)


def test_a_layer_that_is_called_twice_has_its_bias_counted_twice():
    model = Net(lambda m, x: m.layer(m.layer(x)), nn.Conv2d(3, 3, 1))
    found = trace(model, (2, 3, 4, 5)).compare(summary(model, (2, 3, 4, 5)))["MACs"]
    assert (found.verdict, found.reasons) == (EXPLAINED, ((BIAS, 2 * 2 * 3 * 20),))


def test_a_product_outside_of_any_layer_is_known_as_not_seen():
    model = Net(lambda m, x: m.layer(x) @ m.weight, nn.Linear(3, 8), nn.Parameter(torch.ones(8, 5)))
    found = trace(model, (2, 3)).compare(summary(model, (2, 3)))["MACs"]
    assert (found.verdict, found.reasons) == (EXPLAINED, ((BIAS, 16), (UNSEEN, -80)))


def test_reasons_stand_in_the_order_of_the_layers_and_what_was_not_seen_is_last():
    model = Net(lambda m, x: m.layer(x @ m.weight), nn.Linear(8, 5), nn.Parameter(torch.ones(3, 8)))
    found = trace(model, (2, 3)).compare(summary(model, (2, 3)))["MACs"]
    assert found.reasons == ((BIAS, 10), (UNSEEN, -48))


def test_a_layer_whose_macs_are_not_known_explains_nothing():
    model = Net(lambda m, x: m.layer(x, x), nn.Bilinear(3, 3, 4))
    found = trace(model, (2, 3)).compare(summary(model, (2, 3)))["MACs"]
    assert (found.ours, found.verdict, found.rows) == (0, UNEXPLAINED, ("layer",))


def linear(path="fc", macs=0, **more):
    return TraceRow(path, "linear", path, (), (1, 3), (1, 4), macs=macs, **more)


@pytest.mark.parametrize(("ours", "theirs", "verdict"), [
    (15, 20, ROUNDED), (25, 20, ROUNDED), (14, 20, UNEXPLAINED), (26, 20, UNEXPLAINED), (149, 100, ROUNDED),
    (149, 110, UNEXPLAINED), (4_230_500_000, {"_ops": 4.23}, ROUNDED), (4_230_500_001, {"_ops": 4.23}, UNEXPLAINED),
])
def test_a_number_is_known_to_half_of_its_last_digit(ours, theirs, verdict):
    assert Trace((linear(macs=ours),)).compare(theirs)["MACs"].verdict == verdict


def test_the_batch_is_that_of_the_first_row_that_reads_something():
    first = TraceRow("zeros", "zeros", "zeros", (), (), (3, 4))
    rows = Trace((first, linear(macs=30)._replace(input_shape=(3, 3), output_shape=(3, 4))))
    assert rows.compare(10)["MACs"].reasons == ((ONE_IMAGE, -20),)


def test_rows_that_read_nothing_have_no_batch():
    rows = Trace((linear(macs=30)._replace(input_shape=()),))
    assert [rows.compare(theirs)["MACs"].verdict for theirs in (30, 15)] == [EQUAL, UNEXPLAINED]


@pytest.mark.parametrize(("rows", "named"), [
    (6, "a0, a1, a2, a3, a4, a5."), (7, "a0, a1, a2, a3, a4, a5 and 1 more."), (8, "a0, a1, a2, a3, a4, a5 and 2 more.")])
def test_a_note_names_six_rows(rows, named):
    ours, theirs = (Trace(tuple(linear(f"a{k}", macs) for k in range(rows))) for macs in (1, 2))
    assert ours.compare(theirs).notes == (f"MACs differ without a known reason in {named}",)


@pytest.mark.parametrize("other", [(linear("a"),), (linear("a"), linear("b"), linear("b", 5, calls=2)),
                                   (linear("a"), linear("b", 5), linear("b", calls=2))])
def test_a_row_that_one_trace_lacks_or_whose_second_call_differs_is_named(other):
    ours, theirs = Trace((linear("a"), linear("b"), linear("b", calls=2))), Trace(other)
    assert ours.compare(theirs)["MACs"].rows == theirs.compare(ours)["MACs"].rows == ("b",)


def test_traces_that_differ_only_in_parameters_that_no_row_uses_are_not_equal():
    compared = Trace((linear("a"),), 100).compare(Trace((linear("a"),), 90))
    assert [quantity.verdict for quantity in compared.quantities] == [UNEXPLAINED, EQUAL]
    assert (compared["parameters"].difference, compared["parameters"].rows) == (-10, ())


def test_two_functions_of_one_layer_are_two_rows():
    ours, theirs = (Trace((linear("a", macs), linear("a", 5)._replace(op="mul"))) for macs in (1, 2))
    assert ours.compare(theirs)["MACs"].rows == ("a",)


def test_a_single_number_has_no_batch_in_which_anything_was_counted():
    assert Trace((linear(macs=3, params=3)._replace(op="dot", output_shape=()),)).compare(7)["MACs"].verdict == UNEXPLAINED


def test_any_mapping_will_do():
    assert COST.compare(MappingProxyType({"macs": COST.total_macs}))["MACs"].verdict == EQUAL


@pytest.mark.parametrize("name", ["densenet121", "mobilenet_v3_small", "vit_b_16", "swin_t"])
def test_torchinfo_is_explained_to_the_last_unit_on_other_networks(name):
    model = getattr(torchvision.models, name)()
    found = trace(model, (2, *SIZE[1:])).compare(summary(model, (2, *SIZE[1:])))["MACs"]
    assert found.verdict == EXPLAINED
    assert sum(amount for _, amount in found.reasons) == found.difference != 0


OTHER_TOOLS = {  # (tool, network) → what it counts for one image of 224×224: fvcore 0.1.5, thop 0.1.1, ptflops 0.7.5
    ("fvcore", "resnext50_32x4d"): 4_259_381_248, ("fvcore", "resnet18"): 1_819_065_856, ("fvcore", "vgg11"): 7_609_115_136,
    ("thop", "resnext50_32x4d"): 4_288_184_320, ("thop", "resnet18"): 1_824_033_792, ("thop", "vgg11"): 7_609_140_224,
    ("ptflops", "resnext50_32x4d"): 4_286_878_696, ("ptflops", "resnet18"): 1_825_313_768, ("ptflops", "vgg11"): 7_643_686_888,
    ("aten", "resnext50_32x4d"): 4_230_480_872, ("aten", "resnet18"): 1_814_074_344, ("aten", "vgg11"): 7_616_525_288,
}


@pytest.fixture(scope="module")
def traced():
    return {name: trace(getattr(torchvision.models, name)()) for name in ("resnext50_32x4d", "resnet18", "vgg11")}


@pytest.mark.parametrize(("tool", "network"), OTHER_TOOLS)
def test_other_tools_are_explained_to_the_last_unit(traced, tool, network):
    theirs = OTHER_TOOLS[tool, network]
    found = traced[network].compare({"macs": theirs})["MACs"]
    assert found.verdict == EXPLAINED
    assert sum(amount for _, amount in found.reasons) == found.difference
    assert traced[network].compare({"macs": theirs + 1})["MACs"].verdict == UNEXPLAINED


class WithFunctions(nn.Module):
    """Some of its ReLUs and poolings are layers, and some are functions, which some tools count in another way."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.Conv2d(8, 4, 1, bias=False)
        self.norms, self.act, self.down = nn.ModuleList([nn.BatchNorm2d(8), nn.BatchNorm2d(4)]), nn.ReLU(), nn.AvgPool2d(2)
        self.last = nn.Linear(4, 5)

    def forward(self, x):
        x = self.down(F.relu(self.norms[0](self.one(x))))
        x = self.act(self.norms[1](self.two(x)))
        return self.last(F.adaptive_avg_pool2d(x, 1).flatten(1))


@pytest.mark.parametrize("theirs", [62_228, 67_092, 68_889, 57_369])  # fvcore, thop, ptflops by modules and by operators
def test_functions_and_layers_are_told_apart_and_so_are_images_and_batches(theirs):
    found = trace(WithFunctions(), (3, 3, 16, 16))
    for batch in (1, 3):
        compared = trace(WithFunctions(), (batch, 3, 16, 16)).compare({"macs": theirs})["MACs"]
        assert compared.verdict == EXPLAINED
        assert sum(amount for _, amount in compared.reasons) == compared.difference
    assert found.compare({"macs": theirs + 3})["MACs"].verdict == UNEXPLAINED


def test_fvcore_counts_batchnorms_and_the_pooling(traced):
    found = traced["resnext50_32x4d"].compare({"macs": OTHER_TOOLS["fvcore", "resnext50_32x4d"]})["MACs"]
    assert found.reasons == (("BatchNorms, counted as 2 for each number", 2 * 14_400_512),
                             ("adaptive poolings, counted as 1 for each number that goes in", 100_352))


def test_torchinfo_counts_a_transposed_convolution_where_it_writes():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ConvTranspose2d(8, 4, 2, stride=2))
    found = trace(model, (2, 3, 8, 8)).compare(summary(model, (2, 3, 8, 8)))["MACs"]
    assert found.verdict == EXPLAINED
    assert dict(found.reasons)["transposed convolutions, counted at the positions of their output"] == (
        2 * 8 * 4 * 2 * 2 * (12 * 12 - 6 * 6))


class Words(nn.Module):
    """The last layer has the weight of the first one, an embedding, as in many language models."""

    def __init__(self, bias):
        super().__init__()
        self.embedding, self.between = nn.Embedding(50, 6), nn.Linear(6, 6, bias=False)
        self.head = nn.Linear(6, 50, bias=bias)
        self.head.weight = self.embedding.weight

    def forward(self, words):
        return self.head(self.between(self.embedding(words)))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (2, 7)])
def test_torchinfo_counts_tied_weights_in_each_layer(bias, shape):
    model, words = Words(bias), torch.zeros(shape, dtype=torch.int64)
    theirs = torchinfo.summary(model, input_data=words, verbose=0)
    compared = trace(model, inputs=words).compare(theirs)
    assert compared["parameters"].reasons == ((TIED, 300),)
    assert compared.explained
    batch, positions = shape[0], shape[0] * shape[1]
    expected = {EMBEDDINGS: 300 * batch, POSITIONS: (batch - positions) * (36 + 300), BIAS: 50 * batch * bias}
    assert dict(compared["MACs"].reasons) == {why: amount for why, amount in expected.items() if amount}
    assert sum(amount for _, amount in compared["MACs"].reasons) == compared["MACs"].difference
    theirs.total_params += 1
    assert trace(model, inputs=words).compare(theirs)["parameters"].verdict == UNEXPLAINED


def test_two_convolutions_with_one_weight_are_counted_twice():
    model = nn.Sequential(nn.Conv2d(6, 6, (3, 1), groups=2), nn.GroupNorm(3, 6), nn.Conv2d(6, 6, (3, 1), groups=2))
    model[2].weight = model[0].weight
    compared = trace(model, (2, 6, 9, 4)).compare(summary(model, (2, 6, 9, 4)))
    assert compared["parameters"].reasons == ((TIED, 54),)
    assert dict(compared["MACs"].reasons) == {BIAS: 2 * 6 * (28 + 20), NORM: 2 * 12}
    assert compared.explained


def test_a_layer_that_has_two_names_is_known_by_what_it_costs():
    """Torchinfo gives both calls the last name, and our trace the first."""
    model = Net(lambda m, x: m.again(m.layer(x)), nn.Conv2d(3, 3, 1))
    model.again = model.layer
    compared = trace(model, (2, 3, 4, 5)).compare(summary(model, (2, 3, 4, 5)))
    assert compared["parameters"].verdict == EQUAL
    assert (compared["MACs"].verdict, compared["MACs"].reasons) == (EXPLAINED, ((BIAS, 2 * 2 * 3 * 20),))


def test_torchs_counter_is_twice_ours():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(288, 10))
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 3, 8, 8))
    ours = trace(model, (1, 3, 8, 8))
    assert ours.compare(counter)["MACs"].reasons == ((DOUBLED, ours.total_macs),)


def test_torchvisions_published_numbers():
    compared = COST.compare(META)
    assert (compared["parameters"].verdict, compared["MACs"].verdict) == (EQUAL, ROUNDED)
    batch = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"), (4, 3, 224, 224)).compare(META)
    assert batch["MACs"].reasons == ((ONE_IMAGE, COST.total_macs - 4 * COST.total_macs),)


@pytest.mark.parametrize("off", [-1, 1, 500])
def test_a_number_that_no_way_of_counting_gives_is_not_explained(off):
    for theirs in (COST.total_macs, 2 * COST.total_macs, COST.total_macs + 69_224):
        assert COST.compare({"macs": theirs})["MACs"].verdict in (EQUAL, EXPLAINED)
        assert COST.compare({"macs": theirs + off})["MACs"].verdict == UNEXPLAINED
    assert not COST.compare({"macs": COST.total_macs, "num_params": COST.total_params + off}).explained


def test_a_layer_that_torchinfo_got_wrong_is_named():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
    other = summary(model, (1, 3, 8, 8))
    other.summary_list[1].macs += 1
    found = trace(model, (1, 3, 8, 8)).compare(other)["MACs"]
    assert (found.verdict, found.rows) == (UNEXPLAINED, ("0",))


def test_a_model_without_layers_has_a_name_in_the_notes():
    found = trace(nn.Conv2d(3, 8, 3), (1, 3, 8, 8)).compare(summary(nn.Conv2d(3, 8, 5), (1, 3, 8, 8)))
    assert found.notes == ("MACs differ without a known reason in the model itself.",)


def test_numpys_numbers_are_numbers():
    assert COST.compare(np.int64(COST.total_macs))["MACs"].verdict == EQUAL


def test_another_trace_differs_in_these_rows():
    assert COST.compare(COST).explained
    other = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d").replace(num_classes=10))
    compared = COST.compare(other)
    assert [quantity.rows for quantity in compared.quantities] == [("fc",), ("fc",)]
    assert compared.notes[1] == "MACs differ without a known reason in fc."


def test_text_and_html_show_the_sum():
    compared = COST.compare(4_230_549_096)
    for shown in (repr(compared), compared._repr_html_()):
        for word in ("4,230,479,872", "4,230,549,096", "+69,224", "+68,224", "+1,000", "explained"):
            assert word in shown


@pytest.mark.parametrize(("other", "shown"), [
    ({"acc@1": 81.2}, "{'acc@1': 81.2}"), ({}, "{}"), (float("nan"), "nan"), (float("-inf"), "-inf"), (True, "True"),
    (None, "None"), ("4.2e9", "'4.2e9'"), (torch.ones(99, 99), "a Tensor of shape (99, 99) and torch.float32")])
def test_what_cannot_be_compared(other, shown):
    with pytest.raises(ConfigError) as error:
        COST.compare(other)
    assert str(error.value) == (
        'compare with a torchinfo summary, a FlopCounterMode, a Trace, a number of MACs, or a dict with "num_params", '
        f'"macs" or "_ops" (billions of MACs); got {shown}')


@pytest.mark.parametrize("name", ["num_params", "macs", "_ops"])
@pytest.mark.parametrize(("value", "shown"), [
    (None, "None"), ("4.23", "'4.23'"), (float("nan"), "nan"), (float("inf"), "inf"), (False, "False"),
    (torch.ones(99), "a Tensor of shape (99,) and torch.float32")])
def test_a_count_that_is_no_number_is_named(name, value, shown):
    with pytest.raises(ConfigError) as error:
        COST.compare({"num_params": 5, "macs": 7, name: value})
    assert str(error.value) == f'"{name}" must be a finite number, such as 25.0e6; got {shown}'


@pytest.mark.parametrize(("theirs", "verdict"), [
    (COST.total_params, EQUAL), (float(COST.total_params), EQUAL), (25.0e6, ROUNDED), (25_000_000, ROUNDED),
    (25.03e6, ROUNDED), (25.02e6, UNEXPLAINED), (26e6, UNEXPLAINED), (COST.total_params + 1, UNEXPLAINED)])
def test_parameters_are_known_to_half_of_the_last_digit_too(theirs, verdict):
    compared = COST.compare({"num_params": theirs})["parameters"]
    assert (compared.verdict, compared.theirs) == (verdict, round(theirs))


def test_torchinfos_parameters_are_exact_though_they_may_end_in_zeros():
    class Other:
        summary_list, total_params, total_mult_adds = (), 100, 0

    assert Trace((), model_params=101).compare(Other())["parameters"].verdict == UNEXPLAINED


def test_a_linear_row_that_returns_one_number_has_no_batch_to_lose():
    class Dot(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self, x):
            return nn.functional.linear(x, self.weight)

    compared = trace(Dot(), (3,)).compare(7)["MACs"]
    assert (compared.ours, compared.verdict) == (3, UNEXPLAINED)
