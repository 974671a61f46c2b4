"""Images beside the classes that a network holds for likely: bars as long as their probabilities."""
import base64
import io

import numpy as np
import pytest
from PIL import Image

from resnext_edu.draw.kit.tiles import tile
from resnext_edu.draw.measured.answers import answers_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

SAID = {"title": "An answer for everything", "how": "A bar is a probability."}
GREY, COLOUR = np.arange(784, dtype=np.uint8).reshape(28, 28), np.full((20, 10, 3), 7, np.uint8)
ROWS = [("boot.png", [GREY], {"Ankle boot": .9, "Sneaker": .09, "Bag": .01}), ("photo.jpg", [COLOUR, GREY], {"Coat": .6, "Dress": .3})]


def bars(picture):
    return [float(bar.get("width")) for bar in elements(picture, "rect") if bar.get("class") == "bar"]


def test_bars_are_as_long_as_the_probabilities():
    found = bars(answers_picture(ROWS, **SAID))
    assert [long / found[0] for long in found] == pytest.approx([1, .1, .01 / .9, .6 / .9, .3 / .9], abs=.001)


def test_the_pixels_are_those_of_the_images():
    shown = [element.get("href") for element in elements(answers_picture(ROWS, **SAID), "image")]
    pixels = [np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))) for address in shown]
    assert [np.array_equal(a, b) for a, b in zip(pixels, [GREY, COLOUR, GREY], strict=True)] == [True] * 3


def test_a_tile_keeps_its_proportions_and_its_bytes():
    assert 'x="21" y="0" width="42" height="84"' in tile(0, 0, 84, COLOUR)
    assert tile(0, 0, 84, GREY) == tile(0, 0, 84, GREY.copy())
    stored = base64.b64decode(tile(0, 0, 9, GREY).partition("base64,")[2].partition('"')[0])
    assert len(stored) > 28 * 29  # not compressed, so that every version of zlib gives the same bytes


def test_the_words_say_the_same():
    assert answers_picture(ROWS, **SAID).text.splitlines() == [
        "An answer for everything", "A bar is a probability.", "boot.png: Ankle boot 90.0 %, Sneaker 9.0 %, Bag 1.0 %.",
        "photo.jpg: Coat 60.0 %, Dress 30.0 %."]


def test_five_classes_are_shown():
    assert len(bars(answers_picture([("a", [GREY], {f"class {k}": .1 for k in range(9)})], **SAID))) == 5


@pytest.mark.parametrize("rows", [
    ROWS, ROWS[:1], ROWS[1:], [("a", [GREY], {"b": 1.0})], [("a", [GREY], {"b": 0})],
    [(f"a long name of a file {k} " * 5, [GREY, COLOUR], {f"a class with a very long name {j} " * 3: .2 for j in range(5)}) for k in range(20)],
])
def test_nothing_collides(rows):
    picture = answers_picture(rows, **SAID)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert is_accessible(picture)
    assert labels(picture)


@pytest.mark.parametrize(("rows", "complaint"), [
    ([], "rows must be a list with at least one row, each (name, images, probabilities); got []"),
    ([("a", [], {"b": 1})], "the images in rows[0] must be one or two; got []"),
    ([("a", [GREY] * 3, {"b": 1})], "the images in rows[0] must be one or two; got a list of length 3"),
    ([("a", [GREY / 255], {"b": 1})], "an image in rows[0] must be (H, W) or (H, W, 3) uint8, at most 512 pixels wide and high; got a ndarray of shape (28, 28) and float64"),
    ([("a", [np.zeros((600, 2), np.uint8)], {"b": 1})], "got a ndarray of shape (600, 2) and uint8"),
    ([("a", [np.zeros((3, 9, 9), np.uint8)], {"b": 1})], "got a ndarray of shape (3, 9, 9) and uint8"),
    ([("a", [GREY], {"b": 1.5})], "a probability in rows[0] must be 0 to 1; got {'b': 1.5}"),
    ([("a", [GREY], {})], "the probabilities in rows[0] must be a dict with at least one entry"),
    ([("", [GREY], {"b": 1})], "the name in rows[0] must be words; got ''"),
    ([("a", [GREY], {"b": 1})] * 21, "rows may have 20 images; got 21"),
])
def test_what_can_not_be_drawn(rows, complaint):
    with pytest.raises(ConfigError) as error:
        answers_picture(rows, **SAID)
    assert complaint in str(error.value)
