"""Answers that people may well type, right and wrong ones: what each gets said. Most were written before the banks were.

Each is run as it stands, in the names that its lesson imports and the functions that it defines; nothing else of the
lesson runs. A line of the file: lesson, exercise, kind, the code in the blank's cell, the misconception behind it.
`fair` says that accepting or refusing it can both be defended, `expect` is a pattern that stands in the reply.
"""
import ast
import dataclasses
import itertools
import json
import operator
import re
import signal
from contextlib import contextmanager, redirect_stdout, suppress
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
import torch
from torch import nn

from resnext_edu.exercises import Exercise, Prediction, check, questions
from resnext_edu.exercises.attempts import match
from resnext_edu.exercises.blank import Blank
from resnext_edu.exercises.prediction import SetPrediction
from tools import notebooks

ANSWERS = [json.loads(line) for name in ("typed_answers.jsonl", "more_typed_answers.jsonl")
           for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()]
TRUTHS = {
    "weights_of_32_paths": "fewer",
    "channels_a_path_reads": 256,
    "same_numbers": "most digits",
    "channels_that_miss_a_path": 256,
    "macs_on_the_smaller_map": "the same",
    "gradient_without_shortcuts": "larger",
    "weights_after_the_cut": "half",
    "harmless_deals": {1, 8},
    "outputs_of_input_1": "2 and 3",
    "channels_that_notice": 4,
    "weights_with_the_input_cut": "about half",
    "width_of_one_pair": 128,
    "long_row_times_tall_column": "the same two numbers",
    "swaps_without_harm": {"in both"},
    "needs_equal_paths": False,
    "groups_that_notice": 32,
    "slices_that_stay": 2,
    "time_of_the_paths": "more than twice as long",
    "order_of_a_sum": False,
    "luck_of_one_draw": "at most 4 of 295 times",
    "a_block_against_itself": "VACUOUS",
    "findings_that_see_bn_per_path": {"input gradient", "output (eval)", "output (train)"},
    "findings_that_see_the_bias": {"output (eval)"},
    "what_tells_the_stride": "neither",
    "findings_that_see_c_and_d": {"buffers", "input gradient", "output (eval)", "output (train)"},
    "how_many_are_missed": 0,
    "what_allclose_misses": {"bias_per_path", "bn_per_path", "stride_on_1x1"},
    "width_of_two_paths": 40,
    "middle_along_the_budget": "it doubles",
    "beaten_at_half_the_work": {"1×100d", "ResNet-200"},
    "time_of_64_groups": "longer",
    "width_of_a_path_in_layer4": 32,
    "stage_with_most_parameters": "layer4",
    "stage_with_most_macs": "layer3",
    "bits_of_the_logits": "equal to the last bit",
    "a_forgotten_stride": "neither",
    "counts_of_a_lost_batch": "only torchinfo's",
    "halves_with_batchnorm": "no",
    "convolutions_in_form_a": 1541,
    "pixels_that_count": "a quarter",
    "spread_of_a_sum": "about 6",
    "draws_that_see_the_relu": "signed",
    "memory_beside_resnet": "about 30 % more",
    "channels_it_depends_on": 8,
    "built_as_drawn": "it raises an error",
    "channels_that_matter": 4,
    "in_two_steps": "the same function",
    "broken_with_the_right_total": 7,
    "blocks_that_hand_on": 0,
    "errors_apart": "between one and two",
    "weights_without_groups": "three times as many",
    "whose_numbers": "those of the ResNets",
}
HELPERS = {  # what lesson cells make besides functions, and the typed answers use
    "09": "from resnext_edu import ResNeXtConfig\nconfig = ResNeXtConfig()",
}


@cache
def names_of(lesson):
    """What the cells of a lesson import, and the functions that they define outside of the blanks."""
    book = next(path for path in notebooks.lessons() if path.name.startswith(lesson))
    names = {"torch": torch, "nn": nn}
    for cell in notebooks.read(book).cells:
        if cell.cell_type == "code" and "exercise" not in cell.metadata.get("tags", []) and "%" not in cell.source[:1]:
            for statement in ast.parse(cell.source).body:
                if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef):
                    with suppress(NameError):  # a default that a cell has worked out
                        exec(ast.unparse(statement), names)
    exec(HELPERS.get(lesson, ""), names)
    return names


@contextmanager
def a_moment():
    """An answer that never ends is stopped, as a learner would stop it."""
    def stop(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def question_of(answer):
    """The question, and the name of its blank. A prediction gets its truth from here, not from the lesson's cells."""
    question = getattr(check, answer["exercise"])
    if isinstance(question, Exercise):
        return question, question.name
    return dataclasses.replace(question, reveal=lambda *_: (TRUTHS[question.name], "Why.")), "prediction"


def endless(answer):
    return re.search(r"\bwhile\b", answer["code"]) is not None


def verdict_on(answer):
    question, name = question_of(answer)
    names = names_of(answer["lesson"]).copy()
    names[name] = Blank(question.blank).build("...") if isinstance(question, Exercise) else ...
    with a_moment() if endless(answer) else redirect_stdout(StringIO()), redirect_stdout(StringIO()):
        with suppress(Exception):  # where the answer's own cell raises, the blank stays as it was
            exec(compile(answer["code"], "<typed>", "exec"), names)
        return question(names[name])


@pytest.fixture(scope="module")
def said():
    """(answer, its verdict) for all of them."""
    clock = hasattr(signal, "SIGALRM")  # not on Windows
    return [(answer, verdict_on(answer)) for answer in ANSWERS if clock or not endless(answer)]


def codes(said, kind, wanted):
    return [(answer["exercise"], answer["code"]) for answer, verdict in said
            if answer["kind"] == kind and not answer.get("fair") and wanted(verdict)]


def test_no_wrong_answer_is_accepted(said):
    assert codes(said, "wrong", lambda verdict: verdict.status == "right") == []


def test_no_right_answer_is_refused(said):
    assert codes(said, "right", lambda verdict: verdict.status != "right") == []


def test_the_reply_is_about_the_mistake_that_was_made(said):
    assert [(answer["code"], answer["expect"], verdict.text()) for answer, verdict in said
            if not re.search(answer.get("expect", ""), verdict.text(10_000))] == []


def test_most_wrong_answers_get_a_name(said):
    """Those without a name are told a ratio, a direction or a counterexample."""
    wrong = [verdict for answer, verdict in said if answer["kind"] == "wrong"]
    assert sum(bool(verdict.misconception) for verdict in wrong) >= 0.75 * len(wrong)


def test_no_reply_gives_the_choice_away(said):
    """What is not understood leads to none of the choices."""
    assert [verdict for _, verdict in said if "Did you mean" in verdict.text()] == []

# ------------------------------------------------------------------ remarks


@pytest.mark.parametrize("question", [question for lesson in questions().values() for question in lesson.values()
                                      if isinstance(question, Prediction)], ids=lambda question: question.name)
def test_each_choice_has_a_remark_of_its_own(question):
    remarks = [remark for remark in question.choices.values() if remark]
    assert len(set(remarks)) == len(remarks) >= len(question.choices) - (not isinstance(question, SetPrediction))
    assert [match(str(choice), question.choices) for choice in question.choices] == list(question.choices)

# ------------------------------------------------------------------ cases that can tell

TENSORS = {"relu": torch.relu, "abs": torch.abs, "neg": torch.neg, "double": lambda y: 2 * y, "one more": lambda y: y + 1,
           "the first only": lambda y: y[:1], "the last only": lambda y: y[-1:], "turned round": lambda y: y.flip(0),
           "transposed": lambda y: y.transpose(0, 1)}
NUMBERS = {"double": lambda y: 2 * y, "one more": lambda y: y + 1, "opposite": lambda y: -y}
SEVERAL = {"turned round": lambda y: y[::-1], "one more": lambda y: (*y[:-1], y[-1] + 1), "the last left out": lambda y: y[:-1]}
SETS = {"one left out": lambda y: {*list(y)[1:]}, "one more": lambda y: {*y, max(y) + 1}}
TRUTH_VALUES = {"not": lambda y: not y, "always yes": lambda _: True, "always no": lambda _: False}
CHANGES = {torch.Tensor: TENSORS, bool: TRUTH_VALUES, int: NUMBERS, float: NUMBERS, tuple: SEVERAL, set: SETS}
LAYERS = {"a ReLU behind": lambda y: nn.Sequential(y, nn.ReLU()), "a ReLU in front": lambda y: nn.Sequential(nn.ReLU(), y),
          "a bias": lambda y: like(y, bias=True), "another stride": lambda y: like(y, stride=3),
          "a larger padding": lambda y: like(y, padding=2), "a dilation": lambda y: like(y, dilation=2, padding=2),
          "other groups": lambda y: like(y, groups=2), "in and out exchanged": lambda y: nn.Conv2d(
              y.out_channels, y.in_channels + 1, y.kernel_size, bias=False), "nothing": lambda _: nn.Identity(),
          "circular": lambda y: like(y, padding_mode="circular", padding=1)}
EXERCISES = [question for lesson in questions().values() for question in lesson.values() if isinstance(question, Exercise)]


def like(conv, **changed):
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups")
    return nn.Conv2d(**{name: getattr(conv, name) for name in names} | {"bias": False} | changed)


def mutants(exercise):
    """What is nearly the right answer, in words: other results, other arguments, one of them always the same."""
    right = Blank(exercise.blank).build(exercise.answer)
    if not Blank(exercise.blank).is_function:
        changes = LAYERS if isinstance(right, nn.Module) else CHANGES[type(right)]
        yield from ((words, change(right)) for words, change in changes.items())
        return
    first = next(iter(exercise.cases().values()))
    result = right(*first)
    for words, change in CHANGES[type(result)].items():
        yield words, lambda *inputs, change=change: change(right(*inputs))
    yield "a constant", lambda *_: result
    if len(first) > 1:
        yield "arguments exchanged", lambda left, second, *others: right(second, left, *others)
    for k, argument in enumerate(first):
        if len(first) > 1:
            yield f"argument {k} is always the first case's", lambda *inputs, k=k, argument=argument: right(
                *inputs[:k], argument, *inputs[k + 1:])
        if isinstance(argument, torch.Tensor) and argument.dtype.is_floating_point:
            yield f"argument {k} without its sign", lambda *inputs, k=k: right(*inputs[:k], inputs[k].abs(), *inputs[k + 1:])


THE_SAME = {  # for these, the mutant is right, too
    "end_of_block": {"relu", "abs"}, "softmax": {"relu", "abs"}, "standard_error": {"relu", "abs", "turned round"},
    "standardised": {"argument 1 without its sign", "argument 2 without its sign"},  # pixels lie above zero
    "probes": {"relu", "abs", "transposed"},  # ones on a diagonal, zeros elsewhere
    "needs_projection": {"arguments exchanged"}, "same": {"arguments exchanged"}, "weights_of": {"arguments exchanged"}}


@pytest.mark.parametrize(("exercise", "mutant"), [
    pytest.param(exercise, mutant, id=f"{exercise.name}: {words}") for exercise in EXERCISES
    for words, mutant in mutants(exercise) if words not in THE_SAME.get(exercise.name, ())])
def test_no_mutant_of_the_answer_is_accepted(exercise, mutant):
    assert exercise(mutant).status in ("wrong", "not understood")


COUNTED = [exercise for exercise in EXERCISES if exercise.cases and all(
    isinstance(argument, int) for inputs in exercise.cases().values() for argument in inputs)]


@pytest.mark.parametrize("exercise", COUNTED, ids=lambda exercise: exercise.name)
def test_no_two_arguments_give_the_same_number_in_all_cases(exercise):
    """Else this number can be written down in their place, as in `outputs * 4 * kernel**2`."""
    cases = list(exercise.cases().values())
    for left, right in itertools.permutations(range(len(cases[0])), 2):
        for make in operator.truediv, operator.mul, operator.add, operator.sub:
            assert len({make(case[left], case[right]) for case in cases}) > 1, (left, right, make)


# ------------------------------------------------------------------ numbers collide easily

ONE_NUMBER = [question for lesson in questions().values() for question in lesson.values()
              if isinstance(question, Exercise) and not question.cases
              and isinstance(Blank(question.blank).build(question.answer), int | float)]


@pytest.mark.parametrize("exercise", ONE_NUMBER, ids=lambda exercise: exercise.name)
def test_few_integers_get_a_name(exercise):
    verdicts = [exercise(number) for number in range(1, 201)]
    assert len([verdict for verdict in verdicts if verdict.status != "right" and verdict.misconception]) <= 20
