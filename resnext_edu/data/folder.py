"""A learner's own images, in FOLDER/train/CLASS and FOLDER/test/CLASS: read one by one, and brought to one size."""
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from resnext_edu.bar import progress_bar
from resnext_edu.data.images import Images
from resnext_edu.errors import ConfigError, DataError, message_of, positive_int

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_FOLDER = "image-folder"
LAYOUT = "images must lie in FOLDER/train/CLASS and in FOLDER/test/CLASS, with a folder for each class"
USUAL_SIDE, LARGEST_SIDE = 64, 1024  # pixels
Sample = tuple[str, int]  # the path of an image, and the number of its class


def folder_images(folder: Path, size: int | None, progress: bool) -> Images:
    """Read all images below FOLDER/train and FOLDER/test (or FOLDER/val), each as a square of `size` pixels.

    Raises
    ------
    ConfigError
        If `size` is no whole number from 1 to 1024.
    DataError
        If there are no such folders, if they have no or other classes, or if a file is no whole image.
    """
    side = USUAL_SIDE if size is None else positive_int("size", size)
    if side > LARGEST_SIDE:
        raise ConfigError(f"size must be at most {LARGEST_SIDE}, since all images are kept in memory; got {side}")
    train, test = _parts(folder)
    classes, of_the_test = _classes(train), _classes(test)
    if classes != of_the_test:
        raise DataError(f"{train} and {test} must have the same classes; the first has {_listed(classes)}, the second "
                        f"{_listed(of_the_test)}. Add or rename a folder")
    to_train, to_test = _samples(train, classes), _samples(test, classes)
    pixels, was = [], Counter[str]()
    samples = [*to_train, *to_test]
    with progress_bar(len(samples), "image", shown=progress, what=f"reading {folder.name}") as bar:
        for path, _ in samples:
            image, kind = _square(path, side)
            pixels.append(image)
            was[kind] += 1
            bar.update()
    labels = torch.tensor([label for _, label in samples])
    images = _stacked(pixels)
    first = len(to_train)
    return Images(folder.resolve().name or IMAGE_FOLDER, images[:first], labels[:first], images[first:], labels[first:],
                  classes, licence="", preparation=_told(was, side))


def _parts(folder: Path) -> tuple[Path, Path]:
    """The folders of the images to train on and of those to test on."""
    found = [[folder / name for name in names if (folder / name).is_dir()] for names in (("train",), ("test", "val"))]
    if not all(found):
        there = _listed(_visible(folder)) if folder.is_dir() else "no such folder"
        needed = " and ".join(part for part, has in zip(("train", "test (or val)"), found, strict=True) if not has)
        raise DataError(f"{folder} has no folder {needed}; found: {there}. The {LAYOUT}")
    return found[0][0], found[1][0]


def _visible(folder: Path) -> list[str]:
    """What a folder holds, without the hidden files that systems and editors make."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _classes(part: Path) -> tuple[str, ...]:
    names = _visible(part)
    if loose := [name for name in names if not (part / name).is_dir()]:
        raise DataError(f"{part / loose[0]} lies in no class; move it into the folder of its class. The {LAYOUT}")
    if len(names) < 2:
        raise DataError(f"{part} has {_listed(names)}, but a network learns to tell at least two classes apart. "
                        f"The {LAYOUT}")
    return tuple(names)


def _samples(part: Path, classes: Sequence[str]) -> list[Sample]:
    """Every file of every class, as torchvision's `ImageFolder` finds them, whatever its name ends with."""
    from torchvision.datasets import ImageFolder

    def visible(path: str) -> bool:
        return not any(name.startswith(".") for name in Path(path).relative_to(part).parts)

    numbers = {name: number for number, name in enumerate(classes)}
    samples: list[Sample] = ImageFolder.make_dataset(str(part), numbers, is_valid_file=visible, allow_empty=True)
    if empty := [name for name in classes if numbers[name] not in {label for _, label in samples}]:
        raise DataError(f"{part / empty[0]} has no images. Put some there, or delete this folder and its namesakes")
    return samples


def _square(path: str, side: int) -> tuple[Tensor, str]:
    """(1 or 3, side, side) uint8, and of what kind the image was."""
    from PIL import Image, ImageOps
    from torchvision.transforms import functional

    try:
        with Image.open(path) as opened:
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


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(names[:most]) or "nothing"
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
