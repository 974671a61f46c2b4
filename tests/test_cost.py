"""The closed forms against the paper, and against torchvision's blocks and networks as they really run."""
import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model
from torchvision.models.resnet import Bottleneck

from resnext_edu import ResNeXt, ResNeXtConfig, analytic_cost, matched_width
from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost, conv_weights
from resnext_edu.errors import ConfigError
from resnext_edu.tracing import trace

STANDARD = BlockSpec(256, 256, cardinality=32, width_per_group=4)
BLOCKS = {  # in, out, C, d, stride, height and width of the map
    "standard": (256, 256, 32, 4, 1, (14, 14)),
    "ResNet's": (256, 256, 1, 64, 1, (14, 14)),
    "first of layer1": (64, 256, 32, 4, 1, (10, 10)),
    "first of layer2": (256, 512, 32, 8, 2, (16, 16)),
    "odd map": (64, 128, 8, 3, 2, (7, 9)),
    "thin paths": (256, 256, 64, 2, 1, (5, 5)),
    "one pixel": (32, 32, 4, 1, 2, (1, 1)),
}


def torchvisions(spec: BlockSpec) -> Bottleneck:
    planes = spec.out_channels // Bottleneck.expansion
    projection = torch.nn.Sequential(
        torch.nn.Conv2d(spec.in_channels, spec.out_channels, 1, spec.stride, bias=False),
        torch.nn.BatchNorm2d(spec.out_channels),
    ) if spec.has_projection else None
    # torchvision's base_width is d where 64 planes are
    block = Bottleneck(spec.in_channels, planes, spec.stride, projection, spec.cardinality,
                       base_width=64 * spec.width_per_group / planes)
    assert block.conv2.groups == spec.cardinality
    assert block.conv2.in_channels == spec.bottleneck_width
    return block.to("meta").eval()


@pytest.mark.parametrize("name", BLOCKS)
def test_every_row_is_what_torchvisions_block_does(name):
    *numbers, size = BLOCKS[name]
    spec, batch = BlockSpec(*numbers), 3
    block, called = torchvisions(spec), []

    def note(path):
        return lambda module, args, out: called.append((path, tuple(args[0].shape), tuple(out.shape)))

    for path, module in block.named_modules():
        if not list(module.children()):
            module.register_forward_hook(note(path))
    with FlopCounterMode(display=False) as counter:
        out = block(torch.empty(batch, spec.in_channels, *size, device="meta"))
    rows = block_cost(spec, (batch, spec.in_channels, *size))

    assert [(row.path, row.input_shape, row.output_shape) for row in rows if row.op != "add"] == called
    assert [row.path for row in rows][-2:] == ["add", "relu"]
    assert rows["add"].output_shape == tuple(out.shape)
    assert rows.total_macs * 2 == counter.get_total_flops()
    assert rows.total_params == sum(p.numel() for p in block.parameters())
    flops = counter.get_flop_counts()
    for row in rows:
        if row.op != "add":
            module = block.get_submodule(row.path)
            assert row.macs * 2 == sum(flops.get(f"Bottleneck.{row.path}", {}).values())
            assert row.params == sum(p.numel() for p in module.parameters())
        if row.op == "conv2d":
            assert (row.kernel_size, row.stride, row.groups) == (module.kernel_size, module.stride, module.groups)


def test_the_rows_say_where_their_arguments_came_from():
    rows = block_cost(BlockSpec(64, 256, 32, 4), (1, 64, 8, 8))
    assert [row.path for row in rows] == ["conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3",
                                          "downsample.0", "downsample.1", "add", "relu"]
    assert [row.inputs for row in rows] == [(), (0,), (1,), (2,), (3,), (4,), (5,), (6,), (), (8,), (7, 9), (10,)]
    assert [row.calls for row in rows if row.path == "relu"] == [1, 2, 3]
    assert block_cost(STANDARD)["add"].inputs == (7,)  # the identity is the block's own input


@pytest.mark.parametrize(("c", "d", "weights"), [
    (1, 64, 69_632), (2, 40, 69_760), (4, 24, 69_888), (8, 14, 71_456), (32, 4, 70_144)])
def test_table_2_of_the_paper(c, d, weights):
    assert sum(conv_weights(BlockSpec(256, 256, c, d)).values()) == weights == c * (256 * d + 9 * d * d + d * 256)


def test_the_standard_block():
    trace = block_cost(STANDARD)
    assert sum(conv_weights(STANDARD).values()) == 70_144
    assert trace.total_params == 71_168
    assert trace.conv_activations == (128 + 128 + 256) * 56 * 56


def test_the_projections_weights_count():
    assert conv_weights(BlockSpec(64, 256, 32, 4))["downsample.0"] == 64 * 256


@pytest.mark.parametrize(("size", "message"), [
    ((1, 64, 56, 56), "input_size (1, 64, 56, 56) has 64 channels, the block takes 256; use (1, 256, 56, 56)"),
    ((256, 56, 56), "input_size must be four numbers (N, C, H, W), such as (1, 256, 56, 56); got (256, 56, 56); add the batch: (1, 256, 56, 56)"),
    ((3, 56, 56), "input_size must be four numbers (N, C, H, W), such as (1, 256, 56, 56); got (3, 56, 56)"),
    ((1, 256, 0, 56), "input_size[2] must be a whole number, 1 or more; got 0"),
])
def test_an_input_that_does_not_fit(size, message):
    with pytest.raises(ConfigError) as error:
        block_cost(STANDARD, size)
    assert str(error.value) == message


# ---- whole networks ----

FACTS = {  # parameters and MACs, counted on torchvision's networks; resnext101_32x4d on timm's
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnext50_32x4d": (25_028_904, 4_230_479_872),
    "resnext101_32x4d": (44_177_704, 7_969_996_800),
    "resnext101_32x8d": (88_791_336, 16_414_015_488),
    "resnext101_64x4d": (83_455_272, 15_460_270_080),
}
SMALL_FACTS = {"resnext29": (34_426_698, 5_387_266_048), "resnext_mini": (137_322, 25_856_512)}  # for 32×32 pixels
CONFIGS = st.builds(
    lambda layers, stem, **values: ResNeXtConfig(layers=layers[:3] if stem == "cifar" else layers, stem_type=stem, **values),
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.sampled_from(["imagenet", "deep", "cifar"]),
    cardinality=st.integers(1, 5), width_per_group=st.integers(1, 6), num_classes=st.integers(1, 11),
    in_channels=st.integers(1, 5), stem_width=st.sampled_from([1, 7, 32, 64]), expansion=st.integers(1, 4),
)


@pytest.mark.parametrize("name", FACTS)
def test_the_totals_of_the_presets(name):
    cost = analytic_cost(ResNeXtConfig.preset(name))
    assert (cost.total_params, cost.total_macs) == FACTS[name]


@pytest.mark.parametrize("name", SMALL_FACTS)
def test_the_totals_of_the_presets_for_small_images(name):
    """The paper's ResNeXt-29, 8×64d, has 34.4 million parameters."""
    config = ResNeXtConfig.preset(name)
    cost = analytic_cost(config, (1, config.in_channels, 32, 32))
    assert (cost.total_params, cost.total_macs) == SMALL_FACTS[name]


@pytest.mark.parametrize("name", ResNeXtConfig.presets())
def test_a_presets_rows_are_those_of_its_trace(name):
    config = ResNeXtConfig.preset(name)
    with torch.device("meta"):
        model = ResNeXt(config)
    size = (1, config.in_channels, 224, 224)
    assert list(analytic_cost(config, size)) == list(trace(model, size))


@settings(max_examples=80)
@given(CONFIGS, st.integers(1, 3), st.integers(1, 70), st.integers(1, 70))
def test_any_networks_rows_are_those_of_its_trace(config, batch, height, width):
    with torch.device("meta"):
        model = ResNeXt(config)
    size = (batch, config.in_channels, height, width)
    assert list(analytic_cost(config, size)) == list(trace(model, size))


@settings(max_examples=30)
@given(CONFIGS, st.sampled_from(["split_sum", "concat"]), st.integers(1, 2), st.integers(1, 40), st.integers(1, 40))
def test_the_rows_of_the_other_forms_are_those_of_their_traces(config, form, batch, height, width):
    with torch.device("meta"):
        model = ResNeXt(config, form)
    size = (batch, config.in_channels, height, width)
    assert list(analytic_cost(config, size, form)) == list(trace(model, size))


def test_an_unknown_form_offers_the_nearest_name():
    with pytest.raises(ConfigError, match="unknown form 'group'; did you mean 'grouped'"):
        analytic_cost(ResNeXtConfig(), form="group")


@pytest.mark.parametrize("stem", ["imagenet", "deep", "cifar"])
def test_a_config_that_was_read_from_a_file_has_the_same_rows(stem):
    read = ResNeXtConfig(layers=(1,), **json.loads(json.dumps({"stem_type": stem})))
    assert list(analytic_cost(read)) == list(analytic_cost(ResNeXtConfig(layers=(1,), stem_type=stem)))


@pytest.mark.parametrize("name", ["resnet50", "resnext50_32x4d"])
def test_torchvisions_own_network_has_these_rows_too(name):
    assert list(analytic_cost(ResNeXtConfig.preset(name))) == list(trace(get_model(name)))


def test_the_stages_of_resnext_50_as_counted():
    stages = analytic_cost(ResNeXtConfig()).by_stage()
    assert {stage: part.total_params for stage, part in stages.items()} == {
        "stem": 9_536, "layer1": 205_824, "layer2": 1_197_056, "layer3": 7_022_592, "layer4": 14_544_896,
        "head": 2_049_000}
    assert analytic_cost(ResNeXtConfig()).conv_activations == 14_400_512


@pytest.mark.parametrize(("C", "d", "weights", "params", "macs"), [
    (1, 64, 69_632, 25_557_032, 4_089_184_256),
    (2, 40, 69_760, 25_425_000, 4_124_508_160),
    (4, 24, 69_888, 25_292_968, 4_159_832_064),
    (8, 14, 71_456, 25_603_016, 4_267_409_408),
    (32, 4, 70_144, 25_028_904, 4_230_479_872),
])
def test_the_widths_of_table_2_are_those_that_keep_the_budget(C, d, weights, params, macs):
    for budget in ("resnet50", "resnet101"):
        assert matched_width(ResNeXtConfig.preset(budget), C) == d
    assert sum(conv_weights(BlockSpec(256, 256, C, d)).values()) == weights
    cost = analytic_cost(ResNeXtConfig(cardinality=C, width_per_group=d))
    assert (cost.total_params, cost.total_macs) == (params, macs)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.integers(1, 6))
def test_no_other_width_is_nearer_to_the_budget(C, d, other, expansion):
    def weights(C, d):
        channels = 64 * expansion
        return sum(conv_weights(BlockSpec(channels, channels, C, d)).values())

    found = matched_width(ResNeXtConfig(cardinality=C, width_per_group=d, expansion=expansion), other)
    off = abs(weights(other, found) - weights(C, d))
    assert all(off <= abs(weights(other, near) - weights(C, d)) for near in (max(1, found - 1), found + 1))


@pytest.mark.parametrize(("size", "message"), [
    ((1, 1, 224, 224), "input_size (1, 1, 224, 224) has 1 channels, the network takes 3; use (1, 3, 224, 224)"),
    ((5, 1, 32, 48), "input_size (5, 1, 32, 48) has 1 channels, the network takes 3; use (5, 3, 32, 48)"),
    ((3, 224, 224), "input_size must be four numbers (N, C, H, W), such as (1, 3, 224, 224); got (3, 224, 224); add the batch: (1, 3, 224, 224)"),
    ([3, 32, 32], "input_size must be four numbers (N, C, H, W), such as (1, 3, 224, 224); got [3, 32, 32]; add the batch: (1, 3, 32, 32)"),
    ((1, 3, 0, 224), "input_size[2] must be a whole number, 1 or more; got 0"),
    (224, "input_size must be four numbers (N, C, H, W), such as (1, 3, 224, 224); got 224"),
    (torch.zeros(1, 3, 8, 8), "input_size must be four numbers (N, C, H, W), such as (1, 3, 224, 224); got a Tensor of "
                              "shape (1, 3, 8, 8) and torch.float32"),
])
def test_a_wrong_size_is_told_with_the_repair(size, message):
    with pytest.raises(ConfigError) as error:
        analytic_cost(ResNeXtConfig(), size)
    assert str(error.value) == message


def test_a_cardinality_below_one_has_no_width():
    with pytest.raises(ConfigError, match="cardinality must be a whole number, 1 or more; got 0"):
        matched_width(ResNeXtConfig(), 0)


@pytest.mark.parametrize("ask", [analytic_cost, lambda config: matched_width(config, 4)])
def test_a_name_is_no_config(ask):
    with pytest.raises(ConfigError) as error:
        ask("resnext50_32x4d")
    assert str(error.value) == "expected a ResNeXtConfig, got 'resnext50_32x4d'; try ResNeXtConfig.preset('resnext50_32x4d')"
