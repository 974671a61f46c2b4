"""The questions of the lessons, and `check`, which judges what learners answer.

A file `banks/lesson_NN.py` holds all questions of a lesson; a new one need not be registered anywhere.
In the lesson, a cell tagged `exercise` and `exercise:NAME` holds the blank; the next cell calls ``check.NAME(...)``.
A question is a `Prediction`, before a surprise, or an `Exercise`, where it counts what the attempt does.

The *answer* is the right one, as code in the bank; an *attempt* is what the learner gives.
"""
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules

from resnext_edu.errors import ConfigError, nearest_name
from resnext_edu.exercises.exercise import Exercise, Mistake
from resnext_edu.exercises.prediction import Prediction
from resnext_edu.exercises.raised import watch
from resnext_edu.exercises.verdict import Question, Verdict

__all__ = ["Check", "Exercise", "Mistake", "Prediction", "Question", "Verdict", "check", "questions"]


@cache
def questions(package: str = f"{__name__}.banks") -> dict[str, dict[str, Question]]:
    """Lesson → its questions by name, in the order of the lessons.

    Parameters
    ----------
    package : str
        Where the files `lesson_NN.py` are.

    Raises
    ------
    ConfigError
        If two questions have the same name.

    Examples
    --------
    >>> list(questions())[0], list(questions()["lesson_00"])[0]
    ('lesson_00', 'channels_a_path_reads')
    """
    lessons: dict[str, dict[str, Question]] = {}
    lesson_of: dict[str, str] = {}
    for name in sorted(module.name for module in iter_modules(import_module(package).__path__)):
        if not name.startswith("lesson_"):
            continue
        lessons[name] = {}
        for question in vars(import_module(f"{package}.{name}")).values():
            if not isinstance(question, Question):
                continue
            if question.name in lesson_of:
                raise ConfigError(f"two questions are called {question.name!r}, in {lesson_of[question.name]} and in "
                                  f"{name}; rename one of them")
            lessons[name][question.name], lesson_of[question.name] = question, name
    return lessons


class Check:
    """``check.NAME(attempt)`` gives the verdict on an attempt at the question NAME.

    Examples
    --------
    >>> check.weights_of_32_paths(...).status
    'not attempted'
    >>> check.same_number  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    AttributeError: unknown question 'same_number'; did you mean 'same_numbers'? Known: ...
    """

    def __getattr__(self, name: str) -> Question:
        if name.startswith("_"):  # Jupyter asks every object for a dozen such names
            raise AttributeError(name)
        if name not in self._known:
            raise AttributeError(nearest_name("question", name, self._known))
        return self._known[name]

    def __dir__(self) -> list[str]:
        return list(self._known)

    def __repr__(self) -> str:
        return "\n".join(["check.NAME(answer), where NAME is one of:", *map(repr, self._known.values())])

    @cached_property
    def _known(self) -> dict[str, Question]:
        """Every question by its name."""
        return {name: question for lesson in questions().values() for name, question in lesson.items()}


watch()
check: Check = Check()
