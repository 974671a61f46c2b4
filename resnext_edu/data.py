"""Real images that need no internet, and feature maps made from them for a block in the middle of a network.

`load_images` reads the small data set that comes with the package; `block_inputs` turns some of its images into
feature maps of a block's input shape, so that a proof can also run on numbers that are not random.
"""
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from resnext_edu.errors import ConfigError, DataError, check_name, positive_int, shown

ASSETS = Path(__file__).parent / "assets"


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


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """A small set of labelled images. Every ten of them, from a multiple of 10 on, show each class once, in order.

    Parameters
    ----------
    name : str
    train_images, test_images : Tensor
        (N, H, W), uint8; 0 is black.
    train_labels, test_labels : Tensor
        (N,), int64; label k stands for `classes[k]`.
    classes : tuple of str
    licence : str
        The notice that must go with every copy of the images.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    licence: str

    def __repr__(self) -> str:
        height, width = self.train_images.shape[1:]
        return (f"Images({self.name}: {len(self.train_images):,} train, {len(self.test_images):,} test, "
                f"{height}×{width} uint8, {len(self.classes)} classes)")


def load_images(name: str = "fashion-mnist-mini") -> Images:
    """Read the images that come with the package, and check their checksum. Each call gives a new copy.

    `fashion-mnist-mini` is a balanced subset of Fashion-MNIST: the first 500 training images and the first 100 test
    images of each class.

    Parameters
    ----------
    name : str
        A key of `DATA_SETS`.

    Returns
    -------
    Images
        uint8 images with their labels, class names and licence.

    Raises
    ------
    ConfigError
        If no data set has this name.
    DataError
        If a file is missing or damaged; the text says what to do.

    References
    ----------
    Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747; MIT licence, see `Images.licence`.

    Examples
    --------
    >>> images = load_images("fashion-mnist-mini")
    >>> images
    Images(fashion-mnist-mini: 5,000 train, 1,000 test, 28×28 uint8, 10 classes)
    >>> images.classes[images.test_labels[7]]
    'Sneaker'
    """
    check_name("data set", name, DATA_SETS)
    asset = DATA_SETS[name]
    licence = _read(asset.licence_file, "the licence notice of the images").decode("utf-8")
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


def block_inputs(images: Images, channels: int = 256, size: int = 14, count: int = 2) -> Tensor:
    """Real images as a block would see them: the first `count` test images after a fixed stem.

    The stem is *fixed, and not trained*. It standardises the images with the mean and the deviation of the training
    images; then come one 3×3 convolution from 1 to `channels` with seeded He weights, a ReLU, and average pooling to
    `size`×`size`. The maps have the edges and the flat areas of real images, and no negative numbers, like the input
    of a block that follows another block. The global random state is neither used nor changed.

    Parameters
    ----------
    images : Images
    channels : int
        The block's `in_channels`.
    size : int
        Height and width of the maps. If it is larger than the images, values are repeated.
    count : int
        How many images; no more than `images` has for testing.

    Returns
    -------
    Tensor
        (count, channels, size, size), float32.

    Raises
    ------
    ConfigError
        If `images` are no `Images`, a number is not a positive integer, or there are fewer than `count` test images.

    Examples
    --------
    >>> block_inputs(load_images(), channels=256, size=14, count=2).shape
    torch.Size([2, 256, 14, 14])
    """
    if not isinstance(images, Images):
        raise ConfigError(f"images must come from load_images(); got {shown(images)}")
    channels, size = positive_int("channels", channels), positive_int("size", size)
    count = positive_int("count", count)
    if count > len(images.test_images):
        raise ConfigError(f"count must be at most {len(images.test_images)}, the number of test images; got {count}")
    seen = images.train_images.double()
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(channels, 1, 3, 3, generator=generator, dtype=torch.float32) * (2 / 9) ** 0.5
    x = ((images.test_images[:count] - seen.mean()) / seen.std()).float().unsqueeze(1)  # (N, 1, 28, 28)
    x = F.relu(F.conv2d(x, weight, padding=1))  # (N, channels, 28, 28)
    return F.adaptive_avg_pool2d(x, size)  # (N, channels, size, size)


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
