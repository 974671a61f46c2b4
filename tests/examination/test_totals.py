"""Totals of public code, tables and sentences: the mistakes behind them are found, to the last unit."""
from math import prod

import pytest
import torch

from resnext_edu.config import ResNeXtConfig
from resnext_edu.errors import ConfigError
from resnext_edu.examination import examine_totals
from resnext_edu.examination.departures import DEPARTURES
from resnext_edu.examination.plan import plan_of
from resnext_edu.examination.plan_prices import total
from resnext_edu.examination.totals import ALL_TOO, FLOPS, NORMS_TOO, STATISTICS
from resnext_edu.network import ResNeXt
from resnext_edu.tracing import trace

CIFAR_16 = ResNeXtConfig.preset("resnext29").replace(cardinality=16)
CIFAR_4D = ResNeXtConfig.preset("resnext29").replace(cardinality=32, width_per_group=4)
HUNDRED = ResNeXtConfig.preset("resnext50_32x4d").replace(num_classes=100)


def names(readings):
    return [({departure.name for departure in each.departures}, each.counted) for each in readings]


@pytest.mark.parametrize(("params", "as_", "departures", "counted"), [
    (25_028_904, None, set(), ""),
    (8_559_912, None, {"width_stuck"}, ""),
    (320_956_352, CIFAR_16, {"output_2Cd", "fc_without_bias"}, STATISTICS),  # Keras-ResNeXt, 16×64d
    (89_700_288, "resnext29", {"output_2Cd", "fc_without_bias"}, STATISTICS),  # the same, 8×64d
    (153_220_008, None, {"dense_merge"}, STATISTICS),  # keras-applications, the third kind of block
    (31_010_344, None, {"block_too_many", "projection_biased"}, ""),  # keras-idiomatic-programmer
    (39_645_800, None, {"projection_everywhere", "biases"}, ""),  # Basic_CNNs_TensorFlow2
    (4_774_218, CIFAR_4D, {"stem_1x1"}, ""),  # pytorch-cifar
    (23.658e6, None, {"groups_squared"}, ""),  # what PaddleClas' table comes from
])
def test_public_totals_have_one_explanation(params, as_, departures, counted):
    assert names(examine_totals(params, as_=as_)) == [(departures, counted)]


def test_if_several_networks_fit_all_are_listed_and_it_is_said():
    found = examine_totals(14.789e6, as_=HUNDRED)  # pytorch-cifar100
    assert names(found) == [({"first_1x1_grouped", each}, "") for each in
                            ("projection_without_bn", "pre_activation", "stem_3x3")]
    assert found.notes[0].startswith("Several networks have these totals. Numbers alone can't tell which one it is")
    macs = found[2].macs
    assert names(examine_totals(14.789e6, macs, as_=HUNDRED)) == [({"first_1x1_grouped", "stem_3x3"}, "")]


def test_flops_may_be_twice_the_macs():
    assert names(examine_totals(25_028_904, 2 * 4_230_479_872)) == [(set(), FLOPS)]
    assert names(examine_totals(macs=8.461e9, as_="resnext50_32x4d"))[0] == (set(), FLOPS)


def test_a_mistake_that_changes_only_the_work_is_found_by_the_work():
    assert names(examine_totals(25_028_904, 3_768_057_856)) == [({"stride_on_1x1"}, "")]
    assert names(examine_totals(25_028_904)) == [(set(), "")]  # and is not listed if nobody asked for it


def test_a_round_number_fits_all_that_is_rounded_to_it():
    assert (set(), "") in names(examine_totals(25.0e6, as_="resnext50_32x4d"))
    assert names(examine_totals(25_028_905, as_="resnext50_32x4d")) == []  # one more than the truth: nothing fits
    assert names(examine_totals(25_028_910, as_="resnext50_32x4d")) == []  # ten is no rounding


def test_in_a_text_every_digit_counts():
    assert names(examine_totals("25.0 M", as_="resnext50_32x4d")) == names(examine_totals("25.0e6", as_="resnext50_32x4d"))
    assert names(examine_totals("25.0 M")) == [(set(), "")]
    assert len(examine_totals(25.0e6)) > 20  # a number has lost its 0
    assert names(examine_totals("25,028,904", "4.230 G")) == [(set(), "")]
    assert names(examine_totals(macs="8.46 G", params="25.0M")) == [(set(), FLOPS)]


@pytest.mark.parametrize(("name", "departures", "classes", "channels"), [
    ("resnext50_32x4d", (), 10, 3),
    ("resnext101_64x4d", ("groups_missing",), 100, 1),
    ("resnet101", ("stride_forgotten", "stem_1x1"), 21_841, 3),
    ("resnext29", ("projection_everywhere", "bn_missing"), 100, 1),
])
def test_other_classes_and_images_are_no_mistake(name, departures, classes, channels):
    config = ResNeXtConfig.preset(name).replace(num_classes=classes, in_channels=channels)
    plan = plan_of(config)
    for departure in departures:
        plan = DEPARTURES[departure].change(plan, config)
    have = total(plan, (32, 32) if name == "resnext29" else (224, 224))
    readings = examine_totals(have.params, have.macs)
    (found,) = [each for each in readings if (each.name, {one.name for one in each.departures}) == (name, {*departures})]
    assert (found.config, found.params, found.macs) == (config, have.params, have.macs)
    assert found.resized.split(" and ")[0] in readings.text()


@pytest.mark.parametrize(("params", "macs", "name", "counted"), [  # as public tables print them
    ("25.03 M", "4.26 GMACs", "resnext50_32x4d", NORMS_TOO),
    ("88.79M params", "16.48G", "resnext101_32x8d", NORMS_TOO),
    ("83.5 million", "15.5 GFLOPs", "resnext101_64x4d", ""),
    ("44.18M", "8.03 GFLOPs", "resnext101_32x4d", ALL_TOO),
    ("25.56M", "4.12G", "resnet50", ALL_TOO),
    ("25 028 904", "8.46 GFLOPs", "resnext50_32x4d", FLOPS),
    ("25'028'904 parameters", "4.23 B", "resnext50_32x4d", ""),
])
def test_what_tables_print_is_read_with_its_unit_and_its_habits(params, macs, name, counted):
    first = examine_totals(params, macs)[0]
    assert (first.name, first.departures, first.counted, first.resized) == (name, (), counted, "")


def test_what_other_tools_count_comes_from_the_rows():
    """The closed form's numbers that go through BatchNorms, ReLUs and poolings are those of a real network."""
    config = ResNeXtConfig.preset("resnext50_32x4d")
    with torch.device("meta"):
        rows = trace(ResNeXt(config), (1, 3, 224, 224)).rows
    into = [(row.op, prod(row.input_shape)) for row in rows]
    have = total(plan_of(config))
    assert have.normed == sum(numbers for op, numbers in into if op == "batch_norm")
    assert have.others == sum(numbers for op, numbers in into if op == "relu" or "pool" in op)
    fvcore = 4_230_479_872 + 2 * have.normed + 2048 * 7 * 7
    assert [(each.name, each.counted) for each in examine_totals(macs=fvcore)] == [("resnext50_32x4d", NORMS_TOO)]


@pytest.mark.parametrize(("classes", "channels", "words"), [(5, 3, "5 classes"), (200, 3, "200 classes"), (1, 1, "1 class and 1 image channel")])
def test_any_number_of_classes_is_found_if_nothing_else_is_wrong(classes, channels, words):
    config = ResNeXtConfig.preset("resnext101_32x8d").replace(num_classes=classes, in_channels=channels)
    (found,) = examine_totals(total(plan_of(config)).params)
    assert (found.config, found.departures, found.resized) == (config, (), words)


def test_classes_of_a_config_stay_as_they_are():
    config = ResNeXtConfig.preset("resnext50_32x4d")
    assert names(examine_totals(23_000_394, as_=config)) == []
    assert examine_totals(23_000_394, as_="resnext50_32x4d")[0].resized == "10 classes"


def test_less_than_one_parameter_is_nobody_s():
    assert len(examine_totals(.3)) == 0  # a 0 has no last digit: this went round for ever


def test_what_nobody_can_explain_is_said():
    found = examine_totals(12_345_677)
    assert len(found) == 0
    assert found.notes == ("No network with one or two known mistakes has these totals.",)
    assert "0 explanations of 12,345,677 parameters" in found.text()


def test_the_table_names_what_is_different():
    text = examine_totals(8_559_912, as_="resnext50_32x4d").text()
    assert "1 explanation of 8,559,912 parameters" in text
    assert "the width of a path stays as it is in the first stage" in text
    assert examine_totals(8_559_912).to_records()[0]["departures"] == ["width_stuck"]


@pytest.mark.parametrize(("arguments", "words"), [
    ({}, "give params, macs or both: examine_totals(params=25028904)"),
    ({"params": "a few"}, "params must be a positive number, such as 25028904, 25.0e6 or \"25.0 M\"; got 'a few'"),
    ({"params": "1e999"}, "params must be a positive number, such as 25028904, 25.0e6 or \"25.0 M\"; got '1e999'"),
    ({"macs": -1}, "macs must be a positive number, such as 25028904, 25.0e6 or \"25.0 M\"; got -1"),
    ({"params": 1, "as_": "resnext5"}, "unknown preset 'resnext5'"),
    ({"params": 1, "as_": 5}, "as_ must be the name of a preset or a ResNeXtConfig; got 5"),
    ({"params": 1, "size": 5}, "size must be a height and a width, such as (224, 224); got 5"),
])
def test_what_can_t_be_asked_is_answered_with_the_repair(arguments, words):
    with pytest.raises(ConfigError) as error:
        examine_totals(**arguments)
    assert str(error.value).startswith(words)
