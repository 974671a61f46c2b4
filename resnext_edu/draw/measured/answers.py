"""What a network says of a few images: the image, what the network reads of it, and its most likely classes."""
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from resnext_edu.draw.kit.axes import decimal
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, line, mid, rect, room, text
from resnext_edu.draw.kit.tiles import pixels_of, tile
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurement, named, sentence, several_rows
from resnext_edu.errors import ConfigError, shown

SIDE, ROW, PITCH = 84, 136, 18  # the side of an image; the height of a row, and of a class
MOST_CLASSES, MOST_ROWS = 5, 20
PARTS_OF_AN_ANSWER = ("name", "images", "probabilities")


class Answer(NamedTuple):
    """One image.

    Parameters
    ----------
    name : str
        What stands above its classes.
    images : tuple of ndarray
        The image, and perhaps what the network reads of it: (H, W) or (H, W, 3), uint8.
    likely : dict of str to float
        Class → probability, the most likely one first.
    """

    name: str
    images: tuple[Any, ...]
    likely: dict[str, float]

    @property
    def words(self) -> str:
        """The same, for those who do not see the bars."""
        return f"{self.name}: {', '.join(f'{name} {decimal(100 * p, 1)} %' for name, p in self.likely.items())}."


def answers_picture(rows: Sequence[tuple[str, Sequence[Any], Mapping[str, float]]], *, title: str, how: str
                    ) -> Picture:
    """A row for each image: the image itself, and a bar for each of its most likely classes.

    Parameters
    ----------
    rows : sequence of tuple
        (name, images, probabilities). `images` has one image, or two: as it is, and as the network reads it; each is
        (H, W) or (H, W, 3), uint8. `probabilities` has each class with its probability, the most likely one first;
        five of them are shown. There may be 20 rows.
    title : str
        The finding.
    how : str
        How to read the picture.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If there is nothing to draw, or an image or a probability is not what it should be.

    Examples
    --------
    >>> import numpy as np
    >>> boot = np.zeros((28, 28), np.uint8)
    >>> print(answers_picture([("boot.png", [boot], {"Ankle boot": .93, "Sneaker": .06})], title="Nearly certain",
    ...                       how="A bar is a probability.").words)
    A bar is a probability.
    boot.png: Ankle boot 93.0 %, Sneaker 6.0 %.
    """
    caption, found = Caption.of(title, how), _answers(rows)
    shown_images = max(len(row.images) for row in found)
    left = 16 + shown_images * (SIDE + 12) + 12
    names = left + max(room(name) for row in found for name in row.likely)
    bars = min(names + 16, left + 260)
    top, body = caption.bottom + 24, []
    if shown_images > 1:
        body += [mid(16 + SIDE / 2, top + 10, "the image", cls="soft"),
                 mid(28 + SIDE * 1.5, top + 10, "read", cls="soft")]
        top += 18
    for k, row in enumerate(found):
        body += _row(row, top + ROW * k, left, bars, first=not k)
    return caption.picture([row.words for row in found], body, top + ROW * len(found))


def _row(row: Answer, y: float, left: float, bars: float, first: bool) -> list[str]:
    out = [] if first else [line(16, y - 8, WIDTH - 16, y - 8, "hair")]
    out += [tile(16 + k * (SIDE + 12), y + 10, SIDE, image, "edge") for k, image in enumerate(row.images)]
    out += [text(left, y + 16, cut(row.name, WIDTH - 16 - left), cls="b")]
    space = WIDTH - 16 - 76 - bars
    for k, (name, p) in enumerate(row.likely.items()):
        base = y + 38 + PITCH * k
        out += [text(left, base, cut(name, bars - left - 12), cls="" if not k else "soft"),
                rect(bars, base - 11, max(space * p, 1), 12, "bar"),
                text(bars + max(space * p, 1) + 8, base, f"{decimal(100 * p, 1)} %", cls="" if not k else "soft")]
    return out


def _answers(rows: Any) -> list[Answer]:
    found = []
    for k, (name, images, probabilities) in enumerate(several_rows("rows", rows, PARTS_OF_AN_ANSWER)):
        if not isinstance(images, Sequence) or isinstance(images, str | bytes) or len(images) not in (1, 2):
            raise ConfigError(f"the images in rows[{k}] must be one or two; got {shown(images)}")
        likely = {key: measurement(f"the probability of {key} in rows[{k}]", value) for key, value in
                  islice(named(f"the probabilities in rows[{k}]", probabilities, "{'cat': 0.9}").items(), MOST_CLASSES)}
        if wrong := {key: value for key, value in likely.items() if not 0 <= value <= 1}:
            raise ConfigError(f"a probability in rows[{k}] must be 0 to 1; got {shown(wrong)}")
        found.append(Answer(sentence(f"the name in rows[{k}]", name),
                            tuple(pixels_of(f"an image in rows[{k}]", image) for image in images), likely))
    if len(found) > MOST_ROWS:
        raise ConfigError(f"rows may have {MOST_ROWS} images; got {len(found)}")
    return found
