"""The stage tracer: its numbers are the trace's, torchinfo's and the closed form's; and what it says to a wrong size."""
from collections import Counter

import ipywidgets
import pytest
import torch
from ipywidgets.widgets.widget import _instances
from ipywidgets.widgets.widget_link import Link
from torch import nn
from torchinfo import summary
from torchvision.models import get_model

from resnext_edu import ResNeXt, ResNeXtConfig, analytic_cost, trace
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets import StageTracer
from tests.widgets.page import html, pages


def stages(tracer) -> dict[str, dict]:
    """The numbers of every stage."""
    return {stage: row[0].numbers
            for stage, row in zip(tracer.shown.stops[0].stops, tracer.shown.frames, strict=True)}


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


def test_it_opens_where_most_of_the_work_is_and_sends_one_style_sheet():
    tracer = StageTracer()
    assert tracer.shown.value == {"stage": "layer3"}
    assert sum("<style" in words for words in html(tracer)) == 1


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


def test_the_chosen_stage_stays_open_when_the_network_changes():
    tracer = StageTracer()
    tracer.move(stage="layer3")
    tracer.move(network="resnet50")
    assert tracer.shown.value == {"stage": "layer3"}
    assert tracer.numbers["parameters"] == 7_098_368
    tracer.move(network="resnext29", stage="layer2", input_size="32")
    assert tracer.numbers["parameters"] == analytic_cost(
        ResNeXtConfig.preset("resnext29"), (1, 3, 32, 32)).by_stage()["layer2"].total_params


def test_stages_that_are_shown_no_more_leave_no_page_and_no_link_behind():
    def alive():
        return sum(isinstance(widget, ipywidgets.HTML | Link) for widget in _instances.values())

    tracer = StageTracer()
    tracer.move(network="resnext_mini", input_size="28")  # three stages in place of four
    before = alive()
    tracer.move(network="resnet50")
    tracer.move(network="resnext_mini")
    assert alive() == before


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
    assert "<b>" not in tracer.shown.frame.html
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


def test_where_the_stages_are_the_same_ones_the_page_stays_and_only_its_pictures_change():
    tracer = StageTracer()
    page, picture = tracer.shown, tracer.shown.frame.picture.svg
    tracer.move(network="resnet50")
    assert tracer.shown is page
    assert page.frame.picture.svg != picture


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
    ("0", "input_size[2] must be a whole number, 1 or more; got 0"),
])
def test_a_wrong_size_is_told_and_the_last_picture_stays(size, problem):
    tracer = StageTracer()
    before = tracer.shown.frame
    tracer.move(input_size=size)
    assert tracer.problem == problem
    assert tracer.shown.frame is before
    tracer.move(input_size="1")
    assert tracer.problem == ""
    assert tracer.numbers["leaves as"] == "1024×1×1"


def test_the_page_shows_what_python_says_after_a_move():
    tracer = StageTracer()
    tracer.move(stage="layer2")
    tracer.move(network="resnet101")
    assert [page["svg"] for page in pages(tracer.shown)] == [row[0].html for row in tracer.shown.frames]
    assert pages(tracer.shown)[tracer.shown.at[0]]["texts"] == tracer.shown.frame.texts
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
