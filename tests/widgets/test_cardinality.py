"""CardinalityExplorer: what it shows is what torchvision's networks have, torchinfo counts and the paper prints."""
import pytest
import torchvision
from torchinfo import summary

from resnext_edu import matched_width
from resnext_edu.draw.network.budget_plot import REFERENCE
from resnext_edu.errors import UnknownNameError
from resnext_edu.widgets import CardinalityExplorer


@pytest.fixture(scope="module")
def explorer():
    return CardinalityExplorer()


@pytest.mark.parametrize(("C", "d"), [(1, 64), (32, 4), (8, 14)])
def test_the_numbers_are_those_of_the_real_network(explorer, C, d):
    explorer.move(cardinality=C, width=d)
    network = torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [3, 4, 6, 3], groups=C, width_per_group=d)
    info = summary(network, (1, 3, 224, 224), verbose=0)
    beside_macs = 69_224  # BatchNorm's parameters and the bias, which torchinfo counts as multiply-adds
    assert explorer.numbers["parameters"] == info.total_params
    assert abs(info.total_mult_adds - explorer.numbers["MACs"]) < 1.1 * beside_macs


def test_the_lock_keeps_the_budget(explorer):
    explorer.move(width="locked")
    for C in explorer.stops[0].stops:
        explorer.move(cardinality=C)
        assert explorer.numbers["C×d"] == f"{C}×{matched_width(REFERENCE, C)}d"
        assert abs(explorer.numbers["weights of a block"] / 69_632 - 1) < .08
        row = dict(zip(explorer.stops[1].stops, explorer.frames[explorer.at[0]], strict=True))
        assert row.get(matched_width(REFERENCE, C), explorer.frame) == explorer.frame


@pytest.mark.parametrize(("C", "d", "at_50", "at_101"), [  # Table 3, then what has twice the budget in Table 4
    (1, 64, "23.9 %", "22.0 %"), (2, 40, "23.0 %", "21.7 %"), (4, 24, "22.6 %", "21.4 %"), (8, 14, "22.3 %", "21.3 %"),
    (32, 4, "22.2 %", "21.2 %"), (1, 100, "–", "21.3 %"), (2, 64, "–", "20.7 %"), (64, 4, "–", "20.4 %"), (32, 8, "–", "–")])
def test_the_errors_are_the_papers_and_unknown_ones_are_not_guessed(explorer, C, d, at_50, at_101):
    explorer.move(cardinality=C, width=d)
    assert explorer.numbers["C×d"] == f"{C}×{d}d"
    assert (explorer.numbers["error at depth 50"], explorer.numbers["at depth 101"]) == (at_50, at_101)


def test_with_the_lock_the_errors_are_those_of_the_width_on_the_budget(explorer):
    found = {}
    for C in (2, 16, 32):
        explorer.move(cardinality=C, width="locked")
        found[explorer.numbers["C×d"]] = explorer.numbers["error at depth 50"]
    assert found == {"2×40d": "23.0 %", "16×8d": "–", "32×4d": "22.2 %"}


def test_every_number_of_a_frame_stands_in_its_text_alternative(explorer):
    for row in explorer.frames:
        for frame in row:
            said = frame.picture.text
            shown = [number for number in frame.texts if number != "–"]
            assert [number for number in shown if number not in said] == []


def test_the_sliders_say_what_a_stop_is():
    cardinality, width = CardinalityExplorer().stops
    assert cardinality.words[:2] == ["1 path", "2 paths"]
    assert width.words[:2] == ["locked: as wide as the budget of 1×64d allows", "2 channels a path"]
    assert CardinalityExplorer().value == {"cardinality": 32, "width": "locked"}


def test_it_is_small(explorer):
    """The frames travel to the browser when the cell runs: at most 3 MB."""
    assert sum(len(frame.html.encode()) for row in explorer.frames for frame in row) < 3e6


def test_a_width_that_is_no_stop(explorer):
    with pytest.raises(UnknownNameError, match="unknown stop of width 5; Known: locked, 2, 4"):
        explorer.move(width=5)
