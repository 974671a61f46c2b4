"""One network in the many ways in which people write it, and mistakes that no count shows: all are read as what they are."""
import functools
import random

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination import examine

CONFIG = ResNeXtConfig(layers=(1, 2, 1), cardinality=4, width_per_group=8, num_classes=7)
SIZE = (1, 3, 32, 32)


def layer(i, o, k=1, s=1, g=1, act=True, bias=False):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=bias), nn.BatchNorm2d(o), *[nn.ReLU()] * act)


def stem():
    return [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]


def head():
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 7)]


class Residual(nn.Module):
    """A branch, a shortcut, and what is done with both."""

    def __init__(self, branch, shortcut, join=None):
        super().__init__()
        self.branch, self.shortcut, self.join = branch, shortcut, join or (lambda y, x: F.relu(y + x))

    def forward(self, x):
        return self.join(self.branch(x), self.shortcut(x))


def projection(i, o, s, **how):
    return nn.Identity() if i == o else layer(i, o, 1, s, act=False, **how)


def bottleneck(i, w, o, s, first=layer, middle=None, last=layer, shortcut=projection, join=None):
    branch = nn.Sequential(first(i, w), (middle or (lambda w, s: layer(w, w, 3, s, 4)))(w, s), last(w, o, act=False))
    return Residual(branch, shortcut(i, o, s), join)


def network(block=bottleneck, start=stem, end=head, **how):
    sizes = [(64, 32, 256, 1), (256, 64, 512, 2), (512, 64, 512, 1), (512, 128, 1024, 2)]
    return nn.Sequential(*start(), *(block(*size, **how) for size in sizes), *end())


class Parted(nn.Module):
    """The 3×3 as four small ones, on parts that are cut out in some way."""

    def __init__(self, w, s, cut, small=None):
        super().__init__()
        self.cut, self.norm = cut, nn.BatchNorm2d(w)
        self.small = small or nn.ModuleList(nn.Conv2d(w // 4, w // 4, 3, s, 1, bias=False) for _ in range(4))

    def forward(self, x):
        return F.relu(self.norm(torch.cat([conv(part) for conv, part in zip(self.small, self.cut(x), strict=True)], 1)))


CUTS = {
    "chunk": lambda x: x.chunk(4, 1),
    "split": lambda x: torch.split(x, x.shape[1] // 4, 1),
    "narrow": lambda x: [x.narrow(1, k * x.shape[1] // 4, x.shape[1] // 4) for k in range(4)],
    "unbind": lambda x: x.unflatten(1, (4, -1)).unbind(1),
    "permute": lambda x: x.reshape(len(x), 4, -1, *x.shape[2:]).permute(1, 0, 2, 3, 4),
    "every fourth": lambda x: [x[:, k::4] for k in range(4)],
}


class OneWeight(nn.Module):
    """A loop over the groups, with a weight of its own that is cut, too."""

    def __init__(self, w, s):
        super().__init__()
        self.weight, self.norm, self.stride = nn.Parameter(torch.randn(w, w // 4, 3, 3) / 9), nn.BatchNorm2d(w), s

    def forward(self, x):
        parts = zip(x.chunk(4, 1), self.weight.chunk(4), strict=True)
        return self.norm(torch.cat([F.conv2d(x, w, None, self.stride, 1) for x, w in parts], 1)).clamp(min=0)


class Masked(nn.Module):
    """A dense 3×3 whose weight is multiplied by zeros and ones."""

    def __init__(self, w, s):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(w, w, 3, s, 1, bias=False), nn.BatchNorm2d(w)
        self.register_buffer("mask", torch.block_diag(*[torch.ones(w // 4, w // 4)] * 4)[..., None, None])

    def forward(self, x):
        return F.relu(self.norm(F.conv2d(x, self.conv.weight * self.mask, None, self.conv.stride, 1)))


class OverChannels(nn.Module):
    """A 1×1 as a linear layer over the channels, or as an einsum."""

    def __init__(self, i, o, act=True):
        super().__init__()
        self.linear, self.norm, self.act = nn.Linear(i, o, bias=False), nn.BatchNorm2d(o), act

    def forward(self, x):
        if self.act:
            y = self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        else:
            y = torch.einsum("oi,nihw->nohw", self.linear.weight, x)
        return F.relu(self.norm(y)) if self.act else self.norm(y)


class Paths(nn.Module):
    """Form (a), whose paths are added up in some way."""

    def __init__(self, i, w, o, s, add, norm_each=False, split=False):
        super().__init__()
        into, d = i // (4 if split else 1), w // 4
        self.paths = nn.ModuleList(nn.Sequential(
            layer(into, d), layer(d, d, 3, s), nn.Conv2d(d, o, 1, bias=False),
            nn.BatchNorm2d(o) if norm_each else nn.Identity()) for _ in range(4))
        self.norm, self.shortcut = nn.Identity() if norm_each else nn.BatchNorm2d(o), projection(i, o, s)
        self.add, self.split = add, split

    def forward(self, x):
        parts = x.chunk(4, 1) if self.split else [x] * 4
        y = self.add([path(part) for path, part in zip(self.paths, parts, strict=True)])
        return F.relu(self.norm(y) + self.shortcut(x))


class Excited(nn.Module):
    """A 1×1 with BatchNorm, and factors for its channels."""

    def __init__(self, w, o, act=False):
        super().__init__()
        self.layer = layer(w, o, act=False)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(o, 8, 1), nn.ReLU(), nn.Conv2d(8, o, 1), nn.Sigmoid())

    def forward(self, x):
        y = self.layer(x)
        return y * self.gate(y)


class Sometimes(nn.Module):
    """Stochastic depth by Python's random numbers, and some noise: nothing of it in eval mode."""

    def __init__(self, *size):
        super().__init__()
        self.block = bottleneck(*size)

    def forward(self, x):
        if self.training and random.random() < .5:
            return x
        return F.dropout(self.block(x), .1, self.training)


class Outputs(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        if x.sum() > 1e9:  # a model that looks at its numbers
            return {}
        y = self.model(x)
        return {"logits": y, "more": [y]}


def pad(i, o, s):
    class Padded(nn.Module):
        def forward(self, x):
            return F.pad(x[:, :, ::s, ::s], (0, 0, 0, 0, 0, o - i)) if o > i else x
    return Padded()


def pooled(i, o, s):
    return nn.Identity() if i == o else nn.Sequential(nn.AvgPool2d(s, s), layer(i, o, act=False))


def nothing(i, o, s):
    return nn.Identity()


class InSeries(nn.Sequential):
    def __init__(self, i, w, o, s):
        super().__init__(layer(i, w), layer(w, w, 3, s, 4), layer(w, o, act=False), *[layer(o, o, act=False)] * (i != o))
        self.add = i == o

    def forward(self, x):
        return F.relu(super().forward(x) + x if self.add else super().forward(x))


class PreActivated(nn.Module):
    def __init__(self, i, w, o, s):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(i), nn.ReLU(), nn.Conv2d(i, w, 1, bias=False),
            nn.BatchNorm2d(w), nn.ReLU(), nn.Conv2d(w, w, 3, s, 1, groups=4, bias=False),
            nn.BatchNorm2d(w), nn.ReLU(), nn.Conv2d(w, o, 1, bias=False))
        self.shortcut = nn.Identity() if i == o else nn.Conv2d(i, o, 1, s, bias=False)

    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


def normed_head():
    return [nn.BatchNorm2d(1024), nn.ReLU(), *head()]


def end(*layers):
    return lambda: [nn.AdaptiveAvgPool2d(1), *layers]


def begin(*layers):
    return lambda: list(layers)


def other(act=nn.ReLU, norm=nn.BatchNorm2d, **how):
    def middle(w, s):
        return nn.Sequential(nn.Conv2d(w, w, 3, s, how.get("dilation", 1), groups=4, bias=False, **how), norm(w), act())
    return middle


def swapped(w, s):
    return nn.Sequential(nn.Conv2d(w, w, 3, s, 1, groups=4, bias=False), nn.ReLU(), nn.BatchNorm2d(w))


def shared():
    model = network()
    model[5].branch[2] = model[6].branch[2]
    model[5].branch[2] = model[6].branch[2] = layer(64, 512, act=False)
    return model


def late():
    """Four functions made in a loop: all read the loop's last value when they are called."""
    def middle(w, s):
        return Parted(w, s, lambda x: [f(x) for f in [lambda x: x[:, k * w // 4:(k + 1) * w // 4] for k in range(4)]])  # noqa: B023
    return network(middle=middle)


RIGHT = {
    **{name: functools.partial(network, middle=lambda w, s, cut=cut: Parted(w, s, cut)) for name, cut in CUTS.items()},
    "own weight": lambda: network(middle=OneWeight),
    "over the channels": lambda: network(first=OverChannels, last=OverChannels),
    "sum": lambda: network(Paths, add=sum),
    "reduce": lambda: network(Paths, add=lambda paths: functools.reduce(torch.add, paths)),
    "stack": lambda: network(Paths, add=lambda paths: torch.stack(paths).sum(0)),
    "in place": lambda: network(join=lambda y, x: F.relu_(y.add_(x))),
    "random": lambda: network(Sometimes),
    "1×1 at the end": lambda: network(end=end(nn.Conv2d(1024, 7, 1), nn.Flatten())),
    "a dict": lambda: Outputs(network()),
    "bfloat16": lambda: network().bfloat16(),
    "on meta": lambda: network().to("meta"),
}
WRONG = {
    "first_1x1_grouped": lambda: network(Paths, add=sum, split=True),
    "bn_per_path": lambda: network(Paths, add=sum, norm_each=True),
    "unread_channels": late,
    "dense_with_zeros": lambda: network(middle=Masked),
    "squeeze_excitation": lambda: network(last=Excited),
    "projection_padded": lambda: network(shortcut=pad),
    "projection_pooled": lambda: network(shortcut=pooled),
    "projection_in_series": lambda: network(InSeries),
    "projection_biased": lambda: network(shortcut=functools.partial(projection, bias=True)),
    "branch_biased": lambda: network(**dict.fromkeys(("first", "last"), functools.partial(layer, bias=True)),
                                     middle=lambda w, s: layer(w, w, 3, s, 4, bias=True)),
    "pre_activation": lambda: network(PreActivated, end=normed_head),
    "norm_after_sum": lambda: network(lambda *size: nn.Sequential(
        bottleneck(*size, join=lambda y, x: y + x), nn.BatchNorm2d(size[2]), nn.ReLU())),
    "conv2_without_bn": lambda: network(middle=other(norm=lambda w: nn.Identity())),
    "other_norm": lambda: network(middle=other(norm=lambda w: nn.GroupNorm(4, w))),
    "other_activation": lambda: network(middle=other(nn.SiLU)),
    "relu_missing_inside": lambda: network(middle=other(nn.Identity)),
    "relu_before_bn": lambda: network(middle=swapped),
    "dilated": lambda: network(middle=lambda w, s: nn.Sequential(
        nn.Conv2d(w, w, 3, s, 2, 2, 4, bias=False), nn.BatchNorm2d(w), nn.ReLU())),
    "stride_in_pool": lambda: network(middle=lambda w, s: nn.Sequential(layer(w, w, 3, 1, 4), nn.AvgPool2d(s, s))),
    "scaled_branch": lambda: network(join=lambda y, x: F.relu(.1 * y + x)),
    "stem_deep": lambda: network(start=begin(layer(3, 32, 3, 2), layer(32, 32, 3), layer(32, 64, 3), nn.MaxPool2d(3, 2, 1))),
    "other_stem": lambda: network(start=begin(layer(3, 64, 5, 2), nn.MaxPool2d(3, 2, 1))),
    "stem_without_relu": lambda: network(start=begin(layer(3, 64, 7, 2, act=False), nn.MaxPool2d(3, 2, 1))),
    "output_activation": lambda: network(end=end(nn.Flatten(), nn.Linear(1024, 7), nn.Sigmoid())),
    "other_head": lambda: network(end=end(nn.Flatten(), nn.Linear(1024, 9), nn.ReLU(), nn.Linear(9, 7))),
    "norm_before_fc": lambda: network(end=end(nn.Flatten(), nn.BatchNorm1d(1024), nn.Linear(1024, 7))),
    "shared_layers": shared,
    "computed_weights": lambda: nn.utils.parametrizations.weight_norm(network()[4].branch[0][0]) and network(
        first=lambda i, w: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(i, w, 1, bias=False)),
                                         nn.BatchNorm2d(w), nn.ReLU())),
}


def all_that_may_change(model):
    return ([value.clone() for value in model.state_dict().values()], [module.training for module in model.modules()],
            [value.grad for value in model.parameters()], torch.get_rng_state(), random.getstate())


@pytest.mark.parametrize("name", RIGHT)
def test_the_paper_s_network_is_known_in_every_style(name):
    found = examine(RIGHT[name](), CONFIG, SIZE)
    assert ([each.name for each in found.departures], found.explained, found.unexplained) == ([], True, ())


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_priced_and_nothing_is_changed(name):
    torch.manual_seed(1)
    model = WRONG[name]()
    before = all_that_may_change(model)
    found = examine(model, CONFIG, SIZE)
    assert ([each.name for each in found.departures], found.explained) == ([name], True)
    assert found.params == sum(p.numel() for p in model.parameters())
    after = all_that_may_change(model)
    assert all(torch.equal(a, b) for a, b in zip(before[0] + [before[3]], after[0] + [after[3]], strict=True))
    assert (before[1], before[2], before[4]) == (after[1], after[2], after[4])


def test_a_network_without_shortcuts_has_two_departures():
    found = examine(network(shortcut=nothing, join=lambda y, x: F.relu(y)), CONFIG, SIZE)
    assert {each.name for each in found.departures} == {"projection_missing", "shortcut_missing"}
    assert found.explained


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize(("model", "words"), [
    (lambda: torch.jit.trace(network().eval(), torch.randn(SIZE)), "TorchScript hides its layers"),
    (lambda: network(join=lambda y, x: torch.maximum(y, F.pad(x, (0, 0)))), "paths that meet, but are not added"),
    (lambda: nn.Sequential(nn.Flatten(), nn.Linear(3072, 7)), "there is no residual block"),
])
def test_what_can_t_be_read_says_why(model, words):
    found = examine(model(), CONFIG, SIZE)
    assert (found.explained, found.why[:len(words)]) == (False, words)


@pytest.mark.parametrize("model", [
    lambda: network(end=lambda: [nn.Flatten(), nn.Linear(4096, 7)]),
    lambda: network(end=lambda: [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(1024, 7)]),
    lambda: network(start=begin(nn.Conv2d(3, 64, 7, 2, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))),
])
def test_what_has_no_name_is_never_explained(model):
    found = examine(model(), CONFIG, SIZE)
    assert not found.explained
    assert found.unexplained


def test_what_was_not_asked_is_said():
    assert examine(network(), CONFIG, SIZE).notes == ()
    assert examine(network().to("meta"), CONFIG, SIZE).notes == (
        "What only a run can tell was not asked, such as which channels are read: its weights have no numbers.",)
