"""Which of a learner's images are for the test, so that images that belong together stay on one side."""
import re
from collections.abc import Hashable, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Any

from torch import Tensor

from resnext_edu.errors import ConfigError, DataError, message_of, shown
from resnext_edu.extras import brought_by

MOST_FOLDS = 20


def copies_of(images: Tensor) -> list[str]:
    """A key for each image: the same one for images with the same pixels."""
    return [sha256(image.contiguous().numpy().tobytes()).hexdigest() for image in images]


def group_pattern(groups: object) -> "re.Pattern[str] | None":
    """Compile the regular expression; raises a `ConfigError` if that fails, or if it has no group in parentheses."""
    if groups is None:
        return None
    if not isinstance(groups, str):
        raise ConfigError(f"groups must be a regular expression, such as r'patient(\\d+)'; got {shown(groups)}")
    try:
        pattern = re.compile(groups)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"groups {shown(groups)} is no regular expression ({message_of(error)}); one is "
                          r"patient(\d+)") from error
    if not pattern.groups:
        raise ConfigError(f"groups {shown(groups)} must have parentheses around what names the group, as in "
                          r"patient(\d+)")
    return pattern


def bundles(count: int, *ways: Sequence[Hashable]) -> list[int]:
    """The number of its bundle for each of `count` images: two with the same key in one of the ways are in one bundle.

    A key of None belongs to no other.

    Examples
    --------
    >>> bundles(5, ["a", "b", None, "b", None], [1, 2, 3, 4, 1])
    [0, 1, 2, 1, 0]
    """
    parent = list(range(count))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = k = parent[parent[k]]
        return k

    for way in ways:
        first: dict[Hashable, int] = {}
        for k, key in enumerate(way):
            if key is not None:
                low, high = sorted((root(k), root(first.setdefault(key, k))))
                parent[high] = low
    return [root(k) for k in range(count)]


def rows_for_the_test(labels: Sequence[int], bundle: Sequence[int], classes: Sequence[str], share: float, seed: int
                      ) -> list[bool]:
    """Whether each image is for the test: about `share` of each class, and of each bundle all images or none.

    scikit-learn's `StratifiedGroupKFold` makes equal folds; as many of them are for the test as give the share.

    Raises
    ------
    DataError
        If a class can't be on both sides.
    """
    import numpy as np

    with brought_by("train", "fine-tuning"):
        from sklearn.model_selection import StratifiedGroupKFold

    separate = {k: len({each for each, label in zip(bundle, labels, strict=True) if label == k})
                for k in range(len(classes))}
    fewest = min(separate, key=lambda k: separate[k])
    if separate[fewest] < 2:
        has = sum(label == fewest for label in labels)
        alone = "1 image" if has == 1 else f"{has} images, which all belong together"
        counts = ", ".join(f"{name} {sum(label == k for label in labels)}" for k, name in enumerate(classes))
        raise DataError(f"{classes[fewest]} has {alone}, but each class needs some to train on and others to test on. "
                        f"Images in each class: {counts}")
    most = min(MOST_FOLDS, separate[fewest])
    part = min(max(Fraction(share).limit_denominator(most), Fraction(1, most)), Fraction(most - 1, most))
    folds = StratifiedGroupKFold(part.denominator, shuffle=True, random_state=seed % 2**32)
    truth = np.array(labels)
    fold = np.empty(len(truth), int)
    for k, (_, rows) in enumerate(folds.split(truth, truth, np.array(bundle))):
        fold[rows] = k
    best: Any = None
    for first in range(part.denominator):
        chosen = np.isin((fold - first) % part.denominator, range(part.numerator))
        shares = [chosen[truth == k].mean() for k in range(len(classes))]
        away = sum(abs(each - share) for each in shares)
        if all(0 < each < 1 for each in shares) and (best is None or away < best[0] - 1e-9):
            best = away, chosen
    if best is None:
        raise DataError("the images can't be divided so that each class has some to train on and others to test on, "
                        f"since images of several classes belong together; {classes[fewest]} has "
                        f"{separate[fewest]} groups. Take other groups")
    picked: list[bool] = best[1].tolist()
    return picked
