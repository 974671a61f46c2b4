"""What an exception says about the code that raised it."""
import re

from resnext_edu.exercises.behaviour import Raised
from resnext_edu.exercises.diagnosis.looks import Reading

POWER = Reading("`^` in place of `**`", "In Python, `^` compares two numbers bit by bit. A power is written `**`.")
ERRORS = (  # the type of an exception, its words, what it looks like, what to say; `{1}` is what the first group found
    ("SyntaxError", "leading zeros", "a number that begins with 0", "Python writes 12,034 without a comma, or as "
     "12_034: behind a comma the next number begins."),
    ("SyntaxError|IndentationError", "", "something that Python can't read", "A bracket, a quote or comma is missing, "
     "or one too many, in the line it shows or just before it."),
    ("NameError", r"'(math|np|numpy|nn|F|itertools|functools)'", "a module that is not imported yet",
     "Run a line that imports `{1}` first, such as `import math`, `import numpy as np` or `from torch import nn`."),
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
    ("TypeError", r"for \^", POWER.misconception, POWER.hint),
    ("NotImplementedError|RuntimeError", "bitwise_xor", POWER.misconception, POWER.hint),
    ("TypeError", r"unsupported operand type\(s\) for ([^\s:]+)", "two things that can't be calculated with each other",
     "`{1}` stands between them. Is one of them a layer or a list, where what it gives was meant?"),
    ("TypeError", r"object is not (subscriptable|iterable)", "one thing taken for several",
     "It has no parts that square brackets or a loop could take out."),
    ("TypeError|IndexError", r"(slice indices must be|\bint\w*\b.* \(?'?float|'float' object cannot be)",
     "a place or a length that is not a whole number", "`/` makes a number with a decimal point, also where it comes "
     "out even. `//` makes a whole one."),
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
    ("ValueError", "only one element tensors", "a list of tensors, given to `torch.tensor`",
     "It makes a tensor of numbers. `torch.cat` and `torch.stack` put tensors together."),
    ("RuntimeError", r"result type (\w+) can't be cast", "whole numbers changed in place",
     "`+=`, `-=` and `/=` put the result back into the tensor, which holds whole numbers only. Write `x = x / 2`."),
    ("RuntimeError", r"expected scalar type|should be the same|same dtype", "numbers of two kinds",
     "One of them is in float32, the other in another dtype, such as float64. Bring both to the same."),
    ("RuntimeError", "Boolean value of Tensor", "many truth values where one is needed",
     "`.all()` asks whether all of them hold, `.any()` whether one does."),
    ("ZeroDivisionError", "", "a division by zero", "What stands below the line is 0 in this case."),
    ("RecursionError", "", "a function that calls itself without an end",
     "Does the name in it mean the function itself?"),
)


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
