"""What a learner finds by hand in lesson 12, `examine` finds: its exhibits are run as they stand in the lesson.

Behind them come those of the same collections that the lesson only names or leaves out, re-created in a few lines.
"""
import ast

import pytest
import torch
from torch import nn

from resnext_edu import ResNeXt, ResNeXtConfig, break_block, build, examine, examine_totals, in_form, resnext50_32x4d
from resnext_edu.config import BlockSpec
from tools import notebooks

LESSON = next(path for path in notebooks.lessons() if path.name.startswith("12_"))
SHOWN = ("stem-examined", "output-totals", "split-gradient", "split-examined", "lambda-gradient", "probes-used", "lambda-network",
         "steps-proved", "steps-network", "steps-sum", "reply-table", "paddle-totals", "paddle-printed", "depth-totals",
         "identity-totals")
LARGE = ResNeXtConfig.preset("resnext29").replace(cardinality=16)


def value_of(source, names):
    """Run a cell; → the value of its last expression."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<lesson 12>", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "<lesson 12>", "eval"), names)


@pytest.fixture(scope="module")
def lesson():
    """Id → what the cell of the lesson shows, for all cells up to the last exhibit; and the names that they define.

    Blanks and their checks are left out, and so are the five checks at the end of the lesson, which examine no exhibit.
    """
    names, shown = {}, {}
    for cell in notebooks.read(LESSON).cells:
        asks = cell.id.startswith(("write-", "check-", "trust-")) and cell.id != "trust-theirs"
        if cell.cell_type == "code" and not asks:
            shown[cell.id] = value_of(cell.source, names)
        if cell.id == "steps-network":
            names["in two steps"] = names["model"]
        if cell.id == SHOWN[-1]:
            return shown, names
    raise AssertionError(f"no cell {SHOWN[-1]!r}")


def found(examination):
    return [(each.name, each.params, each.macs) for each in examination.departures]


def named(readings):
    return [[departure.name for departure in each.departures] for each in readings]


def total(model):
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize(("cell", "departures", "params", "macs"), [
    ("stem-examined", [("stem_1x1", -1_536, -1_572_864)], 4_774_218, 772_483_072),
    ("split-examined", [("stem_3x3", -7_680, 1_257_652_224), ("first_1x1_grouped", -8_388_352, -593_231_872)], 14_788_772, 750_919_680),
    ("lambda-network", [("unread_channels", 0, 0)], 25_028_904, 4_230_479_872),
    ("steps-network", [("constant_merge", 0, 12_125_732_864)], 25_028_904, 16_356_212_736),
])
def test_an_exhibit_is_named_and_explained_to_the_last_unit(lesson, cell, departures, params, macs):
    examination = lesson[0][cell]
    assert (found(examination), examination.explained, examination.unexplained) == (departures, True, ())
    assert (examination.params, examination.macs) == (params, macs)


def test_the_lambdas_are_found_where_they_are(lesson):
    shown, _ = lesson
    (departure,) = shown["lambda-network"].departures
    assert departure.where == ("layer1.0", "layer1.1", "layer1.2")
    assert departure.detail.startswith("124 of the 128 channels")
    assert shown["lambda-gradient"].tolist() == shown["probes-used"].tolist() == [28, 29, 30, 31]
    assert shown["split-gradient"] == (256, 8)


def test_the_innocent_is_proved_equal(lesson):
    """`examine` says what it costs, and the proof that it is the same function."""
    shown, names = lesson
    assert str(shown["steps-proved"]) == "✓ The same function: 6 of 7 findings pass, 1 skipped"
    assert "Effect: none" in shown["steps-network"].departures[0].detail
    numbers = [tensor.numel() for tensor in names["in two steps"].state_dict().values() if tensor.is_floating_point()]
    assert shown["steps-sum"] == (25_028_904, 128_122_880, 68_224, sum(numbers)) == (25_028_904, 128_122_880, 68_224, 153_220_008)


@pytest.mark.parametrize(("cell", "departures"), [
    ("output-totals", ["output_2Cd", "fc_without_bias"]),
    ("paddle-totals", ["groups_squared"]),
    ("depth-totals", ["projection_biased", "block_too_many"]),
    ("identity-totals", ["projection_everywhere", "biases"]),
])
def test_a_total_has_one_explanation(lesson, cell, departures):
    assert [sorted(names) for names in named(lesson[0][cell])] == [sorted(departures)]


def test_what_the_table_prints_has_none(lesson):
    assert lesson[0]["paddle-printed"][:2] == [0, 0]


def test_a_drawing_in_series_can_not_be_run(lesson):
    _, names = lesson
    with pytest.raises(RuntimeError, match="channels"):
        names["drawn"](torch.zeros(1, 64, 8, 8))

# ------------------------------------------------------------------ whole networks that the lesson knows by their totals


def blocks(model):
    return [part for part in model.modules() if hasattr(part, "conv3")]


def projections_and_biases():
    model = resnext50_32x4d()
    for block in blocks(model):
        size = block.conv1.in_channels, block.conv3.out_channels
        block.downsample = block.downsample or nn.Sequential(nn.Conv2d(*size, 1, bias=False), nn.BatchNorm2d(size[1]))
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            layer.bias = nn.Parameter(torch.zeros(layer.out_channels))
    return model


def twenty_blocks():
    model = ResNeXt(ResNeXtConfig(layers=(4, 5, 7, 4)))
    for block in blocks(model):
        if block.downsample is not None:
            block.downsample[0].bias = nn.Parameter(torch.zeros(block.downsample[0].out_channels))
    return model


def twice_C_d():
    model, channels = ResNeXt(LARGE), 64
    for k, stage in enumerate((model.layer1, model.layer2, model.layer3)):
        for number in range(3):
            out, stride = 2 * 16 * 64 * 2**k, 2 if k and not number else 1
            stage[number], channels = build(BlockSpec(channels, out, 16, 64 * 2**k, stride), "grouped"), out
    model.fc = nn.Linear(channels, 10, bias=False)
    return model


class Padded(nn.Module):
    """A block with its stride on the first 1×1, and zeros for the channels that its shortcut lacks."""

    def __init__(self, into, out, width, groups, stride):
        super().__init__()
        self.stride, self.lacks = stride, out - into
        self.conv1, self.bn1 = nn.Conv2d(into, width, 1, stride, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, groups=groups, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)

    def forward(self, x):
        y = torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))))
        shortcut = nn.functional.avg_pool2d(x, 2) if self.stride == 2 else x
        return torch.relu(self.bn3(self.conv3(y)) + nn.functional.pad(shortcut, (0, 0, 0, 0, 0, self.lacks)))


def sixty_four_wide():
    model, channels = ResNeXt(ResNeXtConfig.preset("resnext29")), 64
    for k, stage in enumerate((model.layer1, model.layer2, model.layer3)):
        for number in range(3):
            stage[number] = Padded(channels, 256 * 2**k, 8 * 64, 8, 2 if k and not number else 1)
            channels = 256 * 2**k
    return model


class CutTwice(nn.Module):
    """A path for each of C slices, and in each of them C groups."""

    def __init__(self, conv):
        super().__init__()
        self.d = conv.in_channels // conv.groups
        self.parts = nn.ModuleList(nn.Conv2d(self.d, self.d, 3, conv.stride, 1, groups=conv.groups, bias=False) for _ in range(conv.groups))

    def forward(self, x):
        return torch.cat([part(x[:, k * self.d:(k + 1) * self.d]) for k, part in enumerate(self.parts)], dim=1)


def cut_twice():
    model = ResNeXt(ResNeXtConfig.preset("resnext29"))
    for block in blocks(model):
        block.conv2 = CutTwice(block.conv2)
    return model


def each_conv2(**values):
    def network():
        model = resnext50_32x4d()
        for block in blocks(model):
            old = block.conv2
            have = {"in_channels": old.in_channels, "out_channels": old.out_channels, "groups": old.groups, "stride": old.stride}
            changed = {key: value(old) for key, value in values.items()}
            block.conv2 = nn.Conv2d(**have | changed, kernel_size=3, padding=1, bias=False)
        return model
    return network


WHOLE = {  # where it was read → (the network, what it is meant to be, its departures, its parameters)
    "Basic_CNNs_TensorFlow2": (projections_and_biases, "resnext50_32x4d", {"projection_everywhere", "biases"}, 39_645_800),
    "keras-idiomatic-programmer": (twenty_blocks, "resnext50_32x4d", {"depth", "projection_biased"}, 31_010_344),
    "Keras-ResNeXt": (twice_C_d, LARGE, {"output_2Cd", "fc_without_bias"}, 320_755_520),
    "pytorch-cifar100, resnext152": (lambda: ResNeXt(ResNeXtConfig(layers=(3, 4, 36, 3))), ResNeXtConfig(layers=(3, 8, 36, 3)), {"depth"}, None),
    "d2l, channels // groups": (each_conv2(groups=lambda conv: conv.in_channels // conv.groups), "resnext50_32x4d", {"groups_is_width"}, None),
    "ResNeXt-Tensorflow": (sixty_four_wide, "resnext29", {"width_stuck", "stride_on_1x1", "projection_padded"}, None),
    "ResNeXt-PyTorch, C = 1": (lambda: ResNeXt(ResNeXtConfig(cardinality=1, width_per_group=128)),
                               ResNeXtConfig(cardinality=1, width_per_group=64), {"width_fixed"}, 68_883_240),
    "several pages, C branches of C groups": (cut_twice, "resnext29", {"groups_twice"}, 18_169_674),
    "the riddle, no groups": (each_conv2(groups=lambda conv: 1), "resnext50_32x4d", {"groups_missing"}, 68_883_240),
}


@pytest.mark.parametrize("where", WHOLE)
def test_a_whole_network_is_named_and_explained(where):
    make, meant, departures, params = WHOLE[where]
    with torch.device("meta"):
        model = make()
    examination = examine(model, as_=meant)
    assert {each.name for each in examination.departures} == departures
    assert (examination.explained, examination.params) == (True, total(model))
    assert params in (None, total(model))


def test_140_layers_are_not_152():
    with torch.device("meta"):
        model = ResNeXt(ResNeXtConfig(layers=(3, 4, 36, 3)))
    (departure,) = examine(model, as_=ResNeXtConfig(layers=(3, 8, 36, 3))).departures
    assert "which is 140 layers" in departure.detail
    assert "152 layers" in departure.detail
    assert departure.where == ("stage 2",)


def test_the_authors_own_table():
    """Two of three numbers are those of the ResNets beside them."""
    for printed, name in ((4.1e9, "resnet50"), (7.8e9, "resnet101")):
        first = examine_totals(macs=printed)[0]
        assert (first.name, first.departures) == (name, ())
        assert [[]] not in [named(examine_totals(macs=printed, as_=name.replace("resnet", "resnext") + "_32x4d"))]


def test_equal_totals_are_no_proof(lesson):
    """The reply in an issue: `examine` finds no departure in a block whose weights are exchanged, and does not say "equal"."""
    assert [row[1] for row in lesson[0]["reply-table"].rows].count(0) == 7
    model = ResNeXt(ResNeXtConfig.preset("resnext_mini"))
    twin = model.to_form("split_sum")
    twin.layer1[0] = break_block(in_form(model.layer1[0], "split_sum"), "w2_transposed")
    assert found(examine(twin)) == found(examine(model)) == []
    assert total(twin) == total(model)
