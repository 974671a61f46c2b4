"""The stage tracer: its numbers are the trace's, torchinfo's and the closed form's; and what it says to a wrong size."""
from collections import Counter

import pytest
import torch
from torch import nn
from torchinfo import summary
from torchvision.models import get_model

from resnext_edu import ResNeXt, ResNeXtConfig, analytic_cost, trace
from resnext_edu.config import FORM_NAMES
from resnext_edu.draw.network.stages import StageChart
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets import StageTracer
from resnext_edu.widgets.stages import STAGES
from tests.widgets.page import page, pages, unpacked


def stages(tracer) -> dict[str, dict]:
    """The numbers of every stage."""
    return {tracer.stops[-1].value_of(at[-1]): frame.numbers for at, frame in tracer.drawn.items()}


@pytest.mark.parametrize("name", ["resnext50_32x4d", "resnet101", "resnext_mini"])
def test_the_numbers_of_every_stage_are_the_traces(name):
    tracer = StageTracer()
    tracer.move(network=name, input_size="64×96")
    with torch.device("meta"):
        model = ResNeXt(ResNeXtConfig.preset(name))
    expected = trace(model, (1, model.config.in_channels, 64, 96)).by_stage()
    shown = stages(tracer)
    assert list(shown) == list(expected)
    for stage, part in expected.items():
        assert shown[stage]["parameters"] == part.total_params
        assert shown[stage]["MACs"] == part.total_macs
        size, unit = shown[stage]["activation memory"].split()
        unit = {"MB": 1e6, "kB": 1e3, "bytes": 1}[unit]
        assert float(size) * unit == pytest.approx(4 * part.conv_activations, abs=.051 * unit)
        assert shown[stage]["leaves as"] == "×".join(map(str, part.rows[-1].output_shape[1:]))


def test_it_opens_where_most_of_the_work_is():
    assert StageTracer().value == {"network": "resnext50_32x4d", "form": "grouped", "input size": None, "stage": "layer3"}
    assert StageTracer(nn.Sequential(nn.ReLU(), nn.Conv2d(3, 8, 3), nn.Conv2d(8, 1, 1))).value["stage"] == "1"


@pytest.mark.parametrize(("name", "shape"), [
    ("resnet50", (1, 3, 224, 224)), ("resnext29", (1, 3, 32, 32)), ("resnext_mini", (1, 1, 28, 28))])
def test_each_network_opens_with_images_of_its_own_size(name, shape):
    tracer = StageTracer()
    tracer.move(network=name)
    expected = analytic_cost(ResNeXtConfig.preset(name), shape).by_stage()
    assert {stage: found["MACs"] for stage, found in stages(tracer).items()} == {
        stage: part.total_macs for stage, part in expected.items()}


def test_torchinfo_counts_the_same_parameters():
    shown = stages(StageTracer())
    counted = Counter()
    for info in summary(get_model("resnext50_32x4d"), (1, 3, 64, 64), verbose=0).summary_list:
        stage = info
        while stage.depth > 1:
            stage = stage.parent_info
        if info.is_leaf_layer and not info.is_recursive:
            counted[stage.var_name] += info.num_params
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        assert shown[stage]["parameters"] == counted[stage]
    assert shown["head"]["parameters"] == counted["fc"]


@pytest.mark.parametrize("form", ["split_sum", "concat"])
def test_another_form_has_as_many_of_everything_per_stage(form):
    tracer = StageTracer()
    tracer.move(network="resnext_mini", input_size="28", form="grouped")
    grouped = stages(tracer)
    tracer.move(form=form)
    assert tracer.problem == ""
    for stage, found in stages(tracer).items():
        assert {k: v for k, v in found.items() if "memory" not in k} == {
            k: v for k, v in grouped[stage].items() if "memory" not in k}
    more = stages(tracer)["layer1"]["activation memory"] != grouped["layer1"]["activation memory"]
    assert more == (form == "split_sum")  # C last 1×1s put out C maps, to be added up


def test_the_picture_of_a_form_is_that_of_its_own_rows_at_any_size():
    tracer = StageTracer()
    tracer.move(network="resnext29", form="split_sum", input_size="40×24")
    theirs = StageChart(analytic_cost(ResNeXtConfig.preset("resnext29"), (1, 3, 40, 24), "split_sum"))
    assert [frame.picture for (frame,) in tracer.frames] == [theirs.picture(stage) for stage in theirs.stages]
    assert "8 of them" in tracer.frame.html


def test_the_chosen_stage_stays_open_when_the_network_changes():
    tracer = StageTracer()
    tracer.move(stage="layer3")
    tracer.move(network="resnet50")
    assert tracer.value["stage"] == "layer3"
    assert tracer.numbers["parameters"] == 7_098_368
    tracer.move(network="resnext29", stage="layer2", input_size="32")
    assert tracer.numbers["parameters"] == analytic_cost(
        ResNeXtConfig.preset("resnext29"), (1, 3, 32, 32)).by_stage()["layer2"].total_params


def test_a_network_without_a_fourth_stage_shows_its_last():
    tracer = StageTracer()
    tracer.move(stage="layer4")
    tracer.move(network="resnext29")
    assert tracer.value["stage"] == "layer3"
    with pytest.raises(UnknownNameError, match="unknown stage 'layer4'; did you mean 'layer3'"):
        tracer.move(stage="layer4")
    with pytest.raises(UnknownNameError, match="unknown stage 'layer4'"):
        tracer.move(network="resnext_mini", stage="layer4")
    assert tracer.value["network"] == "resnext29"  # nothing has moved
    tracer.move(network="resnet50", stage="layer4")
    assert tracer.numbers["parameters"] == 14_964_736


def test_a_page_without_a_kernel_has_every_network_in_every_form():
    tracer = StageTracer()
    tracer.move(network="resnext29", form="concat", stage="layer1")
    state = tracer.for_a_page()
    frames = unpacked(state["packed"])
    assert len(frames) == 138 == 6 * 3 * 6 + 2 * 3 * 5
    assert [control["name"] for control in state["controls"]] == ["network", "form", "stage"]
    assert state["at"] == [ResNeXtConfig.presets().index("resnext29"), FORM_NAMES.index("concat"), STAGES.index("layer1")]
    tracer.move(network="resnext101_64x4d", form="split_sum", stage="stem")
    at = [ResNeXtConfig.presets().index("resnext101_64x4d"), 0, STAGES.index("stem")]
    assert frames[",".join(map(str, at))]["svg"] == tracer.frame.html


def test_another_size_of_ones_own_model_may_have_other_stages():
    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)

        def forward(self, x):
            return self.second(self.first(x)) if x.shape[-1] > 5 else self.first(x)

    tracer = StageTracer(Deep(), (1, 3, 9, 9))
    assert tracer.stops[-1].stops == ("first", "second")
    tracer.move(input_size="1×3×4×4")
    assert tracer.stops[-1].stops == ("first",)
    tracer.move(input_size="1×3×9×9", stage="first")
    assert tracer.stops[-1].stops == ("first", "second")
    assert [control["name"] for control in tracer.controls] == ["input size", "stage"]
    tracer.move(stage="second")
    tracer.move(input_size="1×3×4×4")
    assert tracer.value["stage"] == "first"


def test_where_nothing_can_be_traced_at_first_the_stages_come_with_the_right_size():
    tracer = StageTracer(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)), (1, 4, 9, 9))
    assert "use input_size=(1, 3, 9, 9)" in tracer.problem
    tracer.move(input_size="1×3×9×9")
    assert tracer.problem == ""
    assert [*stages(tracer)] == ["0", "1"]


def test_your_own_model_is_traced_and_names_in_it_are_escaped():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.add_module("<b>body", nn.Conv2d(3, 8, 3))
            self.head = nn.Linear(8, 2)

        def forward(self, x):
            return self.head(self.get_submodule("<b>body")(x).mean((2, 3)))

    tracer = StageTracer(Net(), (2, 3, 9, 9))
    assert tracer.problem == ""
    assert list(stages(tracer)) == ["<b>body", "head"]
    assert "<b>" not in tracer.frame.html
    assert tracer.numbers == {"leaves as": "8×7×7", "parameters": 224, "MACs": 2 * 8 * 49 * 27,
                              "activation memory": "3.1 kB"}
    tracer.move(input_size="2, 4, 9, 9")
    assert "<b>body" in tracer.problem
    assert "(2, 4, 9, 9)" in tracer.problem
    tracer.move(input_size="1x3x5x5")
    assert tracer.numbers["leaves as"] == "8×3×3"
    for size in ("(1, 3, 6, 6)", "[1, 3, 6, 6]", " 1×3×6×6 ", "1X3X6X6"):
        tracer.move(input_size="1×3×9×9")
        tracer.move(input_size=size)
        assert tracer.numbers["leaves as"] == "8×4×4", size


def test_a_side_may_be_as_large_as_fits_and_height_comes_first():
    tracer = StageTracer()
    tracer.move(network="resnet50", input_size="10000×32", stage="stem")
    assert tracer.problem == ""
    assert tracer.numbers["leaves as"] == "64×2500×8"


def test_macs_that_nobody_can_count_are_said():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.lstm = nn.Linear(8, 8), nn.LSTM(8, 16)

        def forward(self, x):
            return self.lstm(self.first(x))[0]

    found = stages(StageTracer(Recurrent(), (5, 2, 8), device="cpu"))
    assert [numbers["MACs"] for numbers in found.values()] == [640, "0 and unknown"]


def test_a_model_that_looks_at_its_numbers_is_traced_where_it_has_some():
    class Looks(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x):
            return self.conv(x) if x.sum() < 1e9 else x

    assert "device=\"cpu\"" in StageTracer(Looks(), (1, 3, 9, 9)).problem
    assert StageTracer(Looks(), (1, 3, 9, 9), device="cpu").numbers["parameters"] == 224


@pytest.mark.parametrize(("size", "problem"), [
    ("big", "a size is whole numbers with × or commas between, got 'big'"),
    ("224×224×3", "expected a height and a width, such as 224×160; got 3 numbers: 224×224×3"),
    ("1×3×224×224", "expected a height and a width, such as 224×160; got 4 numbers: 1×3×224×224"),
    ("224x123456", "a side of at most 10,000 fits into the picture; got 224×123456"),
    ("10001×8", "a side of at most 10,000 fits into the picture; got 10001×8"),
    ("0", "every number of a size is 1 or more; got 0"),
])
def test_a_wrong_size_is_told_and_the_last_picture_stays(size, problem):
    tracer = StageTracer()
    before = tracer.frame
    tracer.move(input_size=size)
    assert tracer.problem == problem
    assert tracer.frame is before
    tracer.move(input_size="1")
    assert tracer.problem == ""
    assert tracer.numbers["leaves as"] == "1024×1×1"


def test_the_page_shows_what_python_says_after_a_move():
    tracer = StageTracer()
    tracer.move(stage="layer2")
    tracer.move(network="resnet101")
    assert [each["svg"] for each in pages(tracer).values()] == [row[0].html for row in tracer.frames]
    assert page(tracer)["texts"] == tracer.frame.texts
    assert tracer.numbers["parameters"] == 1_219_584


def test_an_unknown_network_or_stage_offers_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'resnet50'"):
        StageTracer().move(network="resnet5")
    with pytest.raises(UnknownNameError, match="did you mean 'layer4'"):
        StageTracer().move(stage="layer5")


@pytest.mark.parametrize(("tracer", "values", "error", "message"), [
    (StageTracer, {"stge": "layer1"}, UnknownNameError,
     "unknown control 'stge'; did you mean 'stage'? Known: network, form, input_size, stage"),
    (lambda: StageTracer(5), {"stage": "layer1"}, ConfigError,
     "there is no stage to show, since nothing could be drawn: trace needs a model, an nn.Module; got 5"),
])
def test_a_stage_that_cannot_be_shown(tracer, values, error, message):
    with pytest.raises(error) as caught:
        tracer().move(**values)
    assert str(caught.value) == message


def test_a_size_that_is_no_size():
    with pytest.raises(ConfigError, match=r"^a shape is a sequence of whole numbers, such as \(256, 56, 56\); got None$"):
        StageTracer(nn.Identity(), None)
