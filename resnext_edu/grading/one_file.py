"""One notebook, from its bytes to its verdicts, in a process of its own; the students' code runs in a child of that."""
import ast
import json
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resnext_edu.errors import DataError, message_of
from resnext_edu.exercises import questions
from resnext_edu.grading.answers import TypedAnswer, answers_in, lesson_of
from resnext_edu.grading.carried import as_data
from resnext_edu.grading.cells import CodeCell, code_cells
from resnext_edu.grading.forks import MOST_SAID
from resnext_edu.grading.judging import Graded, graded
from resnext_edu.grading.running import ENDED, into_pipe, observed, run_answers
from resnext_edu.grading.truths import Truths, with_truth
from resnext_edu.grading.walls import end_with_parent, own_processes, shut_in

MOST_DEATHS = 3  # then the other answers of the notebook count as not run


@dataclass(frozen=True)
class Limits:
    """What a notebook may use.

    Parameters
    ----------
    seconds : int
        For all its cells from the top, if the cells that the answers need are not enough.
    each : int
        Seconds for one answer and the cells that it needs.
    memory : int
        In MiB, beyond what Python and torch take.
    hidden : tuple of Path
        Folders into which its code must not see.
    """

    seconds: int = 60
    each: int = 10
    memory: int = 2048
    hidden: tuple[Path, ...] = ()

    @property
    def longest(self) -> int:
        """When the process of a notebook is ended, in seconds."""
        return self.seconds + 3 * self.each


@dataclass(frozen=True)
class FileResult:
    """What was found in one file.

    Parameters
    ----------
    lesson : str or None
        Such as "lesson_06"; None if it is no lesson of the course.
    trouble : str
        Why nothing was found; empty if something was.
    answers : tuple of Graded
        In the order of the lesson.
    walls : tuple of str
        What kept the code from the rest of the computer.
    """

    lesson: str | None
    trouble: str = ""
    answers: tuple[Graded, ...] = ()
    walls: tuple[str, ...] = field(default=(), compare=False)

    def to_record(self) -> dict[str, Any]:
        """As data, for a file."""
        return {"lesson": self.lesson, "trouble": self.trouble, "walls": list(self.walls),
                "answers": [answer.to_record() for answer in self.answers]}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "FileResult":
        """What `to_record` made."""
        return cls(record["lesson"], record["trouble"], tuple(map(Graded.of_record, record["answers"])),
                   tuple(record["walls"]))


def graded_file(content: bytes, truths: Truths, home: Path, limits: Limits) -> FileResult:
    """The verdicts on all answers in a file.

    Parameters
    ----------
    content : bytes
    truths : mapping
        See `truths.py`.
    home : Path
        An empty folder for the student's code.
    limits : Limits
    """
    try:
        cells = code_cells(content)
    except DataError as error:
        return FileResult(None, message_of(error))
    lesson = lesson_of(cells)
    if lesson is None:
        return FileResult(None, "no lesson of this course: none of its cells has to do with a question")
    given = answers_in(cells)
    asked = questions()[lesson]
    answers = [given[name] for name in asked if name in given]
    plain = [answer for answer in answers if answer.written and not observed(asked[answer.question])]
    records, walls = _said(cells, [answer for answer in answers if answer not in plain], home, limits)
    records |= {answer.question: {"value": as_data(ast.literal_eval(answer.written))} for answer in plain}
    return FileResult(lesson, "", tuple(graded(with_truth(question, truths), given.get(name), records.get(name))
                                        for name, question in asked.items()), walls)


def _said(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], home: Path,
          limits: Limits) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the student's code says about each answer; where its process dies, another one goes on."""
    found: dict[str, Any] = {}
    walls = list[str]()
    deadline = time.monotonic() + limits.longest
    died = frozenset[str]()
    for process in range(MOST_DEATHS):  # at least one, which says which walls there are
        todo = [answer for answer in answers if answer.question not in found and answer.question not in died]
        if (process and not todo) or time.monotonic() > deadline:
            break
        began, before, ended = "", len(found), False
        for record in _process(cells, todo, home, limits, deadline):
            if isinstance(record.get("walls"), list):
                walls = walls or [str(wall) for wall in record["walls"]]  # the first thing said, before any answer ran
            elif "began" in record:
                began = str(record["began"])
            elif record == ENDED:
                ended = True
            elif isinstance(record.get("question"), str):
                found[record["question"]] = record
                began = ""
        if ended or began == "*" or (not began and len(found) == before):
            break
        died |= {began}
    return found, tuple(walls)


def _process(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], home: Path, limits: Limits,
             deadline: float) -> list[dict[str, Any]]:
    """All that one process says until it ends, or is ended."""
    back, out = os.pipe()
    who, tell = os.pipe()
    guard = os.fork()
    if guard == 0:
        _be_the_guard(cells, answers, home, limits, out, tell)
    os.close(out)
    os.close(tell)
    try:
        said = _heard(back, deadline, limits)
    finally:
        for process in (*map(int, os.read(who, 64).split()), guard):
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        with suppress(OSError):
            os.killpg(guard, signal.SIGKILL)
        os.waitpid(guard, 0)
        os.close(who)
        os.close(back)
    records = []
    for line in said.splitlines():
        with suppress(ValueError, RecursionError):
            record = json.loads(line)
            records += [record] if isinstance(record, dict) else []
    return records


def _be_the_guard(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], home: Path, limits: Limits, out: int,
                  tell: int) -> None:
    """The child: its own child is the first of its processes, with which all others end. It never returns."""
    try:
        os.setsid()
        walls = ["processes"] if own_processes() else []
        student = os.fork()
        if student == 0:
            _be_the_student(cells, answers, home, limits, out, walls)
        os.close(out)
        os.write(tell, str(student).encode())
        os.waitpid(student, 0)
        if not walls:
            os.killpg(0, signal.SIGKILL)  # whatever the student has started
    finally:
        os._exit(0)


def _be_the_student(cells: Sequence[CodeCell], answers: Sequence[TypedAnswer], home: Path, limits: Limits, out: int,
                    walls: Sequence[str]) -> None:
    """The grandchild: nothing but its answers comes out, and it never returns."""
    try:
        end_with_parent()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        os.dup2(out, 3)
        os.closerange(4, 256)
        into_pipe(3)({"walls": [*walls, *shut_in(home, limits.hidden, limits.memory, limits.longest)]})
        asked = {name: question for lesson in questions().values() for name, question in lesson.items()}
        run_answers(cells, answers, asked, 3, limits.each, limits.seconds)
    finally:
        os._exit(0)


def _heard(pipe: int, deadline: float, limits: Limits) -> bytes:
    """What comes out of a pipe until its other end is closed, it is silent for too long, or it is too much."""
    heard, ended, top = bytearray(), _line(ENDED), _line({"began": "*"})
    while len(heard) < MOST_SAID and not heard.endswith(ended):
        silence = limits.longest if top in heard else limits.each + 3  # it should have stopped itself by then
        left = min(silence, deadline - time.monotonic())
        if left <= 0 or not select.select([pipe], [], [], left)[0] or not (part := os.read(pipe, 2 ** 16)):
            break
        heard += part
    return bytes(heard)


def _line(record: Mapping[str, Any]) -> bytes:
    """What `into_pipe` makes of a record."""
    return (json.dumps(record) + "\n").encode()
