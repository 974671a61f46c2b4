"""A network stage by stage: the size of its maps, where its parameters, its MACs and its activation memory are."""
from typing import NamedTuple

from resnext_edu.draw.opened_stage import drawer, drawer_height, fit, unit_words
from resnext_edu.draw.picture import Picture
from resnext_edu.draw.solid import Scale
from resnext_edu.draw.svg import WIDTH, document, line, path, rect, room, text
from resnext_edu.draw.units import Unit, units_of
from resnext_edu.errors import ConfigError, UnknownNameError, nearest_name
from resnext_edu.rows import Trace, dims

TOP, ROW, NAME = 128, 50, 140
COLUMNS = {"params": (292, "parameters"), "macs": (470, "MACs"), "activations": (648, "activation memory")}
LONGEST = 92  # units: the bar of the largest share


class Stage(NamedTuple):
    """What stands in a row of the picture, for the batch that was traced; `shape` is without it."""

    name: str
    shape: tuple[int, ...]
    blocks: int  # those with a shortcut
    params: int
    macs: int
    activations: int  # numbers that convolutions put out; in memory, each takes 4 bytes
    macs_known: bool = True


def stages_of(trace: Trace) -> dict[str, Stage]:
    """The stages in which there is something to count, by name.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> stages = stages_of(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")))
    >>> stages["layer3"][:5]
    ('layer3', (1024, 14, 14), 6, 7022592, 1525350400)
    """
    blocks = [unit.rows[0].stage for unit in units_of(trace.rows) if unit.lanes]
    stages = {name: Stage(name, part.rows[-1].output_shape[1:], blocks.count(name), sum(row.params for row in part),
                          part.total_macs, part.conv_activations, all(row.macs is not None for row in part))
              for name, part in trace.by_stage().items()}
    counted = {name: stage for name, stage in stages.items() if any(stage[3:6]) or not stage.macs_known}
    return counted or stages


def stages_picture(trace: Trace, selected: str | None = None) -> Picture:
    """One row a stage, drawn from the rows of a trace alone, whichever model they come from.

    Parameters
    ----------
    trace : Trace
        Of `trace(model)`, or of `analytic_cost(config)`.
    selected : str, optional
        The stage that is opened into its blocks. All pictures of one trace with an opened stage have one size.

    Raises
    ------
    ConfigError
        If the trace has no rows.
    UnknownNameError
        If there is no such stage, or nothing to count in it.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> picture = stages_picture(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")), selected="layer2")
    >>> print(picture.text.splitlines()[0])
    Most parameters: layer4. Most MACs: layer3. Most memory: layer1.
    """
    if not trace.rows:
        raise ConfigError("a trace without rows can't be drawn; trace a model whose forward calls torch functions")
    stages, units = stages_of(trace), _by_stage(units_of(trace.rows))
    if selected is not None and selected not in stages:
        raise UnknownNameError(nearest_name("stage", selected, stages))
    every = [*stages.values()]
    scale = Scale.of([stage.shape for stage in every])
    totals = {what: sum(getattr(stage, what) for stage in every) for what in COLUMNS}
    title = _title(every)
    how = ("Boxes: the map that leaves a stage. Length: channels; height and slant: its height and width.",
           "Bars: shares of the total. Activation memory: the numbers that convolutions put out × 4 bytes.")
    words = [f"The input: {dims(trace.rows[0].input_shape[1:])}."]
    body = [text(16, 32, title, cls="h"), *(text(16, 57 + 20 * k, part, cls="soft") for k, part in enumerate(how)),
            text(NAME, TOP - 12, dims(trace.rows[0].input_shape[1:]), cls="soft"),
            text(28, TOP - 12, "input", cls="soft"),
            *(text(x, TOP - 12, name, cls="b") for x, name in COLUMNS.values())]
    unit = LONGEST / max((getattr(stage, what) / totals[what] for what in COLUMNS if totals[what] for stage in every),
                         default=1)
    for k, stage in enumerate(every):
        body.append(_row(TOP + ROW * k, stage, every, totals, unit, scale))
        words.append(f"{stage.name}{_beside(stage, stages)}: {dims(stage.shape)}; " + ", ".join(
            f"{_amount(what, getattr(stage, what))} {_unit(what)} ({_percent(stage, what, totals)})"
            for what in COLUMNS) + ".")
    bottom = TOP + ROW * len(every)
    body.append(_totals(bottom, totals, trace.rows[0].input_shape[0]))
    words.append("All: " + ", ".join(f"{_amount(what, totals[what])} {_unit(what)}" for what in totals) + ".")
    height = bottom + 48
    if selected is not None:
        heights = [drawer_height(units.get(name, [])) for name in stages]
        row = TOP + ROW * [*stages].index(selected)
        opened, height = units.get(selected, []), height + max(heights) + 12
        body += [_outline(row, bottom + 44, height - 12), drawer(opened, bottom + 44, scale)]
        words += [f"{selected}, opened:", *unit_words(opened)]
    told = "\n".join(words)
    return Picture(document(height, title, told, *body), f"{title}\n{told}")


def _title(stages: list[Stage]) -> str:
    """Where most of each is; of names too long for one line, only what the picture is about."""
    found = []
    for what, (_, name) in COLUMNS.items():
        if most := max(getattr(stage, what) for stage in stages):
            names = " and ".join(stage.name for stage in stages if getattr(stage, what) == most)
            found.append(f"Most {name.removeprefix('activation ')}: {names}.")
    fits = 20 / 14 * room(" ".join(found)) < WIDTH
    return " ".join(found) if found and fits else "Where the parameters, the MACs and the memory are"


def _by_stage(units: list[Unit]) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in units:
        found.setdefault(unit.rows[0].stage, []).append(unit)
    return found


def _row(y: float, stage: Stage, every: list[Stage], totals: dict[str, int], unit: float, scale: Scale) -> str:
    beside = _beside(stage, {other.name for other in every})
    name = fit(stage.name, COLUMNS["params"][0] - NAME - 8 - room(beside))
    out = [scale.box(stage.shape, 28, y + ROW / 2), text(NAME, y + 21, (name, "b"), (beside, "soft")),
           text(NAME, y + 41, dims(stage.shape))]
    for what, (x, _) in COLUMNS.items():
        value = getattr(stage, what)
        long = unit * value / (totals[what] or 1)
        most = value and value == max(getattr(other, what) for other in every)
        out += [rect(x, y + 9, long, 13, "bar") if long >= .5 else "",
                text(x + max(long, 0) + (6 if long >= .5 else 0), y + 21, _percent(stage, what, totals),
                     cls="b" if most else ""),
                text(x, y + 41, _amount(what, value) + (" and unknown" if what == "macs" and not stage.macs_known
                                                        else ""), cls="b" if most else "")]
    return "".join(out)


def _totals(y: float, totals: dict[str, int], batch: int) -> str:
    return "".join((line(16, y + 4, WIDTH - 16, y + 4, "hair"),
                    text(NAME, y + 26, "all" if batch == 1 else f"all, batch of {batch}", cls="b"),
                    *(text(x, y + 26, _amount(what, totals[what]), cls="b") for what, (x, _) in COLUMNS.items())))


def _outline(row: float, top: float, bottom: float) -> str:
    """One line around the chosen row and what it opens into, down along the left margin."""
    return path(("M", 8, row + 1, "H", WIDTH - 8, "V", row + ROW - 1, "H", 16, "V", top, "H", WIDTH - 8,
                 "V", bottom, "H", 8, "Z"), "edge")


def _beside(stage: Stage, names) -> str:
    """How many blocks, and what the paper calls the stage, where it has the paper's four."""
    paper = f" conv{int(stage.name[5:]) + 1}" if "layer4" in names and stage.name[5:].isdecimal() else ""
    return paper + (f" × {stage.blocks}" if stage.blocks else "")


def _percent(stage: Stage, what: str, totals: dict[str, int]) -> str:
    share = 100 * getattr(stage, what) / (totals[what] or 1)
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.1f} %" if share >= .05 else "< 0.1 %"


def _amount(what: str, value: int) -> str:
    if what != "activations":
        return f"{value:,}"
    return f"{4 * value / 1e6:,.1f} MB" if value >= 250_000 else f"{4 * value / 1e3:,.1f} kB" if value else "0"


def _unit(what: str) -> str:
    return {"params": "parameters", "macs": "MACs", "activations": "of activations"}[what]
