"""A trace: rows, totals, stages, and the two ways in which it shows itself."""
from dataclasses import FrozenInstanceError, fields
from html.parser import HTMLParser

import pytest

from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.cost import analytic_cost, block_cost
from resnext_edu.counts.folding import lines
from resnext_edu.counts.rows import TraceRow
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import UnknownNameError
from resnext_edu.words import memory

TRACE = block_cost(BlockSpec(256, 512, cardinality=32, width_per_group=8, stride=2), (2, 256, 56, 56))
NETWORK = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"))
CONV = TraceRow("conv", "conv2d", "stem", (), (1, 3, 8, 8), (1, 4, 8, 8), macs=12)


def words(html: str) -> str:
    """What a browser shows of it."""
    found = []
    parser = HTMLParser()
    parser.handle_data = found.append
    parser.feed(html)
    return " ".join(" ".join(found).split())


@pytest.mark.parametrize("report", [TRACE, TRACE.compare(TRACE)])
def test_a_report_can_not_be_changed(report):
    for field in fields(report):
        with pytest.raises(FrozenInstanceError):
            setattr(report, field.name, ())


def test_a_row_costs_nothing_and_is_the_first_call_unless_it_says_something_else():
    row = TraceRow("relu", "relu", "stem", (), (1, 4), (1, 4))
    assert (row.params, row.macs, row.calls) == (0, 0, 1)
    assert (row.kernel_size, row.stride, row.groups) == (None, None, None)


def test_a_row_is_found_by_its_path():
    assert TRACE["conv2"].output_shape == (2, 256, 28, 28)
    assert TRACE["relu"].calls == 1  # the first of three
    padded = Trace((CONV._replace(op="pad"), CONV._replace(params=108)))
    assert padded["conv"].op == "conv2d"  # of one module's calls, that with the parameters


def test_an_unknown_path_is_answered_with_a_known_one():
    with pytest.raises(UnknownNameError) as error:
        NETWORK["layer2.0.conv4"]
    assert str(error.value).startswith("unknown path 'layer2.0.conv4'; did you mean 'layer2.0.conv")
    assert isinstance(error.value, KeyError)


def test_known_paths_stand_in_the_order_of_the_calls_and_once():
    with pytest.raises(UnknownNameError) as error:
        TRACE["xyz"]
    assert str(error.value) == ("unknown path 'xyz'; Known: conv1, bn1, relu, conv2, bn2, conv3, bn3, downsample.0, "
                                "downsample.1, add")


def test_totals_are_the_sums_of_the_rows():
    assert (len(TRACE), len(list(TRACE))) == (12, 12)
    assert TRACE.total_params == sum(row.params for row in TRACE) == 349_184
    assert TRACE.total_macs == 2 * (65_536 * 56 * 56 + (18_432 + 131_072 + 131_072) * 28 * 28)
    assert TRACE.conv_activations == 2 * (256 * 56 * 56 + (256 + 512 + 512) * 28 * 28)


def test_what_is_not_known_is_left_out_of_the_sum_and_said():
    other = CONV._replace(path="custom", macs=None)
    assert Trace((other,)).table().rows[0][-1] is None
    assert Trace((CONV._replace(params=30),), 0).total_params == 0
    assert Trace((CONV._replace(params=30),), 100).notes == ("70 parameters are in the total, but no row uses them.",)
    trace = Trace((CONV, other), model_params=100)
    assert (trace.total_macs, trace.unknown, trace.total_params) == (12, (other,), 100)
    assert trace.notes == ("not counted, so not in the total of the MACs: custom (conv2d).",
                           "100 parameters are in the total, but no row uses them.")


def test_stages_take_the_trace_apart_without_loss():
    stages = NETWORK.by_stage()
    assert list(stages) == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert [row for stage in stages.values() for row in stage] == list(NETWORK)
    assert stages["layer2"].total_params == 1_197_056
    assert stages["layer1"].conv_activations == (3 * (128 + 128 + 256) + 256) * 56 * 56  # three blocks, one projection
    assert NETWORK.conv_activations == 14_400_512


def test_records_have_every_field():
    assert TRACE.to_records()[0] == {
        "path": "conv1", "op": "conv2d", "stage": "conv1", "inputs": (), "input_shape": (2, 256, 56, 56),
        "output_shape": (2, 256, 56, 56), "kernel_size": (1, 1), "stride": (1, 1), "groups": 1,
        "params": 65_536, "macs": 411_041_792, "calls": 1}


def test_blocks_that_are_alike_are_folded_and_nothing_is_lost():
    sums = [(row[0], row[1], row[6]) for row in NETWORK.table().rows if row[1].startswith("Σ")]
    assert sums == [
        ("stem", "Σ", 9_536), ("layer1", "Σ", 205_824), ("layer1.1 … 2", "Σ × 2", 142_336),
        ("layer2", "Σ", 1_197_056), ("layer2.1 … 3", "Σ × 3", 847_872), ("layer3", "Σ", 7_022_592),
        ("layer3.1 … 5", "Σ × 5", 5_632_000), ("layer4", "Σ", 14_544_896), ("layer4.1 … 2", "Σ × 2", 8_994_816),
        ("head", "Σ", 2_049_000)]
    whole = [row for row in NETWORK.table(fold=False).rows if row[1] != "Σ"]
    assert [row[0] for row in whole] == [row.path for row in NETWORK]
    assert sum(row[6] for row in whole) == NETWORK.total_params


@pytest.mark.parametrize("change", [
    {"op": "conv1d"}, {"input_shape": (1, 256, 28, 27)}, {"output_shape": (1, 256, 28, 27)}, {"kernel_size": (1, 1)},
    {"stride": (1, 2)}, {"groups": 1}, {"params": 9217}, {"macs": 7225343}, {"macs": None}])
def test_a_block_that_differs_in_anything_is_not_folded(change):
    rows = list(NETWORK)
    k = next(k for k, row in enumerate(rows) if row.path == "layer2.2.conv2")
    rows[k] = rows[k]._replace(**change)
    folded = [row[0] for row in Trace(tuple(rows)).table().rows if "×" in row[1]]
    assert folded == ["layer1.1 … 2", "layer3.1 … 5", "layer4.1 … 2"]


def test_a_line_that_is_not_folded_stands_for_one_block_that_nothing_is_around():
    for line in lines(TRACE.rows, fold=False):
        assert (line.depth, line.times, line.is_sum) == (0, 1, len(line.rows) > 1)
    assert {line.times for line in lines(TRACE.rows)} == {1}


def test_calls_that_are_alike_are_folded_whichever_of_two_layers_they_call():
    rows = tuple(CONV._replace(path=f"block.{i}", calls=calls) for i in range(2) for calls in (1, 2))
    assert [row[:2] for row in Trace(rows).table().rows] == [
        ("stem", "Σ"), ("block.0 … 1", "Σ × 4"), ("·\N{NO-BREAK SPACE}block.0", "conv2d")]


def test_what_is_folded_in_a_fold_stands_two_steps_in():
    rows = tuple(CONV._replace(path=f"net.{i}.paths.{k}.conv.{n}", op=f"conv{n}d")
                 for i in range(2) for k in range(3) for n in (1, 2))
    assert [(line.label, line.depth, line.times) for line in lines(rows)[1:]] == [
        ("net.0 … 1", 0, 2), ("net.0.paths.0 … 2", 1, 3), ("net.0.paths.0.conv.1", 2, 1),
        ("net.0.paths.0.conv.2", 2, 1)]


def test_a_stage_of_one_row_has_no_sum():
    assert [row[:2] for row in TRACE.table().rows if row[1].startswith("Σ")] == [("downsample", "Σ")]


def test_a_sum_reads_what_its_first_row_reads_and_puts_out_what_its_last_one_does():
    stem = NETWORK.table().rows[0]
    assert stem == ("stem", "Σ", "1×3×224×224", "1×64×56×56", "", "", 9_536, 118_013_952)


def test_a_sum_of_what_is_not_known_is_not_known_and_one_of_nothing_is_0():
    for macs, total in ((None, None), (0, 0)):
        rows = Trace((CONV._replace(macs=macs), CONV._replace(path="other", macs=macs)))
        assert rows.table(fold=False).rows[0][7] == total
    assert Trace((CONV, CONV._replace(path="other", macs=None))).table(fold=False).rows[0][7] == 12


@pytest.mark.parametrize(("kernel_size", "stride", "shown"), [
    (None, None, "–"), ((3, 3), None, "–"), (None, (1, 1), "–"), ((3, 3), (1, 1), "3×3"), ((3, 1), (2, 2), "3×1 /2"), ((3, 1), (1, 2), "3×1 /1×2"), ((5,), (3,), "5 /3")])
def test_a_kernel_has_its_stride_behind_it_unless_that_is_1(kernel_size, stride, shown):
    assert Trace((CONV._replace(kernel_size=kernel_size, stride=stride),)).table().rows[0][4] == shown


@pytest.mark.parametrize(("values", "shown"), [
    (0, "0 bytes"), (25, "0.1 kB"), (249_999, "1,000.0 kB"), (250_000, "1.0 MB"), (14_400_512, "57.6 MB"), (249_999_999, "1,000.0 MB"),
    (250_000_000, "1.0 GB"), (5_800_000_000, "23.2 GB")])
def test_memory_is_four_bytes_a_number(values, shown):
    assert memory(values) == shown


def test_every_kind_of_convolution_puts_out_activations():
    rows = Trace((CONV, CONV._replace(op="conv_transpose2d"), CONV._replace(op="conv1d"), CONV._replace(op="relu")))
    assert rows.conv_activations == 3 * 4 * 8 * 8


def test_the_notes_say_each_thing_once():
    other = CONV._replace(macs=None, calls=1)
    assert Trace((other, CONV, other._replace(calls=2)), 0).notes == (
        "not counted, so not in the total of the MACs: conv (conv2d).",)
    assert NETWORK.notes == ("Σ × 2 stands for two blocks that are alike, and shows one; .table(fold=False) shows all "
                             f"{len(NETWORK)} rows.",)
    assert TRACE.notes == ()


def test_rows_of_other_names_are_not_folded():
    rows = tuple(CONV._replace(path=f"block.{name}") for name in ("first", "second", "third"))
    assert [row[0] for row in Trace(rows).table().rows] == ["stem", "block.first", "block.second", "block.third"]


def test_a_sum_over_paths_and_additions_adds_up_both():
    rows = tuple(CONV._replace(path=path, params=params) for i in range(8)
                 for path, params in ((f"block.paths.{i}.conv", 100), ("block.add", 1)))
    assert [(row[1], row[6]) for row in Trace(rows).table().rows[:2]] == [("Σ", 808), ("Σ × 8", 808)]


def test_paths_and_their_additions_are_folded_together():
    rows = [CONV._replace(path=path, op=op) for i in range(8) for path, op in (
        (f"block.paths.{i}.conv", "conv2d"), (f"block.paths.{i}.relu", "relu"), ("block.add", "add"))]
    assert [row[:2] for row in Trace(tuple(rows)).table().rows] == [
        ("stem", "Σ"), ("block.paths", "Σ × 8"), ("·\N{NO-BREAK SPACE}block.paths.0.conv", "conv2d"),
        ("·\N{NO-BREAK SPACE}block.paths.0.relu", "relu"), ("·\N{NO-BREAK SPACE}block.add", "add")]


@pytest.mark.parametrize("trace", [TRACE, NETWORK, Trace((CONV._replace(macs=None),), 7)])
def test_text_and_html_say_the_same(trace):
    assert words(trace._repr_html_()).split() == repr(trace).replace("─", " ").split()


def test_all_is_escaped():
    html = Trace((CONV._replace(path="<b>&", op="<i>", macs=None),))._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert words(html).count("<b>&") == 2  # in its row and in the note


def test_the_text_fits_a_hundred_columns():
    assert max(map(len, repr(TRACE).splitlines())) <= 100
