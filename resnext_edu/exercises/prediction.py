"""Predictions: questions before a surprise. Any answer goes on, and is told what is true and why.

`predict` and `predict_set` turn a function into a question. The function's name is the question's name; its body works
out the truth (it is not written down) and says why. It runs only when somebody has answered, and takes what the
lesson's cell hands over behind the answer: `check.NAME(prediction, report)`.
"""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from resnext_edu.errors import ConfigError
from resnext_edu.exercises.attempts import literal, match, plain, several, show
from resnext_edu.exercises.verdict import RIGHT, UNCLEAR, WRONG, Question, Verdict, not_attempted

Choice = str | bool | int | float


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Question):
    """A question with one of `choices` for an answer; call it with an answer to get the verdict.

    Parameters
    ----------
    name : str
        What the lesson calls: ``check.NAME(prediction)``.
    question : str
    choices : mapping of str, number or bool to str
        Each choice, with the misconception behind it: told to whoever chose it wrongly. May be empty.
    reveal : callable
        ``reveal(*context) -> (truth, why)``.

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
    reveal: Callable[..., tuple[object, str]]
    ask = "One of"

    def _judge(self, attempt: object, *context: object) -> Verdict:
        """The verdict on `attempt`; `context` goes to `reveal`. No attempt raises."""
        if attempt is ...:
            return not_attempted(self._choices())
        choice = match(attempt, self.choices)
        if choice is None:
            return self._unclear(attempt)
        truth, why = self._truth(*context)
        if choice == truth:
            return Verdict(RIGHT, f"You predicted {literal(choice)}, and so it is.", (why,))
        return Verdict(WRONG, f"You predicted {literal(choice)}; it is {literal(truth)}.",
                       (*filter(None, [self.choices[choice]]), why))

    def __repr__(self):
        return f"{self.name}: {self.question} {self._choices()}"

    def _choices(self) -> str:
        return f"{self.ask}: {', '.join(map(literal, self.choices))}."

    def _truth(self, *context: object) -> tuple[Choice, str]:
        truth, why = self.reveal(*context)
        return self._known(truth), why

    def _known(self, truth: object) -> Choice:
        known = match(truth, self.choices)
        if known is None:
            raise ConfigError(f"the truth of {self.name}, {show(truth)}, is none of its choices. {self._choices()}")
        return known

    def _unclear(self, attempt: object) -> Verdict:
        text = plain(attempt)
        close = get_close_matches(text, map(str, self.choices), n=1, cutoff=0.5) if isinstance(text, str) else []
        meant = [f"Did you mean {literal(choice)}?" for choice in self.choices if str(choice) in close]
        return Verdict(UNCLEAR, f"{show(attempt)} is none of the choices.", (*meant, self._choices()))


class SetPrediction(Prediction):
    """A question with any number of `choices` for an answer, none included; the rest is as in `Prediction`.

    Examples
    --------
    >>> @predict_set("Which of these are odd?", {"two": "", "three": "", "nine": "9 is 3 × 3, and odd."})
    ... def odd_ones():
    ...     return {"three", "nine"}, "They leave a remainder of 1."
    >>> odd_ones({"two", "three"})
    ✕ wrong: You predicted "two" and "three"; it is "three" and "nine".
    Right: "three".
    Missed: "nine". 9 is 3 × 3, and odd.
    Too many: "two".
    They leave a remainder of 1.
    """

    ask = "A set of any of these, or an empty one"

    def _judge(self, attempt: object, *context: object) -> Verdict:
        elements = several(attempt)
        if any(element is ... for element in elements):
            return not_attempted(self._choices())
        chosen = [match(element, self.choices) for element in elements]
        if None in chosen:
            return self._unclear(elements[chosen.index(None)])
        truth, why = self._truth(*context)
        if set(chosen) == truth:
            return Verdict(RIGHT, f"You predicted {self._list(truth)}, and so it is.", (why,))
        parts = {"Right": truth & set(chosen), "Missed": truth - set(chosen), "Too many": set(chosen) - truth}
        details = [" ".join([f"{word}: {self._list(part)}.", *(self._remarks(part) if word != "Right" else [])])
                   for word, part in parts.items() if part]
        return Verdict(WRONG, f"You predicted {self._list(set(chosen))}; it is {self._list(truth)}.", (*details, why))

    def _truth(self, *context: object) -> tuple[set[Choice], str]:
        truth, why = self.reveal(*context)
        return {self._known(element) for element in truth}, why

    def _list(self, part: set[Choice]) -> str:
        """The choices in `part`, in the order of the question: a set has none, and would show another at each run."""
        *others, last = [literal(choice) for choice in self.choices if choice in part] or ["none of them"]
        return f"{', '.join(others)} and {last}" if others else last

    def _remarks(self, part: set[Choice]) -> list[str]:
        return [remark for choice, remark in self.choices.items() if choice in part and remark]


def predict(question: str, choices: Mapping[Choice, str]) -> Callable[[Callable], Prediction]:
    """Makes the function below it a `Prediction`."""
    return lambda reveal: Prediction(reveal.__name__, question, dict(choices), reveal)


def predict_set(question: str, choices: Mapping[Choice, str]) -> Callable[[Callable], SetPrediction]:
    """Makes the function below it a `SetPrediction`; its truth is a set."""
    return lambda reveal: SetPrediction(reveal.__name__, question, dict(choices), reveal)
