"""EquivalenceLab without a browser: it breaks what it says, shows all that it finds, and can be stopped."""
import re
import threading
from dataclasses import replace
from html import escape

import pytest
import torch

from resnext_edu.config import BlockSpec
from resnext_edu.errors import UnknownNameError
from resnext_edu.sabotage import SABOTAGES
from resnext_edu.widgets import EquivalenceLab, equivalence_lab
from resnext_edu.widgets.equivalence_lab import pair
from resnext_edu.widgets.recorded_proofs import BROKEN, CARDINALITIES, RECORDED_WIDTH, STRIDES, RecordedProofs, recorded
from tests.widgets.page import page as shown
from tests.widgets.page import pages


def page(lab):
    """All HTML in it."""
    return shown(lab)["svg"]


def press(lab, name):
    """A button, as the browser does it."""
    lab.presses = [times + (name == button) for times, button in zip(lab.presses, lab.buttons, strict=True)]


@pytest.fixture
def lab():
    lab = EquivalenceLab()
    lab.move(cardinality=2, width_per_group=2)
    return lab


def test_nothing_broken_passes(lab):
    lab.prove().wait()
    assert lab.report.passed
    assert lab.problem == ""
    assert lab.said == lab.report.title
    assert lab.report.html() in page(lab)
    assert shown(lab)["texts"] == ["PASS"] * 7


@pytest.mark.parametrize(("name", "stride"), [("w2_transposed", 1), ("paths_shuffled", 1), ("stride_on_1x1", 2)])
def test_a_sabotage_is_shown_explained_and_found(lab, name, stride):
    lab.move(sabotage=name, stride=stride)
    what = SABOTAGES[name]
    assert escape(what.explanation) in page(lab)
    assert f"It does harm where: {escape(what.harm)}." in page(lab)
    assert f"It does none where: {escape(what.no_harm)}." in page(lab)
    assert "broken" in page(lab)
    lab.prove().wait()
    assert not lab.report.passed
    assert lab.report["exact"].status == "FAIL"


@pytest.mark.parametrize("name", ["none", *SABOTAGES])
def test_without_its_sabotage_the_pair_is_one_function(name, monkeypatch):
    """Else the proof would blame the sabotage for something else."""
    if name in SABOTAGES:
        monkeypatch.setitem(SABOTAGES, name, replace(SABOTAGES[name], _break=lambda block: None))
    a, b = pair(BlockSpec(8, 8, 2, 3, stride=2), name, torch.float64)
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(a.eval()(x), b.eval()(x), rtol=1e-12)


def test_each_time_it_is_the_same_block_and_no_fresh_one():
    """Fresh statistics of BatchNorm are 0 and 1: with them, much would be right by luck."""
    made = []
    with torch.random.fork_rng(devices=[]):
        for seed in (1, 2):
            torch.manual_seed(seed)
            state = torch.get_rng_state()
            made.append(pair(BlockSpec(8, 8, 2, 3), "none", torch.float32)[0].state_dict())
            assert torch.equal(torch.get_rng_state(), state)
    first, again = made
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all((first[name] != 1).all() for name in first if name.endswith("running_var"))


@pytest.fixture
def endless(lab, monkeypatch):
    """The lab while it proves something that never ends by itself."""
    started = threading.Event()

    def for_ever(*args, progress, **kwargs):
        while True:
            progress(1, 9, "exact")
            started.set()

    monkeypatch.setattr(equivalence_lab, "prove_equivalent", for_ever)
    press(lab, "Prove")
    assert started.wait(10)
    assert lab.progress == [1, 9, "exact"]
    yield lab
    lab.stop()


def test_the_stop_button_stops_it(endless):
    press(endless, "Stop")
    assert endless.report is None
    assert endless.said == "Stopped. Nothing is proved."
    assert endless.progress == []


def test_a_move_during_a_proof_says_that_it_ended_it(endless):
    endless.move(cardinality=4)
    assert endless.said == "The move has ended the proof. Nothing is proved."
    assert endless.progress == []
    endless.move(cardinality=2)
    assert endless.said == ""


def test_stop_with_nothing_to_stop_says_so_and_keeps_what_is_proved(lab):
    press(lab, "Stop")
    assert lab.said == "No proof is running."
    before = {*threading.enumerate()}
    lab.prove()
    for proof in {*threading.enumerate()} - before:  # it comes to its end by itself
        proof.join()
    press(lab, "Stop")
    assert lab.said == lab.report.title == "The same function: 7 of 7 findings pass"
    assert shown(lab)["texts"] == ["PASS"] * 7


def test_it_opens_with_the_papers_block_as_it_should_be_and_on_a_small_map():
    lab = EquivalenceLab()
    assert lab.spec == BlockSpec(256, 256, 32, 4)
    assert lab.value == {"sabotage": "none", "cardinality": 32, "width per group": 4, "stride": 1, "dtype": "float32"}
    assert "256×14×14" in page(lab)
    assert lab.controls[-1] == {"name": "dtype", "words": ["float32", "float64"], "choice": True}


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
    lab.prove().wait()
    findings = lab.report.html()
    assert findings in page(lab)
    lab.move(stride=2)
    assert lab.report is None
    assert findings not in page(lab)
    assert lab.said == ""
    assert shown(lab)["texts"] == [""] * 7


def test_what_can_not_be_broken_is_said(lab):
    why = "sabotage 'path_dropped' needs a cardinality of 2 or more, got 1: no path would be left"
    lab.move(sabotage="path_dropped", cardinality=1)
    assert lab.problem == why
    lab.prove().wait()
    assert (lab.problem, lab.report) == (why, None)
    lab.move(cardinality=2)
    assert lab.problem == ""


@pytest.mark.parametrize(("values", "message"), [
    ({"stride": 2, "cardinalty": 4}, "unknown control 'cardinalty'; did you mean 'cardinality'? "
     "Known: sabotage, cardinality, width_per_group, stride, dtype"),
    ({"cardinality": 3}, "unknown stop of cardinality 3; Known: 1, 2, 4, 8, 16, 32"),
    ({"dtype": "float16"}, "unknown dtype 'float16'; did you mean 'float64'? Known: float32, float64"),
    ({"dtype": torch.rand(50, 50)}, "unknown dtype a Tensor of shape (50, 50) and torch.float32; Known: float32, float64"),
])
def test_a_wrong_move_offers_the_nearest_and_moves_nothing(lab, values, message):
    before = lab.spec
    with pytest.raises(UnknownNameError) as error:
        lab.move(**values)
    assert str(error.value) == message
    assert lab.spec == before


def test_the_recorded_proofs_are_those_of_today():
    """Some of them: the commands of the repository make all of them anew."""
    made, reports = recorded()
    assert "with torch 2." in made
    assert len(reports) == len(BROKEN) * len(CARDINALITIES) * len(STRIDES) - 2  # the last path of one can't be dropped
    for key in (("none", 4, 2), ("groups_interleaved", 1, 1), ("bias_per_path", 4, 1), ("stride_on_1x1", 4, 2)):
        sabotage, cardinality, stride = key
        pair_of = pair(BlockSpec(256, 256, cardinality, RECORDED_WIDTH, stride), sabotage, torch.float32)
        today = equivalence_lab.prove_equivalent(*pair_of, input_size=(2, 256, 14, 14))
        assert [(f.name, f.status) for f in reports[key].findings] == [(f.name, f.status) for f in today.findings]
        assert reports[key].title == today.title


def test_a_page_without_a_kernel_has_the_recorded_proofs_and_says_when_they_were_done(lab):
    made, reports = recorded()
    proofs, state = RecordedProofs(), lab.for_a_page()
    assert state["packed"] == proofs.packed
    assert len(pages(proofs)) == len(reports)
    proofs.move(sabotage="w2_transposed", cardinality=4, stride=2)
    report = reports["w2_transposed", 4, 2]
    assert report.html() in shown(proofs)["svg"]
    assert f"<b>{report.title}.</b> Recorded {made}." in shown(proofs)["svg"]
    assert shown(proofs)["texts"] == [finding.status for finding in report.findings]
    with pytest.raises(UnknownNameError, match="unknown stride 2"):
        proofs.move(sabotage="path_dropped", cardinality=1, stride=2)
