"""One image, from a file or as it is given, turned upright and into the channels that a network reads."""
import warnings
from os import PathLike
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor

from resnext_edu.errors import ConfigError, DataError, message_of, one_line, shown
from resnext_edu.preparation import ROUTES


def photo(image: object, channels: int) -> Image.Image:
    """Open an image, turn it upright as its file says, and turn it grey or into colour if it has to be.

    Parameters
    ----------
    image : path, PIL image, or Tensor
        A tensor is (H, W), (1, H, W) or (3, H, W), uint8, as `torchvision.io` reads it.
    channels : int
        1 or 3: what the network reads.

    Returns
    -------
    PIL.Image.Image
        In mode "L" or "RGB".

    Raises
    ------
    DataError
        If the file is missing, or holds no image of 8 bits in each channel.
    ConfigError
        If it is something else, such as a tensor of other numbers.
    """
    mode = ROUTES[channels]
    if isinstance(image, Image.Image) and image.mode == mode and not image.getexif():
        return image  # nothing to do, as for most images that stand in a loop
    if isinstance(image, str | PathLike):
        return _read(image, mode)
    if isinstance(image, Tensor):
        return _of_pixels(image).convert(mode)
    if not isinstance(image, Image.Image):
        raise ConfigError(f"an image is the path of a file, a PIL image, or a uint8 tensor; got {shown(image)}")
    _check_bits(image)
    return ImageOps.exif_transpose(image).convert(mode)


def inverted(image: object) -> Image.Image:
    """The same image in colour, with light and dark exchanged; for the argument see `photo`."""
    return ImageOps.invert(photo(image, 3))


def _read(path: Any, mode: str) -> Image.Image:
    if not str(path) or "\0" in str(path):
        raise ConfigError(f"an image is the path of a file, a PIL image, or a uint8 tensor; got {shown(path)}")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:  # of a large image, or odd EXIF data
            _check_bits(opened)
            return ImageOps.exif_transpose(opened).convert(mode)
    except FileNotFoundError as error:
        raise DataError(f"no file {one_line(path)}; give the path of an image, such as a JPEG or a PNG") from error
    except ConfigError as error:
        raise DataError(f"{one_line(path)}: {error}") from error
    except Exception as error:  # whatever a decoder may raise
        raise DataError(f"{one_line(path)} can't be read as an image ({message_of(error)}); give a whole image, such "
                        "as a JPEG or a PNG") from error


def _check_bits(image: Image.Image) -> None:
    """Raise a `ConfigError` for an image whose maker alone knows which of its numbers is white."""
    if image.mode.startswith(("I", "F")):
        raise ConfigError(f"an image of mode {image.mode} has more than 8 bits in a channel; convert it first, and say "
                          "which of its numbers is white")


def _of_pixels(pixels: Tensor) -> Image.Image:
    fits = pixels.dim() == 2 or (pixels.dim() == 3 and len(pixels) in ROUTES)
    if pixels.dtype != torch.uint8 or not fits or not pixels.numel():
        last = pixels.dim() == 3 and pixels.shape[-1] in ROUTES
        repair = ("its channels stand last, so pass x.permute(2, 0, 1)" if last and not fits else
                  "pixels are whole numbers, 0 to 255, and what the network needs is done to them here")
        raise ConfigError(f"an image is a uint8 tensor of shape (H, W), (1, H, W) or (3, H, W); got {shown(pixels)}; "
                          f"{repair}")
    channels_last = pixels.squeeze(0) if pixels.dim() == 3 and len(pixels) == 1 else pixels
    if channels_last.dim() == 3:
        channels_last = channels_last.permute(1, 2, 0)  # (H, W, 3)
    return Image.fromarray(channels_last.cpu().contiguous().numpy())
