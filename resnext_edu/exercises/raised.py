"""Which answers are out of date, because the cell that should give a new one raised.

A name keeps its old value if its cell raises. So a check would judge the answer from before. IPython says after each
cell how it ended; the last ending of every cell that gives a name a value is kept here.
"""
import re
import sys
from typing import Any

from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.diagnosis import Reading, of_error

GIVES = re.compile(r"^\s*(?:def\s+(\w+)|(\w+)\s*=(?!=))", re.MULTILINE)  # NAME = …, def NAME(…)

_raised: dict[str, tuple[Raised, str]] = {}  # name → what its cell raised, and the cell
_watched: set[int] = set()


def watch(shell: Any = None) -> None:
    """Follow the cells of this notebook from now on; outside a notebook, do nothing."""
    shell = shell or getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None and id(shell) not in _watched:
        _watched.add(id(shell))
        shell.events.register("post_run_cell", _after)


def _after(result: Any) -> None:
    """Keep how a cell ended."""
    source = str(getattr(result.info, "raw_cell", ""))
    error = result.error_before_exec or result.error_in_exec
    for name in map("".join, GIVES.findall(source)):
        if isinstance(error, Exception):
            _raised[name] = (Raised.of(error), source)
        elif error is None:
            _raised.pop(name, None)


def raised_by(name: str) -> tuple[Raised, Reading | None] | None:
    """What the last cell that gives `name` a value raised, and what was misunderstood; None if it did not raise."""
    if name not in _raised:
        return None
    raised, source = _raised[name]
    return raised, _without_quotes(raised, source) or of_error(raised)


def _without_quotes(raised: Raised, source: str) -> Reading | None:
    """The reading of an answer that is one bare word, or several."""
    typed = re.search(r"=\s*(.+)", source)
    if raised.kind not in ("NameError", "SyntaxError") or not typed or not re.fullmatch(r"[\w ×]+", typed[1].strip()):
        return None
    if typed[1].strip() in ("true", "false"):
        return Reading("a truth value without its capital", "Python writes `True` and `False`.")
    return Reading("a text without its quotes", "Without quotes, Python looks for a variable of this name.")
