"""The forest plot: pairs, means and intervals stand where the numbers are, and 0 decides what is shown."""
import random

import pytest

from resnext_edu.draw.measured.differences import differences_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import WIDTH, colliding, elements, is_accessible, labels, outside, places

SAID = {"title": "Eight paths beat one", "how": "A dot is a pair.", "axis": "loss with 8 paths − loss with 1", "sides": ("more paths better", "fewer paths better")}
ROW = ("8 paths, 1 path", [-.02, -.016], -.018, -.025, -.012)


def zero(picture):
    (dashed,) = [path.get("d").split() for path in elements(picture, "path") if path.get("stroke-dasharray") == "5 3"]
    assert dashed[1] == dashed[4]
    return float(dashed[1]), float(dashed[2]), float(dashed[5])


def test_everything_stands_at_its_value():
    picture = differences_picture([ROW], **SAID)
    x = zero(picture)[0]
    (tick,) = [(left + right) / 2 for words, left, right, _ in places(picture) if words == "−0.02"]
    unit = (x - tick) / .02
    dots = [float(dot.get("cx")) for dot in elements(picture, "circle") if dot.get("class") == "edge"]
    assert dots == pytest.approx([x - .02 * unit, x - .016 * unit], abs=.03)
    (mean,) = [float(dot.get("cx")) for dot in elements(picture, "circle") if dot.get("class") == "ink"]
    assert mean == pytest.approx(x - .018 * unit, abs=.03)
    (bar,) = [bar for bar in elements(picture, "rect") if bar.get("class") == "ink"]
    assert float(bar.get("x")) == pytest.approx(x - .025 * unit, abs=.03)
    assert float(bar.get("width")) == pytest.approx(.013 * unit, abs=.03)


def test_zero_is_dashed_over_all_rows_with_words_on_either_side():
    picture = differences_picture([ROW] * 3, **SAID)
    x, top, bottom = zero(picture)
    rows = [y for words, _, _, y in places(picture) if words == ROW[0]]
    assert top < min(rows) < max(rows) < bottom
    found = {words: (left, right) for words, left, right, _ in places(picture)}
    assert found["←\u00a0more paths better"][1] < x < found["fewer paths better\u00a0→"][0]


@pytest.mark.parametrize(("low", "high", "verdict"), [(-2, -1, "shown"), (1, 2, "shown"), (-1, 1, "not shown here"), (0, 1, "not shown here"), (-1, 0, "not shown here")])
def test_an_interval_with_0_in_it_shows_nothing(low, high, verdict):
    picture = differences_picture([("a", [low, high], (low + high) / 2, low, high)], **SAID)
    assert [words for words in labels(picture) if "shown" in words] == [verdict]
    assert f", {verdict}. 2 pairs" in picture.text


def test_the_words_and_the_numbers_have_true_minus_signs():
    picture = differences_picture([ROW], **SAID)
    assert picture.text.splitlines() == [
        "Eight paths beat one", "A dot is a pair.", "loss with 8 paths − loss with 1; below 0: more paths better, above 0: fewer paths better.",
        "8 paths, 1 path: −0.018 [−0.025, −0.012], shown. 2 pairs: −0.020, −0.016."]
    assert "−0.018 [−0.025, −0.012]" in labels(picture)
    assert "-" not in "".join(labels(picture))


@pytest.mark.parametrize("count", [1, 10])
@pytest.mark.parametrize("size", [1, 40])
@pytest.mark.parametrize("spread", [0, .01, 1e5, 1e-9])
def test_nothing_collides(count, size, spread):
    rng = random.Random(count)
    rows = [(f"{2**k} paths and one{' of a family with a name' * (k % 2)}", [rng.gauss(0, spread) for _ in range(size)], 0, -spread, 2 * spread) for k in range(count)]
    said = SAID | {"sides": ("the block with fewer and wider paths is better", "more paths better"), "axis": "a loss minus another loss " * 4}
    picture = differences_picture(rows, **said)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert picture.svg == differences_picture(rows, **said).svg
    assert 36 < zero(picture)[0] < WIDTH


@pytest.mark.parametrize(("rows", "other", "complaint"), [
    ([], {}, r"rows must be a list with at least one row, each \(name, differences, mean, low, high\); got \[\]"),
    ([("a", [1], 1)], {}, r"rows\[0\] must be \(name, differences, mean, low, high\); got"),
    ([ROW, ("a", [], 1, 0, 2)], {}, r"differences in rows\[1\] must have at least one number"),
    ([("a", [1], 3, 0, 2)], {}, r"rows\[0\] must have its mean inside of its interval; got mean 3, low 0, high 2; the order is name, differences, mean, low, high"),
    ([("a", [1], 1, float("nan"), 2)], {}, r"low in rows\[0\] must be a finite number; got nan"),
    ([ROW], {"sides": ("one",)}, r"sides must be two phrases, such as \('fewer paths better', 'more paths better'\); got \('one',\)"),
    ([ROW], {"sides": ("one", "")}, r"sides\[1\] must be words; got ''"),
    ([ROW], {"digits": -1}, "digits must be the number of decimals, 0 … 6; got -1"),
])
def test_what_can_not_be_drawn(rows, other, complaint):
    with pytest.raises(ConfigError, match=complaint):
        differences_picture(rows, **SAID | other)
