"""From an attempt to its verdict: what it does is compared with what the answer does, and each known mistake."""
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import nn

from resnext_edu.exercises.attempts import several, show
from resnext_edu.exercises.behaviour import PARAMETERS, MakeCases, Outcome, Raised, observe, observe_module
from resnext_edu.exercises.blank import Blank
from resnext_edu.exercises.comparing import direction, got_and_expected, in_words, is_nan, same, shortened
from resnext_edu.exercises.diagnosis import Reading, of_form, of_outcomes, of_value, ratio_in_words
from resnext_edu.exercises.reading import ReadValue, Unread, read
from resnext_edu.exercises.verdict import RIGHT, UNCLEAR, WRONG, Verdict, not_attempted

CHANGED = ("Your function changes what it was given, and whoever calls it may still need that. In-place operations "
           "(`+=`, `relu_`, `x[0] = …`), `.train()` and `.eval()` do it. Make something new, or leave it as it stands.")
NAN = "nan means \"not a number\". It comes from 0/0, inf − inf and the like, and spreads to all that is made of it."
EXCHANGED = Reading("two arguments exchanged", "The check gives them in the order of the lesson's own `def` line.")
NO_RESULT = "A function gives None if it comes to no `return`, or if what it returns is a `print(…)`."

Result = ReadValue | Raised


@dataclass(frozen=True)
class Mistake:
    """What a learner may type into the blank, the misconception behind it, and what to say to somebody who has it.

    Parameters
    ----------
    typed : str or tuple of str
        Code in place of the dots; several, if one misconception leads to different code.
    misconception : str
        Its name. The verdict says "This looks like: …".
    hint : str
        Whole sentences that correct the misconception and leave the answer to the learner.
    """

    typed: str | tuple[str, ...]
    misconception: str
    hint: str

    @property
    def codes(self) -> tuple[str, ...]:
        """`typed` as a tuple, also if there is only one."""
        return (self.typed,) if isinstance(self.typed, str) else self.typed


@dataclass(frozen=True)
class Judge:
    """Judges the attempts at one exercise.

    The *answer* is the right one, as code in the bank; an *attempt* is what the learner gives.

    Parameters
    ----------
    blank : Blank
    answer : str
        Code in place of the dots.
    why : str
        What a right attempt gets to read.
    mistakes : tuple of Mistake
    cases : callable or None
        What to try an attempt on; None if the attempt is a value.
    digits : int or None
        How many digits of a number that is not whole count; None if all do.
    quantities : mapping of str to float
        What an attempt at a number may be wrong by, in words: ``{"the 32 paths": 32}``.
    """

    blank: Blank
    answer: str
    why: str
    mistakes: tuple[Mistake, ...]
    cases: MakeCases | None
    digits: int | None = None
    quantities: Mapping[str, float] = field(default_factory=dict)

    def verdict(self, attempt: object) -> Verdict:
        """The verdict on an attempt, which may be anything. Only a mistake in the bank can raise."""
        with torch.random.fork_rng(devices=[]):  # the learner's own random numbers stay what they were
            return self._verdict(attempt)

    def _verdict(self, attempt: object) -> Verdict:
        if any(part is ... for part in several(attempt)):
            return not_attempted()
        if unfit := self.unfit(attempt):
            return Verdict(UNCLEAR, unfit, (), *(of_form(attempt, self.blank.is_function) or ()))
        return self._of_outcomes(list(self.observe(attempt)))

    def verdict_on(self, seen: list[Outcome]) -> Verdict:
        """The verdict on an attempt that somebody else has run on the cases: what `observe` gave for it."""
        with torch.random.fork_rng(devices=[]):
            return self._of_outcomes(seen)

    def _of_outcomes(self, seen: list[Outcome]) -> Verdict:
        if any(outcome.value is ... for outcome in seen):
            return not_attempted()
        expected = list(self.observe(self.blank.build(self.answer)))
        got, truth = (list(_values(outcomes, expected)) for outcomes in (seen, expected))
        wrong = [found for found in zip(seen, got, truth, strict=True) if not self._same(*found[1:])]
        if not wrong:
            return self._right(seen)
        first = wrong[0] if self.blank.is_function else min(wrong, key=_urgency)
        known = self._known(got, expected)
        return self._wrong(*first, Reading(known.misconception, known.hint) if known else
                           EXCHANGED if self._exchanged(got, expected) else
                           of_outcomes(seen, got, truth, self.quantities) or _of_change(seen))

    def warm(self) -> None:
        """Find out beforehand what each known mistake does."""
        with torch.random.fork_rng(devices=[]):
            _ = self._bank

    def observe(self, attempt: Any) -> Iterator[Outcome]:
        """What an attempt does on each case. A value does nothing: it is itself the only outcome."""
        if self.cases is None:
            return iter([Outcome("", attempt)])
        return observe(attempt, self.cases) if self.blank.is_function else observe_module(attempt, self.cases)

    def unfit(self, attempt: object) -> str:
        """Why an attempt can't be tried on the cases; empty if it can."""
        if self.blank.is_function and not callable(attempt):
            return f"{show(attempt)} is not a function."
        if self.cases and not self.blank.is_function and not isinstance(attempt, nn.Module):
            return f"{show(attempt)} is not a layer. A layer is what a call such as `nn.ReLU()` makes."
        return ""

    def _same(self, left: object, right: object) -> bool:
        return same(shortened(left, self.digits), shortened(right, self.digits))

    def _known(self, got: list[Result], expected: list[Outcome]) -> Mistake | None:
        """The mistake that does the same as the attempt on every case."""
        for mistake, outcomes in self._bank:
            if all(map(self._same, got, _values(outcomes, expected))):  # stops at the first case on which they differ
                return mistake
        return None

    def _exchanged(self, got: list[Result], expected: list[Outcome]) -> bool:
        """Whether an attempt does what the answer does with its first two arguments in the other order."""
        if not self.blank.is_function or len(next(iter((self.cases or dict)().values()), ())) < 2:
            return False
        right = self.blank.build(self.answer)
        outcomes = list(self.observe(lambda first, second, *others: right(second, first, *others)))
        return (not any(isinstance(outcome.value, Raised) for outcome in outcomes)
                and all(map(self._same, got, _values(outcomes, expected))))

    @cached_property
    def _bank(self) -> list[tuple[Mistake, list[Outcome]]]:
        """What each code of each mistake does, which is found out once."""
        return [(mistake, list(self.observe(self.blank.build(code))))
                for mistake in self.mistakes for code in mistake.codes]

    def _wrong(self, outcome: Outcome, got: Result, truth: Result, known: Reading | None) -> Verdict:
        if self.cases is None and isinstance(got, Unread):
            return Verdict(UNCLEAR, f"your answer is {got.words}.", (),
                           *(of_value(outcome.value, truth) or ()))
        what = "your function" if self.blank.is_function else "your layer"
        details: tuple[str, ...] = ()
        if self.cases is None:
            message = direction(got, truth)
            if not known and isinstance(got, int | float) and isinstance(truth, int | float):
                message = ratio_in_words(got, truth).replace("It is", f"{in_words(got)} is") or message
        elif isinstance(got, Raised):
            message = f"With {outcome.case}, {what} raised `{got.kind}`{f': {got.words}' if got.words else '.'}"
            details = (f"It happened here: `{got.line}`",) if got.line else ()
        elif outcome.case == PARAMETERS:
            message = f"The shapes of your layer's parameters: {got_and_expected(got, truth)}"
        else:
            message = f"With {outcome.case}, {what} gives {got_and_expected(got, truth)}"
            details = (NO_RESULT,) if outcome.value is None else (NAN,) if is_nan(got) else ()
        told = known is not None and known.hint == CHANGED
        details = (*details, *([CHANGED] if outcome.changed and not told else []), *_printed(outcome))
        return Verdict(WRONG, message, details, *(known or ()))

    def _right(self, seen: list[Outcome]) -> Verdict:
        """The verdict on an attempt that is right on all cases: right, unless it changes what it was given."""
        for outcome in seen:
            if change := _of_change([outcome]):
                message = f"With {outcome.case}, the result is right, but …"
                return Verdict(WRONG, message, tuple(_printed(outcome)), *change)
        return Verdict(RIGHT, self.why, tuple(_printed(seen[0])))


def _of_change(seen: Iterable[Outcome]) -> Reading | None:
    return Reading("a change of what was given", CHANGED) if any(outcome.changed for outcome in seen) else None


def _values(outcomes: Iterable[Outcome], expected: list[Outcome]) -> Iterator[Result]:
    """The value of each outcome, read as the kind of thing that was expected."""
    for outcome, like in zip(outcomes, expected, strict=True):
        yield outcome.value if isinstance(outcome.value, Raised) else read(outcome.value, like.value)


def _urgency(found: tuple[Outcome, Result, Result]) -> tuple[bool, bool]:
    """The key that sorts what a layer does wrong: first that it raises, then other parameters, then other numbers."""
    outcome, got, _ = found
    return not isinstance(got, Raised), outcome.case != PARAMETERS


def _printed(outcome: Outcome) -> Iterator[str]:
    words = " ".join(outcome.printed.split())
    if words:
        yield f"It printed: {words if len(words) <= 200 else words[:200] + ' …'}"
