"""Is all here that the lessons need, and new enough? Asked of the installed packages themselves."""
import re
import sys
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from resnext_edu.findings import Status
from resnext_edu.table import Table

PURPOSE = {  # what a learner meets, in the order in which they meet it; the rest works in the background
    "jupyterlab": "shows the lessons",
    "torch": "computes the blocks",
    "torchvision": "has a ResNeXt to compare with",
    "matplotlib": "draws measurements",
    "ipywidgets": "shows sliders",
    "anywidget": "makes sliders that a screen reader can name",
    "torchinfo": "counts parameters, to compare with",
    "tqdm": "shows progress",
}


def check_environment() -> Table:
    """A line for Python and for each package that a lesson uses: what it is for, what is needed, what is here.

    Returns
    -------
    Table
        Its last column is PASS, or FAIL where a package is missing or too old; then the caption says what to do.

    Examples
    --------
    >>> check_environment().rows[0][0]
    'Python'
    """
    rows = [_python()]
    for name, floor in _floors().items():
        if name in PURPOSE:
            here = _installed(name)
            ready = here is not None and _numbers(here) >= _numbers(floor)
            rows.append((name, PURPOSE[name], floor, here, Status("PASS" if ready else "FAIL")))
    failed = [row[0] for row in rows if row[-1] == Status("FAIL")]
    repair = f"Missing or too old: {', '.join(failed)}. Run `make venv`, then this again"
    caption = repair if failed else "All is here"
    return Table(("part", "what it does", "needed", "here", "ready"), rows, caption=caption, align="lllll")


def _python() -> tuple:
    """The row for Python. A patch version, or a newer Python, must not change what a lesson shows."""
    floor, here = re.search(r">=([\d.]+)", metadata("resnext-edu")["Requires-Python"])[1], sys.version_info[:2]
    ready = here >= _numbers(floor)
    shown = f"{floor} or newer" if ready else ".".join(map(str, here))
    return "Python", "runs everything", floor, shown, Status("PASS" if ready else "FAIL")


def _floors() -> dict[str, str]:
    """Package → the oldest version that the course accepts, as its own metadata says it."""
    found = (re.match(r"([\w-]+)>=([\d.]+)$", line) for line in requires("resnext-edu") or ())
    floors = {match[1]: match[2] for match in found if match}
    return {name: floors[name] for name in PURPOSE if name in floors}


def _installed(name: str) -> str | None:
    """The version without what marks a build, such as +cpu; None where the package is missing."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
