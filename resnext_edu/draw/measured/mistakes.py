"""The images that a network names wrongly, with what they are, what it says, and how sure it is."""
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, text
from resnext_edu.draw.kit.tiles import pixels_of, tile
from resnext_edu.draw.measured.caption import Caption, cut
from resnext_edu.draw.measured.values import measurement, sentence, several_rows
from resnext_edu.errors import ConfigError, number_of, shown
from resnext_edu.words import plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS, MOST_DRAWN, TALL = 4, 12, 128  # images beside each other, images in all, the side of one
PITCH = TALL + 76
SAYS = "Below each image: the class in whose folder it lies, then → what the network says, and how sure it is."


def mistakes_picture(rows: "Sequence[tuple[NDArray[np.uint8], str, str, float]]", *, count: int, title: str,
                     how: str = SAYS) -> Picture:
    """An image for each mistake, up to 12, with truth → answer and the probability of the answer.

    Parameters
    ----------
    rows : sequence of tuple
        (pixels, truth, answer, probability): (H, W) or (H, W, 3) uint8, two names, and 0 … 1. Without any, the picture
        says that there are no mistakes.
    count : int
        How many mistakes there are in all.
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
        If there are more than 12, or something is not what it should be.

    Examples
    --------
    >>> import numpy as np
    >>> print(mistakes_picture([(np.zeros((8, 8), np.uint8), "cat", "dog", .97)], count=3, title="A dark cat").words)
    Below each image: the class in whose folder it lies, then → what the network says, and how sure it is.
    The 1 of 3 mistakes of which the network is most sure:
    cat → dog, 97 % sure.
    """
    caption = Caption.of(title, how)
    found = [_checked(k, row) for k, row in enumerate(_few(rows))]
    count = number_of("mistakes", "count", count, 10**9)
    if count < len(found):
        raise ConfigError(f"count must be at least {len(found)}, the number of rows; got {count}")
    top, body = caption.bottom + 24, []
    step = (WIDTH - 32) / COLUMNS
    for k, (pixels, truth, answer, probability) in enumerate(found):
        x, y = 16 + step * (k % COLUMNS), top + PITCH * (k // COLUMNS)
        body += [tile(x, y, TALL, pixels), text(x, y + TALL + 20, cut(truth, step - 16)),
                 text(x, y + TALL + 40, cut(f"→ {answer}", step - 16), cls="b"),
                 text(x, y + TALL + 60, how_sure(probability), cls="soft")]
    if not found:
        body.append(text(16, top + 14, "No mistakes."))
    which = "the network is most sure" if count > 1 else "the network is sure"
    words = [f"The {len(found)} of {plural(count, 'mistake')} of which {which}:" if found else "No mistakes.",
             *(f"{truth} → {answer}, {how_sure(probability)}." for _, truth, answer, probability in found)]
    return caption.picture(words, body, top + max(32, PITCH * -(-len(found) // COLUMNS)) + 8)


def _few(rows: Any) -> list[tuple[Any, ...]]:
    if isinstance(rows, list | tuple) and not rows:
        return []
    found = several_rows("rows", rows, ("pixels", "truth", "answer", "probability"))
    if len(found) > MOST_DRAWN:
        raise ConfigError(f"rows must be at most {MOST_DRAWN}, or they become too small; got {len(found)} rows")
    return found


def _checked(k: int, row: tuple[Any, ...]) -> tuple[Any, str, str, float]:
    pixels, truth, answer, probability = row
    sure = measurement(f"rows[{k}], the probability,", probability)
    if not 0 <= sure <= 1:
        raise ConfigError(f"rows[{k}] must end with a probability of 0 to 1; got {shown(probability)}")
    return (pixels_of(f"the image in rows[{k}]", pixels), sentence(f"rows[{k}], the truth,", truth),
            sentence(f"rows[{k}], the answer,", answer), sure)


def how_sure(probability: float) -> str:
    """In percent, such as 97 % sure; near 1 it is rounded down, so that 99.97 % does not become 100 %."""
    return f"{int(probability * 1000) / 10:g} % sure" if probability > .99 else f"{100 * probability:.0f} % sure"
