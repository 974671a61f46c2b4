"""Make resnext_edu/assets/fashion-mnist-mini.zip from the official Fashion-MNIST files.

    python tools/make_images.py [FOLDER] [--out FILE]

FOLDER holds the four idx.gz files; without it, Debian's package dataset-fashion-mnist is read. The choice is
fixed: the first 500 training and the first 100 test images of each class. The classes take turns, so that rows 0
to 9 have each class once, and so do the next ten. The result is a zip of four files in the original's idx format.
"""
import argparse
import gzip
import hashlib
import io
import sys
import zipfile
import zlib
from pathlib import Path

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
ASSET = Path(__file__).parents[1] / "resnext_edu" / "assets" / "fashion-mnist-mini.zip"
PER_CLASS = {"train": 500, "t10k": 100}
CLASSES = 10


def read_idx(path: Path) -> tuple[tuple[int, ...], bytes]:
    """The sizes and the bytes of an idx file: two zeros, 8 for uint8, the number of sizes, the sizes, the data."""
    raw = gzip.decompress(path.read_bytes())
    start = 4 + 4 * raw[3]
    sizes = tuple(int.from_bytes(raw[i:i + 4], "big") for i in range(4, start, 4))
    return sizes, raw[start:]


def write_idx(sizes: tuple[int, ...], data: bytes) -> bytes:
    """The bytes of an idx file, not compressed: the opposite of `read_idx`."""
    return bytes([0, 0, 8, len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes) + data


def deal(labels: bytes, per_class: int) -> list[int]:
    """The places of the first `per_class` images of each class; the classes take turns.

    Raises
    ------
    ValueError
        If a class has fewer images.
    """
    places = [[i for i, label in enumerate(labels) if label == cls][:per_class] for cls in range(CLASSES)]
    if short := [cls for cls in range(CLASSES) if len(places[cls]) < per_class]:
        raise ValueError(f"class {short[0]} has {len(places[short[0]])} images, {per_class} are needed")
    return [place for round_ in zip(*places, strict=True) for place in round_]


def members(folder: Path) -> dict[str, bytes]:
    """The four files of the subset, by name, in idx format."""
    files = {}
    for split, per_class in PER_CLASS.items():
        (_, height, width), pixels = read_idx(folder / f"{split}-images-idx3-ubyte.gz")
        _, labels = read_idx(folder / f"{split}-labels-idx1-ubyte.gz")
        rows, size = deal(labels, per_class), height * width
        chosen = b"".join(pixels[row * size:(row + 1) * size] for row in rows)
        files[f"{split}-images-idx3-ubyte"] = write_idx((len(rows), height, width), chosen)
        files[f"{split}-labels-idx1-ubyte"] = write_idx((len(rows),), bytes(labels[row] for row in rows))
    return files


def pack(files: dict[str, bytes]) -> bytes:
    """A zip whose bytes depend on the files alone: not on the time, the user or the system."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Write the zip, and print the two numbers that the package checks it with; → the exit status."""
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=summary, epilog=rest.split("\n\n")[1])
    parser.add_argument("folder", type=Path, nargs="?", default=DEBIAN, help="the four idx.gz files (%(default)s)")
    parser.add_argument("--out", type=Path, default=ASSET, help="the file to write (default: the package's own)")
    options = parser.parse_args(arguments)
    try:
        packed = pack(members(options.folder))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        print(f"{error}\nFOLDER must hold the official files, train-images-idx3-ubyte.gz and three more; "
              "on Debian: apt install dataset-fashion-mnist", file=sys.stderr)
        return 1
    options.out.write_bytes(packed)
    print(f"{options.out.name}: size {len(packed)}, sha256 {hashlib.sha256(packed).hexdigest()}\n"
          "resnext_edu/data/embedded.py must state the same two; another version of zlib may pack the same images "
          "differently")
    return 0


if __name__ == "__main__":
    sys.exit(main())
