"""A network stage by stage: how large its maps are, and where its parameters, MACs and activation memory are."""
from typing import NamedTuple

from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.solid import Scale
from resnext_edu.draw.kit.svg import WIDTH, fit, line, path, rect, room, text
from resnext_edu.draw.network.opened_stage import drawer, drawer_height, unit_words
from resnext_edu.draw.network.units import Unit, folded, units_of
from resnext_edu.errors import ConfigError, UnknownNameError, nearest_name
from resnext_edu.words import dims, memory

TOP, ROW, NAME = 128, 50, 140
COLUMNS = {"params": (292, "parameters"), "macs": (470, "MACs"), "activations": (648, "activation memory")}
UNITS = {"params": "parameters", "macs": "MACs", "activations": "of activations"}
HOW = ("Boxes: the map that leaves a stage. Length: channels; height and slant: its height and width.",
       "Bars: shares of the total. Activation memory: the numbers that convolutions put out × 4 bytes.")
LONGEST = 92  # units: the bar of the largest share


class Stage(NamedTuple):
    """One row of the picture. Counts are for the batch that was traced.

    Parameters
    ----------
    name : str
        Such as "layer1".
    shape : tuple of int
        What leaves it, without the batch.
    blocks : int
        How many of its blocks have a shortcut.
    params, macs : int
        Its parameters and its multiply–adds.
    activations : int
        How many numbers its convolutions put out; in memory, each takes 4 bytes.
    macs_known : bool
        Whether the MACs of all its rows are known.
    """

    name: str
    shape: tuple[int, ...]
    blocks: int
    params: int
    macs: int
    activations: int
    macs_known: bool = True


def stages_picture(trace: Trace, selected: str | None = None) -> Picture:
    """A row for each stage of a network. It needs only the rows of a trace, whichever model they come from.

    Parameters
    ----------
    trace : Trace
        From `trace(model)` or `analytic_cost(config)`.
    selected : str, optional
        The stage to open, so that its blocks are drawn below the rows.

    Returns
    -------
    Picture
        All pictures of one trace with an opened stage have the same size.

    Raises
    ------
    ConfigError
        If the trace has no rows.
    UnknownNameError
        If there is no such stage, or it has nothing to count.

    References
    ----------
    Table 1 of the paper: the stages of ResNet-50 and ResNeXt-50.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> picture = stages_picture(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")), selected="layer2")
    >>> print(picture.text.splitlines()[0])
    Most parameters: layer4. Most MACs: layer3. Most memory: layer1.
    """
    return StageChart(trace).picture(selected)


class StageChart:
    """All pictures of one trace. What they share is worked out and drawn only once.

    Parameters
    ----------
    trace : Trace
        From `trace(model)` or `analytic_cost(config)`.

    Attributes
    ----------
    stages : dict of str to Stage
        The stages that have something to count, by name.

    Raises
    ------
    ConfigError
        If the trace has no rows.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> chart = StageChart(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")))
    >>> chart.stages["layer3"][:5]
    ('layer3', (1024, 14, 14), 6, 7022592, 1525350400)
    """

    def __init__(self, trace: Trace) -> None:
        if not trace.rows:
            raise ConfigError("a trace without rows can't be drawn; trace a model whose forward calls torch functions")
        parts = trace.by_stage()
        units: dict[str, list[Unit]] = {name: [] for name in parts}
        for unit in units_of(trace.rows):
            units[unit.stage].append(unit)
        stages = _with_counts([_stage(name, parts[name], units[name]) for name in parts])
        self.stages: dict[str, Stage] = stages
        self._opened = {name: folded(units[name]) for name in stages}
        self._drawer = max(map(drawer_height, self._opened.values()))
        self._scale = Scale.of(stage.shape for stage in stages.values())
        # a first row that reads no tensor first, such as that of a recurrent cell, has no input shape
        input_shape = next((row.input_shape for row in trace.rows if len(row.input_shape) > 1), ())
        totals = {"params": trace.total_params, "macs": trace.total_macs, "activations": trace.conv_activations}

        self._title, self._bottom = _title([*stages.values()]), TOP + ROW * len(stages)
        self._body = [_columns(input_shape)]
        self._body += [_row(TOP + ROW * k, s, stages, totals, self._scale) for k, s in enumerate(stages.values())]
        self._body += [_totals(self._bottom, totals, input_shape[:1])]
        self._told = [f"The input: {dims(input_shape[1:])}."] if input_shape else []
        self._told += [*(_words(s, stages, totals) for s in stages.values()),
                       "All: " + ", ".join(f"{_amount(what, totals[what])} {UNITS[what]}" for what in totals) + "."]

    def picture(self, selected: str | None = None) -> Picture:
        """The picture with one stage opened.

        Parameters
        ----------
        selected : str, optional
            The stage to open; by default none.

        Returns
        -------
        Picture
            All pictures with an opened stage have the same size.

        Raises
        ------
        UnknownNameError
            If there is no such stage, or it has nothing to count.
        """
        if selected is not None and selected not in self.stages:
            raise UnknownNameError(nearest_name("stage", selected, self.stages))
        body, told, height = [*self._body], [*self._told], float(self._bottom + 48)
        if selected is not None:
            row, top, opened = TOP + ROW * [*self.stages].index(selected), height - 4, self._opened[selected]
            height += 12 + self._drawer
            body += [_outline(row, top, height - 12), drawer(opened, top, self._scale)]
            told += [f"{selected}, opened:", *unit_words(opened)]
        return Picture(self._title, HOW, "\n".join(told), tuple(body), height)


def _stage(name: str, part: Trace, units: list[Unit]) -> Stage:
    blocks = sum(unit.lanes is not None for unit in units)
    return Stage(name, part.rows[-1].output_shape[1:], blocks, part.total_params, part.total_macs,
                 part.conv_activations, not part.unknown)


def _with_counts(stages: list[Stage]) -> dict[str, Stage]:
    """The stages that have something to count, by name; all of them if none has."""
    counted = [s for s in stages if s.params or s.macs or s.activations or not s.macs_known]
    return {stage.name: stage for stage in counted or stages}


def _title(stages: list[Stage]) -> str:
    """Where most of each is. If that does not fit into one line, the title says what the picture is about."""
    found = []
    for what, (_, name) in COLUMNS.items():
        if most := max(getattr(stage, what) for stage in stages):
            names = " and ".join(stage.name for stage in stages if getattr(stage, what) == most)
            found.append(f"Most {name.removeprefix('activation ')}: {names}.")
    fits = 20 / 14 * room(" ".join(found)) < WIDTH
    return " ".join(found) if found and fits else "Where the parameters, the MACs and the memory are"


def _columns(input_shape: tuple[int, ...]) -> str:
    return "".join((text(28, TOP - 12, "input" if input_shape else "", cls="soft"),
                    text(NAME, TOP - 12, dims(input_shape[1:]), cls="soft"),
                    *(text(x, TOP - 12, name, cls="b") for x, name in COLUMNS.values())))


def _row(y: float, stage: Stage, stages: dict[str, Stage], totals: dict[str, int], scale: Scale) -> str:
    beside = _beside(stage, stages)
    name = fit(stage.name, COLUMNS["params"][0] - NAME - 8 - room(beside))
    out = [scale.box(stage.shape, 28, y + ROW / 2), text(NAME, y + 21, (name, "b"), (beside, "soft")),
           text(NAME, y + 41, dims(stage.shape))]
    largest = max(_share(other, what, totals) for other in stages.values() for what in COLUMNS) or 1
    for what, (x, _) in COLUMNS.items():
        long = LONGEST * _share(stage, what, totals) / largest
        bold = "b" if 0 < getattr(stage, what) == max(getattr(other, what) for other in stages.values()) else ""
        unknown = " and unknown" if what == "macs" and not stage.macs_known else ""
        out += [rect(x, y + 9, long, 13, "bar") if long >= .5 else "",
                text(x + (long + 6 if long >= .5 else 0), y + 21, _percent(_share(stage, what, totals)), cls=bold),
                text(x, y + 41, _amount(what, getattr(stage, what)) + unknown, cls=bold)]
    return "".join(out)


def _totals(y: float, totals: dict[str, int], batch: tuple[int, ...]) -> str:
    name = f"all, batch of {batch[0]}" if batch and batch[0] > 1 else "all"
    return "".join((line(16, y + 4, WIDTH - 16, y + 4, "hair"), text(NAME, y + 26, name, cls="b"),
                    *(text(x, y + 26, _amount(what, totals[what]), cls="b") for what, (x, _) in COLUMNS.items())))


def _outline(row: float, top: float, bottom: float) -> str:
    """One line around the chosen row and what it opens into, down along the left margin."""
    return path(("M", 8, row + 1, "H", WIDTH - 8, "V", row + ROW - 1, "H", 16, "V", top, "H", WIDTH - 8,
                 "V", bottom, "H", 8, "Z"), "edge")


def _words(stage: Stage, stages: dict[str, Stage], totals: dict[str, int]) -> str:
    counts = (f"{_amount(what, getattr(stage, what))} {UNITS[what]} ({_percent(_share(stage, what, totals))})"
              for what in COLUMNS)
    unknown = "" if stage.macs_known else "; some of its MACs are unknown"
    return f"{stage.name}{_beside(stage, stages)}: {dims(stage.shape)}; {', '.join(counts)}{unknown}."


def _beside(stage: Stage, stages: dict[str, Stage]) -> str:
    """How many blocks a stage has, and its name in the paper if the network has the paper's four stages."""
    paper = f" conv{int(stage.name[5:]) + 1}" if "layer4" in stages and stage.name[5:].isdecimal() else ""
    return paper + (f" × {stage.blocks}" if stage.blocks else "")


def _share(stage: Stage, what: str, totals: dict[str, int]) -> float:
    return float(getattr(stage, what) / (totals[what] or 1))


def _percent(part: float) -> str:
    digits = 0 if part >= .1 or part == 0 else 1
    return f"{100 * part:.{digits}f} %" if part == 0 or part >= .0005 else "< 0.1 %"


def _amount(what: str, value: int) -> str:
    return memory(value) if what == "activations" else f"{value:,}"
