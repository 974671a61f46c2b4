"""Many small pieces of work, each in a copy of this process: what it has imported need not be imported again."""
import json
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from resnext_edu.errors import ConfigError

Job = TypeVar("Job")
MOST_SAID = 64 * 2 ** 20  # bytes from a copy


@dataclass
class _Fork:
    """A copy that is at work.

    Parameters
    ----------
    job : object
    process : int
    ends : float
        When its time is up.
    """

    job: Any
    process: int
    ends: float
    said: bytearray = field(default_factory=bytearray)

    def stop(self) -> None:
        """End it, if it has not ended, with all that it has started."""
        for stop in (os.killpg, os.kill):
            with suppress(OSError):
                stop(self.process, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(self.process, 0)


def can_fork() -> None:
    """Check that this system can copy a process.

    Raises
    ------
    ConfigError
        If it can't, as on Windows.
    """
    if not hasattr(os, "fork"):
        raise ConfigError("`grade` copies its process for each notebook, which this system can't; on Windows, run it "
                          "in the Windows Subsystem for Linux (WSL)")


def in_forks(jobs: Iterable[Job], work: Callable[[Job], Any], workers: int,
             seconds: float) -> Iterator[tuple[Job, Any]]:
    """Do the same work on each job, several at a time.

    Parameters
    ----------
    jobs : iterable
    work : callable
        It runs in the copy; what it returns must be such as JSON can hold.
    workers : int
        How many copies there are at a time.
    seconds : float
        After which a copy is stopped.

    Yields
    ------
    tuple
        A job and what came of it, as soon as it is there: None if its copy raised, died or was stopped.
    """
    waiting, running = iter(jobs), selectors.DefaultSelector()
    try:
        while True:
            while len(running.get_map()) < workers and (job := next(waiting, running)) is not running:
                pipe, fork = _started(job, work, seconds)  # type: ignore[arg-type]
                running.register(pipe, selectors.EVENT_READ, fork)
            if not running.get_map():
                return
            next_end = min(key.data.ends for key in running.get_map().values())
            ready = {key.fd for key, _ in running.select(max(0.0, next_end - time.monotonic()))}
            for key in list(running.get_map().values()):
                part = os.read(key.fd, 2 ** 16) if key.fd in ready else b""
                key.data.said += part
                ended = (key.fd in ready and not part) or len(key.data.said) > MOST_SAID
                if ended or time.monotonic() > key.data.ends:
                    running.unregister(key.fd)
                    os.close(key.fd)
                    key.data.stop()
                    yield key.data.job, _result(bytes(key.data.said))
    finally:  # also when whoever asks for the results has stopped asking
        for key in list(running.get_map().values()):
            key.data.stop()
            os.close(key.fd)
        running.close()


def _started(job: Job, work: Callable[[Job], Any], seconds: float) -> tuple[int, _Fork]:
    back, out = os.pipe()
    process = os.fork()
    if process:
        os.close(out)
        return back, _Fork(job, process, time.monotonic() + seconds)
    try:
        os.setpgid(0, 0)  # so that it can be stopped with all that it starts, and Ctrl+C is its parent's to handle
        os.close(back)
        content = memoryview(json.dumps([work(job)]).encode())
        while content:
            content = content[os.write(out, content):]
    finally:
        os._exit(0)


def _result(said: bytes) -> Any:
    try:
        return json.loads(said)[0]
    except (ValueError, LookupError, RecursionError):
        return None
