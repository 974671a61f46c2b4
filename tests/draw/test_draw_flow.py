"""The flow chart shows what the rows say: their shapes, and what goes beside what; it folds only boxes that are alike."""
import re
from collections import OrderedDict

import pytest
import torch
import torchvision
from torch import nn

from resnext_edu import ResNeXtConfig, Trace, analytic_cost, trace
from resnext_edu.draw.network.flow import SIDE, TRUNK, flow_picture
from resnext_edu.draw.network.layers import steps_of
from resnext_edu.draw.network.units import folded, units_of
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.words import dims
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, places

CONFIG = ResNeXtConfig.preset("resnext50_32x4d")
COST = analytic_cost(CONFIG)
FOREIGN = ("densenet121", "googlenet", "mobilenet_v3_small", "squeezenet1_0", "swin_t", "vit_b_16")


def foreign(name):
    with torch.device("meta"):
        return trace(getattr(torchvision.models, name)(**{"init_weights": False} if name == "googlenet" else {}))


def preset_cost(name):
    config = ResNeXtConfig.preset(name)
    return analytic_cost(config, (1, config.in_channels, *((28, 28) if config.stem_type == "cifar" else (224, 224))))


def with_row(path, **changes):
    """ResNeXt-50's rows, with one of them changed."""
    return Trace(tuple(row._replace(**changes) if row.path == path else row for row in COST))


def test_every_shape_is_one_of_the_rows():
    """The boxes from the top to the bottom: one for each layer outside of the blocks, and one for each block."""
    boxes = [COST[path] for path in ("conv1", "maxpool", "layer1.0.conv1", "layer1.0.conv2", "layer1.0.conv3")]
    boxes += [COST[f"layer{k}.{j}.add"] for k, j in ((1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (4, 0), (4, 1))]
    boxes += [COST[path] for path in ("avgpool", "flatten", "fc")]
    shown = [words for words, _, right, _ in places(flow_picture(COST)) if right < SIDE and re.fullmatch(r"[\d×]+", words)]
    assert shown == ["3×224×224", *(dims(row.output_shape[1:]) for row in boxes)]


def test_all_boxes_together_have_all_parameters():
    many = re.findall(r"(?:, × (\d+))?: .*?([\d,]+) parameters", flow_picture(COST).text)
    assert sum(int(times or 1) * int(number.replace(",", "")) for times, number in many) == COST.total_params


@pytest.mark.parametrize("name", ResNeXtConfig.presets())
def test_each_block_has_its_shortcut_beside_it(name):
    """The row that joins two lanes reads the end of both, and both begin where the block begins."""
    cost, specs = preset_cost(name), ResNeXtConfig.preset(name).block_specs()
    blocks = [unit for unit in units_of(cost.rows) if unit.lanes]
    for unit, spec in zip(blocks, specs, strict=True):
        lanes, before = unit.lanes, unit.start - 1
        ends = lanes.branch[-1], (lanes.shortcut or (before,))[-1]
        assert cost.rows[lanes.join].inputs == ends
        assert {cost.rows[lane[0]].inputs for lane in (lanes.branch, lanes.shortcut) if lane} == {(before,)}
        assert [cost.rows[k].path.split(".")[-2:] for k in lanes.shortcut] == [
            ["downsample", "0"], ["downsample", "1"]] * spec.has_projection
    picture = flow_picture(cost)
    assert picture.text.startswith(f"{len(specs)} blocks, each")
    assert outside(picture) == colliding(picture) == []


def test_a_projection_in_series_is_drawn_in_series():
    """A popular chart draws the projection behind the branch. This one does so only if the rows say so."""
    end_of_branch = next(k for k, row in enumerate(COST) if row.path == "layer1.0.bn3")
    wrong = with_row("layer1.0.downsample.0", inputs=(end_of_branch,))
    entry = next(k for k, row in enumerate(COST) if row.path == "maxpool")
    wrong = Trace(tuple(row._replace(inputs=(end_of_branch + 2, entry)) if row.path == "layer1.0.add" else row
                        for row in wrong))
    for rows, beside in ((COST, True), (wrong, False)):
        picture = flow_picture(rows, opened="layer1.0")
        assert (f"beside it, downsample.0 (1×1 · BN) to {dims((256, 56, 56))}" in picture.text.splitlines()[4]) is beside
        assert ("downsample.0" in labels(picture)) is not beside  # a box of its own on the trunk


def test_lines_run_beside_the_boxes():
    """Every shortcut leaves the trunk, goes down at the side, and comes back to the sign that joins."""
    ways = [element.get("d").split() for element in elements(flow_picture(COST), "path")
            if element.get("class") == "edge" and "V" in element.get("d")]
    joins = [float(circle.get("cy")) for circle in elements(flow_picture(COST), "circle")]
    assert [(float(d[1]), float(d[4]), float(d[6])) for d in ways] == [(TRUNK, SIDE, y) for y in joins]


@pytest.mark.parametrize(("change", "sizes"), [
    ({}, [1, 2, 1, 3, 1, 5, 1, 2]),
    ({"output_shape": (1, 512, 27, 28)}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"macs": None}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"params": 1}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"stride": (2, 1)}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"inputs": (next(k for k, row in enumerate(COST) if row.path == "layer2.2.bn2"),)}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"groups": 2}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"kernel_size": (1, 3)}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
    ({"input_shape": (1, 256, 28, 29)}, [1, 2, 1, 1, 1, 1, 1, 5, 1, 2]),
], ids=str)
def test_only_what_agrees_in_every_row_is_folded(change, sizes):
    groups = folded(units_of(with_row("layer2.2.conv3", **change).rows))
    assert [len(group) for group in groups if group[0].lanes] == sizes


def test_a_block_in_the_middle_of_a_fold_can_be_opened():
    story = flow_picture(COST, opened="layer3.2").text
    assert "\nlayer3.1: " in story
    assert "\nlayer3.2: conv1 (1×1 · BN · ReLU) to 512×14×14, conv2 (3×3 in 32 groups" in story
    assert "\nlayer3.3 … layer3.5, × 3: " in story


def test_a_trace_is_drawn_like_the_closed_form():
    with torch.device("meta"):
        assert flow_picture(trace(torchvision.models.resnext50_32x4d())).svg == flow_picture(COST).svg


def test_the_batch_is_left_out():
    assert flow_picture(analytic_cost(CONFIG, (5, 3, 224, 224))).text == flow_picture(COST).text


@pytest.mark.parametrize("name", FOREIGN)
def test_other_models_are_drawn_as_far_as_they_go(name):
    found = foreign(name)
    units = units_of(found.rows)
    assert [row for unit in units for row in unit.rows] == list(found)  # nothing left out, nothing twice
    picture = flow_picture(found)
    assert labels(picture)[-1 if units[-1].params == 0 else -2] in {dims(found.rows[-1].output_shape[1:]), "linear"}
    assert outside(picture) == colliding(picture) == []


def test_two_branches_that_are_concatenated():
    story = flow_picture(foreign("squeezenet1_0")).text
    assert ("features.4: 3×3 · ReLU to 64×54×54; beside it, expand1x1 (1×1 · ReLU) to 64×54×54; "
            "both are joined by cat to 128×54×54. 10,368 parameters.") in story


def test_one_block_is_a_block():
    story = flow_picture(analytic_cost(CONFIG.replace(layers=(1,)))).text
    assert story.startswith("A block with its shortcut beside it\nThe input: 3×224×224.\n")


def test_one_number_times_a_map_is_a_map():
    """If the joined tensor and the branch have different shapes, its shape stands at the sign."""
    picture = flow_picture(foreign("mobilenet_v3_small"), opened="features.1.block.1")
    assert "fc2 (1×1 · hardsigmoid) to 16×1×1; beside it, the identity; both are multiplied to 16×56×56. 280" in picture.text
    assert labels(picture).count("16×56×56") == 3  # the box before it, the ×, and the box behind it


def test_a_shortcut_is_opened_before_any_other_way_around():
    """The first block that could be opened there multiplies; the first one that adds comes later."""
    assert "\nfeatures.3: block.0.0 (1×1 · BN · ReLU) to 88×28×28, block.1.0" in flow_picture(
        foreign("mobilenet_v3_small")).text


class Gate(nn.Module):
    """Two ways that are multiplied, each with a layer."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x):
        return self.one(x) * self.other(x)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.way = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x + self.way(x)


def test_what_is_added_is_a_shortcut_and_what_is_multiplied_is_none():
    story = flow_picture(trace(nn.Sequential(nn.Conv2d(8, 8, 1), Gate(), Residual()), (1, 8, 6, 6))).text.splitlines()
    assert story[0] == "A block with its shortcut beside it"
    assert any(line.startswith("2: way (1×1) to 8×6×6; beside it, the identity") for line in story)  # opened, though it comes later
    assert flow_picture(foreign("mobilenet_v3_small")).text.startswith("6 blocks, each with its shortcut beside it")


def boxes_behind_a_stem(**modules):
    """The boxes of a model: a 1×1 as its stem, then these modules."""
    model = nn.Sequential(OrderedDict(stem=nn.Conv2d(8, 8, 1), **modules))
    return units_of(trace(model, (1, 8, 6, 6)).rows)


class PreActivation(nn.Module):
    """A block that begins with its BatchNorm."""

    def __init__(self):
        super().__init__()
        self.bn, self.way = nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x + self.way(self.bn(x))


class Again(nn.Module):
    """A block, and then its convolution once more with a shortcut of its own."""

    def __init__(self):
        super().__init__()
        self.block = Residual()

    def forward(self, x):
        x = self.block(x)
        return x + self.block.way(x)


class Three(nn.Module):
    """Three ways: the identity and two convolutions."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return torch.cat([x, self.one(x), self.other(x)], 1)


def test_a_block_that_begins_with_a_batchnorm_is_a_box_of_its_own():
    assert [unit.name for unit in boxes_behind_a_stem(block=PreActivation())] == ["stem", "block"]


def test_a_block_whose_name_only_begins_like_the_one_before_is_a_box_of_its_own():
    names = [unit.name for unit in boxes_behind_a_stem(block=Residual(), block2=Residual())]
    assert names == ["stem", "block", "block2"]


def test_what_lies_only_in_part_in_the_block_before_is_a_box_of_its_own():
    assert [unit.name for unit in boxes_behind_a_stem(model=Again())] == ["stem", "model.block", "model"]


class Open(PreActivation):
    """A layer and a block in one module, so that the block has no name of its own."""

    def forward(self, x):
        return super().forward(self.way(x))


def test_a_box_without_a_name_is_called_after_its_first_and_its_last_function():
    assert [unit.name for unit in units_of(trace(Open(), (1, 8, 6, 6)).rows)] == ["way", "batch_norm … add"]


def test_a_box_belongs_to_the_stage_in_which_it_begins():
    (block,) = [unit for unit in units_of(with_row("layer1.0.relu", stage="odd").rows) if unit.name == "layer1.0"]
    assert (block.stage, block.rows[-1].stage) == ("layer1", "odd")


def test_of_three_ways_none_is_a_shortcut():
    assert [unit.lanes for unit in boxes_behind_a_stem(block=Three())] == [None, None]


def test_a_model_that_is_a_single_relu_is_one_box():
    (unit,) = units_of(trace(nn.ReLU(), (1, 8, 6, 6)).rows)
    assert (unit.name, unit.lanes) == ("relu", None)


def test_only_the_batch_is_left_out_of_a_shape():
    model = nn.Sequential(nn.Linear(8, 8), nn.Unflatten(1, (2, 4)), nn.Flatten(0, 1), nn.Linear(4, 3))
    assert flow_picture(trace(model, (5, 8))).text.splitlines()[-1].startswith("3: linear to 10×3.")


@pytest.mark.parametrize(("changes", "words"), [
    ({}, "3×3 max pool, stride 2"), ({"stride": (1, 2)}, "3×3 max pool, stride 1×2"), ({"stride": (1, 1)}, "3×3 max pool"),
    ({"kernel_size": None}, "max pool"), ({"op": "pixel_shuffle", "kernel_size": None}, "pixel shuffle")],
    ids=str)
def test_a_function_is_told_in_plain_words(changes, words):
    row = COST["maxpool"]._replace(**changes)
    assert steps_of([row]) == [(row, words)]


def test_a_stage_that_is_one_box_is_named_once():
    shown = labels(flow_picture(trace(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten()), (1, 3, 9, 9))))
    assert [shown.count(name) for name in ("0", "1")] == [1, 1]


def test_a_constant_is_no_branch():
    """A ViT puts a learnt vector in front of its patches; nothing of the image goes through it."""
    (found,) = [unit for unit in units_of(foreign("vit_b_16").rows) if unit.rows[-1].op == "cat"]
    assert (found.name, found.lanes) == ("expand … cat", None)
    assert found.entry == (1, 196, 768)  # the patches, though its first row reads the vector


def test_form_a_stays_shut_and_keeps_its_shortcuts():
    from resnext_edu import resnext_mini

    picture = flow_picture(trace(resnext_mini(form="split_sum"), (1, 1, 28, 28)))
    assert picture.text.startswith("3 blocks, each with its shortcut beside it")
    assert "opened" not in labels(picture)


def test_names_are_escaped():
    model = nn.Sequential()
    model.add_module("<script>&", nn.Conv2d(3, 8, 3))
    picture = flow_picture(trace(model, (1, 3, 9, 9)))
    assert "<script>&" in labels(picture)
    assert "<script" not in picture.svg


def test_it_is_accessible():
    assert is_accessible(flow_picture(COST))


def test_what_cannot_be_drawn():
    with pytest.raises(ConfigError, match=r"^a trace without rows can't be drawn; trace a model"):
        flow_picture(Trace(()))
    with pytest.raises(ConfigError, match=r"^expected a Trace, got 'resnet50'; try trace\(model\) or analytic_cost\(config\)$"):
        flow_picture("resnet50")
    with pytest.raises(UnknownNameError, match=r"^unknown block to open 'layer2_0'; did you mean 'layer2\.0'\? Known: "):
        flow_picture(COST, opened="layer2_0")
