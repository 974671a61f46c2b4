"""The blank of an exercise: a bit of source code with three dots, and what it becomes once they are replaced."""
import ast
from dataclasses import dataclass
from textwrap import dedent

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

    def __post_init__(self):
        object.__setattr__(self, "source", dedent(self.source).strip())
        self._parts()  # raises for what is no blank

    @property
    def name(self) -> str:
        """What the answer is called in the lesson, and the exercise with it."""
        return self._parts()[0]

    @property
    def is_function(self) -> bool:
        return isinstance(ast.parse(self.source).body[0], ast.FunctionDef)

    def fill(self, code: str) -> str:
        """The source with `code`, an expression, in place of the three dots."""
        _, dots = self._parts()
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

    def _parts(self) -> tuple[str, ast.expr]:
        """The name, and the node of the dots."""
        tree = ast.parse(self.source)
        statement = tree.body[0] if len(tree.body) == 1 else None
        if isinstance(statement, ast.Assign) and [type(target) for target in statement.targets] == [ast.Name]:
            name, dots = statement.targets[0].id, [statement.value]
        elif isinstance(statement, ast.FunctionDef):
            name, dots = statement.name, [node.value for node in ast.walk(statement) if isinstance(node, ast.Return)]
        else:
            name, dots = None, []
        if name is None or len(dots) != 1 or not isinstance(dots[0], ast.Constant) or dots[0].value is not ...:
            raise ConfigError(f"a blank must be `name = ...`, or a function with one `return ...`; got:\n{self.source}")
        return name, dots[0]
