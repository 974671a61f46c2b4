"""What a wrong answer is taken for where no mistake of a bank is like it: each reading, and what it must not read."""
import math

import numpy
import pytest
import torch
from torch import nn

from resnext_edu.exercises.behaviour import PARAMETERS, Outcome, Raised
from resnext_edu.exercises.diagnosis import of_error, of_form, of_outcomes, of_value, ratio_in_words
from resnext_edu.exercises.reading import read

NAN, T = float("nan"), torch.tensor
WEIGHT = T([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
MAPS = torch.arange(-12.0, 20).view(1, 2, 4, 4)


def looks_like(values, truths, quantities=None, printed=""):
    """The misconception seen in what an attempt gave, on a case for each truth."""
    seen = [Outcome(f"case {k}", value, printed) for k, value in enumerate(values)]
    got = [value if isinstance(value, Raised) else read(value, truth) for value, truth in zip(values, truths, strict=True)]
    reading = of_outcomes(seen, got, [read(truth, truth) for truth in truths], quantities or {})
    return reading.misconception if reading else ""


@pytest.mark.parametrize(("got", "misconception"), [
    (-7200, "the opposite sign"), (7201, "off by one"), (7199, "off by one"), (7202, ""), (7.2, "thousands in place of ones"),
    (72.0, ""), (7200 * 32, "multiplied by the 32 paths, or not divided by them"),
    (7200 / 32, "the 32 paths left out as a factor, or divided by once too often"),
    (7232, "the 32 paths added, though they don't belong there"), (7168, "the 32 paths left out of the sum"),
    (7200 * 9, "multiplied by the 9 places, or not divided by them"), (7200 * 32 * 9, ""), (7200 + 41, ""), (1, ""),
])
def test_a_number_is_read_by_one_step(got, misconception):
    assert looks_like([got], [7200], {"the 32 paths": 32, "the 9 places": 9}) == misconception


def test_off_by_one_is_only_said_of_large_numbers():
    assert [looks_like([truth + 1], [truth]) for truth in (7, 100, 101)] == ["", "", "off by one"]
    assert [looks_like([truth / 1000], [truth]) for truth in (128, 1000, 1024)] == ["", "", "thousands in place of ones"]


@pytest.mark.parametrize(("got", "misconception"), [
    (23.658456, "millions in place of ones"), (23.66, "millions in place of ones"), (23.64, "millions in place of ones"),
    (23_658.5, "thousands in place of ones"), (23.5, ""), (23_640_000, ""), (0.0237, "")])
def test_a_rounded_number_of_millions(got, misconception):
    assert looks_like([got], [23_658_456]) == misconception


def test_where_two_steps_fit_none_is_named():
    assert looks_like([12], [10], {"the pair": 2}) == "the pair added, though they don't belong there"
    assert looks_like([20], [10], {"the pair": 2, "the ten": 10}) == ""


@pytest.mark.parametrize(("got", "misconception"), [
    ([2, 3, 5], "a number added that does not belong there"), ([3, 6, 12], "a factor that does not belong there"),
    ([0.5, 1, 2], "a factor that does not belong there"), ([-1, -2, -4], "the opposite sign"), ([100, 200, 400], "a percentage"),
    ([1, 2, 5], ""), ([1, 4, 16], ""), ([7, 7, 7], "one answer for every case"), ([1, 2, float("inf")], ""),
    ([NAN, 2, 4], "nan in place of a number"), ([1, 2, "4"], "a number in quotes"), ([1, 2, None], "a function that gives nothing back"),
    ([(1, 1), 2, 4], "several numbers in place of one"), ([1, 2, Raised("KeyError", "1")], "a key that is not there"),
    ([2, 3, Raised("KeyError", "1")], ""),
])
def test_a_function_of_numbers_is_read_on_all_cases(got, misconception):
    assert looks_like(got, [1, 2, 4]) == misconception


def test_what_is_printed_is_not_returned():
    assert looks_like([None, None], [1, 2], printed="1\n") == "printed, not returned"
    assert looks_like([None, None], [1, 2], printed="\n") == "a function that gives nothing back"


@pytest.mark.parametrize(("got", "misconception"), [
    ([False, True, False], "the question turned round"), ([True, True, True], "one answer for every case"), ([True, True, False], ""),
    ([1, 0, 1], "a number in place of yes or no"), (["True", False, True], "a text"), ([(True, False), False, True],
                                                                                    "several answers in place of one")])
def test_yes_or_no(got, misconception):
    assert looks_like(got, [True, False, True]) == misconception

# ------------------------------------------------------------------ several numbers


@pytest.mark.parametrize(("got", "misconception"), [
    ((128, 4, 3), "too few numbers"), ((1, 128, 4, 3, 3), "too many numbers"), ((4, 128, 3, 3), "the right numbers in another order"),
    ((128, 8, 3, 3), "doubled or halved once too often, or once too seldom"),
    ((64, 2, 3, 3), "doubled or halved once too often, or once too seldom"), ((128, 12, 3, 3), ""), ((256, 2, 3, 3), ""),
    ((129, 5, 3, 3), "off by one"), ((129, 4, 3, 3), ""), ((128, 4, 4, 2), ""), (512, "one number in place of several"),
    ({128, 4, 3}, "a collection without an order"), ((128, NAN, 3, 3), "nan in place of a number"),
    ([[128, 4, 3, 3]], "brackets in brackets"), (((128, 4), (3, 3)), "several answers in place of one"), ("size", "a text"),
    (lambda: (128, 4, 3, 3), "a function in place of its result")])
def test_a_shape(got, misconception):
    assert looks_like([got], [(128, 4, 3, 3)]) == misconception


@pytest.mark.parametrize(("got", "misconception"), [
    ((4, 1, 3, 3), "one of them twice"), ((1, 1, 1, 1), "one of them twice"), ((5, 2, 4, 3), "off by one"), ((1, 2, 3, 5), "")])
def test_an_order(got, misconception):
    assert looks_like([got], [(4, 1, 3, 2)]) == misconception


def test_ones_and_twos_are_not_counted_wrongly():
    """1 in place of 2 is the other answer, such as "not grouped"."""
    assert looks_like([(1, 2, 1, 1, 1)], [(1, 2, 1, 2, 2)]) == ""


def test_several_numbers_are_read_on_all_cases():
    truths = [(32, 4), (32, 8), (32, 16)]
    assert looks_like([(32, 8), (32, 16), (32, 32)], truths) == "doubled or halved once too often, or once too seldom"
    assert looks_like([(32, 4), (32, 16), (32, 64)], truths) == ""
    assert looks_like([(4, 32), (8, 32), (32, 16)], truths) == "the right numbers in another order"
    assert looks_like([(4, 32), (32, 32), (32, 16)], truths) == ""


@pytest.mark.parametrize(("got", "misconception"), [
    ({4, 5}, "some of them left out"), ({4, 5, 6, 7}, "too many of them"), (set(), "none of them"), ({3, 4, 5}, ""),
    (4, "one number in place of several")])
def test_numbers_in_any_order(got, misconception):
    assert looks_like([got], [{4, 5, 6}]) == misconception

# ------------------------------------------------------------------ tensors and layers


@pytest.mark.parametrize(("change", "misconception"), [
    (torch.relu, "a ReLU that nobody asked for"), (torch.abs, "absolute values"), (torch.neg, "the opposite sign"),
    (lambda y: y.T, "two axes exchanged"), (lambda y: y.flip(0), "the order turned round"),
    (lambda y: y.flip(1), "the order turned round"), (lambda y: 3 * y, "a factor that does not belong there"),
    (lambda y: y.flatten(), "the right numbers in another shape"), (lambda y: y[None], "the right numbers in another shape"),
    (lambda y: y[:, [1, 0, 2]], "the right numbers in other places"), (lambda y: y.sum(), "one number in place of a tensor"),
    (lambda y: y[:1], "only a part of it"), (lambda y: y.sum(0), "another number of axes"), (lambda y: y + 1, ""),
    (lambda y: NAN * y, "nan in place of a number"), (lambda y: [y], "a tensor in brackets"),
    (lambda y: [y, y], "parts that are not yet put together"), (lambda y: nn.ReLU(), "a layer in place of what it gives"),
    (lambda y: (float(y.sum()), 3), "numbers in place of a tensor"), (lambda y: torch.zeros(7, 7), "one answer for every case"),
    (lambda y: y[:1] + 1, ""), (lambda y: y.numpy() + 1, "")])
def test_a_tensor_is_read_on_all_cases(change, misconception):
    truths = [WEIGHT, 2 * WEIGHT - 1]
    assert looks_like([change(truth) for truth in truths], truths) == misconception
    if misconception not in ("", "one answer for every case", "nan in place of a number", "a tensor in brackets",
                             "parts that are not yet put together", "a layer in place of what it gives",
                             "numbers in place of a tensor", "one number in place of a tensor", "another number of axes"):
        assert looks_like([change(WEIGHT), WEIGHT + 1], truths) == ""


@pytest.mark.parametrize(("got", "misconception"), [
    (MAPS[:, :, ::2, ::2], "maps of another size"), (nn.functional.pad(MAPS, (1, 1, 1, 1)), "maps of another size"),
    (MAPS[:, :1], "only a part of it"), (MAPS[:, :1, ::2], "only a part of it"), (MAPS + 1, "")])
def test_maps(got, misconception):
    assert looks_like([got, got], [MAPS, MAPS]) == misconception


def test_where_a_map_is_a_pixel_no_stride_is_to_blame():
    def hint(got, truth):
        return of_outcomes([Outcome("a case", got)] * 2, [got] * 2, [truth] * 2, {}).hint

    assert hint(MAPS, MAPS[..., :1, :1]) == "One pixel for each map is asked for."
    assert hint(MAPS, MAPS[..., :2, :2]).startswith("A stride")


@pytest.mark.parametrize(("layer", "misconception"), [
    (nn.Conv2d(4, 8, 3), "more weights than asked for"), (nn.ReLU(), "fewer weights than asked for"),
    (nn.Linear(4, 8, bias=False), "a layer of another kind"), (nn.Conv2d(4, 8, 1, bias=False), "another kernel"),
    (nn.Conv2d(4, 6, 3, bias=False), "another number of output channels"),
    (nn.Conv2d(4, 8, 3, groups=2, bias=False), "other input channels, or other groups")])
def test_the_weights_of_a_layer(layer, misconception):
    def shapes(module):
        return " and ".join(str(tuple(weight.shape)) for weight in module.parameters()) or "none at all"

    outcomes = [Outcome("an input", MAPS), Outcome(PARAMETERS, shapes(layer))]
    reading = of_outcomes(outcomes, [MAPS, shapes(layer)], [MAPS, shapes(nn.Conv2d(4, 8, 3, bias=False))], {})
    assert reading.misconception == misconception

# ------------------------------------------------------------------ other kinds, and errors


@pytest.mark.parametrize(("attempt", "function", "misconception"), [
    (7, True, "a value in place of a function"), ("nn.ReLU()", False, "code in quotes"), (nn.ReLU, False, "a class that is not called yet"),
    (MAPS, False, "what a layer puts out, in place of the layer"), ([nn.ReLU()], False, "a list of layers in place of one"),
    ([1], False, None), (7, False, None)])
def test_what_is_no_function_or_no_layer(attempt, function, misconception):
    assert getattr(of_form(attempt, function), "misconception", None) == misconception


@pytest.mark.parametrize(("attempt", "truth", "misconception"), [
    (True, 7, "a truth value in place of a number"), ("7", 7, "a number in quotes"), ((3, 4), 7, "parts that are not yet put together"),
    ((3, 5), 7, "several numbers in place of one"), (numpy.array([3, 4]), 7, "parts that are not yet put together"),
    (len, 7, "a function in place of its result"), (nn.ReLU(), 7, None), ({3: 4}, (3, 4), "a collection without an order")])
def test_another_kind_of_value(attempt, truth, misconception):
    assert getattr(of_value(attempt, truth), "misconception", None) == misconception


def raised(code):
    try:
        exec(code, {"torch": torch, "nn": nn, "x": MAPS, "paths": nn.ModuleList([nn.ReLU()])})
    except Exception as error:  # what a learner's code raises
        return Raised.of(error)


@pytest.mark.parametrize(("code", "misconception"), [
    ("x = (", "something that Python can't read"), ("y", "a name that Python does not know here"),
    ("math.pi", "a module that is not imported yet"), ("np.sum(x)", "a module that is not imported yet"),
    ("x.byte().mul_(0.5)", "whole numbers changed in place"), ("torch.dot(x.flatten(), x.double().flatten())", "numbers of two kinds"),
    ("x.foo", "something that this object does not have"), ("paths(x)", "a list of layers called as if it were a layer"),
    ("[x](x)", "a list called as if it were a function"), ("7(x)", "something called that is no function"),
    ("nn.ReLU()(x, x)", "a call with other arguments than it takes"), ("0.5 ^ 2", "`^` in place of `**`"),
    ("x ^ 2", "`^` in place of `**`"), ("paths[0] * x", "two things that can't be calculated with each other"),
    ("7[0]", "one thing taken for several"), ("for y in 7: pass", "one thing taken for several"),
    ("x[:, 2 / 2:]", "a place or a length that is not a whole number"), ("x = 12,034", "a number that begins with 0"),
    ("x.split(2 / 2, dim=1)", "a place or a length that is not a whole number"), ("[1][2 / 2]", "a place or a length that is not a whole number"),
    ("range(2 / 2)", "a place or a length that is not a whole number"), ("torch.relu(0.5)", "something of another kind than the call takes"),
    ("(1, 2)['a']", "a place named by a word"), ("torch.cat(x, 'a')", "something of another kind than the call takes"),
    ("x[0, 0, 0, 0, 0]", "an axis that is not there"), ("torch.cat([x], 4)", "an axis that is not there"),
    ("[1][1]", "a place that is not there"), ("{}['a']", "a key that is not there"),
    ("nn.Conv2d(3, 1, 1)(x)", "an input with another number of channels"),
    ("nn.BatchNorm2d(3)(x)", "a BatchNorm for another number of channels"),
    ("x + x[:, :, :3]", "tensors whose shapes do not fit together"), ("x[0, 0] @ x[0, 0, :3]", "tensors whose shapes do not fit together"),
    ("torch.cat([x, x[:, :, :3]], 1)", "tensors whose shapes do not fit together"), ("x.view(7)", "tensors whose shapes do not fit together"),
    ("nn.BatchNorm2d(2)(x[:, :, :1, :1])", "a BatchNorm in train mode, with one number for each channel"),
    ("torch.tensor([x, x])", "a list of tensors, given to `torch.tensor`"), ("bool(x == x)", "many truth values where one is needed"),
    ("1 / 0", "a division by zero"), ("f = lambda: f()\nglobals()['f'] = f\nf()", "a function that calls itself without an end"),
    ("raise OSError", None)])
def test_an_error(code, misconception):
    assert getattr(of_error(raised(code)), "misconception", None) == misconception


def test_what_an_error_names_stands_in_the_hint():
    assert "`y` has not been made" in of_error(raised("y")).hint
    assert "`*` stands between them" in of_error(raised("paths[0] * x")).hint
    assert "There is no `foo` in it" in of_error(raised("x.foo")).hint
    assert "This layer reads 3 channels" in of_error(raised("nn.Conv2d(3, 1, 1)(x)")).hint


@pytest.mark.parametrize(("got", "truth", "words"), [
    (2048, 2192, "It is 144 too small."), (2411, 2192, "It is 219 too large."), (2412, 2192, "It is 10 % too large."),
    (4384, 2192, "It is 2 times too large."), (1096, 2192, "It is 2 times too small."), (3288, 2192, "It is about 1.5 times too large."),
    (3287, 2192, "It is 50 % too large."), (5, 6, "It is 17 % too small."), (5, 10, "It is 2 times too small."),
    (1e9, 2, "It is more than a million times too large."), (1_999_998, 2, "It is 999,999 times too large."),
    (23.66, 23_658_456, "It is about 1,000,000 times too small."), (4, 1, ""), (0.5, 1, ""),
    (1, 2192, ""), (2, 2192, "It is 1,096 times too small."),
    (54321, 100, "It is about 540 times too large."), (0, 6, ""), (-1, 6, ""), (math.inf, 6, ""), (5, 0, ""), (2.95, 3, "It is 1.7 % too small.")])
def test_by_how_much_a_number_is_wrong(got, truth, words):
    assert ratio_in_words(got, truth) == words
