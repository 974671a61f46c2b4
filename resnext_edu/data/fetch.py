"""The official files of a data set: they are whole, or they are unpacked or fetched, or an error says why not.

Whatever is unpacked or fetched stays in a folder of its own until its checksum is right. So an interrupted download
leaves nothing behind that could be taken for a data set.
"""
import gzip
import hashlib
import os
import tarfile
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from resnext_edu.data.catalogue import Expected, OfficialSet
from resnext_edu.errors import DataError, message_of, one_line


def make_whole(name: str, known: OfficialSet, loader: Any, folder: Path, progress: bool) -> None:
    """Check the files of a data set in the folder, and unpack or fetch those that are missing.

    `loader` is its class in torchvision.datasets.

    Raises
    ------
    DataError
        If a file is damaged, or if it is missing and can't be fetched.
    """
    place = folder / known.place
    missing = [file for file in known.files if not os.path.exists(place / file)]
    for file, expected in known.files.items():
        if file not in missing:
            _check(place / file, expected, place / file)
    if not missing:
        return
    archives = list(dict.fromkeys(known.archive_of(file, folder) for file in missing))
    try:
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".unfinished-", dir=place) as unfinished:
            if all(map(os.path.exists, archives)):
                for archive in archives:
                    _unpack(archive, known, missing, Path(unfinished))
            else:
                _fetch(name, loader, archives, Path(unfinished), progress)
            for file in missing:
                _check(Path(unfinished, known.place, file), known.files[file], known.archive_of(file, folder))
            for file in missing:
                os.replace(Path(unfinished, known.place, file), place / file)
    except DataError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path that no system can have
        raise DataError(f"{one_line(place)} can't be written ({message_of(error)}), but the files of {name} must be "
                        "put there; name another folder, or repair this one") from error


def _check(path: Path, expected: Expected, origin: Path) -> None:
    """Raise a `DataError` if the file is not what it must be; `origin` is the learner's file that it comes from."""
    repair = f"Delete {'it' if path == origin else origin}, and run this again"
    part = "" if path == origin else f"{path.name} in "
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError as error:
        raise DataError(f"{origin} has no {path.name}: expected {expected}. {repair}") from error
    except OSError as error:
        raise DataError(f"{part}{origin} can't be read ({error.strerror}): expected {expected}. {repair}") from error
    if found != expected.md5:
        raise DataError(f"{part}{origin} is damaged: expected {expected}; found {path.stat().st_size:,} bytes with md5 "
                        f"{found}. {repair}")


def _unpack(archive: Path, known: OfficialSet, missing: Sequence[str], unfinished: Path) -> None:
    """Unpack the missing files that the archive holds, each to where torchvision would have it."""
    target = unfinished / known.place
    target.mkdir(parents=True, exist_ok=True)
    try:
        if archive.name.endswith(".tar.gz"):
            with tarfile.open(archive) as tar:
                for member in tar:
                    inside, file = tar.extractfile(member), Path(member.name).name
                    if inside is not None and file in missing:
                        (target / file).write_bytes(inside.read())
        else:
            with gzip.open(archive) as packed:
                (target / archive.stem).write_bytes(packed.read())
    except Exception as error:  # whatever gzip, zlib and tarfile may raise
        if isinstance(error, OSError) and error.errno is not None:  # such as a full disk
            raise
        raise DataError(f"{archive} ({archive.stat().st_size:,} bytes) can't be unpacked ({message_of(error)}): it is "
                        "incomplete or damaged. Delete it, and run this again") from error


def _fetch(name: str, loader: Any, archives: Sequence[Path], unfinished: Path, progress: bool) -> None:
    """Let torchvision fetch all files, and say where to get them if it can't."""
    try:
        with ExitStack() as quiet:
            if not progress:
                quiet.enter_context(redirect_stdout(StringIO()))
                quiet.enter_context(redirect_stderr(StringIO()))
            loader(unfinished, download=True)
    except Exception as error:  # whatever urllib, tarfile and torchvision may raise
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise  # the disk, not the internet
        why = one_line(f"{type(error).__name__}: {' '.join(str(error).split())}")
        lacking = [archive.name for archive in archives if not os.path.exists(archive)]
        addresses = [address for address in _addresses(loader) if address.rpartition("/")[2] in lacking]
        raise DataError(f"{name} is not complete in {archives[0].parent}, and could not be fetched ({why}). Without "
                        f"internet, download {', '.join(addresses)} elsewhere, put what you get, as it is, into "
                        f"{archives[0].parent}, and run this again") from error


def _addresses(loader: Any) -> list[str]:
    """Where torchvision fetches the archives."""
    return [loader.url] if hasattr(loader, "url") else [f"{loader.mirrors[0]}{file}" for file, _ in loader.resources]
