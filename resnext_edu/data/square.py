"""A learner's image files, each read in the same way: as a square of so many pixels."""
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from resnext_edu.bar import progress_bar
from resnext_edu.errors import ConfigError, DataError, message_of, positive_int

if TYPE_CHECKING:
    from PIL.Image import Image

USUAL_SIDE, LARGEST_SIDE = 64, 1024  # pixels
LEFT_BY_SYSTEMS = "Thumbs.db", "desktop.ini", "__MACOSX"  # besides what begins with a dot
Sample = tuple[str, int]  # the path of an image, and the number of its class


def side_of(size: int | None) -> int:
    """`size` in pixels, or the usual one; raises a `ConfigError` if it is no whole number from 1 to 1024."""
    side = USUAL_SIDE if size is None else positive_int("size", size)
    if side > LARGEST_SIDE:
        raise ConfigError(f"size must be at most {LARGEST_SIDE}, since all images are kept in memory; got {side}")
    return side


def visible_names(folder: Path) -> list[str]:
    """What a folder holds, without what systems and editors leave there."""
    return sorted(path.name for path in folder.iterdir() if _visible(path.name))


def _visible(name: str) -> bool:
    return not name.startswith(".") and name not in LEFT_BY_SYSTEMS


def samples_of(part: Path, classes: Sequence[str]) -> list[Sample]:
    """Every file of every class, as torchvision's `ImageFolder` finds them, whatever its name ends with."""
    from torchvision.datasets import ImageFolder

    def visible(path: str) -> bool:
        return all(map(_visible, Path(path).relative_to(part).parts))

    numbers = {name: number for number, name in enumerate(classes)}
    samples: list[Sample] = ImageFolder.make_dataset(str(part), numbers, is_valid_file=visible, allow_empty=True)
    return samples


def squares(samples: Sequence[Sample], side: int, what: str, progress: bool) -> tuple[Tensor, tuple[str, ...]]:
    """All images as squares, and what was done to them, in sentences.

    Parameters
    ----------
    samples : sequence of (str, int)
    side : int
        Height and width, in pixels.
    what : str
        What is read, in front of the progress line.
    progress : bool

    Returns
    -------
    tuple
        (N, side, side) uint8 if all are grey, else (N, 3, side, side), and the sentences for `Images.preparation`.

    Raises
    ------
    DataError
        If a file is no whole image; it is named.
    """
    pixels, was = [], Counter[str]()
    with progress_bar(len(samples), "image", shown=progress, what=f"reading {what}") as bar:
        for path, _ in samples:
            image, kind = _square(path, side)
            pixels.append(image)
            was[kind] += 1
            bar.update()
    return _stacked(pixels), _told(was, side)


def _square(path: str, side: int) -> tuple[Tensor, str]:
    """(1 or 3, side, side) uint8, and of what kind the image was."""
    from PIL import Image, ImageOps
    from torchvision.transforms import functional

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:  # of a large image, or odd EXIF data
            kind = _kind(opened)
            image = ImageOps.exif_transpose(opened).convert("L" if kind == "grey" else "RGB")
    except Exception as error:  # whatever a decoder may raise
        raise DataError(f"{path} can't be read as an image ({message_of(error)}). Put a whole image with 8 bits in "
                        "each channel in its place, or delete it") from error
    return functional.pil_to_tensor(functional.center_crop(functional.resize(image, side), side)), kind


def _kind(image: "Image") -> str:
    """What it is: "grey", "RGB" or "other"."""
    if image.mode.startswith(("I", "F")):  # such as I;16; which of its numbers is white, only its maker knows
        raise ValueError(f"mode {image.mode} has more than 8 bits in a channel")
    if image.has_transparency_data or getattr(image, "is_animated", False):
        return "other"
    return {"1": "grey", "L": "grey", "RGB": "RGB"}.get(image.mode, "other")


def _stacked(pixels: Sequence[Tensor]) -> Tensor:
    """(N, side, side) if all are grey, else (N, 3, side, side)."""
    if all(len(image) == 1 for image in pixels):
        return torch.cat(list(pixels))
    return torch.stack([image.expand(3, -1, -1) for image in pixels])


def _told(was: Counter[str], side: int) -> tuple[str, ...]:
    """What was done to the images, for `Images.preparation`."""
    steps = [f"Each image is turned upright if its file says how, and resized until its shorter side has {side} "
             "pixels.",
             f"The {side}×{side} pixels in the middle are kept."]
    if changed := was.total() - was["RGB"] if len(was) > 1 or was["other"] else 0:
        steps.append(f"{changed:,} of {was.total():,} images are turned into RGB: grey into three equal channels, "
                     "an animation into its first picture; transparency is dropped.")
    return tuple(steps)
