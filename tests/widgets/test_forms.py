"""FormsExplorer: the numbers at each stop are those of a real block in that form."""
import pytest
from torch import nn

from resnext_edu.blocks import FORMS
from resnext_edu.widgets import FormsExplorer
from resnext_edu.widgets.forms import WIDTHS_ON_BUDGET, forms_frame


@pytest.fixture(scope="module")
def explorer():
    return FormsExplorer()


@pytest.mark.parametrize("form", FORMS)
def test_every_stop_is_a_real_block(explorer, form):
    for c, d in WIDTHS_ON_BUDGET.items():
        explorer.move(form=form, cardinality=c)
        convs = [m for m in FORMS[form](256, 256, cardinality=c, width_per_group=d).modules() if isinstance(m, nn.Conv2d)]
        numbers = explorer.numbers
        assert numbers["convolutions"] == len(convs)
        assert numbers["weights"] == sum(conv.weight.numel() for conv in convs)
        assert numbers["weights"] == numbers["first 1×1"] + numbers["3×3"] + numbers["last 1×1"]
        assert numbers["3×3"] == sum(conv.weight.numel() for conv in convs if conv.kernel_size == (3, 3))


def test_the_weights_stay_until_the_3x3_is_whole(explorer):
    """Table 2's block: the counts of the three forms are one number, the fourth has zeros besides."""
    explorer.move(cardinality=32)
    seen = []
    for form in explorer.stops[0].stops:
        explorer.move(form=form)
        seen += [(explorer.numbers["convolutions"], explorer.numbers["weights"], explorer.numbers["zeros among them"])]
    assert seen == [(96, 70144, 0), (65, 70144, 0), (3, 70144, 0), (3, 212992, 142848)]


def test_the_sliders_say_what_a_stop_is(explorer):
    form, cardinality = explorer.stops
    assert form.ticks == ["(a)", "(b)", "(c)", "dense"]
    assert [words[:13] for words in form.words] == ["(a) split_sum", "(b) concat: t", "(c) grouped: ", "dense: the 3×"]
    assert cardinality.words == ["1 path of width 64", "2 paths of width 40", "4 paths of width 24", "8 paths of width 14",
                                 "32 paths of width 4"]


def test_one_path_is_followed_and_the_width_is_the_papers_unless_it_is_given():
    assert FormsExplorer().value == {"form": "split_sum", "cardinality": 32}
    assert "Path 5 is stored in" in forms_frame("concat").picture.text
    assert forms_frame("grouped", 32).numbers["weights"] == 70_144
    assert forms_frame("grouped", 32, 8).numbers["weights"] == 2 * 256 * 256 + 9 * 8 * 256


def test_it_is_small(explorer):
    assert sum(len(frame.html.encode()) for row in explorer.frames for frame in row) < 3e6
