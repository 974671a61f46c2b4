"""The explorer that a cell of a lesson makes, without running the lesson: only what the cell needs is run."""
import ast
import builtins
from collections.abc import Sequence

from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.live import Live

COMPUTES = ("This page shows what was computed beforehand. For all other choices, run the cell above in JupyterLab "
            "(<code>make lab</code>).")


def drawn(sources: Sequence[str]) -> str:
    """The explorer in which the last of these sources ends, as a piece of a page.

    Parameters
    ----------
    sources : sequence of str
        All code of a lesson down to the cell of the explorer.

    Returns
    -------
    str
        HTML that needs no kernel.
    """
    return piece(made_by(sources))


def piece(explorer: Explorer) -> str:
    """An explorer as a piece of a page, with a line that says so where a kernel would do more."""
    return explorer.fragment() + (f'<p class="rx-more">{COMPUTES}</p>' if isinstance(explorer, Live) else "")


def made_by(sources: Sequence[str]) -> Explorer:
    r"""The explorer itself.

    Examples
    --------
    >>> made_by(["1 / 0", "from resnext_edu.widgets import FormsExplorer\nFormsExplorer()"])
    One block, form by form, to explore with two sliders. Run this cell to see it.
    """
    *before, last = needed(sources)
    names: dict[str, object] = {}
    exec(compile(ast.Module(before, []), "<lesson>", "exec"), names)
    found = eval(compile(ast.Expression(last.value), "<lesson>", "eval"), names)  # type: ignore[attr-defined]
    if not isinstance(found, Explorer):
        raise TypeError(f"the cell ends in {type(found).__name__}, not in an explorer:\n{sources[-1]}")
    return found


def needed(sources: Sequence[str]) -> list[ast.stmt]:
    r"""The statements of the last source, behind those above that define what they use.

    Examples
    --------
    >>> [ast.unparse(each) for each in needed(["a = 1\nb = 2", "a = 3", "c = a", "b + 1"])]
    ['b = 2', 'b + 1']
    """
    *above, last = (ast.parse(source).body for source in sources)
    kept, wanted = [*last], set[str]()
    for statement in reversed(last):
        wanted = wanted - _stored(statement) | _loaded(statement)
    for statement in reversed([each for body in above for each in body]):
        if _stored(statement) & wanted:
            wanted = wanted - _stored(statement) | _loaded(statement)
            kept.insert(0, statement)
    return kept


def _stored(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(name.asname or name.name).split(".")[0] for name in statement.names}
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _loaded(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - {*dir(builtins)}
