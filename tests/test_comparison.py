"""Our totals beside others': every unit of a difference is accounted for by arithmetic, or it is not explained."""
import numpy as np
import pytest
import torch
import torchinfo
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from resnext_edu import ResNeXtConfig, analytic_cost, trace
from resnext_edu.comparison import BIAS, DOUBLED, EQUAL, EXPLAINED, NORM, ONE_IMAGE, ROUNDED, UNBATCHED, UNEXPLAINED
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


@pytest.mark.parametrize("name", ["densenet121", "mobilenet_v3_small", "vit_b_16", "swin_t"])
def test_torchinfo_is_explained_to_the_last_unit_on_other_networks(name):
    model = getattr(torchvision.models, name)()
    found = trace(model, (2, *SIZE[1:])).compare(summary(model, (2, *SIZE[1:])))["MACs"]
    assert found.verdict == EXPLAINED
    assert sum(amount for _, amount in found.reasons) == found.difference != 0


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
    assert [finding.rows for finding in compared.findings] == [("fc",), ("fc",)]
    assert compared.notes[1] == "MACs differ without a known reason in fc."


def test_text_and_html_show_the_sum():
    compared = COST.compare(4_230_549_096)
    for shown in (repr(compared), compared._repr_html_()):
        for word in ("4,230,479,872", "4,230,549,096", "+69,224", "+68,224", "+1,000", "explained"):
            assert word in shown


@pytest.mark.parametrize("other", [{"acc@1": 81.2}, {"num_params": 5, "macs": None}, {"_ops": "4.23"}, float("nan"),
                                   True, None])
def test_what_cannot_be_compared(other):
    with pytest.raises(ConfigError) as error:
        COST.compare(other)
    assert str(error.value) == (
        'compare with a torchinfo summary, a FlopCounterMode, a Trace, a number of MACs, or a dict with "num_params", '
        f'"macs" or "_ops" (billions of MACs); got {other!r}')
