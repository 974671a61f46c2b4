"""Each sabotage is caught where it does harm, passes where it does none, and is seen by what it says."""
from functools import cache

import pytest
import torch
from helpers import block, same_state, state
from torch import nn

from resnext_edu import in_form, prove_equivalent
from resnext_edu.blocks import FORMS
from resnext_edu.config import FORM_NAMES
from resnext_edu.errors import ConfigError
from resnext_edu.sabotage import SABOTAGES, break_block

EVERY = pytest.mark.parametrize("sabotage", SABOTAGES.values(), ids=SABOTAGES)
SHAPES = {  # channels, C, d, input size; the stride is 2 where a sabotage needs it
    "small": ((16, 16), 4, 3, (2, 16, 8, 8)),
    "projected": ((12, 20), 3, 4, (3, 12, 7, 7)),
    "many thin paths": ((24, 24), 8, 2, (2, 24, 8, 8)),
}


def intact_and_right(sabotage, channels, C, d, stride=None, fresh=False):
    """The same function twice: in another form, and in the form that the sabotage breaks."""
    stride = stride or (2 if sabotage.name == "stride_on_1x1" else 1)
    right = block(sabotage.form, channels, cardinality=C, width_per_group=d, stride=stride, fresh=fresh)
    return in_form(right, next(form for form in FORMS if form != sabotage.form)), right


@cache
def passes_unbroken(form, shape, stride) -> bool:
    """Asked once for the sabotages that break the same block."""
    sabotage = next(s for s in SABOTAGES.values() if s.form == form)
    channels, C, d, size = SHAPES[shape]
    return prove_equivalent(*intact_and_right(sabotage, channels, C, d, stride), input_size=size).passed


def failed(report) -> tuple:
    return tuple(f.name for f in report.findings if f.status == "FAIL")


def test_there_are_ten():
    assert len(SABOTAGES) == 10
    assert {s.form for s in SABOTAGES.values()} == set(FORMS)


@EVERY
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_caught_where_it_does_harm_by_the_findings_that_it_names(sabotage, shape):
    channels, C, d, size = SHAPES[shape]
    intact, right = intact_and_right(sabotage, channels, C, d)
    before = state(right)
    assert sabotage.bites(right)
    assert passes_unbroken(sabotage.form, shape, right.stride)
    report = prove_equivalent(intact, break_block(right, sabotage.name), input_size=size)
    assert not report.passed
    assert failed(report) == sabotage.seen_by, str(report)
    assert same_state(before, state(right))


def harmless(name: str) -> tuple[nn.Module, nn.Module]:
    """An intact block and its twin, in a shape or with weights with which the sabotage changes nothing."""
    C, d = {"w2_transposed": (4, 1), "groups_interleaved": (4, 1), "c_and_d_swapped": (4, 4), "path_dropped": (4, 3),
            "relu_before_sum": (4, 3), "stride_on_1x1": (4, 3)}.get(name, (1, 6))
    _, right = intact_and_right(SABOTAGES[name], (16, 16), C, d, stride=1)
    with torch.no_grad():
        if name == "relu_before_sum":  # well above 0, so that ten steps of training leave them positive
            for path in right.paths:
                path.conv3.weight.copy_(path.conv3.weight.abs() + 0.1)
        if name == "path_dropped":
            for dead in (*right.paths[-1].bn2.parameters(), right.paths[-1].conv3.weight):
                dead.zero_()
    intact = in_form(right, "grouped" if SABOTAGES[name].form != "grouped" else "concat")
    if name == "momentum_reversed":  # after the conversion, which knows torch's own momentum only
        for module in (*intact.modules(), *right.modules()):
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.5
    return intact, right


@EVERY
def test_it_passes_where_it_does_no_harm(sabotage):
    intact, right = harmless(sabotage.name)
    assert not sabotage.bites(right)
    report = prove_equivalent(intact, break_block(right, sabotage.name), input_size=(2, 16, 8, 8))
    assert report.passed, str(report)


def test_a_path_of_zeros_may_be_dropped_only_if_it_stays_zero():
    """With a last 1×1 of zeros alone, the output is the same, but the path would wake up in training."""
    _, right = intact_and_right(SABOTAGES["path_dropped"], (16, 16), 4, 3)
    nn.init.zeros_(right.paths[-1].conv3.weight)
    assert SABOTAGES["path_dropped"].bites(right)
    report = prove_equivalent(in_form(right, "grouped"), break_block(right, "path_dropped"), input_size=(2, 16, 8, 8))
    assert failed(report) == ("parameter gradients", "training")


@pytest.mark.parametrize(("name", "cure", "ill"), [
    ("relu_before_sum", lambda b: [p.conv3.weight.abs_() for p in b.paths],
     lambda b: b.paths[1].conv3.weight[2, 1].neg_()),
    ("w2_transposed", lambda b: [p.conv2.weight.fill_(1) for p in b.paths],
     lambda b: b.paths[1].conv2.weight[0, 1].fill_(2)),
    ("bias_per_path", lambda b: b.bn3.running_mean.zero_(), lambda b: b.bn3.running_mean[3].fill_(1)),
    ("path_dropped", lambda b: [p.zero_() for p in (*b.paths[-1].bn2.parameters(), b.paths[-1].conv3.weight)],
     lambda b: b.paths[-1].bn2.bias[1].fill_(1)),
    ("path_dropped", lambda b: [p.zero_() for p in (*b.paths[-1].bn2.parameters(), b.paths[-1].conv3.weight)],
     lambda b: b.paths[-1].conv3.weight[0, 1].fill_(1)),
])
def test_one_number_is_enough_for_it_to_bite(name, cure, ill):
    right = block("split_sum")
    with torch.no_grad():
        assert SABOTAGES[name].bites(right)
        cure(right)
        assert not SABOTAGES[name].bites(right)
        ill(right)
        assert SABOTAGES[name].bites(right)


@pytest.mark.parametrize(("name", "C", "d", "bites"), [
    ("bn_per_path", 1, 3, False), ("bias_per_path", 1, 3, False), ("paths_shuffled", 1, 3, False), ("bn_per_path", 2, 1, True),
    ("groups_interleaved", 1, 3, False), ("groups_interleaved", 3, 1, False), ("groups_interleaved", 2, 2, True),
    ("c_and_d_swapped", 3, 3, False), ("c_and_d_swapped", 3, 2, True),
])
def test_it_bites_from_these_sizes_on(name, C, d, bites):
    assert SABOTAGES[name].bites(block(SABOTAGES[name].form, cardinality=C, width_per_group=d)) is bites


def test_the_3x3_of_c_and_d_swapped_has_the_rights_dtype_stride_and_numbers():
    right = block("grouped", cardinality=4, width_per_group=3, stride=2).double()
    rng = torch.random.get_rng_state()
    broken = break_block(right, "c_and_d_swapped")
    assert torch.equal(rng, torch.random.get_rng_state())
    assert (broken.cardinality, broken.width_per_group, broken.conv2.groups) == (3, 4, 3)
    assert (broken.conv2.stride, broken.conv2.weight.dtype) == ((2, 2), torch.float64)
    assert torch.equal(broken.conv2.weight.flatten()[:324], right.conv2.weight.flatten())
    assert torch.equal(broken.conv2.weight.flatten()[324:], right.conv2.weight.flatten()[:108])


def test_a_folded_mean_of_zero_shows_nothing():
    intact, right = intact_and_right(SABOTAGES["bias_per_path"], (16, 16), 4, 3, fresh=True)
    assert not SABOTAGES["bias_per_path"].bites(right)
    assert prove_equivalent(intact, break_block(right, "bias_per_path"), input_size=(2, 16, 8, 8)).passed


def test_with_fresh_batchnorms_only_train_mode_sees_one_batchnorm_per_path():
    intact, right = intact_and_right(SABOTAGES["bn_per_path"], (16, 16), 4, 3, fresh=True)
    report = prove_equivalent(intact, break_block(right, "bn_per_path"), input_size=(2, 16, 8, 8))
    assert report["output (eval)"].status == "PASS"
    assert failed(report) == ("output (train)", "input gradient")


def test_only_the_signed_draws_see_the_relu():
    intact, right = intact_and_right(SABOTAGES["relu_before_sum"], (16, 16), 4, 3)
    report = prove_equivalent(intact, break_block(right, "relu_before_sum"), input_size=(2, 16, 8, 8))
    assert "in draw 5 (all draws of positive numbers agree, so a ReLU is missing or stands elsewhere)" in report["exact"].detail


@pytest.mark.parametrize(("momentum", "reversed_", "bites"), [(0.1, 0.9, True), (0.9, 0.1, True), (0.5, 0.5, False),
                                                             (None, None, False)])
def test_a_momentum_is_counted_from_the_other_end_in_one_batchnorm(momentum, reversed_, bites):
    right = block("grouped")
    right.bn2.momentum = momentum
    assert SABOTAGES["momentum_reversed"].bites(right) is bites
    broken = break_block(right, "momentum_reversed")
    assert broken.bn2.momentum == pytest.approx(reversed_)
    assert (broken.bn1.momentum, broken.bn3.momentum) == (0.1, 0.1)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_reversed_momentum_shows_in_what_is_stored_and_so_in_eval_mode_after_a_batch(fresh):
    intact, right = intact_and_right(SABOTAGES["momentum_reversed"], (16, 16), 4, 3, fresh=fresh)
    broken = break_block(right, "momentum_reversed")
    assert failed(prove_equivalent(intact, broken, input_size=(2, 16, 8, 8))) == ("buffers",)
    x = torch.randn(2, 16, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(right.train()(x), broken.train()(x))
    assert not torch.allclose(right.eval()(x), broken.eval()(x), rtol=0.1)


def test_batchnorm_per_path_in_the_standard_block_has_the_papers_extra_parameters():
    broken = break_block(block("split_sum", (256, 256), cardinality=32, width_per_group=4), "bn_per_path")
    assert sum(p.numel() for p in broken.parameters()) == 87_040


def test_interleaved_groups_read_every_cth_channel():
    right = block("grouped", cardinality=4, width_per_group=3)
    broken, seen = break_block(right, "groups_interleaved"), []
    broken.conv2.register_forward_pre_hook(lambda conv, args: seen.append(args[0]))
    x = torch.randn(1, 16, 2, 2)
    broken.eval()(x)
    bottleneck = broken.bn1(broken.conv1(x)).relu()
    torch.testing.assert_close(seen[0][:, 3:6], bottleneck[:, [1, 5, 9]])


@EVERY
def test_the_words_are_there_and_the_random_state_stays(sabotage):
    right = block(sabotage.form)
    rng = torch.random.get_rng_state()
    break_block(right, sabotage.name)
    assert torch.equal(rng, torch.random.get_rng_state())
    assert all(len(text) > 10 for text in (sabotage.title, sabotage.explanation))
    assert sabotage.harm
    assert sabotage.no_harm


def test_bad_names_and_blocks():
    with pytest.raises(ConfigError, match="unknown sabotage 'bn_per_paths'; did you mean 'bn_per_path'"):
        break_block(block("split_sum"), "bn_per_paths")
    with pytest.raises(ConfigError) as error:
        break_block(block("grouped"), "bn_per_path")
    assert str(error.value) == ("sabotage 'bn_per_path' breaks a SplitSumBottleneck (form 'split_sum'), got a "
                                "GroupedBottleneck; convert the block first, with in_form(block, 'split_sum')")
    with pytest.raises(ConfigError, match="needs a cardinality of 2 or more, got 1: no path would be left"):
        break_block(block("split_sum", cardinality=1), "path_dropped")


def test_the_ten_stand_in_the_order_of_the_forms_whatever_is_imported_first():
    """Lesson 6 shows them in this order."""
    assert list(SABOTAGES) == [
        "bn_per_path", "relu_before_sum", "bias_per_path", "path_dropped", "w2_transposed", "paths_shuffled",
        "groups_interleaved", "stride_on_1x1", "c_and_d_swapped", "momentum_reversed"]
    assert [FORM_NAMES.index(each.form) for each in SABOTAGES.values()] == [0] * 5 + [1] + [2] * 4
    assert all(name == each.name for name, each in SABOTAGES.items())
