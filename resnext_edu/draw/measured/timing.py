"""How long the three forms take. Measured on one machine, in benchmarks/results.json."""
from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from resnext_edu.draw.kit.page import Page
from resnext_edu.draw.kit.picture import Chart
from resnext_edu.draw.kit.svg import LIGHT, WIDTH, room
from resnext_edu.errors import ConfigError, DataError, positive_int, shown
from resnext_edu.words import dims, plural

LEFT, RIGHT = 150, 730  # x: where the bars start, and where the longest whisker ends
TOP, CASE, ROW = 106, 116, 26  # y of the first case; the height of a case, and of each of its bars
BAR = "#909090"  # ink on white at half its strength
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
        return f"{self.median:.2f}×"

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
        said = ", ".join(f"{name} takes {ratio.median:.2f} times as long as (c) (middle half {ratio.low:.2f} to "
                         f"{ratio.high:.2f})" for name, ratio in self.forms()[:2])
        return f"{self.name}: {said}{'; about the same' if self.equal else ''}."


def timing_picture(results: Mapping[str, Any]) -> Chart:
    """A bar for each form and case: its time in units of that of form (c).

    It is a PNG, since times differ from one machine to the next, and a lesson's output is compared letter by letter.
    For the same reason its title has no numbers: it says in words what they mean.

    Parameters
    ----------
    results : mapping of str to object
        What `make bench` writes to benchmarks/results.json: `cases` (name → "split_sum / grouped" and
        "concat / grouped" → median, low and high of a ratio), `torch`, `threads`, `rounds` and `input`, a shape.

    Returns
    -------
    Chart
        It shows itself as PNG.

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
    title = _title(cases)
    how = (f"One call on {shape}, in units of what form (c) takes (dashes). Whisker: the middle half of "
           f"{rounds} rounds.")
    where = f"Measured with {plural(threads, 'thread')}, CPU, PyTorch {torch}. Another machine has other ratios."
    page = Page(TOP + CASE * len(cases) + 8, title, how, where)
    longest = max(ratio.high for case in cases for _, ratio in case.forms())
    for k, case in enumerate(cases):
        _case(page, TOP + CASE * k, case, (RIGHT - LEFT) / longest)
    return Chart(page.figure, "\n".join((title, how, where, *(case.words() for case in cases))))


def _case(page: Page, y: float, case: Case, unit: float) -> None:
    page.line(16, y - 12, WIDTH - 16, y - 12, LIGHT["line"], 1)
    page.text(16, y + 10, case.name, weight="bold")
    if case.equal:
        page.text(24 + room(case.name), y + 10, "about the same", LIGHT["soft"])
    for k, (name, ratio) in enumerate(case.forms()):
        row, (low, median, high) = y + 34 + ROW * k, (LEFT + unit * r for r in (ratio.low, ratio.median, ratio.high))
        page.text(16, row + 5, name)
        page.line(LEFT, row, median, row, BAR, 14)
        if ratio.low < ratio.high:
            page.line(low, row, high, row)
            for end in (low, high):
                page.line(end, row - 6, end, row + 6)
        page.text(max(median, high) + 9, row + 5, ratio.words(), weight="bold")
    page.axes.plot([LEFT + unit] * 2, [y + 22, y + 34 + 2 * ROW + 12], color=LIGHT["ink"], linewidth=1.1,
                   linestyle=(0, (4, 2.5)))


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
    return [Case(name, _ratio(found, name, "split_sum / grouped"), _ratio(found, name, "concat / grouped"))
            for name, found in cases.items()]


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
