"""A page that never had a kernel: what ipywidgets saves into it is all that an explorer needs."""
import pytest
from ipywidgets.embed import dependency_state

from resnext_edu.widgets import CardinalityExplorer, EquivalenceLab, FormsExplorer, GroupedConvExplorer, StageTracer
from tests.widgets.page import pages

EXPLORERS = {"GroupedConvExplorer": GroupedConvExplorer, "FormsExplorer": FormsExplorer,
             "CardinalityExplorer": CardinalityExplorer, "StageTracer": lambda: StageTracer().shown}


def saved(widget):
    """Kind of model → the states of those that such a page holds."""
    found = {}
    for model in dependency_state(widget, drop_defaults=False).values():
        found.setdefault(model["model_name"], []).append(model["state"])
    return found


@pytest.mark.parametrize("name", EXPLORERS)
def test_two_models_hold_all_of_it(name):
    explorer = EXPLORERS[name]()
    page = saved(explorer)
    assert sum(map(len, page.values())) == 2  # the explorer, and its layout
    (state,) = page["AnyModel"]
    assert (state["at"], state["names"], state["controls"]) == (explorer.at, explorer.names, explorer.controls)
    assert "DecompressionStream" in state["_esm"]
    assert [each["svg"] for each in pages(explorer)] == [frame.html for row in explorer.frames for frame in row]


def test_what_needs_a_kernel_says_so_there():
    for widget in (EquivalenceLab(), StageTracer()):
        assert any("this needs a running kernel" in state.get("value", "") for state in saved(widget)["HTMLModel"])
