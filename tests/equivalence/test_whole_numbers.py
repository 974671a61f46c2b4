"""Whole numbers: from how many of them the weights are drawn, and what is said of the side that can't take them."""
import math

import pytest
import torch
from helpers import block, pair
from torch import nn
from torch.nn import functional as F

from resnext_edu import prove_equivalent
from resnext_edu.equivalence.arrangement import Arrangement, shapes_to_move
from resnext_edu.equivalence.batchnorm import make_identity
from resnext_edu.equivalence.exact import Run, exact_finding
from resnext_edu.equivalence.polynomial import Polynomial, draw
from resnext_edu.equivalence.whole_numbers import WholeNumbers

SIZE = (2, 16, 6, 6)


@pytest.fixture(autouse=True)
def seeded():
    """Every test draws the same weights, whichever ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


class Then(nn.Module):
    """A module, and a function of its output and its input."""

    def __init__(self, inner, after=lambda y, x: y):
        super().__init__()
        self.inner, self.after = inner, after

    def forward(self, x):
        return self.after(self.inner(x), x)


def of_degree(degree):
    """A sum of two products, one after the other multiplied by the first input."""
    def multiplied(y, x):
        for _ in range(degree - 2):
            y = y * x[:, :1]
        return y

    linear = nn.Linear(2, 1, bias=False)
    linear.weight = nn.Parameter(torch.tensor([[0.5, 0.25]], dtype=torch.float64))
    return Then(linear, multiplied)


def exact(left, right, **kwargs):
    return prove_equivalent(left, right, input_size=kwargs.pop("size", SIZE), **kwargs)["exact"]


@pytest.mark.parametrize(("degree", "size", "status"), [(21, 5, "PASS"), (22, 5, "PASS"), (23, 4, "SKIPPED")])
def test_five_values_are_enough_to_draw_from_and_four_are_not(degree, size, status):
    """With five, both weights are now and then the same number: it is enough that the control shows in other draws."""
    assert (Polynomial(of_degree(degree), (1, 2)).size, Polynomial(of_degree(degree), (1, 2)).degree) == (size, degree)
    finding = exact(of_degree(degree), of_degree(degree), size=(1, 2))
    assert finding.status == status
    if status == "SKIPPED":
        assert finding.detail.startswith(
            "with 5 or more values per weight some sum could reach 2⁵³, where float64 begins to round, and fewer prove "
            "nothing (the modules are too deep or too wide)")


def test_there_are_no_more_than_4096_values():
    assert Polynomial(of_degree(2), (1, 2)).size == 4096


@pytest.mark.parametrize(("factor", "degree", "size"), [(2.0 ** 49, 2, 2), (2.0 ** 52, math.inf, 1), (2.0 ** 53, math.inf, 1)])
def test_a_sum_that_is_too_large_even_of_ones_has_no_degree(factor, degree, size):
    """Two weights: their sum times 2⁵² is 2⁵³."""
    polynomial = Polynomial(Then(of_degree(2), lambda y, x: y * factor), (1, 2))
    assert (polynomial.degree, polynomial.size) == (degree, size)


def test_no_degree_is_below_1_and_one_that_can_not_be_measured_is_infinite():
    assert Polynomial(Then(nn.Identity(), lambda y, x: y * 0 + 5), (1, 2)).degree == 1
    assert Polynomial(nn.ReLU(), (1, 2)).degree == 1
    assert Polynomial(of_degree(70), (1, 2)).degree == math.inf


def test_watching_does_not_load_torchs_compiler():
    """After a yes it would, which takes 5 seconds; once it is loaded by anything else, nobody can see who did it."""
    assert WholeNumbers._should_skip_dynamo() is False


def test_where_nothing_was_seen_the_largest_number_is_1_in_the_unit_of_2_to_the_53():
    assert WholeNumbers().largest == 2.0 ** -53


def test_a_weight_of_zero_makes_no_sum_larger():
    """Five identities multiply by 1 each: 456⁶ is below 2⁵³."""
    layers = nn.Sequential(*(nn.Linear(8, 8, bias=False) for _ in range(5))).double()
    for layer in layers:
        nn.init.eye_(layer.weight)
    assert (Polynomial(layers, (1, 8)).size, Polynomial(layers, (1, 8)).degree) == (456, 6)


@pytest.mark.parametrize("higher", ["left", "right"])
def test_the_side_of_the_higher_degree_and_of_fewer_values_sets_the_bound_and_the_steps(higher):
    sides = {"left": of_degree(2), "right": of_degree(2)}
    sides[higher] = Then(sides[higher], lambda y, x: y + y * y * y * y * y * 0)
    report = prove_equivalent(*sides.values(), input_size=(20, 2))
    assert report["exact"].status == "PASS"
    assert "whole numbers out of 27; " in report["exact"].detail
    assert "of degree 10: two different ones would agree in all 4 draws at most once in 53 proofs" in report["exact"].detail
    assert "after 1 step of SGD" in report["training"].detail


@pytest.mark.parametrize(("degree", "steps"), [(8, "1 and 10 steps"), (9, "1 step")])
def test_ten_steps_of_sgd_are_taken_up_to_degree_eight(degree, steps):
    report = prove_equivalent(of_degree(degree), of_degree(degree), input_size=(20, 2))
    assert f"after {steps} of SGD" in report["training"].detail


def test_the_side_that_can_not_be_run_in_whole_numbers_is_named():
    seen = {"left": WholeNumbers(), "right": WholeNumbers()}
    run = Run(torch.ones(1), torch.ones(1), torch.ones(1), torch.ones(1), seen)
    assert (run.rounded, run.unknown, run.picks) == ("", "", "")
    seen["right"].largest, seen["right"].unknown, seen["right"].picks = 1.0, "erf", "amax"
    assert run.rounded == "right can't be run in whole numbers: a sum passes 2⁵³, where float64 begins to round"
    assert run.unknown == "right runs `erf`, for which whole numbers prove nothing"
    assert run.picks == "right picks some numbers and drops others (`amax`), so it is not a polynomial"
    seen["right"].largest = 2.0
    assert run.rounded == "right can't be run in whole numbers: a sum passes 2⁵³, where float64 begins to round"
    seen["right"].not_whole = "`erf` gives 0.5"
    assert run.rounded == "right can't be run in whole numbers: `erf` gives 0.5"


def test_an_operation_on_the_right_alone_is_told_from_one_on_the_left():
    a, c = pair()
    assert exact(Then(a), Then(c, lambda y, x: F.gelu(y))).detail == (
        "no output differs in 8 draws of whole numbers, but right runs `gelu`, for which whole numbers prove nothing")


def test_the_outputs_that_differ_are_counted_out_of_all_outputs():
    a, c = pair("split_sum", "grouped", (16, 24))
    finding = exact(a, c)
    assert (finding.measured, finding.allowed) == (0, 0)
    assert finding.detail.startswith("with every BatchNorm set to the identity, 0 of 1,728 outputs differ, bit for bit, in 4 draws")
    finding = exact(Then(a), Then(c, lambda y, x: y + 1))
    assert (finding.measured, finding.allowed) == (1728, 0)
    assert finding.detail == ("1,728 of 1,728 outputs differ in draw 1 (positive numbers): a difference in whole numbers is "
                              "no rounding error")


def test_every_seed_draws_other_whole_numbers():
    def odd(y, x):
        return y + y % 2

    left, right = nn.Linear(2, 50), nn.Linear(2, 50)
    right.load_state_dict(left.state_dict())
    counts = [exact(left, Then(right, odd), size=(20, 2), seed=seed).measured for seed in (0, 0, 1)]
    assert counts[0] == counts[1] != counts[2]


@pytest.mark.parametrize(("number", "where"), [
    (4, "positive numbers"), (5, "all draws of positive numbers agree, so a ReLU is missing or stands elsewhere")])
def test_the_fourth_draw_is_the_last_of_positive_numbers(number, where):
    left, right = Polynomial(of_degree(2), (1, 2)), Polynomial(Then(of_degree(2), lambda y, x: y + 1), (1, 2))
    assert f"1 of 1 outputs differ in draw {number} ({where}):" in exact_finding(left, right, 0, [number], []).detail


def test_signed_draws_are_no_reason_to_doubt_that_positive_ones_are_polynomials():
    shown = exact(*pair()).detail
    assert "on positive ones no ReLU cuts anything off" in shown
    assert "no bound on luck" not in shown


@pytest.mark.parametrize("operation", [lambda x: x * (x > torch.zeros_like(x)), lambda x: (x - x).relu()])
def test_a_comparison_with_zeros_picks_nothing_and_is_known(operation):
    with WholeNumbers() as seen:
        operation(torch.tensor([[1., 2.]], dtype=torch.float64))
    assert (seen.unknown, seen.picks) == ("", "")


def test_the_controls_come_in_the_order_of_the_layers_and_leave_out_single_numbers():
    assert shapes_to_move(block("grouped")) == [(12, 16, 1, 1), (12, 3, 3, 3), (16, 12, 1, 1)]
    assert shapes_to_move(nn.Linear(1, 1)) == []
    odd = nn.Module()
    odd.none, odd.scalar = nn.Parameter(torch.ones(2, 0)), nn.Parameter(torch.tensor(1.0))
    assert shapes_to_move(odd) == []


def test_numbers_that_stand_there_once_are_not_tied():
    arrangement = Arrangement([torch.tensor([3., 1., 2.]), torch.tensor([[1., 2.]])])
    assert arrangement.values.tolist() == [1, 1, 2, 2, 3]
    assert (arrangement.tied.tolist(), arrangement.group.tolist()) == ([0, 1, 2, 3], [0, 0, 1, 1])
    assert arrangement.sort([torch.tensor([0., 9., 4.]), torch.tensor([[8., 5.]])]).tolist() == [8, 9, 4, 5, 0]


@pytest.mark.parametrize("signed", [False, True])
def test_every_number_from_1_to_the_size_is_drawn_and_no_other(signed):
    numbers = torch.linspace(-1, 1, 100, dtype=torch.float64)[:99]
    values, x = draw(numbers, (50, 2), 3, signed, torch.Generator().manual_seed(0))
    assert (values.dtype, x.dtype, len(values), x.shape) == (torch.float64, torch.float64, 100, (50, 2))
    assert values[0] == 0
    assert values.abs()[1:].unique().tolist() == [1, 2, 3]
    assert torch.equal(values[1:].sign(), numbers.sign() if signed else torch.ones(99, dtype=torch.float64))
    assert x.unique().tolist() == ([-3, -2, -1, 1, 2, 3] if signed else [1, 2, 3])


def test_an_identity_changes_no_number_whatever_eps_is():
    x = torch.tensor([[1.0, 7.0, -3.0]], dtype=torch.float64)
    for eps in torch.rand(200, generator=torch.Generator().manual_seed(0), dtype=torch.float64).mul(2).tolist():
        bn = nn.BatchNorm1d(3, eps=eps, dtype=torch.float64).eval()
        make_identity(bn)
        assert torch.equal(bn(x), x)


class Threshold(nn.Module):
    """Lets through what is above a number that it keeps in a buffer."""

    def __init__(self, threshold):
        super().__init__()
        self.layer = nn.Linear(4, 6)
        self.register_buffer("threshold", torch.tensor(threshold))

    def forward(self, x):
        y = self.layer(x).relu()
        return y * (y > self.threshold)


def test_a_threshold_in_a_buffer_is_no_zero_so_whole_numbers_prove_nothing_about_it():
    """They are all above a tenth, and could not tell the two apart."""
    left, right = Threshold(0.0), Threshold(0.1)
    right.layer.load_state_dict(left.layer.state_dict())
    report = prove_equivalent(left, right, input_size=(20, 4))
    assert report["exact"].status == "SKIPPED"
    assert "right runs `gt`, for which whole numbers prove nothing" in report["exact"].detail
    assert not report.passed


@pytest.mark.parametrize("form", ["split_sum", "concat", "grouped"])
@pytest.mark.parametrize("signed", [False, True])
def test_a_bound_says_the_same_as_a_look(form, signed):
    side = Polynomial(block(form).double(), SIZE)
    values, x = draw(side.numbers, side.shape, side.size, signed, torch.Generator().manual_seed(0))
    (looked, saw), (bounded, knew) = (side.run(values, x, exact=exact) for exact in (True, False))
    assert torch.equal(looked, bounded)
    assert (saw.not_whole, saw.unknown) == (knew.not_whole, knew.unknown) == ("", "")
    assert knew.largest <= saw.largest < 1
    assert signed or saw.picks == knew.picks == ""


def test_what_is_written_into_memory_is_looked_at_again():
    whole = torch.zeros(4, dtype=torch.float64)
    with WholeNumbers(exact=False) as seen:
        kept = whole + 1
        kept[:2].mul_(0.5)
        kept + 1
    assert "not whole" in seen.not_whole


def test_a_batchnorm_that_is_no_identity_is_looked_at():
    bn = nn.BatchNorm2d(2, dtype=torch.float64).eval()
    with torch.no_grad(), WholeNumbers(exact=False) as seen:
        bn(torch.ones(1, 2, 2, 2, dtype=torch.float64))
    assert "not whole" in seen.not_whole
