"""The picture of arms: every run is a dot at its value, and the means are those of the runs."""
import random
from statistics import mean

import pytest

from resnext_edu.draw.measured.arms import arms_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

SAID = {"title": "More paths, less error", "how": "A dot is a run.", "axis": "error, %", "digits": 2, "better": "lower"}


def dots(picture):
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in elements(picture, "circle") if dot.get("class") == "edge"]


def diamonds(picture):
    return [float(path.get("d").split()[4]) for path in elements(picture, "path") if path.get("class") == "ink"]


def means(picture):
    return [float(bar.get("x")) + 1.5 for bar in elements(picture, "rect") if bar.get("class") == "ink" and bar.get("width") == "3"]


def ticks(picture):
    """Number on the axis → its x."""
    bottom = max(y for *_, y in places(picture))
    return {float(words.replace("−", "-")): (left + right) / 2 for words, left, right, y in places(picture) if y == bottom}


def test_every_run_stands_at_its_value():
    runs, other = [8.5, 9.0, 9.5, 10.0], [8.75, 9.75]
    picture = arms_picture({"a": runs, "b": other}, yours={"b": [9.25]}, **SAID)
    axis = ticks(picture)
    unit = (axis[10] - axis[9]) / 1
    expected = [axis[9] + unit * (run - 9) for run in (*runs, *other)]
    assert [x for x, _ in dots(picture)] == pytest.approx(expected, abs=.03)
    assert means(picture) == pytest.approx([axis[9] + unit * (mean(each) - 9) for each in (runs, other)], abs=.03)
    assert diamonds(picture) == pytest.approx([axis[9] + unit * .25], abs=.03)


def test_the_words_have_every_number():
    arms = {"1×16d": ("93,290 parameters", [9.5, 10]), "8×4d": [8.25]}
    assert arms_picture(arms, yours={"8×4d": [9, 9.5]}, **SAID).text.splitlines() == [
        "More paths, less error", "A dot is a run.", "error, %; lower is better.",
        "1×16d (93,290 parameters, 2 runs): mean 9.75; 9.50, 10.00.", "8×4d (1 run): mean 8.25; 8.25; yours 9.00, 9.50."]


def test_the_drawing_has_names_notes_means_and_how_many_runs():
    shown = labels(arms_picture({"1×16d": ("93,290 parameters", [9.5, 10]), "8×4d": [8.25]}, **SAID))
    assert {"1×16d", "93,290 parameters", "9.75", "2 runs", "8×4d", "8.25", "1 run", "mean", "error, % ← lower is better"} <= {*shown}
    assert "yours" not in shown
    assert "error, % higher is better →" in labels(arms_picture({"a": [1]}, **SAID | {"better": "higher"}))


def test_runs_of_ones_own_are_called_yours_beside_the_diamonds():
    for own in ([8.0], [10.0], [8.0, 10.0]):
        picture = arms_picture({"a": [8, 10]}, yours={"a": own}, **SAID)
        (left,) = [left for words, left, _, _ in places(picture) if words == "yours"]
        assert left - max(diamonds(picture)) > 6
        assert len(diamonds(picture)) == len(own)


def test_runs_of_ones_own_have_a_place_however_far_off_they_are():
    picture = arms_picture({"a": [9, 9.5]}, yours={"a": [4.0, 14.0]}, **SAID)
    axis = ticks(picture)
    assert diamonds(picture) == pytest.approx([axis[5] - (axis[10] - axis[5]) * .2, axis[5] + (axis[10] - axis[5]) * 1.8], abs=.05)


def test_yours_does_not_run_into_the_number_on_its_right():
    name = "a name that leaves little room for the dots"
    for own in (10.0, 1e6):
        assert colliding(arms_picture({name: [8, own]}, yours={name: [own]}, **SAID | {"digits": 6})) == []


def test_equal_runs_are_all_seen():
    assert len({*dots(arms_picture({"a": [9.0] * 5, "b": [8]}, **SAID))}) == 6


@pytest.mark.parametrize("count", [2, 10])
@pytest.mark.parametrize("size", [1, 40])
@pytest.mark.parametrize("spread", [0, .3, 1e8, 1e-9])
def test_nothing_collides(count, size, spread):
    rng = random.Random(count * size)
    arms = {f"{2**k}×{64 >> k}d{' of a family with a long name' * (k % 2)}": ("93,290 parameters and a note on all of them" if k % 3 else "",
            [9 + rng.gauss(0, spread) for _ in range(size)]) for k in range(count)}
    own = {name: [runs[0], -runs[0]] for name, (_, runs) in arms.items()}
    for yours in (None, own):
        picture = arms_picture(arms, yours=yours, **SAID | {"axis": "validation error on a part of the images that nobody has trained with, %"})
        assert (outside(picture), colliding(picture)) == ([], [])
        assert is_accessible(picture)
        assert picture.svg == arms_picture(arms, yours=yours, **SAID | {"axis": "validation error on a part of the images that nobody has trained with, %"}).svg
    assert len(dots(picture)) == count * size


@pytest.mark.parametrize(("arms", "other", "complaint"), [
    ({}, {}, r"arms must be a dict with at least one entry, such as {'1×64d': \[22.3, 22.5\]}; got {}"),
    ({"a": []}, {}, r"arms\['a'\] must have at least one number; got \[\]"),
    ({"a": [1, float("inf")]}, {}, r"arms\['a'\]\[1\] must be a finite number; got inf"),
    ({"a": ("note", [])}, {}, r"arms\['a'\] must have at least one number"),
    ({"a": [1]}, {"yours": {"b": [1]}}, "unknown arm in yours 'b'; Known: a"),
    ({"a": [1]}, {"yours": {"a": [None]}}, r"yours\['a'\]\[0\] must be a finite number; got None"),
    ({"a": [1]}, {"better": "less"}, "unknown better 'less'"),
    ({"a": [1]}, {"digits": 7}, "digits must be the number of decimals, 0 … 6; got 7"),
    ({"a": [1]}, {"title": " "}, "title must be words; got ' '"),
    ({5: [1]}, {}, "a name in arms must be words; got 5"),
])
def test_what_can_not_be_drawn(arms, other, complaint):
    with pytest.raises(ConfigError, match=complaint):
        arms_picture(arms, **SAID | other)
