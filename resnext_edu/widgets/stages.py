"""Lesson 08: a network, stage by stage, with each stage opened into its blocks."""
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from torch import nn

from resnext_edu.config import FORM_NAMES, ResNeXtConfig
from resnext_edu.cost import analytic_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.network.stages import StageChart
from resnext_edu.errors import ConfigError, one_line, shown
from resnext_edu.tracing import trace
from resnext_edu.widgets.explorer import Control
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.live import Live
from resnext_edu.widgets.stops import Stops
from resnext_edu.widgets.typed import Typed
from resnext_edu.words import dims, memory

TICKS = {"stem": "stem", "layer1": "1", "layer2": "2", "layer3": "3", "layer4": "4", "head": "head"}
STAGES = tuple(TICKS)  # of a ResNeXt; one for small images has no layer4


def stage_frame(chart: StageChart, stage: str) -> Frame:
    """One stage of a traced network: the picture with that stage opened, and what is in it.

    Examples
    --------
    >>> from resnext_edu.config import ResNeXtConfig
    >>> frame = stage_frame(StageChart(analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"))), "layer4")
    >>> frame.numbers["parameters"], frame.numbers["MACs"]
    (14544896, 865435648)
    """
    what = chart.stages[stage]
    return Frame(chart.picture(stage), {
        "leaves as": dims(what.shape), "parameters": what.params,
        "MACs": what.macs if what.macs_known else f"{what.macs:,} and unknown",
        "activation memory": memory(what.activations)})


class StageTracer(Live):
    """A network, form and input size to choose, and a slider from stage to stage.

    Every network opens with images of its own standard size. `save` holds all networks in all forms.

    Parameters
    ----------
    model : nn.Module, optional
        Your own. Without one, a preset is chosen in the explorer.
    input_size : sequence of int
        The shape of your model's input, batch first.
    device : str
        Where your model is traced; `trace` says when that has to be "cpu".

    Examples
    --------
    >>> tracer = StageTracer()
    >>> tracer.move(network="resnet50", stage="layer1")
    >>> tracer.numbers["parameters"]
    215808
    """

    def __init__(self, model: nn.Module | None = None, input_size: tuple[int, ...] = (1, 3, 224, 224), *,
                 device: str = "meta"):
        @lru_cache(8)
        def chart(*which: Any) -> StageChart:
            if model is not None:
                return StageChart(trace(model, *which, device=device))
            name, form, sides = which
            return StageChart(trace_of_preset(name, sides), form)

        def frame(*values: Any) -> Frame | None:
            found = chart(*values[:len(controls)])
            stage = values[-1] if len(values) > len(controls) else next(iter(found.stages))
            return stage_frame(found, stage) if stage in found.stages else None

        self._chart, self._own = chart, model is not None
        controls: list[Control] = [Typed("input size", dims(input_size), _numbers)] if model is not None else [
            Stops("network", ResNeXtConfig.presets(), start="resnext50_32x4d", choice=True, asks=True),
            Stops("form", FORM_NAMES, start="grouped", choice=True, asks=True),
            Typed("input size", "", _sides, "its own")]
        stage = self._stage_of([control.value_of(control.first) for control in controls])  # type: ignore[arg-type]
        super().__init__([*controls, *stage], frame, "A network stage by stage")

    def _stage_of(self, which: Sequence[object]) -> list[Stops]:
        """The slider over the stages, which starts where most of the work is; none, if nothing can be traced."""
        try:
            found = self._chart(*which)
        except Exception:  # the explorer itself will tell it
            return []
        names = [*found.stages] if self._own else STAGES
        return [Stops("stage", names, ticks=[TICKS.get(name, name) for name in names],
                      start=max(found.stages, key=lambda name: found.stages[name].macs))]

    def redraw(self) -> None:
        """Draw what is chosen; another size of one's own model may have other stages."""
        with self.hold_sync():
            if self._own:
                self._fit()
            super().redraw()

    def _fit(self) -> None:
        size, *old = self.stops
        try:
            (new,) = self._stage_of([size.value_of(self.at[0])])  # type: ignore[arg-type]
        except Exception:  # no such size, or no stage: what follows tells it
            return
        if old and old[0].stops == new.stops:  # type: ignore[union-attr]
            return
        stage = old[0].value_of(self.at[1]) if old else None  # type: ignore[arg-type]
        self.stops, self.controls = (size, new), [size.to_dict(), new.to_dict()]
        self.at = [self.at[0], new.place_of(stage) if stage in new.stops else new.first]

    def move(self, **values: object) -> None:
        """Move controls from Python, by name.

        Parameters
        ----------
        **values : object
            Such as ``network="resnet50"``, ``input_size="64×96"``, ``stage="layer1"``.

        Raises
        ------
        UnknownNameError
            If there is no such control, network, form or stage; then nothing moves.
        ConfigError
            If a stage is asked for, and nothing could be drawn.
        """
        if "stage" in values and self.frame is None:
            raise ConfigError(f"there is no stage to show, since nothing could be drawn: {self.problem}")
        super().move(**values)


MADE_FOR = {"resnext29": 32, "resnext_mini": 28}  # of the images that a network was made for; all others: 224


def trace_of_preset(name: str, sides: tuple[int, int] | None) -> Trace:
    """The rows of that network; no model is built for them. Without sides, for images of the size it was made for."""
    config = ResNeXtConfig.preset(name)
    side = MADE_FOR.get(name, 224)
    return analytic_cost(config, (1, config.in_channels, *(sides or (side, side))))


def _numbers(text: str) -> tuple[int, ...]:
    """`1×3×224×224`, also with x or commas between, and in brackets as Python writes it."""
    try:
        parts = text.strip("()[] ").lower().replace("×", ",").replace("x", ",").split(",")
        numbers = tuple(int(part) for part in parts)
    except ValueError:
        raise ConfigError(f"a size is whole numbers with × or commas between, got {shown(text)}") from None
    if min(numbers) < 1:
        raise ConfigError(f"every number of a size is 1 or more; got {one_line(dims(numbers))}")
    return numbers


def _sides(text: str) -> tuple[int, int] | None:
    if not text.strip():
        return None
    sides = _numbers(text)
    if len(sides) > 2:
        raise ConfigError(f"expected a height and a width, such as 224×160; got {len(sides)} numbers: "
                          f"{one_line(dims(sides))}")
    if max(sides) > 10_000:
        raise ConfigError(f"a side of at most 10,000 fits into the picture; got {dims(sides)}")
    return (sides[0], sides[-1])
