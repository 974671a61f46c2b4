"""From an attempt to its verdict: what it does beside what the answer does, and beside each known mistake."""
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from resnext_edu.exercises.attempts import several, show
from resnext_edu.exercises.behaviour import PARAMETERS, Cases, Outcome, Raised, observe, observe_module
from resnext_edu.exercises.blank import Blank
from resnext_edu.exercises.comparing import difference, direction, is_nan, same, shortened
from resnext_edu.exercises.reading import Unread, read
from resnext_edu.exercises.verdict import RIGHT, UNCLEAR, WRONG, Verdict, not_attempted

CHANGED = ("Your function changes what it was given, and whoever calls it may still need that. In-place operations "
           "(`+=`, `relu_`, `x[0] = …`), `.train()` and `.eval()` do it. Make something new, or leave it as it stands.")
NAN = "nan means \"not a number\". It comes from 0/0, inf − inf and the like, and spreads to all that is made of it."
NO_RESULT = "A function gives None if it comes to no `return`, or if what it returns is a `print(…)`."


@dataclass(frozen=True)
class Mistake:
    """What a learner may type into the blank, the misconception behind it, and what to say to somebody who has it.

    Parameters
    ----------
    typed : str or tuple of str
        Code in place of the dots; several if one misconception has several faces.
    misconception : str
        Its name. The verdict says "This looks like: …".
    hint : str
        Whole sentences that put the misconception right and leave the answer to the learner.
    """

    typed: str | tuple[str, ...]
    misconception: str
    hint: str

    def __post_init__(self):
        object.__setattr__(self, "typed", (self.typed,) if isinstance(self.typed, str) else tuple(self.typed))


@dataclass(frozen=True)
class Judge:
    """Knows the blank, the answer, the mistakes, and the cases to try an attempt on (None: it is a value).

    The *answer* is the right one, as code in place of the dots; what the learner gives is an *attempt*. If only so
    many `digits` of a number count, two that agree in them are the same.
    """

    blank: Blank
    answer: str
    why: str
    mistakes: tuple[Mistake, ...]
    cases: Cases | None
    digits: int | None = None

    def verdict(self, attempt: object) -> Verdict:
        """The verdict on an attempt, which may be anything. Only a mistake in the exercise itself can raise."""
        with torch.random.fork_rng(devices=[]):  # the learner's own random numbers stay what they were
            return self._verdict(attempt)

    def _verdict(self, attempt: object) -> Verdict:
        if any(part is ... for part in several(attempt)):
            return not_attempted(self._help)
        if unfit := self._unfit(attempt):
            return Verdict(UNCLEAR, unfit, (self._help,))
        seen = list(self.observe(attempt))
        if any(outcome.value is ... for outcome in seen):
            return not_attempted(self._help)
        expected = list(self.observe(self.blank.build(self.answer)))
        got, truth = (list(_values(outcomes, expected)) for outcomes in (seen, expected))
        wrong = [found for found in zip(seen, got, truth, strict=True) if not self._same(*found[1:])]
        if not wrong:
            return self._right(seen)
        first = wrong[0] if self.blank.is_function else min(wrong, key=_urgency)
        return self._wrong(*first, self._known(got, expected))

    def observe(self, attempt: Any) -> Iterator[Outcome]:
        """What an attempt does on each case; a value does nothing, it is its own outcome."""
        if self.cases is None:
            return iter([Outcome("", attempt)])
        return observe(attempt, self.cases) if self.blank.is_function else observe_module(attempt, self.cases)

    def _unfit(self, attempt: object) -> str:
        """Why an attempt can't be tried on the cases, or nothing."""
        name = self.blank.name
        if self.blank.is_function and not callable(attempt):
            return f"{show(attempt)} is no function. Give the function itself: `check.{name}({name})`."
        if self.cases and not self.blank.is_function and not isinstance(attempt, nn.Module):
            return f"{show(attempt)} is no layer. A layer is what a call such as `nn.ReLU()` makes."
        return ""

    def _same(self, left: object, right: object) -> bool:
        return same(shortened(left, self.digits), shortened(right, self.digits))

    def _known(self, got: list, expected: list[Outcome]) -> Mistake | None:
        """The mistake that does on every case what the attempt does."""
        for mistake in self.mistakes:
            for code in mistake.typed:
                values = _values(self.observe(self.blank.build(code)), expected)
                if all(map(self._same, got, values)):  # stops at the first case on which they differ
                    return mistake
        return None

    def _wrong(self, outcome: Outcome, got: object, truth: object, known: Mistake | None) -> Verdict:
        if self.cases is None and isinstance(got, Unread):
            return Verdict(UNCLEAR, f"your answer is {got.words}.", (self._help,))
        what = "your function" if self.blank.is_function else "your layer"
        details = ()
        if self.cases is None:
            message = direction(got, truth)
        elif isinstance(got, Raised):
            message = f"With {outcome.case}, {what} raised `{got.kind}`{f': {got.words}' if got.words else '.'}"
            details = (f"It happened here: `{got.line}`",) if got.line else ()
        elif outcome.case == PARAMETERS:
            message = f"The shapes of your layer's parameters: {difference(got, truth)}"
        else:
            message = f"With {outcome.case}, {what} gives {difference(got, truth)}"
            details = (NO_RESULT,) if outcome.value is None else (NAN,) if is_nan(got) else ()
        details = (*details, *([CHANGED] if outcome.changed else []), *_printed(outcome), self._help)
        return Verdict(WRONG, message, details, *((known.misconception, known.hint) if known else ()))

    def _right(self, seen: list[Outcome]) -> Verdict:
        """Right on all cases; that leaves whether it did something else besides."""
        for outcome in seen:
            if outcome.changed:
                return Verdict(WRONG, f"With {outcome.case}, the result is right, but …",
                               (CHANGED, *_printed(outcome), self._help))
        return Verdict(RIGHT, self.why, tuple(_printed(seen[0])))

    @property
    def _help(self) -> str:
        return f"Stuck? `check.{self.blank.name}.hint()` opens a hint."


def _values(outcomes: Iterable[Outcome], expected: list[Outcome]) -> Iterator:
    """The values as they are read, each as the kind of thing that was expected."""
    for outcome, like in zip(outcomes, expected, strict=True):
        yield outcome.value if isinstance(outcome.value, Raised) else read(outcome.value, like.value)


def _urgency(found: tuple[Outcome, object, object]) -> tuple[bool, bool]:
    """What a layer does wrong, most telling first: it raises, has other parameters, gives other numbers."""
    outcome, got, _ = found
    return not isinstance(got, Raised), outcome.case != PARAMETERS


def _printed(outcome: Outcome) -> Iterator[str]:
    words = " ".join(outcome.printed.split())
    if words:
        yield f"It printed: {words if len(words) <= 200 else words[:200] + ' …'}"
