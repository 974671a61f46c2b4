"""A learner's own images, as people have them: a folder for each class. They are read, divided, and commented on."""
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import torch

from resnext_edu.data.dividing import bundles, copies_of, group_pattern, rows_for_the_test
from resnext_edu.data.folder import part_folders, samples_in_parts
from resnext_edu.data.images import Images
from resnext_edu.data.square import Sample, samples_of, side_of, squares, visible_names
from resnext_edu.errors import ConfigError, DataError, check_bool, check_number, one_line, seed_of, shown
from resnext_edu.words import listed, plural

FEW_TO_TEST = 20  # images; with fewer, an accuracy says little
UNEQUAL = 2  # times as many images as the smallest class, from which on a note says so
OWN_LAYOUT = "FOLDER must hold a folder for each class, with its images"


@dataclass(frozen=True, eq=False, repr=False)
class OwnImages:
    """Images of a learner's folder, and where each of them comes from.

    Parameters
    ----------
    images : Images
        Divided into those to train on and those to test on.
    train_paths, test_paths : tuple of str
        The file of each image, below the folder.
    notes : tuple of str
        What one should know before one believes an accuracy, a sentence each.
    """

    images: Images
    train_paths: tuple[str, ...]
    test_paths: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def counts(self) -> tuple[tuple[str, int, int], ...]:
        """Each class, with the number of its images to train on and to test on."""
        sizes = [torch.bincount(labels, minlength=len(self.images.classes)).tolist()
                 for labels in (self.images.train_labels, self.images.test_labels)]
        return tuple(zip(self.images.classes, *sizes, strict=True))

    def __repr__(self) -> str:
        return f"Own{self.images!r}"


def own_images(folder: str | PathLike[str], size: int | None = None, *, test_share: float = 0.25,
               groups: str | None = None, seed: int = 0, progress: bool = True) -> OwnImages:
    r"""Read a folder of images with a folder for each class, and divide them into those to train on and to test on.

    Each class is divided in the same way. Exact copies, which have the same pixels once they are read, stay on one
    side; so do images of one group. A FOLDER that has the folders train and test (or val) is divided already.

    Parameters
    ----------
    folder : str or path
        FOLDER/CLASS/… or FOLDER/train/CLASS/… and FOLDER/test/CLASS/….
    size : int, optional
        Height and width to which each image is brought, 1 to 1024 pixels; 64 by default.
    test_share : float
        The share of each class to test on, above 0 and below 1. With few images or few groups it is met roughly.
    groups : str, optional
        A regular expression with parentheses, such as ``r"patient(\d+)"``. It is looked for in the path of each file,
        below its class. Files with the same text in the first parentheses belong together.
    seed : int
        Of the division.
    progress : bool
        Whether a line shows how far the reading is.

    Returns
    -------
    OwnImages

    Raises
    ------
    ConfigError
        If an argument is not what it should be.
    DataError
        If the folder or a class can't be used, or if a file is no whole image; it is named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for k in range(16):
    ...         place = Path(folder, "pets", "cat" if k % 2 else "dog")
    ...         place.mkdir(parents=True, exist_ok=True)
    ...         Image.new("L", (9, 9), color=k).save(place / f"{k}.png")
    ...     pets = own_images(Path(folder, "pets"), size=8, progress=False)
    >>> pets
    OwnImages(pets: 12 train, 4 test, 8×8 uint8, 2 classes)
    >>> pets.counts
    (('cat', 6, 2), ('dog', 6, 2))
    """
    if not isinstance(folder, str | PathLike) or not os.fspath(folder) or "\0" in str(folder):
        raise ConfigError(f"folder must be the path of a folder with images; got {shown(folder)}")
    pixels_a_side = side_of(size)
    check_number("test_share", test_share, 0, 1, open_below=True)
    pattern = group_pattern(groups)
    seed = seed_of(seed)
    check_bool("progress", progress)
    place = Path(os.path.expanduser(folder))
    if not os.path.isdir(place):  # Path.is_dir raises if the name is too long
        why = "is a file, not a folder" if os.path.exists(place) else "does not exist"
        raise DataError(f"{one_line(place)} {why}; {OWN_LAYOUT}")
    divided = all(part_folders(place))
    if divided:
        classes, to_train, to_test = samples_in_parts(place)
        samples, notes = [*to_train, *to_test], ["The folder has train and test already, and is used as it is."]
        used = [each[0].name for each in part_folders(place)]
        if beside := [name for name in visible_names(place) if name not in used]:
            notes.append(f"What lies beside {listed(used)} was left out: {listed(beside)}.")
    else:
        classes, samples, notes = _of_classes(place)
        to_train = to_test = []
    pixels, preparation = squares(samples, pixels_a_side, place.name, progress)
    notes += preparation[2:]
    labels, copies = [label for _, label in samples], copies_of(pixels)
    keys = [None if pattern is None else _group(pattern, path, place, divided) for path, _ in samples]
    if pattern is not None and not any(keys):
        raise DataError(f"groups {shown(groups)} matches no file of {place}, such as {samples[0][0]}; write another "
                        "expression")
    if divided:
        test = [k >= len(to_train) for k in range(len(samples))]
    else:
        test = rows_for_the_test(labels, bundles(len(samples), copies, keys), classes, float(test_share), seed)
    paths = [Path(path).relative_to(place).as_posix() for path, _ in samples]
    which = torch.tensor(test)
    truth = torch.tensor(labels)
    images = Images(place.resolve().name or "own", pixels[~which], truth[~which], pixels[which], truth[which], classes,
                    licence="", preparation=preparation)
    notes += [*_on_copies(copies, labels, test, paths), *_on_groups(keys, test, pattern is not None, divided)]
    notes += _on_sizes(images)
    to_train_on, to_test_on = (tuple(path for path, tests in zip(paths, test, strict=True) if tests is side)
                               for side in (False, True))
    return OwnImages(images, to_train_on, to_test_on, tuple(notes))


def _of_classes(place: Path) -> tuple[tuple[str, ...], list[Sample], list[str]]:
    """The classes of FOLDER/CLASS, their files, and a note on what lies beside them."""
    names = visible_names(place)
    classes = tuple(name for name in names if (place / name).is_dir())
    loose = [name for name in names if name not in classes]
    inner = {name: [sub for sub in visible_names(place / name) if (place / name / sub).is_dir()] for name in classes}
    if len(classes) < 2:
        repair = f"; or is {place / classes[0]} the folder that you mean?" if classes and inner[classes[0]] else ""
        found = f"one class, {classes[0]}" if classes else f"no class, but {listed(loose)}" if loose else "no class"
        raise DataError(f"{place} has {found}, and a network learns to tell at least two classes apart. "
                        f"{OWN_LAYOUT}{repair}")
    if nested := [place / name / subs[0] for name, subs in inner.items() if subs]:
        raise DataError(f"{nested[0]} is a folder inside of a class. Put its images directly into {nested[0].parent}, "
                        "or name the folder in which all classes lie")
    samples = samples_of(place, classes)
    counts = Counter(label for _, label in samples)
    if empty := [name for k, name in enumerate(classes) if not counts[k]]:
        raise DataError(f"{place / empty[0]} has no images. Put some there, or delete this folder")
    notes = [f"What lies in no class was left out: {listed(loose)}."] if loose else []
    return classes, samples, notes


def _group(pattern: "re.Pattern[str]", path: str, place: Path, divided: bool) -> str | None:
    """What the first parentheses match in the path of a file below its class; None if nothing does."""
    inside = Path(*Path(path).relative_to(place).parts[2 if divided else 1:]).as_posix()
    found = pattern.search(inside)
    return found[1] if found else None


def _on_copies(copies: Sequence[str], labels: Sequence[int], test: Sequence[bool], paths: Sequence[str]) -> list[str]:
    """Exact copies: how many there are, whether they have two names, and whether they are on both sides."""
    notes, homes = [], dict[str, list[int]]()
    for k, key in enumerate(copies):
        homes.setdefault(key, []).append(k)
    if extra := len(copies) - len(homes):
        leaks = sum(test[k] for rows in homes.values() if not all(test[row] for row in rows) for k in rows)
        kept = (f"{leaks} of the test images are among the training images, too, so the accuracy will look too good"
                if leaks else "copies are on one side, to train on or to test on")
        notes.append(f"Exact copies of other images, once they are read: {extra}; {kept}.")
    if torn := [rows for rows in homes.values() if len({labels[row] for row in rows}) > 1]:
        one, other = torn[0][0], next(row for row in torn[0] if labels[row] != labels[torn[0][0]])
        notes.append(f"The same image lies in two classes {plural(len(torn), 'time')}, such as {paths[one]} and "
                     f"{paths[other]}; one of the two names is wrong.")
    return notes


def _on_groups(keys: Sequence[str | None], test: Sequence[bool], asked: bool, divided: bool) -> list[str]:
    """Whether images that belong together are on both sides."""
    if not asked:
        return [] if divided else ["Nothing says which images belong together, such as all photos of one patient. "
                                   "If there are any, name them with groups."]
    names = {key for key in keys if key is not None}
    sides = {*zip(keys, test, strict=True)}
    both = sorted(name for name in names if {(name, False), (name, True)} <= sides)
    notes = [f"{plural(len(names), 'group')}: " + (
        f"{listed(both)} on both sides, so the accuracy will look too good." if both else
        "each is on one side, to train on or to test on.")]
    tested = {key for key, side in sides if side and key is not None}
    notes.append(f"The test has {plural(len(tested), 'group')}. The intervals count images, but those of one group are "
                 "alike, so the true intervals are wider.")
    if without := sum(key is None for key in keys):
        notes.append(f"{plural(without, 'file')} without a group; each stands alone.")
    return notes


def _on_sizes(images: Images) -> list[str]:
    """Whether there are too few images, or very different numbers of them."""
    notes, count = [], len(images.test_labels)
    if count < FEW_TO_TEST:
        notes.append(f"There are only {plural(count, 'test image')}, so the intervals are wide.")
    sizes = torch.bincount(images.train_labels, minlength=len(images.classes))
    if int(sizes.max()) >= UNEQUAL * int(sizes.min()):
        largest = int(sizes.argmax())
        right = int((images.test_labels == largest).sum())
        notes.append(f"The classes have between {int(sizes.min()):,} and {int(sizes.max()):,} training images. Who "
                     f"always says {images.classes[largest]!r} is right for {100 * right / count:.1f} % of the test "
                     "images.")
    return notes
