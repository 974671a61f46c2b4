"""A folder with the learner's copies: what is missing is made, what is old refreshed, what was changed kept."""
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resnext_edu.course import PROGRESS, course_file, course_lessons
from resnext_edu.errors import ConfigError, DataError, one_line, shown
from resnext_edu.learner.copies import (
    Lesson,
    answers_of,
    as_file,
    fingerprint_of_sources,
    is_unanswered,
    learners_copy,
    made_from,
    parsed,
    same_work,
    with_answers,
)
from resnext_edu.whole import write_whole

What = Literal["made", "refreshed", "current", "begun", "foreign", "broken"]


@dataclass(frozen=True)
class Kept:
    """What became of one copy.

    Parameters
    ----------
    number : int
        Of the lesson.
    path : Path
        The copy.
    what : str
        It was "made" or "refreshed"; or it is "current"; or the course has a newer one, but this one has been "begun";
        or it is "foreign", not a copy of ours; or the lesson of the course is "broken". All but the first two are left
        as they are.
    typed : tuple of str
        The exercises whose blanks are filled in the lesson of the course: somebody has typed there by mistake.
    """

    number: int
    path: Path
    what: What
    typed: tuple[str, ...] = ()


def lay_out(folder: Path) -> list[Kept]:
    """Make the learner's copies in a folder, or bring those up to date that are as they were made.

    Beside them is a file in which checks note how they ended, for the learner's own card.

    Parameters
    ----------
    folder : Path
        It is made if it is not there.

    Returns
    -------
    list of Kept
        What was done, lesson by lesson.

    Raises
    ------
    DataError
        If the folder can't be made, or the course has no lessons.
    CheckpointError
        If the disk is full, or the folder can't be written to.
    """
    _lay_out_pictures(folder)
    if not os.path.lexists(folder / PROGRESS):
        write_whole(folder / PROGRESS, b"")
    return [_keep(number, lesson, folder / lesson.name) for number, lesson in course_lessons().items()]


def _lay_out_pictures(folder: Path) -> None:
    """Make the folder, with the pictures that its lessons show."""
    try:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{one_line(folder)} can't be made ({error.strerror}); choose another folder") from error
    for picture in sorted(course_file("figures/forms.svg").parent.glob("*.svg")):
        path, content = folder / "figures" / picture.name, picture.read_bytes()
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)


def _keep(number: int, lesson: Path, path: Path) -> Kept:
    try:
        fresh = learners_copy(parsed(lesson))
    except DataError:
        return Kept(number, path, "broken")
    typed = tuple(name for name, text in answers_of(fresh).items() if not is_unanswered(text))
    return Kept(number, path, _made_of(fresh, path), typed)


def _made_of(fresh: Lesson, path: Path) -> What:
    """What becomes of the copy at this place, now that the course would make this one."""
    if not os.path.lexists(path):
        write_whole(path, as_file(fresh))
        return "made"
    mine = _ours(path)
    if mine is None:
        return "foreign"
    if made_from(mine) == made_from(fresh):
        return "current"
    if fingerprint_of_sources(mine) != made_from(mine):
        return "begun"
    write_whole(path, as_file(fresh))
    return "refreshed"


def _ours(path: Path) -> Lesson | None:
    """The notebook at this place, if it is a copy that was made here."""
    if path.is_symlink() or not path.is_file():
        return None
    try:
        mine = parsed(path)
    except DataError:
        return None
    return mine if made_from(mine) is not None else None


@dataclass(frozen=True)
class Reset:
    """What a reset has done.

    Parameters
    ----------
    path : Path
        The copy.
    saved : Path or None
        Where what was there has been put; None if there was nothing to save.
    carried, lost : list of str
        The exercises whose answers stand in the new copy, and those whose answers stand only in the saved one.
    untouched : bool
        Whether there was nothing to do.
    """

    path: Path
    saved: Path | None
    carried: list[str]
    lost: list[str]
    untouched: bool = False


def reset(number: int, folder: Path, *, keep_answers: bool = False) -> Reset:
    """Put a learner's copy aside, and make it anew from the course.

    Parameters
    ----------
    number : int
        Of the lesson.
    folder : Path
        Where the copies are.
    keep_answers : bool
        Whether what stands in the blanks is carried over.

    Returns
    -------
    Reset

    Raises
    ------
    ConfigError
        If there is no such lesson.
    DataError
        If the lesson can't be read, or the copy can't be put aside.
    """
    lessons = course_lessons()
    if number not in lessons:
        named = ", ".join(f"{known:02d}" for known in lessons)
        raise ConfigError(f"there is no lesson {shown(number)}; the lessons are: {named}")
    path, fresh = folder / lessons[number].name, learners_copy(parsed(lessons[number]))
    mine, carried, lost = _ours(path), list[str](), list[str]()
    if mine is not None and keep_answers:
        fresh, carried, lost = with_answers(fresh, answers_of(mine))
    if mine is not None and same_work(mine, fresh):
        return Reset(path, None, carried, [], untouched=True)
    _lay_out_pictures(folder)
    saved = _put_aside(path) if os.path.lexists(path) else None
    write_whole(path, as_file(fresh))
    return Reset(path, saved, carried, lost)


def _put_aside(path: Path) -> Path:
    """A copy of what is there, under the first of `06_x.mine.ipynb`, `06_x.mine-2.ipynb`, … that is free."""
    number = 1
    while os.path.lexists(saved := path.with_suffix(f".mine{'' if number == 1 else f'-{number}'}.ipynb")):
        number += 1
    try:
        if path.is_file() and not path.is_symlink():
            shutil.copy2(path, saved)
        else:
            path.rename(saved)
    except OSError as error:
        raise DataError(f"{one_line(path)} can't be put aside ({error.strerror}), so it stays as it is") from error
    return saved
