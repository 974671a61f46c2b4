"""The picture of one image in one block: bars as high as the activities, and answers with and without a path."""
import numpy as np
import pytest

from resnext_edu.draw.measured.path_activity import Activity, path_activity_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

BLACK = np.zeros((2, 2), np.uint8)
SEEN = Activity("layer1.0", BLACK, "Bag", (.5, .1), (.4, .2), BLACK[None], 2, 1, [("Bag", .9), ("Coat", .1)], [("Coat", .6), ("Bag", .4)])


def bars(picture):
    return [(float(bar.get("x")), float(bar.get("y")), float(bar.get("width")), float(bar.get("height") or 0), bar.get("class"))
            for bar in elements(picture, "rect") if bar.get("class") in ("bar", "ink")]


def test_bars_are_as_high_as_the_activity_and_the_followed_one_is_full():
    first, second, *_ = bars(path_activity_picture(SEEN, follow=1))
    assert (first[4], second[4]) == ("bar", "ink")
    assert first[3] / second[3] == pytest.approx(5, abs=.01)
    assert first[1] + first[3] == pytest.approx(second[1] + second[3], abs=.01)
    base = first[1] + first[3]
    dashes = next(path.get("d") for path in elements(path_activity_picture(SEEN), "path") if "h" in path.get("d"))
    usual = sorted(base - float(dash.split()[1]) for dash in dashes.split("M")[1:])
    assert usual == pytest.approx([first[3] * .4, first[3] * .8], abs=.02)


def test_bars_of_the_answers_are_as_long_as_their_shares():
    lengths = [bar[2] for bar in bars(path_activity_picture(SEEN, follow=1))[2:]]
    assert lengths == pytest.approx([108, 12, 72, 48], abs=.01)
    shown = labels(path_activity_picture(SEEN, follow=1))
    assert shown[shown.index("with all paths") + 1:] == ["Bag", "90.0 %", "Coat", "10.0 %", "without path 1", "Coat", "60.0 %", "Bag", "40.0 %"]
    assert "without path 1" not in labels(path_activity_picture(SEEN))


@pytest.mark.parametrize(("label", "before", "after", "follow", "title"), [
    ("Bag", "Bag", "Coat", None, "This Bag is named correctly"),
    ("Bag", "Coat", "Coat", None, "This Bag is taken for Coat"),
    ("Bag", "Bag", "Bag", 0, "Without path 0 the answer stays Bag"),
    ("Bag", "Coat", "Bag", 0, "Without path 0 this Bag is named correctly"),
    ("Bag", "Bag", "Coat", 1, "Without path 1 this Bag is taken for Coat"),
])
def test_the_title_says_what_happens(label, before, after, follow, title):
    picture = path_activity_picture(SEEN._replace(label=label, answers=[(before, .9)], without=[(after, .9)]), follow)
    assert picture.title == title
    assert is_accessible(picture)


@pytest.mark.parametrize("paths", [1, 8, 32, 100])
@pytest.mark.parametrize("follow", [None, 0, -1])
def test_nothing_collides(paths, follow):
    follow = follow if follow is None else follow % paths
    name = "a class whose name is long, even for ImageNet"
    count = paths if follow is None else 12
    seen = SEEN._replace(here=[1.0] * paths, usual=[.5] * paths, maps=np.zeros((count, 2, 2), np.uint8), label=name,
                         answers=[(name, 1.0)] * 3, without=[(name, 1.0)] * 3)
    picture = path_activity_picture(seen, follow)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert picture.size == path_activity_picture(SEEN).size
    assert len(elements(picture, "image")) == 2  # the photograph, and all maps in a row
    frames = [rect for rect in elements(picture, "rect") if rect.get("class") == "hair"]
    assert len(frames) == 1 + (paths if follow is None else 8)


@pytest.mark.parametrize(("wrong", "complaint"), [
    ({"here": [.5]}, r"here and usual must have a number of at least 0 for each path; got \[0.5\] and \(0.4, 0.2\)"),
    ({"here": [.5, -.5]}, "here and usual must have a number of at least 0"),
    ({"white": 0}, "white must be a number above 0; got 0"),
    ({"maps": BLACK}, r"maps must be an array of uint8 pixels with 3 axes; got a ndarray of shape \(2, 2\) and uint8"),
    ({"answers": [("Bag", 2)]}, "a probability in answers must be a number of at least 0 and less than 1.0000001; got 2"),
    ({"without": []}, r"without must be several \(class, probability\); got \[\]"),
])
def test_what_can_not_be_drawn(wrong, complaint):
    with pytest.raises(ConfigError, match=complaint):
        path_activity_picture(SEEN._replace(**wrong))
