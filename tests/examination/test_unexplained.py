"""What must not be named by chance, and what is said of a network that can't be explained."""
import pytest
from torch import nn
from torch.nn import functional as F

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination import examine
from resnext_edu.network import ResNeXt
from tests.examination.test_strangers import Called
from tests.examination.test_styles import CONFIG, SIZE, begin, bottleneck, head, layer, network, projection, stem


class ExcitedInPlace(nn.Module):
    """Factors for the channels, which change the map in place after a pooling has read it."""

    def __init__(self, i, o):
        super().__init__()
        self.norm, self.factors = layer(i, o, act=False), nn.Conv2d(o, o, 1)

    def forward(self, x):
        y = self.norm(x)
        y *= self.factors(F.avg_pool2d(y, y.shape[2:])).sigmoid()
        return y


class SplitsAddedUp(nn.Module):
    """A 3×3 that puts out every map twice, and their sum."""

    def __init__(self, w, s):
        super().__init__()
        self.both = layer(w, 2 * w, 3, s, 4)

    def forward(self, x):
        return self.both(x).unflatten(1, (2, -1)).sum(1)


def with_widths(*widths):
    sizes = [(64, 256, 1), (256, 512, 2), (512, 512, 1), (512, 1024, 2)]
    return nn.Sequential(*stem(), *(bottleneck(i, w, o, s) for (i, o, s), w in zip(sizes, widths, strict=True)), *head())


def pooled_first(i, o, s):
    return nn.Sequential(nn.AvgPool2d(s), *projection(i, o, 1)) if i != o else nn.Identity()


def mini_that_halves_at_once():
    model = ResNeXt(ResNeXtConfig.preset("resnext_mini"))
    model.layer1[0].conv2.stride = model.layer1[0].downsample[0].stride = (2, 2)
    return model


def test_what_changes_in_place_is_heard_too():
    dilated = lambda w, s: nn.Sequential(nn.Conv2d(w, w, 3, s, 2, 2, 4, bias=False), nn.BatchNorm2d(w), nn.ReLU())  # noqa: E731
    found = examine(network(middle=dilated, last=lambda i, o, act: ExcitedInPlace(i, o)), CONFIG, SIZE)
    assert ({each.name for each in found.departures}, found.notes) == ({"squeeze_excitation", "dilated"}, ())


def test_a_width_that_fits_in_one_stage_is_no_rule_for_all():
    """In the last stage the width is that of the first, as if it were stuck; in the others it is not."""
    other, = examine(with_widths(40, 48, 48, 32), CONFIG, SIZE).departures
    assert other.name == "other_paths"
    assert other.detail.startswith("the paths are 4×10d, 4×12d, 4×8d. The paper: 4×8d, 4×16d, 4×32d.")


def test_only_the_paths_that_differ_are_listed():
    other, = examine(with_widths(32, 64, 48, 128), CONFIG, SIZE).departures
    assert (other.where, other.detail[:45]) == (("6.branch",), "the paths are 4×12d. The paper: 4×16d. Effect"[:45])


def test_another_stem_is_told_beside_that_of_the_paper():
    found = examine(network(start=lambda: layer(3, 64, 5, 2)), CONFIG, SIZE)
    assert found.departures[0].detail.startswith(
        "the stem is 64 × 5×5 of stride 2, without a pool. The paper: 64 × 7×7 of stride 2, with a pool.")


def test_a_pool_of_the_first_shortcut_is_none_of_the_stem():
    """Where it reads single pixels it does nothing, and is not named."""
    pooled, = examine(network(shortcut=pooled_first), CONFIG, SIZE).departures
    assert (pooled.name, pooled.where) == ("projection_pooled", ("5.branch", "7.branch"))


def test_a_block_that_is_not_explained_says_why():
    found = examine(mini_that_halves_at_once(), input_size=(1, 1, 28, 28))
    assert (found.explained, found.ties) == (False, ())
    assert found.verdict.endswith("not explained, since no known departure explains layer1.0, where the 3×3 has stride 2, and not 1")


def test_a_network_with_other_widths_outside_of_its_paths_says_so():
    config = ResNeXtConfig((1, 1, 1), 4, 6, stem_type="cifar", stem_width=16, expansion=2)
    assert examine(ResNeXt(config)).verdict == (
        "Read as ResNeXt-11, 4×6d (16 channels before the first stage, 128 behind it): as in the paper")


def test_four_stages_behind_a_small_stem_are_read_with_their_own_numbers():
    model = ResNeXt(ResNeXtConfig((1, 1, 1, 1), 4, 6, stem_type="imagenet", num_classes=3))
    model.conv1, model.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    found = examine(model)
    assert (found.name, [each.name for each in found.departures]) == ("ResNeXt-14, 4×6d", ["stem_3x3"])


@pytest.mark.parametrize(("model", "words"), [
    (lambda: network(start=list, block=lambda i, w, o, s: bottleneck(3 if i == 64 else i, w, o, s)), "its first block reads the image"),
    (lambda: network(middle=SplitsAddedUp), "a block that adds up parts of one result"),
])
def test_what_can_t_be_read_has_a_sentence_of_its_own(model, words):
    assert examine(model(), CONFIG, SIZE).why.startswith(words)


def test_images_with_their_channels_last_are_read_as_what_they_are():
    found = examine(network(start=begin(Called(lambda x: x.permute(0, 3, 1, 2)), *stem())), CONFIG, (1, *SIZE[2:], 3))
    assert (found.departures, found.explained, found.notes) == ((), True, ())
