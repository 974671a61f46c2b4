"""GroupedConvExplorer: what it shows is what torch stores and torchinfo counts."""
import pytest
from torch import nn
from torchinfo import summary

from resnext_edu.errors import ConfigError
from resnext_edu.widgets import GroupedConvExplorer


@pytest.mark.parametrize(("channels", "stops"), [(16, (1, 2, 4, 8, 16)), (6, (1, 2, 3, 6)), (1, (1,))])
def test_every_stop_is_a_real_convolution(channels, stops):
    explorer = GroupedConvExplorer(channels, follow=0, size=7)
    assert explorer.stops[0].stops == stops
    for groups in stops:
        explorer.move(groups=groups)
        conv = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
        info = summary(conv, (1, channels, 7, 7), verbose=0)
        assert explorer.numbers == {
            "inputs read by an output": conv.weight.shape[1], "weight": tuple(conv.weight.shape),
            "weights": conv.weight.numel(), "MACs": info.total_mult_adds,
        }
        for number in explorer.frame.texts:
            assert number in explorer.frame.picture.text


def test_the_slider_says_what_a_stop_is():
    assert GroupedConvExplorer().stops[0].words == [
        "1 (dense)", "2 (2 blocks of 8 → 8)", "4 (4 blocks of 4 → 4)", "8 (8 blocks of 2 → 2)", "16 (depthwise)"]


def test_the_followed_output_the_kernel_and_the_map_can_be_chosen():
    words = GroupedConvExplorer().frame.picture.text
    assert "output 5 reads 16 of 16 inputs" in words
    assert "A 3×3 convolution, 16 → 16 channels, on a 56×56 map." in words
    chosen = GroupedConvExplorer(4, follow=3, kernel=5, size=7)
    chosen.move(groups=4)
    assert chosen.numbers == {"inputs read by an output": 1, "weight": (4, 1, 5, 5), "weights": 100, "MACs": 4900}
    assert "output 3 reads 1 of 4 inputs (3)" in chosen.frame.picture.text


def test_it_is_small():
    """The frames travel to the browser when the cell runs: at most 3 MB."""
    frames = [frame for row in GroupedConvExplorer(32).frames for frame in row]
    assert sum(len(frame.html.encode()) for frame in frames) < 3e6


def test_what_cannot_be_drawn():
    with pytest.raises(ConfigError, match="channels must be a whole number, 1 or more; got 0"):
        GroupedConvExplorer(0)
    with pytest.raises(ConfigError, match="channels must be 32 or fewer, so that each can be seen; got 64"):
        GroupedConvExplorer(64)
