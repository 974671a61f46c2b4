"""A folder of notebooks → a class, graded: side by side, and only what no earlier run has done."""
import ast
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from resnext_edu.bar import progress_bar
from resnext_edu.course import PACKAGE, course_lessons
from resnext_edu.errors import CheckpointError, ConfigError, DataError, path_of, positive_int
from resnext_edu.exercises import Exercise, questions
from resnext_edu.grading.answers import lesson_of
from resnext_edu.grading.cells import code_cells
from resnext_edu.grading.forks import can_fork, in_forks
from resnext_edu.grading.handed_in import HandedIn, handed_in
from resnext_edu.grading.kept import KeptResults, content_key
from resnext_edu.grading.one_file import FileResult, Limits, graded_file
from resnext_edu.grading.school_class import SchoolClass
from resnext_edu.grading.truths import course_mark, truths_of_lesson

MOST_BYTES = 200 * 2 ** 20
FOR_A_LESSON = 900  # seconds that a lesson of the course may take to work out what is true
DIED = "its process has ended, or took too long, before anything was found"
FOR_ONE = 10  # seconds for an answer and the cells that it needs
LOOKS = 30  # seconds to read a file


@dataclass(frozen=True)
class _Handed:
    """A content that has to be graded.

    Parameters
    ----------
    key : str
    path : Path
        Of a file that holds it.
    """

    key: str
    path: Path


def grade(folder: str | Path, out: str | Path, *, workers: int | None = None, seconds: int = 60, memory: int = 2048,
          student: str | None = None, again: bool = False, progress: bool = False) -> SchoolClass:
    """Grade all notebooks in a folder.

    Parameters
    ----------
    folder : str or Path
    out : str or Path
        A folder for what is found, which a later run goes on from. It must not lie in `folder`.
    workers : int, optional
        How many notebooks run at a time; as many as there are cores, if it is not given.
    seconds : int
        For all cells of a notebook from the top, where the cells that an answer needs are not enough.
    memory : int
        In MiB, for each notebook, beyond what Python and torch take.
    student : str, optional
        A regular expression that finds the student in a file's path; see `handed_in`.
    again : bool
        Whether to grade what an earlier run has graded, too.
    progress : bool
        Whether a line says how far it is.

    Raises
    ------
    ConfigError
        If a number is not positive, `out` lies in `folder`, or the system can't copy processes.
    DataError
        If there is no notebook in the folder.
    CheckpointError
        If nothing can be written into `out`.
    """
    workers = positive_int("workers", workers if workers is not None else _cores())
    seconds, memory = positive_int("seconds", seconds), positive_int("memory", memory)
    folder, out = path_of("folder", folder, "a folder"), path_of("out", out, "a folder")
    files = handed_in(folder, student)
    can_fork()
    if out.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"the results must not lie in the folder of the notebooks; choose another --out than {out}")
    kept = KeptResults(out / "results", course_mark())
    try:
        kept.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"{out} can't be made ({error.strerror}); choose another --out") from error
    hidden = tuple(place.resolve() for place in (folder, out) if not PACKAGE.is_relative_to(place.resolve())
                   and not _python().is_relative_to(place.resolve()))
    limits = Limits(seconds, min(seconds, FOR_ONE), memory, hidden)
    with _one_thread():
        return SchoolClass(_results(files, kept, workers, limits, again, progress))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _python() -> Path:
    """Where torch lies, and with it all that an answer may import."""
    return Path(torch.__file__).parent


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch with a single thread: copies of a process would wait for threads that they don't have."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _results(files: Sequence[HandedIn], kept: KeptResults, workers: int, limits: Limits, again: bool,
             progress: bool) -> list[tuple[HandedIn, FileResult]]:
    found: dict[str, FileResult] = {}
    keys, new = dict[HandedIn, str](), dict[str, _Handed]()
    for file in files:
        key = _key_of(file.path)
        keys[file] = key
        if not key:
            continue
        record = None if again else kept.read(key)
        if record is None:
            new[key] = _Handed(key, file.path)
        else:
            found[key] = FileResult.of_record(record)
    if new:
        truths = _truths(list(new.values()), kept, workers, progress)
        _warm(truths)
        gc.freeze()  # so that no copy touches, and thereby copies, what it shares with this process
        home = Path(tempfile.mkdtemp(prefix="grade-"))
        try:
            with progress_bar(len(files), "notebook", shown=progress, done=len(files) - len(new)) as line:
                longest = limits.longest + LOOKS  # the process ends its student's code itself, and judges
                for job, record in in_forks(new.values(), partial(_grade_one, truths, home, limits), workers, longest):
                    result = FileResult.of_record(record) if record else FileResult(None, DIED)
                    kept.write(job.key, result.to_record())
                    found[job.key] = result
                    line.update()
        finally:
            shutil.rmtree(home, ignore_errors=True)
            gc.unfreeze()
    unreadable = FileResult(None, "the file can't be read, is larger than 200 MB, or only links to another one")
    return [(file, found.get(keys[file], unreadable)) for file in files]


def _key_of(path: Path) -> str:
    """The key of a file's content; empty if it can't be read."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return content_key(path.read_bytes())
    except OSError:
        return ""


def _lesson_in(job: _Handed) -> str | None:
    try:
        return lesson_of(code_cells(job.path.read_bytes()))
    except DataError:
        return None


def _truths(new: Sequence[_Handed], kept: KeptResults, workers: int, progress: bool) -> dict[str, Any]:
    """What is true, for the lessons that are in these files."""
    lessons = sorted({lesson for _, lesson in in_forks(new, _lesson_in, workers, LOOKS) if lesson})
    truths = {lesson: kept.read(lesson) for lesson in lessons}
    missing = [lesson for lesson, known in truths.items() if known is None]
    with progress_bar(len(missing), "lesson", shown=progress and bool(missing), what="what is true") as line:
        for lesson, found in in_forks(missing, truths_of_lesson, workers, FOR_A_LESSON):
            if found is None:
                raise DataError(f"{lesson} of the course does not run here, so its predictions can't be judged; "
                                "`python -m resnext_edu lab` shows why")
            kept.write(lesson, found)
            truths[lesson] = found
            line.update()
    return {name: truth for found in truths.values() for name, truth in found.items()}


def _warm(truths: dict[str, Any]) -> None:
    """Import what the lessons import, and work out what each known mistake does, before the copies are made."""
    for number, path in course_lessons().items():
        asked = questions()[f"lesson_{number:02d}"]
        if truths.keys() & asked.keys():
            for question in asked.values():
                if isinstance(question, Exercise):
                    question.judge.warm()
            for cell in code_cells(path.read_bytes()):
                _import_as(cell.tree)


def _import_as(tree: ast.Module | None) -> None:
    """Import all that a cell of the course imports."""
    for node in ast.walk(tree or ast.Module([], [])):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = import_module(node.module)
            for alias in node.names:
                getattr(module, alias.name, None)  # this package's names are found when they are asked for
        elif isinstance(node, ast.Import):
            for alias in node.names:
                import_module(alias.name)


def _grade_one(truths: dict[str, Any], home: Path, limits: Limits, job: _Handed) -> dict[str, Any]:
    place = home / job.key
    place.mkdir()
    try:
        return graded_file(job.path.read_bytes(), truths, place, limits).to_record()
    finally:
        shutil.rmtree(place, ignore_errors=True)
