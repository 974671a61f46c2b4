"""Wrong networks, each re-created in a few lines: the examination names what is wrong, and its price to the last unit."""
import copy

import pytest
import torch
from torch import nn
from torchvision.models import densenet121, resnet18
from torchvision.models.resnet import Bottleneck, ResNet

from resnext_edu.config import ResNeXtConfig
from resnext_edu.errors import ConfigError
from resnext_edu.examination import examine
from resnext_edu.network import ResNeXt

CONFIG = ResNeXtConfig(layers=(1, 2, 1), cardinality=4, width_per_group=16, num_classes=7)
SIZE = (1, 3, 32, 32)


def right(layers=(1, 2, 1), **sizes):
    """The paper's network in torchvision's code, short and small."""
    model = ResNet(Bottleneck, [*layers, 1], 7, **{"groups": 4, "width_per_group": 16, **sizes})
    model.layer4, model.fc = nn.Identity(), nn.Linear(1024, 7)
    return model


def blocks(model):
    return [module for module in model.modules() if isinstance(module, Bottleneck)]


def each_block(change):
    def build():
        model = right()
        for block in blocks(model):
            change(block)
        return model
    return build


def conv(old, **values):
    """A convolution like another one, but for some values."""
    have = {"in_channels": old.in_channels, "out_channels": old.out_channels, "kernel_size": old.kernel_size,
            "stride": old.stride, "padding": old.padding, "groups": old.groups, "bias": old.bias is not None}
    return nn.Conv2d(**have | values)


def sets(name, **values):
    return each_block(lambda block: setattr(block, name, conv(getattr(block, name), **values)))


def biases():
    model = right()
    for layer in [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]:
        layer.bias = nn.Parameter(torch.zeros(layer.out_channels))
    return model


def stride_on_1x1(block):
    block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)


def projection_everywhere(block):
    block.downsample = block.downsample or nn.Sequential(nn.Conv2d(block.conv1.in_channels, block.conv3.out_channels, 1, bias=False),
                                                         nn.BatchNorm2d(block.conv3.out_channels))


def projection_without_bn(block):
    block.downsample = block.downsample and block.downsample[0]


def small_stem():
    model = right()
    model.conv1, model.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return model


def without_fc():
    model = right()
    model.fc = nn.Identity()
    return model


def without_pool():
    model = right()
    model.maxpool = nn.Identity()
    return model


class InParts(nn.Module):
    """A block whose 3×3 is four small ones, each on its own slice, or all on the same one."""

    def __init__(self, block, same=False):
        super().__init__()
        width = block.conv2.in_channels // 4
        self.conv1, self.bn1, self.bn2, self.conv3, self.bn3 = block.conv1, block.bn1, block.bn2, block.conv3, block.bn3
        self.downsample = block.downsample or nn.Identity()
        self.small = nn.ModuleList(nn.Conv2d(width, width, 3, block.conv2.stride, 1, bias=False) for _ in range(4))
        slices = [lambda x: x[:, i * width:(i + 1) * width] for i in range(4)]  # noqa: B023  each reads the last i
        self.slices = slices if same else [lambda x, i=i: x[:, i * width:(i + 1) * width] for i in range(4)]

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.cat([small(part(y)) for small, part in zip(self.small, self.slices, strict=True)], dim=1)
        return torch.relu(self.bn3(self.conv3(torch.relu(self.bn2(y)))) + self.downsample(x))


class Otherwise(nn.Module):
    """A block with its ReLU in another place."""

    def __init__(self, block, before=False, after=True):
        super().__init__()
        self.block, self.before, self.after = block, before, after

    def forward(self, x):
        b = self.block
        y = b.bn3(b.conv3(torch.relu(b.bn2(b.conv2(torch.relu(b.bn1(b.conv1(x))))))))
        y = (torch.relu(y) if self.before else y) + (b.downsample(x) if b.downsample else x)
        return torch.relu(y) if self.after else y


def with_blocks(make):
    def build():
        model = right()
        for stage in (model.layer1, model.layer2, model.layer3):
            for k, block in enumerate(stage):
                stage[k] = make(block)
        return model
    return build


def dense_with_zeros(block):
    old, width = block.conv2, block.conv2.in_channels // 4
    block.conv2 = conv(old, groups=1, bias=False)
    block.conv2.weight.data.zero_()
    for k in range(4):
        part = slice(k * width, (k + 1) * width)
        block.conv2.weight.data[part, part] = old.weight.data[part]


def depthwise_and_mask(block):
    old = block.conv2
    width, d = old.in_channels, old.in_channels // 4
    block.conv2 = nn.Sequential(nn.Conv2d(width, width * d, 3, old.stride, 1, groups=width, bias=False),
                                nn.Conv2d(width * d, width, 1, bias=False))
    block.conv2[1].weight.data = torch.kron(torch.eye(4), torch.eye(d).repeat(1, d))[..., None, None]


WRONG = {  # name of the departure → the wrong network
    "biases": biases,
    "groups_missing": sets("conv2", groups=1, bias=False),
    "first_1x1_grouped": sets("conv1", groups=4, bias=False),
    "last_1x1_grouped": sets("conv3", groups=4, bias=False),
    "stride_on_1x1": each_block(stride_on_1x1),
    "projection_everywhere": each_block(projection_everywhere),
    "projection_without_bn": each_block(projection_without_bn),
    "last_bn_missing": each_block(lambda block: setattr(block, "bn3", nn.Identity())),
    "stem_3x3": small_stem,
    "no_pool": without_pool,
    "no_fc": without_fc,
    "depth": lambda: right((1, 3, 2)),
    "softmax": lambda: nn.Sequential(right(), nn.Softmax(1)),
    "relu_before_sum": with_blocks(lambda block: Otherwise(block, before=True)),
    "relu_missing": with_blocks(lambda block: Otherwise(block, after=False)),
    "unread_channels": with_blocks(lambda block: InParts(block, same=True)),
    "dense_with_zeros": each_block(dense_with_zeros),
    "dense_merge": each_block(depthwise_and_mask),
}


def names(found):
    return [departure.name for departure in found.departures]


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_named_and_explained_to_the_last_unit(name):
    model = WRONG[name]()
    before = copy.deepcopy(model.state_dict())
    found = examine(model, CONFIG, SIZE)
    assert names(found) == [name]
    assert found.explained
    assert found.unexplained == ()
    assert found.params == sum(p.numel() for p in model.parameters())
    assert found.departures[0].where
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_the_paper_s_network_has_no_departure_whatever_wrote_it():
    for model in (right(), with_blocks(InParts)(), with_blocks(Otherwise)()):
        found = examine(model, CONFIG, SIZE)
        assert (names(found), found.explained, found.verdict) == ([], True, "Read as a ResNeXt: as in the paper")


@pytest.mark.parametrize("form", ["split_sum", "concat", "grouped"])
def test_the_three_forms_are_one_network(form):
    mini = ResNeXtConfig.preset("resnext_mini")
    found = examine(ResNeXt(mini, form), input_size=(2, 1, 28, 28))
    assert (found.name, names(found), found.explained) == ("resnext_mini", [], True)


def test_two_mistakes_are_found_one_after_the_other():
    model = biases()
    for block in blocks(model):
        block.conv2 = conv(block.conv2, groups=1)
    found = examine(model, CONFIG, SIZE)
    assert sorted(names(found)) == ["biases", "groups_missing"]
    assert found.explained


def test_a_mistake_in_one_block_names_the_block():
    model = right()
    model.layer2[1].conv2 = conv(model.layer2[1].conv2, groups=1, bias=False)
    (departure,) = examine(model, CONFIG, SIZE).departures
    assert departure.where == ("layer2.1",)


def test_what_no_departure_explains_is_listed_with_its_rows():
    model = right()
    model.layer2[1].conv2 = conv(model.layer2[1].conv2, kernel_size=5, padding=2, bias=False)
    found = examine(model, CONFIG, SIZE)
    assert not found.explained
    assert {row.path for row in found.unexplained} == {f"layer2.1.{layer}" for layer in
                                                       ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3")}
    assert found.verdict == ("Read as a ResNeXt, and 6 rows of the trace are not explained, since no known departure explains "
                             "layer2.1, where the 3×3 has kernel 5, and not 3")
    assert "Not explained: layer2.1.conv1, layer2.1.bn1, layer2.1.conv2 and 3 more." in found.notes


def test_parameters_that_nobody_uses_are_no_riddle():
    model = right()
    model.spare = nn.Linear(3, 5)
    (departure,) = examine(model, CONFIG, SIZE).departures
    assert (departure.name, departure.params) == ("unused_parameters", 20)


@pytest.mark.parametrize(("model", "why"), [
    (resnet18, "a block with 2 convolutions one after another"),
    (densenet121, "paths that meet, but are not added to a shortcut"),
    (lambda: nn.Conv2d(3, 4, 1), "there is no residual block"),
])
def test_what_is_no_network_of_bottlenecks_is_not_read(model, why):
    found = examine(model(), input_size=SIZE)
    assert (found.reading, found.explained, found.why) == (None, False, why)
    assert found.unexplained
    assert found.verdict == f"Not read: {why}"


def test_the_table_adds_up_and_says_what_the_paper_has():
    found = examine(WRONG["groups_missing"](), CONFIG, SIZE)
    paper, departure = found.paper, found.departures[0]
    assert paper.params + departure.params == found.params
    text = found.text()
    assert "the 3×3 is not grouped. The paper: the 3×3 has C groups. Effect: one wide path" in departure.detail
    assert f"{found.params:,}" in text
    assert found.to_records()[0]["name"] == "groups_missing"


@pytest.mark.parametrize(("as_", "words"), [
    ("resnext5", "unknown preset 'resnext5'"),
    (5, "as_ must be the name of a preset or a ResNeXtConfig; got 5"),
])
def test_what_it_is_meant_to_be_must_be_known(as_, words):
    with pytest.raises(ConfigError) as error:
        examine(right(), as_, SIZE)
    assert str(error.value).startswith(words)


@pytest.mark.parametrize(("layer", "of_what", "size"), [
    (nn.Conv3d, "volumes or videos", None), (nn.Conv3d, "volumes or videos", (1, 3, 8, 16, 16)), (nn.Conv1d, "sequences", None)])
def test_networks_of_videos_and_sequences_are_refused_in_words(layer, of_what, size):
    model = nn.Sequential(layer(3, 8, 3, bias=False), nn.ReLU(), layer(8, 8, 1))
    with pytest.raises(ConfigError) as error:
        examine(model, input_size=size)
    assert str(error.value) == (f"examine reads networks of images, with Conv2d; 0 is a {layer.__name__}, for {of_what}, and all its "
                                "other convolutions are no Conv2d either; for the counts alone use trace")
    with pytest.raises(ConfigError, match="the model is a"):
        examine(layer(3, 8, 3))
