"""What a wrong attempt has in common with the right answer: how it is read when no mistake of the bank is like it.

Each function gives a `Reading`, or None if it has nothing to say. A reading says what is seen, never the answer.
"""
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from resnext_edu.exercises.attempts import plain, several
from resnext_edu.exercises.behaviour import PARAMETERS, Outcome, Raised
from resnext_edu.exercises.comparing import same
from resnext_edu.exercises.reading import Unread
from resnext_edu.words import plural


class Reading(NamedTuple):
    """What an attempt looks like.

    Parameters
    ----------
    misconception : str
        It completes the sentence "This looks like: …".
    hint : str
        Whole sentences.
    """

    misconception: str
    hint: str


NO_RETURN = Reading("a function that gives nothing back", "What it works out is lost: the word `return` is missing, "
                    "or it stands where Python does not come to.")
PRINTED = Reading("printed, not returned", "`print` shows a value and gives None. Hand the value back with `return`.")
NOT_A_NUMBER = Reading("nan in place of a number", "nan means \"not a number\", and whatever is calculated with it "
                       "becomes nan, too. It comes from 0/0, inf − inf and the like.")
SEVERAL_SHOWN = 8  # numbers up to this many are told apart by their order
ERRORS = (  # the type of an exception, its words, what it looks like, what to say; `{1}` is what the first group found
    ("SyntaxError|IndentationError", "", "something that Python can't read", "A bracket, a quote or comma is missing, "
     "or one too many, in the line it shows or just before it."),
    ("NameError|UnboundLocalError", r"'(\w+)'", "a name that Python does not know here",
     "`{1}` has not been made, or it is spelled in another way. A function knows its arguments, and what cells "
     "above have made."),
    ("AttributeError", r"attribute '(\w+)'", "something that this object does not have",
     "There is no `{1}` in it. `type(…)` says what an object is, and `dir(…)` what it has."),
    ("NotImplementedError", r"forward", "a list of layers called as if it were a layer",
     "A list only holds its layers. Take them out one by one, and call each of them."),
    ("TypeError", r"'(list|tuple|ModuleList)' object is not callable", "a list called as if it were a function",
     "A list only holds its elements. Take them out one by one, and call each of them."),
    ("TypeError", r"'(\w+)' object is not callable", "something called that is no function",
     "Round brackets behind a value of type `{1}` call it. Is a `*` missing, or has a name got another meaning?"),
    ("TypeError", r"(positional argument|keyword argument|required positional)",
     "a call with other arguments than it takes",
     "Compare the call with the `def` line, or with `help(…)`: how many arguments, and in which order?"),
    ("TypeError", r"unsupported operand type\(s\) for (\S+)", "two things that can't be calculated with each other",
     "`{1}` stands between them. Is one of them a layer or a list, where what it gives was meant?"),
    ("TypeError", r"object is not (subscriptable|iterable)", "one thing taken for several",
     "It has no parts that square brackets or a loop could take out."),
    ("TypeError", r"indices must be", "a place named by a word",
     "The parts of this object have numbers, or names behind a dot, such as `row.params`."),
    ("TypeError", "", "something of another kind than the call takes",
     "Python's own words say what it got and what it takes. Brackets that make a list, or a `*`, are often "
     "the reason."),
    ("IndexError", r"(too many indices|Dimension out of range)", "an axis that is not there",
     "Axes count from 0, so that a tensor with two axes has axis 0 and axis 1. Its `.shape` shows how many there are."),
    ("IndexError", "", "a place that is not there", "Places count from 0. Has each case as many as your code "
     "asks for?"),
    ("KeyError", "", "a key that is not there", "`list(…)` of a dictionary shows which keys it has."),
    ("RuntimeError", r"expected input.* to have (\d+) channels", "an input with another number of channels",
     "This layer reads {1} channels. Compare that with what it gets."),
    ("RuntimeError", r"running_mean should contain (\d+)", "a BatchNorm for another number of channels",
     "What it got has {1} channels. It has one mean for each channel of its own."),
    ("RuntimeError", r"(must match|shapes cannot be multiplied|[Ss]izes of tensors|is invalid for input|expanded size)",
     "tensors whose shapes do not fit together", "Write both shapes on paper, and look for the axis that differs."),
    ("ValueError", r"more than 1 value per channel", "a BatchNorm in train mode, with one number for each channel",
     "There is nothing to take a mean of. Use the BatchNorm that the function was given."),
    ("ZeroDivisionError", "", "a division by zero", "What stands below the line is 0 in this case."),
    ("RecursionError", "", "a function that calls itself without an end",
     "Does the name in it mean the function itself?"),
)


def of_form(attempt: object, is_function: bool) -> Reading | None:
    """How an attempt that can't be run misses what was asked for: a function, or a layer.

    Examples
    --------
    >>> of_form("nn.ReLU()", is_function=False).misconception, of_form(nn.ReLU, is_function=False).misconception
    ('code in quotes', 'a class that is not called yet')
    """
    if is_function:
        return Reading("a value in place of a function", "The check calls the function with values of its own. Keep "
                       "the line that begins with `def`, put your answer behind `return`, and give the check the name "
                       "alone.")
    if isinstance(attempt, str):
        return Reading("code in quotes", "Quotes make it a text, which Python does not run. Leave them out.")
    if isinstance(attempt, type):
        return Reading("a class that is not called yet", "Brackets behind the name make a layer, and what stands in "
                       "them says which one.")
    if isinstance(attempt, Tensor):
        return Reading("what a layer puts out, in place of the layer", "The check calls it with an input of its own.")
    if isinstance(attempt, Sequence) and any(isinstance(part, nn.Module) for part in attempt):
        return Reading("a list of layers in place of one", "`nn.Sequential(…)` makes one layer of several.")
    return None


def of_value(attempt: Any, truth: object) -> Reading | None:
    """How a value that can't be read as what was asked for misses it.

    Examples
    --------
    >>> of_value("12", 12).misconception, of_value([3, 4], 7).misconception, of_value(None, 7).misconception
    ('a number in quotes', 'parts that are not yet put together', 'no answer')
    """
    value, number = plain(attempt), isinstance(truth, int | float) and not isinstance(truth, bool)
    if attempt is None:
        return Reading("no answer", "`None` is Python's word for nothing.")
    if isinstance(value, bool) and number:
        return Reading("a truth value in place of a number", "`True` and `False` answer a question with yes or no.")
    if isinstance(value, str):
        return (Reading("a number in quotes", "Quotes make it a text. Write the number alone, or how it is calculated.")
                if number
                else Reading("a text", "Quotes make it a text. Write the value itself, without them."))
    if isinstance(value, float) and math.isnan(value):
        return NOT_A_NUMBER
    parts = several(attempt)
    if number and len(parts) > 1:
        values = [plain(part) for part in parts]
        if all(isinstance(part, int | float) for part in values) and same(sum(values), truth):
            return Reading("parts that are not yet put together", "They are right. One number is asked for.")
        return Reading("several numbers in place of one", "Python makes several of whatever a comma separates.")
    if value is not None and isinstance(truth, tuple | frozenset):
        return Reading("one number in place of several", "Write all of them, with commas in between.")
    if isinstance(attempt, set | frozenset | dict) and isinstance(truth, tuple):
        return Reading("a collection without an order", "The order counts here: round brackets keep it.")
    if callable(attempt) and not isinstance(attempt, nn.Module):
        return Reading("a function in place of its result", "Call it, or write the value itself.")
    return None


def of_error(raised: Raised) -> Reading | None:
    """What an exception says about the code that raised it.

    Examples
    --------
    >>> of_error(Raised("NameError", "name 'y' is not defined")).misconception
    'a name that Python does not know here'
    """
    for kind, words, misconception, hint in ERRORS:
        if re.fullmatch(kind, raised.kind) and (found := re.search(words, raised.words)):
            return Reading(misconception, hint.format(*(found[0], *found.groups(), "it")))
    return None


def of_outcomes(seen: Sequence[Outcome], got: Sequence[Any], truth: Sequence[Any],
                quantities: Mapping[str, float]) -> Reading | None:
    """How what an attempt gave on all cases follows from what it should have given.

    Parameters
    ----------
    seen : sequence of Outcome
    got, truth : sequence
        What the outcomes are read as, and what they should be.
    quantities : mapping of str to float
        What a single number may have been multiplied with, divided by, or added to it, in words.
    """
    wrong = next(k for k, pair in enumerate(zip(got, truth, strict=True)) if not same(*pair))
    outcome, value = seen[wrong], got[wrong]
    if isinstance(value, Raised):
        return of_error(value)
    if outcome.value is None and outcome.case:
        return PRINTED if outcome.printed.strip() else NO_RETURN
    if isinstance(value, Tensor) and bool(value.isnan().any()) and not bool(truth[wrong].isnan().any()):
        return NOT_A_NUMBER
    if isinstance(value, Unread):
        return of_value(outcome.value, truth[wrong])
    if any(isinstance(each, Raised | Unread) for each in got):
        return None
    if len(got) > 1 and not all(same(truth[0], each) for each in truth) and all(same(got[0], each) for each in got):
        return Reading("one answer for every case", "It does not depend on what the function is given. Make use of the "
                       "arguments, not of numbers from the lesson.")
    if isinstance(value, bool):
        return (Reading("the question turned round", "It says yes where it should say no, and no where it should "
                        "say yes.")
                if all(left is not right for left, right in zip(got, truth, strict=True)) else None)
    if seen[-1].case == PARAMETERS and got[-1] != truth[-1]:
        return _of_parameters(str(got[-1]), str(truth[-1]))
    if isinstance(value, Tensor):
        pairs = [pair for pair in zip(got, truth, strict=True) if all(isinstance(each, Tensor) for each in pair)]
        return _of_tensors(*zip(*pairs, strict=True))
    if isinstance(value, tuple):
        return _of_tuples(value, truth[wrong])
    if isinstance(value, frozenset):
        return _of_sets(value, truth[wrong])
    return _of_numbers(got, truth, quantities) if isinstance(value, int | float) else None


def ratio_in_words(got: float, truth: float) -> str:
    """By how much a number misses another one; empty if there is nothing simple to say.

    Examples
    --------
    >>> ratio_in_words(36, 4), ratio_in_words(4, 36), ratio_in_words(37, 36), ratio_in_words(85, 40)
    ('It is 9 times too large.', 'It is 9 times too small.', 'It is 1 too large.', 'It is about 2.1 times too large.')
    """
    if not (math.isfinite(got) and got > 0 and truth > 0):
        return ""
    if got == int(got) and truth == int(truth) and abs(got - truth) * 10 <= truth:
        return f"It is {abs(got - truth):,.0f} too {'large' if got > truth else 'small'}."
    ratio, word = max(got / truth, truth / got), "large" if got > truth else "small"
    if math.isclose(ratio, round(ratio), rel_tol=1e-9):
        return f"It is {round(ratio):,} times too {word}." if ratio < 1e6 else ""
    return f"It is about {ratio:.2g} times too {word}." if 1.05 < ratio < 100 else ""


def _of_numbers(got: Sequence[Any], truth: Sequence[Any], quantities: Mapping[str, float]) -> Reading | None:
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
    if truth > 1000 and math.isclose(got * 1000, truth, rel_tol=1e-9):
        return Reading("thousands in place of ones", "Python reads a dot as a decimal point; write it without one.")
    found = []
    for words, quantity in quantities.items():
        steps = {f"multiplied by {words}, or not divided by them": truth * quantity,
                 f"{words} left out as a factor, or divided by once too often": truth / quantity,
                 f"{words} added, though they don't belong there": truth + quantity,
                 f"{words} left out of the sum": truth - quantity}
        found += [step for step, value in steps.items() if math.isclose(got, value, rel_tol=1e-9)]
    return Reading(found[0], ratio_in_words(got, truth) or "Count them once more.") if len(found) == 1 else None


def _of_tuples(got: tuple[Any, ...], truth: tuple[Any, ...]) -> Reading | None:
    if len(got) != len(truth):
        return Reading(f"{'too few' if len(got) < len(truth) else 'too many'} numbers",
                       f"Asked for are {plural(len(truth), 'number')}, one for each axis or question.")
    if sorted(got) == sorted(truth):
        return Reading("the right numbers in another order", "Each of them is there. Which one comes first?")
    wrong = [(left, right) for left, right in zip(got, truth, strict=True) if not same(left, right)]
    ratios = [left / right for left, right in wrong if right]
    if len(ratios) == len(wrong) and ratios[0] in (2, 4, 0.5, 0.25) and len(set(ratios)) == 1:
        return Reading("doubled or halved once too often, or once too seldom", "What is wrong is "
                       f"{max(ratios[0], 1 / ratios[0]):g} times too {'large' if ratios[0] > 1 else 'small'}.")
    if len({left - right for left, right in wrong}) == 1 and abs(wrong[0][0] - wrong[0][1]) == 1:
        return Reading("off by one", "Where does the counting begin, and where does it end?")
    return None


def _of_sets(got: frozenset[Any], truth: frozenset[Any]) -> Reading | None:
    if not got:
        return Reading("none of them", "At least one belongs to it.")
    if got < truth:
        return Reading("some of them left out", "These are right. Are there others between or beside them?")
    if got > truth:
        return Reading("too many of them", "The right ones are among them, and others, too.")
    return None


def _of_parameters(got: str, truth: str) -> Reading | None:
    """How the shapes of a layer's weights differ, the output channels first, the kernel last."""
    left, right = ([tuple(map(int, re.findall(r"\d+", shape))) for shape in text.split(" and ")]
                   for text in (got, truth))
    if len(left) != len(right):
        return (Reading("more weights than asked for", "A bias, or another layer, has weights of its own.")
                if len(left) > len(right) else Reading("fewer weights than asked for", "A layer is missing."))
    for mine, other in zip(left, right, strict=True):
        if len(mine) != len(other):
            return Reading("a layer of another kind", "Its weight has another number of axes than a convolution's.")
        if mine[2:] != other[2:]:
            return Reading("another kernel", "The size of a kernel is the third argument of `nn.Conv2d`.")
        if mine[:1] != other[:1]:
            return Reading("another number of output channels", "The first number of a weight's shape counts them.")
        if mine[1:2] != other[1:2]:
            return Reading("other input channels, or other groups", "The second number of a weight's shape is what one "
                           "output reads: the input channels, divided by the groups.")
    return None


def _of_tensors(got: Sequence[Any], truth: Sequence[Any]) -> Reading | None:
    """The first reading that holds for every case, and differs from the right answer in one of them."""
    def every(change: Any) -> bool:
        try:
            return all(same(left, change(right)) for left, right in zip(got, truth, strict=True))
        except (RuntimeError, IndexError):
            return False

    def alike(key: Any) -> bool:
        return all(same(key(left), key(right)) for left, right in zip(got, truth, strict=True))

    if any(left.dim() == 0 < right.dim() for left, right in zip(got, truth, strict=True)):
        return Reading("one number in place of a tensor", "Something adds up, or picks, over all axes.")
    if every(torch.relu):
        return Reading("a ReLU that nobody asked for", "Negative numbers have become 0.")
    if every(torch.abs):
        return Reading("absolute values", "Negative numbers have lost their sign.")
    if every(torch.neg):
        return Reading("the opposite sign", "Each number is on the other side of zero.")
    if every(lambda right: right.transpose(0, 1)) or every(lambda right: right.transpose(-1, -2)):
        return Reading("two axes exchanged", "The numbers are right, and rows have become columns.")
    for axis in range(max(right.dim() for right in truth)):
        if every(lambda right, axis=axis: right.flip(axis)):
            return Reading("the order turned round", f"Along axis {axis}, what should come first comes last.")
    factors = {f"{factor:g}" for left, right in zip(got, truth, strict=True) if left.shape == right.shape
               for factor in [float(left.sum() / right.sum())]}
    factor = float(factors.pop()) if len(factors) == 1 else 0.0
    if factor and math.isfinite(factor) and every(lambda right: right * factor):
        return Reading("a factor that does not belong there", f"Each number is multiplied by {factor:g}.")
    if alike(torch.flatten):
        return Reading("the right numbers in another shape", "Their order is right; an axis is too many or missing.")
    if alike(lambda tensor: tensor.flatten().sort().values):
        return Reading("the right numbers in other places", "Nothing is missing and nothing too many: the order "
                       "differs.")
    if all(left.dim() != right.dim() for left, right in zip(got, truth, strict=True)):
        return Reading("another number of axes", "Compare the two shapes: which axis is too many, and which is "
                       "missing?")
    smaller = all(left.dim() == right.dim() and left.numel() < right.numel()
                  for left, right in zip(got, truth, strict=True))
    if smaller and all(set(left.flatten().tolist()) <= set(right.flatten().tolist())
                       for left, right in zip(got, truth, strict=True)):
        return Reading("only a part of it", "What is there is right, and more belongs to it.")
    return None
