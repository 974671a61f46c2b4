"""The sweeps of lesson 10: their design, their file, and many trainings of which each is done once."""
import csv
import multiprocessing
import os
import re
import signal
import time
from dataclasses import FrozenInstanceError, replace
from functools import partial
from math import isnan
from pathlib import Path
from statistics import fmean, stdev

import pytest
import torch
from torchvision.models import get_model_weights

from resnext_edu import ConfigError, DataError, TrainingError, analytic_cost
from resnext_edu.blocks import ResNeXtBlock
from resnext_edu.errors import CheckpointError
from resnext_edu.sweep import runs as of_runs
from resnext_edu.sweep.design import SWEEPS, Arm, Sweep, without_shortcuts
from resnext_edu.sweep.runs import TrainingRun, missing, one_run, processor, read_runs, write_runs
from resnext_edu.training.alone import alone
from resnext_edu.training.checkpoint import fingerprint
from resnext_edu.whole import write_whole
from tests.test_cli import few_images
from tests.training.small import is_running, needs_fork, same_bits

CARDINALITY, SHORTCUT = SWEEPS["cardinality"], SWEEPS["shortcut"]
RUN = TrainingRun("cardinality", "1×64d", 100, 0.1 + 0.2, 880, 1000, "0123456789ab", 12.5, "2026-01-31", "a, \"processor\"", "AVX2", 1, "2.6.0")
HEADER = "sweep,arm,seed,train_loss,test_correct,test_count,weights,cpu_seconds,date,processor,instructions,threads,torch"


# ---- the design ----

def costs(arm):
    found = analytic_cost(arm.config, (1, 1, 28, 28))
    return found.total_params, found.total_macs


@pytest.mark.parametrize("name", ["2×43d", "4×29d", "8×19d", "1×64d, as long", "1×64d, again"])
def test_arms_that_are_compared_cost_the_same(name):
    for ours, baseline in zip(costs(CARDINALITY.arms[name]), costs(CARDINALITY.arms["1×64d"]), strict=True):
        assert abs(ours / baseline - 1) < .03


def test_the_arm_of_the_same_width_has_less_than_a_third_of_the_parameters():
    narrow, baseline = CARDINALITY.arms["8×8d"].config, CARDINALITY.arms["1×64d"].config
    assert narrow.cardinality * narrow.width_per_group == baseline.cardinality * baseline.width_per_group
    assert costs(CARDINALITY.arms["8×8d"])[0] < costs(CARDINALITY.arms["1×64d"])[0] / 3


def test_arms_are_what_their_names_say():
    for name, arm in CARDINALITY.arms.items():
        cardinality, width = map(int, re.match(r"(\d+)×(\d+)d", name).groups())
        assert (arm.config.cardinality, arm.config.width_per_group) == (cardinality, width)
    base = CARDINALITY.arms["1×64d"]
    assert {arm.recipe for name, arm in CARDINALITY.arms.items() if name != "1×64d, as long"} == {base.recipe}
    assert CARDINALITY.arms["1×64d, as long"] == replace(base, recipe=base.recipe.replace(epochs=9))
    assert CARDINALITY.arms["1×64d, again"] == replace(base, shift=1000)
    assert SHORTCUT.arms["without"] == replace(SHORTCUT.arms["with shortcuts"], shortcuts=False)
    assert {arm.recipe.bfloat16 for sweep in SWEEPS.values() for arm in sweep.arms.values()} == {False}


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS)
def test_a_sweep_is_decided_before_its_first_run(sweep):
    assert sweep.baseline in sweep.arms
    assert len({*sweep.seeds}) == len(sweep.seeds)
    assert all(len(text) > 20 for text in (sweep.question, sweep.endpoint, sweep.no))
    with pytest.raises(FrozenInstanceError):
        sweep.seeds = ()


def test_no_seed_is_used_twice():
    used = [(arm.shift + seed, name) for sweep in SWEEPS.values() for seed in sweep.seeds for name, arm in sweep.arms.items()]
    seeds = [{seed + shift for seed in sweep.seeds} for sweep in SWEEPS.values() for shift in {arm.shift for arm in sweep.arms.values()}]
    assert sum(map(len, seeds)) == len(set.union(*seeds)) == len({seed for seed, _ in used})
    assert min(set.union(*seeds)) >= 100  # smaller ones are for trying out
    assert (len(CARDINALITY.seeds), len(SHORTCUT.seeds)) == (16, 8)


@pytest.mark.parametrize(("sweep", "arm"), [(s, a) for s, sweep in SWEEPS.items() for a in sweep.arms])
def test_every_arm_is_a_network_of_its_own_seed(sweep, arm):
    chosen, before = SWEEPS[sweep].arms[arm], torch.get_rng_state()
    model = chosen.network(5)
    assert torch.equal(torch.get_rng_state(), before)
    assert same_bits(model, chosen.network(5))
    assert not same_bits(model, chosen.network(6))
    assert same_bits(model, replace(chosen, shift=chosen.shift + 2).network(3))
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_without_shortcuts_nothing_is_added():
    plain = SHORTCUT.arms["with shortcuts"].network(0).double().eval()
    bare = without_shortcuts(SHORTCUT.arms["with shortcuts"].network(0).double()).eval()
    blocks, bare_blocks = ([m for m in model.modules() if isinstance(m, ResNeXtBlock)] for model in (plain, bare))
    assert len(bare_blocks) == 18
    x = torch.rand(2, blocks[1].in_channels, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    block = blocks[1]
    assert block.downsample is None  # the identity
    y = block.relu(block.bn1(block.conv1(x)))
    y = block.bn3(block.conv3(block.relu(block.bn2(block.conv2(y)))))
    assert torch.equal(bare_blocks[1](x), y.relu())
    assert not torch.equal(block(x), y.relu())
    names = {name for name in bare.state_dict() if "downsample" in name}
    assert names == set()
    assert all(torch.equal(value, plain.state_dict()[name]) for name, value in bare.state_dict().items())


# ---- the file ----

@pytest.fixture
def path(tmp_path):
    return tmp_path / "sweep.csv"


def test_runs_come_back_to_the_last_bit_and_in_the_order_of_the_design(path):
    later = replace(RUN, seed=101)
    shortcut = replace(RUN, sweep="shortcut", arm="without", seed=200)
    other = replace(RUN, arm="2×43d", train_loss=1 / 3)
    write_runs(path, [later, other, RUN, shortcut])
    assert read_runs(path) == [shortcut, RUN, later, other]
    assert path.read_text(encoding="utf-8").splitlines()[0] == HEADER
    before = path.read_bytes()
    write_runs(path, read_runs(path))
    assert path.read_bytes() == before
    assert RUN.accuracy == .88
    assert RUN.place == ("cardinality", "1×64d", 100)
    assert RUN.machine == ("a, \"processor\"", "AVX2", 1, "2.6.0")


def test_a_file_that_is_not_there_has_no_runs(path):
    assert read_runs(path) == []
    write_runs(path, [])
    assert read_runs(path) == []
    assert path.read_text() == HEADER + "\n"


@pytest.mark.parametrize(("change", "why"), [
    ((",100,", ",1e2,"), "ValueError: invalid literal for int() with base 10: '1e2'"),
    ((",880,", ",many,"), "ValueError: invalid literal for int() with base 10: 'many'"),
    ((",12.5,", ",,"), "ValueError: could not convert string to float: ''"),
    ((",1,2.6.0", ""), "ValueError: it must have 13 values"),
    ((",2.6.0", ""), "ValueError: it must have 13 values"),
    ((",2.6.0", ",2.6.0,more"), "ValueError: it must have 13 values"),
    (("1×64d", "1×46d"), "unknown arm '1×46d'; did you mean '1×64d'? Known: " + ", ".join(CARDINALITY.arms)),
    (("cardinality,", "cardinalty,"), "unknown sweep 'cardinalty'; did you mean 'cardinality'? Known: shortcut, cardinality"),
    ((",100,", ",99,"), "ValueError: seed 99 is not one of this sweep's"),
])
def test_a_line_that_is_no_run_is_told(path, change, why):
    write_runs(path, [RUN, replace(RUN, seed=101)])
    lines = path.read_text(encoding="utf-8").splitlines()
    broken = "\n".join([lines[0], lines[2], lines[1].replace(*change)])
    assert broken.splitlines()[2] != lines[1]
    path.write_text(broken, encoding="utf-8")
    text = f"line 3 of {path} is no run ({why}); delete that line, and run the sweep again: it does what is missing"
    with pytest.raises(DataError, match=f"^{re.escape(text)}$"):
        read_runs(path)


@pytest.mark.parametrize(("content", "text"), [
    ("a,b\n1,2\n", f"{{path}} has the columns ['a', 'b'], and not those of a sweep: {HEADER.replace(',', ', ')}; choose another file"),
    ("", f"{{path}} has the columns None, and not those of a sweep: {HEADER.replace(',', ', ')}; choose another file"),
    (b"\xff\xfe", "{path} can't be read (UnicodeDecodeError: "),
])
def test_a_file_of_something_else_is_told(path, content, text):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=f"^{re.escape(text.format(path=path))}"):
        read_runs(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match=r"can't be read \(IsADirectoryError: .*\); put a sound copy there, or delete it and do the runs again$"):
        read_runs(tmp_path)


def test_what_is_missing_comes_seed_by_seed():
    arms = [*CARDINALITY.arms]
    assert missing(["cardinality"], []) == [("cardinality", arm, seed) for seed in range(100, 116) for arm in arms]
    assert len(missing([*SWEEPS], [])) == 16 * 7 + 8 * 2
    done = [replace(RUN, arm=arm, seed=seed) for seed in (100, 101) for arm in arms][:-1]
    assert missing(["cardinality"], done)[:2] == [("cardinality", arms[-1], 101), ("cardinality", arms[0], 102)]
    assert missing(["shortcut"], done) == missing(["shortcut"], [])
    assert missing(["shortcut", "shortcut"], []) == missing(["shortcut"], [])
    with pytest.raises(ConfigError, match=r"^name at least one sweep: shortcut, cardinality$"):
        missing([], [])
    with pytest.raises(ConfigError, match=r"^unknown sweep 'shortcuts'; did you mean 'shortcut'\? Known: shortcut, cardinality$"):
        missing(["shortcuts"], [])


# ---- one run ----

@pytest.fixture
def tiny(monkeypatch):
    """A sweep of two arms and two seeds whose trainings take no time."""
    arm = SHORTCUT.arms["with shortcuts"]
    config = arm.config.replace(layers=(1,), cardinality=2, width_per_group=2, num_classes=3, stem_width=4)
    recipe = arm.recipe.replace(epochs=2, batch_size=8)
    arms = {"with": Arm(config, recipe), "again": Arm(config, recipe, shift=1)}
    monkeypatch.setattr(of_runs, "SWEEPS", {"tiny": Sweep("?", "loss", "no", arms, "with", (0, 1))})
    monkeypatch.setattr(of_runs, "load_images", few_images)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return arms


def test_a_run_is_written_down_with_what_made_it(tiny):
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        run = one_run("tiny", "with", 1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert run.place == ("tiny", "with", 1)
    assert run.test_count == 10
    assert (run.threads, run.torch, run.instructions) == (1, str(torch.__version__), torch.backends.cpu.get_cpu_capability())
    assert run.processor == processor() != ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", run.date)
    assert run.cpu_seconds >= 0
    assert not isnan(run.train_loss)
    again = one_run("tiny", "with", 1)
    assert (again.weights, again.train_loss) == (run.weights, run.train_loss)
    assert one_run("tiny", "again", 0).weights == run.weights  # shifted by 1
    assert one_run("tiny", "with", 0).weights != run.weights
    assert run.weights != fingerprint(*tiny["with"].network(1).state_dict().values())  # it was trained


def test_a_run_that_is_not_there_is_told(tiny):
    with pytest.raises(ConfigError, match=r"^unknown sweep 'tin'; did you mean 'tiny'\? Known: tiny$"):
        one_run("tin", "with", 0)
    with pytest.raises(ConfigError, match=r"^unknown arm 'wit'; did you mean 'with'\? Known: with, again$"):
        one_run("tiny", "wit", 0)


@pytest.mark.parametrize("seed", ["7", None, .5, True, 2**64])
def test_a_seed_that_is_none_is_told_before_anything_is_trained(seed):
    with pytest.raises(ConfigError, match=f"^seed must be a whole number of at most 64 bits; got {re.escape(repr(seed))}$"):
        one_run("shortcut", "without", seed)


def test_a_run_that_was_ended_from_outside_is_none(tiny, monkeypatch):
    """A process of the sweep that gets a SIGTERM would else write half a training down as a whole one."""
    threads, fit = torch.get_num_threads(), of_runs.fit
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # without this, a fault would end all tests

    def ended(model, *args, **kwargs):
        model.conv1.register_forward_hook(lambda *_: signal.raise_signal(signal.SIGTERM) if not model.seen.append(0) and len(model.seen) == 4 else None)
        model.seen = []
        return fit(model, *args, **kwargs)

    monkeypatch.setattr(of_runs, "fit", ended)
    text = r"^the run tiny, with, seed 0 was ended from outside \(History: stopped after 4 of 6 steps, 1 of 2 epochs, training loss .*\); run the same again, and it does what is missing$"
    try:
        with pytest.raises(TrainingError, match=text) as error:
            one_run("tiny", "with", 0)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert len(error.value.history.losses) == 4
    assert torch.get_num_threads() == threads


# ---- many runs, in other processes ----

def at_once(sweep, arm, seed):
    """In place of `one_run`: a run that takes no time."""
    return replace(RUN, sweep=sweep, arm=arm, seed=seed, weights=f"{os.getpid()}")


def dies(when, sweep, arm, seed):
    if (arm, seed) == when:
        os.kill(os.getpid(), signal.SIGKILL)
    return at_once(sweep, arm, seed)


def fails(when, sweep, arm, seed):
    if (arm, seed) == when:
        raise TrainingError("no", None)
    return at_once(sweep, arm, seed)


def noted(folder, when, sweep, arm, seed):
    (folder / f"{arm} {seed}").touch()
    return fails(when, sweep, arm, seed)


def what_it_does_at_ctrl_c(sweep, arm, seed):
    return at_once(sweep, arm, seed) if signal.getsignal(signal.SIGINT) is signal.SIG_IGN else fails((arm, seed), sweep, arm, seed)


def sleeps(file, sweep, arm, seed):
    write_whole(file, str(os.getpid()).encode())
    time.sleep(60)


@pytest.fixture
def forked(monkeypatch):
    """Processes that begin as a copy of this one, which is quicker than to begin anew."""
    from multiprocessing import get_context

    import resnext_edu.sweep

    monkeypatch.setattr(resnext_edu.sweep, "get_context", lambda method: get_context("fork"))
    return partial(resnext_edu.sweep.run_sweeps, ["shortcut"], progress=False)


@needs_fork
@pytest.mark.parametrize("workers", [1, 3])
def test_every_run_is_done_once_and_what_is_in_the_file_is_kept(forked, path, workers):
    kept = [replace(RUN, sweep="shortcut", arm=arm, seed=seed) for seed in (200, 201) for arm in SHORTCUT.arms] + [RUN]
    write_runs(path, kept)
    runs = forked(path, workers=workers, one=at_once)
    assert len(runs) == 17
    assert sorted(read_runs(path), key=repr) == sorted(runs, key=repr)
    assert {*kept} <= {*runs}
    new = [run for run in runs if run not in kept]
    assert {run.place for run in new} == {("shortcut", arm, seed) for arm in SHORTCUT.arms for seed in range(202, 208)}
    assert str(os.getpid()) not in {run.weights for run in new}
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert forked(path, workers=workers, one=partial(dies, ("with shortcuts", 200))) == read_runs(path)  # nothing to do
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@needs_fork
def test_a_process_that_is_killed_ends_it_and_what_was_done_is_in_the_file(forked, path):
    with pytest.raises(TrainingError) as error:
        forked(path, one=partial(dies, ("without", 203)))
    there = read_runs(path)
    assert [run.place[1:] for run in sorted(there, key=lambda run: (run.seed, run.arm))][:7] == [
        (arm, seed) for seed in range(200, 204) for arm in ("with shortcuts", "without")][:7]
    assert str(error.value) == (f"a process of the sweep was ended from outside; the {len(there)} runs that are done are in "
                                f"{path}; run the same again, and it does the others")
    assert len(forked(path, one=at_once)) == 16


@needs_fork
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_fails_ends_it_when_the_others_are_safe(forked, path, workers):
    with pytest.raises(TrainingError, match=r"^no$"):
        forked(path, workers=workers, one=partial(fails, ("without", 203)))
    places = {run.place[1:] for run in read_runs(path)}
    assert places >= {(arm, seed) for seed in range(200, 203) for arm in SHORTCUT.arms}
    assert ("without", 203) not in places


@needs_fork
def test_nothing_is_begun_after_the_end(forked, path, tmp_path):
    """After Ctrl-C, too: the terminal would have to wait for runs that nobody writes down."""
    (tmp_path / "begun").mkdir()
    with pytest.raises(TrainingError, match=r"^no$"):
        forked(path, one=partial(noted, tmp_path / "begun", ("with shortcuts", 201)))
    for process in multiprocessing.active_children():
        process.join(60)
    assert {file.name for file in (tmp_path / "begun").iterdir()} == {"with shortcuts 200", "without 200", "with shortcuts 201"}


@needs_fork
def test_its_processes_end_with_it_however_it_ends(forked, path, tmp_path):
    sweep = os.fork()
    if not sweep:
        forked(path, one=partial(sleeps, tmp_path / "pid"))
    end = time.monotonic() + 30
    while not (tmp_path / "pid").exists():
        assert time.monotonic() < end
        time.sleep(.02)
    worker = int((tmp_path / "pid").read_text())
    os.kill(sweep, signal.SIGKILL)
    os.waitpid(sweep, 0)
    end = time.monotonic() + 10
    while is_running(worker) and time.monotonic() < end:
        time.sleep(.02)
    left = is_running(worker)
    if left:
        os.kill(worker, signal.SIGKILL)
    assert not left


@needs_fork
def test_where_ctrl_c_is_ignored_its_processes_ignore_it_too(forked, path):
    """As in a script that has begun it with &."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert len(forked(path, one=what_it_does_at_ctrl_c)) == 16
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_does_not_fit_is_told_before_the_first_run(forked, path, tmp_path):
    never = partial(dies, None)
    for more, error, text in (
        ({"workers": 0}, ConfigError, "workers must be a whole number, 1 or more; got 0"),
        ({"progress": 1}, ConfigError, "progress must be True or False; got 1"),
        ({"path": 3}, ConfigError, "path must be the path of a CSV file; got 3"),
        ({"path": ""}, ConfigError, "path must be the path of a CSV file; got ''"),
        ({"path": "a\0"}, ConfigError, "path must be the path of a CSV file, without the character 0; got 'a\\x00'"),
        ({"path": tmp_path / "no" / "where.csv"}, CheckpointError, f"the folder {tmp_path / 'no'} does not exist; make it first"),
    ):
        with pytest.raises(error, match=f"^{re.escape(text)}"):
            forked(**{"path": path, "one": never} | more)
    assert not path.exists()


def test_two_sweeps_do_not_write_one_file(forked, path):
    with alone(path.with_name(path.name + ".lock")), pytest.raises(CheckpointError) as error:
        forked(path, one=partial(dies, None))
    assert str(error.value) == f"another process trains in {path.parent}; wait for its end, or choose another folder"


@pytest.mark.parametrize(("change", "text"), [
    ({}, "the same run stands further up"),
    ({"arm": "8×8d", "train_loss": float("nan")}, "a loss of nan, and 880 of 1000 correct can't be"),
    ({"arm": "8×8d", "test_correct": 1001}, "a loss of 0.30000000000000004, and 1001 of 1000 correct can't be"),
])
def test_a_row_that_can_not_be_is_told(path, change, text):
    write_runs(path, [RUN, replace(RUN, **change)])
    with pytest.raises(DataError, match=re.escape(text)):
        read_runs(path)


def if_there(path, sweep, arm, seed):
    if not path.exists():
        raise FileNotFoundError(path)
    return at_once(sweep, arm, seed)


@needs_fork
def test_the_file_is_there_before_the_first_run(forked, path):
    """A file that can't be written is told at once, and not after an hour."""
    assert len(forked(path, one=partial(if_there, path))) == 16


# ---- the runs that the course ships ----

SHIPPED = read_runs(Path(__file__).parents[1] / "benchmarks" / "sweep.csv")


def test_every_run_of_the_design_was_done_once():
    assert missing(list(SWEEPS), SHIPPED) == []
    assert len({run.place for run in SHIPPED}) == len(SHIPPED) == 128
    assert {run.test_count for run in SHIPPED} == {1000}
    assert len({run.machine for run in SHIPPED}) == 1


@pytest.mark.skipif(not os.environ.get("REQUIRE_HOSTS"), reason="a whole training; REQUIRE_HOSTS=1 asks for it, as in CI")
def test_a_run_that_is_repeated_is_the_same_to_the_bit_or_one_of_its_family():
    """On the machine that it names: each weight. Elsewhere: within four standard deviations of its arm."""
    shipped = next(run for run in SHIPPED if run.place == ("cardinality", "8×8d", 107))
    again = one_run(*shipped.place)
    if again.machine == shipped.machine:
        assert (again.weights, again.train_loss, again.test_correct) == (
            shipped.weights, shipped.train_loss, shipped.test_correct)
    family = [run.train_loss for run in SHIPPED if run.arm == shipped.arm]
    assert abs(again.train_loss - fmean(family)) < 4 * stdev(family)


def test_the_leads_of_torchvision_are_those_of_its_weights():
    with open(Path(__file__).parents[1] / "benchmarks" / "recipes.csv", encoding="utf-8", newline="") as file:
        leads = {row["recipe"]: float(row["lead"]) for row in csv.DictReader(file)}

    def top_1(network, version):
        return get_model_weights(network)[f"IMAGENET1K_{version}"].meta["_metrics"]["ImageNet-1K"]["acc@1"]

    for version in ("V1", "V2"):
        found = top_1("resnext50_32x4d", version) - top_1("resnet50", version)
        assert leads[f"torchvision {version}"] == round(found, 2)
    assert list(leads.values()) == sorted(leads.values(), reverse=True)
    assert leads["paper"] == round(23.9 - 22.2, 1)  # Table 3
