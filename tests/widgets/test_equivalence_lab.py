"""EquivalenceLab without a browser: it breaks what it says, shows all that it finds, and can be stopped."""
import re
import threading
from html import escape

import pytest
import torch

from resnext_edu.config import BlockSpec
from resnext_edu.sabotage import SABOTAGES
from resnext_edu.widgets import EquivalenceLab, equivalence_lab
from resnext_edu.widgets.equivalence_lab import pair


def page(lab):
    """All HTML in it."""
    texts = (getattr(child, "value", None) or getattr(child, "words", "") for child in lab.children)
    return "".join(text for text in texts if isinstance(text, str))


@pytest.fixture
def lab():
    lab = EquivalenceLab()
    lab.move(cardinality=2, width_per_group=2)
    return lab


def test_nothing_broken_passes(lab):
    lab.prove().wait()
    assert lab.report.passed
    assert lab.problem == ""
    assert lab.report.title in page(lab)
    assert lab.report.html() in page(lab)


@pytest.mark.parametrize(("name", "stride"), [("w2_transposed", 1), ("paths_shuffled", 1), ("stride_on_1x1", 2)])
def test_a_sabotage_is_shown_explained_and_found(lab, name, stride):
    lab.move(sabotage=name, stride=stride)
    assert escape(SABOTAGES[name].explanation) in page(lab)
    assert "broken" in page(lab)
    lab.prove().wait()
    assert not lab.report.passed
    assert lab.report["exact"].status == "FAIL"


@pytest.mark.parametrize("name", ["none", *SABOTAGES])
def test_without_its_sabotage_the_pair_is_one_function(name, monkeypatch):
    """Else the proof would blame the sabotage for something else."""
    if name in SABOTAGES:
        monkeypatch.setitem(SABOTAGES, name, type("Harmless", (), {"form": SABOTAGES[name].form, "__call__": lambda self, block: block})())
    a, b = pair(BlockSpec(8, 8, 2, 3, stride=2), name, torch.float64)
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(a.eval()(x), b.eval()(x), rtol=1e-12)


def test_the_stop_button_stops_it(lab, monkeypatch):
    """A proof that never ends by itself: only the button can end it."""
    started = threading.Event()

    def endless(*args, progress, **kwargs):
        while True:
            progress(1, 9, "exact")
            started.set()

    monkeypatch.setattr(equivalence_lab, "prove_equivalent", endless)
    lab.prove()
    assert started.wait(10)
    assert "1 of 9 steps: exact" in page(lab)
    stop = next(child.children[1] for child in lab.children if hasattr(child, "children"))
    stop.clicks += 1
    assert lab.report is None
    assert lab.problem == "stopped; nothing is proved"
    assert lab.problem in page(lab)


def test_stop_with_nothing_to_stop_says_so(lab):
    lab._stop_pressed()
    assert "no proof is running" in page(lab)


def test_the_difference_is_told_in_the_dtype_that_was_chosen(lab):
    found = {}
    for dtype in ("float32", "float64"):
        lab.move(dtype=dtype)
        lab.prove().wait()
        said = re.search(rf"In {dtype}, on one batch: the outputs differ by (\S+) times the largest", page(lab))
        found[dtype] = float(said[1])
    assert 1e-9 < found["float32"] < 1e-5
    assert found["float64"] < 1e-14


def test_a_move_takes_the_findings_away(lab):
    lab.report, lab._card.value = "of the block before", "findings"
    lab.move(stride=2)
    assert lab.report is None
    assert "findings" not in page(lab)


def test_what_can_not_be_broken_is_said(lab):
    lab.move(sabotage="path_dropped", cardinality=1)
    lab.prove().wait()
    assert lab.problem == "sabotage 'path_dropped' needs a cardinality of 2 or more, got 1: no path would be left"
    assert "no path would be left" in page(lab)
