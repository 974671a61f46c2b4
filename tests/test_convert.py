"""From every form to every form and back, for blocks and whole networks; and what does not fit."""
import itertools

import pytest
import torch
from helpers import block
from torchvision.models import resnext50_32x4d

from resnext_edu import ResNeXt, ResNeXtConfig, convert_state_dict, in_form
from resnext_edu.blocks import FORMS
from resnext_edu.errors import ConfigError, ConversionError

PAIRS = list(itertools.permutations(FORMS, 2))


def same(a: dict, b: dict) -> bool:
    return list(a) == list(b) and all(a[k].dtype == b[k].dtype and torch.equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize(("channels", "stride", "C", "d"), [
    ((16, 16), 1, 4, 3), ((16, 24), 2, 3, 2), ((8, 8), 1, 1, 5),
])
def test_there_and_back_gives_the_same_bits(source, target, channels, stride, C, d):
    a = block(source, channels, cardinality=C, width_per_group=d, stride=stride)
    a(torch.randn(2, channels[0], 5, 5))  # so that the running statistics and counters are not fresh
    b = in_form(a, target)
    assert list(convert_state_dict(a.state_dict(), source, target, C)) == list(b.state_dict())
    assert same(convert_state_dict(b.state_dict(), target, source, C), a.state_dict())
    assert any(int(v) == 1 for k, v in b.state_dict().items() if k.endswith("num_batches_tracked"))


def test_path_i_is_rows_and_columns_of_the_grouped_weights():
    """The very numbers, written out once by hand."""
    c = block("grouped", cardinality=4, width_per_group=3)
    a = convert_state_dict(c.state_dict(), "grouped", "split_sum", 4)
    for i in range(4):
        own = slice(3 * i, 3 * i + 3)
        assert torch.equal(a[f"paths.{i}.conv1.weight"], c.conv1.weight[own])
        assert torch.equal(a[f"paths.{i}.conv2.weight"], c.conv2.weight[own])
        assert torch.equal(a[f"paths.{i}.conv3.weight"], c.conv3.weight[:, own])
        assert torch.equal(a[f"paths.{i}.bn2.running_var"], c.bn2.running_var[own])


def test_what_comes_back_is_new():
    for target in FORMS:
        given = {f"layer1.0.{key}": value for key, value in block("grouped", (16, 24)).state_dict().items()}
        given["fc.weight"] = torch.ones(10, 24)
        before = {key: value.clone() for key, value in given.items()}
        sd = convert_state_dict(given, "grouped", target, 4)
        for value in sd.values():
            value.fill_(7)
        assert same(given, before)
        assert all(v.untyped_storage().nbytes() == v.numel() * v.element_size() for v in sd.values())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_whole_network_keeps_its_stem_and_head(prefix):
    sd = {prefix + k: v for k, v in resnext50_32x4d(weights=None).state_dict().items()}
    a = convert_state_dict(sd, "grouped", "split_sum", 32)
    assert torch.equal(a[f"{prefix}conv1.weight"], sd[f"{prefix}conv1.weight"])
    assert torch.equal(a[f"{prefix}fc.bias"], sd[f"{prefix}fc.bias"])
    assert a[f"{prefix}layer4.2.paths.31.conv2.weight"].shape == (32, 32, 3, 3)
    assert sum(v.numel() for k, v in a.items() if "running" not in k and "num_" not in k) == 25_028_904
    assert same(convert_state_dict(a, "split_sum", "grouped", 32), sd)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_model_without_numbers_is_converted_by_its_shapes(source, target):
    on_meta = convert_state_dict(block(source).to("meta").state_dict(), source, target, 4)
    assert {k: v.shape for k, v in on_meta.items()} == {k: v.shape for k, v in block(target).state_dict().items()}
    assert all(v.is_meta for v in on_meta.values())


def _without(key):
    return lambda sd: {k: v for k, v in sd.items() if k != key}


def _with(key, value):
    return lambda sd: sd | {key: value(sd.get(key))}


def test_ten_blocks_and_more_and_ten_paths_and_more():
    """layer1.1 and layer1.10, paths.1 and paths.10: one name begins like the other."""
    given = {f"layer1.{i}.{key}": value for i in range(12)
             for key, value in block("grouped", cardinality=12, seed=i).state_dict().items()}
    cut = convert_state_dict(given, "grouped", "split_sum", 12)
    assert torch.equal(cut["layer1.11.paths.10.conv2.weight"], given["layer1.11.conv2.weight"][30:33])
    assert same(convert_state_dict(cut, "split_sum", "grouped", 12), given)


def before_2018(state_dict):
    return {key: value for key, value in state_dict.items() if not key.endswith("num_batches_tracked")}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(("source", "target"), [*PAIRS, ("grouped", "grouped")])
def test_weights_without_counters_get_a_zero_for_each_batchnorm(source, target, device):
    given = block(source, (16, 24)).to(device).state_dict()
    converted = convert_state_dict(before_2018(given), source, target, 4)
    expected = block(target, (16, 24)).to(device).state_dict()
    assert list(converted) == list(expected)
    for key in expected.keys() - before_2018(expected).keys():
        assert (converted[key].dtype, converted[key].shape, converted[key].device.type) == (torch.int64, (), device)
        assert device == "meta" or int(converted[key]) == 0


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_whole_network_from_before_2018_loads_strictly(prefix):
    """The stem's BatchNorm is outside of every block."""
    config = ResNeXtConfig.preset("resnext_mini")
    given = {prefix + key: value for key, value in before_2018(ResNeXt(config).state_dict()).items()}
    converted = convert_state_dict(given, "grouped", "split_sum", config.cardinality)
    network = ResNeXt(config, "split_sum")
    network.load_state_dict({key.removeprefix(prefix): value for key, value in converted.items()}, strict=True)
    assert int(network.bn1.num_batches_tracked) == 0


def test_only_a_batchnorm_gets_a_counter_and_one_that_counts_keeps_its_number():
    given = {f"layer1.0.{key}": value for key, value in block("grouped").state_dict().items()}
    given |= {"running_var": torch.ones(3), "my_running_var": torch.ones(3)}
    given["layer1.0.bn1.num_batches_tracked"] += 7
    converted = convert_state_dict(given, "grouped", "grouped", 4)
    assert converted.keys() - given.keys() == {"num_batches_tracked"}
    assert int(converted["layer1.0.bn1.num_batches_tracked"]) == 7


def test_paths_with_and_without_a_count_do_not_agree():
    given = block("split_sum").state_dict()
    for i in range(3):
        del given[f"paths.{i}.bn1.num_batches_tracked"]
    given["paths.3.bn1.num_batches_tracked"] += 5
    with pytest.raises(ConversionError, match=r"^paths\.\*\.bn1\.num_batches_tracked differs between the paths: \[0, 5\];"):
        convert_state_dict(given, "split_sum", "grouped", 4)


WRONG = [  # source form, cardinality, what is done to the state dict, the message
    ("grouped", 5, dict, "conv1.weight has 12 bottleneck channels, which cardinality 5 does not divide; "
                         "the nearest that do: 4, 6"),
    ("grouped", 8, dict, "conv1.weight has 12 bottleneck channels, which cardinality 8 does not divide; "
                         "the nearest that do: 4, 6"),  # 12 is no nearer than 4
    ("grouped", 4, lambda sd: block("grouped", cardinality=1, width_per_group=5).state_dict(),
     "conv1.weight has 5 bottleneck channels, which cardinality 4 does not divide; the nearest that do: 1, 5"),
    ("grouped", 4, _with("conv2.weight", lambda v: v[:6]), "conv2.weight has shape (6, 3, 3, 3), expected (12, 3, 3, 3)"),
    ("grouped", 2, dict, "conv2.weight has shape (12, 3, 3, 3), expected (12, 6, 3, 3); these are the weights of "
                         "cardinality 4"),
    ("grouped", 4, _with("conv2.weight", lambda v: v[:, :, :1]), "conv2.weight has shape (12, 3, 1, 3), expected (12, 3, 3, 3)"),
    ("split_sum", 3, dict, "paths.3.conv1.weight (3, 16, 1, 1) has no counterpart in another form (13 such entries); a "
                           "split_sum block of cardinality 3 has only: paths.0 … 2 (conv1, bn1, conv2, bn2, conv3), bn3, "
                           "downsample.0, downsample.1"),
    ("split_sum", 5, dict, "paths.4.conv1.weight is missing; expected a tensor of shape (3, 16, 1, 1)"),
    ("grouped", 4, lambda sd: {}, "no block in this state dict of 0 entries: none of them ends in conv2.weight or "
                                  "conv3.weight; pass block.state_dict() or model.state_dict()"),
    ("grouped", 4, lambda sd: {"state_dict": sd, "epoch": 3},
     "the state dict's entry 'state_dict' is a dict, expected a tensor; pass model.state_dict() itself, and not "
     "the whole checkpoint"),
    ("grouped", 4, _with("conv2.weight", lambda v: v.numpy()),
     "the state dict's entry 'conv2.weight' is a ndarray, expected a tensor; pass model.state_dict() itself, and "
     "not the whole checkpoint"),
    ("grouped", 4, lambda sd: None, "expected a state dict, got a NoneType; pass its .state_dict()"),
    ("grouped", 4, _without("bn2.running_var"), "bn2.running_var is missing; expected a tensor of shape (12,)"),
    ("grouped", 4, _without("conv2.weight"), "conv2.weight is missing; expected a tensor of shape (12, 3, 3, 3)"),
    ("grouped", 4, _without("conv3.weight"),
     "conv3.weight is missing, which every 'grouped' block has; is it complete?"),
    ("grouped", 4, lambda sd: _without("downsample.0.weight")(block("grouped", stride=2).state_dict()),
     "downsample.0.weight is missing; expected a tensor of shape (16, 16, 1, 1)"),
    ("grouped", 4, lambda sd: block("split_sum").state_dict(),
     "conv1.weight is missing, which every 'grouped' block has; it looks like 'split_sum': is that the source?"),
    ("grouped", 4, lambda sd: {f"{key}_orig": value for key, value in sd.items()},  # pruned: no name ends in .weight
     "no block in this state dict of 18 entries: none of them ends in conv2.weight or conv3.weight; pass "
     "block.state_dict() or model.state_dict()"),
    ("grouped", 4, _with("conv2.bias", lambda v: torch.zeros(12)),
     "conv2.bias (12,) has no counterpart in another form (1 such entry); a grouped block of cardinality 4 has only: "
     "conv1, bn1, conv2, bn2, conv3, bn3, downsample.0, downsample.1"),
    ("grouped", 4, _with("bn3.weight", lambda v: v[:-1]), "bn3.weight has shape (15,), expected (16,)"),
    ("grouped", 4, _with("conv3.weight", lambda v: v * float("nan")),
     "conv3.weight holds 192 NaN; load weights that are numbers"),
    ("grouped", 4, _with("conv2.weight", lambda v: v.double()),
     "conv2.weight is torch.float64, conv1.weight is torch.float32; convert the model to one dtype first"),
    ("grouped", 4, _with("conv2.weight", lambda v: v.long()),
     "conv2.weight holds torch.int64, expected floating-point numbers"),
    ("grouped", 4, _with("conv2.weight", lambda v: v.to("meta")),
     "conv2.weight is on meta, conv1.weight on cpu; move the model to one device before you convert"),
    ("grouped", 4, _with("conv1.weight", lambda v: v[:, :, 0, 0]), "conv1.weight has shape (12, 16), expected (out, in, 1, 1)"),
    ("grouped", 4, _with("conv1.weight", lambda v: v[..., None]),
     "conv1.weight has shape (12, 16, 1, 1, 1), expected (out, in, 1, 1)"),
    ("grouped", 4, lambda sd: {"fc.weight": torch.ones(2, 2), "fc.bias": torch.ones(2)},
     "no block in this state dict of 2 entries: none of them ends in conv2.weight or conv3.weight; pass "
     "block.state_dict() or model.state_dict()"),
    ("split_sum", 4, _with("paths.2.bn1.num_batches_tracked", lambda v: v + 7),
     "paths.*.bn1.num_batches_tracked differs between the paths: [0, 7]; one BatchNorm has one counter, so give all "
     "paths the same before you convert"),
]


@pytest.mark.parametrize(("source", "C", "change", "message"), WRONG)
def test_what_does_not_fit_is_named(source, C, change, message):
    sd = block(source).state_dict()
    before = {k: v.clone() for k, v in sd.items()}
    with pytest.raises(ConversionError) as error:
        convert_state_dict(change(dict(sd)), source, "concat", C)
    assert str(error.value) == message
    assert same(before, sd)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(ConversionError, match=r"^the state dict has the key 3, expected text; pass model.state_dict\(\) itself$"):
        convert_state_dict(block("grouped").state_dict() | {3: torch.ones(1)}, "grouped", "concat", 4)


def test_one_nan_is_enough_to_refuse():
    sd = block("grouped").state_dict()
    sd["conv3.weight"][3, 5] = float("nan")
    with pytest.raises(ConversionError, match=r"^conv3\.weight holds 1 NaN; load weights that are numbers$"):
        convert_state_dict(sd, "grouped", "concat", 4)


def test_a_width_that_no_cardinality_gives_is_not_taken_for_one():
    sd = block("grouped").state_dict()
    sd["conv2.weight"] = torch.zeros(12, 5, 3, 3)
    with pytest.raises(ConversionError) as error:
        convert_state_dict(sd, "grouped", "concat", 4)
    assert str(error.value) == "conv2.weight has shape (12, 5, 3, 3), expected (12, 3, 3, 3)"


def test_what_is_cut_lies_in_one_piece_whatever_the_memory_format():
    sd = block("grouped").to(memory_format=torch.channels_last).state_dict()
    assert not sd["conv2.weight"].is_contiguous()
    cut = convert_state_dict(sd, "grouped", "split_sum", 4)
    assert all(value.is_contiguous() for key, value in cut.items() if key.startswith("paths."))


@pytest.mark.parametrize("target", FORMS)
def test_the_wrong_source_is_recognised(target):
    for source, other in PAIRS:
        with pytest.raises(ConversionError) as error:
            convert_state_dict(block(other).state_dict(), source, target, 4)
        if source == "grouped" or other == "grouped":
            assert str(error.value).endswith(f"it looks like {other!r}: is that the source?"), (source, other)


def test_the_prefix_is_in_the_message():
    sd = {f"layer1.0.{k}": v for k, v in block("grouped").state_dict().items()}
    del sd["layer1.0.bn1.bias"]
    with pytest.raises(ConversionError, match=r"^layer1\.0\.bn1\.bias is missing"):
        convert_state_dict(sd, "grouped", "split_sum", 4)


@pytest.mark.parametrize(("arguments", "message"), [
    (("group", "concat", 4), "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"),
    (("grouped", "cat", 4), "unknown form 'cat'; did you mean 'concat'? Known: split_sum, concat, grouped"),
    (("grouped", "concat", 0), "cardinality must be a whole number, 1 or more; got 0"),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(ConfigError) as error:
        convert_state_dict(block("grouped").state_dict(), *arguments)
    assert str(error.value) == message


def test_the_true_cardinality_is_read_off_the_3x3():
    """Its width per group is not 3, so that it can't be mistaken for the kernel."""
    with pytest.raises(ConversionError, match=r"conv2\.weight has shape .*; these are the weights of cardinality 4$"):
        convert_state_dict(block(cardinality=4, width_per_group=2).state_dict(), "grouped", "concat", 2)
