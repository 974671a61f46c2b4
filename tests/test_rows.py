"""A trace: rows, totals, stages, and the two ways in which it shows itself."""
from math import prod

import pytest

from resnext_edu.config import BlockSpec
from resnext_edu.cost import block_cost
from resnext_edu.rows import Trace, TraceRow

TRACE = block_cost(BlockSpec(256, 512, cardinality=32, width_per_group=8, stride=2), (2, 256, 56, 56))


def test_a_row_is_found_by_its_path():
    assert TRACE["conv2"].output_shape == (2, 256, 28, 28)
    assert TRACE["relu"].calls == 1  # the first of three


def test_an_unknown_path_is_answered_with_a_known_one():
    with pytest.raises(KeyError) as error:
        TRACE["conv4"]
    assert error.value.args[0].startswith("unknown path 'conv4'; did you mean 'conv")


def test_totals_are_the_sums_of_the_rows():
    assert (len(TRACE), len(list(TRACE))) == (12, 12)
    assert TRACE.total_params == sum(row.params for row in TRACE) == 349_184
    assert TRACE.total_macs == sum(row.macs for row in TRACE)
    assert TRACE.conv_activations == sum(prod(row.output_shape) for row in TRACE if "conv" in row.op)


def test_what_is_not_known_is_left_out_of_the_sum():
    known = TraceRow("conv", "conv2d", "stem", (), (1, 3, 8, 8), (1, 4, 8, 8), macs=12)
    assert Trace((known, known._replace(path="custom", macs=None))).total_macs == 12


def test_stages_take_the_trace_apart_without_loss():
    stages = TRACE.by_stage()
    assert list(stages)[-2:] == ["downsample", "add"]
    assert sorted(row for stage in stages.values() for row in stage) == sorted(TRACE)
    assert stages["downsample"].total_params == 256 * 512 + 2 * 512


def test_records_have_every_field():
    assert TRACE.to_records()[0] == {
        "path": "conv1", "op": "conv2d", "stage": "conv1", "inputs": (), "input_shape": (2, 256, 56, 56),
        "output_shape": (2, 256, 56, 56), "kernel_size": (1, 1), "stride": (1, 1), "groups": 1,
        "params": 65_536, "macs": 411_041_792, "calls": 1}


def test_text_and_html_say_the_same():
    text, html = repr(TRACE), TRACE._repr_html_()
    for word in ("downsample.0", "2×256×56×56", "3×3 /2", "349,184", f"{TRACE.total_macs:,}"):
        assert word in text
        assert word in html


def test_the_text_fits_a_hundred_columns():
    assert max(map(len, repr(TRACE).splitlines())) <= 100
