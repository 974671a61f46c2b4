"""Small images as parts of a picture: photographs, digits, feature maps."""
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

from resnext_edu.draw.kit.svg import rect, tag
from resnext_edu.errors import ConfigError, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_TILE = 512  # pixels; more would be too heavy for a page


def tile(x: float, y: float, side: float, pixels: "NDArray[np.uint8]", cls: str = "hair", small: bool = False) -> str:
    """A small image with a frame; each of its pixels is a square, however large it is shown.

    It is stored uncompressed, so that the bytes are the same on every machine: 28×28 grey pixels take 1.2 kB.

    Parameters
    ----------
    x, y : float
        Where its top left corner stands.
    side : float
        Its longer side, in units; the image stands in the middle of a square of that size.
    pixels : ndarray
        (H, W) or (H, W, 3) uint8; 0 is black.
    cls : str
        The class of its frame.
    small : bool
        Whether to store it in a third of that, for a picture that is never committed: the bytes are another encoder's.

    Examples
    --------
    >>> import numpy as np
    >>> tile(16, 80, 56, np.zeros((2, 2), np.uint8))[:52]
    '<image x="16" y="80" width="56" height="56" preserve'
    """
    high, wide = (side * float(length) / max(pixels.shape[:2]) for length in pixels.shape[:2])
    place = {"x": x + (side - wide) / 2, "y": y + (side - high) / 2, "width": wide, "height": high}
    return _stored(pixels, small, **place) + rect(**place, cls=cls)


def pixels_of(name: str, image: Any) -> Any:
    """`image` as an array that a tile takes."""
    import numpy as np

    try:
        pixels = np.asarray(image)
    except Exception as error:  # whatever the value's own class raises
        raise ConfigError(f"{name} must be pixels; got {shown(image)}") from error
    in_colour = pixels.ndim == 3 and pixels.shape[2] == 3
    fits = pixels.dtype == np.uint8 and pixels.size and (pixels.ndim == 2 or in_colour)
    if not fits or max(pixels.shape) > LARGEST_TILE:
        raise ConfigError(f"{name} must be (H, W) or (H, W, 3) uint8, at most {LARGEST_TILE} pixels wide and high; got "
                          f"{shown(image)}")
    return pixels


def tile_row(x: float, y: float, pitch: float, maps: "NDArray[np.uint8]", most: float, steps: int) -> str:
    """Maps of one size beside each other, each in a frame, in so many steps of grey. They are stored as one image.

    Parameters
    ----------
    x, y : float
        The top left corner of the first one.
    pitch : float
        From one to the next, in units.
    maps : ndarray
        (n, H, W) uint8; 0 is black.
    most : float
        How wide and how high each is at most, in units.
    steps : int
        How many greys, black and white included. It is these that cost: 4 maps of 28×28 in 6 greys take 0.4 kB.

    Examples
    --------
    >>> import numpy as np
    >>> tile_row(0, 0, 80, np.zeros((4, 28, 28), np.uint8), most=70, steps=6).count("<rect")
    7
    """
    import numpy as np

    count, high, wide = maps.shape
    unit = min(most / max(high, wide), pitch / (wide + 1))  # of a pixel
    gap = round(pitch / unit) - wide  # black pixels between two maps, under a piece of the ground
    unit = pitch / (wide + gap)
    grey = np.round(np.round(maps / 255 * (steps - 1)) * 255 / (steps - 1)).astype(np.uint8)
    row = np.pad(grey, ((0, 0), (0, 0), (0, gap))).transpose(1, 0, 2).reshape(high, -1)[:, :-gap]
    starts = [x + pitch * k for k in range(count)]
    return "".join((_stored(row, True, x=x, y=y, width=unit * row.shape[1], height=unit * high),
                    *(rect(start + unit * wide, y - 1, unit * gap, unit * high + 2, "bg") for start in starts[:-1]),
                    *(rect(start, y, unit * wide, unit * high, "hair") for start in starts)))


def _stored(pixels: "NDArray[np.uint8]", small: bool, **place: float) -> str:
    """The pixels as an image in an address of its own."""
    from PIL import Image, features

    kind = "webp" if small and features.check("webp") else "png"  # a Pillow may have been built without it
    how: dict[str, object] = {"compress_level": 0} if kind == "png" else {"lossless": True, "quality": 100, "method": 6}
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return tag("image", **place, preserveAspectRatio="none", image_rendering="pixelated",
               href=f"data:image/{kind};base64," + b64encode(file.getvalue()).decode())
