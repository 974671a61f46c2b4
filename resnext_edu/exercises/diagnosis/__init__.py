"""What a wrong attempt has in common with the right answer: how it is read when no mistake of the bank is like it.

Each function gives a `Reading`, or None if it has nothing to say. A reading says what is seen, never the answer.
"""
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from resnext_edu.exercises.behaviour import PARAMETERS, Outcome, Raised
from resnext_edu.exercises.comparing import in_words, same
from resnext_edu.exercises.diagnosis.exceptions import of_error
from resnext_edu.exercises.diagnosis.kinds import NOT_A_NUMBER, of_form, of_value
from resnext_edu.exercises.diagnosis.looks import Reading
from resnext_edu.exercises.diagnosis.numbers import of_numbers, of_sets, of_tuples, ratio_in_words
from resnext_edu.exercises.diagnosis.tensors import of_parameters, of_tensors
from resnext_edu.exercises.reading import Unread

__all__ = ["Reading", "of_error", "of_form", "of_outcomes", "of_value", "ratio_in_words"]

NO_RETURN = Reading("a function that gives nothing back", "What it works out is lost: the word `return` is missing, "
                    "or it stands where Python does not come to.")
PRINTED = Reading("printed, not returned", "`print` shows a value and gives None. Hand the value back with `return`.")


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
        return Reading("one answer for every case", f"Your function gives {in_words(value)} whatever it is given. "
                       "Which of its arguments does it use, and which not?")
    if isinstance(value, bool):
        return (Reading("the question turned round", "It says yes where it should say no, and no where it should "
                        "say yes.")
                if all(left is not right for left, right in zip(got, truth, strict=True)) else None)
    if seen[-1].case == PARAMETERS and got[-1] != truth[-1]:
        return of_parameters(str(got[-1]), str(truth[-1]))
    if isinstance(value, Tensor):
        if isinstance(outcome.value, tuple | list) and value.dim() < truth[wrong].dim():
            return Reading("numbers in place of a tensor", "They may say where it stands, or how large it is. The "
                           "tensor itself is asked for.")
        pairs = [pair for pair in zip(got, truth, strict=True) if all(isinstance(each, Tensor) for each in pair)]
        return of_tensors(*zip(*pairs, strict=True))
    if isinstance(value, tuple):
        return of_tuples(got, truth)
    if isinstance(value, frozenset):
        return of_sets(value, truth[wrong])
    return of_numbers(got, truth, quantities) if isinstance(value, int | float) else None
