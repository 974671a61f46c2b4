"""The blank of an exercise: a bit of source code with three dots, and what it becomes once they are replaced."""
import ast
from dataclasses import dataclass, field
from textwrap import dedent
from typing import NamedTuple

import torch
from torch import nn

from resnext_edu.errors import ConfigError

NAMES = {"torch": torch, "nn": nn}  # what the code of an answer may use, besides the blank's own arguments


@dataclass(frozen=True)
class Blank:
    """``NAME = ...``, or a function NAME whose only `return` is ``return ...``; comments and a docstring may be there.

    Raises
    ------
    ConfigError
        If it is neither.

    Examples
    --------
    >>> blank = Blank("def twice(x):\\n    return ...")
    >>> blank.name, blank.is_function
    ('twice', True)
    >>> print(blank.fill("2 * x"))
    def twice(x):
        return 2 * x
    >>> blank.build("2 * x")(21)
    42
    """

    source: str
    _parts: "Parts" = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "source", dedent(self.source).strip())
        object.__setattr__(self, "_parts", _parts_of(self.source))  # raises for what is no blank

    @property
    def name(self) -> str:
        """What the answer is called in the lesson, and the exercise with it."""
        return self._parts.name

    @property
    def is_function(self) -> bool:
        """Whether the dots stand in a function."""
        return self._parts.is_function

    def fill(self, code: str) -> str:
        """The source with `code`, an expression, in place of the three dots."""
        dots = self._parts.dots
        lines = self.source.encode().splitlines(keepends=True)  # ast counts in bytes
        start, end = (sum(map(len, lines[:line - 1])) + column for line, column in (
            (dots.lineno, dots.col_offset), (dots.end_lineno, dots.end_col_offset)))
        source = self.source.encode()
        return (source[:start] + code.encode() + source[end:]).decode()

    def build(self, code: str) -> object:
        """What the name stands for once the dots are `code`: the package's own code, never a learner's."""
        names = dict(NAMES)
        exec(self.fill(code), names)
        return names[self.name]


class Parts(NamedTuple):
    """What a blank consists of."""

    name: str
    is_function: bool
    dots: ast.Constant


def _parts_of(source: str) -> Parts:
    tree = ast.parse(source)
    statement = tree.body[0] if len(tree.body) == 1 else None
    found: list[tuple[str, ast.expr | None]] = []
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        found = [(target.id, statement.value) for target in statement.targets if isinstance(target, ast.Name)]
    elif isinstance(statement, ast.FunctionDef):
        found = [(statement.name, node.value) for node in ast.walk(statement) if isinstance(node, ast.Return)]
    if len(found) == 1 and isinstance(found[0][1], ast.Constant) and found[0][1].value is ...:
        return Parts(found[0][0], isinstance(statement, ast.FunctionDef), found[0][1])
    raise ConfigError(f"a blank must be `name = ...`, or a function with one `return ...`; got:\n{source}")
