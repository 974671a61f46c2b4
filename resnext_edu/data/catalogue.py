"""What is known about the data sets of others before they are read: their files, their sums, how many images."""
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Expected:
    """What a file must be."""

    size: int  # bytes
    md5: str

    def __str__(self) -> str:
        return f"{self.size:,} bytes with md5 {self.md5}"


@dataclass(frozen=True)
class OfficialSet:
    """A data set that torchvision can fetch and read."""

    loader: str  # its class in torchvision.datasets
    place: str  # where its files are, inside the learner's folder
    files: Mapping[str, Expected]
    archive: str  # the file in which {file} comes, inside the learner's folder
    counts: tuple[int, int]  # how many images there are for training, and for testing
    shape: tuple[int, ...]  # of one image

    def archive_of(self, file: str, folder: Path) -> Path:
        """Where the archive lies that holds this file."""
        return folder / self.archive.format(file=file)


# torchvision has md5 sums of Fashion-MNIST's archives only. They don't tell whether an unpacked file is whole, and
# Debian packed the same files anew, with other sums. So these are the sums of what is inside.
OFFICIAL: Mapping[str, OfficialSet] = {
    "fashion-mnist": OfficialSet(
        loader="FashionMNIST",
        place="FashionMNIST/raw",
        files={
            "train-images-idx3-ubyte": Expected(47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
            "train-labels-idx1-ubyte": Expected(60_008, "9018921c3c673c538a1fc5bad174d6f9"),
            "t10k-images-idx3-ubyte": Expected(7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
            "t10k-labels-idx1-ubyte": Expected(10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
        },
        archive="FashionMNIST/raw/{file}.gz",
        counts=(60_000, 10_000),
        shape=(28, 28),
    ),
    "cifar10": OfficialSet(
        loader="CIFAR10",
        place="cifar-10-batches-py",
        files={
            "data_batch_1": Expected(31_035_704, "c99cafc152244af753f735de768cd75f"),
            "data_batch_2": Expected(31_035_320, "d4bba439e000b95fd0a9bffe97cbabec"),
            "data_batch_3": Expected(31_035_999, "54ebc095f3ab1f0389bbae665268c751"),
            "data_batch_4": Expected(31_035_696, "634d18415352ddfa80567beed471001a"),
            "data_batch_5": Expected(31_035_623, "482c414d41f54cd18b22e5b47cb7c3cb"),
            "test_batch": Expected(31_035_526, "40351d587109b95175f43aff81a1287e"),
            "batches.meta": Expected(158, "5ff9c542aee3614f3951f8cda6e48888"),
        },
        archive="cifar-10-python.tar.gz",
        counts=(50_000, 10_000),
        shape=(3, 32, 32),
    ),
}
