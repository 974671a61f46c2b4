"""The blank of an exercise: a bit of source code with three dots, and what it becomes once they are replaced."""
import ast
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any, NamedTuple

import torch
from torch import nn

from resnext_edu.errors import ConfigError, shown

IN_A_BLANK = {"torch": torch, "nn": nn}  # what the code in a bank may use, besides the arguments of the blank


@dataclass(frozen=True)
class Blank:
    r"""``NAME = ...``, or a function NAME whose only `return` is ``return ...``; comments and a docstring may be there.

    Parameters
    ----------
    source : str
        It may be indented as a whole.

    Raises
    ------
    ConfigError
        If the source is neither of the two.

    Examples
    --------
    >>> blank = Blank("def twice(x):\n    return ...")
    >>> blank.name, blank.is_function
    ('twice', True)
    >>> print(blank.fill("2 * x"))
    def twice(x):
        return 2 * x
    >>> blank.build("2 * x")(21)
    42
    """

    source: str
    _parts: "BlankParts" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", dedent(self.source).strip())
        object.__setattr__(self, "_parts", _parts_of(self.source))

    @property
    def name(self) -> str:
        """What the learner's cell defines; the exercise has the same name."""
        return self._parts.name

    @property
    def is_function(self) -> bool:
        """Whether the dots stand in a function."""
        return self._parts.is_function

    def fill(self, code: str) -> str:
        """The source with `code`, an expression, in place of the three dots."""
        source, start = self.source.encode(), self._parts.start
        return (source[:start] + code.encode() + source[start + len("..."):]).decode()

    def build(self, code: str) -> Any:
        """What the name stands for once the dots are `code`, which comes from a bank, never from a learner."""
        names: dict[str, Any] = dict(IN_A_BLANK)
        exec(self.fill(code), names)
        return names[self.name]


class BlankParts(NamedTuple):
    """What a blank consists of.

    Parameters
    ----------
    name : str
    is_function : bool
    start : int
        How many bytes stand before the dots; bytes, because `ast` counts in them.
    """

    name: str
    is_function: bool
    start: int


def _parts_of(source: str) -> BlankParts:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        body = []
    statement = body[0] if len(body) == 1 else None
    found: list[tuple[str, ast.expr | None]] = []
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        found = [(target.id, statement.value) for target in statement.targets if isinstance(target, ast.Name)]
    elif isinstance(statement, ast.FunctionDef):
        found = [(statement.name, node.value) for node in ast.walk(statement) if isinstance(node, ast.Return)]
    if len(found) == 1:
        name, dots = found[0]
        if isinstance(dots, ast.Constant) and dots.value is ...:
            lines_before = source.encode().splitlines(keepends=True)[:dots.lineno - 1]
            start = sum(map(len, lines_before)) + dots.col_offset
            return BlankParts(name, isinstance(statement, ast.FunctionDef), start)
    raise ConfigError(f"a blank must be `name = ...`, or a function with one `return ...`; got {shown(source)}")
