"""The stages of a network: the picture shows the numbers of its trace, whichever model that is of."""
import re
from collections import Counter

import pytest
import torch
import torchvision
from torch import nn

from resnext_edu import ResNeXt, ResNeXtConfig, Trace, analytic_cost, trace
from resnext_edu.config import FORM_NAMES
from resnext_edu.draw.network.flow import flow_picture
from resnext_edu.draw.network.stages import StageChart, stages_picture
from resnext_edu.errors import ConfigError, UnknownNameError
from tests.draw.reading import below, colliding, elements, is_accessible, labels, outside, places

RESNEXT = analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"))
STAGES = ("stem", "layer1", "layer2", "layer3", "layer4", "head")


@pytest.fixture(scope="module")
def theirs():
    return trace(torchvision.models.resnext50_32x4d())


def test_a_row_shows_what_the_trace_counts(theirs):
    picture, shown = stages_picture(theirs), labels(stages_picture(theirs))
    assert (*StageChart(theirs).stages,) == STAGES
    for name, part in theirs.by_stage().items():
        shape = "×".join(map(str, part.rows[-1].output_shape[1:]))
        (line,) = [line for line in picture.text.splitlines() if re.match(f"{name}[ :]", line)]
        assert f": {shape}; {part.total_params:,} parameters" in line
        assert f"{part.total_macs:,} MACs" in line
        assert {shape, f"{part.total_params:,}", f"{part.total_macs:,}"} <= set(shown)
    assert {"25,028,904", "4,230,479,872", "57.6 MB", "layer2 conv3 × 4"} <= set(shown)  # 14,400,512 × 4 bytes


def test_the_bars_and_the_shares_add_up_to_the_whole():
    picture = stages_picture(RESNEXT)
    for name, what, total in (("parameters", "params", 25_028_904), ("MACs", "macs", 4_230_479_872),
                              ("activation memory", "activations", 14_400_512)):
        bars = [float(bar.get("width")) for bar in elements(picture, "rect")
                if bar.get("class") == "bar" and float(bar.get("x")) == below(picture, name)]
        facts = [getattr(stage, what) for stage in StageChart(RESNEXT).stages.values()]
        unit = max(bars) / max(facts)
        assert bars == pytest.approx([unit * fact for fact in facts if unit * fact >= .5], abs=.01)
        assert sum(facts) == total


def test_the_title_is_the_finding_and_the_largest_are_bold():
    picture = stages_picture(RESNEXT)
    assert picture.text.splitlines()[0] == "Most parameters: layer4. Most MACs: layer3. Most memory: layer1."
    bold = [element.text or element[0].text for element in elements(picture, "text") if element.get("class") == "b"]
    assert {"14,544,896", "58 %", "1,525,350,400", "36 %", "22.5 MB", "39 %"} <= set(bold)
    assert "865,435,648" not in bold


@pytest.mark.parametrize(("stage", "block", "shapes"), [  # the three cases of "Taking ResNet to the NeXt level"
    ("layer2", "layer2.0", "256×56×56 256×56×56 256×28×28 512×28×28 512×28×28"),
    ("layer2", "layer2.1 … layer2.3, × 3", "512×28×28 256×28×28 256×28×28 512×28×28 512×28×28"),
    ("layer1", "layer1.0", "64×56×56 128×56×56 128×56×56 256×56×56 256×56×56"),
])
def test_an_opened_stage_shows_the_shapes_inside_of_its_blocks(theirs, stage, block, shapes):
    shown = labels(stages_picture(theirs, stage))
    shown = shown[shown.index(block):]
    assert [label for label in shown if re.fullmatch(r"\d+×\d+×\d+", label)][:5] == shapes.split()


def test_the_words_of_an_opened_stage_in_full():
    assert stages_picture(RESNEXT, "layer2").text.splitlines()[-3:] == [
        "layer2, opened:",
        "layer2.0: 256×56×56, 1×1 to 256×56×56, 3×3 (stride 2, 32 groups) to 256×28×28, 1×1 to 512×28×28; shortcut: "
        "1×1, stride 2, to 512×28×28, 131,072 weights; 349,184 parameters.",
        "layer2.1 … layer2.3, × 3: 512×28×28, 1×1 to 256×28×28, 3×3 (32 groups) to 256×28×28, 1×1 to 512×28×28; shortcut: "
        "the input itself; 282,624 parameters each."]


def test_each_arrow_has_its_kernel_its_stride_its_weights_and_its_groups():
    shown = [label for label in labels(stages_picture(RESNEXT, "layer2")) if label]
    for block, params, arrows in (
            ("layer2.0", "349,184 parameters", ["1×1", "65,536", "3×3 stride 2", "32 groups", "18,432", "1×1", "131,072"]),
            ("layer2.1 … layer2.3, × 3", "282,624 parameters each", ["1×1", "131,072", "3×3", "32 groups", "18,432", "1×1", "131,072"])):
        start = shown.index(block)
        assert shown[start + 1:start + 3] == [params, "Under an arrow: its weights."]
        assert shown[start + 8:start + 8 + len(arrows)] == arrows


def test_only_a_bottlenecks_convolutions_have_the_three_colours():
    def kernels(rows, stage):
        return [(element.text, element.get("class")) for element in elements(stages_picture(rows, stage), "tspan")
                if re.fullmatch(r"\d×\d", element.text or "")]

    assert kernels(RESNEXT, "layer3")[:3] == [("1×1", "big c1"), ("3×3", "big c2"), ("1×1", "big c3")]
    with torch.device("meta"):
        assert {cls for _, cls in kernels(trace(torchvision.models.resnet18()), "layer3")} == {"big ink"}


class Row(nn.Module):
    """A shortcut around layers in a row."""

    def __init__(self, *layers):
        super().__init__()
        self.way = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.way(x)


@pytest.mark.parametrize(("layers", "shown"), [
    ((nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)), "1×1 to 8×6×6, 1×1 to 8×6×6, 1×1 to 8×6×6; shortcut: the input itself"),
    ((nn.Conv2d(8, 8, 1),) * 4, "5 calls to 8×6×6"),
    ((nn.Conv2d(8, 8, 1), nn.PixelShuffle(1), nn.Conv2d(8, 8, 1)), "4 calls to 8×6×6"),
], ids=["three", "four", "one that is no convolution"])
def test_a_row_of_up_to_three_convolutions_is_drawn_step_by_step(layers, shown):
    words = stages_picture(trace(nn.Sequential(nn.Conv2d(8, 8, 1), Row(*layers)), (1, 8, 6, 6)), "1").text
    assert shown in words.splitlines()[-1]


@pytest.mark.parametrize(("stage", "layers", "maps"), [
    ("stem", ["conv1", "maxpool"], ["3×224×224", "64×112×112", "64×56×56"]),
    ("head", ["avgpool", "flatten", "fc"], ["2048×7×7", "2048×1×1", "2048", "1000"])])
def test_a_stage_without_blocks_is_a_row_of_maps_with_its_layers_between_them(theirs, stage, layers, maps):
    picture = stages_picture(theirs, stage)
    start = labels(picture).index(stage, labels(picture).index("all"))
    x = {words: (left + right) / 2 for words, left, right, _ in places(picture)[start:]}
    order = [step for pair in zip(maps, [*layers, ""], strict=True) for step in pair if step]
    assert [x[step] for step in order] == sorted(x[step] for step in order)
    assert (outside(picture), colliding(picture)) == ([], [])


def test_in_a_row_of_layers_a_map_has_the_scale_of_all_others():
    sides = [[*map(float, re.findall(r"v -([\d.]+) h [\d.]+ v", path.get("d")))] for path in elements(stages_picture(RESNEXT, "stem"), "path")
             if path.get("class") == "tensor"]
    high = [side for side, *_ in sides if side]
    assert high[-3:] == pytest.approx([4 * high[0], 2 * high[0], high[0]])  # 224, 112 and 56 rows


@pytest.mark.parametrize(("layers", "size"), [
    ([nn.Conv2d(k, k % 7 + 1, 1) for k in (4, 5, 6, 7)], (1, 4, 8, 8)), ([nn.Conv2d(4, 4, 3, stride=40), nn.Conv2d(4, 4, 1)], (1, 4, 400, 400))],
    ids=["four layers", "a map that is too high"])
def test_what_has_no_room_in_a_row_is_listed(layers, size):
    picture = stages_picture(trace(nn.Sequential(nn.Sequential(*layers), nn.ReLU()), size), "0")
    assert len([label for label in labels(picture) if re.fullmatch(r"0\.\d", label)]) == len(layers)
    assert (outside(picture), colliding(picture)) == ([], [])
    assert "×400×400" not in " ".join(labels(picture)[labels(picture).index("all"):])  # no map stands there


@pytest.mark.parametrize("count", [8, 9])
def test_up_to_eight_boxes_are_listed(count):
    inner = nn.Sequential(*(nn.Conv2d(7 + k, 8 + k, 1) for k in range(1, count + 1)))
    picture = stages_picture(trace(nn.Sequential(nn.Conv2d(3, 8, 1), inner), (1, 3, 6, 6)), "1")
    shown = labels(picture)
    assert [label for label in shown if re.fullmatch(r"1\.\d", label)] == [f"1.{k}" for k in range(8)]
    assert [label for label in shown if "more" in label] == ["and 1 more"] * (count == 9)


def test_a_stage_of_which_nothing_is_known_is_shown_and_so_is_a_model_in_which_nothing_counts():
    rows = Trace(tuple(row._replace(macs=None, stage="odd") if row.path == "relu" else row for row in RESNEXT))
    assert "odd" in StageChart(rows).stages
    silent = trace(nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), (1, 3, 8, 8))
    assert [*StageChart(silent).stages] == ["0", "1"]
    assert is_accessible(stages_picture(silent))


def test_the_shortcut_is_told(theirs):
    shown = labels(stages_picture(theirs, "layer2"))
    assert "shortcut: 1×1, stride 2, to 512×28×28, 131,072 weights" in shown
    assert "shortcut: the input itself" in shown


@pytest.mark.parametrize(("form", "middle"), [("split_sum", "32 × 4×56×56"), ("concat", "32 × 4×56×56"),
                                              ("grouped", "128×56×56")])
def test_the_paths_of_a_form_stand_beside_one_another(form, middle):
    config = ResNeXtConfig(layers=(1,), stem_width=256)
    model = ResNeXt(config, form)
    found = Counter(labels(stages_picture(trace(model), "layer1")))
    assert found[middle] == 2
    assert found["32 × 256×56×56"] == (form == "split_sum")


class Inception(nn.Module):
    """A block with a shortcut whose branches differ: no row of equal paths, although its kernels are a bottleneck's."""

    def __init__(self):
        super().__init__()
        self.one, self.other, self.last = nn.Conv2d(8, 4, 1), nn.Conv2d(8, 4, 1), nn.Conv2d(8, 8, 1)
        self.three = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return x + self.last(torch.cat([self.one(x), self.three(self.other(x))], dim=1))


@pytest.mark.parametrize("name", ResNeXtConfig.presets())
@pytest.mark.parametrize("form", FORM_NAMES)
def test_a_grouped_trace_is_drawn_in_any_form_as_that_forms_own_rows_are(name, form):
    config = ResNeXtConfig.preset(name)
    size = (2, config.in_channels, 64, 96)
    chart = StageChart(analytic_cost(config, size), form)
    # one path has nothing to cut: then all forms have the same convolutions
    theirs = StageChart(analytic_cost(config, size, form if config.cardinality > 1 else "grouped"))
    assert chart.stages == theirs.stages
    assert [chart.picture(stage) for stage in (None, *chart.stages)] == [
        theirs.picture(stage) for stage in (None, *chart.stages)]


def test_a_form_that_is_none():
    with pytest.raises(ConfigError, match="'split_sums'; did you mean 'split_sum'"):
        StageChart(RESNEXT, "split_sums")


def test_branches_that_differ_are_not_drawn_as_paths():
    model = nn.Sequential(nn.Conv2d(8, 8, 1), Inception())
    shown = labels(stages_picture(trace(model, (1, 8, 6, 6)), "1"))
    assert "6 calls" in shown
    assert "2 of them" not in shown


class Own(nn.Module):
    """A learner's: names that must be escaped or cut, a function, branches that are no row, a stage of nothing."""

    def __init__(self):
        super().__init__()
        self.first_of_all_my_convolutions = nn.Conv2d(3, 8, 3)
        self.add_module("<b>&", nn.Sequential(*(nn.Conv2d(8, 8 + k, 1) if k == 0 else nn.Conv2d(7 + k, 8 + k, 1)
                                                for k in range(12))))
        self.out = nn.Linear(19, 5)

    def forward(self, x):
        x = getattr(self, "<b>&")(self.first_of_all_my_convolutions(x).relu())
        return self.out((x + x.flip(-1)).mean((2, 3)))


MODELS = {
    "resnext": lambda: RESNEXT,
    "batch": lambda: analytic_cost(ResNeXtConfig.preset("resnext50_32x4d"), (8, 3, 224, 224)),
    "mini": lambda: trace(ResNeXt(ResNeXtConfig.preset("resnext_mini"), "split_sum"), (1, 1, 28, 28)),
    "paths": lambda: trace(ResNeXt(ResNeXtConfig(layers=(1, 1, 1, 2)), "split_sum"), (1, 3, 448, 448)),
    "own": lambda: trace(Own(), (1, 3, 20, 20)),
    "resnet18": lambda: trace(torchvision.models.resnet18()),
    "vit": lambda: trace(torchvision.models.vit_b_32()),
    "inception": lambda: trace(torchvision.models.googlenet(init_weights=False, aux_logits=False)),
}


@pytest.mark.parametrize("model", MODELS)
def test_all_pictures_of_a_model_have_one_size_and_nothing_collides(model):
    rows = MODELS[model]()
    pictures = [stages_picture(rows, name) for name in StageChart(rows).stages]
    assert len({re.search('viewBox="[^"]*"', picture.svg)[0] for picture in pictures}) == 1
    for picture in (*pictures, stages_picture(rows)):
        assert outside(picture) == []
        assert colliding(picture) == []
        assert is_accessible(picture)


def test_an_own_model_falls_into_the_first_parts_of_its_paths():
    rows = trace(Own(), (1, 3, 20, 20))
    assert [*StageChart(rows).stages] == ["first_of_all_my_convolutions", "<b>&", "out"]
    assert "and 4 more" in labels(stages_picture(rows, "<b>&"))
    assert stages_picture(rows).text.splitlines()[0] == "Most parameters: <b>&. Most MACs: <b>&. Most memory: <b>&."


def test_what_a_sequential_holds_is_called_a_module():
    picture = stages_picture(trace(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(2048, 10)), (1, 3, 16, 16)))
    assert picture.text.splitlines()[0] == "Most parameters: module 3. Most MACs and memory: module 0."
    assert {"module 0", "module 3"} <= {*labels(picture)}
    assert "module 3: 10; 20,490 parameters" in picture.text


@pytest.mark.parametrize("name", STAGES)
def test_the_frames_enclose_the_chosen_row_and_what_it_opens_into_and_no_other_row(name):
    plain, picture = stages_picture(RESNEXT), stages_picture(RESNEXT, name)
    frames = [[float(n) for n in re.findall(r"[\d.]+", path.get("d"))] for path in elements(picture, "path")
              if path.get("class") == "edge" and re.fullmatch(r"M 16 \S+ H 812 V \S+ H 16 Z", path.get("d"))]
    assert len(frames) == 2
    (_, top, _, bottom, _), (_, first, _, last, _) = frames
    rows = [words for words, _, _, y in places(picture) if top < y < bottom]
    assert rows[0].split()[0] == name
    assert not any(words.split()[0] in STAGES for words in rows[1:])
    opened = [y for words, _, _, y in places(picture) if y > first]
    assert len(opened) == len(labels(picture)) - len(labels(plain))  # all that was added
    assert 6 < last - max(opened) < 40  # and no empty frame below it


def test_a_title_too_long_for_its_line_is_left_out(theirs):
    rows = Trace(tuple(row._replace(stage=f"{row.stage}_of_my_network") for row in theirs))
    assert stages_picture(rows).text.splitlines()[0] == "Where the parameters, the MACs and the memory are"


class Recurrent(nn.Module):
    """Its first rows make states from nothing: they read no tensor."""

    def __init__(self):
        super().__init__()
        self.lstm, self.fc = nn.LSTM(16, 32, batch_first=True), nn.Linear(32, 4)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def test_a_recurrent_model_has_an_input_and_no_blocks():
    words = stages_picture(trace(Recurrent(), (2, 10, 16)), "lstm").text.splitlines()
    assert words[1] == "The input: 10×16."
    assert words[2].startswith("lstm: 10×32; 6,400 parameters")
    assert words[-1].endswith("calls to 10×32; 6,400 parameters.")
    assert not any(": ," in line for line in words)


def test_what_nobody_can_count_is_said():
    rows = Trace(tuple(row._replace(macs=None) if row.path == "layer1.0.conv2" else row for row in RESNEXT))
    assert not StageChart(rows).stages["layer1"].macs_known
    assert "some of its MACs are unknown" in stages_picture(rows).text
    assert sum("and unknown" in label for label in labels(stages_picture(rows))) == 1


def test_parameters_that_nobody_uses_are_in_the_total_and_in_no_stage():
    unused = RESNEXT.total_params
    picture = stages_picture(Trace(RESNEXT.rows, 2 * unused))
    assert f"{2 * unused:,}" in labels(picture)
    assert "layer4 conv5 × 3: 2048×7×7; 14,544,896 parameters (29 %)" in picture.text


def boxes(picture):
    """Length, height and slant of each stack of maps, from its front and from the face at its right."""
    front, face = ([path.get("d").split() for path in elements(picture, "path") if path.get("class") == cls]
                   for cls in ("tensor", "bar"))
    return [(float(f[6]), -float(f[4]), float(r[6])) for f, r in zip(front, face, strict=True)]


def test_a_box_is_as_long_as_it_has_channels_as_high_as_it_has_rows_and_as_slanted_as_it_has_columns():
    """Rows and columns shrink one after the other here: in most networks they do so together."""
    model = nn.Sequential(nn.Conv2d(3, 32, 1), nn.Conv2d(32, 16, 1, stride=(1, 4)), nn.Conv2d(16, 64, 1, stride=(2, 1)))
    drawn = boxes(stages_picture(trace(model, (1, 3, 20, 40))))
    (length, height, slant), *_ = drawn
    assert drawn == [pytest.approx(sides, abs=.02) for sides in (
        (length, height, slant), (length / 2, height, slant / 4), (2 * length, height / 2, slant / 4))]
    assert drawn[0][1] > 2 * slant > 0


def test_an_opened_block_has_a_box_for_what_comes_in_for_each_convolution_and_for_the_sum():
    whole, opened = (boxes(stages_picture(RESNEXT, stage)) for stage in (None, "layer2"))
    first = opened[len(whole):len(whole) + 5]
    _, (layer1, high, slant), *_ = whole  # 256×56×56
    assert first == [pytest.approx((layer1 * c / 256, high * side / 56, slant * side / 56), abs=.03) for c, side in (
        (256, 56), (256, 56), (256, 28), (512, 28), (512, 28))]


def test_what_is_no_stack_of_maps_is_a_line():
    picture = stages_picture(trace(nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 4)), (1, 8)))
    assert boxes(picture) == []
    long, short = (path.get("d").split() for path in elements(picture, "path") if path.get("class") == "hi")
    assert [long[2], short[2]] == [long[5], short[5]]  # level
    assert float(long[4]) - float(long[1]) == 4 * (float(short[4]) - float(short[1])) > 0


def test_bad_input_says_what_to_do():
    with pytest.raises(UnknownNameError, match="unknown stage 'layer5'; did you mean 'layer4'"):
        stages_picture(RESNEXT, "layer5")
    with pytest.raises(ConfigError, match="a trace without rows can't be drawn"):
        stages_picture(Trace(()))
    for batch, draw in ((trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 8, 9)), stages_picture),
                        (trace(nn.Conv1d(3, 4, 3), (3, 8)), flow_picture)):
        with pytest.raises(ConfigError) as error:
            draw(batch)
        given = batch.rows[0].input_shape
        assert str(error.value) == f"{given} has no batch, so the picture would lose its channels; add the batch: {(1, *given)}"


def test_images_that_a_model_takes_one_by_one_can_be_drawn():
    class OneByOne(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return torch.stack([self.conv(image) for image in x])

    assert stages_picture(trace(OneByOne(), (2, 3, 8, 9)))
