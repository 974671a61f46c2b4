"""A training on disk: the old file or the new one and never a part, and taken up only by the run that it belongs to."""
import errno
import os
import pickle
import re
import signal
from pathlib import Path

import pytest
import torch

from resnext_edu import CheckpointError, ResNeXtConfig, fit
from resnext_edu.network import ResNeXt
from resnext_edu.training import checkpoint
from resnext_edu.training.checkpoint import fingerprint, fingerprint_of, load, run_of, save
from resnext_edu.training.team import Team
from resnext_edu.whole import write_whole
from tests.training.small import RECIPE, in_a_child, needs_fork, network, same_bits, split

CPU = torch.device("cpu")
REPAIR = "delete it to begin anew, or choose another file"
OLD, NEW = b"old" * 1000, b"new" * 2000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "last.pt"


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_is_replaced(path):
    write_whole(path, OLD)
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert names(path.parent) == ["last.pt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(("number", "text"), [
    (errno.ENOSPC, "No space left on device): it needs 6,000 bytes; what was there before is as it was; free some space, and run the same again"),
    (errno.EDQUOT, "Disk quota exceeded): it needs 6,000 bytes; what was there before is as it was; free some space, and run the same again"),
    (errno.EROFS, "Read-only file system): it needs 6,000 bytes; what was there before is as it was; choose another place, and run the same again"),
])
def test_a_disk_that_fails_leaves_the_old_file_and_no_other(path, call, number, text, monkeypatch):
    write_whole(path, OLD)

    def fails(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(CheckpointError, match=f"^{re.escape(f'{path} can')}'t be written {re.escape(f'({text}')}$"):
        write_whole(path, NEW)
    monkeypatch.undo()
    assert path.read_bytes() == OLD
    assert names(path.parent) == ["last.pt"]  # half a file would take the place that is missing


@needs_fork
def test_a_real_short_write_leaves_the_old_file(path):
    write_whole(path, OLD)

    def short():
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with pytest.raises(CheckpointError, match="File too large"):
            write_whole(path, NEW)

    assert in_a_child(short) == 0
    assert path.read_bytes() == OLD
    assert names(path.parent) == ["last.pt"]


@needs_fork
@pytest.mark.parametrize("moment", ["half of it is written", "it is written", "it is on the disk", "it has its name"])
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(path, moment, monkeypatch):
    write_whole(path, OLD)

    def die(*args):
        os.kill(os.getpid(), signal.SIGKILL)

    def half(self, *args):
        with open(f"{path}.tmp", "wb") as file:
            file.write(NEW[:3000])
        die()

    def then_die(call):
        def both(*args):
            call(*args)
            die()
        return both

    def killed():
        if moment == "half of it is written":
            Path.open = half
        elif moment == "it is written":
            os.fsync = die
        elif moment == "it is on the disk":
            os.fsync = then_die(os.fsync)
        else:
            os.replace = then_die(os.replace)
        write_whole(path, NEW)

    assert in_a_child(killed) == -signal.SIGKILL
    assert path.read_bytes() == (NEW if moment == "it has its name" else OLD)
    write_whole(path, b"another")  # over what the killed one has left
    assert path.read_bytes() == b"another"
    assert names(path.parent) == ["last.pt"]


def test_the_bytes_are_on_the_disk_before_the_name_is(path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda what: (calls.append("fsync"), fsync(what)))
    monkeypatch.setattr(os, "replace", lambda *to: (calls.append("replace"), replace(*to)))
    write_whole(path, NEW)
    assert calls == ["fsync", "replace", "fsync"]


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere/last\.pt can't be written \(No such file or directory\): .*make the folder"):
        write_whole(tmp_path / "nowhere" / "last.pt", NEW)


RUN = {"seed": 3, "lr": .1, "milestones": [1, 2], "crop": "pad"}
STATE = {"model": {"weight": torch.arange(6.)}, "losses": [.5, .25]}


def test_a_state_comes_back(path):
    assert load(path, RUN) is None
    save(path, RUN, STATE)
    found = load(path, RUN)
    assert found["losses"] == [.5, .25]
    assert torch.equal(found["model"]["weight"], torch.arange(6.))


@pytest.mark.parametrize("change", [{"seed": 4}, {"lr": .2}, {"milestones": [1]}, {"crop": "none"}, {"lr": .1, "seed": 0}])
def test_each_value_that_differs_is_named_with_both(path, change):
    save(path, RUN, STATE)
    others = "; ".join(f"{name} is {RUN[name]!r} there, and {value!r} here" for name, value in change.items() if value != RUN[name])
    text = f"{path} belongs to another run: {others}. To go on with it, run what made it; else {REPAIR}"
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=f"^{re.escape(text)}$"):
        load(path, RUN | change)
    assert path.read_bytes() == before


def test_a_value_that_only_one_of_them_has_is_named(path):
    save(path, RUN, STATE)
    with pytest.raises(CheckpointError, match=r"belongs to another run: nesterov is None there, and True here; seed is 3 there, and None here\. "):
        load(path, {name: value for name, value in RUN.items() if name != "seed"} | {"nesterov": True})


def damaged(content: bytes, how: str) -> bytes:
    if how == "empty":
        return b""
    if how == "half":
        return content[:len(content) // 2]
    if how == "one bit":
        place = content.index(torch.arange(6.).numpy().tobytes())  # in a weight, which no reader would miss
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1:]
    return b"no zip at all"


@pytest.mark.parametrize("how", ["empty", "half", "one bit", "text"])
def test_a_damaged_file_is_told_with_its_size(path, how):
    save(path, RUN, STATE)
    broken = damaged(path.read_bytes(), how)
    path.write_bytes(broken)
    why = {"one bit": r"\(BadZipFile: .*data/0.*\)"}.get(how, r"\(BadZipFile: .*\)")
    with pytest.raises(CheckpointError, match=f"^{re.escape(str(path))} \\({len(broken):,} bytes\\) can't be read as a checkpoint {why}; {REPAIR}$"):
        load(path, RUN)
    assert path.read_bytes() == broken


class Trap:
    """What makes a file as soon as it is read from a pickle."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.mark.parametrize("kind", ["pickle", "torch"])
def test_code_in_a_file_is_not_run(path, tmp_path, kind):
    trap = {"format": checkpoint.FORMAT, "run": RUN, "model": Trap(tmp_path / "sprung")}
    if kind == "torch":
        torch.save(trap, path)
    else:
        path.write_bytes(pickle.dumps(trap))
    with pytest.raises(CheckpointError, match="can't be read as a checkpoint"):
        load(path, RUN)
    assert not (tmp_path / "sprung").exists()
    if kind == "torch":
        torch.load(path, weights_only=False)
        assert (tmp_path / "sprung").exists()  # the trap works


@pytest.mark.parametrize("content", [{"weight": torch.zeros(2)}, [1, 2], torch.zeros(3), {"format": "resnext_edu checkpoint 0", "run": RUN}])
def test_a_file_of_something_else_is_told(path, content):
    torch.save(content, path)
    with pytest.raises(CheckpointError, match=f"^{re.escape(f'{path} is no checkpoint of a training with this version; {REPAIR}')}$"):
        load(path, RUN)


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match=re.escape(f"{tmp_path} (not a file) can't be read as a checkpoint (IsADirectoryError: ")):
        load(tmp_path, RUN)


def test_a_name_that_is_too_long_is_told_when_it_is_written(tmp_path):
    path = tmp_path / ("x" * 300)
    assert load(path, RUN) is None
    with pytest.raises(CheckpointError, match="File name too long"):
        save(path, RUN, STATE)


# ---- what makes a run this run ----

def identity(model=None, data="abc", recipe=RECIPE, seed=0, size=1):
    return run_of(model or network(), {"train": data}, recipe, seed, Team(0, size, CPU))


def differing(a, b):
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_a_run_is_the_same_when_nothing_was_changed_and_its_weights_do_not_matter():
    assert identity() == identity(network(seed=5))


@pytest.mark.parametrize(("changes", "names"), [
    ({"seed": 1}, {"seed"}), ({"data": "abd"}, {"train"}), ({"size": 2}, {"processes"}),
    ({"model": network(dtype=torch.float32)}, {"weights"}), ({"model": network(norm=False)}, {"layers", "weights"}),
    ({"model": network(drop=False)}, {"layers"}), ({"model": network().requires_grad_(False)}, {"frozen"}),
    *[({"recipe": RECIPE.replace(**{name: value})}, {name}) for name, value in {
        "epochs": 4, "batch_size": 4, "lr": .06, "momentum": .8, "nesterov": False, "weight_decay": 0, "decay_all": True,
        "schedule": "steps", "milestones": (2,), "warmup": .3, "flip": False, "crop": "none", "bfloat16": True,
        "channels_last": True}.items()],
])
def test_whatever_changes_the_bits_makes_another_run(changes, names):
    assert differing(identity(), identity(**changes)) == names


def test_threads_and_torchs_version_make_another_run(monkeypatch):
    before, threads = identity(), torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 1)
        assert differing(before, identity()) == {"threads"}
    finally:
        torch.set_num_threads(threads)
    monkeypatch.setattr(torch, "__version__", "2.6.0")
    assert differing(before, identity()) == {"torch"}
    assert type(before["torch"]) is str  # torch's own class would make the file one that can't be read
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "NONE")
    assert differing(before, identity()) == {"torch", "instructions"}


def test_config_and_form_are_part_of_it():
    config = ResNeXtConfig(layers=(1,), cardinality=2, width_per_group=2, num_classes=4, in_channels=1, stem_type="cifar", stem_width=4, expansion=1)
    grouped = identity(ResNeXt(config))
    assert differing(grouped, identity(ResNeXt(config, "concat"))) >= {"model"}
    assert "cardinality=2" in grouped["model"]
    assert grouped["model"].endswith("form='grouped')")


def test_a_fingerprint_tells_every_bit_and_every_image():
    a = split()
    assert fingerprint_of(None) == "none"
    assert fingerprint_of(a) == fingerprint_of(split())
    other = a.images.clone()
    other[25, 7, 7] ^= 1
    assert len({fingerprint_of(a), fingerprint_of(a[:25]), fingerprint_of(type(a)(a.name, other, a.labels, a.classes, a.preprocessing)),
                fingerprint_of(type(a)(a.name, a.images, a.labels.flip(0), a.classes, a.preprocessing)),
                fingerprint_of(type(a)(a.name, a.images, a.labels, a.classes, type(a.preprocessing)((.5,), (.5,))))}) == 5
    assert fingerprint(torch.tensor(0.0)) != fingerprint(torch.tensor(-0.0))
    assert fingerprint(torch.zeros(2, 3)[:, :2]) == fingerprint(torch.zeros(2, 2))


# ---- through fit ----

@pytest.fixture
def begun(path):
    """A checkpoint of a training of two epochs that is over."""
    fit(network(), split(), None, RECIPE.replace(epochs=2), 0, checkpoint=path, progress=False)
    return path


@pytest.mark.parametrize(("changes", "text"), [
    ({"seed": 1}, "seed is 0 there, and 1 here"),
    ({"recipe": RECIPE}, "epochs is 2 there, and 3 here"),
    ({"train": split(seed=1)}, "train is '"),
    ({"validation": split(10)}, "validation is 'none' there, and '"),
    ({"model": network(norm=False)}, "layers is '"),
])
def test_another_call_does_not_go_on_with_it(begun, changes, text):
    call = {"model": network(), "train": split(), "validation": None, "recipe": RECIPE.replace(epochs=2), "seed": 0} | changes
    twin, before = network(norm=call["model"][1].__class__ is torch.nn.BatchNorm2d), begun.read_bytes()
    with pytest.raises(CheckpointError, match=f"^{re.escape(f'{begun} belongs to another run: {text}')}"):
        fit(**call, checkpoint=begun, progress=False)
    assert same_bits(call["model"], twin)
    assert begun.read_bytes() == before


def test_other_first_weights_are_refused_and_the_trained_model_itself_is_not(begun):
    there, here = (fingerprint(*network(seed).state_dict().values()) for seed in (0, 7))
    text = (f"{begun} belongs to a run with other first weights: their fingerprint is {there} there, and {here} here. "
            "Build the model with the same seed, or choose another file")
    other = network(7)
    with pytest.raises(CheckpointError, match=f"^{re.escape(text)}$"):
        fit(other, split(), None, RECIPE.replace(epochs=2), 0, checkpoint=begun, progress=False)
    assert same_bits(other, network(7))

    mine = network()
    before = begun.stat().st_mtime_ns
    histories = [fit(mine, split(), None, RECIPE.replace(epochs=2), 0, checkpoint=begun, progress=False) for _ in range(2)]
    assert histories[0] == histories[1]
    assert histories[1].finished
    assert not same_bits(mine, network())
    assert begun.stat().st_mtime_ns == before  # there was nothing to do
