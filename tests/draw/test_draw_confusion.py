"""The picture of what is taken for what: every count in its cell, bars as long as shares, and the right answers framed."""
import random

import pytest

from resnext_edu.draw.measured.confusion import confusion_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

PETS = [[40, 3, 1], [2, 33, 0], [0, 0, 0]]
NAMES = ["COVID-19", "pneumonia", "healthy"]


def draw(counts=PETS, names=NAMES, **how):
    return confusion_picture(counts, names, **{"title": "98 of 104 are right"} | how)


def rects(picture, cls):
    return [tuple(float(each.get(side)) for side in ("x", "y", "width", "height")) for each in elements(picture, "rect") if each.get("class") == cls]


def test_a_bar_is_as_long_as_its_share_of_the_row():
    cells, bars = rects(draw(), "hair"), rects(draw(), "ink")
    assert len(cells) == 9
    whole = cells[0][2] - 8
    assert [bar[2] / whole for bar in bars] == pytest.approx([40 / 44, 3 / 44, max(1 / 44, 2 / whole), 2 / 35, 33 / 35], abs=1e-3)
    for x, y, *_ in bars:  # each in its own cell
        assert sum(left < x < left + wide and top < y < top + tall for left, top, wide, tall in cells) == 1


def test_the_right_answers_are_framed_and_nothing_else():
    cells, frames = rects(draw(), "hair"), rects(draw(), "edge")
    assert [x - 1 for x, *_ in frames] == pytest.approx([cells[k][0] for k in (0, 4, 8)], abs=.02)
    assert [y - 1 for _, y, *_ in frames] == pytest.approx([cells[k][1] for k in (0, 4, 8)], abs=.02)


def test_every_count_stands_in_its_cell_and_zeros_are_empty():
    picture = draw()
    x0, y0, wide, tall = rects(picture, "hair")[0]
    found = {}
    for words, left, right, y in places(picture):
        column, row = ((left + right) / 2 - x0) // wide, (y - y0) // tall
        if 0 <= column < 3 and 0 <= row < 3:
            found[int(row), int(column)] = words
    assert found == {(0, 0): "40", (0, 1): "3", (0, 2): "1", (1, 0): "2", (1, 1): "33"}
    assert {"40 of 44", "33 of 35", "0 of 0", "truth ↓", "answer →"} <= {*labels(picture)}


def test_the_words_have_every_count():
    assert draw(how="A row is a class.").words.splitlines() == [
        "A row is a class.", "COVID-19: 40 of 44 named correctly; called pneumonia 3, healthy 1.",
        "pneumonia: 33 of 35 named correctly; called COVID-19 2.", "healthy: 0 of 0 named correctly."]


@pytest.mark.parametrize("size", [2, 3, 9, 10, 16, 30])
@pytest.mark.parametrize("name", ["x", "T-shirt/top", "Staphylococcus aureus, grown on agar for two days"])
@pytest.mark.parametrize("most", [9, 99, 12_345])
def test_nothing_collides_whatever_the_size(size, name, most):
    chance = random.Random(size)
    counts = [[chance.randrange(most + 1) for _ in range(size)] for _ in range(size)]
    picture = draw(counts, [f"{name} {k}" for k in range(size)])
    assert outside(picture) == []
    assert colliding(picture) == []
    assert is_accessible(picture)


def test_few_short_names_stand_above_their_columns_and_others_have_numbers():
    assert labels(draw()).count("pneumonia") == 2
    many = labels(draw([[1] * 12] * 12, [f"Class number {k}" for k in range(12)]))
    assert many.count("Class number 7") == 1
    assert many.count("12") == 2


@pytest.mark.parametrize(("counts", "names", "complaint"), [
    ([[1]], ["a"], r"classes must be 2 to 30 names; got \['a'\]"),
    ([[1] * 31] * 31, ["a"] * 31, "classes must be 2 to 30 names; got a list"),
    ([[1, 2]], ["a", "b"], r"confusion must have a row and a column for each of the 2 classes; got \[\[1, 2\]\]"),
    ([[1, 2], [1]], ["a", "b"], "confusion must have a row and a column"),
    ([[1, 2], [1, -1]], ["a", "b"], r"confusion\[1\]\[1\] must be the number of some images, .*; got -1"),
    ([[1, 2], [1, .5]], ["a", "b"], r"confusion\[1\]\[1\] must be .*; got 0.5"),
    ([[1, 2], [1, 0]], ["a", " "], r"classes\[1\] must be words; got ' '")])
def test_what_can_not_be_drawn_as_a_confusion(counts, names, complaint):
    with pytest.raises(ConfigError, match=complaint):
        draw(counts, names)
