"""Leads as bars: as long as the number beside them, on the side of its sign."""
import pytest

from resnext_edu.draw.measured.leads import leads_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

SAID = {"title": "The better the recipe, the smaller the lead", "how": "Top-1 on ImageNet.", "axis": "lead, points"}
ROWS = [("2016", "paper", 1.7), ("V1", "torchvision", 1.48), ("2018", "gluon", 1.77), ("A1", "timm", .14)]


def bars(picture):
    return [(float(bar.get("x")), float(bar.get("width", 0))) for bar in elements(picture, "rect") if bar.get("class") == "bar"]


def test_bars_are_as_long_as_their_numbers():
    found = bars(leads_picture(ROWS, **SAID))
    assert [long / found[0][1] for _, long in found] == pytest.approx([lead / 1.7 for *_, lead in ROWS], abs=.001)
    assert len({x for x, _ in found}) == 1


def test_what_lies_behind_has_its_bar_and_its_number_on_the_left():
    picture = leads_picture([("a", "x", -1.5), ("b", "y", .5), ("c", "z", 0)], **SAID)
    (back, long), (front, short), (_, none) = bars(picture)
    assert back + long == pytest.approx(front)
    assert long == pytest.approx(3 * short, abs=.03)
    assert none == 0
    found = {words: (left, right) for words, left, right, _ in places(picture)}
    assert found["−1.5"][1] < back < front + short < found["0.5"][0]
    assert found["0"][0] > front


def test_numbers_are_written_as_they_were_published():
    shown = labels(leads_picture([*ROWS, ("sum", "float", .1 + .2)], **SAID))
    assert [words for words in shown if words[0] in "01" and "." in words] == ["1.7", "1.48", "1.77", "0.14", "0.3"]


def test_the_words_say_the_same():
    assert leads_picture(ROWS[:2], **SAID).text.splitlines() == [
        "The better the recipe, the smaller the lead", "Top-1 on ImageNet.", "lead, points:", "2016 (paper): 1.7.", "V1 (torchvision): 1.48."]


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], [("a", "b", 0)], [("a", "b", -1e12), ("c", "d", 1e-9)],
                                  [(f"a recipe with a long name {k}", "a source that has a long name as well", (-1) ** k * k * 1.2345) for k in range(30)]])
def test_nothing_collides(rows):
    picture = leads_picture(rows, **SAID | {"axis": "lead in points " * 9})
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert picture.svg == leads_picture(rows, **SAID | {"axis": "lead in points " * 9}).svg


@pytest.mark.parametrize(("rows", "complaint"), [
    ([], r"rows must be a list with at least one row, each \(name, source, lead\); got \[\]"),
    ([("a", 1)], r"rows\[0\] must be \(name, source, lead\); got \('a', 1\)"),
    ([("a", "b", "c")], r"the lead in rows\[0\] must be a finite number; got 'c'"),
    ([("a", None, 1)], r"the source in rows\[0\] must be words; got None"),
])
def test_what_can_not_be_drawn(rows, complaint):
    with pytest.raises(ConfigError, match=complaint):
        leads_picture(rows, **SAID)
