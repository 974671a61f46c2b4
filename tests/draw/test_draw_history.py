"""The picture of a training run: its curves stand where the numbers are, however early it was stopped."""
import re
from itertools import pairwise

import pytest

from resnext_edu.draw.measured.binned import POINTS, binned
from resnext_edu.draw.measured.history import history_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, pieces, places


def record(epoch, accuracy=.5, validated=True, **other):
    own = {"validation_loss": 1.5, "validation_accuracy": accuracy} if validated else {"validation_loss": None, "validation_accuracy": None}
    return {"epoch": epoch, "train_loss": 1.25, "train_accuracy": .75, "lr": .1} | own | other


def run(count, **other):
    return [record(k, .2 + .7 * k / count, **other) for k in range(1, count + 1)]


def curves(picture):
    """The points of each line that has at least two."""
    found = [re.findall(r"[ML] (\S+) (\S+)", path.get("d")) for path in elements(picture, "path") if path.get("class").startswith("edge")]
    return [[(float(x), float(y)) for x, y in curve] for curve in found if len(curve) > 1]


def beneath(picture, epoch):
    """The x of an epoch on the axis below the left panel."""
    bottom = max(y for words, left, _, y in places(picture) if words == "0" and left < 420)
    (x,) = [(left + right) / 2 for words, left, right, y in places(picture) if words == str(epoch) and y == bottom and left < 420]
    return x


def at(picture, words, right=False):
    """The height of the tick with this number, in the left or the right panel."""
    (y,) = {y for shown, left, _, y in places(picture) if shown == words and (left > 420) == right}
    return y - 5


def test_losses_are_as_high_as_their_ticks():
    picture = history_picture(run(2), [.4, .3, .2, .1])
    losses = curves(picture)[0]
    heights = {4: at(picture, "0.4"), 2: at(picture, "0.2"), 0: at(picture, "0.0")}
    assert losses[0][1] == pytest.approx(heights[4], abs=.02)
    assert losses[2][1] == pytest.approx(heights[2], abs=.02)
    assert [b[0] - a[0] for a, b in pairwise(losses)] == pytest.approx([losses[1][0] - losses[0][0]] * 3, abs=.02)
    assert heights[4] < heights[2] < heights[0]
    assert losses[0][0] - beneath(picture, 0) == pytest.approx(beneath(picture, 2) - losses[-1][0], abs=.03)  # a step is between two ticks


def test_accuracies_are_as_high_as_their_ticks_and_the_last_ones_are_written():
    picture = history_picture([record(1, .6), record(2, .7), record(3, .8, train_accuracy=.9)], [1, 1, 1])
    training, validation = curves(picture)[-2:]
    unit = (at(picture, "60", right=True) - at(picture, "80", right=True)) / 20
    assert [y for _, y in validation] == pytest.approx([at(picture, "60", right=True) - unit * k for k in (0, 10, 20)], abs=.03)
    assert [y for _, y in training] == pytest.approx([at(picture, "60", right=True) - unit * k for k in (15, 15, 30)], abs=.03)
    assert {"training", "90.0 %", "validation", "80.0 %"} <= {*labels(picture)}
    dashed = [path for path in elements(picture, "path") if path.get("stroke-dasharray") == "5 3"]
    assert [[float(x) for x in re.findall(r"[ML] (\S+)", path.get("d"))] for path in dashed] == [[x for x, _ in training]]


def test_the_learning_rate_is_a_staircase():
    picture = history_picture([record(1, lr=.4), record(2, lr=.2), record(3, lr=0)], [1, 1, 1])
    (stairs,) = [curve for curve in curves(picture) if len(curve) == 6]
    assert [x for x, _ in stairs] == pytest.approx([beneath(picture, k) for k in (0, 1, 1, 2, 2, 3)], abs=.02)
    full, half, none = stairs[0][1], stairs[2][1], stairs[4][1]
    assert [y for _, y in stairs] == [full, full, half, half, none, none]
    assert none - half == pytest.approx(half - full) != 0
    assert at(picture, "0.4") == full


def test_thousands_of_steps_become_a_few_hundred_points():
    values = list(range(7000))
    points = binned(values)
    assert len(points) <= POINTS
    assert sum(mean for _, mean in points) / len(points) == pytest.approx(3499.5, rel=.002)
    assert all(place == mean for place, mean in points)  # each part is in the middle of its steps
    picture = history_picture(run(30), [5 - k / 2000 for k in values])
    assert len(curves(picture)[0]) == len(points)
    assert "a point is the mean of 24 steps" in picture.text
    assert "mean" not in history_picture(run(30), [1.0] * POINTS).text


def test_the_words_say_all_that_the_picture_says():
    assert history_picture([record(1), record(2, .625, lr=.05)], [2.5, .5]).text.splitlines() == [
        "Validation accuracy after 2 epochs: 62.5 %",
        "Left: the training loss of each step; below it, the learning rate. Right: accuracy after each epoch.",
        "Training loss, 2 steps: first 2.5, last 0.5.",
        "Epoch 1: training loss 1.25, accuracy 75.0 %, validation loss 1.5, validation accuracy 50.0 %, learning rate 0.1.",
        "Epoch 2: training loss 1.25, accuracy 75.0 %, validation loss 1.5, validation accuracy 62.5 %, learning rate 0.05."]


def test_of_many_epochs_the_words_have_some_with_the_first_and_the_last():
    told = [int(epoch) for epoch in re.findall(r"^Epoch (\d+):", history_picture(run(100), [1.0]).text, re.M)]
    assert (len(told), told[0], told[-1]) == (12, 1, 100)
    assert told == sorted({*told})


@pytest.mark.parametrize(("records", "losses", "title", "shown"), [
    ([], [], "Nothing has been trained yet", {"no step yet", "no epoch has ended yet"}),
    ([], [2.5], "No epoch has ended after 1 step", {"step", "no epoch has ended yet"}),
    ([], [2.5, 2.0, 1.5], "No epoch has ended after 3 steps", {"step", "no epoch has ended yet"}),
    ([record(1)], [2.5], "Validation accuracy after 1 epoch: 50.0 %", {"validation", "training", "epoch"}),
    ([record(1)], [], "Validation accuracy after 1 epoch: 50.0 %", {"validation", "training", "epoch"}),
    ([record(1, validated=False)], [1, 2], "Training accuracy after 1 epoch: 75.0 %", {"training", "75.0 %"}),
    ([record(1, 0)], [1], "Validation accuracy after 1 epoch: 0.0 %", {"validation", "0.0 %"}),
    (run(3, validated=False), [1] * 7, "Training accuracy after 3 epochs: 75.0 %", {"training", "75.0 %"}),
])
def test_a_run_that_was_stopped_early_is_drawn_too(records, losses, title, shown):
    picture = history_picture(records, losses)
    assert picture.title == title
    assert shown <= {*labels(picture)}
    assert is_accessible(picture)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert ("validation" in labels(picture)) == any(one["validation_accuracy"] is not None for one in records)


def test_one_point_is_a_dot():
    dots = [dot for dot in elements(history_picture([], [2.5]), "circle") if dot.get("class") == "ink"]
    assert len(dots) == 1
    assert pieces(history_picture([], [2.5]), "edge") == []


@pytest.mark.parametrize("records", [run(1), run(2), run(40), run(41), run(300), [record(k, .75) for k in (1, 2)], [record(1, 1, train_accuracy=1)],
                                     [record(1, 0, train_accuracy=0, lr=0)], [record(1, .75, lr=1.23456e-7)], [record(1, .75, lr=1e6)]])
@pytest.mark.parametrize("losses", [[0, 0], [1e-9, 1e-8], [1e11, 3], [-2, 1], [.123456] * 5000])
def test_nothing_collides(records, losses):
    picture = history_picture(records, losses)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert picture.svg == history_picture(records, losses).svg


def test_a_title_of_ones_own_is_cut_only_in_the_drawing():
    title = "Thirty epochs on one core of a small machine, and the accuracy still rises"
    picture = history_picture(run(2), [1, 2], title)
    assert picture.text.startswith(title)
    assert labels(picture)[0].endswith("…")
    assert outside(picture) == []


@pytest.mark.parametrize(("records", "losses", "complaint"), [
    ([{"epoch": 1}], [1], r"records\[0\] must be a dict with epoch, train_loss, train_accuracy, validation_loss, validation_accuracy, lr; got {'epoch': 1}"),
    ([record(2), record(1)], [1], r"records\[1\] must be of an epoch after 2; got 1; sort the records"),
    ([record(1), record(1)], [1], r"records\[1\] must be of an epoch after 1; got 1"),
    ([record(1, 50)], [1], r"validation_accuracy in records\[0\] must be an accuracy, 0 … 1; got 50; divide percent by 100"),
    ([record(1, lr=-1)], [1], r"lr in records\[0\] must be 0 or more; got -1"),
    ([record(1, train_loss=None)], [1], r"train_loss in records\[0\] must be a finite number; got None"),
    ([record(1)], [1, float("nan")], r"losses\[1\] must be a finite number; got nan; the training has diverged, so train again with a smaller learning rate"),
    ([record(1)], [1, 1e13], r"losses\[1\] must be a finite number, at most 1,000,000,000,000; got"),
    (5, [1], "records must be a list with a dict for each epoch; got 5"),
])
def test_what_is_no_history(records, losses, complaint):
    with pytest.raises(ConfigError, match=complaint):
        history_picture(records, losses)
