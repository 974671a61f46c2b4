"""The picture of a few images: each stands above its own name."""
import numpy as np
import pytest

from resnext_edu.draw.measured.gallery import images_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, outside, places

GREY = np.full((28, 28), 90, np.uint8)
SAID = {"title": "Eight images", "how": "28×28 pixels each."}


@pytest.mark.parametrize("count", [1, 8, 9, 40])
@pytest.mark.parametrize("long", ["", ", which was grown on agar for two days"])
def test_each_image_stands_above_its_own_name(count, long):
    picture = images_picture([(f"name {k}{long}", GREY if k % 2 else np.zeros((8, 20, 3), np.uint8)) for k in range(count)], **SAID)
    lines = places(picture)[2:]
    images = [(float(each.get("x")) + float(each.get("width")) / 2, float(each.get("y"))) for each in elements(picture, "image")]
    assert len(images) == len({*images}) == count
    for k, (middle, top) in enumerate(images):
        (below,) = [words for words, left, right, y in lines if abs((left + right) / 2 - middle) < 1 and 40 < y - top < 120]
        assert below.startswith(f"name {k}")
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)


def test_the_words_have_every_name():
    assert images_picture([("a", GREY), ("b", GREY)], **SAID).text == "Eight images\n28×28 pixels each.\na, b."


@pytest.mark.parametrize(("rows", "complaint"), [
    ([], r"rows must be a list with at least one row, each \(name, pixels\); got \[\]"),
    ([("a", GREY)] * 41, "rows may have 40 images; got 41"),
    ([("a",)], r"rows\[0\] must be \(name, pixels\)"),
    ([(5, GREY)], r"the name in rows\[0\] must be words; got 5"),
    ([("a", GREY.astype(float))], r"the image in rows\[0\] must be \(H, W\) or \(H, W, 3\) uint8"),
    ([("a", None)], r"the image in rows\[0\] must be \(H, W\)"),
])
def test_what_can_not_be_drawn(rows, complaint):
    with pytest.raises(ConfigError, match=complaint):
        images_picture(rows, **SAID)
