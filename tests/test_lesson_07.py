"""Lesson 7 ends with a slider that the learner writes: it works as it stands there, and shows what the lesson says."""
import re

import matplotlib
import pytest

from resnext_edu import ResNeXtConfig, analytic_cost
from tools import notebooks

CELLS = {cell.id: cell.source for cell in notebooks.read(next(notebooks.NOTEBOOKS.glob("07_*.ipynb"))).cells}


@pytest.fixture
def names():
    """What a learner's new cell finds at the end of the lesson, once the code has run there."""
    matplotlib.use("Agg")
    found = {}
    for cell in (CELLS["imports"], CELLS["table-2"], CELLS["network"]):
        exec(cell, found)
    code, = re.findall(r"```python\n(.*?)```", CELLS["slider"], re.S)
    exec(code, found)
    yield found
    found["plt"].close("all")


def bars(names, C):
    """Moves the slider there; how high the bars are then."""
    control = names["parameters_of_stages"].widget
    (slider,) = [child for child in control.children if hasattr(child, "max")]
    slider.value = C
    names["plt"].close("all")  # as a notebook does after each drawing
    control.update()
    return [bar.get_height() for bar in names["plt"].gca().patches]


def test_it_takes_five_lines_after_two_imports():
    lines = re.search(r"```python\n(.*?)```", CELLS["slider"], re.S)[1].split("\n\n")
    assert [len(part.strip().splitlines()) for part in lines] == [2, 5]


@pytest.mark.parametrize(("C", "d"), [(1, 64), (32, 4), (52, 3), (53, 2)])
def test_the_slider_draws_the_parameters_of_every_stage(names, C, d):
    parts = analytic_cost(ResNeXtConfig(cardinality=C, width_per_group=d)).by_stage()
    assert bars(names, C) == pytest.approx([part.total_params / 1e6 for part in parts.values()])
    assert max(bars(names, C)) < names["plt"].gca().get_ylim()[1] == 20


def test_the_bars_fall_where_the_lesson_says(names):
    """One path more, and every path loses a channel: d is a whole number."""
    before, after = bars(names, 52), bars(names, 53)
    assert all(a < b for a, b in zip(after[1:5], before[1:5], strict=True))
    assert sum(after) < .75 * sum(before)
