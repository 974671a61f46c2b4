"""How long the three forms take. Measured on one machine, in benchmarks/results.json."""
from collections.abc import Mapping
from math import isfinite
from textwrap import wrap
from typing import Any, NamedTuple

from resnext_edu.draw.kit.marks import DASHED, joined, whisker
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, line, rect, room, text
from resnext_edu.draw.measured.caption import LETTERS, Caption, cut
from resnext_edu.draw.measured.values import factor
from resnext_edu.errors import ConfigError, DataError, positive_int, shown
from resnext_edu.words import dims, plural

LEFT = 150  # x: where the bars start
CASE, ROW = 124, 26  # the height of a case, and of each of its bars
SAME = "about the same"
SAME_TIME = .1  # a smaller difference between two times counts as none: it comes and goes from run to run


class Ratio(NamedTuple):
    """One form's time divided by that of form (c).

    Parameters
    ----------
    median : float
        Over all rounds.
    low, high : float
        Between these two lies the middle half of all rounds.
    """

    median: float
    low: float
    high: float

    def words(self) -> str:
        """The median, such as 2.00×."""
        return f"{factor(self.median, 2)}×"

    @property
    def one(self) -> bool:
        """Whether it counts as 1: it is too near, or the rounds do not agree on which side of 1 it lies."""
        return abs(self.median - 1) <= SAME_TIME or self.low <= 1 <= self.high


class Case(NamedTuple):
    """What was timed, and how long the forms (a) and (b) took.

    Parameters
    ----------
    name : str
        Such as "32×4d, eval".
    split_sum, concat : Ratio
        Their times divided by that of form (c).
    """

    name: str
    split_sum: Ratio
    concat: Ratio

    def forms(self) -> tuple[tuple[str, Ratio], ...]:
        """The three forms, each with its time; that of (c) is 1."""
        return ("(a) split_sum", self.split_sum), ("(b) concat", self.concat), ("(c) grouped", Ratio(1, 1, 1))

    @property
    def equal(self) -> bool:
        """Whether all three forms take about the same time."""
        return self.split_sum.one and self.concat.one

    def words(self) -> str:
        """All its numbers, for those who do not see the bars."""
        said = ", ".join(f"{name} takes {factor(ratio.median, 2)} times as long as (c) (middle half "
                         f"{factor(ratio.low, 2)} to {factor(ratio.high, 2)})" for name, ratio in self.forms()[:2])
        return f"{self.name}: {said}{f'; {SAME}' if self.equal else ''}."


def timing_picture(results: Mapping[str, Any]) -> Picture:
    """A bar for each form and case: its time in units of that of form (c).

    Times differ from one machine to the next, so its title has no numbers: it says in words what they mean.

    Parameters
    ----------
    results : mapping of str to object
        What `make bench` writes to benchmarks/results.json: `cases` (name → "split_sum / grouped" and
        "concat / grouped" → median, low and high of a ratio), `torch`, `threads`, `rounds` and `input`, a shape.

    Returns
    -------
    Picture

    Raises
    ------
    DataError
        If a part is missing, or a ratio is not a finite number above 0.

    Examples
    --------
    >>> slow, slower = {"median": 2.0, "low": 1.9, "high": 2.1}, {"median": 3.6, "low": 3.4, "high": 3.9}
    >>> cases = {"32×4d, eval": {"concat / grouped": slow, "split_sum / grouped": slower}}
    >>> results = {"torch": "2.6.0", "threads": 1, "rounds": 60, "input": [1, 256, 56, 56], "cases": cases}
    >>> timing_picture(results).text.splitlines()[0]
    'One function, not one time: (c) is fastest, (a) slowest'
    """
    cases = _cases(results)
    torch, threads, rounds, shape = (_present(results, name) for name in ("torch", "threads", "rounds", "input"))
    try:
        threads, rounds, shape = positive_int("threads", threads), positive_int("rounds", rounds), dims(shape)
    except ConfigError as error:
        raise DataError(f"the results can't be drawn ({error}); measure them again with `make bench`") from error
    how = f"One call on {shape}. Dashes: 1, the time of form (c). Whisker: the middle half of {rounds} rounds."
    where = f"Measured with {plural(threads, 'thread')}, CPU, PyTorch {torch}. Another machine has other ratios."
    caption = Caption(_title(cases), (*wrap(how, LETTERS), *wrap(where, LETTERS)))
    ratios = [ratio for case in cases for _, ratio in case.forms()]
    right = WIDTH - 24 - max(room(ratio.words()) for ratio in ratios)
    unit, top = (right - LEFT) / max(max(ratio.high, ratio.median) for ratio in ratios), caption.bottom + 18
    body = [_case(top + CASE * k, case, unit) for k, case in enumerate(cases)]
    return caption.picture([case.words() for case in cases], body, top + CASE * len(cases))


def _case(top: float, case: Case, unit: float) -> str:
    name = cut(case.name, WIDTH - 32 - (room(f" · {SAME}") if case.equal else 0))
    out = [line(16, top, WIDTH - 16, top, "hair"),
           text(16, top + 24, (name, "b"), *((f" · {SAME}", "soft"),) * case.equal)]
    for k, (form, ratio) in enumerate(case.forms()):
        y, (low, median, high) = top + 50 + ROW * k, (LEFT + unit * r for r in (ratio.low, ratio.median, ratio.high))
        out += [text(16, y + 5, form), rect(LEFT, y - 7, median - LEFT, 14, "bar")]
        out += [whisker(low, high, y)] if ratio.low < ratio.high else []
        out += [text(max(median, high) + 9, y + 5, ratio.words(), cls="b halo")]
    one = LEFT + unit
    return "".join((*out[:2], joined([(one, top + 36), (one, top + 50 + 2 * ROW + 14)], DASHED), *out[2:]))


def _title(cases: list[Case]) -> str:
    """The finding in words, since numbers would differ from one run to the next."""
    if all(case.equal for case in cases):
        return "One function, and here one time"
    if any(ratio.median < 1 and not ratio.one for case in cases for _, ratio in case.forms()):
        return "One function, not one time"
    differ = [case for case in cases if not case.equal]
    slowest = ", (a) slowest" if all(case.split_sum.median >= case.concat.median for case in differ) else ""
    return f"One function, not one time: (c) is fastest{slowest}"


def _cases(results: Mapping[str, Any]) -> list[Case]:
    cases = _present(results, "cases")
    if not isinstance(cases, Mapping) or not cases:
        raise DataError("the results have no timed case in 'cases'; measure them again with `make bench`")
    return [Case(" ".join(f"{name}".split()), _ratio(found, name, "split_sum / grouped"),
                 _ratio(found, name, "concat / grouped")) for name, found in cases.items()]


def _ratio(found: Any, case: str, name: str) -> Ratio:
    try:
        ratio = Ratio(*(float(found[name][part]) for part in Ratio._fields))
    except (KeyError, TypeError, ValueError):
        ratio = Ratio(0, 0, 0)
    if not all(isfinite(part) and part > 0 for part in ratio):
        raise DataError(f"the case {case!r} needs {name!r} with median, low and high above 0; got "
                        f"{shown(found.get(name) if isinstance(found, Mapping) else found)}; "
                        "measure the results again with `make bench`")
    return ratio


def _present(results: Mapping[str, Any], name: str) -> Any:
    if not isinstance(results, Mapping) or name not in results:
        raise DataError(f"the results have no {name!r}; measure them again with `make bench`")
    return results[name]
