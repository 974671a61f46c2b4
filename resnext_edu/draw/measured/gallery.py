"""A few images beside each other, each with its name."""
from collections.abc import Sequence
from typing import Any

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, mid
from resnext_edu.draw.kit.tiles import pixels_of, tile
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import sentence, several_rows
from resnext_edu.errors import ConfigError

COLUMNS, MOST, SIDE = 8, 40, 84  # images beside each other, images in all, the side of one
STEP = (WIDTH - 32) / COLUMNS


def images_picture(rows: Sequence[tuple[str, Any]], *, title: str, how: str) -> Picture:
    """Up to 40 images, eight in a row, each above its name.

    Parameters
    ----------
    rows : sequence of tuple
        (name, pixels) of each image: (H, W) or (H, W, 3), uint8.
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
        If there is no image, if there are too many, or if one of them is not what it should be.

    Examples
    --------
    >>> import numpy as np
    >>> rows = [("Sneaker", np.zeros((28, 28), np.uint8)), ("Bag", np.ones((28, 28), np.uint8))]
    >>> print(images_picture(rows, title="Two images", how="28×28 pixels each.").words)
    28×28 pixels each.
    Sneaker, Bag.
    """
    caption = Caption.of(title, how)
    found = [(sentence(f"the name in rows[{k}]", name), pixels_of(f"the image in rows[{k}]", pixels))
             for k, (name, pixels) in enumerate(several_rows("rows", rows, ("name", "pixels")))]
    if len(found) > MOST:
        raise ConfigError(f"rows may have {MOST} images; got {len(found)}")
    top, body = caption.bottom + 20, []
    for k, (name, pixels) in enumerate(found):
        middle, y = 16 + STEP * (k % COLUMNS + .5), top + (SIDE + 36) * (k // COLUMNS)
        body += [tile(middle - SIDE / 2, y, SIDE, pixels), mid(middle, y + SIDE + 19, cut(name, STEP + 4))]
    words = [f"{', '.join(name for name, _ in found)}."]
    return caption.picture(words, body, top + (SIDE + 36) * -(-len(found) // COLUMNS))
