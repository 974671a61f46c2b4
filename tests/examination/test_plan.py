"""A plan has the rows of the paper's network, and each known mistake changes it in its own way."""
import pytest

from resnext_edu.config import ResNeXtConfig
from resnext_edu.cost import analytic_cost
from resnext_edu.examination.departures import DEPARTURES
from resnext_edu.examination.plan import plan_of
from resnext_edu.examination.plan_prices import prices, total

PRESETS = ResNeXtConfig.presets()
OTHERS = [ResNeXtConfig(layers=(2, 1), stem_type="deep", stem_width=24, cardinality=3, width_per_group=5, in_channels=1),
          ResNeXtConfig(layers=(1, 2, 1, 1), expansion=2, cardinality=5, width_per_group=7, num_classes=3)]
CONFIGS = [ResNeXtConfig.preset(name) for name in PRESETS] + OTHERS


@pytest.mark.parametrize("config", CONFIGS, ids=[*PRESETS, "deep", "expansion 2"])
@pytest.mark.parametrize("size", [(224, 224), (33, 50)])
def test_the_paper_s_plan_has_the_rows_of_the_closed_form(config, size):
    cost = analytic_cost(config, (1, config.in_channels, *size))
    convs = {row.path: row for row in cost if row.macs}
    rows = list(prices(plan_of(config), size))
    assert {row.path: row.macs for row in rows} == {path: row.macs for path, row in convs.items()}
    assert total(plan_of(config), size)[1:3] == (cost.total_params, cost.total_macs)
    norms = [row for row in cost if row.op == "batch_norm"]
    assert total(plan_of(config), size).statistics == sum(row.params for row in norms)


@pytest.mark.parametrize("departure", DEPARTURES.values(), ids=list(DEPARTURES))
def test_each_departure_changes_some_preset(departure):
    configs = [ResNeXtConfig.preset(name) for name in PRESETS] + [ResNeXtConfig.preset("resnext29").replace(cardinality=16)]
    assert any(departure.change(plan_of(config), config) != plan_of(config) for config in configs)


def test_each_departure_says_what_it_is_in_its_own_words():
    assert len(DEPARTURES) == len({each.title for each in DEPARTURES.values()})
    assert all(each.paper and each.effect for each in DEPARTURES.values())


def build_wrong(departure, config):
    """The network of lesson 9 with one mistake, run by torch: what it has, counted there."""
    from torch import nn
    from torchvision.models.resnet import Bottleneck, ResNet

    groups, width = config.cardinality, config.width_per_group
    model = ResNet(Bottleneck, list(config.layers), groups=groups, width_per_group=width)
    convs = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    if departure == "biases":
        for conv in convs:
            conv.bias = nn.Parameter(conv.weight.new_zeros(conv.out_channels))
    if departure == "first_1x1_grouped":
        for block in (module for module in model.modules() if isinstance(module, Bottleneck)):
            old = block.conv1
            block.conv1 = nn.Conv2d(old.in_channels, old.out_channels, 1, groups=groups, bias=False)
    if departure == "groups_missing":
        for block in (module for module in model.modules() if isinstance(module, Bottleneck)):
            old = block.conv2
            block.conv2 = nn.Conv2d(old.in_channels, old.out_channels, 3, old.stride, 1, bias=False)
    if departure == "no_fc":
        model.fc = nn.Identity()
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("departure", ["biases", "first_1x1_grouped", "groups_missing", "no_fc"])
def test_a_wrong_network_in_torch_has_the_parameters_of_the_changed_plan(departure):
    config = ResNeXtConfig.preset("resnext50_32x4d")
    assert total(DEPARTURES[departure].change(plan_of(config), config)).params == build_wrong(departure, config)
