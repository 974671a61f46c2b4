"""How far apart two trainings are: powers of ten at equal distances, 0 below all of them, a name at each end."""
import re
from itertools import pairwise

import pytest

from resnext_edu.draw.measured.apart import apart_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

SAID = {"title": "Rounding grows", "how": "The largest difference of a weight."}


def tracks(picture):
    found = [re.findall(r"[ML] (\S+) (\S+)", path.get("d")) for path in elements(picture, "path") if path.get("class") in ("edge", "hi")]
    return [[(float(x), float(y)) for x, y in track] for track in found]


def tick(picture, words):
    (y,) = {y - 5 for shown, left, _, y in places(picture) if shown == words and left < 84}
    return y


def test_powers_of_ten_are_at_equal_distances_and_0_is_below_them():
    picture = apart_picture({"a": [1e-16, 1e-12, 1e-8, 1e-4, 1, 0]}, **SAID)
    (track,) = tracks(picture)
    assert [y for _, y in track] == pytest.approx([tick(picture, words) for words in ("10⁻¹⁶", "10⁻¹²", "10⁻⁸", "10⁻⁴", "1", "equal")], abs=.02)
    steps = [track[k][1] - track[k + 1][1] for k in range(4)]
    assert steps == pytest.approx([steps[0]] * 4, abs=.02)
    assert track[-1][1] > track[0][1] + 20
    assert [b[0] - a[0] for a, b in pairwise(track)] == pytest.approx([track[1][0] - track[0][0]] * 5, abs=.02)


@pytest.mark.parametrize("values", [[1e6, 1e3, 1], [1, 1e-17, 1e-30]])
def test_the_axis_grows_for_what_would_not_fit(values):
    picture = apart_picture({"a": [*values, 0]}, **SAID)
    first, second, third, last = (y for _, y in tracks(picture)[0])
    assert tick(picture, "1") == pytest.approx({1e6: third, 1: first}[values[0]], abs=.02)
    assert second - first > 20
    assert third - second > 20
    assert last - third > 20


def test_each_line_looks_different_and_has_its_name_and_last_value_at_its_end():
    curves = {f"line {k}": [10.0 ** -k, 10.0 ** (-2 * k - 1)] for k in range(8)}
    picture = apart_picture(curves, **SAID)
    looks = [(path.get("class"), path.get("stroke-dasharray")) for path in elements(picture, "path") if path.get("class") in ("edge", "hi")]
    assert len({*looks}) == 8
    names = {words: (left, y) for words, left, _, y in places(picture) if words in curves}
    assert all(left > track[-1][0] for (left, _), track in zip(names.values(), tracks(picture), strict=True))
    assert [y for _, y in names.values()] == sorted(y for _, y in names.values())  # as the ends of the lines
    assert {"0.1", "0.001", "10⁻⁵", "10⁻¹⁵"} <= {*labels(picture)}


def test_the_words_say_where_each_line_goes():
    curves = {"rounding": [0, 2e-16, 3e-15], "twice": [0, 0], "another seed": [.5, .25]}
    assert apart_picture(curves, **SAID).text.splitlines()[2:] == [
        "rounding, after each of 3 steps: equal at first, 2.0 × 10⁻¹⁶ after step 2; at most 3.0 × 10⁻¹⁵; last 3.0 × 10⁻¹⁵.",
        "twice, after each of 2 steps: equal.",
        "another seed, after each of 2 steps: 0.5 after step 1; at most 0.5; last 0.25."]


@pytest.mark.parametrize("curves", [
    {"a": [0]}, {"a": [1e-9]}, {"a": [1e-16] * 2}, {"a": [0.0] * 5000, "b": [1e-7] * 3}, {"a name that is much too long for its place": [1e-90, 1e9]},
    {f"line {k}": [0] for k in range(8)}, {f"line {k}": [.5] for k in range(8)}, {f"line {k}": [0, 10.0 ** -k] for k in range(8)}])
def test_nothing_collides(curves):
    picture = apart_picture(curves, **SAID)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert picture.svg == apart_picture(curves, **SAID).svg
    ends = [dot for dot in elements(picture, "circle") if dot.get("class") == "ink"]
    assert len(ends) == len(curves)


def test_a_long_training_is_drawn_in_a_few_hundred_points():
    assert len(tracks(apart_picture({"a": [1e-9] * 5000}, **SAID))[0]) <= 300


@pytest.mark.parametrize(("curves", "complaint"), [
    ({}, r"curves must be a dict with at least one entry, such as {'\(b\) and \(c\)': \[0, 2e-16\]}; got {}"),
    ({"a": []}, r"curves\['a'\] must have at least one number"),
    ({"a": [1, -1e-9]}, r"curves\['a'\] must be distances, 0 or more; got -1e-09; take absolute values"),
    ({"a": [float("nan")]}, r"curves\['a'\]\[0\] must be a finite number; got nan"),
    ({f"{k}": [1] for k in range(9)}, "curves must be at most 8, so that they can be told apart; got 9"),
])
def test_what_can_not_be_drawn(curves, complaint):
    with pytest.raises(ConfigError, match=complaint):
        apart_picture(curves, **SAID)
