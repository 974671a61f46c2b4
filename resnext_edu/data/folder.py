"""A learner's own images, in FOLDER/train/CLASS and FOLDER/test/CLASS: read one by one, and brought to one size."""
from collections.abc import Sequence
from pathlib import Path

import torch

from resnext_edu.data.images import Images
from resnext_edu.data.square import Sample, samples_of, side_of, squares, visible_names
from resnext_edu.errors import DataError

IMAGE_FOLDER = "image-folder"
PART_NAMES = ("train",), ("test", "val", "valid", "validation")  # the first that is there
LAYOUT = "images must lie in FOLDER/train/CLASS and in FOLDER/test/CLASS, with a folder for each class"


def folder_images(folder: Path, size: int | None, progress: bool) -> Images:
    """Read all images below FOLDER/train and FOLDER/test (or FOLDER/val), each as a square of `size` pixels.

    Raises
    ------
    ConfigError
        If `size` is no whole number from 1 to 1024.
    DataError
        If there are no such folders, if they have no or other classes, or if a file is no whole image.
    """
    side = side_of(size)
    classes, to_train, to_test = samples_in_parts(folder)
    samples = [*to_train, *to_test]
    images, preparation = squares(samples, side, folder.name, progress)
    labels = torch.tensor([label for _, label in samples])
    first = len(to_train)
    return Images(folder.resolve().name or IMAGE_FOLDER, images[:first], labels[:first], images[first:], labels[first:],
                  classes, licence="", preparation=preparation)


def samples_in_parts(folder: Path) -> tuple[tuple[str, ...], list[Sample], list[Sample]]:
    """The classes, the files to train on and those to test on; raises a `DataError` if a part is missing."""
    train, test = _parts(folder)
    classes, of_the_test = _classes(train), _classes(test)
    if classes != of_the_test:
        raise DataError(f"{train} and {test} must have the same classes; the first has {_listed(classes)}, the second "
                        f"{_listed(of_the_test)}. Add or rename a folder")
    return classes, _samples(train, classes), _samples(test, classes)


def part_folders(folder: Path) -> list[list[Path]]:
    """Those of the folders for training and for testing that are there."""
    return [[folder / name for name in names if (folder / name).is_dir()] for names in PART_NAMES]


def _parts(folder: Path) -> tuple[Path, Path]:
    """The folders of the images to train on and of those to test on."""
    found = part_folders(folder)
    if not all(found):
        there = _listed(visible_names(folder)) if folder.is_dir() else "no such folder"
        needed = " and ".join(part for part, has in zip(("train", "test (or val)"), found, strict=True) if not has)
        raise DataError(f"{folder} has no folder {needed}; found: {there}. The {LAYOUT}")
    return found[0][0], found[1][0]


def _classes(part: Path) -> tuple[str, ...]:
    names = visible_names(part)
    if loose := [name for name in names if not (part / name).is_dir()]:
        raise DataError(f"{part / loose[0]} lies in no class; move it into the folder of its class. The {LAYOUT}")
    if len(names) < 2:
        raise DataError(f"{part} has {_listed(names)}, but a network learns to tell at least two classes apart. "
                        f"The {LAYOUT}")
    return tuple(names)


def _samples(part: Path, classes: Sequence[str]) -> list[Sample]:
    samples = samples_of(part, classes)
    labels = {label for _, label in samples}
    if empty := [name for number, name in enumerate(classes) if number not in labels]:
        raise DataError(f"{part / empty[0]} has no images. Put some there, or delete this folder and its namesakes")
    return samples


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(names[:most]) or "nothing"
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
