"""How a wrong number, or several of them, follows from the right one."""
import math
from collections.abc import Mapping, Sequence
from typing import Any

from resnext_edu.exercises.comparing import same
from resnext_edu.exercises.diagnosis.looks import Reading
from resnext_edu.words import plural


def ratio_in_words(got: float, truth: float) -> str:
    """By how much a number misses another one; empty if there is nothing simple to say.

    Examples
    --------
    >>> ratio_in_words(36, 4), ratio_in_words(4, 36), ratio_in_words(37, 36), ratio_in_words(85, 40)
    ('It is 9 times too large.', 'It is 9 times too small.', 'It is 1 too large.', 'It is about 2.1 times too large.')
    """
    if not (math.isfinite(got) and got > 0 and truth > 0) or 1 in (got, truth):  # so many times 1 is the answer
        return ""
    if got == int(got) and truth == int(truth) and abs(got - truth) * 10 <= truth:
        return f"It is {abs(got - truth):,.0f} too {'large' if got > truth else 'small'}."
    ratio, word = max(got / truth, truth / got), "large" if got > truth else "small"
    if ratio >= 1e6:
        return f"It is more than a million times too {word}."
    if math.isclose(ratio, round(ratio), rel_tol=1e-9):
        return f"It is {round(ratio):,} times too {word}."
    if ratio < 1.5:
        return f"It is {100 * abs(got - truth) / truth:.2g} % too {word}."
    return f"It is about {float(f'{ratio:.2g}'):,{'.0f' if ratio > 100 else 'g'}} times too {word}."


def of_numbers(got: Sequence[Any], truth: Sequence[Any], quantities: Mapping[str, float]) -> Reading | None:
    """How a number follows from the right one, or all of them, one for each case."""
    if len(got) == 1:
        return _of_quantities(got[0], truth[0], quantities)
    if any(not math.isfinite(each) for each in got):
        return None
    differences = [left - right for left, right in zip(got, truth, strict=True)]
    if all(math.isclose(each, differences[0], rel_tol=1e-9) for each in differences):
        return Reading("a number added that does not belong there", f"Each result is off by "
                       f"{abs(differences[0]):,.6g}.")
    if all(truth) and all(math.isclose(left / right, got[0] / truth[0], rel_tol=1e-6)
                          for left, right in zip(got, truth, strict=True)):
        factor = got[0] / truth[0]
        return (Reading("a percentage", "It is a hundred times too large: a share goes from 0 to 1.")
                if round(factor) == 100
                else Reading("a factor that does not belong there", f"Each result is {max(factor, 1 / factor):,.4g} "
                             f"times "
                             f"too {'large' if factor > 1 else 'small'}.") if factor > 0
                else Reading("the opposite sign", "Each result is on the other side of zero."))
    return None


def _of_quantities(got: Any, truth: Any, quantities: Mapping[str, float]) -> Reading | None:
    """One step of × or ÷, or ± one stated summand. If two of them fit, it gives None."""
    if got == -truth:
        return Reading("the opposite sign", "It is on the other side of zero.")
    if abs(got - truth) == 1 and truth > 100:
        return Reading("off by one", "Count once more, and see where the counting begins and where it ends.")
    for unit, words in ((1e3, "thousands"), (1e6, "millions"), (1e9, "billions")):
        if truth > unit and math.isclose(got * unit, truth, rel_tol=1e-9):
            return Reading(f"{words} in place of ones", "Python reads a dot as a decimal point; write it without one.")
        if truth > 10 * unit and math.isclose(got * unit, truth, rel_tol=.002):
            return Reading(f"{words} in place of ones", "Ones are asked for, to the last digit.")
    found = []
    for words, quantity in quantities.items():
        steps = {f"multiplied by {words}, or not divided by them": truth * quantity,
                 f"{words} left out as a factor, or divided by once too often": truth / quantity,
                 f"{words} added, though they don't belong there": truth + quantity,
                 f"{words} left out of the sum": truth - quantity}
        found += [step for step, value in steps.items() if math.isclose(got, value, rel_tol=1e-9)]
    return Reading(found[0], ratio_in_words(got, truth) or "Count them once more.") if len(found) == 1 else None


def of_tuples(got: Sequence[Any], truth: Sequence[Any]) -> Reading | None:
    """How several numbers in order, for each case, follow from the right ones."""
    pairs = [(mine, right) for mine, right in zip(got, truth, strict=True) if not same(mine, right)]
    mine, right = pairs[0]
    if len(mine) != len(right):
        return Reading(f"{'too few' if len(mine) < len(right) else 'too many'} numbers",
                       f"Asked for are {plural(len(right), 'number')}, one for each axis or question.")
    if all(sorted(each) == sorted(other) for each, other in pairs):
        return Reading("the right numbers in another order", "Each of them is there. Which one comes first?")
    if len(set(right)) == len(right) and set(mine) < set(right):
        return Reading("one of them twice", "Each number has its place once, and another one is missing.")
    wrong = [two for each, other in pairs for two in zip(each, other, strict=True) if not same(*two)]
    ratios = {left / other if other else 0 for left, other in wrong}
    if len(ratios) == 1 and (ratio := ratios.pop()) in (2, 4, 0.5, 0.25) and all(other > 2 for _, other in wrong):
        return Reading("doubled or halved once too often, or once too seldom", "What is wrong is "
                       f"{max(ratio, 1 / ratio):g} times too {'large' if ratio > 1 else 'small'}.")
    if len(wrong) > 1 and max(right) > 2 and {left - other for left, other in wrong} in ({1}, {-1}):
        return Reading("off by one", "Where does the counting begin, and where does it end?")
    return None


def of_sets(got: frozenset[Any], truth: frozenset[Any]) -> Reading | None:
    """How numbers in any order follow from the right ones."""
    if not got:
        return Reading("none of them", "At least one belongs to it.")
    if got < truth:
        return Reading("some of them left out", "These are right. Are there others between or beside them?")
    if got > truth:
        return Reading("too many of them", "The right ones are among them, and others, too.")
    return None
