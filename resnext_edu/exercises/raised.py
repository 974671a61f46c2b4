"""The cells in which answers were typed: which are out of date, because the cell that should give a new one raised.

A name keeps its old value if its cell raises. So a check would judge the answer from before. IPython says after each
cell how it ended; the last ending of every cell that gives a name a value is kept here.
"""
import re
import sys
from typing import Any
from weakref import WeakKeyDictionary

from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.diagnosis import Reading, of_error
from resnext_edu.exercises.diagnosis.exceptions import POWER

GIVES = re.compile(r"^\s*(?:def\s+(\w+)|(\w+)\s*=(?!=))", re.MULTILINE)  # NAME = …, def NAME(…)

TypedCell = tuple[Raised | None, str]  # what a cell raised, and its code

_cells: "WeakKeyDictionary[Any, dict[str, TypedCell]]" = WeakKeyDictionary()  # shell → name → its cell


def watch() -> None:
    """Follow the cells of this notebook from now on; outside a notebook, do nothing."""
    shell = _shell()
    if shell is not None and shell not in _cells:
        _cells[shell] = {}
        shell.events.register("post_run_cell", _after)


def _shell() -> Any:
    """The shell that runs this notebook's cells, or None."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def _after(result: Any) -> None:
    """Keep how a cell ended."""
    source = str(getattr(result.info, "raw_cell", ""))
    error = result.error_before_exec or result.error_in_exec
    for name in map("".join, GIVES.findall(source)):
        if error is None or isinstance(error, Exception):
            _cells.setdefault(_shell(), {})[name] = (Raised.of(error) if error else None, source)


def _cell_of(name: str) -> TypedCell:
    """The last cell of this notebook that gives `name` a value."""
    shell = _shell()
    return _cells.get(shell, {}).get(name, (None, "")) if shell is not None else (None, "")


def raised_by(name: str) -> tuple[Raised, Reading | None] | None:
    """What the last cell that gives `name` a value raised, and what was misunderstood; None if it did not raise."""
    raised, source = _cell_of(name)
    return (raised, reading_of(raised, source)) if raised else None


def read_in_code(name: str) -> Reading | None:
    """What only the code of the cell that gives `name` a value can tell."""
    return power_in(_cell_of(name)[1])


def reading_of(raised: Raised, source: str) -> Reading | None:
    """What was misunderstood by whoever typed this code, which raised."""
    return _without_quotes(raised, source) or of_error(raised)


def power_in(source: str) -> Reading | None:
    """What was misunderstood by whoever writes a power with ^; None if nobody does here.

    Beside a comparison, ^ may well be meant: of two truth values it makes "one of them, and not both".
    """
    code = re.sub(r"#.*|'[^'\n]*'|\"[^\"\n]*\"", "", source)
    return POWER if "^" in code and not re.search("[=!]=|[<>]", code) else None


def _without_quotes(raised: Raised, source: str) -> Reading | None:
    """The reading of an answer that is one bare word, or several."""
    typed = re.search(r"=\s*(.+)", source)
    if raised.kind not in ("NameError", "SyntaxError") or not typed or not re.fullmatch(r"[\w ×]+", typed[1].strip()):
        return None
    if typed[1].strip() in ("true", "false"):
        return Reading("a truth value without its capital", "Python writes `True` and `False`.")
    return Reading("a text without its quotes", "Without quotes, Python looks for a variable of this name.")
