"""The boxes of a flow chart in words: what stands in them, and the text alternative."""
from collections.abc import Sequence

from resnext_edu.counts.rows import TraceRow
from resnext_edu.draw.network.layers import steps_of
from resnext_edu.draw.network.units import Unit, name_of, params_of
from resnext_edu.words import dims


def leaving(unit: Unit) -> tuple[int, ...]:
    """The shape that leaves a layer, or a block's branch before it is joined."""
    return unit.branch[-1].output_shape


def layers_of(unit: Unit) -> str:
    """The layers of a box, or of a block's branch, in a few words."""
    steps = steps_of(unit.branch)
    if len(steps) == 1:
        return steps[0][1]
    heads = [words.split(" · ")[0] for _, words in steps]
    return " · ".join(heads) if len(heads) <= 3 else f"{len(unit.rows)} calls"


def story(group: Sequence[Unit], opened: str | None) -> str:
    """A group of boxes in a sentence; the box named `opened` with all its steps.

    Parameters
    ----------
    group : sequence of Unit
        Boxes that are alike.
    opened : str or None
        The name of the block that is drawn from inside.

    Returns
    -------
    str
    """
    unit = group[0]
    times, params = f", × {len(group)}" if len(group) > 1 else "", params_of(group)
    branch = _steps(unit, unit.branch) if unit.name == opened else f"{layers_of(unit)} to {dims(leaving(unit))}"
    beside = _story_beside(unit) if unit.lanes else ""
    return f"{name_of(group)}{times}: {branch}{beside}." + (f" {params}." if params else "")


def _story_beside(unit: Unit) -> str:
    """What goes beside the branch, and how the two are joined."""
    join, shortcut = unit.join, _steps(unit, unit.shortcut) or "the identity"
    joined = {"add": "added", "mul": "multiplied"}.get(join.op, f"joined by {join.op}")
    to = "" if join.output_shape == leaving(unit) else f" to {dims(join.output_shape)}"
    return f"; beside it, {shortcut}; both are {joined}{to}"


def _steps(unit: Unit, rows: Sequence[TraceRow]) -> str:
    return ", ".join(f"{row.path.removeprefix(f'{unit.name}.')} ({words}) to {dims(row.output_shape)}"
                     for row, words in steps_of(rows))
