"""An attempt that is not the kind of thing that was asked for."""
import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from resnext_edu.exercises.attempts import plain, several
from resnext_edu.exercises.comparing import same
from resnext_edu.exercises.diagnosis.looks import Reading

NOT_A_NUMBER = Reading("nan in place of a number", "nan means \"not a number\", and whatever is calculated with it "
                       "becomes nan, too. It comes from 0/0, inf − inf and the like.")


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
    parts = several(attempt)
    if any(isinstance(part, float) and math.isnan(part) for part in (value, *map(plain, parts))):
        return NOT_A_NUMBER
    tensors = isinstance(attempt, list | tuple) and parts and all(isinstance(part, Tensor) for part in parts)
    if isinstance(truth, Tensor) and tensors:
        return (Reading("parts that are not yet put together", "One tensor is asked for.") if len(parts) > 1 else
                Reading("a tensor in brackets", "Brackets around it make a list. Leave them out."))
    if isinstance(truth, Tensor) and isinstance(attempt, nn.Module):
        return Reading("a layer in place of what it gives", "`nn.ReLU(y)` makes a layer, with `y` as an option of it. "
                       "`nn.ReLU()(y)` makes one and calls it on `y`.")
    if isinstance(truth, bool) and (isinstance(value, int | float) or len(parts) > 1):
        return Reading("a number in place of yes or no" if len(parts) == 1 else "several answers in place of one",
                       "`==`, `!=` and `<` make `True` or `False` of numbers; `and` and `or` make one answer of two.")
    if isinstance(truth, tuple | frozenset) and parts and all(isinstance(part, tuple | list) for part in parts):
        return (Reading("brackets in brackets", "One pair around the numbers is enough.") if len(parts) == 1 else
                Reading("several answers in place of one", "One pair of brackets with its numbers is asked for."))
    if number and len(parts) > 1:
        values = [plain(part) for part in parts]
        if all(isinstance(part, int | float) for part in values) and same(sum(values), truth):
            return Reading("parts that are not yet put together", "They are right. One number is asked for.")
        return Reading("several numbers in place of one", "Commas, square brackets, and a calculation with a tensor "
                       "or a tuple make several. Write the one that is asked for.")
    if value is not None and isinstance(truth, tuple | frozenset):
        return Reading("one number in place of several", "Write all of them, with commas in between.")
    if isinstance(attempt, set | frozenset | dict) and isinstance(truth, tuple):
        return Reading("a collection without an order", "The order counts here: round brackets keep it.")
    if callable(attempt) and not isinstance(attempt, nn.Module):
        return Reading("a function in place of its result", "Call it, or write the value itself.")
    return None
