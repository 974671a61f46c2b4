"""The cells that a piece of code needs, by the names that it reads: found without running anything."""
import ast
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from resnext_edu.grading.cells import CodeCell


@dataclass(frozen=True)
class Names:
    """What a piece of code does with the names of the notebook.

    Parameters
    ----------
    reads, binds, changes : frozenset of str
        The names that it needs; to which it gives a value; whose values it may change, as `layer.eval()` does.
    """

    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()


@lru_cache(maxsize=10_000)
def names_of_code(code: str) -> Names:
    r"""What a piece of code does with names; nothing if it is not Python.

    A call that stands alone may change its arguments, and what its method belongs to. If it is the last line of the
    code, it is there to be looked at.

    Examples
    --------
    >>> names = names_of_code("def f(x): return x + bias\nprepare(f)\nf(y)")
    >>> sorted(names.reads), sorted(names.binds), sorted(names.changes)
    (['bias', 'prepare', 'y'], ['f'], ['f'])
    """
    try:
        tree, table = ast.parse(code), symtable.symtable(code, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names()
    order = _InOrder()
    order.visit(tree)
    later, below = set[str](), list(table.get_children())
    while below:  # bodies of functions, which run later
        inner = below.pop()
        below.extend(inner.get_children())
        later |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global() and symbol.is_referenced()}
    return Names(frozenset(order.reads | later - order.bound), frozenset(order.bound), frozenset(_changed(tree)))


class _InOrder(ast.NodeVisitor):
    """Goes through code as it runs: a name that the same cell has bound before is not needed from another one."""

    def __init__(self) -> None:
        self.reads, self.bound = set[str](), set[str]()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.reads.add(node.id)

    def visit_Import(self, node: "ast.Import | ast.ImportFrom") -> None:
        self.bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    def visit_Assign(self, node: ast.Assign) -> None:
        for part in (node.value, *node.targets):
            self.visit(part)

    def visit_AnnAssign(self, node: "ast.AnnAssign | ast.NamedExpr") -> None:
        for part in (node.value, node.target):
            if part is not None:
                self.visit(part)

    visit_NamedExpr = visit_AnnAssign

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.bound:
            self.reads.add(node.target.id)
        for part in (node.value, node.target):
            self.visit(part)

    def visit_For(self, node: ast.For) -> None:
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def _comprehension(self, node: "ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp") -> None:
        outside = set(self.bound)
        for loop in node.generators:
            for of_loop in (loop.iter, loop.target, *loop.ifs):
                self.visit(of_loop)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        self.bound = outside

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def visit_FunctionDef(self, node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef") -> None:
        now = node.bases if isinstance(node, ast.ClassDef) else _defaults(node)
        for part in (*node.decorator_list, *now):
            self.visit(part)
        self.bound.add(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in _defaults(node):
            self.visit(part)


def _defaults(node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda") -> list[ast.expr]:
    """What a function's arguments are if they are not given: it is worked out where the function is defined."""
    return [*node.args.defaults, *filter(None, node.args.kw_defaults)]


def _changed(tree: ast.Module) -> Iterable[str]:
    shown = tree.body[-1] if tree.body else None
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield from _base(node)
        elif isinstance(node, ast.AugAssign):
            yield from _base(node.target)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node is not shown:
            if isinstance(node.value.func, ast.Attribute):
                yield from _base(node.value.func)
            for argument in node.value.args:
                yield from _base(argument)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_"):
            yield from _base(node.func)


def _base(node: ast.expr) -> Iterable[str]:
    """The name that `name.a[0].b` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def needed(cells: Sequence[CodeCell], code: str, place: int) -> list[CodeCell]:
    """The cells that have to run before a piece of code that stands at a place, in an order in which they can.

    Parameters
    ----------
    cells : sequence of CodeCell
        All of the notebook.
    code : str
    place : int
        Of the code; of several cells that give a name its value, the last one above it counts, or else one below.

    Examples
    --------
    >>> cells = [CodeCell(0, "a = 1"), CodeCell(1, "b = a"), CodeCell(2, "a = 3"), CodeCell(4, "c = 5")]
    >>> [cell.source for cell in needed(cells, "b + c", 3)]
    ['a = 1', 'b = a', 'c = 5']
    """
    names = {cell.place: names_of_code(cell.code) for cell in cells}
    order: dict[int, CodeCell] = {}
    entered: set[int] = set()

    def bring(reads: Iterable[str], at: int) -> None:
        for name in sorted(reads):
            binding = [cell for cell in cells if name in names[cell.place].binds and cell.place != at]
            above = [cell for cell in binding if cell.place < at]
            for cell in above[-1:] or binding[:1]:
                bring_cell(cell)
                for other in cells:
                    if cell.place < other.place < at and name in names[other.place].changes:
                        bring_cell(other)

    def bring_cell(cell: CodeCell) -> None:
        if cell.place not in entered:
            entered.add(cell.place)
            bring(names[cell.place].reads, cell.place)
            order[cell.place] = cell

    for cell in cells:
        if "import *" in cell.code:  # nobody can tell which names that brings
            bring_cell(cell)
    bring(names_of_code(code).reads, place)
    return list(order.values())
