"""The picture of paths and classes: every number is there, and each bar is as long as its number and on its side."""
import random

import pytest

from resnext_edu import path_changes_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

SAID = {"title": "Bags need path 0", "how": "Left is a loss."}
LOST, SMALL, GAINED = (-20.0, -28.0, -12.0), (-1.0, -4.0, 2.0), (10.0, 2.0, 18.0)
ROWS = [("path 0", LOST, [LOST, SMALL]), ("path 1", SMALL, [GAINED, (0.0, -1.0, 1.0)])]
PICTURE = {"rows": ROWS, "classes": ["Bag", "Coat"], "all_paths": (LOST, [LOST, GAINED]), "before": (90, [98, 82])} | SAID


def bars(picture):
    """(left, right, class) of each bar of a class: those of the intervals are 4 high."""
    found = [(float(bar.get("x")), float(bar.get("width")), bar.get("class")) for bar in elements(picture, "rect") if bar.get("height") == "7"]
    return [(x, x + wide, cls) for x, wide, cls in found]


def test_a_bar_is_as_long_as_its_number_and_a_loss_lies_to_the_left():
    lost, small, gained = bars(path_changes_picture(**PICTURE))
    middle = lost[1]
    assert [bar[2] for bar in (lost, small, gained)] == ["ink", "bar", "ink"]  # strong only where the interval leaves out 0
    assert gained[0] == pytest.approx(middle)
    assert (gained[1] - gained[0]) / (lost[1] - lost[0]) == pytest.approx(.5)
    assert (small[1] - small[0]) / (lost[1] - lost[0]) == pytest.approx(1 / 20, abs=.005)
    assert small[0] < small[1] == pytest.approx(middle + 90)


def test_numbers_are_bold_only_where_the_interval_leaves_out_0():
    bold = {"".join(e.itertext()) for e in elements(path_changes_picture(**PICTURE), "text") if e.get("class") == "b"}
    soft = {"".join(e.itertext()) for e in elements(path_changes_picture(**PICTURE), "text") if e.get("class") == "soft"}
    assert {"−20", "+10", "−20.0", "path 0", "Bag"} <= bold
    assert {"−1", "0", "−1.0"} <= soft


def test_the_words_have_every_number():
    assert path_changes_picture(**PICTURE).text.splitlines() == [
        "Bags need path 0", "Left is a loss.", "Accuracy with all paths: 90.0 %; Bag 98, Coat 82.",
        "Change in points without any: −20.0 [−28.0, −12.0]; Bag −20 (shown), Coat +10 (shown).",
        "path 0: −20.0 [−28.0, −12.0]; Bag −20 (shown), Coat −1.", "path 1: −1.0 [−4.0, 2.0]; Bag +10 (shown), Coat 0."]


def test_points_and_intervals_stand_at_their_values():
    picture = path_changes_picture(**PICTURE)
    bottom = max(y for *_, y in places(picture))
    axis = {float(words.replace("−", "-")): (left + right) / 2 for words, left, right, y in places(picture) if y == bottom}
    unit = (axis[0] - axis[-20]) / 20
    dots = [float(dot.get("cx")) for dot in elements(picture, "circle") if dot.get("class") == "ink"]
    assert dots == pytest.approx([axis[0] - 20 * unit, axis[0] - unit], abs=.05)
    intervals = [(float(bar.get("x")), float(bar.get("width"))) for bar in elements(picture, "rect") if bar.get("height") == "4"]
    assert intervals[0] == pytest.approx((axis[0] - 28 * unit, 16 * unit), abs=.05)


@pytest.mark.parametrize("paths", [1, 8, 32])
@pytest.mark.parametrize("names", [["Bag"], ["cat", "dog", "a class whose name is long, even for ImageNet"],
                                   ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
                                   [f"a very long name of class {k}" for k in range(10)]])
@pytest.mark.parametrize("largest", [0, 3, 100])
def test_nothing_collides(paths, names, largest):
    rng = random.Random(paths)

    def change(points):
        return points, points - 2.5, points + 2.5

    def one():
        return change(rng.uniform(-largest, largest))

    rows = [(f"path {i}", one(), [one() for _ in names]) for i in range(paths)]
    picture = path_changes_picture(rows, names, all_paths=((-100, -100, -99.9), [change(-100)] * len(names)),
                                   before=(100, [100] * len(names)), **SAID)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert {f"path {paths - 1}", "without any", "all classes"} <= {*labels(picture)}


@pytest.mark.parametrize(("wrong", "complaint"), [
    ({"rows": []}, "rows must be a list with at least one row"),
    ({"rows": [("path 0", (1, 2, 3), [LOST, LOST])]}, r"a change in rows\[0\] must be \(points, low, high\), with the points inside of their interval; got \(1, 2, 3\)"),
    ({"rows": [("path 0", LOST, [LOST])]}, r"the changes of the classes in rows\[0\] must have an entry for each of the 2 classes"),
    ({"rows": [("path 0", LOST, [LOST, (0, 0)])]}, r"a change in rows\[0\] must be \(points, low, high\).*; got \(0, 0\)"),
    ({"classes": list("abcdefghijk")}, "classes must be 1 to 10 names"),
    ({"all_paths": LOST}, r"all_paths must be \(of all classes, of each class\); got"),
    ({"before": (90, [98])}, r"before\[1\] must have an entry for each of the 2 classes; got \[98.0\]"),
    ({"before": (None, [98, 98])}, r"before\[0\] must be a finite number; got None"),
])
def test_what_can_not_be_drawn(wrong, complaint):
    with pytest.raises(ConfigError, match=complaint):
        path_changes_picture(**PICTURE | wrong)
