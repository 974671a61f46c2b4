"""Which paths of a block fire for one image, what one of them says, and what the network answers without it."""
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from resnext_edu.draw.kit.axes import decimal
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, line, mid, path, rect, room, text
from resnext_edu.draw.kit.tiles import tile, tile_row
from resnext_edu.draw.measured.caption import cut
from resnext_edu.draw.measured.values import measurements, sentence
from resnext_edu.errors import ConfigError, check_number, number_of, shown
from resnext_edu.words import plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEFT, RIGHT = 180, WIDTH - 16  # of the paths
TALL = 72  # the height of the longest bar
LONGEST = 120  # the length of the bar of 100 %
MOST_MAPS = 8  # of one path, that have room beside each other
GREYS = 6  # of a map: with more of them, a page with some hundred maps is heavy
ANSWERS = 3


class Activity(NamedTuple):
    """What there is to see of one image in one block.

    Parameters
    ----------
    block : str
        Its name.
    image : ndarray
        (H, W) or (H, W, 3) uint8.
    label : str
        What the image shows.
    here, usual : sequence of float
        Of each path: the mean of its maps on this image, and over many images.
    maps : ndarray
        (n, height, width) uint8: the maps to show, from black for 0 to white for `white`. With a followed path these
        are its d maps, otherwise one map of each path, the mean of its d.
    white : float
        The value that is shown white; what is above it is white, too.
    longest : float
        The activity with the longest bar; it is the same in all pictures that are compared.
    answers, without : sequence of (str, float)
        The classes and their probabilities, 0 … 1, the likeliest first: with all paths, and without the followed path.
    """

    block: str
    image: "NDArray[np.uint8]"
    label: str
    here: Sequence[float]
    usual: Sequence[float]
    maps: "NDArray[np.uint8]"
    white: float
    longest: float
    answers: Sequence[tuple[str, float]]
    without: Sequence[tuple[str, float]]


def path_activity_picture(activity: Activity, follow: int | None = None) -> Picture:
    """How active each path is on one image, and what the network answers with and without the followed one.

    Parameters
    ----------
    activity : Activity
        What was measured.
    follow : int, optional
        The path that is silenced, counted from 0; by default none is.

    Returns
    -------
    Picture
        All of them have one size.

    Raises
    ------
    ConfigError
        If there is no such path, or a number is missing or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> black = np.zeros((2, 2), np.uint8)
    >>> seen = Activity("layer1.0", black, "Bag", (.5, .1), (.4, .2), black[None], 2, 1, [("Bag", .9), ("Coat", .1)],
    ...                 [("Coat", .6), ("Bag", .4)])
    >>> print(path_activity_picture(seen, follow=1).text)
    Without path 1 this Bag is taken for Coat
    An image of Bag. Mean activity of each path of layer1.0 on it (over many images): 0: 0.50 (0.40), 1: 0.10 (0.20).
    With all paths: Bag 90.0 %, Coat 10.0 %. Without path 1: Coat 60.0 %, Bag 40.0 %.
    """
    a = _checked(activity)
    if follow is not None:
        number_of("a path", "follow", follow, len(a.here))
    how = (f"Bars: the mean activity of each path of {a.block} on this image; dashes: over many images.",
           f"Maps after bn2 and ReLU, in {GREYS} greys: black is 0, white is {decimal(a.white, 2)} or more.")
    bottom = 96 + TALL + 30
    body = [*_image(a), *_bars(a, follow, 96 + TALL), *_maps(a, follow, bottom + 36),
            *_answers(a, follow, bottom + 170)]
    return Picture(_title(a, follow), how, _words(a, follow), tuple(body), bottom + 170 + 30 + 24 * ANSWERS + 12,
                   cut(_title(a, follow), (WIDTH - 32) * 14 / 20))


def _title(a: Activity, follow: int | None) -> str:
    before, after = a.answers[0][0], a.without[0][0]
    if follow is None:
        return f"This {a.label} is named correctly" if before == a.label else f"This {a.label} is taken for {before}"
    if before == after:
        return f"Without path {follow} the answer stays {before}"
    if after == a.label:
        return f"Without path {follow} this {a.label} is named correctly"
    return f"Without path {follow} this {a.label} is taken for {after}"


def _image(a: Activity) -> list[str]:
    return [tile(16, 96, 112, a.image, small=True), text(16, 228, cut(a.label, LEFT - 32), cls="b")]


def _bars(a: Activity, follow: int | None, base: float) -> list[str]:
    """A bar for each path, with its number where there is room."""
    pitch = (RIGHT - LEFT) / len(a.here)
    wide, scale = min(28.0, pitch * .6), TALL / a.longest
    each = pitch > room("0.00") + 6
    usual = [step for i, mean in enumerate(a.usual) for step in
             ("M", LEFT + (i + .5) * pitch - wide / 2 - 4, base - min(TALL, mean * scale), "h", wide + 8)]
    out = [line(LEFT, base, RIGHT, base, "edge"), path(usual, "edge")]
    for i, here in enumerate(a.here):
        x, high = LEFT + (i + .5) * pitch, min(TALL, here * scale)
        out += [rect(x - wide / 2, base - high, wide, high, "ink" if i == follow else "bar")]
        if each:
            words = f"path {i}" if pitch > room(f"path {i}") + 8 else str(i)
            out += [mid(x, base + 18, words, cls="b" if i == follow else "soft"), mid(x, base + 36, decimal(here, 2),
                                                                                    cls="b" if i == follow else "")]
    if not each and follow is not None:
        x = min(max(LEFT + (follow + .5) * pitch, LEFT + 80), RIGHT - 80)
        out += [mid(x, base + 18, f"path {follow}", cls="b"), mid(x, base + 36, decimal(a.here[follow], 2), cls="b")]
    return out


def _maps(a: Activity, follow: int | None, top: float) -> list[str]:
    shown_maps = a.maps if follow is None else a.maps[:MOST_MAPS]
    count = len(a.maps)
    pitch = (RIGHT - LEFT) / max(len(shown_maps), MOST_MAPS)
    words = "mean map of each path" if follow is None else f"path {follow}: " + (
        plural(count, "map") if count <= MOST_MAPS else f"{MOST_MAPS} of {count} maps")
    return [text(LEFT, top + 14, words, cls="b"),
            tile_row(LEFT + pitch / 20, top + 26, pitch, shown_maps, min(70, pitch * .9), GREYS)]


def _answers(a: Activity, follow: int | None, top: float) -> list[str]:
    out = []
    columns = [(16.0, "with all paths", a.answers)]
    columns += [(WIDTH / 2 + 8, f"without path {follow}", a.without)] if follow is not None else []
    for x, words, answers in columns:
        out += [text(x, top + 16, words, cls="b"), line(x, top + 24, x + WIDTH / 2 - 24, top + 24, "hair")]
        for k, (name, probability) in enumerate(answers[:ANSWERS]):
            y = top + 46 + 24 * k
            out += [text(x, y, cut(name, 140), cls="b" if name == a.label else ""),
                    rect(x + 152, y - 12, LONGEST * probability, 14, "bar"),
                    text(x + 160 + LONGEST * probability, y, _percent(probability))]
    return out


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def _words(a: Activity, follow: int | None) -> str:
    each = ", ".join(f"{i}: {decimal(here, 2)} ({decimal(usual, 2)})"
                     for i, (here, usual) in enumerate(zip(a.here, a.usual, strict=True)))
    answers = [("With all paths", a.answers)] + ([] if follow is None else [(f"Without path {follow}", a.without)])
    said = " ".join(f"{name}: {', '.join(f'{word} {_percent(share)}' for word, share in some[:ANSWERS])}."
                    for name, some in answers)
    return (f"An image of {a.label}. Mean activity of each path of {a.block} on it (over many images): "
            f"{each}.\n{said}")


def _checked(a: Any) -> Activity:
    """The same, once every part can be drawn."""
    if not isinstance(a, Activity):
        raise ConfigError(f"activity must be an Activity; got {shown(a)}")
    here, usual = measurements("here", a.here), measurements("usual", a.usual)
    if len(here) != len(usual) or min(*here, *usual) < 0:
        raise ConfigError(f"here and usual must have a number of at least 0 for each path; got {shown(a.here)} and "
                          f"{shown(a.usual)}")
    for name in ("white", "longest"):
        check_number(name, getattr(a, name), 0, open_below=True)
    for name in ("image", "maps"):
        value, axes = getattr(a, name), (2, 3) if name == "image" else (3,)
        if str(getattr(value, "dtype", "")) != "uint8" or len(value.shape) not in axes or not value.size:
            raise ConfigError(f"{name} must be an array of uint8 pixels with {axes[-1]} axes; got {shown(value)}")
    return a._replace(block=sentence("block", a.block), label=sentence("label", a.label),
                      answers=_shares("answers", a.answers), without=_shares("without", a.without))


def _shares(name: str, values: Any) -> list[tuple[str, float]]:
    if not isinstance(values, tuple | list) or not values:
        raise ConfigError(f"{name} must be several (class, probability); got {shown(values)}")
    for value in values:
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ConfigError(f"{name} must be several (class, probability); got {shown(values)}")
        sentence(f"a class in {name}", value[0])
        check_number(f"a probability in {name}", value[1], 0, 1.0000001)
    return [(word, share) for word, share in values]
