"""Predictions: questions before a surprise. Whatever the attempt, the learner gets to read what is true and why.

`predict` and `predict_set` turn a function into a question. The function's name is the question's name. Its body works
out the truth, which is not written down anywhere, and says why. It runs only after an attempt, and its arguments are
what the lesson's cell gives after the attempt: `check.NAME(NAME, report)`.
"""
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import ClassVar

from resnext_edu.errors import ConfigError, message_of, one_line, shown
from resnext_edu.exercises.attempts import literal, match, several, show, unlisted
from resnext_edu.exercises.verdict import RIGHT, UNCLEAR, WRONG, Question, Verdict, not_attempted

Choice = str | bool | int | float
Truth = Choice | Set[Choice]  # one of the choices, or for a `SetPrediction` some of them
Reveal = Callable[..., tuple[Truth, str]]  # what works out the truth, and says why


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Question):
    """A question with a few `choices`, of which one is right; call it with an attempt to get the verdict.

    Parameters
    ----------
    name : str
        The lesson calls ``check.NAME(NAME)``; so the blank has this name, too.
    question : str
    choices : mapping of str, number or bool to str
        Each choice, with a remark on the misconception behind it for whoever chose it wrongly; it may be empty.
    reveal : callable
        ``reveal(*context) -> (truth, why)``.

    Raises
    ------
    ConfigError
        At a call, if the truth is not one of the choices, or can't be worked out from what the lesson's cell gives.

    Examples
    --------
    >>> @predict("How many channels do 32 paths of 4 channels have together?",
    ...          {4: "That is one path.", 36: "", 128: ""})
    ... def channels_together():
    ...     return 32 * 4, "Each path brings its own 4."
    >>> channels_together(...)
    – not attempted yet: replace the three dots with your answer and run both cells.
    One of: 4, 36, 128.
    >>> channels_together(4)
    ✕ wrong: You predicted 4; it is 128.
    That is one path.
    Each path brings its own 4.
    """

    name: str
    question: str
    choices: Mapping[Choice, str]
    reveal: Reveal
    ask: ClassVar[str] = "One of"

    def _judge(self, attempt: object, *context: object) -> Verdict:
        """The verdict on `attempt`, which may be anything; `context` goes to `reveal`."""
        if attempt is ...:
            return not_attempted(self._choices())
        choice = match(attempt, self.choices)
        if choice is None:
            return self._unclear(attempt)
        found, why = self._revealed(context)
        truth = self._known(found)
        if choice == truth:
            return Verdict(RIGHT, f"You predicted {literal(choice)}, and so it is.", (why,))
        return Verdict(WRONG, f"You predicted {literal(choice)}; it is {literal(truth)}.", (why,), self.choices[choice])

    def __repr__(self) -> str:
        return f"{self.name}: {self.question} {self._choices()}"

    def _choices(self) -> str:
        return f"{self.ask}: {', '.join(map(literal, self.choices))}."

    def _revealed(self, context: tuple[object, ...]) -> tuple[Truth, str]:
        """The truth, and why it is true; raises a `ConfigError` if the lesson's cell has to give something else."""
        try:
            return self.reveal(*context)
        except Exception as error:  # whatever the bank's code raises on a value that was not foreseen
            given = ", ".join(map(shown, context)) or "nothing"
            raise ConfigError(f"check.{self.name} got {one_line(given)} beside the answer, and can't work out the "
                              f"truth from it ({message_of(error)}); run the lesson's cells from its start") from error

    def _known(self, truth: object) -> Choice:
        """The truth as it stands in `choices`."""
        known = match(truth, self.choices)
        if known is None:
            raise ConfigError(f"the truth of {self.name}, {show(truth)}, is not one of its choices. {self._choices()}")
        return known

    def _unclear(self, attempt: object) -> Verdict:
        """The verdict on what is not one of the choices. It does not lead to any: that could be the right one."""
        several_asked = isinstance(self, SetPrediction)
        return Verdict(UNCLEAR, f"{show(attempt)} is not one of the choices.", (self._choices(),),
                       unlisted(attempt, list(self.choices), several_asked))


class SetPrediction(Prediction):
    """A question with some `choices`, of which any number may be right, or none; the rest is as in `Prediction`.

    Examples
    --------
    >>> @predict_set("Which of these are odd?", {
    ...     "two": "It is twice one.", "three": "Twice one, and one more.", "nine": "9 is 3 × 3, and odd."})
    ... def odd_ones():
    ...     return {"three", "nine"}, "They leave a remainder of 1."
    >>> odd_ones({"two", "three"})
    ✕ wrong: You predicted "two" and "three"; it is "three" and "nine".
    Right: "three".
    Missed: "nine". 9 is 3 × 3, and odd.
    Too many: "two". It is twice one.
    They leave a remainder of 1.
    """

    ask: ClassVar[str] = "A set of any of these, or an empty one"

    def _judge(self, attempt: object, *context: object) -> Verdict:
        elements = several(attempt)
        if isinstance(attempt, str) and match(attempt, self.choices) is None:
            words = attempt.strip(" .!").lower().removesuffix(" of them")
            elements = ([] if words in ("none", "neither") else list(self.choices) if words == "all" else
                        [part.strip() for part in re.split(r",|;|\band\b", attempt)])
        if any(element is ... for element in elements):
            return not_attempted(self._choices())
        chosen: set[Choice] = set()
        for element in elements:
            choice = match(element, self.choices)
            if choice is None:
                return self._unclear(element)
            chosen.add(choice)
        found, why = self._revealed(context)
        truth = {self._known(element) for element in several(found)}
        if chosen == truth:
            return Verdict(RIGHT, f"You predicted {self._list(truth)}, and so it is.", (why,))
        remarks = [" ".join([f"{word}: {literal(choice)}.", *filter(None, [remark])])
                   for word, part in (("Missed", truth - chosen), ("Too many", chosen - truth))
                   for choice, remark in self.choices.items() if choice in part]
        right = [f"Right: {self._list(truth & chosen)}."] if truth & chosen else []
        return Verdict(WRONG, f"You predicted {self._list(chosen)}; it is {self._list(truth)}.",
                       (why,), "\n".join(right + remarks))

    def _list(self, part: set[Choice]) -> str:
        """The choices in `part`, in the order of the question, because a set may have another order at each run."""
        *others, last = [literal(choice) for choice in self.choices if choice in part] or ["none of them"]
        return f"{', '.join(others)} and {last}" if others else last


def predict(question: str, choices: Mapping[Choice, str]) -> Callable[[Reveal], Prediction]:
    """Make the function below it a `Prediction`.

    Parameters
    ----------
    question : str
    choices : mapping of str, number or bool to str
        Each choice, with a remark for whoever chose it wrongly; it may be empty.
    """
    return lambda reveal: Prediction(reveal.__name__, question, dict(choices), reveal)


def predict_set(question: str, choices: Mapping[Choice, str]) -> Callable[[Reveal], SetPrediction]:
    """Make the function below it a `SetPrediction`; the truth that it works out is a set.

    Parameters
    ----------
    question : str
    choices : mapping of str, number or bool to str
        Each choice, with a remark for whoever wrongly chose it or left it out; it may be empty.
    """
    return lambda reveal: SetPrediction(reveal.__name__, question, dict(choices), reveal)
