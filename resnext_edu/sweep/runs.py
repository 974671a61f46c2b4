"""The runs of a sweep: each is one row of a CSV file that can be traced back to what made it."""
import csv
import io
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from math import isfinite
from os import PathLike
from pathlib import Path
from time import process_time
from typing import Any

import torch

from resnext_edu.data import load_images
from resnext_edu.errors import (
    ConfigError,
    DataError,
    TrainingError,
    check_name,
    message_of,
    one_line,
    path_of,
    seed_of,
)
from resnext_edu.sweep.design import SWEEPS
from resnext_edu.training import fit
from resnext_edu.training.checkpoint import fingerprint
from resnext_edu.training.scoring import evaluate
from resnext_edu.whole import write_whole


@dataclass(frozen=True)
class TrainingRun:
    """One training of one arm.

    Parameters
    ----------
    sweep, arm : str
    seed : int
    train_loss : float
        Over all training images, in eval mode, after the last epoch.
    test_correct, test_count : int
        Of the test images.
    weights : str
        A fingerprint of the trained weights: equal if every bit is.
    cpu_seconds : float
        What the training took.
    date : str
    processor, instructions : str
        What it ran on, and which of its vector instructions torch used.
    threads : int
    torch : str
        Its version.
    """

    sweep: str
    arm: str
    seed: int
    train_loss: float
    test_correct: int
    test_count: int
    weights: str
    cpu_seconds: float
    date: str
    processor: str
    instructions: str
    threads: int
    torch: str

    @property
    def accuracy(self) -> float:
        """The share of the test images that it names correctly."""
        return self.test_correct / self.test_count

    @property
    def place(self) -> tuple[str, str, int]:
        """What it is a run of."""
        return self.sweep, self.arm, self.seed

    @property
    def machine(self) -> tuple[str, str, int, str]:
        """What has to be equal for another run to give the same bits."""
        return self.processor, self.instructions, self.threads, self.torch


def one_run(sweep: str, arm: str, seed: int) -> TrainingRun:
    """Do one run on the CPU, with one thread, so that a machine with more cores or a GPU gives the same bits.

    Parameters
    ----------
    sweep : str
        A key of `SWEEPS`.
    arm : str
        A key of its arms.
    seed : int
        One of its seeds, or a fresh one.

    Returns
    -------
    TrainingRun

    Raises
    ------
    ConfigError
        If there is no such sweep or arm, or the seed is no whole number.
    TrainingError
        If it was ended from outside before its last step.
    """
    check_name("sweep", sweep, SWEEPS)
    check_name("arm", arm, SWEEPS[sweep].arms)
    seed = seed_of(seed)
    chosen, images, threads = SWEEPS[sweep].arms[arm], load_images(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = chosen.network(seed)
        begin = process_time()
        history = fit(model, images.train, None, chosen.recipe, seed + chosen.shift, device="cpu",
                      progress=False)
        if not history.finished:  # in the file it would look as if it were
            raise TrainingError(f"the run {sweep}, {arm}, seed {seed} was ended from outside ({history}); run the same "
                                "again, and it does what is missing", history)
        seconds = process_time() - begin
        trained, tested = evaluate(model, images.train), evaluate(model, images.test)
        return TrainingRun(sweep, arm, seed, trained.loss, tested.correct, tested.count,
                           fingerprint(*model.state_dict().values()), round(seconds, 1),
                           f"{datetime.now(UTC):%Y-%m-%d}", processor(), torch.backends.cpu.get_cpu_capability(), 1,
                           str(torch.__version__))
    finally:
        torch.set_num_threads(threads)


def processor() -> str:
    """The name of the processor."""
    try:
        named = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:  # not on Linux
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def read_runs(path: str | PathLike[str]) -> list[TrainingRun]:
    """The runs in a CSV file; none if there is no such file.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of TrainingRun
        In the order of the file.

    Raises
    ------
    ConfigError
        If `path` is no path.
    DataError
        If it can't be read, or has other columns or values than `write_runs` writes.
    """
    path = path_of("path", path, "a CSV file")
    kinds: dict[str, Any] = {field.name: field.type for field in fields(TrainingRun)}
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise DataError(f"{one_line(path)} can't be read ({message_of(error)}); put a sound copy there, or delete it "
                        "and do the runs again") from error
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != list(kinds):
        raise DataError(f"{one_line(path)} has the columns {reader.fieldnames}, and not those of a sweep: "
                        f"{', '.join(kinds)}; choose another file")
    runs = []
    for row in reader:
        try:
            runs.append(_run_of(row, kinds))
            if runs[-1].place in {run.place for run in runs[:-1]}:
                raise ValueError("the same run stands further up")
        except (TypeError, ValueError) as error:
            raise DataError(f"line {reader.line_num} of {one_line(path)} is no run ({message_of(error)}); delete that "
                            "line, and run the sweep again: it does what is missing") from error
    return runs


def _run_of(row: dict[str, Any], kinds: Mapping[str, Any]) -> TrainingRun:
    """The run in one row; raises a ValueError if the row can't be a run."""
    if None in row or None in row.values():  # so DictReader calls what is too many, or too few
        raise ValueError(f"it must have {len(kinds)} values")
    run = TrainingRun(**{name: kind(row[name]) for name, kind in kinds.items()})
    check_name("sweep", run.sweep, SWEEPS)
    check_name("arm", run.arm, SWEEPS[run.sweep].arms)
    if run.seed not in SWEEPS[run.sweep].seeds:
        raise ValueError(f"seed {run.seed} is not one of this sweep's")
    if not isfinite(run.train_loss) or not 0 <= run.test_correct <= run.test_count:
        raise ValueError(f"a loss of {run.train_loss}, and {run.test_correct} of {run.test_count} correct can't be")
    return run


def write_runs(path: Path, runs: Iterable[TrainingRun]) -> None:
    """Write them in the order of their sweeps, seeds and arms: whole, or not at all."""
    def where(run: TrainingRun) -> tuple[int, int, int]:
        sweep = SWEEPS[run.sweep]
        return list(SWEEPS).index(run.sweep), list(sweep.arms).index(run.arm), sweep.seeds.index(run.seed)

    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(TrainingRun)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(run) for run in sorted(runs, key=where))
    write_whole(path, text.getvalue().encode())


def missing(names: Sequence[str], done: Iterable[TrainingRun]) -> list[tuple[str, str, int]]:
    """Which runs of these sweeps are not done, one seed after the other, so that an early end leaves whole pairs."""
    for name in names:
        check_name("sweep", name, SWEEPS)
    if not names:
        raise ConfigError(f"name at least one sweep: {', '.join(SWEEPS)}")
    there = {run.place for run in done}
    return [(name, arm, seed)
            for name in dict.fromkeys(names) for seed in SWEEPS[name].seeds for arm in SWEEPS[name].arms
            if (name, arm, seed) not in there]
