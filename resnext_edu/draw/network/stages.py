"""A network stage by stage: how large its maps are, and where its parameters, MACs and activation memory are."""
from resnext_edu.config import check_form
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.solid import Scale
from resnext_edu.draw.kit.svg import WIDTH, arrow, line, path, rect, room, shorten, text
from resnext_edu.draw.network.layers import check_rows
from resnext_edu.draw.network.opened_stage import activations_of, chain, drawer, drawer_height, unit_words
from resnext_edu.draw.network.stage_counts import (
    COUNT_NAMES,
    UNITS,
    Stage,
    amount,
    beside,
    called,
    percent,
    share,
    stage_of,
    title_of,
    with_counts,
    words_of,
)
from resnext_edu.draw.network.units import Unit, folded, units_of
from resnext_edu.errors import UnknownNameError, nearest_name
from resnext_edu.words import dims

TOP, ROW, NAME = 124, 46, 140  # y of the first row; the height of a row; x of the names
X = {"params": 292, "macs": 470, "activations": 648}  # where each column starts
HOW = ("Boxes: the map that leaves a stage. Length: channels; height and slant: its height and width.",
       "Bars: shares of the total. Activation memory: the numbers that convolutions put out × 4 bytes.")
LONGEST = 92  # units: the bar of the largest share


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
        If it is no `Trace`, or has no rows.
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
    form : {"grouped", "concat", "split_sum"}, optional
        Draw the blocks of a grouped trace in this form. It is what the rows of that form would give, which are up to
        fifty times as many: 64 paths have 64 times the same ones. By default the blocks are drawn as they were traced.

    Attributes
    ----------
    stages : dict of str to Stage
        The stages that have something to count, by name.

    Raises
    ------
    ConfigError
        If it is no `Trace`, or has no rows; or if there is no such form.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> from resnext_edu.cost import analytic_cost
    >>> chart = StageChart(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")))
    >>> chart.stages["layer3"][:5]
    ('layer3', (1024, 14, 14), 6, 7022592, 1525350400)
    """

    def __init__(self, trace: Trace, form: str | None = None) -> None:
        check_rows(trace)
        if form is not None:
            check_form(form)
        parts = trace.by_stage()
        units: dict[str, list[Unit]] = {name: [] for name in parts}
        for unit in units_of(trace.rows):
            units[unit.stage].append(unit)
        opened = {name: folded(units[name]) for name in parts}
        stages = with_counts([_in_form(stage_of(name, parts[name], units[name]), opened[name], form) for name in parts])
        self.stages: dict[str, Stage] = stages
        self._form, self._opened = form, {name: opened[name] for name in stages}
        self._scale = Scale.of(stage.shape for stage in stages.values())
        self._drawer = max(drawer_height(opened, self._scale) for opened in self._opened.values())
        # the first row may have no input shape, such as that of a recurrent cell; then the next one has it
        input_shape = next((row.input_shape for row in trace.rows if len(row.input_shape) > 1), ())
        totals = {"params": trace.total_params, "macs": trace.total_macs,
                  "activations": sum(stage.activations for stage in stages.values())}

        self._title, self._bottom = title_of([*stages.values()]), TOP + ROW * len(stages)
        self._body = [_columns(input_shape)]
        self._body += [_row(TOP + ROW * k, s, stages, totals, self._scale) for k, s in enumerate(stages.values())]
        self._body += [_totals(self._bottom, totals, input_shape[:1])]
        self._told = [f"The input: {dims(input_shape[1:])}."] if input_shape else []
        self._told += [*(words_of(s, stages, totals) for s in stages.values()),
                       "All: " + ", ".join(f"{amount(what, totals[what])} {UNITS[what]}" for what in totals) + "."]

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
        if selected is not None and selected not in [*self.stages]:
            raise UnknownNameError(nearest_name("stage", selected, self.stages))
        body, told = [*self._body], [*self._told]
        height: float = self._bottom + 48
        if selected is not None:
            row, top, opened = TOP + ROW * [*self.stages].index(selected), height - 4, self._opened[selected]
            height += 12 + self._drawer
            body += [_outline(row, top, top + drawer_height(opened, self._scale)),
                     drawer(opened, top, self._scale, self._form)]
            told += [f"{selected}, opened:", *unit_words(opened, self._form)]
        return Picture(self._title, HOW, "\n".join(told), tuple(body), height)


def _in_form(stage: Stage, opened: list[list[Unit]], form: str | None) -> Stage:
    """The same stage with its blocks in this form: split_sum puts out C maps, to be added up, where others have one."""
    if form is None:
        return stage
    more = sum(len(alike) * (activations_of(chain(alike[0], form)) - activations_of(chain(alike[0])))
               for alike in opened)
    return stage._replace(activations=stage.activations + more)


def _columns(input_shape: tuple[int, ...]) -> str:
    return "".join((text(28, TOP - 12, "input" if input_shape else "", cls="soft"),
                    text(NAME, TOP - 12, dims(input_shape[1:]), cls="soft"),
                    *(text(X[what], TOP - 12, name, cls="b") for what, name in COUNT_NAMES.items())))


def _row(y: float, stage: Stage, stages: dict[str, Stage], totals: dict[str, int], scale: Scale) -> str:
    blocks = beside(stage, stages)
    name = shorten(called(stage.name), X["params"] - NAME - 8 - room(blocks))
    out = [scale.box(stage.shape, 28, y + ROW / 2), text(NAME, y + 19, (name, "b"), (blocks, "soft")),
           text(NAME, y + 38, dims(stage.shape))]
    largest = max(share(other, what, totals) for other in stages.values() for what in X) or 1
    for what, x in X.items():
        long = LONGEST * share(stage, what, totals) / largest
        bold = "b" if 0 < getattr(stage, what) == max(getattr(other, what) for other in stages.values()) else ""
        unknown = " and unknown" if what == "macs" and not stage.macs_known else ""
        out += [rect(x, y + 7, long, 13, "bar") if long >= .5 else "",
                text(x + (long + 6 if long >= .5 else 0), y + 19, percent(share(stage, what, totals)), cls=bold),
                text(x, y + 38, amount(what, getattr(stage, what)) + unknown, cls=bold)]
    return "".join(out)


def _totals(y: float, totals: dict[str, int], batch: tuple[int, ...]) -> str:
    name = f"all, batch of {batch[0]}" if batch and batch[0] > 1 else "all"
    return "".join((line(16, y + 4, WIDTH - 16, y + 4, "hair"), text(NAME, y + 26, name, cls="b"),
                    *(text(x, y + 26, amount(what, totals[what]), cls="b") for what, x in X.items())))


def _outline(row: float, top: float, bottom: float) -> str:
    """A frame around the chosen row, one around what it opens into, and an arrow between them in the left margin."""
    frames = (("M", 16, y, "H", WIDTH - 8, "V", stop, "H", 16, "Z")
              for y, stop in ((row + 1, row + ROW - 1), (top, bottom)))
    way = ("M", 16, row + ROW / 2, "H", 6, "V", top + 16, "H", 16)
    return "".join((*(path(frame, "edge") for frame in frames), path(way, "edge"), arrow(16, top + 16)))
