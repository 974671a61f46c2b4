"""The predictions of lesson 10: each truth is worked out from what was measured, and another measurement has another."""
import csv
from pathlib import Path
from statistics import stdev

import pytest
import torch

from resnext_edu import RECIPES, check, paired, read_runs
from resnext_edu.exercises import questions

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RUNS = read_runs(BENCHMARKS / "sweep.csv")


def column(arm, what, sweep="cardinality"):
    return [getattr(run, what) for run in RUNS if (run.sweep, run.arm) == (sweep, arm)]


def points(arm):
    return [100 * accuracy for accuracy in column(arm, "accuracy")]


def leads():
    with open(BENCHMARKS / "recipes.csv", encoding="utf-8", newline="") as file:
        return {row["recipe"]: float(row["lead"]) for row in csv.DictReader(file)}


LOSSES = paired(column("1×64d", "train_loss"), column("8×19d", "train_loss"))
POINTS = paired(points("1×64d"), points("8×19d"))
AGAIN = [b - a for a, b in zip(points("1×64d"), points("1×64d, again"), strict=True)]
UNSHOWN, WORSE = paired([1.0, 2.0, 3.0], [1.1, 1.9, 3.05]), paired([1.0, 2.0, 3.0], [2.0, 3.1, 4.05])
FORGOTTEN = {"the momentum": False, "the number of the epoch": False, "the number of the step": False,
             "the state of the random numbers": False, "the losses so far": True}

ASKED = [  # question, what the lesson's cell gives, the truth
    ("without_any_shortcut", [column(arm, "accuracy", "shortcut") for arm in ("with shortcuts", "without")], "more than 15 points"),
    ("without_any_shortcut", [[.9, .8], [.88, .79]], "less than 5 points"),
    ("without_any_shortcut", [[.9, .8], [.8, .7]], "5 to 15 points"),
    ("pairs_for_three_tenths", [stdev(AGAIN)], 50),
    ("pairs_for_three_tenths", [.05], 3),
    ("three_of_three", [AGAIN], "in about 1 of 5"),
    ("three_of_three", [[1, -1, 1, -1]], "in none"),
    ("three_of_three", [[1, 2, 3, 4]], "in more than half"),
    ("what_is_shown", [LOSSES, POINTS], "both"),
    ("what_is_shown", [LOSSES, UNSHOWN], "only the training loss"),
    ("what_is_shown", [UNSHOWN, POINTS], "only the accuracy"),
    ("what_is_shown", [UNSHOWN, UNSHOWN], "neither"),
    ("at_equal_time", [paired(column("1×64d, as long", "train_loss"), column("8×19d", "train_loss"))], "1×64d, as long"),
    ("at_equal_time", [LOSSES], "8×19d"),
    ("at_equal_time", [UNSHOWN], "not shown"),
    ("least_lead", [leads()], "timm A1"),
    ("least_lead", [{"timm A2": .1, "timm A1": .2}], "timm A2"),
    ("losses_part", [{"float32": [0, 1e-6, .01], "float64": [0, 1e-15, 1e-14]}], {"float32"}),
    ("losses_part", [{"float32": [0, 1e-6], "float64": [0, 0]}], set()),
    ("without_a_kink", [[1e-6, .01], [1e-6, 2e-6]], "stay together"),
    ("without_a_kink", [[1e-6, .01], [1e-6, .02]], "part as before"),
    ("without_a_kink", [[1e-6, 1e-5], [1e-6, .02]], "part faster"),
    ("what_a_checkpoint_needs", [FORGOTTEN], {name for name, same in FORGOTTEN.items() if not same}),
    ("what_a_checkpoint_needs", [dict.fromkeys(FORGOTTEN, True)], set()),
    ("halves_with_batchnorm", [{"without BatchNorm": 1e-16, "with BatchNorm": .01}], "no"),
    ("halves_with_batchnorm", [{"without BatchNorm": 1e-16, "with BatchNorm": 2e-16}], "yes"),
]


@pytest.mark.parametrize(("name", "given", "truth"), ASKED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_truth_comes_from_what_was_measured(name, given, truth):
    question = getattr(check, name)
    attempts = [set(), *({choice} for choice in question.choices), truth] if isinstance(truth, set) else question.choices
    for attempt in attempts:
        verdict = question(attempt, *given)
        assert verdict.status == ("right" if attempt == truth else "wrong"), verdict
        assert verdict.details[-1].endswith((".", "%"))


@pytest.mark.parametrize("name", [name for name, question in questions()["lesson_10"].items() if hasattr(question, "choices")])
def test_every_prediction_is_asked_here_and_every_wrong_choice_has_its_remark(name):
    truths = [truth for asked, _, truth in ASKED if asked == name]
    question = getattr(check, name)
    shipped = truths[0] if isinstance(truths[0], set) else {truths[0]}
    assert {choice for choice, remark in question.choices.items() if not remark} <= shipped


def test_the_papers_learning_rate_is_the_recipes():
    def paper_lr(epoch):
        return RECIPES["paper"].lr_at(epoch - 1, 100)

    assert check.paper_lr(paper_lr).status == "right"


def test_the_steps_are_those_of_a_training():
    from resnext_edu import load_images
    from resnext_edu.training.history import Log

    log = Log(RECIPES["short"], 0, len(load_images().train) // RECIPES["short"].batch_size)
    assert check.steps_of_training(log.total).status == "right"


def test_the_standard_error_is_what_an_interval_is_made_of():
    differences = torch.tensor(LOSSES.differences, dtype=torch.float64)
    error = check.standard_error(lambda values: values.std() / len(values) ** .5)
    assert error.status == "right"
    half = (LOSSES.high - LOSSES.low) / 2
    assert half / float(differences.std() / len(differences) ** .5) == pytest.approx(2.131, abs=.001)  # t, 15 degrees
