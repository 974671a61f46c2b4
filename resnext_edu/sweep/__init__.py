"""Many small trainings that answer one question: in several processes, and each of them only once."""
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from os import PathLike
from pathlib import Path

from resnext_edu.bar import progress_bar
from resnext_edu.errors import ConfigError, TrainingError, check_bool, one_line, path_of, positive_int, shown
from resnext_edu.sweep.runs import TrainingRun, missing, one_run, read_runs, write_runs
from resnext_edu.training.alone import alone


def run_sweeps(names: list[str], path: str | PathLike[str], *, workers: int = 1, progress: bool = True,
               one: Callable[[str, str, int], TrainingRun] = one_run) -> list[TrainingRun]:
    """Do all runs of these sweeps that a CSV file does not hold yet, and write each into it as soon as it is done.

    Parameters
    ----------
    names : list of str
        Keys of `SWEEPS`.
    path : path
        The CSV file. If it is there, its runs are kept.
    workers : int
        How many processes work at the same time, each with one thread.
    progress : bool
        Whether to show how far it is.
    one : callable
        What does one run: sweep, arm and seed → `TrainingRun`. Another process has to find it by its name.

    Returns
    -------
    list of TrainingRun
        All runs of the file.

    Raises
    ------
    ConfigError
        If there is no such sweep, `path` is no path, or `workers` is not a positive integer.
    DataError
        If the file holds something else.
    CheckpointError
        If it can't be written.
    TrainingError
        If a run or a process was ended from outside. What was done is in the file.
    """
    check_bool("progress", progress)
    workers = positive_int("workers", workers)
    if not isinstance(names, list | tuple):
        raise ConfigError(f"names must be a list of sweeps, such as ['cardinality']; got {shown(names)}")
    path = path_of("path", path, "a CSV file")
    with alone(path.parent / f"{path.name}.lock"):
        return _run_missing(names, path, workers, progress, one)


def _run_missing(names: Sequence[str], path: Path, workers: int, progress: bool,
                 one: Callable[[str, str, int], TrainingRun]) -> list[TrainingRun]:
    """The same, once it is sure that nobody else writes this file."""
    runs = read_runs(path)
    todo = missing(names, runs)
    if not todo:
        return runs
    write_runs(path, runs)  # fails now if the file can't be written, and not after the first run
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # as in a script that has begun it with &
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(ignored,))
    places = iter(todo)
    try:
        with progress_bar(len(todo), "run", shown=progress) as bar:
            with _ctrl_c_waits():
                waiting: set[Future[TrainingRun]] = {pool.submit(one, *place) for place in islice(places, workers)}
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                runs += [future.result() for future in finished if not future.exception()]
                write_runs(path, runs)
                for future in finished:
                    future.result()  # raises what went wrong, when the others are safe
                # no more than are at work: what waits in the pool would be begun even after Ctrl-C
                waiting |= {pool.submit(one, *place) for place in islice(places, len(finished))}
                bar.update(len(finished))
    except BrokenProcessPool as error:
        raise TrainingError(f"a process of the sweep was ended from outside; the {len(runs)} runs that are done are in "
                            f"{one_line(path)}; run the same again, and it does the others") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return runs


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Within it, Ctrl-C is ignored, also by a process that is started, while it imports: else it prints a traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin(ignored: bool) -> None:
    """What a worker does when it is ready: from now on, `fit` decides what Ctrl-C does, if it isn't ignored."""
    threading.Thread(target=_end_with_the_sweep, daemon=True).start()
    if not ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end_with_the_sweep() -> None:
    """Wait for the end of the process that has begun this one: if it was killed, nobody else would end this one."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
