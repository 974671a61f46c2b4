"""A student's code, run behind the walls: each answer, and the cells that it needs. Whatever it says is only data."""
import ast
import io
import json
import linecache
import os
import signal
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from resnext_edu.exercises import Exercise, Question
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.blank import IN_A_BLANK
from resnext_edu.grading.answers import TypedAnswer, without_checks
from resnext_edu.grading.carried import as_data, outcome_as_data
from resnext_edu.grading.cells import CodeCell
from resnext_edu.grading.needed import needed

ENDED = {"ended": True}  # whatever it has started may go on and keep the pipe open
Say = Callable[[Mapping[str, Any]], None]


class TooLongError(BaseException):
    """Time is up. No `except Exception` of a learner's holds it."""


class _Nowhere(io.TextIOBase):
    """What a cell prints goes here, however much it is."""

    def write(self, text: str) -> int:
        return len(text)


def run_answers(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], asked: Mapping[str, Question], say: Say,
                each: float, top: float) -> None:
    """Run all answers of a notebook, and say of each what it is.

    Parameters
    ----------
    cells : sequence of CodeCell
    answers : sequence of TypedAnswer
    asked : mapping of str to Question
    say : callable
        It gets {"began": question}, then {"question": …, "value": …}, or "outcomes", or "raised" in place of "value".
        A later record about a question takes the place of an earlier one.
    each, top : float
        How many seconds an answer may take, with the cells that it needs; and all cells from the top, if these are
        not enough.
    """
    signal.signal(signal.SIGALRM, _time_is_up)
    again = []
    for answer in answers:
        say({"began": answer.question})
        before = needed(cells, f"{answer.code}\n{answer.value}", answer.place)
        record = _in_time(each, lambda answer=answer, before=before:  # type: ignore[misc]
                          _tried(answer, before, asked[answer.question]))
        say({"question": answer.question, **record})
        if _may_need_more(record):
            again.append(answer)
    if again and len(cells) > len(answers):
        say({"began": "*"})
        _in_time(top, lambda: _from_the_top(cells, again, asked, say))
    say(ENDED)


def _time_is_up(*_: object) -> None:
    raise TooLongError


def _in_time(seconds: float, work: Callable[[], Any]) -> dict[str, Any]:
    """What some work gives, or that it took too long."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # and each second from then on, if a bare except holds it
        return work() or {}
    except TooLongError:
        return {"raised": ["TooLong", f"it took longer than {seconds:g} seconds", ""]}
    except Exception as error:
        return {"raised": _raised(error)}
    except BaseException as error:  # sys.exit, KeyboardInterrupt and the like
        return {"raised": [type(error).__name__, "it wanted to end the program", ""]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raised(error: BaseException) -> list[str]:
    found = Raised.of(error)
    return [found.kind, found.words, found.line]


def _fresh() -> dict[str, Any]:
    """The names of a notebook in which nothing has run yet."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module  # so that classes of a notebook can be copied
    module.__dict__.update(IN_A_BLANK, display=lambda *_, **__: None)
    from resnext_edu.exercises import check
    module.__dict__["check"] = check
    return module.__dict__


def _execute(code: str, name: str, names: dict[str, Any]) -> None:
    file = f"<{name}>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    exec(compile(code, file, "exec"), names)


def _cell_code(cell: CodeCell) -> str:
    return cell.code if cell.tree is None else ast.unparse(without_checks(cell.tree))


def _tried(answer: TypedAnswer, before: Sequence[CodeCell], question: Question) -> dict[str, Any]:
    """What one answer is, once the cells that it needs have run."""
    names = _fresh()
    with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()):
        fine = [_ran(cell, names) for cell in before]
        try:
            return {**_read(answer, names, question), "alone": all(fine)}
        except Exception as error:
            return {"raised": _raised(error), "alone": all(fine)}


def _ran(cell: CodeCell, names: dict[str, Any]) -> bool:
    """Run a cell; whether it did not raise. A notebook goes on behind a cell that raises, and so does this."""
    try:
        _execute(_cell_code(cell), f"cell {cell.place}", names)
        return True
    except Exception:
        return False


def _read(answer: TypedAnswer, names: dict[str, Any], question: Question) -> dict[str, Any]:
    _execute(answer.code, f"answer {answer.question}", names)
    value = eval(compile(answer.value, f"<answer {answer.question}>", "eval"), names)
    if isinstance(question, Exercise) and question.judge.cases is not None and not question.judge.unfit(value):
        return {"outcomes": [outcome_as_data(outcome) for outcome in question.judge.observe(value)]}
    return {"value": as_data(value)}


def _may_need_more(record: Mapping[str, Any]) -> bool:
    """Whether other cells than the needed ones could be missing: one of these has raised, or a name is unknown."""
    raised = [record.get("raised"), *(outcome["raised"] for outcome in record.get("outcomes", ()))]
    return record.get("alone") is False or any(found and found[0] == "NameError" for found in raised)


def _from_the_top(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], asked: Mapping[str, Question],
                  say: Say) -> None:
    """Run all cells as a notebook would, and read the answers on the way."""
    names, at = _fresh(), dict[int, list[TypedAnswer]]()
    for answer in answers:
        at.setdefault(answer.place, []).append(answer)
    with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()):
        for cell in cells:
            for answer in at.get(cell.place, ()):
                try:
                    say({"question": answer.question, **_read(answer, names, asked[answer.question])})
                except Exception as error:
                    say({"question": answer.question, "raised": _raised(error)})
            if cell.place not in at:
                _ran(cell, names)


def into_pipe(out: int) -> Say:
    """What says things by writing lines of JSON into a pipe."""
    def say(record: Mapping[str, Any]) -> None:
        content = memoryview((json.dumps(record) + "\n").encode())
        while content:
            content = content[os.write(out, content):]

    return say
