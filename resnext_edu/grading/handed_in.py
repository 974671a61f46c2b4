"""The notebooks in a folder, and whose they are: the name of a file says who, never which lesson."""
import os
import re
from dataclasses import dataclass
from pathlib import Path

from resnext_edu.course import course_lessons
from resnext_edu.errors import ConfigError, DataError, one_line, path_of, shown

NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # browsers and mail programs add the others
PLATFORM = re.compile(r"_\d+_assignsubmission_\w*$|"  # Moodle
                      r"(?<=[a-z])(?:_LATE)?_\d{3,}_\d{3,}_", re.IGNORECASE)  # Canvas
NO_NAMES = "lesson|week|assignment|notebook|ipynb|mine|copy|copie|kopie|copia|of"
# A number of five digits is somebody's.
GENERIC = re.compile(rf"\b(?:{NO_NAMES})?\d{{1,4}}\b|\b(?:{NO_NAMES})\b", re.IGNORECASE)


@dataclass(frozen=True)
class HandedIn:
    """A file that was handed in.

    Parameters
    ----------
    path : Path
    name : str
        Its path below the folder.
    student : str
    """

    path: Path
    name: str
    student: str


def handed_in(folder: Path, student: str | None = None) -> list[HandedIn]:
    """The notebooks in a folder and all folders below it, in the order of their names.

    Parameters
    ----------
    folder : Path
    student : str, optional
        A regular expression that finds the student in a file's path below the folder; what its first parentheses hold
        is the name. Without it, see `student_of`.

    Raises
    ------
    ConfigError
        If `student` is no regular expression, or finds nothing in some path.
    DataError
        If there is no such folder, or no notebook in it.
    """
    folder = path_of("folder", folder, "a folder")
    if not folder.is_dir():
        raise DataError(f"there is no folder {shown(str(folder))}; give the one that holds the students' notebooks")
    try:
        pattern = re.compile(student) if student is not None else None
    except re.error as error:
        raise ConfigError(f"--student must be a regular expression, such as '([^/]+)/'; got {shown(student)} "
                          f"({error})") from error
    found = []
    for above, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith((".", "__")))  # .ipynb_checkpoints, __MACOSX
        for file in sorted(files):
            if file.endswith(NOTEBOOKS) and not file.startswith("."):
                path = Path(above, file)
                name = path.relative_to(folder).as_posix()
                found.append(HandedIn(path, name, _named(pattern, name) if pattern else student_of(name, folder)))
    if not found:
        raise DataError(f"no notebook in {one_line(folder)} or the folders in it; their names end in .ipynb")
    return found


def _named(pattern: "re.Pattern[str]", name: str) -> str:
    match = pattern.search(name)
    if match is None or not (student := match[1 if pattern.groups else 0]):
        raise ConfigError(f"--student {shown(pattern.pattern)} finds nobody in {shown(name)}; "
                          "the paths begin below FOLDER")
    return student


def student_of(name: str, folder: Path) -> str:
    """Who handed in the file of this name: the first part of its path in which a name stands.

    The name of a lesson, short numbers and words such as *lesson* or *copy* are no names. So it is the student's
    folder, or the file's name without the lesson's. If no part is left, it is the name of the folder itself.

    Examples
    --------
    >>> student_of("Maria Lopez_4711_assignsubmission_file_/06_prove_it_then_break_it.ipynb", Path("class"))
    'Maria Lopez'
    >>> student_of("lesson 06/maria.ipynb", Path("class")), student_of("03_split_sum-Jo (1).ipynb", Path("class"))
    ('maria', 'Jo')
    >>> student_of("03_split_sum.ipynb", Path("maria"))
    'maria'
    """
    *folders, file = name.split("/")
    for ending in reversed(NOTEBOOKS):
        file = file.removesuffix(ending)
    for place, part in enumerate([*folders, file]):
        for lesson in course_lessons().values():
            part = part.replace(lesson.stem, " ").replace(lesson.stem[3:], " ")
        part = PLATFORM.sub(" ", part).replace("_", " ")
        if left := re.sub(r"[\W_]+", " ", GENERIC.sub(" ", part)).strip():
            return left if place == len(folders) else " ".join(part.split())
    return folder.resolve().name
