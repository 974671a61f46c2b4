"""Floats: where the limits lie, and what is said of one batch, one control or one side alone."""
import copy
import math

import pytest
import torch
from helpers import block, pair
from torch import nn

from resnext_edu import in_form, prove_equivalent, randomise_batchnorm
from resnext_edu.equivalence.arrangement import shapes_to_move
from resnext_edu.equivalence.floats import WHAT, difference, float_findings
from resnext_edu.equivalence.observer import Observer, off_by_rounding

SIZE = (2, 16, 6, 6)


@pytest.fixture(autouse=True)
def seeded():
    """Every test draws the same weights, whichever ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def numbers(*values):
    return [torch.tensor(values, dtype=torch.float64)]


class Answers:
    """An observer whose answers are given: for a batch of 1s or of 2s, what each side says to every question."""

    train, sgd_steps = True, 10

    def __init__(self, *batches):
        self.batches, self.asked = batches, []
        self.sides = {name: Answers.Side(name) for name in ("left", "right")}

    class Side:
        def __init__(self, name):
            self.name = name

        def copied(self):
            return self.name

        def off_by_rounding(self):
            return f"{self.name} rounded"

        def moved(self, shape):
            return f"{self.name} moved {shape[0]}"

    def observe(self, side, x, sgd_steps=None):
        self.asked.append((side, sgd_steps))
        answer = self.batches[int(x.mean().round()) - 1].get(side, numbers(5.0, 5.0))
        return dict.fromkeys(WHAT, answer)

    def finding(self, shapes=((1,),)):
        passes = [(torch.full((3,), k + 1.0), ("left", "right"), shapes) for k in range(len(self.batches))]
        return float_findings(self, passes)[0]


def batch(apart, rounding, **more):
    return {"left": numbers(1.0, 0.0), "right": numbers(1.0, apart), "left rounded": numbers(1.0, rounding), **more}


EXPLAINED, UNEXPLAINED = batch(1e-9, 1e-11), batch(1e-9, 1e-13)


@pytest.mark.parametrize(("batches", "status"), [
    ([batch(1e-12, 0.0)], "PASS"),
    ([batch(1.01e-12, 0.0)], "FAIL"),
    ([batch(1e-9, 1.1e-12)], "SKIPPED"),
    ([batch(1e-9, 0.9e-12)], "FAIL"),
    ([batch(1e-9, math.inf)], "FAIL"),
    ([EXPLAINED, batch(0.0, 0.0)], "SKIPPED"),
    ([UNEXPLAINED, EXPLAINED], "FAIL"),
    ([EXPLAINED, UNEXPLAINED], "FAIL"),
    ([EXPLAINED, batch(1e-12, 0.0)], "SKIPPED"),
    ([batch(999.5 * 1.5e-12, 1.5e-12)], "SKIPPED"),
    ([batch(1000 * 1.5e-12, 1.5e-12)], "FAIL"),
])
def test_a_part_in_a_trillion_passes_and_what_rounding_explains_a_thousandfold_is_not_held_against_it(batches, status):
    assert Answers(*batches).finding().status == status


def test_what_rounding_explains_is_explained():
    assert Answers(EXPLAINED).finding().detail == (
        "outputs in eval mode, float64, for the batch and for 1000 times the batch: rounding errors grow too large here: if "
        "all numbers of left are off by 1e-15, it changes about as much as right differs; try another input")


@pytest.mark.parametrize(("moved", "status"), [
    (numbers(1.0, 1e-12), "VACUOUS"), (numbers(1.0, 1.01e-12), "PASS"), (numbers(1.0, math.nan), "PASS"),
])
def test_a_control_is_noticed_by_what_would_fail(moved, status):
    assert Answers(batch(0.0, 0.0, **{"right moved 1": moved})).finding().status == status


def test_of_several_controls_that_go_unnoticed_the_first_is_named():
    unnoticed = {f"right moved {k}": numbers(1.0, 0.0) for k in (2, 3)}
    finding = Answers(batch(0.0, 0.0, **unnoticed)).finding([(1,), (2,), (3,)])
    assert "the control, with every weight of shape (2,) moved on" in finding.detail


@pytest.mark.parametrize("apart", [0.0, 1e-12])
def test_the_right_side_is_moved_and_a_control_trains_for_one_step(apart):
    answers = Answers(batch(apart, 0.0))
    answers.finding()
    assert answers.asked == [("left", None), ("right", None), ("right moved 1", 1)]


@pytest.mark.parametrize(("left", "right", "words"), [
    (numbers(1.0), numbers(1.0, 1.0), "left gives (1,), right (2,)"),
    ([*numbers(1.0, 1.0), *numbers(1.0, 1.0)], [*numbers(1.0, 1.0), *numbers(1.0)], "left gives (2,), right (1,)"),
])
def test_the_first_shapes_that_differ_are_named(left, right, words):
    finding = Answers({"left": left, "right": right}).finding()
    assert (finding.status, finding.detail) == ("FAIL", f"{WHAT['output (eval)']}: {words}")


@pytest.mark.parametrize(("left", "right", "apart"), [
    ([], [], 0.0),
    ([*numbers(1), *numbers(1)], [*numbers(2), *numbers(1)], 0.5),
    ([*numbers(1), *numbers(1)], [*numbers(1), *numbers(4)], 0.75),
    (numbers(-4.0, 1), numbers(-3.0, 1), 0.25),
    (numbers(0), numbers(0), 0.0),
    (numbers(math.nan), numbers(1.0), math.inf),
    (numbers(1.0), numbers(math.nan), math.inf),
    (numbers(1.0), numbers(1.0, 1.0), math.inf),
    ("no numbers", numbers(1.0), math.inf),
    (numbers(1.0), ValueError(), math.inf),
])
def test_the_worst_pair_of_tensors_counts(left, right, apart):
    assert difference(left, right) == apart


def test_the_first_and_the_last_step_of_sgd_are_recorded():
    module = block("grouped").double()
    observer, x = Observer(module, block("grouped").double(), fewest_values=72, sgd_steps=3, seed=0), torch.ones(SIZE).double()
    for steps, recorded in ((None, 2), (1, 1), (5, 2)):
        assert len(observer.observe(observer.sides["left"].copied(), x, steps)["training"]) == recorded
    [once], [first, last] = (observer.observe(observer.sides["left"].copied(), x, k)["training"] for k in (1, 3))
    assert torch.equal(once, first)
    assert not torch.equal(first, last)


def observer_of(left, right, **more):
    return Observer(left.double(), right.double(), **{"fewest_values": 16, "sgd_steps": 2, "seed": 0, **more})


def test_the_numbers_of_a_moved_copy_are_sorted_in_their_own_order():
    """Else a control would be noticed for no other reason than a wrong order."""
    observer = observer_of(block("grouped"), in_form(block("grouped"), "split_sum"))
    for shape in shapes_to_move(observer.sides["left"].module):
        moved = observer.sides["left"].moved(shape)
        assert torch.equal(moved.by_parameter.sort(list(moved.module.parameters())), moved.by_parameter.values)


def test_a_parameter_that_nothing_reads_has_gradients_of_zero():
    sides = nn.Linear(3, 2, bias=False), nn.Linear(3, 2, bias=False)
    sides[1].load_state_dict(sides[0].state_dict())
    for side in sides:
        side.unread = nn.Parameter(torch.tensor([0.5, 0.25]))
    report = prove_equivalent(*sides, input_size=(20, 3))
    assert report["parameter gradients"].status == report["training"].status == "PASS"


def test_outputs_are_recorded_for_the_batch_and_for_a_thousand_times_the_batch():
    left, x = nn.Sequential(nn.Linear(3, 2), nn.Tanh()), torch.rand(4, 3, dtype=torch.float64)
    observer = observer_of(left, nn.Linear(3, 2))
    outputs = observer.observe(observer.sides["left"].copied(), x)["output (eval)"]
    assert torch.equal(outputs[0], left(x))
    assert torch.equal(outputs[1], left(1000 * x))


@pytest.mark.parametrize(("left", "right", "words"), [
    (nn.Linear(2, 3), nn.ReLU(), "left has 9 parameters, right 0: not the same numbers in another arrangement"),
    (nn.ReLU(), nn.Linear(2, 3), "left has 0 parameters, right 9: not the same numbers in another arrangement"),
    (nn.ReLU(), nn.ReLU(), "neither side has parameters"),
])
def test_a_side_without_parameters_is_told_from_two(left, right, words):
    assert observer_of(left, right).unlike["parameters"] == words


@pytest.mark.parametrize(("values", "words"), [(0, "0 values"), (1, "1 value"), (2, "2 values"), (7.5, "7.5 values")])
def test_one_value_is_a_value_and_all_others_are_values(values, words):
    few = observer_of(nn.ReLU(), nn.ReLU(), fewest_values=values).few
    assert few == f"a BatchNorm sees only {words} a channel, too few to divide by their spread"


def test_an_error_as_of_rounding_is_a_quadrillionth_of_each_number():
    off = off_by_rounding(torch.full((10_000,), 2.0, dtype=torch.float64)) / 2 - 1
    assert off.std().item() == pytest.approx(1e-15, rel=0.05)
    assert abs(off.mean().item()) < 1e-16


def test_numbers_on_the_right_alone_are_counted():
    plain = nn.Sequential(nn.Conv2d(4, 6, 1))
    report = prove_equivalent(plain, nn.Sequential(copy.deepcopy(plain[0]), nn.BatchNorm2d(6)), input_size=(2, 4, 3, 3))
    assert report["buffers"].detail == "left has 0 buffers, right 12: not the same numbers in another arrangement"
    assert prove_equivalent(plain, copy.deepcopy(plain), input_size=(2, 4, 3, 3))["buffers"].detail == "neither side has buffers"


def test_a_constant_beside_the_statistics_does_not_freeze_them():
    sides = pair()
    for side in sides:
        side.register_buffer("scale", torch.tensor([2.5]))
    assert prove_equivalent(*sides, input_size=SIZE)["buffers"].status == "PASS"


class Reuses(nn.Module):
    """Writes all its outputs into one tensor."""

    def __init__(self, inner, after=lambda self, y: y):
        super().__init__()
        self.inner, self.after, self.out = inner, after, None

    def forward(self, x):
        y = self.after(self, self.inner(x))
        self.out = y if self.out is None or self.out.shape != y.shape else self.out.detach().copy_(y)
        return self.out


def test_a_module_that_reuses_the_memory_of_its_output_hides_nothing():
    left = nn.Conv2d(2, 3, 1)
    right = Reuses(copy.deepcopy(left), lambda self, y: y + (not self.training and y.max() < 100))
    report = prove_equivalent(Reuses(left), right, input_size=(2, 2, 3, 3))
    assert report["output (eval)"].status == "FAIL"


# ---------------------------------------------------------------------- what the report says of the proof


class InFloat32(nn.Module):
    """Multiplies by a factor, but only in float32."""

    def __init__(self, inner, factor):
        super().__init__()
        self.inner, self.factor = inner, factor

    def forward(self, x):
        return self.inner(x) * (self.factor if x.dtype == torch.float32 else 1)


@pytest.mark.parametrize(("factor", "notes"), [(1.0008, 0), (1.0012, 1)])
def test_a_thousandth_is_more_than_rounding_explains_in_float32(factor, notes):
    a, c = pair()
    report = prove_equivalent(a, InFloat32(c, factor), input_size=SIZE)
    assert report.float32 == pytest.approx(factor - 1, rel=0.01)
    assert len(report.notes) == notes


def test_what_is_nan_in_float32_has_no_difference_there():
    a, c = pair()
    assert prove_equivalent(a, InFloat32(c, math.nan), input_size=SIZE).float32 is None


def test_the_difference_in_float32_is_that_of_the_random_batch_in_eval_mode():
    left, size = randomise_batchnorm(nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6))), (2, 4, 3, 3)
    right = InFloat32(copy.deepcopy(left), torch.linspace(1, 1.5, 3))
    once = prove_equivalent(left, right, input_size=size).float32
    x = torch.randn(3, 4, 3, 3, generator=torch.Generator().manual_seed(5))
    assert once == prove_equivalent(left, right, input_size=size, inputs=x).float32
    assert once == prove_equivalent(left.eval(), right.eval(), input_size=size).float32


def test_the_report_repeats_the_question():
    left = nn.Conv2d(2, 3, 1)
    report = prove_equivalent(left, nn.Sequential(copy.deepcopy(left)), input_size=(2, 2, 3, 3), seed=9)
    assert report.question == "prove_equivalent(Conv2d, Sequential, input_size=(2, 2, 3, 3), seed=9)"
    assert prove_equivalent(left, copy.deepcopy(left), input_size=(2, 2, 3, 3)).seed == 0
    assert {finding.allowed for finding in report.findings[1:]} == {1e-12}


def test_every_seed_has_a_batch_of_its_own():
    left, right = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 3, 1)
    apart = [prove_equivalent(left, right, input_size=(2, 2, 3, 3), seed=s)["output (eval)"].measured for s in (1, 1, 2)]
    assert apart[0] == apart[1] != apart[2]


def test_the_steps_of_a_proof_are_named():
    left, heard = nn.Conv2d(2, 3, 1), []
    prove_equivalent(left, copy.deepcopy(left), input_size=(2, 2, 3, 3), progress=lambda *step: heard.append(step))
    names = ["exact"] * 10 + ["outputs and gradients"] * 2 + ["control"]
    assert heard == [(done, 12, name) for done, name in enumerate(names)]


def test_the_batchnorm_that_sees_the_fewest_values_need_not_be_the_last():
    left = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6), nn.Upsample(scale_factor=2), nn.BatchNorm2d(6))
    assert "only 9 values" in prove_equivalent(left, copy.deepcopy(left), input_size=(1, 4, 3, 3))["output (train)"].detail


def test_batchnorms_of_one_model_get_different_numbers_and_the_seed_is_0():
    first, second = randomise_batchnorm(nn.Sequential(nn.BatchNorm2d(4), nn.BatchNorm2d(4)))
    drawn = torch.cat([n for bn in (first, second) for n in (bn.weight, bn.running_var)])
    assert drawn.unique().numel() == 16
    assert torch.equal(first.weight, randomise_batchnorm(nn.BatchNorm2d(4), seed=0).weight)
