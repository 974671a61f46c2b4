"""The images that come with the package, checked before they are read: real ones that need no internet."""
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnext_edu.data.images import Images
from resnext_edu.errors import DataError

ASSETS = Path(__file__).parents[1] / "assets"


@dataclass(frozen=True)
class Asset:
    """What is known about a data file before it is read, to check that it is the right one."""

    file: str
    licence_file: str
    size: int  # bytes
    sha256: str
    classes: tuple[str, ...]


# tools/make_images.py makes the files, and prints the size and the checksum.
DATA_SETS: Mapping[str, Asset] = {
    "fashion-mnist-mini": Asset(
        file="fashion-mnist-mini.zip",
        licence_file="fashion-mnist-mini.LICENSE.txt",
        size=2_615_195,
        sha256="7c9f9a107b9c99206f3ac16318263be77b56a67f240ffe1dd654bf569baffd48",
        classes=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                 "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}


def embedded_images(name: str) -> Images:
    """Read one of `DATA_SETS`; raises a `DataError` if a file is missing or damaged."""
    asset = DATA_SETS[name]
    licence = licence_of(name)
    expected = f"{asset.size:,} bytes with sha256 {asset.sha256}"
    packed = _read(asset.file, expected)
    if (found := hashlib.sha256(packed).hexdigest()) != asset.sha256:
        raise DataError(f"{ASSETS / asset.file} is damaged: expected {expected}; "
                        f"found {len(packed):,} bytes with sha256 {found}. {_repair(asset.file)}")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        train, train_labels, test, test_labels = (
            _from_idx(archive.read(f"{split}-{what}"))
            for split in ("train", "t10k") for what in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    return Images(name, train, train_labels.long(), test, test_labels.long(), asset.classes, licence)


def licence_of(name: str) -> str:
    """The notice that goes with one of `DATA_SETS`; raises a `DataError` if its file is missing."""
    return _read(DATA_SETS[name].licence_file, "the licence notice of the images").decode("utf-8")


def _read(file: str, expected: str) -> bytes:
    try:
        return (ASSETS / file).read_bytes()
    except OSError as error:
        raise DataError(f"{ASSETS / file} can't be read ({error.strerror}): expected {expected}. "
                        f"{_repair(file)}") from error


def _repair(file: str) -> str:
    return (f"To repair it: in a clone `git checkout -- resnext_edu/assets/{file}`, else install the package again "
            "with `pip install --force-reinstall`; tools/make_images.py makes the images from the official files")


def _from_idx(raw: bytes) -> Tensor:
    """An idx file: two zeros, 8 for uint8, the number of sizes, each size in four bytes (big-endian), the data."""
    start = 4 + 4 * raw[3]
    sizes = [int.from_bytes(raw[i:i + 4], "big") for i in range(4, start, 4)]
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8, offset=start).reshape(sizes)
