"""A page that never had a kernel: what ipywidgets saves into it is all that an explorer needs."""
from collections import Counter

import pytest
from ipywidgets.embed import dependency_state

from resnext_edu.widgets import CardinalityExplorer, EquivalenceLab, FormsExplorer, GroupedConvExplorer, StageTracer

EXPLORERS = {"GroupedConvExplorer": GroupedConvExplorer, "FormsExplorer": FormsExplorer,
             "CardinalityExplorer": CardinalityExplorer, "StageTracer": lambda: StageTracer().shown}


def saved(widget):
    """Kind of model → the states of those that such a page holds."""
    found = {}
    for model in dependency_state(widget).values():
        found.setdefault(model["model_name"], []).append(model["state"])
    return found


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_picture_and_every_link_is_in_the_page(name):
    explorer = EXPLORERS[name]()
    page = saved(explorer)
    values = [state["value"] for state in page["HTMLModel"]]
    pictures = [frame.html for row in explorer.frames for frame in row]
    assert [value for value in values if "<svg" in value] == pictures
    sliders, rows = len(explorer.controls), len(explorer.frames) if len(explorer.controls) > 1 else 0
    # of each slider: two links to the numbers, one to its stack; the inner slider turns a stack in each row
    turned = Counter(state["target"][1] for state in page["LinkModel"])
    assert turned["selected_index"] == 1 + rows
    assert len(page["LinkModel"]) == 2 * sliders + 1 + rows
    assert len(page["HTMLStyleModel"]) == 2  # one for all pictures, one for the style sheet's widget


def test_what_needs_a_kernel_says_so_there():
    for widget in (EquivalenceLab(), StageTracer()):
        assert any("this needs a running kernel" in state.get("value", "") for state in saved(widget)["HTMLModel"])
