"""The three forms: counts, shapes, torchvision's bits, and the errors."""
import re

import pytest
import torch
from helpers import block
from torch import nn
from torchvision.models.resnet import Bottleneck

from resnext_edu import BlockSpec, in_form
from resnext_edu.blocks import FORMS, GroupedBottleneck, SplitSumBottleneck, build
from resnext_edu.errors import ConfigError

ALL_FORMS = pytest.mark.parametrize("form", FORMS)


def torchvision_block(in_channels, out_channels, C, d, stride):
    """Torchvision writes the width as planes · base_width / 64 · groups, and four times the planes go out."""
    planes = out_channels // 4
    downsample = None
    if stride != 1 or in_channels != out_channels:
        projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        downsample = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
    return Bottleneck(in_channels, planes, stride, downsample, groups=C, base_width=d * 64 // planes)


@pytest.mark.parametrize(("in_channels", "out_channels", "C", "d", "stride"), [
    (256, 256, 32, 4, 1), (64, 256, 32, 4, 1), (256, 512, 32, 8, 2), (256, 256, 1, 64, 1), (512, 512, 32, 8, 2),
])
def test_grouped_is_torchvisions_block_bit_for_bit(in_channels, out_channels, C, d, stride):
    theirs = torchvision_block(in_channels, out_channels, C, d, stride)
    ours = GroupedBottleneck(in_channels, out_channels, cardinality=C, width_per_group=d, stride=stride)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict(), strict=True)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = torch.randn(2, in_channels, 9, 9)
    for train in (True, False, True):
        assert torch.equal(ours.train(train)(x), theirs.train(train)(x))
    assert all(torch.equal(a, b) for a, b in zip(ours.buffers(), theirs.buffers(), strict=True))


@ALL_FORMS
def test_the_standard_block_has_the_papers_number_of_weights(form):
    built = FORMS[form](256, 256, cardinality=32, width_per_group=4)
    assert sum(p.numel() for p in built.parameters() if p.dim() == 4) == 70_144
    assert sum(p.numel() for p in built.parameters()) == 71_168


@ALL_FORMS
@pytest.mark.parametrize(("channels", "stride", "projected"), [
    ((16, 16), 1, False), ((16, 16), 2, True), ((16, 24), 1, True), ((16, 24), 2, True),
])
def test_shortcut_is_a_projection_only_where_the_shape_changes(form, channels, stride, projected):
    built = block(form, channels, stride=stride)
    assert (built.downsample is not None) == projected
    assert built(torch.randn(2, channels[0], 7, 7)).shape == (2, channels[1], -(-7 // stride), -(-7 // stride))


@ALL_FORMS
def test_the_stride_is_on_the_3x3(form):
    strides = {name: m.stride for name, m in block(form, stride=2).named_modules() if isinstance(m, nn.Conv2d)}
    for name, stride in strides.items():
        assert stride == ((2, 2) if name.endswith(("conv2", "downsample.0")) else (1, 1)), name


def test_in_form_a_the_last_batchnorm_comes_after_the_sum():
    """The paper's footnote 6: one BatchNorm of out_channels, which sees the sum of the paths."""
    built, seen = block("split_sum"), []
    built.bn3.register_forward_pre_hook(lambda bn, args: seen.append(args[0].clone()))
    x = torch.randn(2, 16, 5, 5)
    built.eval()(x)
    torch.testing.assert_close(seen, [sum(path(x) for path in built.paths)])


@ALL_FORMS
@pytest.mark.parametrize(("C", "d"), [(1, 1), (1, 5), (5, 1), (64, 2)])
def test_any_cardinality_and_width(form, C, d):
    built = block(form, cardinality=C, width_per_group=d)
    assert built.eval()(torch.randn(1, 16, 1, 1)).shape == (1, 16, 1, 1)


@ALL_FORMS
def test_the_input_is_left_alone_and_every_parameter_gets_a_gradient(form):
    built, x = block(form, stride=2), torch.randn(2, 16, 6, 6)
    before = x.clone()
    built(x).square().sum().backward()
    assert torch.equal(x, before)
    assert all(p.grad is not None and p.grad.any() for p in built.parameters())


@pytest.mark.parametrize(("changed", "message"), [
    ({"cardinality": 0}, "cardinality must be a whole number, 1 or more; got 0"),
    ({"cardinality": 2.0}, "cardinality must be a whole number, 1 or more; got 2.0"),
    ({"cardinality": True}, "cardinality must be a whole number, 1 or more; got True"),
    ({"width_per_group": -4}, "width_per_group must be a whole number, 1 or more; got -4"),
    ({"in_channels": "256"}, "in_channels must be a whole number, 1 or more; got '256'"),
    ({"out_channels": None}, "out_channels must be a whole number, 1 or more; got None"),
    ({"stride": 3}, "stride must be 1 (the map keeps its size) or 2 (it is halved); got 3"),
])
@ALL_FORMS
def test_bad_sizes_say_the_value_and_the_repair(form, changed, message):
    sizes = {"in_channels": 8, "out_channels": 8, "cardinality": 2, "width_per_group": 2} | changed
    with pytest.raises(ConfigError) as error:
        FORMS[form](**sizes)
    assert str(error.value) == message


@ALL_FORMS
@pytest.mark.parametrize("shape", [(2, 8, 5, 5), (8, 5, 5), (2, 16)])
def test_a_wrong_input_says_both_shapes(form, shape):
    with pytest.raises(ConfigError) as error:
        block(form)(torch.randn(shape))
    assert str(error.value) == (f"this block reads inputs of shape (N, 16, H, W), got {shape}; "
                                "give it 16 channels, or build the block with other in_channels")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("x", "got"), [(None, "None"), ([[1.0]], "[[1.0]]"), ("image.png", "'image.png'")])
def test_an_input_that_is_no_tensor_is_shown(form, x, got):
    with pytest.raises(ConfigError, match=f"^{re.escape(f'this block reads inputs of shape (N, 16, H, W), got {got}; ')}"):
        block(form)(x)


def test_a_seed_is_a_number():
    with pytest.raises(ConfigError, match=r"^seed must be a whole number of at most 64 bits; got 2\.5$"):
        build(BlockSpec(8, 8, 2, 2), seed=2.5)


def test_numpy_integers_are_whole_numbers():
    import numpy as np

    assert SplitSumBottleneck(8, 8, cardinality=np.int64(2), width_per_group=torch.tensor(3)).cardinality == 2


def test_two_forms_agree_at_cardinality_one_bit_for_bit():
    a = block("split_sum", cardinality=1, width_per_group=8)
    x = torch.randn(2, 16, 5, 5)
    outputs = [in_form(a, form).eval()(x) for form in FORMS]
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[1], outputs[2])


@pytest.mark.parametrize(("shape", "repair"), [
    ((2, 6, 6, 16), "its channels stand last, so pass x.permute(0, 3, 1, 2)"),
    ((2, 6, 16, 6), "give it 16 channels, or build the block with other in_channels"),
    ((16, 6, 6), "add the batch: (1, 16, 6, 6)"),
    ((6, 6, 16), "give it 16 channels, or build the block with other in_channels")])
def test_the_repair_of_a_wrong_input_knows_its_order(shape, repair):
    with pytest.raises(ConfigError) as error:
        block()(torch.ones(shape))
    assert str(error.value) == f"this block reads inputs of shape (N, 16, H, W), got {shape}; {repair}"
