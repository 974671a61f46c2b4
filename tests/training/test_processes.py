"""Two processes that torchrun starts: the bits of one process that takes the mean of their gradients, also after they were killed."""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from resnext_edu import CheckpointError, evaluate, fit
from resnext_edu.training.chance import batch, seed_at
from resnext_edu.training.team import Team, is_leader, is_of_the_team
from tests.training.small import RECIPE, is_running, network, same_bits, split

ROOT, STEPS = Path(__file__).parents[2], 9
TRAIN, VALIDATION = split(), split(11, seed=1)
SCRIPT = '''
import json, os, signal, sys
from pathlib import Path

import torch
import resnext_edu.training
from resnext_edu import ConfigError, fit
from tests.training.small import RECIPE, network, split

out, how, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
rank = int(os.environ["RANK"])
torch.cuda.is_available = lambda: False
save = resnext_edu.training.save
resnext_edu.training.save = lambda *what: ((out / f"process {rank} has saved").touch(), save(*what))
(out / f"{how} {rank}.pid").write_text(f"{os.getpid()} {os.getppid()}")


def trained(name, **kind):
    model = network(**kind)
    if how != "whole":
        seen = []

        def hook(module, inputs, output):
            if module.training:
                seen.append(0)
            if module.training and len(seen) == step + 1:
                if rank == 1:
                    os.kill(os.getpid(), signal.SIGKILL)

        model[0].register_forward_hook(hook)
    history = fit(model, split(), split(11, seed=1), RECIPE, 0, checkpoint=out / f"{name}.ckpt", save_every=1, progress=False)
    torch.save(model.state_dict(), out / f"{name} {rank}.pt")
    (out / f"{name} {rank}.json").write_text(json.dumps([history.to_records(), history.losses]))


trained("stopped")
if how == "whole":
    trained("full")
    trained("norm", drop=False)
    trained("plain", norm=False, drop=False)
    try:
        fit(network(), split(), None, RECIPE.replace(batch_size=7), 0, progress=False)
    except ConfigError as error:
        (out / f"odd {rank}.txt").write_text(str(error))
'''


def torchrun(folder: Path, how: str, step: int = 99) -> subprocess.CompletedProcess:
    script = folder / "train.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script), str(folder), how, str(step)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)


def pids(folder: Path, how: str) -> list[int]:
    return [int(word) for file in folder.glob(f"{how} ?.pid") for word in file.read_text().split()]


def weights(folder: Path, name: str, rank: int = 0, **kind):
    model = network(seed=99, **kind)
    model.load_state_dict(torch.load(folder / f"{name} {rank}.pt", weights_only=True))
    return model


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A worker is killed at step 5, and the second time nobody is: then three more are trained."""
    folder = tmp_path_factory.mktemp("killed")
    begin = time.time()
    one = torchrun(folder, "one killed", 4)
    end = time.time()
    last_save = (folder / "stopped.ckpt").stat().st_mtime
    left = [pid for pid in pids(folder, "one killed") if is_running(pid)]
    after_one = len(torch.load(folder / "stopped.ckpt", weights_only=True)["losses"])
    done = torchrun(folder, "whole")
    assert done.returncode == 0, done.stderr
    return {"folder": folder, "one": one, "seconds": end - max(begin, last_save), "left": left, "losses": after_one}


@pytest.fixture(scope="module")
def whole(killed):
    """The folder in which there are three trainings, too, that nobody has interrupted."""
    return killed["folder"]


def in_one_process(norm, drop):
    """The mean of the gradients of two half batches, each with its own mean and variance; the first one's buffers are kept."""
    model = network(norm=norm, drop=drop)
    decay, rest = [p for p in model.parameters() if p.dim() > 1], [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.SGD([{"params": decay}, {"params": rest, "weight_decay": 0}], lr=1, momentum=RECIPE.momentum,
                                weight_decay=RECIPE.weight_decay, nesterov=RECIPE.nesterov)
    losses = []
    with torch.random.fork_rng(devices=[]):
        for step in range(STEPS):
            gradients, both = [], []
            for rank in range(2):
                buffers = [buffer.clone() for buffer in model.buffers()]
                torch.manual_seed(seed_at("layers", 0, step, rank))
                x, labels = batch(TRAIN, RECIPE, 0, step, Team(rank, 2, torch.device("cpu")), torch.float64)
                loss = F.cross_entropy(model(x), labels)
                gradients.append(torch.autograd.grad(loss, list(model.parameters())))
                both.append(loss.item())
                if rank == 1:
                    for buffer, was in zip(model.buffers(), buffers, strict=True):
                        buffer.copy_(was)
            for parameter, a, b in zip(model.parameters(), *gradients, strict=True):
                parameter.grad = (a + b) / 2
            for group in optimizer.param_groups:
                group["lr"] = RECIPE.lr_at(step, STEPS)
            optimizer.step()
            losses.append(sum(both) / 2)
    return model, losses


def furthest(a, b) -> float:
    return max(float((x - y).detach().abs().max()) for x, y in zip(a.parameters(), b.parameters(), strict=True))


@pytest.mark.parametrize(("name", "kind"), [("full", {}), ("norm", {"drop": False}), ("plain", {"norm": False, "drop": False})])
def test_two_processes_have_the_bits_of_one_that_takes_the_mean(whole, name, kind):
    expected, losses = in_one_process(kind.get("norm", True), kind.get("drop", True))
    for rank in range(2):
        assert same_bits(weights(whole, name, rank, **kind), expected)
        assert json.loads((whole / f"{name} {rank}.json").read_text())[1] == losses


def test_one_big_batch_is_another_training_because_of_batchnorm(whole):
    distances = {}
    for name, kind in {"norm": {"drop": False}, "plain": {"norm": False, "drop": False}}.items():
        model = network(**kind)
        fit(model, TRAIN, None, RECIPE, 0, progress=False)
        distances[name] = furthest(model, weights(whole, name, **kind))
    assert distances["norm"] > 1e-6
    assert distances["plain"] < 1e-12


def test_the_processes_share_the_test_and_agree_on_it(whole):
    score = evaluate(weights(whole, "full"), VALIDATION)
    records = [json.loads((whole / f"full {rank}.json").read_text())[0] for rank in range(2)]
    assert records[0] == records[1]
    assert records[0][-1]["validation_loss"] == pytest.approx(score.loss, rel=1e-12)
    assert records[0][-1]["validation_accuracy"] == score.accuracy
    assert [record["epoch"] for record in records[0]] == [1, 2, 3]


def test_only_the_first_process_writes_checkpoints(whole):
    assert sorted(path.name for path in whole.glob("*.ckpt*")) == ["full.ckpt", "norm.ckpt", "plain.ckpt", "stopped.ckpt"]
    assert [path.name for path in whole.glob("* has saved")] == ["process 0 has saved"]


def test_one_process_does_not_go_on_with_what_two_have_begun(whole):
    model = network()
    with pytest.raises(CheckpointError, match=re.escape(f"{whole / 'full.ckpt'} belongs to another run: ") + ".*processes is 2 there, and 1 here"):
        fit(model, TRAIN, VALIDATION, RECIPE, 0, checkpoint=whole / "full.ckpt", progress=False)
    assert same_bits(model, network())


def test_a_batch_that_can_not_be_shared_out_is_told(whole):
    text = "a batch of 7 images can't be shared out evenly to 2 processes; take a batch_size of 6"
    assert [(whole / f"odd {rank}.txt").read_text() for rank in range(2)] == [text, text]


def test_a_killed_worker_ends_all_of_it_soon(killed):
    assert killed["one"].returncode not in (0, None)
    assert killed["seconds"] < 15
    assert killed["left"] == []
    assert len(pids(killed["folder"], "one killed")) == 4
    assert "another process of this training has ended" in killed["one"].stderr
    assert "start the same again: it goes on from its checkpoint" in killed["one"].stderr


def test_killed_and_started_again_it_has_the_same_bits(killed, whole):
    assert killed["losses"] == 4
    for rank in range(2):
        assert same_bits(weights(killed["folder"], "stopped", rank), weights(whole, "full"))
        assert (killed["folder"] / f"stopped {rank}.json").read_text() == (whole / f"full {rank}.json").read_text()


def test_shares_are_in_order_and_leave_nothing_out():
    rows = torch.arange(7)
    shares = [Team(rank, 3, torch.device("cpu")).share(rows) for rank in range(3)]
    assert [share.tolist() for share in shares] == [[0, 1, 2], [3, 4], [5, 6]]
    alone = Team(0, 1, torch.device("cpu"))
    assert alone.sum(1.5, 2) == [1.5, 2]
    assert [Team(rank, 2, torch.device("cpu")).leads for rank in range(2)] == [True, False]


def test_the_leader_is_known_without_a_process_group(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    assert is_leader()
    for rank, leads in (("0", True), ("1", False)):
        monkeypatch.setenv("RANK", rank)
        assert is_leader() is leads


def test_only_what_the_team_says_is_of_the_team():
    assert is_of_the_team(RuntimeError("[gloo/transport/tcp/pair.cc:534] Connection closed by peer"))
    assert is_of_the_team(torch.distributed.DistNetworkError("no"))
    assert not is_of_the_team(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_of_the_team(ValueError("gloo"))
