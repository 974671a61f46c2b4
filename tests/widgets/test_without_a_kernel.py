"""A page that never had a kernel: what ipywidgets saves into it is all that an explorer needs."""
import pytest
from ipywidgets.embed import dependency_state

from resnext_edu.widgets import CardinalityExplorer, EquivalenceLab, FormsExplorer, GroupedConvExplorer, StageTracer
from tests.widgets.page import pages


@pytest.mark.parametrize("make", [GroupedConvExplorer, FormsExplorer, CardinalityExplorer, StageTracer, EquivalenceLab])
def test_two_models_hold_all_of_it(make):
    explorer, kinds = make(), {}
    for model in dependency_state(explorer, drop_defaults=False).values():
        kinds.setdefault(model["model_name"], []).append(model["state"])
    assert sum(map(len, kinds.values())) == 2  # the explorer, and its layout
    (state,) = kinds["AnyModel"]
    assert (state["at"], state["names"], state["controls"]) == (explorer.at, explorer.names, explorer.controls)
    assert "DecompressionStream" in state["_esm"]
    assert [each["svg"] for each in pages(explorer).values()] == [frame.html for row in explorer.frames for frame in row]
