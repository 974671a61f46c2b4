"""Lesson 08: a network, stage by stage, with each stage opened into its blocks."""
from functools import partial

from torch import nn

from resnext_edu.config import FORM_NAMES, ResNeXtConfig
from resnext_edu.cost import analytic_cost
from resnext_edu.counts.trace import Trace
from resnext_edu.draw.network.stages import StageChart
from resnext_edu.errors import ConfigError, one_line, shown
from resnext_edu.tracing import trace
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.field import Field
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.live import Live
from resnext_edu.widgets.moving import check_controls
from resnext_edu.widgets.stops import Stops
from resnext_edu.words import dims, memory


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
        if model is None:
            controls = [Field("network", "resnext50_32x4d", ResNeXtConfig.presets()),
                        Field("form", "grouped", FORM_NAMES), Field("input size", "224×224", read=_sides)]
            read = trace_of_preset
        else:
            controls = [Field("input size", dims(input_size), read=_numbers)]

            def read(size: tuple[int, ...]) -> Trace:
                return trace(model, size, device=device)

        def stages(*values: object) -> Explorer:
            chart = StageChart(read(*values))
            names, shown = [*chart.stages], self.shown
            if shown is not None and shown.stops[0].stops == tuple(names):
                shown.redraw(partial(stage_frame, chart))
                return shown
            stage = shown.value["stage"] if shown is not None else None
            if stage not in names:  # where most of the work is there is most to see
                stage = max(names, key=lambda name: chart.stages[name].macs)
            slider = Stops("stage", names, start=stage)
            return Explorer([slider], partial(stage_frame, chart), "The stages of a network")

        super().__init__(controls, stages, "A network stage by stage")

    def move(self, **values: object) -> None:
        check_controls(values, [*(control.name.replace(" ", "_") for control in self.controls), "stage"])
        stage = values.pop("stage", None)
        super().move(**values)
        if stage is not None and self.shown is None:
            raise ConfigError(f"there is no stage to show, since nothing could be drawn: {self.problem}")
        if stage is not None:
            self.shown.move(stage=stage)


def trace_of_preset(name: str, form: str, sides: tuple[int, int]) -> Trace:
    """The rows of that network in that form; no model is built for them."""
    config = ResNeXtConfig.preset(name)
    return analytic_cost(config, (1, config.in_channels, *sides), form)


def _numbers(text: str) -> tuple[int, ...]:
    """`1×3×224×224`, also with x or commas between, and in brackets as Python writes it."""
    try:
        return tuple(int(part) for part in text.strip("()[] ").lower().replace("×", ",").replace("x", ",").split(","))
    except ValueError:
        raise ConfigError(f"a size is whole numbers with × or commas between, got {shown(text)}") from None


def _sides(text: str) -> tuple[int, int]:
    sides = _numbers(text)
    if len(sides) > 2:
        raise ConfigError(f"expected a height and a width, such as 224×160; got {len(sides)} numbers: "
                          f"{one_line(dims(sides))}")
    if max(sides) > 10_000:
        raise ConfigError(f"a side of at most 10,000 fits into the picture; got {dims(sides)}")
    return sides if len(sides) == 2 else sides * 2
