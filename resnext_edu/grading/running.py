"""A student's code, run behind the walls: each answer, and the cells that it needs. Whatever it says is only data.

Each answer has a copy of the process for itself, which can speak of no other answer: what the code of one does to
Python or to this package, the others don't meet.
"""
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
from typing import Any, TypeGuard

from resnext_edu.exercises import Exercise, Question
from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.blank import IN_A_BLANK
from resnext_edu.grading.answers import TypedAnswer, without_checks
from resnext_edu.grading.carried import as_data, outcome_as_data
from resnext_edu.grading.cells import CodeCell
from resnext_edu.grading.forks import in_forks
from resnext_edu.grading.needed import needed

ENDED = {"ended": True}  # whatever it has started may go on and keep the pipe open
Say = Callable[[Mapping[str, Any]], None]


class TooLongError(BaseException):
    """Time is up. No `except Exception` of a learner's holds it."""


class _Nowhere(io.TextIOBase):
    """What a cell prints goes here, however much it is."""

    def write(self, text: str) -> int:
        return len(text)


def run_answers(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], asked: Mapping[str, Question], pipe: int,
                each: float, top: float) -> None:
    """Run all answers of a notebook, and say of each what it is.

    Parameters
    ----------
    cells : sequence of CodeCell
    answers : sequence of TypedAnswer
    asked : mapping of str to Question
    pipe : int
        It gets {"began": question}, then {"question": …, "value": …}, or "outcomes", or "raised" in place of "value";
        nothing if the answer ends its process. A later record about a question takes the place of an earlier one.
    each, top : float
        How many seconds an answer may take, with the cells that it needs; and all cells from the top, if these are
        not enough.
    """
    signal.signal(signal.SIGALRM, _time_is_up)
    say, again = into_pipe(pipe), list[TypedAnswer]()

    def tried(answer: TypedAnswer) -> dict[str, Any]:
        os.close(pipe)
        before = needed(cells, f"{answer.code}\n{answer.value}", answer.place)
        record = _in_time(each, lambda: _tried(answer, before, asked[answer.question]))
        return {**record, "more": _may_need_more(record)}

    def from_the_top(found: dict[str, Any]) -> dict[str, Any]:
        os.close(pipe)
        _in_time(top, lambda: _from_the_top(cells, again, asked, found))
        return found

    for answer in answers:
        say({"began": answer.question})
        record = _in_a_copy(tried, answer, each + 1)
        if record:
            say({"question": answer.question, **_of_an_answer(record)})
            again += [answer] if record.get("more") is True else []
    if again and len(cells) > len(answers):
        say({"began": "*"})
        said = _in_a_copy(from_the_top, {}, top + 1)
        for answer in again:
            if isinstance(better := said.get(answer.question), dict):
                say({"question": answer.question, **_of_an_answer(better)})
    say(ENDED)


def _in_a_copy(work: Callable[[Any], dict[str, Any]], about: Any, seconds: float) -> dict[str, Any]:
    """What some work gives in a copy of this process; nothing if the copy dies, or gives no mapping."""
    ((_, record),) = in_forks([about], work, 1, seconds)
    return record if isinstance(record, dict) else {}


def _of_an_answer(record: Mapping[str, Any]) -> dict[str, Any]:
    """The part that speaks of the answer: whoever wrote the rest, it goes no further."""
    return {part: record[part] for part in ("raised", "outcomes", "value") if part in record}


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
    if observed(question) and not question.judge.unfit(value):
        return {"outcomes": [outcome_as_data(outcome) for outcome in question.judge.observe(value)]}
    return {"value": as_data(value)}


def observed(question: Question) -> TypeGuard[Exercise]:
    """Whether an answer is judged by what it does on some cases."""
    return isinstance(question, Exercise) and question.judge.cases is not None


def _may_need_more(record: Mapping[str, Any]) -> bool:
    """Whether other cells than the needed ones could be missing: one of these has raised, or a name is unknown."""
    raised = [record.get("raised"), *(outcome["raised"] for outcome in record.get("outcomes", ()))]
    return record.get("alone") is False or any(found and found[0] == "NameError" for found in raised)


def _from_the_top(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], asked: Mapping[str, Question],
                  found: dict[str, Any]) -> None:
    """Run all cells as a notebook would, and read the answers on the way."""
    names, at = _fresh(), dict[int, list[TypedAnswer]]()
    for answer in answers:
        at.setdefault(answer.place, []).append(answer)
    with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()):
        for cell in cells:
            for answer in at.get(cell.place, ()):
                try:
                    found[answer.question] = _read(answer, names, asked[answer.question])
                except Exception as error:
                    found[answer.question] = {"raised": _raised(error)}
            if cell.place not in at:
                _ran(cell, names)


def into_pipe(out: int) -> Say:
    """What says things by writing lines of JSON into a pipe."""
    def say(record: Mapping[str, Any]) -> None:
        content = memoryview((json.dumps(record) + "\n").encode())
        while content:
            content = content[os.write(out, content):]

    return say
