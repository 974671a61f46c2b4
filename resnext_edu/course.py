"""The files of the course: lessons, pictures and measurements, wherever the course lies and wherever Python runs."""
import re
from pathlib import Path

from resnext_edu.errors import DataError, path_of, shown

PACKAGE = Path(__file__).parent
HOMES = (PACKAGE.parent, PACKAGE / "assets")  # in a clone beside the package, in an installed package within
CLONE = HOMES[0] if (HOMES[0] / "notebooks").is_dir() else None
PROGRESS = "progress.jsonl"  # beside a learner's lessons: how each check ended; where it is missing, nothing is kept
A_LESSON = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")  # nothing that a learner or an editor makes beside them


def course_file(name: str) -> Path:
    """A file of the course, such as a measurement that a lesson reads.

    Parameters
    ----------
    name : str
        Its path in the course: "benchmarks/results.json".

    Returns
    -------
    Path
        Where it lies on this computer.

    Raises
    ------
    ConfigError
        If `name` is not a path.
    DataError
        If the course has no such file.

    Examples
    --------
    >>> course_file("benchmarks/results.json").name
    'results.json'
    """
    inside = path_of("name", name, "a file of the course")
    found = next((place / inside for place in HOMES if (place / inside).is_file()), None)
    if found is None or inside.is_absolute():
        places = " and ".join(map(str, HOMES))
        raise DataError(f"the course has no file {shown(str(inside))} (looked in {places}); in a "
                        "clone, `git status` says what is missing, else install the package again")
    return found


def course_lessons() -> dict[int, Path]:
    """Number → file, for each lesson of the course, in their order.

    Raises
    ------
    DataError
        If the lessons are missing.

    Examples
    --------
    >>> course_lessons()[0].name
    '00_start_here.ipynb'
    """
    folder = course_file("notebooks/00_start_here.ipynb").parent
    return {int(path.name[:2]): path for path in sorted(folder.iterdir()) if A_LESSON.fullmatch(path.name)}
