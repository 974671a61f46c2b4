"""Exercises: a blank to fill in, judged by what the answer does.

An exercise is its `Blank`, the answer, the cases to try attempts on, and a bank of mistakes. There is no other
checker: the learner's attempt and the answer are run on the same cases, and what they do is compared. If it differs,
each known mistake is run, too. If one of them does the same as the attempt, it shows what was misunderstood.
"""
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from resnext_edu.exercises.behaviour import MakeCases
from resnext_edu.exercises.blank import Blank
from resnext_edu.exercises.cards import Card
from resnext_edu.exercises.judge import Judge, Mistake
from resnext_edu.exercises.verdict import Question, Verdict
from resnext_edu.words import plural

__all__ = ["Exercise", "Mistake"]


@dataclass(frozen=True, eq=False, repr=False)
class Exercise(Question):
    """A blank, and all that is needed to judge what is put into it. Its name is the blank's.

    Parameters
    ----------
    question : str
        One sentence.
    blank : str
        The source of the lesson's cell: ``NAME = ...``, or a function with one ``return ...``. See `Blank`.
    answer : str
        The solution: code in place of the dots. Whatever does the same is right.
    why : str
        For a learner whose attempt is right: what it is good for.
    hints : tuple of str
        Two. On the card of an attempt that is not right they open one after another; after them, the solution opens.
    mistakes : tuple of Mistake
        At least three.
    also_right : tuple of str
        Other code that must pass.
    cases : callable, optional
        ``cases() -> {words: arguments}``, made anew by each call, the smallest first: the learner gets to see the first
        one at which the attempt fails. For a function, and for a layer (then the arguments are its inputs).
    digits : int, optional
        How many digits of a number that is not whole must be right; all of them, if it is not given.
    quantities : mapping of str to float, optional
        What an attempt at a number may be wrong by, in words: ``{"the 32 paths": 32}``.

    Raises
    ------
    ConfigError
        If `blank` is not a blank.

    Examples
    --------
    >>> twice = Exercise(
    ...     question="Double a number.",
    ...     blank="def twice(x): return ...",
    ...     cases=lambda: {"x = 3": (3,), "x = 0": (0,)},
    ...     answer="2 * x",
    ...     why="You can double.",
    ...     hints=("Twice means two times.", "Multiply by 2."),
    ...     mistakes=(Mistake("x ** 2", "the number times itself", "Twice 3 is 3 + 3."),),
    ... )
    >>> twice(lambda x: x + x)
    ✓ right: You can double.
    >>> twice(lambda x: x * x)
    ✕ wrong: With x = 3, your function gives 9. Expected: 6.
    This looks like: the number times itself. Twice 3 is 3 + 3.
    """

    question: str
    blank: str
    answer: str
    why: str
    hints: tuple[str, str]
    mistakes: tuple[Mistake, ...]
    also_right: tuple[str, ...] = ()
    cases: MakeCases | None = None
    digits: int | None = None
    quantities: Mapping[str, float] = field(default_factory=dict)
    name: str = field(init=False)
    _opened: list[str] = field(default_factory=list, init=False)  # the hints that this kernel has shown

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", Blank(self.blank).name)

    @cached_property
    def judge(self) -> Judge:
        """What judges the attempts."""
        return Judge(Blank(self.blank), self.answer, self.why, self.mistakes, self.cases, self.digits,
                     self.quantities)

    @property
    def folds(self) -> tuple[Card, ...]:
        """The hints, and then the solution."""
        hints = (Card(f"Hint {k} of {len(self.hints)}", hint) for k, hint in enumerate(self.hints, 1))
        return *hints, Card("Solution", self.why, code=self.judge.blank.fill(self.answer))

    def hint(self) -> Card:
        """The hints so far, and the next one, which this call opens."""
        self._opened.extend(self.hints[len(self._opened):][:1])
        first, *others = (f"({k} of {len(self.hints)}) {hint}" for k, hint in enumerate(self._opened, 1))
        call = "hint" if len(others) + 1 < len(self.hints) else "solution"
        return Card("hint", first, (*others, f"Next: `check.{self.name}.{call}()`."))

    def solution(self) -> Card:
        """The solution, if all hints are open."""
        if closed := len(self.hints) - len(self._opened):
            return Card("not open yet", f"{plural(closed, 'hint')} first: `check.{self.name}.hint()`.")
        return Card("solution", self.why, code=self.judge.blank.fill(self.answer))

    def __repr__(self) -> str:
        return f"{self.name}: {self.question}"

    def _judge(self, attempt: object, *_: object) -> Verdict:
        return self.judge.verdict(attempt)
