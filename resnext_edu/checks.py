"""Is everything installed that the lessons need, and new enough? The installed packages themselves say so."""
import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from importlib.util import find_spec

from resnext_edu.course import CLONE
from resnext_edu.findings import FAIL, PASS, Status
from resnext_edu.table import Cell, Table

PURPOSE: Mapping[str, str] = {  # what a learner meets, in this order; the other packages work in the background
    "jupyterlab": "shows the lessons",
    "torch": "computes the blocks",
    "torchvision": "has a ResNeXt to compare with",
    "matplotlib": "draws plots of your own",
    "ipywidgets": "shows sliders",
    "anywidget": "makes sliders that a screen reader can name",
    "torchinfo": "counts parameters, to compare with",
    "tqdm": "shows progress",
    "scipy": "computes intervals",
    "scikit-learn": "has a linear model to compare with",
}
ON_WINDOWS = r'.venv\Scripts\python -m pip install -c constraints.txt -e ".[test]"'  # as README.md has it


def check_environment() -> Table:
    """Check Python and each package that a lesson uses.

    Returns
    -------
    Table
        A row each: its name, its purpose, the version that is needed, the version that is here, and PASS, or FAIL if
        it is missing or too old. After a FAIL the caption says what to do.

    Examples
    --------
    >>> check_environment().rows[0][0]
    'Python'
    """
    rows: list[tuple[Cell, ...]] = [_python()]
    for name, floor in _floors().items():
        if name in PURPOSE:
            here = _installed(name)
            ready = here is not None and _numbers(here) >= _numbers(floor)
            rows.append((name, PURPOSE[name], floor, here, _ready(ready)))
    failed = [str(row[0]) for row in rows if row[-1] == Status(FAIL)]
    repair = f"Missing or too old: {', '.join(failed)}. Run `{_how_to_install()}`, then this again"
    caption = repair if failed else "Everything is installed"
    return Table(("part", "what it does", "needed", "here", "ready"), rows, caption=caption, align="lllll")


def _ready(ready: bool) -> Status:
    return Status(PASS if ready else FAIL)


def _extra() -> str:
    """Where JupyterLab is not installed, another notebook shows the lessons, which brings its own sliders."""
    return "lab" if find_spec("jupyterlab") else "lessons"


def _how_to_install() -> str:
    if CLONE is None:
        return f'pip install --upgrade "resnext-edu[{_extra()}]"'
    return ON_WINDOWS if sys.platform == "win32" else "make venv"


def _python() -> tuple[Cell, ...]:
    """The row for Python."""
    found = re.search(r">=([\d.]+)", metadata("resnext-edu")["Requires-Python"])
    assert found is not None  # pyproject.toml says it in this way
    floor, here = found[1], sys.version_info[:3]
    return "Python", "runs everything", floor, ".".join(map(str, here)), _ready(here >= _numbers(floor))


def _floors() -> dict[str, str]:
    """Package → the oldest version that the course accepts, from the course's own metadata."""
    wanted = {None, "train", "lessons", _extra()}
    line = re.compile(r"""([\w-]+)>=([\d.]+)(?:; extra == ['"](\w+)['"])?""")
    found = [match for match in map(line.fullmatch, requires("resnext-edu") or ()) if match and match[3] in wanted]
    floors = {match[1]: match[2] for match in sorted(found, key=lambda match: _numbers(match[2]))}  # the highest wins
    return {name: floors[name] for name in PURPOSE if name in floors}


def _installed(name: str) -> str | None:
    """The version without the mark of a build, such as +cpu; None if the package is missing."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
