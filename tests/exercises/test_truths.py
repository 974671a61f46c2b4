"""The right answers are right: each beside the package's own blocks, or torch's own functions."""
from fractions import Fraction

import pytest
import torch
import torchvision
from torch import nn

from resnext_edu import ResNeXtConfig, SplitSumBottleneck, convert_state_dict, in_form, resnext50_32x4d, trace
from resnext_edu.config import BlockSpec
from resnext_edu.cost import analytic_cost, block_cost, conv_weights, matched_width
from resnext_edu.exercises import check
from resnext_edu.exercises.blank import Blank
from resnext_edu.sabotage import break_block
from tests.helpers import block

STANDARD = {"channels": (256, 256), "cardinality": 32, "width_per_group": 4}


def right(name):
    exercise = getattr(check, name)
    return Blank(exercise.blank).build(exercise.answer)


@pytest.fixture(scope="module")
def split_sum():
    return block("split_sum", **STANDARD).eval()


def test_the_bottleneck_is_torchvisions():
    """Its weights, which of all blocks of ResNet-50 have a projection, and that projection's convolution."""
    with torch.device("meta"):
        network = torchvision.models.resnet50()
    blocks = [module for module in network.modules() if isinstance(module, torchvision.models.resnet.Bottleneck)]
    assert right("weights_of_bottleneck") == sum(w.numel() for w in network.layer1[1].parameters() if w.dim() == 4)
    assert [right("needs_projection")(block.conv1.in_channels, block.conv3.out_channels, block.stride)
            for block in blocks] == [block.downsample is not None for block in blocks]
    assert repr(right("projection")) == repr(network.layer2[0].downsample[0])


def test_weights_of_one_path(split_sum):
    assert right("weights_of_one_path") == sum(w.numel() for w in split_sum.paths[0].parameters() if w.dim() == 4)
    assert 32 * right("weights_of_one_path") == sum(conv_weights(BlockSpec(256, 256, 32, 4)).values())


def test_end_of_block_is_the_forward_of_form_a(split_sum):
    x = torch.randn(2, 256, 5, 5, generator=torch.Generator().manual_seed(0))
    assert isinstance(split_sum, SplitSumBottleneck)
    with torch.no_grad():
        assert torch.equal(right("end_of_block")(split_sum.paths, split_sum.bn3, x), split_sum(x))


def test_parameters_with_bn_per_path(split_sum):
    broken = break_block(split_sum, "bn_per_path")
    assert right("parameters_with_bn_per_path") == sum(w.numel() for w in broken.parameters())


def test_slices_are_groups():
    grouped, x = nn.Conv2d(12, 12, kernel_size=3, groups=3, bias=False), torch.randint(-9, 10, (2, 12, 5, 5)).float()
    convs = [nn.Conv2d(4, 4, kernel_size=3, bias=False) for _ in range(3)]
    grouped.weight.data.random_(-9, 10)
    for conv, weight in zip(convs, grouped.weight.data.split(4), strict=True):
        conv.weight.data = weight
    with torch.no_grad():
        assert torch.equal(right("cut_and_stack")(convs, x), grouped(x))


def test_a_group_reads_its_own_slice_and_has_weights_for_no_more():
    conv = nn.Conv2d(12, 24, kernel_size=5, groups=3, bias=False)
    assert right("weights_of")(12, 24, 5, 3) == conv.weight.numel()
    x = torch.zeros(1, 12, 5, 5, requires_grad=True)
    conv(x)[:, 10].sum().backward()
    assert sorted(right("inputs_of_output_10")) == x.grad.abs().sum(dim=(0, 2, 3)).nonzero().flatten().tolist()


def test_alexnets_kernels_are_as_deep_as_its_paper_says():
    layers = ((3, 96, 11), (96, 256, 5), (256, 384, 3), (384, 384, 3), (384, 256, 3))
    made = [nn.Conv2d(*sizes, groups=groups) for sizes, groups in zip(layers, right("groups_of_alexnet"), strict=True)]
    assert [conv.weight.shape[1] for conv in made] == [3, 48, 256, 192, 192]


def test_concat_reads_all_paths(split_sum):
    conv3 = in_form(split_sum, "concat").conv3
    long_row, columns = right("long_row"), right("columns_of_path")
    assert right("channels_conv3_reads") == conv3.in_channels
    first, second = (split_sum.paths[i].conv3.weight for i in (0, 1))
    assert torch.equal(long_row(first, second), conv3.weight[:, :8])
    assert all(torch.equal(columns(conv3.weight, i, 4), path.conv3.weight) for i, path in enumerate(split_sum.paths))


def test_grouped_weight_is_what_the_conversion_makes(split_sum):
    weights = [path.conv2.weight for path in split_sum.paths]
    converted_to = convert_state_dict(split_sum.state_dict(), "split_sum", "grouped", 32)["conv2.weight"]
    assert torch.equal(right("grouped_weight")(weights), converted_to)


def test_the_grouped_layer_is_the_block_diagonal_one():
    grouped, x = right("grouped_conv"), torch.randint(-4, 5, (1, 128, 1, 1)).float()
    assert repr(grouped) == repr(block("grouped", **STANDARD).conv2)
    with torch.no_grad():
        grouped.weight.copy_(torch.randint(-4, 5, grouped.weight.shape))
        middle = grouped.weight[:, :, 1, 1]  # on a map of one pixel, all else meets the padding
        dense = right("block_diagonal")(list(middle.split(4)))
        assert torch.equal(grouped(x).flatten(), dense @ x.flatten())


def test_fan_out_is_what_torch_takes():
    _, fan_out = nn.init._calculate_fan_in_and_fan_out(right("grouped_conv").weight)
    assert right("fan_out") == fan_out


def test_the_budget_of_lesson_7_is_the_packages():
    for C, d in ((1, 64), (32, 4), (3, 7)):
        assert right("weights_of_paths")(C, d) == sum(conv_weights(BlockSpec(256, 256, C, d)).values())
    for budget in map(ResNeXtConfig.preset, ("resnet50", "resnext101_64x4d")):
        weights = right("weights_of_paths")(budget.cardinality, budget.width_per_group)
        assert all(right("width_on_budget")(C, weights) == matched_width(budget, C) for C in range(1, 65))
    dense, grouped = (block_cost(BlockSpec(256, 256, C, 128 // C)).total_macs for C in (1, 32))
    assert right("block_saving") == pytest.approx(dense / grouped)


def test_luck_is_as_small_as_its_why_says():
    assert right("luck_of_all_draws")(4, 295, 4) == pytest.approx(float(Fraction(4, 295) ** 4))
    assert 29e6 < 1 / right("luck_of_all_draws")(4, 295, 4) < 30e6


def test_the_shape_inside_of_layer2_is_what_the_network_makes():
    with torch.device("meta"):
        first, x = resnext50_32x4d().layer2[0], torch.empty(1, 256, 56, 56)
    assert first.conv1(x).shape[1:] == right("after_the_first_1x1")


def test_weights_and_macs_of_lesson_8_are_those_of_torchvisions_network():
    rows = trace(torchvision.models.resnext50_32x4d())
    macs_of, convs = right("macs_of"), [row for row in rows if row.op == "conv2d"]
    assert [macs_of(row) for row in convs] == [row.macs for row in convs]
    inner = [row.params for row in convs if row.path.startswith("layer4.1.")]
    assert sum(inner) == right("weights_in_layer4")


def test_stages_and_depths_of_lesson_9_are_the_configs():
    for name in ("resnet50", "resnext50_32x4d", "resnext101_64x4d", "resnext29", "resnext_mini"):
        config = ResNeXtConfig.preset(name)
        assert right("depth")(config.layers) == config.depth
    specs = ResNeXtConfig.preset("resnext50_32x4d").stages().values()
    assert [right("paths_of_stage")(k) for k in (1, 2, 3, 4)] == [
        (blocks[-1].cardinality, blocks[-1].width_per_group) for blocks in specs]


def test_batch_norms_of_torchvisions_network():
    with torch.device("meta"):
        model = torchvision.models.resnext50_32x4d()
    assert right("batch_norm_params")(model) == sum(row.params for row in trace(model) if row.op == "batch_norm")


def test_the_totals_of_the_riddle_are_those_of_the_mistakes():
    config = ResNeXtConfig.preset("resnext50_32x4d")
    total, fc = analytic_cost(config).total_params, analytic_cost(config)["fc"].params

    def built(cardinality, width_per_group):
        """With other paths in the blocks of stage k."""
        pairs = ((spec, BlockSpec(spec.in_channels, spec.out_channels, cardinality(k), width_per_group(k), spec.stride))
                 for k, stage in enumerate(config.stages().values()) for spec in stage)
        return total + sum(block_cost(wrong).total_params - block_cost(spec).total_params for spec, wrong in pairs)

    mistakes = (built(lambda k: 32, lambda k: 4), built(lambda k: 32 * 2**k, lambda k: 4),
                built(lambda k: 1, lambda k: 128 * 2**k), total - fc)
    assert [mistakes[number - 1] for number in right("riddle")] == [22_979_904, 8_559_912, 68_883_240, 23_886_120]
