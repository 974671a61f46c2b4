"""One process at a time for a file or a folder, however the process ends."""
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import isdir
from pathlib import Path

from resnext_edu.errors import CheckpointError, one_line
from resnext_edu.training.team import is_leader


@contextmanager
def alone(lock_file: Path) -> Iterator[None]:
    """Within it, no other process gets past the same lock; several processes of one training count as one.

    Parameters
    ----------
    lock_file : Path
        An empty file that stays. The lock itself ends with the process.

    Raises
    ------
    CheckpointError
        If another process has it, if there is no such folder, or if the file can't be made.
    """
    from filelock import FileLock, Timeout

    if not is_leader():
        yield
        return
    if not isdir(lock_file.parent):  # filelock would make it
        raise CheckpointError(f"the folder {one_line(lock_file.parent)} does not exist; make it first")
    lock = FileLock(lock_file, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise CheckpointError(f"another process trains in {one_line(lock_file.parent)}; wait for its end, or choose "
                              "another folder") from error
    except OSError as error:
        raise CheckpointError(f"the folder {one_line(lock_file.parent)} can't be used ({error.strerror}); choose "
                              "another one") from error
    try:
        yield
    finally:
        lock.release()
