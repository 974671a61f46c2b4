"""Equal forms pass, and nothing is changed, whatever happens."""
import copy
import itertools

import pytest
import torch
from helpers import block, pair, same_state, state
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from resnext_edu import in_form, prove_equivalent, randomise_batchnorm
from resnext_edu.blocks import FORMS
from resnext_edu.errors import EquivalenceError

SIZE = (2, 16, 6, 6)
NAMES = ["exact", "output (eval)", "output (train)", "input gradient", "parameter gradients", "buffers", "training"]


def statuses(report) -> dict:
    return {f.name: f.status for f in report.findings}


@pytest.mark.parametrize(("left", "right"), list(itertools.permutations(FORMS, 2)))
@pytest.mark.parametrize("stride", [1, 2])
def test_every_pair_of_forms_is_one_function(left, right, stride):
    report = prove_equivalent(*pair(left, right, (16, 24), stride=stride), input_size=SIZE)
    assert statuses(report) == dict.fromkeys(NAMES, "PASS")
    assert report.passed
    assert report["exact"].measured == 0


def test_the_standard_block_draws_from_295_values():
    a, c = pair("split_sum", "grouped", (256, 256), cardinality=32, width_per_group=4)
    report = prove_equivalent(a, c)
    assert report.passed
    detail = report["exact"].detail
    assert detail.startswith("with every BatchNorm set to the identity, 0 of ")
    assert detail.endswith(
        "in 4 draws of positive and 4 of signed whole numbers out of 295; on positive ones no ReLU cuts anything off, so "
        "that both are polynomials, of degree 4: two different ones would agree in all 4 draws at most once in 29,583,400 "
        "proofs")
    assert 0 < report.float32 < 1e-5
    assert all(f.measured <= 1e-12 for f in report.findings)


@settings(max_examples=12)
@given(
    forms=st.permutations(list(FORMS)), C=st.integers(1, 6), d=st.integers(1, 5), stride=st.sampled_from([1, 2]),
    channels=st.tuples(st.integers(1, 12), st.integers(1, 12)), n=st.integers(1, 4), size=st.integers(1, 9),
    seed=st.integers(0, 99), fresh=st.booleans(), same=st.booleans(),
)
def test_equal_forms_never_fail(forms, C, d, stride, channels, n, size, seed, fresh, same):
    channels = (channels[0], channels[0] if same else channels[1])
    a, b = pair(*forms[:2], channels, cardinality=C, width_per_group=d, stride=stride, seed=seed, fresh=fresh)
    report = prove_equivalent(a, b, input_size=(n, channels[0], size, size), seed=seed)
    assert not {"FAIL", "ERROR"} & set(statuses(report).values()), str(report)
    assert report["exact"].status == "PASS", str(report)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_modules_and_the_random_state_stay_as_they_were(dtype):
    a, c = (m.to(dtype) for m in pair())
    a.eval()
    c.eval()(torch.randn(SIZE, dtype=dtype)).sum().backward()
    c.train().bn2.eval()
    c.conv1.weight.requires_grad_(False)
    a.bn3.register_forward_hook(lambda *args: None)
    before, rng = (state(a), state(c)), torch.random.get_rng_state()
    with torch.no_grad():
        assert prove_equivalent(a, c, input_size=SIZE).passed
        assert not torch.is_grad_enabled()
    assert same_state(before[0], state(a))
    assert same_state(before[1], state(c))
    assert torch.equal(rng, torch.random.get_rng_state())


class Stop(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 5, 12, 15])
def test_progress_can_stop_the_proof_and_nothing_is_changed(after):
    a, c = pair()
    before, rng, heard = (state(a), state(c)), torch.random.get_rng_state(), []

    def progress(done, total, finding):
        heard.append((done, total, finding))
        if done >= after:
            raise Stop

    with pytest.raises(Stop):
        prove_equivalent(a, c, input_size=SIZE, progress=progress)
    assert heard[-1][0] == after
    assert same_state(before[0], state(a))
    assert same_state(before[1], state(c))
    assert torch.equal(rng, torch.random.get_rng_state())


def test_progress_counts_to_the_end():
    heard = []
    prove_equivalent(*pair(), input_size=SIZE, progress=lambda *args: heard.append(args))
    assert [done for done, _, _ in heard] == list(range(heard[0][1] + 1))
    assert {finding for _, _, finding in heard} >= {"exact", "control"}


def test_the_same_seed_gives_the_same_report():
    a, c = pair()
    once, again, other = (prove_equivalent(a, c, input_size=SIZE, seed=seed) for seed in (3, 3, 4))
    assert once == again
    assert once != other


def test_a_real_batch_is_used_beside_the_random_one():
    a, c = pair()
    x = torch.randn(3, 16, 8, 8)
    report = prove_equivalent(a, c, input_size=SIZE, inputs=x)
    assert report.passed
    assert "used your batch of shape (3, 16, 8, 8)" in report.notes[-1]

    class WrongWhereLarge(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner(x) + (x.abs() > 1e5).any()

    wrong = WrongWhereLarge(in_form(a, "grouped"))
    assert prove_equivalent(a, wrong, input_size=SIZE)["output (eval)"].status == "PASS"
    assert prove_equivalent(a, wrong, input_size=SIZE, inputs=1e6 * x)["output (eval)"].status == "FAIL"


@pytest.mark.parametrize("wrong_for", [2, 3])
def test_a_difference_on_either_batch_alone_fails(wrong_for):
    a, c = pair()
    wrong = Wrapped(c, lambda y: y + 1 if len(y) == wrong_for else y)
    x = torch.randn(3, 16, 6, 6, generator=torch.Generator().manual_seed(0))
    report = prove_equivalent(Wrapped(a), wrong, input_size=SIZE, inputs=x)
    assert report["output (eval)"].status == report["output (train)"].status == "FAIL"


def test_a_batch_that_could_not_tell_right_from_wrong_makes_the_outputs_vacuous():
    a, c = (Wrapped(m, lambda y: y if len(y) == 2 else 0 * y) for m in pair())
    x = torch.randn(3, 16, 6, 6, generator=torch.Generator().manual_seed(0))
    assert prove_equivalent(a, c, input_size=SIZE)["output (eval)"].status == "PASS"
    assert prove_equivalent(a, c, input_size=SIZE, inputs=x)["output (eval)"].status == "VACUOUS"


def test_a_batch_that_asks_for_a_gradient_gets_none():
    x = torch.randn(SIZE, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert prove_equivalent(*pair(), input_size=SIZE, inputs=x).passed
    assert x.grad is None


class WritesIntoItsInput(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x.mul_(2))


def test_a_real_batch_stays_as_it_was_though_a_module_writes_into_its_input():
    a, c = (WritesIntoItsInput(m.double()) for m in pair())
    x = torch.randn(3, 16, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before = x.clone()
    assert prove_equivalent(a, c, input_size=SIZE, inputs=x).passed
    assert torch.equal(x, before)


# ---------------------------------------------------------------------- modules written elsewhere


class Functional(nn.Module):
    """The grouped block written with functions only, its weights in lists, its paths counted backwards."""

    def __init__(self, source):
        super().__init__()
        C, d = source.cardinality, source.width_per_group
        self.source = source
        first = source.conv1.weight.detach().flatten(1)
        self.first = nn.ParameterList(first[i * d:i * d + d].clone() for i in reversed(range(C)))
        self.order = [j for i in reversed(range(C)) for j in range(i * d, i * d + d)]
        self.bn1, self.bn2, self.bn3 = source.bn1, source.bn2, source.bn3
        self.second = nn.Parameter(source.conv2.weight.detach().clone())
        self.third = nn.Parameter(source.conv3.weight.detach().flatten(1).t().clone())
        del self.source

    def forward(self, x):
        h = torch.einsum("oi,nihw->nohw", torch.cat(list(self.first)), x)
        h = self.bn1(h[:, torch.tensor(self.order).argsort()]).relu()
        h = self.bn2(nn.functional.conv2d(h, self.second, padding=1, groups=len(self.first))).clamp(min=0)
        return torch.relu(self.bn3((h.movedim(1, -1) @ self.third).movedim(-1, 1)) + x)


def test_a_block_written_elsewhere_passes_and_its_mistake_is_found():
    a = block("split_sum")
    theirs = Functional(in_form(a, "grouped"))
    report = prove_equivalent(a, theirs, input_size=SIZE)
    assert statuses(report) == dict.fromkeys(NAMES, "PASS"), str(report)
    theirs.order = sorted(theirs.order)
    assert prove_equivalent(a, theirs, input_size=SIZE)["exact"].status == "FAIL"


class Dense(nn.Module):
    """The 3×3 written dense, with zeros off the block diagonal."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        width, d = c.conv2.out_channels, c.width_per_group
        dense = torch.zeros(width, width, 3, 3)
        for o in range(width):
            dense[o, o // d * d:o // d * d + d] = c.conv2.weight[o].detach()
        c.conv2 = nn.Conv2d(width, width, 3, c.stride, 1, bias=False)
        c.conv2.weight = nn.Parameter(dense)

    def forward(self, x):
        return self.c(x)


def test_zeros_off_the_block_diagonal_change_nothing():
    a, c = pair()
    report = prove_equivalent(a, Dense(c), input_size=SIZE)
    assert report.passed
    assert report["exact"].status == "PASS"
    assert report["parameter gradients"].status == "SKIPPED"
    assert "left has 788 parameters, right 1,760" in report["parameter gradients"].detail


class Wrapped(nn.Module):
    def __init__(self, inner, after=lambda y: y):
        super().__init__()
        self.inner, self.after = inner, after

    def forward(self, x):
        return self.after(self.inner(x))


def test_a_bias_split_over_the_paths_is_the_same_function_though_no_rearrangement():
    a, b = block("split_sum"), block("split_sum")
    whole = torch.rand(16)
    for i, path in enumerate(a.paths):
        path.conv3.bias = nn.Parameter(whole / 4)
        b.paths[i].conv3.bias = nn.Parameter(whole if i == 0 else torch.zeros(16))
    report = prove_equivalent(a, b, input_size=SIZE)
    assert report.passed
    assert report["exact"].status == report["training"].status == "SKIPPED"
    assert report["output (eval)"].status == "PASS"


@pytest.mark.parametrize(("after", "why"), [
    (lambda y: y / 32, "`div` gives numbers that are not whole"),
    (lambda y: y * (1 + 1e-6), "`mul` gives numbers that are not whole"),
    (lambda y: y * torch.sigmoid(y), "`sigmoid` gives numbers that are not whole, such as 0.5"),
    (lambda y: nn.functional.gelu(y), "no output differs in 8 draws of whole numbers, but left runs `gelu`, for which "
                                      "whole numbers prove nothing"),
    (lambda y: nn.functional.group_norm(y, 2), "`native_group_norm` gives numbers that are not whole"),
])
def test_what_does_not_stay_whole_is_skipped_and_still_compared_in_floats(after, why):
    a, c = pair()
    report = prove_equivalent(Wrapped(a, after), Wrapped(c, after), input_size=SIZE)
    assert report["exact"].status == "SKIPPED"
    assert why in report["exact"].detail
    assert report["output (eval)"].status == "PASS"
    assert report.passed


@pytest.mark.parametrize(("factor", "status"), [(1 + 1e-11, "FAIL"), (1 + 1e-10, "FAIL"), (1 + 1e-14, "PASS")])
def test_a_part_in_a_hundred_billion_is_no_rounding_error(factor, status):
    a, c = pair()
    report = prove_equivalent(Wrapped(a), Wrapped(c, lambda y: y * factor), input_size=SIZE)
    assert report["output (eval)"].status == status
    if status == "FAIL":
        assert report["output (eval)"].measured == pytest.approx(factor - 1, rel=1e-3)


def test_a_difference_for_small_inputs_alone_fails():
    a, c = pair()
    report = prove_equivalent(Wrapped(a), Wrapped(c, lambda y: y + (y.max() < 100)), input_size=SIZE)
    assert report["output (eval)"].status == "FAIL"


def test_nothing_but_zeros_on_one_side_is_as_far_apart_as_it_gets_and_on_both_is_vacuous():
    a, c = pair()
    for sides in ((Wrapped(a, lambda y: 0 * y), Wrapped(c)), (Wrapped(a), Wrapped(c, lambda y: 0 * y))):
        output = prove_equivalent(*sides, input_size=SIZE)["output (eval)"]
        assert (output.status, output.measured) == ("FAIL", 1)
    report = prove_equivalent(*(Wrapped(m, lambda y: 0 * y) for m in (a, c)), input_size=SIZE)
    assert report["output (eval)"].status == "VACUOUS"


def test_nan_for_large_inputs_alone_is_an_error():
    a, c = (Wrapped(m, lambda y: y if y.max() < 100 else y * float("nan")) for m in pair())
    report = prove_equivalent(a, c, input_size=SIZE)
    assert (report["output (eval)"].status, report["output (train)"].status) == ("ERROR", "PASS")


def test_a_gelu_for_a_relu_is_found():
    """At large whole numbers both give the same: `exact` must not vouch for it."""
    a, c = pair()
    report = prove_equivalent(Wrapped(a, nn.functional.gelu), Wrapped(c), input_size=SIZE)
    assert report["exact"].status == "SKIPPED"
    assert report["output (eval)"].status == "FAIL"


def test_one_block_takes_ten_steps_of_sgd():
    report = prove_equivalent(*pair(), input_size=SIZE)
    assert report["training"].detail == "sorted (before, after) pairs of all parameters, after 1 and 10 steps of SGD, float64"


def test_a_chain_of_blocks_is_too_deep_as_a_whole_and_takes_one_step():
    """Six blocks: the sums would pass 2⁵³. So each block is proved for itself."""
    grouped = nn.Sequential(*(block("grouped", seed=k) for k in range(6)))
    split_sum = nn.Sequential(*(in_form(b, "split_sum") for b in grouped))
    report = prove_equivalent(grouped, split_sum, input_size=SIZE)
    assert [link.name for link in report.links] == list("012345")
    assert report["exact"].detail.startswith("a chain of 6 links, all equal: 6 agree bit for bit")
    assert "after 1 step of SGD" in report["training"].detail
    assert report.passed
    grouped[3].conv2.weight.data[0, 0, 0, 0] *= 1.001
    report = prove_equivalent(grouped, split_sum, input_size=SIZE)
    assert not report.passed
    assert report["exact"].detail.startswith("a chain of 6 links, different in 3: ")


def test_dropout_drops_the_same_on_both_sides():
    a, c = pair()
    assert prove_equivalent(Wrapped(a, nn.Dropout(0.5)), Wrapped(c, nn.Dropout(0.5)), input_size=SIZE).passed


def test_few_values_a_channel_skip_what_needs_batch_statistics():
    report = prove_equivalent(*pair(), input_size=(2, 16, 2, 2))
    assert [n for n, s in statuses(report).items() if s == "SKIPPED"] == ["output (train)", "buffers", "training"]
    assert "a BatchNorm sees only 8 values a channel" in report["training"].detail
    assert report["input gradient"].detail == "gradient by the input in eval mode, float64"
    assert report.passed


@pytest.mark.parametrize(("size", "values"), [((1, 16, 4, 4), 16), ((1, 16, 3, 5), 15), ((1, 16, 1, 1), 1)])
def test_sixteen_values_a_channel_are_enough_for_batch_statistics(size, values):
    train = prove_equivalent(*pair(), input_size=size)["output (train)"]
    assert train.status == ("PASS" if values >= 16 else "SKIPPED")
    if values < 16:
        assert f"sees only {values} value{'s' * (values > 1)} a channel, too few to divide by their spread" in train.detail


def test_the_fewest_values_of_any_batch_and_of_either_side_count():
    a, c = pair()
    few = torch.randn(1, 16, 2, 3, generator=torch.Generator().manual_seed(0))
    assert "only 6 values" in prove_equivalent(a, c, input_size=SIZE, inputs=few)["output (train)"].detail
    plain, with_norm = nn.Conv2d(4, 6, 1), nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.AvgPool2d(1))
    pooled = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.Upsample(scale_factor=1), nn.BatchNorm2d(6))
    for left, right in ((plain, with_norm), (with_norm, plain), (with_norm, pooled)):
        assert "only 9 values" in prove_equivalent(left, right, input_size=(1, 4, 3, 3))["output (train)"].detail


# ---------------------------------------------------------------------- worthless evidence


def test_a_module_against_itself_is_vacuous():
    a = block("grouped")
    report = prove_equivalent(a, a, input_size=SIZE)
    assert set(statuses(report).values()) == {"VACUOUS"}
    assert not report.passed
    assert "one and the same object" in report["exact"].detail


def test_shared_parameters_are_vacuous():
    a, c = pair()
    c.bn3 = a.bn3
    report = prove_equivalent(a, c, input_size=SIZE)
    assert set(statuses(report).values()) == {"VACUOUS"}
    assert "left.bn3.weight and right.bn3.weight are one tensor in memory" in report["exact"].detail


def test_a_zero_residual_branch_is_vacuous():
    a = block("split_sum")
    nn.init.zeros_(a.bn3.weight)
    report = prove_equivalent(a, in_form(a, "grouped"), input_size=SIZE)
    assert report["output (eval)"].status == "VACUOUS"
    assert "was not noticed" in report["output (eval)"].detail
    assert not report.passed


def test_an_all_zero_batch_is_vacuous():
    report = prove_equivalent(*pair(), input_size=SIZE, inputs=torch.zeros(SIZE))
    assert [n for n, s in statuses(report).items() if s == "VACUOUS"] == NAMES[1:]
    assert not report.passed


def test_equal_weights_can_not_tell_an_arrangement():
    a = block("split_sum")
    for w in a.parameters():
        if w.dim() == 4:
            nn.init.constant_(w, 0.1)
    report = prove_equivalent(a, in_form(a, "grouped"), input_size=SIZE)
    assert report["exact"].status == "VACUOUS"


def test_one_control_that_shows_in_the_statistics_is_enough_for_them():
    """They see only what lies before a BatchNorm: the first 1×1 shows, the second one can't."""
    left = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.Conv2d(6, 5, 1)).eval()
    report = prove_equivalent(left, copy.deepcopy(left), input_size=(2, 4, 5, 5))
    assert report["buffers"].status == "PASS"


def test_statistics_in_which_no_control_shows_are_vacuous():
    left = nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 5, 1)).eval()
    report = prove_equivalent(left, copy.deepcopy(left), input_size=(2, 4, 5, 5))
    assert [name for name, status in statuses(report).items() if status != "PASS"] == ["buffers"]
    assert report["buffers"].status == "VACUOUS"
    assert "the control, with every weight of shape (5, 4, 1, 1) moved on by one place, was not noticed" \
        in report["buffers"].detail


def test_one_control_that_goes_unnoticed_makes_outputs_vacuous():
    """The 3×3 alone has equal weights; the other controls show."""
    a = block("split_sum")
    for path in a.paths:
        nn.init.constant_(path.conv2.weight, 0.1)
    report = prove_equivalent(a, in_form(a, "concat"), input_size=SIZE)
    for name in ("exact", "output (eval)", "output (train)", "input gradient"):
        assert report[name].status == "VACUOUS"
        assert "every weight of shape (3, 3, 3, 3) moved on by one place, was not noticed" in report[name].detail


def test_modules_without_weights_are_vacuous():
    report = prove_equivalent(nn.ReLU(), nn.ReLU(), input_size=SIZE)
    assert report["exact"].status == report["output (eval)"].status == "VACUOUS"
    assert "no weight has two numbers that could change places" in report["exact"].detail


@pytest.mark.parametrize(("left", "right", "why"), [
    ([1., 1., 2.], [1., 2., 2.], "both have 3 weights that are not 0, but not the same ones; convert the weights of one "
                                 "into the other"),
    ([1., 2., 2.], [1., 2., 0.], "left has 3 weights that are not 0, right 2: not the same numbers in another arrangement"),
    ([1., 2., 0.], [1., 2., 2.], "left has 2 weights that are not 0, right 3: not the same numbers in another arrangement"),
    ([1., 2., 3.], [1., 2., 4.], "both have 3 weights that are not 0, but not the same ones; convert the weights of one "
                                 "into the other"),
])
def test_each_number_has_to_be_there_as_often_on_both_sides(left, right, why):
    sides = [nn.Linear(3, 1, bias=False) for _ in range(2)]
    for side, numbers in zip(sides, (left, right), strict=True):
        side.weight = nn.Parameter(torch.tensor([numbers]))
    exact = prove_equivalent(*sides, input_size=(2, 3))["exact"]
    assert (exact.status, exact.detail) == ("SKIPPED", why)


def test_weights_that_are_not_the_same_numbers_are_skipped_and_the_outputs_fail():
    report = prove_equivalent(block(seed=0), block("split_sum", seed=1), input_size=SIZE)
    assert "but not the same ones; convert the weights" in report["exact"].detail
    assert report["output (eval)"].status == "FAIL"


def test_fresh_batchnorms_are_noted():
    assert "randomise_batchnorm" in prove_equivalent(*pair(fresh=True), input_size=SIZE).notes[0]
    assert prove_equivalent(*pair(), input_size=SIZE).notes == ()


@pytest.mark.parametrize("entry", ["weight", "bias", "running_mean", "running_var"])
def test_one_number_that_is_not_as_it_was_made_makes_a_batchnorm_not_fresh(entry):
    left = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6))
    assert len(prove_equivalent(left, copy.deepcopy(left), input_size=(2, 4, 3, 3)).notes) == 1
    with torch.no_grad():
        getattr(left[1], entry)[2] = 0.5
    assert prove_equivalent(left, copy.deepcopy(left), input_size=(2, 4, 3, 3)).notes == ()


def test_a_fresh_batchnorm_on_one_side_or_beside_others_is_noted():
    plain, fresh = nn.Conv2d(4, 6, 1), nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6))
    beside = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), randomise_batchnorm(nn.BatchNorm2d(6)))
    for left, right in ((plain, fresh), (fresh, plain), (plain, beside)):
        assert "Some BatchNorms are fresh" in prove_equivalent(left, right, input_size=(2, 4, 3, 3)).notes[0]


def test_batchnorm_channels_mixed_up_show_only_when_they_are_not_fresh():
    for fresh, status in ((True, "PASS"), (False, "FAIL")):
        a, c = pair(fresh=fresh)
        with torch.no_grad():
            c.bn2.weight.copy_(c.bn2.weight.flip(0))
        assert prove_equivalent(a, c, input_size=SIZE)["output (eval)"].status == status


# ---------------------------------------------------------------------- what can't be asked, or goes wrong


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda a, c: (a, "c"), "right must be an nn.Module, got str; pass the module itself"),
    (lambda a, c: (a, c.state_dict()), "right must be an nn.Module, got OrderedDict; pass the module itself"),
    (lambda a, c: (a.double(), c), "one dtype and one device are needed: left.paths.0.conv1.weight is torch.float64 on "
                                   "cpu; right.conv1.weight is torch.float32 on cpu; move them with .to(dtype, device)"),
    (lambda a, c: (a, c.to("meta")), "right.conv1.weight is on the meta device and holds no numbers; load weights first"),
    (lambda a, c: (a, Wrapped(c, lambda y: (y, y))), "right returns a tuple, expected one tensor; wrap it to return one"),
    (lambda a, c: (a, Wrapped(c, lambda y: y.argmax(1))), "right returns torch.int64, expected floating-point numbers"),
    (lambda a, c: (a, Wrapped(c, lambda y: y[:, :-1])),
     "for an input of shape (2, 16, 6, 6) left returns (2, 16, 6, 6) and right (2, 15, 6, 6); two functions with "
     "different outputs are not equal: compare their strides and out_channels"),
])
def test_questions_that_can_not_be_put(spoil, message):
    with pytest.raises(EquivalenceError) as error:
        prove_equivalent(*spoil(*pair()), input_size=SIZE)
    assert str(error.value) == message


def test_nan_and_integer_weights_are_named():
    a, c = pair()
    c.conv2.weight.data[0, 0, 0, 0] = float("nan")
    with pytest.raises(EquivalenceError) as error:
        prove_equivalent(a, c, input_size=SIZE)
    assert str(error.value) == "1 of 324 numbers in right.conv2.weight are NaN or infinite; load other weights"
    c.conv2.weight = nn.Parameter(torch.ones(12, 3, 3, 3, dtype=torch.int64), requires_grad=False)
    with pytest.raises(EquivalenceError, match=r"^right\.conv2\.weight holds torch\.int64, expected floating-point numbers$"):
        prove_equivalent(a, c, input_size=SIZE)


def test_infinite_weights_and_buffers_are_named():
    a, c = pair()
    c.conv2.weight.data[0, 0, 0, 0] = float("inf")
    with pytest.raises(EquivalenceError, match=r"^1 of 324 numbers in right\.conv2\.weight are NaN or infinite; "):
        prove_equivalent(a, c, input_size=SIZE)
    a.bn3.running_var[3] = float("nan")
    with pytest.raises(EquivalenceError, match=r"^1 of 16 numbers in left\.bn3\.running_var are NaN or infinite; "):
        prove_equivalent(a, c, input_size=SIZE)


@pytest.mark.parametrize(("inputs", "message"), [
    (torch.eye(4) / 0, "16 of 16 numbers in inputs are NaN or infinite; leave them out"),
    (1 / torch.eye(4), "12 of 16 numbers in inputs are NaN or infinite; leave them out"),
    (torch.ones(SIZE, dtype=torch.int64), "inputs hold torch.int64, expected floating-point numbers; pass inputs.float()"),
    (torch.full(SIZE, float("nan")), "1152 of 1152 numbers in inputs are NaN or infinite; leave them out"),
    ([1, 2], "inputs must be a tensor, got list; pass one batch"),
    (torch.ones(SIZE).double(), "one dtype and one device are needed: left.paths.0.conv1.weight is torch.float32 on cpu; "
                                "inputs is torch.float64 on cpu; move them with .to(dtype, device)"),
])
def test_bad_inputs(inputs, message):
    with pytest.raises(EquivalenceError) as error:
        prove_equivalent(*pair(), input_size=SIZE, inputs=inputs)
    assert str(error.value) == message


def test_the_wrong_input_size_says_what_to_pass():
    with pytest.raises(EquivalenceError) as error:
        prove_equivalent(*pair())
    assert str(error.value) == (
        "left raised on a float64 input of shape (2, 256, 14, 14): ConfigError: this block reads inputs of shape (N, 16, H, W), "
        "got (2, 256, 14, 14); give it 16 channels, or build the block with other in_channels. Is this the shape that it "
        "reads? Pass input_size=(N, C, H, W)"
    )
    with pytest.raises(ValueError, match="every number of input_size must be a whole number, 1 or more; got 0"):
        prove_equivalent(*pair(), input_size=(0, 16, 6, 6))


class FailsInTrainMode(Wrapped):
    def forward(self, x):
        if self.training:
            raise RuntimeError("no training here")
        return self.inner(x)


def test_what_a_module_raises_later_is_an_error_never_a_pass():
    a, c = pair()
    c = FailsInTrainMode(c)
    before = state(c)
    report = prove_equivalent(a, c, input_size=SIZE)
    assert report["output (eval)"].status == "PASS"
    assert report["training"].status == "ERROR"
    assert report["training"].detail == "right raised RuntimeError: no training here"
    assert not report.passed
    assert same_state(before, state(c))


def test_a_module_that_raises_on_large_numbers_is_an_error():
    def refuse(y):
        if y.max() > 1e4:
            raise OverflowError("too large for me")
        return y

    a, c = pair()
    report = prove_equivalent(Wrapped(a), Wrapped(c, refuse), input_size=SIZE)
    assert report["exact"].status == "ERROR"
    assert "OverflowError: too large for me" in report["exact"].detail


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nan_on_both_sides_is_an_error_never_a_pass(bad):
    a, c = pair()
    report = prove_equivalent(Wrapped(a, lambda y: y * bad), Wrapped(c, lambda y: y * bad), input_size=SIZE)
    assert not report.passed
    assert report["output (eval)"].status == "ERROR"
    assert "left gives NaN or infinity" in report["output (eval)"].detail
    assert report["exact"].status != "PASS"


def test_a_module_that_can_not_be_copied():
    a, c = pair()
    c.kept = c.conv1.weight * 2
    with pytest.raises(EquivalenceError, match=r"^right can't be copied .*do not keep computed tensors as attributes$"):
        prove_equivalent(a, c, input_size=SIZE)


def test_frozen_parameters_do_not_matter():
    a, c = pair()
    for p in c.parameters():
        p.requires_grad_(False)
    assert prove_equivalent(a, c, input_size=SIZE).passed
    assert not any(p.requires_grad for p in c.parameters())


def test_autocast_outside_makes_no_difference():
    a, c = pair()
    alone = prove_equivalent(a, c, input_size=SIZE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert prove_equivalent(a, c, input_size=SIZE) == alone


def test_what_float32_makes_of_a_wrong_block_is_no_news():
    a, c = pair()
    with torch.no_grad():
        c.bn3.weight.mul_(1.5)
    report = prove_equivalent(a, c, input_size=SIZE)
    assert report.float32 > 0.01
    assert report.notes == ()


def test_it_works_inside_inference_mode():
    with torch.inference_mode():
        assert prove_equivalent(*pair(), input_size=SIZE).passed


def test_randomise_batchnorm_leaves_the_random_state():
    rng = torch.random.get_rng_state()
    model = block(fresh=True)
    randomise_batchnorm(model, 5)
    assert torch.equal(rng, torch.random.get_rng_state())
    assert model.bn1.weight.unique().numel() == 12


def test_randomise_batchnorm_gives_each_entry_its_range_and_each_seed_its_numbers():
    bn, other = (randomise_batchnorm(nn.BatchNorm2d(500), seed) for seed in (1, 2))
    torch.set_default_dtype(torch.float64)
    try:
        double = randomise_batchnorm(nn.BatchNorm2d(500), 1)
    finally:
        torch.set_default_dtype(torch.float32)
    for entry, lowest in (("weight", 0.5), ("running_var", 0.5), ("bias", -0.5), ("running_mean", -0.5)):
        numbers = getattr(bn, entry)
        assert lowest <= numbers.min() < lowest + 0.05
        assert lowest + 0.95 < numbers.max() <= lowest + 1
        assert torch.equal(numbers, getattr(double, entry).float())
        assert not torch.equal(numbers, getattr(other, entry))


def test_a_batchnorm_without_weights_or_statistics_can_be_asked():
    left = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6, affine=False), nn.BatchNorm2d(6))
    randomise_batchnorm(left)
    report = prove_equivalent(left, copy.deepcopy(left), input_size=(2, 4, 3, 3))
    assert report.passed
    assert report.notes == ()
    bare = nn.Sequential(nn.Conv2d(4, 6, 1), randomise_batchnorm(nn.BatchNorm2d(6, track_running_stats=False)))
    report = prove_equivalent(bare, copy.deepcopy(bare), input_size=(2, 4, 3, 3))
    assert report["output (train)"].status == "PASS"
    assert report.notes == ()
