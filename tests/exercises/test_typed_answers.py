"""Answers that people may well type, right and wrong ones, written down before the banks were read: what each gets said.

Each is run as it stands, in the names that its lesson imports and the functions that it defines; nothing else of the
lesson runs. A line of the file: lesson, exercise, kind, the code in the blank's cell, the misconception behind it.
`fair` says that accepting or refusing it can both be defended.
"""
import ast
import dataclasses
import json
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
from resnext_edu.exercises.behaviour import Outcome
from resnext_edu.exercises.blank import Blank
from resnext_edu.exercises.diagnosis import of_outcomes
from resnext_edu.exercises.prediction import SetPrediction
from tools import notebooks

ANSWERS = [json.loads(line) for line in (Path(__file__).parent / "typed_answers.jsonl").read_text(encoding="utf-8").splitlines()]
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
    "convolutions_in_form_a": 1541,
    "pixels_that_count": "a quarter",
    "spread_of_a_sum": "about 6",
    "draws_that_see_the_relu": "signed",
    "memory_beside_resnet": "about 30 % more",
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
           "the first only": lambda y: y[:1], "turned round": lambda y: y.flip(0), "transposed": lambda y: y.transpose(0, 1)}
NUMBERS = {"double": lambda y: 2 * y, "one more": lambda y: y + 1, "opposite": lambda y: -y}
FUNCTIONS = [question for lesson in questions().values() for question in lesson.values()
             if isinstance(question, Exercise) and question.cases and Blank(question.blank).is_function]


def of_kind(change, kind):
    return lambda value: change(value) if isinstance(value, kind) and not isinstance(value, bool) else value


def mutants(exercise):
    """Functions that are nearly the right one, in words."""
    right = Blank(exercise.blank).build(exercise.answer)
    first = right(*next(iter(exercise.cases().values())))
    kind, changes = (torch.Tensor, TENSORS) if isinstance(first, torch.Tensor) else (int | float, NUMBERS)
    if isinstance(first, torch.Tensor | int | float) and not isinstance(first, bool):
        for words, change in changes.items():
            if words not in THE_SAME.get(exercise.name, ()):
                yield words, lambda *inputs, change=change: of_kind(change, kind)(right(*inputs))
    if isinstance(first, bool):
        yield "not", lambda *inputs: not right(*inputs)
        yield "always yes", lambda *_: True
        yield "always no", lambda *_: False
    yield "a constant", lambda *_: first
    if len(next(iter(exercise.cases().values()))) > 1 and exercise.name not in SYMMETRIC:
        yield "arguments exchanged", lambda left, right_one, *others: right(right_one, left, *others)


THE_SAME = {  # its results are never negative, or a single number
    "end_of_block": {"relu", "abs"}, "softmax": {"relu", "abs"}, "standard_error": {"relu", "abs", "turned round"}}
SYMMETRIC = {"needs_projection", "same", "weights_of"}  # in and out, a and b: they may be exchanged


@pytest.mark.parametrize(("exercise", "mutant"), [
    pytest.param(exercise, mutant, id=f"{exercise.name}: {words}") for exercise in FUNCTIONS
    for words, mutant in mutants(exercise)])
def test_no_mutant_of_the_answer_is_accepted(exercise, mutant):
    assert exercise(mutant).status == "wrong"

# ------------------------------------------------------------------ numbers collide easily

ONE_NUMBER = [question for lesson in questions().values() for question in lesson.values()
              if isinstance(question, Exercise) and not question.cases
              and isinstance(Blank(question.blank).build(question.answer), int | float)]


@pytest.mark.parametrize("exercise", ONE_NUMBER, ids=lambda exercise: exercise.name)
def test_few_integers_get_a_name_by_arithmetic_alone(exercise):
    truth = Blank(exercise.blank).build(exercise.answer)
    named = [n for n in range(1, 201) if n != truth
             and of_outcomes([Outcome("", n)], [n], [truth], exercise.quantities)]
    assert len(named) <= 20
