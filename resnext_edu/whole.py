"""A file on disk that is always whole: the old one or the new one, whenever the power fails."""
import errno
import os
from contextlib import suppress
from pathlib import Path

from resnext_edu.errors import CheckpointError, one_line


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that after a crash at any moment it is the old one or the new one, and never a part.

    Parameters
    ----------
    path : Path
        It is replaced if it is there.
    content : bytes

    Raises
    ------
    CheckpointError
        If it can't be written: the disk is full, the folder is missing. The old file stays as it was.
    """
    unfinished = _unfinished(path)
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # on the disk, and not only on its way
        os.replace(unfinished, path)
        if hasattr(os, "O_DIRECTORY"):  # not on Windows
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            with suppress(OSError):  # the file is in place by now
                os.fsync(folder)  # its new name, too
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()  # a full disk needs its place
        raise CheckpointError(f"{one_line(path)} can't be written ({error.strerror}): it needs {len(content):,} bytes; "
                              f"what was there before is as it was; {_repair(error)}") from error


def check_place(path: Path) -> None:
    """Check that `write_whole` could begin: better now than after an hour of computing.

    Raises
    ------
    CheckpointError
        If no file can be made there.
    """
    try:
        _unfinished(path).touch()
        _unfinished(path).unlink()
    except OSError as error:
        raise CheckpointError(f"{one_line(path)} can't be written ({error.strerror}); {_repair(error)}") from error


def _unfinished(path: Path) -> Path:
    """Where a file is until it is whole: in the same folder, as only there a move is one step."""
    return path.with_name(path.name + ".tmp")


def _repair(error: OSError) -> str:
    """What to do about a file that can't be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    repair = "free some space" if full else "choose another place"
    return ("make the folder" if isinstance(error, FileNotFoundError) else repair) + ", and run the same again"
