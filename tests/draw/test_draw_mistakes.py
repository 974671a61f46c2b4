"""The picture of mistakes: each image beside its own names, and as sure as the network is."""
import numpy as np
import pytest

from resnext_edu.draw.measured.mistakes import MOST_DRAWN, mistakes_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

GREY = np.full((8, 8), 90, np.uint8)


def draw(rows, count=20, **how):
    return mistakes_picture(rows, count=count, **{"title": "A cat called dog"} | how)


def row(k=0, pixels=GREY, long=""):
    return pixels, f"truth {k}{long}", f"answer {k}{long}", .95 - k / 100


@pytest.mark.parametrize("count", [1, 4, 5, 12])
@pytest.mark.parametrize("long", ["", ", which was grown on agar for two days"])
def test_each_image_stands_above_its_own_words(count, long):
    picture = draw([row(k, long=long) for k in range(count)])
    images = [(float(each.get("x")), float(each.get("y"))) for each in elements(picture, "image")]
    assert len(images) == len({*images}) == count
    lines = places(picture)
    for k, (x, y) in enumerate(images):
        below = [words for words, left, _, at in lines if abs(left - x) < 1 and 128 < at - y < 200]
        assert below[0].startswith(f"truth {k}")
        assert below[1].startswith(f"→ answer {k}")
        assert below[2] == f"{95 - k} % sure"
    assert outside(picture) == []
    assert colliding(picture) == []
    assert is_accessible(picture)


def test_the_words_say_the_same():
    assert draw([row(0), row(1, np.zeros((4, 4, 3), np.uint8))]).words.splitlines()[1:] == [
        "The 2 of 20 mistakes of which the network is most sure:", "truth 0 → answer 0, 95 % sure.", "truth 1 → answer 1, 94 % sure."]


def test_no_mistakes_are_told_too():
    picture = draw([], count=0)
    assert "No mistakes." in labels(picture)
    assert outside(picture) == []
    assert picture.words.endswith("No mistakes.")


@pytest.mark.parametrize(("probability", "said"), [(.9999, "99.9 % sure"), (1.0, "100 % sure"), (.994, "99.4 % sure"), (.99, "99 % sure"), (.5, "50 % sure")])
def test_sure_is_not_rounded_to_certain(probability, said):
    assert said in labels(draw([(GREY, "a", "b", probability)]))


@pytest.mark.parametrize(("rows", "count", "complaint"), [
    ([row()] * (MOST_DRAWN + 1), 20, "rows must be at most 12, or they become too small; got 13 rows"),
    ([row()] * 3, 2, "count must be at least 3, the number of rows; got 2"),
    ([(GREY, "a", "b")], 1, r"rows\[0\] must be \(pixels, truth, answer, probability\)"),
    ([(GREY.astype(float), "a", "b", .5)], 1, r"the image in rows\[0\] must be \(H, W\) or \(H, W, 3\) uint8, .*; got a ndarray of shape \(8, 8\)"),
    ([(GREY[:0], "a", "b", .5)], 1, r"the image in rows\[0\] must be \(H, W\)"),
    ([(np.zeros((4, 4, 2), np.uint8), "a", "b", .5)], 1, r"the image in rows\[0\] must be \(H, W\)"),
    ([(GREY, "", "b", .5)], 1, r"rows\[0\], the truth, must be words; got ''"),
    ([(GREY, "a", 5, .5)], 1, r"rows\[0\], the answer, must be words; got 5"),
    ([(GREY, "a", "b", 1.5)], 1, r"rows\[0\] must end with a probability of 0 to 1; got 1.5")])
def test_what_can_not_be_drawn_as_mistakes(rows, count, complaint):
    with pytest.raises(ConfigError, match=complaint):
        draw(rows, count)
