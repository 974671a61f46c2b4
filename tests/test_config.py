"""A block's five numbers and a network's eight: what they imply, and what can't be."""
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch

import resnext_edu
from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.errors import (
    ConfigError,
    ConversionError,
    DataError,
    EquivalenceError,
    NotEquivalentError,
    ResNeXtEduError,
    TraceError,
    UnknownNameError,
    WeightsError,
)

STANDARD = {"in_channels": 256, "out_channels": 256, "cardinality": 32, "width_per_group": 4}


def test_the_bottleneck_is_all_paths_together():
    assert BlockSpec(**STANDARD).bottleneck_width == 128


@pytest.mark.parametrize(("changes", "projection"), [
    ({}, False),
    ({"in_channels": 64}, True),
    ({"stride": 2}, True),
    ({"in_channels": 128, "out_channels": 512, "stride": 2}, True),
])
def test_a_projection_stands_where_the_shape_changes(changes, projection):
    assert BlockSpec(**STANDARD | changes).has_projection is projection


@pytest.mark.parametrize("field", [*STANDARD, "stride"])
@pytest.mark.parametrize("value", [0, -4, 4.0, "4", True, None])
def test_only_whole_numbers_from_one_on(field, value):
    with pytest.raises(ConfigError) as error:
        BlockSpec(**STANDARD | {field: value})
    assert str(error.value) == f"{field} must be a whole number, 1 or more; got {value!r}"


def test_a_stride_of_three_is_refused_with_the_two_that_there_are():
    with pytest.raises(ConfigError) as error:
        BlockSpec(**STANDARD, stride=3)
    assert str(error.value) == "stride must be 1 (the map keeps its size) or 2 (it is halved); got 3"


def test_numbers_of_numpy_become_plain_ones():
    spec = BlockSpec(np.int64(64), 256, np.int32(32), 4)
    assert type(spec.in_channels) is type(spec.cardinality) is int


def test_a_spec_does_not_change():
    with pytest.raises(FrozenInstanceError):
        BlockSpec(**STANDARD).cardinality = 64


# ---- a whole network ----

def test_a_cardinality_of_one_and_width_64_is_resnet_50():
    assert ResNeXtConfig(cardinality=1, width_per_group=64) == ResNeXtConfig.preset("resnet50")


def test_the_stages_of_resnext_50_are_table_1_of_the_paper():
    config = ResNeXtConfig()
    assert [(name, len(specs)) for name, specs in config.stages().items()] == [
        ("layer1", 3), ("layer2", 4), ("layer3", 6), ("layer4", 3)]
    firsts = [specs[0] for specs in config.stages().values()]
    assert [spec.bottleneck_width for spec in firsts] == [128, 256, 512, 1024]
    assert [spec.out_channels for spec in firsts] == [256, 512, 1024, 2048]
    assert [spec.width_per_group for spec in firsts] == [4, 8, 16, 32]
    assert [spec.stride for spec in firsts] == [1, 2, 2, 2]
    assert all(spec.cardinality == 32 for spec in config.block_specs())
    assert [spec.has_projection for spec in config.block_specs()].count(True) == 4


@pytest.mark.parametrize(("name", "depth"), [
    ("resnet50", 50), ("resnet101", 101), ("resnext50_32x4d", 50), ("resnext101_64x4d", 101), ("resnext29", 29)])
def test_the_number_in_the_name_is_the_depth(name, depth):
    assert ResNeXtConfig.preset(name).depth == depth


def test_a_deep_stem_has_two_convolutions_more():
    assert ResNeXtConfig(stem_type="deep").depth == 52


def test_without_a_word_it_is_resnext_50_for_imagenet():
    assert ResNeXtConfig() == ResNeXtConfig.preset("resnext50_32x4d")
    assert (ResNeXtConfig().num_classes, ResNeXtConfig().in_channels, ResNeXtConfig().stem_width) == (1000, 3, 64)


@pytest.mark.parametrize(("stem", "layers", "channels"), [
    ("imagenet", (3, 4, 6, 3), 48), ("deep", (3, 4, 6, 3), 96), ("cifar", (3, 3, 3), 48)])
def test_a_stem_brings_its_stages_and_its_channels(stem, layers, channels):
    config = ResNeXtConfig(stem_type=stem, stem_width=48)
    assert config.layers == layers
    assert config.block_specs()[0].in_channels == config.stem_channels == channels


def test_every_preset_has_a_function_of_its_name():
    for name in ResNeXtConfig.presets():
        with torch.device("meta"):
            model = getattr(resnext_edu, name)(num_classes=2)
        assert model.config == ResNeXtConfig.preset(name).replace(num_classes=2)


def test_a_list_of_layers_becomes_a_tuple():
    assert ResNeXtConfig(layers=[1, 2]).layers == (1, 2)
    assert hash(ResNeXtConfig(layers=[1, 2])) == hash(ResNeXtConfig(layers=(1, 2)))


@pytest.mark.parametrize(("wrong", "message"), [
    ({"layers": (3, 0)}, "layers[1] must be a whole number, 1 or more; got 0"),
    ({"layers": ()}, "layers must be the number of blocks in each stage, such as (3, 4, 6, 3); got ()"),
    ({"layers": {3: 1}}, "layers must be the number of blocks in each stage, such as (3, 4, 6, 3); got {3: 1}"),
    ({"layers": "3463"}, "layers must be the number of blocks in each stage, such as (3, 4, 6, 3); got '3463'"),
    ({"layers": {3, 4, 6}}, "layers must be the number of blocks in each stage, such as (3, 4, 6, 3); got {3, 4, 6}"),
    ({"stem_type": ["deep"]}, "unknown stem_type ['deep']; did you mean 'deep'? Known: imagenet, deep, cifar"),
    ({"layers": 50}, "layers must be the number of blocks in each stage, such as (3, 4, 6, 3); got 50"),
    ({"layers": (3, 4, 6, 3), "stem_type": "cifar"},
     "layers (3, 4, 6, 3) has 4 stages, but after the 'cifar' stem there are at most 3; "
     "leave out the last, or take the stem 'imagenet' or 'deep'"),
    ({"layers": (1, 1, 1, 1, 1)},
     "layers (1, 1, 1, 1, 1) has 5 stages, but after the 'imagenet' stem there are at most 4; leave out the last ones"),
    ({"stem_type": "imagnet"}, "unknown stem_type 'imagnet'; did you mean 'imagenet'? Known: imagenet, deep, cifar"),
    ({"cardinality": 0}, "cardinality must be a whole number, 1 or more; got 0"),
    ({"width_per_group": 4.5}, "width_per_group must be a whole number, 1 or more; got 4.5"),
    ({"num_classes": -1}, "num_classes must be a whole number, 1 or more; got -1"),
    ({"stem_width": True}, "stem_width must be a whole number, 1 or more; got True"),
    ({"expansion": None}, "expansion must be a whole number, 1 or more; got None"),
])
def test_a_wrong_value_is_told_with_the_repair(wrong, message):
    with pytest.raises(ConfigError) as error:
        ResNeXtConfig(**wrong)
    assert str(error.value) == message


@pytest.mark.parametrize("name", ["zzz", 5, None])
def test_a_name_that_is_like_none_has_no_offer(name):
    with pytest.raises(ConfigError) as error:
        ResNeXtConfig(stem_type=name)
    assert str(error.value) == f"unknown stem_type {name!r}; Known: imagenet, deep, cifar"


@pytest.mark.parametrize(("ours", "pythons"), [
    (ConfigError, ValueError), (ConversionError, ValueError), (EquivalenceError, ValueError),
    (NotEquivalentError, AssertionError), (TraceError, RuntimeError), (UnknownNameError, KeyError), (WeightsError, OSError),
    (DataError, OSError),
])
def test_who_catches_pythons_kind_of_error_catches_ours(ours, pythons):
    assert issubclass(ours, pythons)
    assert issubclass(ours, ResNeXtEduError)


def test_an_unknown_preset_or_value_offers_the_nearest_name():
    with pytest.raises(ConfigError, match=r"unknown preset 'resnext50'; did you mean '\w+'\? Known: resnet50, "):
        ResNeXtConfig.preset("resnext50")
    with pytest.raises(ConfigError, match=r"unknown value of a config 'width'; did you mean '(stem_width|width_per_group)'"):
        ResNeXtConfig().replace(width=4)
