"""How strangers write a ResNeXt: what is right in their way of writing, what is wrong, and two mistakes at a time."""
import dataclasses
import functools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination import examine
from resnext_edu.network import ResNeXt
from tests.examination.test_styles import (
    CONFIG,
    SIZE,
    Paths,
    Residual,
    begin,
    head,
    layer,
    network,
    projection,
    stem,
)


class Called(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Norm(nn.LayerNorm):
    """A layer norm over the channels."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class LastSlice(Paths):
    """The input is split by functions made in a loop, which all read the last part of it."""

    def forward(self, x):
        cuts = [lambda x: x.chunk(4, 1)[k] for k in range(4)]  # noqa: B023
        return F.relu(self.norm(sum(path(cut(x)) for path, cut in zip(self.paths, cuts, strict=True))) + self.shortcut(x))


class BiasedPaths(Paths):
    """Form (a) with biases in all convolutions, so that there is one for each path where one for all would do."""

    def __init__(self, i, w, o, s):
        super().__init__(i, w, o, s, sum)
        self.shortcut = projection(i, o, s, bias=True)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.bias = nn.Parameter(torch.zeros(module.out_channels))


class SideBySide(nn.Module):
    """Form (a) or (b), with as many paths as `paths` says; the shortcut is there, is missing, or follows the branch."""

    def __init__(self, i, w, o, s, form, paths=lambda w: 4, split=False, shortcut="beside"):
        super().__init__()
        self.count, self.split, self.form, d = paths(w), split, form, w // paths(w)
        into = i // self.count if split else i
        self.paths = nn.ModuleList(nn.Sequential(layer(into, d), layer(d, d, 3, s), *self.ends(d, o, "a")) for _ in range(self.count))
        self.last = nn.Sequential(*self.ends(w, o, "b"), nn.BatchNorm2d(o))
        if shortcut == "follows" and i != o:
            self.last.append(layer(o, o, act=False))
        beside = shortcut == "beside" or (shortcut == "follows" and i == o)
        self.shortcut = projection(i, o, s) if beside else None

    def ends(self, i, o, form):
        return [nn.Conv2d(i, o, 1, bias=False)] * (form == self.form)

    def forward(self, x):
        parts = x.chunk(self.count, 1) if self.split else [x] * self.count
        paths = [path(part) for path, part in zip(self.paths, parts, strict=True)]
        y = self.last(sum(paths) if self.form == "a" else torch.cat(paths, 1))
        return F.relu(y if self.shortcut is None else y + self.shortcut(x))


class ActivatedFirst(nn.Module):
    """BatchNorm and ReLU stand before everything, the shortcut as well."""

    def __init__(self, i, w, o, s):
        super().__init__()
        self.norm, self.shortcut = nn.BatchNorm2d(i), bare(i, o, s) if i != o else nn.Identity()
        self.branch = nn.Sequential(layer(i, w), layer(w, w, 3, s, 4), nn.Conv2d(w, o, 1, bias=False))

    def forward(self, x):
        x = F.relu(self.norm(x))
        return self.branch(x) + self.shortcut(x)


class Beside(nn.Module):
    """A network with a second answer, from the middle of it."""

    def __init__(self):
        super().__init__()
        self.model, self.second = network(), nn.Linear(256, 7)

    def forward(self, x):
        x = self.model[:5](x)
        second = self.second(x.mean((2, 3)))
        return self.model[5:](x), second


def middle(act=nn.ReLU, norm=nn.BatchNorm2d, **how):
    return lambda w, s: nn.Sequential(nn.Conv2d(w, w, 3, s, 1, groups=4, bias=False, **how), norm(w), act())


def everywhere(i, o, s, **how):
    return layer(i, o, 1, s, act=False, **how)


def bare(i, o, s):
    return nn.Conv2d(i, o, 1, s, bias=False)


def end(*layers):
    return lambda: [nn.AdaptiveAvgPool2d(1), nn.Flatten(), *layers]


def joined(function):
    return lambda: network(join=function)


def side_by_side(form, **how):
    return lambda: network(SideBySide, form=form, **how)


def biased_with_another_stem():
    with_bias = functools.partial(layer, bias=True)
    return network(start=begin(with_bias(3, 64, 1)), first=with_bias, middle=lambda w, s: with_bias(w, w, 3, s, 4), last=with_bias,
                   shortcut=functools.partial(projection, bias=True))


CASES = {  # what is written → (the network, its departures)
    "a stack of branch and shortcut": (joined(lambda y, x: F.relu(torch.stack([y, x]).sum(0))), set()),
    "a maximum of 0": (joined(lambda y, x: torch.max(y + x, torch.zeros_like(x))), set()),
    "a mean of means": (lambda: network(end=lambda: [Called(lambda x: x.mean(3).mean(2)), nn.Linear(1024, 7)]), set()),
    "x · sigmoid(x)": (lambda: network(middle=middle(lambda: Called(lambda x: x * x.sigmoid()))), {"other_activation"}),
    "an activation before its BatchNorm": (lambda: network(middle=lambda w, s: nn.Sequential(
        nn.Conv2d(w, w, 3, s, 1, groups=4, bias=False), nn.SiLU(), nn.BatchNorm2d(w))), {"relu_before_bn", "other_activation"}),
    "two paths of 16 in place of four of 8": (lambda: network(middle=lambda w, s: layer(w, w, 3, s, 2)), {"other_paths"}),
    "layer norms": (lambda: network(middle=middle(norm=Norm)), {"other_norm"}),
    "add with alpha": (joined(lambda y, x: F.relu(torch.add(x, y, alpha=.2))), {"scaled_branch"}),
    "the shortcut twice": (joined(lambda y, x: F.relu(y + x + x)), {"scaled_branch"}),
    "a shortcut that nobody adds": (lambda: network(join=lambda y, x: F.relu(y)),
                                    {"shortcut_missing", "projection_missing", "unread_layers"}),
    "a second answer": (Beside, {"unread_layers"}),
    "form (a), and no shortcut": (side_by_side("a", shortcut="missing"), {"shortcut_missing", "projection_missing"}),
    "form (b), and no shortcut": (side_by_side("b", shortcut="missing"), {"shortcut_missing", "projection_missing"}),
    "form (a) of a split input, and no shortcut": (side_by_side("a", shortcut="missing", split=True),
                                                   {"first_1x1_grouped", "shortcut_missing", "projection_missing"}),
    "form (a), and the projection behind it": (side_by_side("a", shortcut="follows"), {"projection_in_series"}),
    "form (b), and the projection behind it": (side_by_side("b", shortcut="follows"), {"projection_in_series"}),
    "an input split into paths whose number doubles": (side_by_side("a", paths=lambda w: w // 8, split=True),
                                                       {"cardinality_doubles", "first_1x1_grouped_as_3x3"}),
    "an input split into as many paths as they have channels": (side_by_side("b", paths=lambda w: w // 4, split=True),
                                                                {"groups_is_width", "first_1x1_grouped_as_3x3"}),
    "a shortcut that is activated first, too": (lambda: network(ActivatedFirst, end=lambda: [nn.BatchNorm2d(1024), nn.ReLU(), *head()]),
                                                {"pre_activation"}),
    "edges that are reflected": (lambda: network(middle=middle(padding_mode="reflect")), {"other_padding"}),
    "zeros on two sides": (lambda: network(start=begin(nn.ZeroPad2d((2, 3, 2, 3)), nn.Conv2d(3, 64, 7, 2, bias=False), *stem()[1:])),
                           {"other_padding"}),
    "a pool of 2×2": (lambda: network(start=begin(*stem()[:3], nn.MaxPool2d(2))), {"stem_pool"}),
    "an image made smaller numbers of": (lambda: network(start=begin(Called(lambda x: (x - .5) / .25), *stem())), {"image_changed"}),
    "a BatchNorm on the image": (lambda: network(start=begin(nn.BatchNorm2d(3), *stem())), {"image_changed"}),
    "a dropout that nobody turns off": (lambda: network(end=end(Called(lambda x: F.dropout(x, .2)), nn.Linear(1024, 7))), {"always_training"}),
    "statistics of the batch": (lambda: network(middle=middle(norm=lambda w: nn.BatchNorm2d(w, track_running_stats=False))), {"always_training"}),
    "a hidden layer with BatchNorm": (lambda: network(end=end(nn.Linear(1024, 9, bias=False), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 7))),
                                      {"other_head"}),
    "late binding of a split input": (lambda: network(LastSlice, add=sum, split=True), {"first_1x1_grouped", "same_slice"}),
    "biases in form (a)": (lambda: network(BiasedPaths, start=begin(nn.Conv2d(3, 64, 7, 2, 3), *stem()[1:])), {"biases", "bias_per_path"}),
    "biases, and another stem": (biased_with_another_stem, {"biases", "stem_1x1"}),
    "projections everywhere, without BatchNorm": (lambda: network(shortcut=bare), {"projection_everywhere", "projection_without_bn"}),
    "projections everywhere, with biases": (lambda: network(shortcut=functools.partial(everywhere, bias=True)),
                                            {"projection_everywhere", "projection_biased"}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_strangers_write_is_named_and_priced_to_the_last_unit(name):
    make, departures = CASES[name]
    torch.manual_seed(1)
    model = make()
    found = examine(model, CONFIG, SIZE)
    assert ({each.name for each in found.departures}, found.explained, found.unexplained) == (departures, True, ())
    assert found.params == sum(p.numel() for p in model.parameters())
    assert found.notes == ()


def test_a_network_that_is_no_preset_is_read_with_its_own_numbers():
    """Not as the preset that happens to be near, with mistakes that nobody made."""
    config = ResNeXtConfig(stem_type="cifar", cardinality=32, width_per_group=4, num_classes=5)
    with torch.device("meta"):
        found = examine(ResNeXt(config))
    assert (found.reading, found.departures, found.explained) == (config, (), True)
    assert found.verdict == "Read as ResNeXt-29, 32×4d: as in the paper"


def test_a_mistake_that_has_a_name_is_not_called_other_paths():
    """A preset that explains it comes before the numbers that the network has itself."""
    mini = ResNeXtConfig.preset("resnext_mini")
    model = ResNeXt(mini)
    for stage in (model.layer1, model.layer2, model.layer3):
        width = stage[0].conv2.in_channels
        stage[0].conv2 = nn.Conv2d(width, width, 3, stage[0].conv2.stride, 1, bias=False)
    found = examine(model, input_size=(1, 1, 28, 28))
    assert (found.name, [each.name for each in found.departures]) == ("resnext_mini", ["groups_missing"])


def test_what_runs_for_nothing_is_listed_with_its_price():
    found = examine(Beside(), CONFIG, SIZE)
    assert [(each.where, each.params, each.macs) for each in found.departures] == [(("second",), 256 * 7 + 7, 256 * 7)]


def test_sums_that_differ_are_told_as_sums():
    """Rows that are not explained are counted only where there are some."""
    found = examine(network(), CONFIG, SIZE)
    wrong = dataclasses.replace(found, macs=found.macs + 1)
    assert (wrong.explained, wrong.verdict) == (False, f"Read as a ResNeXt, but the departures give {found.params:,} parameters and "
                                                f"{found.macs:,} MACs, where there are {found.params:,} and {found.macs + 1:,}")


def test_branch_and_shortcut_have_one_name_for_all_that_weighs_them():
    both = lambda y, x: F.relu(.5 * y + torch.add(x, x, alpha=2))  # noqa: E731
    found = examine(nn.Sequential(*stem(), *[Residual(block.branch, block.shortcut, both) for block in network()[4:8]], *head()),
                    CONFIG, SIZE)
    assert [each.name for each in found.departures] == ["scaled_branch"]
