"""The closed form of a block against the paper, and against torchvision's block as it really runs."""
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.resnet import Bottleneck

from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost, conv_weights
from resnext_edu.errors import ConfigError

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
    ((256, 56, 56), "input_size must be four numbers (N, C, H, W), such as (1, 256, 56, 56); got (256, 56, 56)"),
    ((1, 256, 0, 56), "input_size[2] must be a whole number, 1 or more; got 0"),
])
def test_an_input_that_does_not_fit(size, message):
    with pytest.raises(ConfigError) as error:
        block_cost(STANDARD, size)
    assert str(error.value) == message
