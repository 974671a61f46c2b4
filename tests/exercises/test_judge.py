"""Whatever a learner puts into a blank gets a verdict that says what it did: never a traceback, never the solution."""
import html
import linecache
import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy
import pytest
import torch
from torch import nn

from resnext_edu.errors import ConfigError
from resnext_edu.exercises import Exercise, Mistake
from resnext_edu.exercises.cards import Card
from resnext_edu.exercises.comparing import in_words, same
from resnext_edu.exercises.reading import Unread, read
from resnext_edu.exercises.verdict import Verdict

HINTS = ("First hint.", "Second hint.")


def number(answer="6", name="half_a_dozen"):
    mistakes = (Mistake("12", "a whole dozen", "Half of it."),)
    return Exercise("How many?", f"{name} = ...", answer, "Six.", HINTS, mistakes)


def shape():
    return Exercise("Which shape?", "shape = ...", "(128, 4)", "Out, in.", HINTS,
                    (Mistake(("(4, 128)", "(4, 128, 1)"), "exchanged", "Out comes first."),))


def double():
    """A function of a tensor; its first case is small enough to be shown."""
    return Exercise(
        "Double it.", "def double(x):\n    return ...", "2 * x", "Doubled.", HINTS,
        (Mistake("x ** 2", "squared", "Add it to itself."), Mistake("x.foo", "an attribute", "It is none.")),
        cases=lambda: {"1 and 3": (torch.tensor([1.0, 3.0]),), "a map": (torch.arange(32.0).view(2, 4, 4),)})


def layer():
    return Exercise(
        "Make it.", "layer = ...", "nn.Conv2d(2, 2, 1, bias=False)", "Made.", HINTS,
        (Mistake("nn.Conv2d(2, 2, 1)", "a bias", "Leave it out."),),
        cases=lambda: {"two channels": (torch.ones(1, 2, 2, 2),)})


def typed(source, name="double"):
    """What a cell of a notebook with this source would leave behind under a name."""
    file = "/somewhere/ipykernel_1/cell.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"torch": torch, "nn": nn}
    exec(compile(source, file, "exec"), names)
    return names[name]

# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize("answer", [
    6, 6.0, 12 / 2, 0.1 * 60, numpy.int64(6), numpy.float32(6), numpy.array(6), numpy.array([6]), torch.tensor(6),
    torch.tensor([6.0]), (6,), [6], torch.Size([6])])
def test_a_number_counts_whatever_carries_it(answer):
    assert number()(answer) == Verdict("right", "Six.")


@pytest.mark.parametrize(("answer", "message"), [
    (True, "your answer is True: a truth value, not a number."),
    ("6", 'your answer is "6": text; write the number without quotes.'),
    (None, "your answer is None."),
    (float("nan"), 'your answer is nan, which means "not a number". It comes from 0/0, inf − inf and the like.'),
    (6 + 0j, "your answer is (6+0j), not a number."),
    ((2, 192), "your answer is 2 numbers, and one was asked for. Python reads a comma as the start of the next number; "
               "write 2_192."),
    ((1, 100, 999), "your answer is 3 numbers, and one was asked for. Python reads a comma as the start of the next number; "
                    "write 1_100_999."),
    ((2, 192, 4), "your answer is 3 numbers, and one was asked for."),
    ((256, 4, 4), "your answer is 3 numbers, and one was asked for."),
    (torch.zeros(3), "your answer is 3 numbers, and one was asked for."),
    (nn.ReLU(), "your answer is a value of type `ReLU`, not a number."),
    (len, "your answer is a value of type `builtin_function_or_method`, not a number."),
])
def test_what_is_no_number_is_explained(answer, message):
    verdict = number()(answer)
    assert (verdict.status, verdict.message, verdict.details) == ("not understood", message, ())


@pytest.mark.parametrize(("answer", "message"), [
    (5, "5 is 17 % too small."), (6.5, "6.5 is 8.3 % too large."),
    (1200, "1,200 is 200 times too large."), (float("inf"), "inf is too large."),
    (-7, "-7 is too small."), (5.9999, "5.9999 is 0.0017 % too small.")])
def test_an_unknown_number_is_told_its_direction_and_its_ratio(answer, message):
    verdict = number()(answer)
    assert " ".join([verdict.message, *verdict.details]) == message
    assert verdict.misconception == ""


@pytest.mark.parametrize("answer", [12, 12.0, numpy.int8(12), torch.tensor(12), [12]])
def test_a_known_mistake_is_named_whatever_carries_it(answer):
    verdict = number()(answer)
    assert verdict == Verdict("wrong", "12 is too large.", (), "a whole dozen", "Half of it.")
    assert "This looks like: a whole dozen. Half of it." in verdict.text()


@pytest.mark.parametrize(("answer", "status"), [(1 / 3, "right"), (0.333, "wrong"), (0.33333333333, "right"), (0, "wrong")])
def test_a_fraction_is_compared_up_to_rounding(answer, status):
    assert number("1 / 3")(answer).status == status


@pytest.mark.parametrize(("truth", "answer", "status"), [
    ("1 / 3", 1 / 3 * (1 + 5e-7), "right"), ("1 / 3", 1 / 3 * (1 + 1e-5), "wrong"),  # what float32 keeps, and more
    ("6", 6 * (1 + 5e-10), "right"), ("6", 6 * (1 + 1e-8), "wrong"),  # a whole number: float64
])
def test_rounding_is_what_its_floats_lose_and_no_more(truth, answer, status):
    assert number(truth)(answer).status == status


@pytest.mark.parametrize(("answer", "status"), [
    (212 / 70, "right"), (3.0286, "right"), (3.029, "right"), (3.03, "right"), (torch.tensor(3.03), "right"),
    (3.02, "wrong"), (3.04, "wrong"), (3, "wrong")])
def test_where_three_digits_are_enough_more_of_them_are_right_too(answer, status):
    exercise = Exercise("How many times?", "times = ...", "212 / 70", "About 3.", HINTS,
                        (Mistake(("70 / 212",), "upside down", "Above 1."),), digits=3)
    assert exercise(answer).status == status
    assert exercise(0.33).misconception == exercise(0.3302).misconception == "upside down"
    assert exercise(3.0412).message == "3.0412 is 0.42 % too large."


def test_digits_are_counted_only_of_numbers_that_are_not_whole():
    exercise = Exercise("How many?", "weights = ...", "70144", "So many.", HINTS, (), digits=3)
    assert [exercise(answer).status for answer in (70144, 70144.0, 70100, 70143)] == ["right", "right", "wrong", "wrong"]

# ------------------------------------------------------------------ several numbers


@pytest.mark.parametrize("answer", [
    (128, 4), [128, 4.0], torch.Size([128, 4]), numpy.array([128, 4]), torch.tensor([128, 4]), numpy.zeros((128, 4)).shape,
    (numpy.int64(128), torch.tensor(4)), nn.Linear(4, 128).weight.shape])
def test_a_shape_counts_whatever_carries_it(answer):
    assert shape()(answer).status == "right"


@pytest.mark.parametrize(("answer", "status", "message"), [
    ((128, 128), "wrong", "In (128, 128), not right yet: the second."),
    ((1, 2), "wrong", "In (1, 2), not right yet: the first, second."),
    ((128,), "wrong", "(128,) has 1 number; there are 2."),
    ((128, True), "not understood", "your answer is True: a truth value, not a number."),
    ({128, 4}, "not understood", "your answer is a set, which has no order; write the numbers in round brackets."),
    ("128, four", "not understood", 'your answer is "128, four"; expected several numbers in round brackets, such as (1, 2).'),
    (512, "not understood", "your answer is 512; expected several numbers in round brackets, such as (1, 2)."),
    (nn.Linear(4, 128), "not understood", "your answer is a layer, `Linear`; its `.weight.shape` is a tuple of numbers."),
    (torch.tensor(128), "not understood", "your answer is a tensor; its `.shape` is a tuple of numbers."),
    (torch.zeros(128, 4), "not understood", "your answer is a tensor; its `.shape` is a tuple of numbers."),
])
def test_what_is_wrong_with_a_shape_is_said(answer, status, message):
    verdict = shape()(answer)
    assert (verdict.status, verdict.message) == (status, message)
    assert verdict.misconception != "exchanged"


def channels():
    return Exercise("Which channels?", "channels = ...", "{4, 5, 6}", "These.", HINTS,
                    (Mistake("{0, 1, 2}", "the first ones", "Further on."),))


@pytest.mark.parametrize("answer", [
    {4, 5, 6}, (6, 5, 4), [4, 5.0, 6], range(4, 7), frozenset({4, 5, 6}), torch.tensor([5, 4, 6]), numpy.arange(4, 7),
    (4, 4, 5, 6)])
def test_where_no_order_is_asked_any_order_is_right(answer):
    assert channels()(answer).status == "right"


@pytest.mark.parametrize(("answer", "status", "message"), [
    ((2, 0, 1), "wrong", "{0, 1, 2} has none of the 3 numbers asked for, and 3 others."),
    ([7, 4], "wrong", "{4, 7} has 1 of the 3 numbers asked for, and 1 other."),
    ({32, 1, 5}, "wrong", "{1, 5, 32} has 1 of the 3 numbers asked for, and 2 others."),
    ({5}, "wrong", "{5} has 1 of the 3 numbers asked for."),
    (set(), "wrong", "{} has none of the 3 numbers asked for."),
    ({4, "5"}, "not understood", 'your answer is "5": text; write the number without quotes.'),
    (4, "not understood", "your answer is 4; expected several numbers in round brackets, such as (1, 2)."),
    ({4: 5}, "not understood", "your answer is a dict, which has no order; write the numbers in round brackets."),
    ({...}, "not attempted", "replace the three dots with your answer and run both cells."),
])
def test_numbers_in_any_order_are_told_how_many_are_right(answer, status, message):
    verdict = channels()(answer)
    assert (verdict.status, verdict.message) == (status, message)
    assert (verdict.misconception == "the first ones") == (answer == (2, 0, 1))


def test_each_face_of_a_mistake_is_known():
    assert shape()([4, 128]).misconception == shape()((4, 128, 1)).misconception == "exchanged"

# ------------------------------------------------------------------ blanks


@pytest.mark.parametrize(("exercise", "answer"), [
    (number(), ...), (number(), (...,)), (shape(), (..., 4)), (double(), ...), (double(), lambda x: ...), (layer(), ...),
    (double(), lambda x: 2 * x if x.numel() == 2 else ...)])
def test_a_blank_is_not_attempted(exercise, answer):
    verdict = exercise(answer)
    assert verdict.status == "not attempted"
    assert verdict.details == ()



def test_an_exercise_without_a_blank_is_an_error_as_soon_as_it_is_made():
    with pytest.raises(ConfigError, match="a blank must be"):
        Exercise("How many?", "half_a_dozen = 6", "6", "Six.", HINTS, ())

# ------------------------------------------------------------------ functions


@pytest.mark.parametrize("source", [
    "double = lambda x: x + x",
    "def double(x):\n    total = 0\n    for _ in range(2):\n        total += x\n    return total",
    "def double(x):\n    return (2 * x).numpy()",
    "def double(x):\n    return (2 * x).tolist()",
    "def double(x):\n    return 2 * x.double()",
    "def double(x, times=2):\n    return nn.Parameter(times * x)",
    "class Double(nn.Module):\n    def forward(self, x):\n        return 2 * x\ndouble = Double()",
])
def test_a_function_is_judged_by_what_it_does(source):
    assert double()(typed(source)) == Verdict("right", "Doubled.")


@pytest.mark.parametrize(("body", "message", "details"), [
    ("return 3 * x", "gives [3, 9]. Expected: [2, 6].", ()),
    ("return x[:1]", "gives a tensor of shape (1,). Expected: shape (2,).", ()),
    ("return x.sum()", "gives one number, 4. Expected: a tensor of shape (2,).", ()),
    ("return 2 * x * float('nan')", "gives [nan, nan]. Expected: [2, 6].",
     ('nan means "not a number". It comes from 0/0, inf − inf and the like, and spreads to all that is made of it.',)),
    ("2 * x", "gives None. Expected: [2, 6], a tensor of shape (2,).",
     ("A function gives None if it comes to no `return`, or if what it returns is a `print(…)`.",)),
    ("return 'six'", 'gives "six", not a tensor. Expected: [2, 6], a tensor of shape (2,).', ()),
    ("return [x[0], 7]", "gives [1, 7]. Expected: [2, 6].", ()),
    ("return [x, x]", "gives a list of 2 tensors, not one tensor. Expected: [2, 6], a tensor of shape (2,).", ()),
    ("return nn.ReLU()", "gives a layer, `ReLU`, not a tensor; call it, or take its `.weight`. Expected: [2, 6], a tensor of "
                         "shape (2,).", ()),
    ("return torch.complex(2 * x, x)", "gives a tensor of complex numbers. Expected: [2, 6], a tensor of shape (2,).", ()),
    ("return x.to('meta')", "gives a tensor on the meta device, which holds no numbers. Expected: [2, 6], a tensor of shape "
                            "(2,).", ()),
    ("return (2 * y for y in x)", "gives a value of type `generator`, not a tensor. Expected: [2, 6], a tensor of shape (2,).",
     ()),
    ("return x.nothing", "raised `AttributeError`: 'Tensor' object has no attribute 'nothing'",
     ("It happened here: `return x.nothing`",)),
    ("raise SystemExit", "raised `SystemExit`.", ("It happened here: `raise SystemExit`",)),
    ("raise ValueError('a\\n\\nb' * 100)", "raised `ValueError`: " + " ".join(("a\n\nb" * 100).split())[:200] + " …",
     ("It happened here: `raise ValueError('a\\n\\nb' * 100)`",)),
    ("print('x is', x[0])\n    return 3 * x", "gives [3, 9]. Expected: [2, 6].", ("It printed: x is tensor(1.)",)),
])
def test_what_a_wrong_function_did_is_told_on_the_smallest_case(body, message, details):
    verdict = double()(typed(f"def double(x):\n    {body}"))
    assert verdict.status == "wrong"
    assert verdict.message == f"With 1 and 3, your function {message}"
    assert verdict.details == details


@pytest.mark.parametrize(("line", "raised"), [
    ("return torch.cat([x, x.view(1, 2)])", "RuntimeError"), ("return double(x)", "RecursionError"),
    ("return nn.Linear(3, 3)(x)", "RuntimeError")])
def test_an_error_deep_inside_is_shown_with_the_learners_line(line, raised):
    verdict = double()(typed(f"def double(x):\n    {line}"))
    assert verdict.message.startswith(f"With 1 and 3, your function raised `{raised}`: ")
    assert verdict.details[0] == f"It happened here: `{line}`"


def test_the_first_case_that_tells_is_shown_and_only_a_place_of_a_large_one():
    right_on_the_first = typed("def double(x):\n    return 2 * x if x.numel() < 3 else 2 * x + (x == 5)")
    assert double()(right_on_the_first).message == (
        "With a map, your function gives 11 at [0, 1, 1]. Expected there: 10.")


@pytest.mark.parametrize(("x", "change", "status"), [
    (3.0, "2 * x * (1 + 1e-6)", "right"), (3.0, "2 * x * (1 + 1e-4)", "wrong"),
    (0.0, "2 * x + 5e-9", "right"), (0.0, "2 * x + 1e-6", "wrong")])
def test_a_tensor_is_compared_up_to_rounding(x, change, status):
    exercise = Exercise("Double it.", "def double(x): return ...", "2 * x", "Doubled.", HINTS, (), cases=lambda: {"x": (torch.full((3,), x),)})
    assert exercise(typed(f"def double(x):\n    return {change}")).status == status


@pytest.mark.parametrize(("change", "said"), [
    ("2 * x * (1 + 1e-6) + (x == 5)", "11 at [0, 1, 1]. Expected there: 10."),
    ("2 * x + 5e-9 * (x == 0) + (x == 5)", "11 at [0, 1, 1]. Expected there: 10."),
    ("2 * x * (1 + 1e-4 * (x == 7))", "14.0014 at [0, 1, 3]. Expected there: 14."),
    ("2 * x + 1e-6 * (x == 0)", "1e-06 at [0, 0, 0]. Expected there: 0."),
    ("2 * x + (x > 4)", "11 at [0, 1, 1]. Expected there: 10."),
])
def test_the_first_place_that_is_not_rounding_is_told(change, said):
    answer = typed(f"def double(x):\n    return {change} if x.numel() > 2 else 2 * x")
    assert double()(answer).message == f"With a map, your function gives {said}"


def test_tensors_are_compared_as_float64():
    exercise = Exercise("?", "def f(x): return ...", "2 * x", "", HINTS, (), cases=lambda: {"it": (torch.tensor([1e200], dtype=torch.float64),)})
    assert exercise(lambda x: 2 * x).status == "right"
    assert exercise(lambda x: 3 * x).message == "With it, your function gives 3e+200. Expected: 2e+200."


def test_of_sixteen_numbers_all_are_shown_and_of_more_only_one():
    def gives(size, answer):
        exercise = Exercise("?", "def f(x): return ...", "2 * x", "", HINTS, (), cases=lambda: {"it": (torch.ones(size),)})
        return exercise(answer).message

    assert gives(16, lambda x: 3 * x) == (
        f"With it, your function gives [{', '.join('3' * 16)}]. Expected: [{', '.join('2' * 16)}].")
    assert gives(17, lambda x: 3 * x) == "With it, your function gives 3 at [0]. Expected there: 2."
    assert gives(16, lambda x: None) == (
        f"With it, your function gives None. Expected: [{', '.join('2' * 16)}], a tensor of shape (16,).")
    assert gives(17, lambda x: None) == "With it, your function gives None. Expected: a tensor."


def test_a_nan_is_explained_where_it_is_one_of_many():
    answer = typed("def double(x):\n    return torch.tensor([2.0, float('nan')])")
    assert double()(answer).details[0].startswith('nan means "not a number".')


def test_the_line_of_a_helper_is_shown():
    source = "def helper(x):\n    return x / None\n\ndef double(x):\n    return helper(x)"
    assert "It happened here: `return x / None`" in double()(typed(source)).details


def test_the_line_that_imports_is_the_learners_though_python_itself_fails_inside_of_it():
    answer = typed("import importlib\n\ndef double(x):\n    return importlib.import_module('nothing')")
    assert double()(answer).details[0] == "It happened here: `return importlib.import_module('nothing')`"


def test_a_function_that_can_not_be_called_like_this_is_told_so():
    verdict = double()(typed("def double():\n    return 2"))
    assert "raised `TypeError`: double() takes 0 positional arguments but 1 was given" in verdict.message


def test_what_else_is_handed_to_a_check_does_not_matter():
    assert double()(lambda x: 2 * x, torch.ones(2)).status == "right"


@pytest.mark.parametrize(("answer", "shown"), [
    (torch.zeros(2), "a value of type `Tensor`"), (6, "6"), (None, "None"), ("2 * x", '"2 * x"')])
def test_a_result_in_place_of_the_function_is_explained(answer, shown):
    assert double()(answer).message == f"{shown} is not a function."


def test_a_misconception_is_known_by_what_it_does_and_by_what_it_raises():
    assert double()(typed("def double(x):\n    return x.mul(x)")).misconception == "squared"
    assert double()(typed("def double(x):\n    y = x\n    return y.foo")).misconception == "an attribute"
    assert double()(typed("def double(x):\n    return x.bar")).misconception == "something that this object does not have"
    assert double()(typed("def double(x):\n    return x ** 2 if x.dim() == 1 else 2 * x")).misconception == ""


def test_two_arguments_in_the_other_order_are_seen():
    exercise = Exercise("Subtract.", "def minus(x, y):\n    return ...", "x - 2 * y", "Less.", HINTS, (),
                        cases=lambda: {"5 and 3": (5, 3), "4 and 4": (4, 4), "1 and 2": (1, 2)})
    assert exercise(lambda y, x: x - 2 * y).misconception == "two arguments exchanged"
    assert exercise(lambda x, y: y - x).misconception == ""
    assert double()(lambda x: 1 + x).misconception == ""


def test_a_changed_input_is_wrong_though_the_result_is_right():
    verdict = double()(typed("def double(x):\n    x *= 2\n    return x"))
    assert verdict.status == "wrong"
    assert verdict.text(400).splitlines()[:2] == [
        "✕ wrong: With 1 and 3, the result is right, but …",
        "This looks like: a change of what was given. Your function changes what it was given, and whoever calls it may still "
        "need that. In-place operations (`+=`, `relu_`, `x[0] = …`), `.train()` and `.eval()` do it. Make something new, or leave it as it stands.",
    ]
    assert len(double()(typed("def double(x):\n    x *= 3\n    return x")).details) == 1  # told beside the wrong result


@pytest.mark.parametrize("body", ["bn(x)", "bn.eval()", "paths.append(1)", "paths[0] *= 2", "paths[0].resize_(1)", "named.clear()"])
def test_changes_of_layers_lists_and_dicts_are_seen_too(body):
    touch = Exercise("?", "def touch(bn, x, paths, named): return ...", "1", "", HINTS, (), cases=lambda: {"these": (
        nn.BatchNorm1d(1), torch.tensor([[1.0], [3.0]]), [torch.ones(2)], {"a": torch.ones(1)})})
    assert touch(typed(f"def touch(bn, x, paths, named):\n    {body}\n    return 1", "touch")).status == "wrong"
    assert touch(typed("def touch(bn, x, paths, named):\n    return 1", "touch")).status == "right"


def test_a_change_is_seen_on_every_case():
    later = typed("def double(x):\n    return x.mul_(2) if x.numel() > 2 else 2 * x")
    assert (double()(later).status, double()(later).message) == ("wrong", "With a map, the result is right, but …")


def test_prints_are_kept_for_the_verdict(capsys):
    verdict = double()(typed("def double(x):\n    print('shape', tuple(x.shape))\n    return 2 * x"))
    assert verdict == Verdict("right", "Doubled.", ("It printed: shape (2,)",))
    warned = double()(typed("def double(x):\n    import sys\n    print('careful', file=sys.stderr)\n    return 2 * x"))
    assert warned.details == ("It printed: careful",)
    long = double()(typed("def double(x):\n    print('a' * 300)\n    return 2 * x"))
    assert long.details == (f"It printed: {'a' * 200} …",)
    assert capsys.readouterr() == ("", "")


def test_random_numbers_go_on_as_before():
    state = torch.get_rng_state()
    double()(typed("def double(x):\n    torch.manual_seed(3)\n    return torch.rand(2)"))
    layer()(nn.Identity())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("exercise", [double(), layer()], ids=["function", "layer"])
def test_the_stop_button_gives_a_verdict(exercise):
    class Stopped(nn.Module):
        def forward(self, x):
            raise KeyboardInterrupt  # what Python makes of the stop button's signal, unless it was started to ignore it

    verdict = exercise(Stopped())
    assert verdict.status == "stopped"
    assert verdict.text().startswith("■ stopped: you stopped the check before it came to an end.")


def test_truth_values():
    even = Exercise("?", "def even(n): return ...", "n % 2 == 0", "Even.", HINTS, (), cases=lambda: {"2": (2,), "3": (3,)})
    for right in (lambda n: n in (2,), lambda n: torch.tensor(n == 2), lambda n: numpy.array([n]).max() == 2):
        assert even(right).status == "right"
    assert even(lambda n: True).message == "With 3, your function gives True. Expected: False."
    assert even(lambda n: 1).message == "With 2, your function gives 1. Expected: True."
    assert even(lambda n: torch.tensor([True, True])).message == (
        "With 2, your function gives a tensor of 2 values; `.all()` would make one truth value of them. Expected: True.")

# ------------------------------------------------------------------ layers


def module(forward, *parameters):
    source = "class Layer(nn.Module):\n    def forward(self, x):\n        " + forward
    made = typed(source, "Layer")()
    made.weights = nn.ParameterList(parameters)
    return made


@pytest.mark.parametrize("answer", [
    nn.Conv2d(2, 2, 1, bias=False), nn.Conv2d(2, 2, (1, 1), bias=False).double(), nn.Conv2d(2, 2, 1, bias=False).half(),
    nn.Sequential(nn.Conv2d(2, 2, 1, bias=False)), nn.Sequential(nn.Identity(), nn.Conv2d(2, 2, 1, bias=False)),
    module("return nn.functional.conv2d(x, self.weights[0])", torch.zeros(2, 2, 1, 1)),
])
def test_a_layer_is_judged_with_weights_of_ours(answer):
    before = [weight.clone() for weight in answer.parameters()]
    assert layer()(answer).status == "right"
    assert all(map(torch.equal, before, answer.parameters()))


@pytest.mark.parametrize(("answer", "message"), [
    (nn.Conv2d, "a value of type `type` is not a layer. A layer is what a call such as `nn.ReLU()` makes."),
    (lambda x: x, "a value of type `function` is not a layer. A layer is what a call such as `nn.ReLU()` makes."),
    (nn.Identity(), "The shapes of your layer's parameters: none at all. Expected: (2, 2, 1, 1)."),
    (nn.Conv2d(2, 4, 1, bias=False), "The shapes of your layer's parameters: (4, 2, 1, 1). Expected: (2, 2, 1, 1)."),
    (nn.Conv2d(2, 2, 1, bias=False, stride=2),
     "With two channels, your layer gives a tensor of shape (1, 2, 1, 1). Expected: shape (1, 2, 2, 2)."),
    (module("return nn.functional.conv2d(x, 2 * self.weights[0])", torch.zeros(2, 2, 1, 1)),
     "With two channels, your layer gives [[[0, 0], [0, 0]], [[-8, -8], [-8, -8]]]. "
     "Expected: [[[0, 0], [0, 0]], [[-4, -4], [-4, -4]]]."),
    (module("return x.nothing"), "With two channels, your layer raised `AttributeError`: 'Tensor' object has no attribute "
                                 "'nothing'"),
    (nn.Module.__new__(nn.Module), "With its parameters, your layer raised `AttributeError`: 'Module' object has no attribute "
                                   "'_parameters'"),
])
def test_what_is_wrong_with_a_layer_is_said(answer, message):
    assert layer()(answer).message == message


class Two(nn.Module):
    """Two weights of one shape, used in an order of its own."""

    def __init__(self, *order):
        super().__init__()
        self.order, self.weights = order, nn.ParameterList(torch.zeros(2, 2, 1, 1) for _ in range(2))

    def forward(self, x):
        for k in self.order:
            x = nn.functional.conv2d(x, self.weights[k])
        return x


def test_two_weights_of_one_shape_get_different_numbers_so_that_their_order_matters():
    exercise = Exercise("Make it.", "layer = ...", "nn.Sequential(nn.Conv2d(2, 2, 1, bias=False), nn.Conv2d(2, 2, 1, bias=False))",
                        "Made.", HINTS, (), cases=lambda: {"two channels": (torch.ones(1, 2, 2, 2),)})
    assert exercise(Two(0, 1)).status == "right"
    assert exercise(Two(1, 0)).status == "wrong"
    assert exercise(Two(0, 0)).status == "wrong"


def test_a_layer_with_other_parameters_and_other_numbers_is_told_of_its_parameters():
    assert layer()(nn.Conv2d(2, 2, 1)).message == (
        "The shapes of your layer's parameters: (2, 2, 1, 1) and (2,). Expected: (2, 2, 1, 1).")


def test_what_a_layer_prints_is_kept_for_the_verdict():
    talks = module("print('here'); return nn.functional.conv2d(x, self.weights[0])", torch.zeros(2, 2, 1, 1))
    assert layer()(talks) == Verdict("right", "Made.", ("It printed: here",))


def test_the_line_in_a_forward_is_shown_and_mistakes_are_known():
    assert layer()(module("return x.nothing")).details[0] == "It happened here: `return x.nothing`"
    assert layer()(nn.Conv2d(2, 2, 1)).misconception == "a bias"

# ------------------------------------------------------------------ hints


def test_hints_open_one_after_another_and_then_the_solution():
    exercise = double()
    assert exercise.solution().text() == "not open yet: 2 hints first: `check.double.hint()`."
    assert exercise.hint().text() == "hint: (1 of 2) First hint.\nNext: `check.double.hint()`."
    assert exercise.solution().text() == "not open yet: 1 hint first: `check.double.hint()`."
    both = "hint: (1 of 2) First hint.\n(2 of 2) Second hint.\nNext: `check.double.solution()`."
    assert exercise.hint().text() == exercise.hint().text() == both
    assert exercise.solution().text() == "solution: Doubled.\ndef double(x):\n    return 2 * x"
    assert double().solution().label == "not open yet"  # each exercise counts its own


CARDS = [double().hint(), Card("solution", "a < b", code="x[:, 0] <\n    `b`"), double()(lambda x: x ** 2), double()(...),
         Verdict("right", " ".join("x" * (k % 13) + " split-sum" for k in range(99)))]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.label)
def test_text_and_html_say_the_same_and_all_is_escaped(card):
    shown = card._repr_html_().split("<details")[0]
    assert set(re.findall(r"</?([^\s>]+)", shown)) <= {"div", "p", "strong", "code", "pre"}
    said = html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</?code>", "`", shown).replace("</p>", " ")))
    assert " ".join(said.split()) == " ".join(repr(card).split())


def test_code_keeps_its_lines():
    assert "<pre style=\"margin:4px 0;padding:4px 8px\">x[:, 0] &lt;\n    `b`</pre>" in CARDS[1].html()
    assert CARDS[1].text().endswith("x[:, 0] <\n    `b`")


@pytest.mark.parametrize("attempt", [..., 3, lambda x: x, lambda x: x.nothing, lambda x: x.add_(x)], ids=["dots", "a number", "the input", "raises", "changes the input"])
def test_hints_open_one_after_another_on_the_card_and_the_solution_behind_them(attempt):
    verdict = double()(attempt)
    *_, card = ElementTree.fromstring(verdict.html())
    assert card.tag == "details"
    opened = list(card.iter("details"))
    assert [each[0].tag for each in opened] == ["summary"] * 3
    assert [each[0][0].text for each in opened] == ["Hint 1 of 2", "Hint 2 of 2", "Solution"]
    assert [each[1].text for each in opened] == ["First hint.", "Second hint.", "Doubled."]
    assert all(inner in outer for outer, inner in pairwise(opened))
    assert opened[2][2].text == "def double(x):\n    return 2 * x"
    assert "open" not in verdict.html().replace("opened", "")
    assert not re.search("First hint|Second hint|2 [*] x", verdict.text())


def test_a_right_answer_needs_no_hints():
    assert "<details" not in double()(lambda x: x + x).html()

# ------------------------------------------------------------------ reading


class Hostile:
    def __repr__(self):
        raise RuntimeError

    __str__ = item = tolist = __iter__ = __len__ = __getattr__ = __array__ = __repr__


@pytest.mark.parametrize("like", [True, 1, 1.5, (1, 2), torch.zeros(2)])
@pytest.mark.parametrize("value", [
    Hostile(), [Hostile()], object, iter([]), numpy.array(["a"]), torch.empty(2, device="meta"), {"a": 2}, b"1",
    torch.complex(torch.ones(2), torch.ones(2)), [[1], [2, 3]], [None, 1]], ids=lambda value: type(value).__name__)
def test_reading_never_raises(value, like):
    found = read(value, like)
    assert isinstance(found, Unread) or in_words(found)
    assert not same(found, read(like, like))


@pytest.mark.parametrize(("left", "right", "equal"), [
    (1, True, False), (1, 1, True), (1, 1.0, True), ((1, 2), (1, 2), True), ((1, 2), (1,), False), (1, (1,), False),
    (torch.ones(2), torch.ones(2) + 1e-7, True), (torch.ones(2), torch.ones(2) + 1e-3, False),
    (torch.ones(2), torch.ones(1), False), (torch.tensor([float("nan")]), torch.tensor([float("nan")]), False),
    (Unread("a"), Unread("a"), True), (Unread("a"), Unread("b"), False), (0.0, 1e-12, False),
])
def test_equal(left, right, equal):
    assert same(left, right) == equal
