"""Fashion-MNIST and CIFAR-10, all of them: torchvision reads them from a folder that the learner names."""
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnext_edu.data.catalogue import OFFICIAL, OfficialSet
from resnext_edu.data.embedded import licence_of
from resnext_edu.data.fetch import make_whole
from resnext_edu.data.images import Images
from resnext_edu.errors import DataError

CITE = ("CIFAR-10 states no licence. Its page, https://www.cs.toronto.edu/~kriz/cifar.html, asks everyone who uses it "
        "to cite:\nAlex Krizhevsky: Learning Multiple Layers of Features from Tiny Images. 2009\n")


def official_images(name: str, folder: Path, progress: bool) -> Images:
    """Read one of `OFFICIAL` from the folder; what is not there is unpacked or fetched first.

    Raises
    ------
    DataError
        If a file is damaged, or if it is missing and can't be fetched.
    """
    from torchvision import datasets

    known = OFFICIAL[name]
    loader = getattr(datasets, known.loader)
    make_whole(name, known, loader, folder, progress)
    if (old := folder / known.loader / "processed").exists():  # torchvision would read it instead, without a check
        raise DataError(f"{old} holds a copy that an old torchvision made, and no checksum says whether it is whole. "
                        f"Delete this folder, and run this again: the files in {folder / known.place} are enough")
    train, train_labels, classes = _read(known, folder, loader(folder, train=True), known.counts[0])
    test, test_labels, _ = _read(known, folder, loader(folder, train=False), known.counts[1])
    licence = CITE if name == "cifar10" else licence_of("fashion-mnist-mini").partition("\n\n")[2]  # without "a subset"
    return Images(name, train, train_labels, test, test_labels, classes, licence)


def _read(known: OfficialSet, folder: Path, dataset: Any, count: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Images, labels and classes as torchvision reads them, if they are as many and as large as they must be."""
    images, labels = torch.as_tensor(dataset.data), torch.as_tensor(dataset.targets, dtype=torch.int64)
    if images.dim() == 4:
        images = images.permute(0, 3, 1, 2)  # (N, H, W, 3) → (N, 3, H, W)
    classes, found = tuple(dataset.classes), sorted(set(labels.tolist()))
    if images.shape != (count, *known.shape) or labels.shape != (count,) or found != [*range(len(classes))]:
        raise DataError(f"{folder / known.place} must hold images of shape {(count, *known.shape)} with all labels "
                        f"0 … {len(classes) - 1}; torchvision reads {tuple(images.shape)} and {len(labels):,} labels: "
                        f"{', '.join(map(str, found))}. Name another folder, into which all can be fetched anew")
    return images, labels, classes
