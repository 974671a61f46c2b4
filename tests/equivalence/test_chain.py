"""Networks are chains of links, and are proved link by link; what breaks a link is named, and what is no chain, too."""
import copy
import os

import pytest
import torch
import torchvision
from helpers import same_state, state
from torch import nn
from torch.nn import functional as F

from resnext_edu import (
    ResNeXt,
    ResNeXtConfig,
    convert_state_dict,
    prove_equivalent,
    randomise_batchnorm,
    resnext50_32x4d,
)
from resnext_edu.equivalence.chain import NotAChain, chain_of, side_by_side

SIZE = (1, 3, 32, 32)
CONFIG = ResNeXtConfig(layers=(2, 1, 1, 1), cardinality=2, width_per_group=8, num_classes=5, stem_width=8, expansion=2)
NAMES = ["conv1", "bn1", "relu", "maxpool", "layer1.0", "layer1.1", "layer2.0", "layer3.0", "layer4.0", "avgpool",
         "view", "fc"]


def network(form="grouped"):
    """One narrow network in any form: equal weights, and BatchNorms with numbers of their own."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        grouped = randomise_batchnorm(ResNeXt(CONFIG))
    if form == "grouped":
        return grouped
    other = ResNeXt(CONFIG, form=form)
    other.load_state_dict(convert_state_dict(grouped.state_dict(), "grouped", form, 2))
    return other


def exact(left, right):
    report = prove_equivalent(left, right, input_size=SIZE, floats=False)
    assert [finding.name for finding in report.findings] == ["exact"]
    return report, report["exact"]


@pytest.mark.parametrize("form", ["split_sum", "concat"])
def test_two_forms_of_a_network_are_equal_in_every_link(form):
    left, right = network(form), network()
    before, rng = (state(left), state(right)), torch.random.get_rng_state()
    report, found = exact(left, right)
    assert report.passed, report.text()
    assert report.title == "The same function: exact passes"
    assert [link.name for link in report.links] == NAMES
    assert {link.status for link in report.links} == {"PASS"}
    assert found.once_in == min(link.once_in for link in report.links if link.once_in)
    assert found.detail.startswith("a chain of 12 links, all equal: 7 are the same layers, bit for bit and 5 agree bit for "
                                   "bit in draws of whole numbers, with every BatchNorm set to the identity")
    assert found.detail.endswith(f"would pass at most once in {found.once_in:,} proofs")
    assert "layer3.0" in report.text()
    assert "layer3.0" in report.html()
    assert len(report.to_dict()["links"]) == 12
    assert same_state(before[0], state(left))
    assert same_state(before[1], state(right))
    assert torch.equal(rng, torch.random.get_rng_state())


class ByName(nn.Module):
    """The same network for somebody who writes `layer.forward(x)`, which runs no hooks."""

    def __init__(self):
        super().__init__()
        self.net = network()

    def forward(self, x):
        net = self.net
        x = net.maxpool.forward(F.relu(net.bn1.forward(net.conv1.forward(x))))
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            for block in stage:
                x = block.forward(x)
        return net.fc.forward(torch.flatten(net.avgpool.forward(x), 1))


def test_layers_that_are_called_by_the_name_of_their_forward_are_links():
    model = ByName()
    report, _ = exact(model, network())
    assert report.passed, report.text()
    assert [link.name.split(" | ")[0].removeprefix("net.") for link in report.links] == NAMES
    model.net.bn1.running_mean.data[0] += 1
    assert "different in net.bn1 | bn1: " in exact(model, network())[1].detail
    assert not any("forward" in vars(part) for part in model.modules())


def roll(tensor, dim=0):
    tensor.data = tensor.data.roll(1, dim)


def one_weight(net):
    net.layer2[0].conv2.weight.data[0, 0, 1, 1] += 1e-3


BROKEN = {
    "conv1": lambda net: roll(net.conv1.weight), "bn1": lambda net: roll(net.bn1.running_mean),
    "relu": lambda net: setattr(net, "relu", nn.LeakyReLU()),
    "maxpool": lambda net: setattr(net, "maxpool", nn.AvgPool2d(3, 2, 1)),
    "layer1.1": lambda net: roll(net.layer1[1].bn2.weight), "layer2.0": one_weight,
    "layer3.0": lambda net: roll(net.layer3[0].conv2.weight), "layer4.0": lambda net: roll(net.layer4[0].conv1.weight, 1),
    "fc": lambda net: roll(net.fc.bias),
}


@pytest.mark.parametrize("place", BROKEN)
def test_a_broken_link_is_named(place):
    right = network()
    BROKEN[place](right)
    report, found = exact(network("concat"), right)
    assert (found.status, report.passed) == ("FAIL", False)
    assert f"different in {place}: " in found.detail
    assert found.where.startswith("output[0, ")
    assert found.where.endswith(f"] of {place}")
    assert [link.name for link in report.links if link.status == "FAIL"] == [place]


def test_all_broken_links_are_named():
    right = network()
    for place in ("conv1", "layer2.0", "fc"):
        BROKEN[place](right)
    assert "different in conv1, layer2.0 and fc: " in exact(network(), right)[1].detail


def test_a_weight_that_a_relu_hides_from_every_batch_is_found():
    """Channel 3 is below 0 behind its BatchNorm for all that arrives there, but a weight before it is another one."""
    left, right = network(), network()
    for net in (left, right):
        net.layer3[0].bn2.bias.data[3] = -60
    right.layer3[0].conv2.weight.data[3, 1, 0, 2] *= 1.001
    report, found = exact(left, right)
    assert (found.status, report.passed) == ("FAIL", False)
    assert "different in layer3.0: " in found.detail


def test_links_that_differ_in_equal_networks_prove_nothing():
    """Channels are exchanged before layer2 and back inside of it: two links differ, the network is the same."""
    right, order = network(), torch.randperm(128, generator=torch.Generator().manual_seed(0))
    last, following = right.layer1[1], right.layer2[0]
    first = right.layer1[0]
    for block in (first, last):
        block.conv3.weight.data = block.conv3.weight.data[order]
        for numbers in (block.bn3.weight, block.bn3.bias, block.bn3.running_mean, block.bn3.running_var):
            numbers.data = numbers.data[order]
    first.downsample[0].weight.data = first.downsample[0].weight.data[order]
    for numbers in (first.downsample[1].weight, first.downsample[1].bias, first.downsample[1].running_mean,
                    first.downsample[1].running_var):
        numbers.data = numbers.data[order]
    last.conv1.weight.data = last.conv1.weight.data[:, order]
    following.conv1.weight.data = following.conv1.weight.data[:, order]
    following.downsample[0].weight.data = following.downsample[0].weight.data[:, order]
    report, found = exact(network(), right)
    assert (found.status, report.passed) == ("SKIPPED", False)
    assert "different in layer1.0, layer1.1 and layer2.0, but the networks return the same here" in found.detail


class Theirs(nn.Module):
    """The same network in another style: stages as classes, functions in place of layers, an average by hand."""

    class Stem(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.conv, self.norm = net.conv1, net.bn1

        def forward(self, x):
            return F.max_pool2d(F.relu(self.norm(self.conv(x))), 3, 2, 1)

    class Stage(nn.Module):
        def __init__(self, blocks):
            super().__init__()
            self.blocks = nn.ModuleList(blocks)

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return x

    def __init__(self, net):
        super().__init__()
        self.stem = self.Stem(net)
        self.stages = nn.Sequential(*(self.Stage(getattr(net, f"layer{k}")) for k in (1, 2, 3, 4)))
        self.weight, self.bias = net.fc.weight, net.fc.bias

    def forward(self, x):
        x = self.stages(self.stem(x)).mean((2, 3))
        return x @ self.weight.T + self.bias


def test_another_style_is_laid_side_by_side():
    report, _ = exact(Theirs(network("split_sum")), network())
    assert report.passed, report.text()
    names = [link.name for link in report.links]
    assert "stages.1.blocks.0 | layer2.0" in names
    assert names[-2:] == ["mean | avgpool … view", "permute, mm … add | fc"]
    right = Theirs(network("split_sum"))
    right.bias.data[3] += 1
    assert exact(network(), right)[1].status == "FAIL"


class Wrapped(nn.Module):
    """A network with something between its parts."""

    def __init__(self, net, between):
        super().__init__()
        self.net, self.between = net, between

    def forward(self, x):
        return self.between(self.net, x)


def with_a_skip(net, x):
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    y = net.layer2(net.layer1(x))
    y = net.layer4(net.layer3(y))
    return net.fc((net.avgpool(y) + x.mean()).flatten(1))


def with_a_decision(net, x):
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    y = net.layer2(net.layer1(x if x.sum() > 0 else 2 * x))
    return net.fc(net.avgpool(net.layer4(net.layer3(y))).flatten(1))


@pytest.mark.parametrize(("between", "place"), [
    (with_a_skip, "in its forward, `mean` reads an earlier tensor than the last one"),
    (with_a_decision, "its forward hands a number of a tensor to Python (by an `if`, or by `.item()`)"),
])
def test_what_is_no_chain_is_skipped_with_its_place(between, place):
    report, found = exact(Wrapped(network("concat"), between), Wrapped(network(), between))
    assert (found.status, report.passed, report.links) == ("SKIPPED", False, ())
    assert "too deep or too wide" in found.detail
    assert found.detail.endswith(f"link by link they can't be compared: {place}")


class Remembers(nn.Module):
    """Two parts that share more than the tensor between them."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        if self.seen:
            return x + self.seen.pop()
        self.seen.append(x.abs())
        return 2 * x


def test_a_part_that_reads_what_another_one_kept_is_no_chain():
    part = Remembers()
    with pytest.raises(NotAChain, match=r"^1 reads an earlier tensor than the last one"):
        chain_of(nn.Sequential(part, nn.Sequential(nn.ReLU(), part)), torch.ones(1, 2))


def test_memory_that_is_written_into_is_not_the_one_before():
    def forward(layer, x):
        y = layer(x)
        layer(y.flatten(1).add_(1))
        return y.relu()
    with pytest.raises(NotAChain, match="`relu` reads an earlier tensor"):
        chain_of(Wrapped(nn.Linear(2, 2), forward), torch.ones(1, 2))


def test_in_place_layers_are_links():
    net = nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU(inplace=True), nn.Flatten())
    assert [link.name for link in chain_of(net, torch.ones(1, 2, 2, 2)).links] == ["0", "1", "2"]


@pytest.mark.parametrize(("left", "right", "pairs"), [
    ("abc", "abc", ["aa", "bb", "cc"]), ("abc", "ac", ["aa", "b-", "cc"]), ("ac", "abc", ["aa", "-b", "cc"]),
])
def test_a_link_that_only_one_side_has_stands_beside_nothing(left, right, pairs):
    layers = {"a": nn.Linear(3, 3), "b": nn.ReLU(), "c": nn.Linear(3, 3, bias=False)}
    chains = [chain_of(nn.Sequential(*(copy.deepcopy(layers[name]) for name in names)), torch.ones(1, 3)).links
              for names in (left, right)]
    found = side_by_side(*chains)
    kinds = {nn.ReLU: "b", nn.Identity: "-"}
    assert ["".join(kinds.get(type(link.module), "a" if getattr(link.module, "bias", None) is not None else "c")
                    for link in pair) for pair in found] == pairs


def test_folded_batchnorms_are_equal_in_eval_mode_only():
    left = randomise_batchnorm(nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU()))
    left.double().eval()
    right = nn.Sequential(torch.nn.utils.fusion.fuse_conv_bn_eval(left[0], left[1]), nn.ReLU())
    report = prove_equivalent(left, right, input_size=(2, 3, 6, 6))
    assert not report.passed
    assert report.title.startswith("Equal in eval mode only: ")
    assert (report["output (eval)"].status, report["output (train)"].status) == ("PASS", "FAIL")


def test_the_place_of_the_greatest_difference_is_said():
    left = randomise_batchnorm(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()))
    right = copy.deepcopy(left)
    right[1].momentum = 0.5
    found = prove_equivalent(left, right, input_size=(2, 3, 6, 6))["buffers"]
    assert found.status == "FAIL"
    assert found.where.startswith("1.running_")
    right = copy.deepcopy(left)
    right[0].bias.data[2] += 1
    findings = prove_equivalent(left, right, input_size=(2, 3, 6, 6))
    assert findings["output (eval)"].where.startswith("output[")
    assert findings["output (eval)"].where[:-1].split(", ")[1] == "2"
    assert findings["output (eval)"].where in findings.text().replace("\n", " ") or "greatest" in findings.text()


def test_progress_of_a_chain_counts_to_the_end():
    heard = []
    prove_equivalent(network("concat"), network(), input_size=SIZE, floats=False, progress=lambda *args: heard.append(args))
    assert [done for done, *_ in heard] == list(range(heard[-1][1] + 1))
    assert {total for _, total, _ in heard} == {heard[-1][0]}
    assert "exact: layer3.0" in {what for *_, what in heard}


@pytest.mark.skipif(not os.environ.get("REQUIRE_HOSTS"), reason="half a minute; REQUIRE_HOSTS=1 asks for it, as in CI")
def test_torchvisions_resnext_50_is_ours_in_form_a():
    theirs = torchvision.models.resnext50_32x4d()
    ours = resnext50_32x4d(form="split_sum")
    ours.load_state_dict(convert_state_dict(randomise_batchnorm(theirs).state_dict(), "grouped", "split_sum", 32))
    report = prove_equivalent(theirs, ours, input_size=(1, 3, 224, 224), floats=False)
    assert report.passed
    assert len(report.links) == 23
    assert report["exact"].once_in == 57_720
    assert report["exact"].detail.endswith("the weakest, layer4.1, would pass at most once in 57,720 proofs")
