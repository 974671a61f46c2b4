"""Small images as parts of a picture: photographs, digits, feature maps."""
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

from resnext_edu.draw.kit.svg import rect, tag

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def tile(x: float, y: float, side: float, pixels: "NDArray[np.uint8]", cls: str = "hair") -> str:
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

    Examples
    --------
    >>> import numpy as np
    >>> tile(16, 80, 56, np.zeros((2, 2), np.uint8))[:52]
    '<image x="16" y="80" width="56" height="56" preserve'
    """
    from PIL import Image

    high, wide = (side * float(length) / max(pixels.shape[:2]) for length in pixels.shape[:2])
    place = {"x": x + (side - wide) / 2, "y": y + (side - high) / 2, "width": wide, "height": high}
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return tag("image", **place, preserveAspectRatio="none", image_rendering="pixelated",
               href="data:image/png;base64," + b64encode(file.getvalue()).decode()) + rect(**place, cls=cls)
