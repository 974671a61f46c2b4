"""The loop: the same bits from the same seed, also if it was stopped or killed on the way; and a model that is handed back as it came."""
import os
import random
import re
import signal
import threading
from functools import partial

import pytest
import torch
import tqdm
from torch import nn
from torch.nn import functional as F

from resnext_edu import CheckpointError, ConfigError, History, TrainingError, evaluate, fit
from resnext_edu.training import checkpoint as on_disk
from resnext_edu.training.chance import batch, seed_at
from resnext_edu.training.recipe import CROPS
from resnext_edu.training.team import Team
from tests.helpers import same_state, state
from tests.training.small import RECIPE, copy_of, in_a_child, needs_fork, network, same_bits, split

TRAIN, VALIDATION = split(), split(10, seed=1)
STEPS = 9


def trained(model=None, recipe=RECIPE, seed=0, validation=VALIDATION, **more):
    """→ the network after its training, and the history."""
    model = model or network()
    return model, fit(model, TRAIN, validation, recipe, seed, progress=False, **more)


@pytest.fixture(scope="module")
def whole():
    """What a training gives that nobody interrupts."""
    return trained()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "last.pt"


def at_step(model, step, act):
    """Let `act` happen in the forward pass of this step, from 0, counted from where the training begins or goes on."""
    seen = []

    def hook(module, inputs, output):
        if module.training:
            seen.append(0)
            return act(output) if len(seen) == step + 1 else None
        return None

    model[0].register_forward_hook(hook)
    return model


def interrupt(output=None, times=1):
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


# ---- the loop itself ----

def by_hand(model, recipe):
    """The same training, written down once more."""
    decay = [p for p in model.parameters() if p.dim() > 1 or recipe.decay_all]
    rest = [p for p in model.parameters() if not (p.dim() > 1 or recipe.decay_all)]
    optimizer = torch.optim.SGD([{"params": decay}, {"params": rest, "weight_decay": 0}], lr=1, momentum=recipe.momentum,
                                weight_decay=recipe.weight_decay, nesterov=recipe.nesterov)
    losses, right = [], []
    model.train()
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = recipe.lr_at(step, STEPS)
        torch.manual_seed(seed_at("layers", 0, step, 0))
        x, labels = batch(TRAIN, recipe, 0, step, Team(0, 1, torch.device("cpu")), torch.float64)
        logits = model(x)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        right.append((logits.argmax(1) == labels).double().mean().item())
    return losses, right


@pytest.mark.parametrize("changes", [{}, {"decay_all": True, "weight_decay": .1}, {"decay_all": False, "weight_decay": .1},
                                     {"nesterov": False, "momentum": 0, "schedule": "steps", "milestones": (1, 2)}])
def test_it_is_the_loop_that_everybody_would_write(changes):
    recipe = RECIPE.replace(**changes)
    with torch.random.fork_rng(devices=[]):
        other = network()
        losses, right = by_hand(other, recipe)
    model, history = trained(recipe=recipe)
    assert same_bits(model, other)
    assert list(history.losses) == losses
    for k, epoch in enumerate(history.epochs):
        assert epoch.train_loss == pytest.approx(sum(losses[3 * k:3 * k + 3]) / 3, rel=1e-14)
        assert epoch.train_accuracy == pytest.approx(sum(right[3 * k:3 * k + 3]) / 3, rel=1e-14)
        assert (epoch.epoch, epoch.steps, epoch.lr) == (k + 1, 3 * k + 3, recipe.lr_at(3 * k + 2, STEPS))


def test_the_last_epoch_is_tested_as_evaluate_does_it(whole):
    model, history = whole
    score = evaluate(model, VALIDATION)
    assert (history.epochs[-1].validation_loss, history.epochs[-1].validation_accuracy) == (score.loss, score.accuracy)
    assert history.finished


def test_the_same_seed_gives_the_same_bits_and_another_one_others(whole):
    assert same_bits(trained()[0], whole[0])
    assert trained()[1] == whole[1]
    assert not same_bits(trained(seed=1)[0], whole[0])


def test_a_validation_changes_nothing(whole):
    model, history = trained(validation=None)
    assert same_bits(model, whole[0])
    assert history.losses == whole[1].losses
    assert [(epoch.validation_loss, epoch.validation_accuracy) for epoch in history.epochs] == [(None, None)] * 3


def test_torchs_random_state_does_not_matter(whole):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        assert same_bits(trained()[0], whole[0])


def test_bfloat16_computes_in_bfloat16_and_keeps_float_weights():
    seen = []
    model = network(dtype=torch.float32)
    model[0].register_forward_hook(lambda module, inputs, output: seen.append((output.dtype, inputs[0].is_contiguous(memory_format=torch.channels_last))))
    trained(model, RECIPE.replace(bfloat16=True, channels_last=True, epochs=1), validation=None)
    assert {*seen} == {(torch.bfloat16, True)}
    assert {value.dtype for value in model.parameters()} == {torch.float32}


# ---- stopped, and gone on with ----

@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize("step", range(STEPS))
def test_stopped_after_any_step_and_gone_on_with_gives_the_same_bits(step, crop, path):
    recipe = RECIPE.replace(crop=crop)
    expected, whole = trained(recipe=recipe)
    model, history = trained(at_step(network(), step, interrupt), recipe, checkpoint=path)
    assert len(history.losses) == step + 1
    assert history.losses == whole.losses[:step + 1]
    assert history.finished == (step == STEPS - 1)
    model, history = trained(recipe=recipe, checkpoint=path)
    assert same_bits(model, expected)
    assert history == whole


def test_stopped_after_every_step(whole, path):
    for step in range(STEPS):
        _, history = trained(at_step(network(), 0, interrupt), checkpoint=path)
        assert len(history.losses) == step + 1
    model, history = trained(checkpoint=path)
    assert same_bits(model, whole[0])
    assert history == whole[1]


def test_the_stopped_model_itself_may_go_on(whole, path):
    model, _ = trained(at_step(network(), 4, interrupt), checkpoint=path)
    model[0]._forward_hooks.clear()
    assert trained(model, checkpoint=path)[1] == whole[1]
    assert same_bits(model, whole[0])


@needs_fork
@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again_at_random_steps_and_while_it_saves_gives_the_same_bits(seed, whole, path):
    draw = random.Random(seed)
    die, replace = partial(os.kill, os.getpid(), signal.SIGKILL), os.replace

    def killed(step, inside):
        def die(*args):
            os.kill(os.getpid(), signal.SIGKILL)

        model = network()
        if inside:
            saves = []

            def replaced(*to):
                saves.append(0)
                if len(saves) == step + 1:
                    die()
                replace(*to)

            os.replace = replaced
        else:
            at_step(model, step, die)
        trained(model, checkpoint=path, save_every=draw.choice([1, 2]))

    ends = [in_a_child(partial(killed, draw.randrange(3), draw.random() < .5)) for _ in range(6)]
    assert ends.count(-signal.SIGKILL) >= 3, die
    assert {*ends} <= {0, -signal.SIGKILL}
    model, history = trained(checkpoint=path)
    assert same_bits(model, whole[0])
    assert history == whole[1]


def test_a_checkpoint_is_written_after_each_epoch_and_after_so_many_steps(path, monkeypatch):
    written = []
    save = on_disk.save
    monkeypatch.setattr("resnext_edu.training.save", lambda path, run, state: (written.append(len(state["losses"])), save(path, run, state)))
    trained(checkpoint=path)
    trained(checkpoint=path.with_name("every.pt"), save_every=2)
    assert written == [3, 6, 9, 2, 3, 4, 6, 8, 9]


# ---- Ctrl-C ----

def test_ctrl_c_ends_it_after_the_step_and_the_next_one_is_pythons_own(path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    model, history = trained(at_step(network(), 4, interrupt), checkpoint=path)
    assert isinstance(history, History)
    assert (history.finished, len(history.losses), len(history.epochs)) == (False, 5, 1)
    assert repr(history).startswith("History: stopped after 5 of 9 steps, 1 of 3 epochs, training loss ")
    saved = torch.load(path, weights_only=True)["model"]
    assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())  # the step is whole
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    with pytest.raises(KeyboardInterrupt):
        interrupt()


@pytest.fixture
def ends():
    """What else would end these tests, if nobody caught it."""
    seen = []
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append("SIGTERM"))
    yield seen
    signal.signal(signal.SIGTERM, before)


def test_sigterm_is_told_in_the_same_way(ends):
    _, history = trained(at_step(network(), 2, lambda output: signal.raise_signal(signal.SIGTERM)))
    assert (len(history.losses), ends) == (3, [])


def test_ctrl_c_from_outside_in_the_middle(path):
    """A signal of the operating system, at a moment that nobody knows."""
    timer = threading.Timer(.3, os.kill, (os.getpid(), signal.SIGINT))
    begins = at_step(network(), 0, lambda output: timer.start())  # earlier, it would end the tests
    _, history = trained(begins, RECIPE.replace(epochs=3000), validation=None, checkpoint=path)
    timer.join()
    assert not history.finished
    assert torch.load(path, weights_only=True)["losses"] == list(history.losses)


def test_a_second_ctrl_c_interrupts_at_once_and_the_checkpoint_goes_on(whole, path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    model = at_step(network(), 4, partial(interrupt, times=2))
    model.eval()
    with pytest.raises(KeyboardInterrupt):
        trained(model, checkpoint=path)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert not any(module.training for module in model.modules())
    assert trained(checkpoint=path)[1] == whole[1]


def test_handlers_of_ones_own_are_put_back():
    mine = {number: signal.signal(number, lambda *args: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        handlers = [signal.getsignal(number) for number in mine]
        trained(at_step(network(), 1, interrupt))
        assert [signal.getsignal(number) for number in mine] == handlers
        with pytest.raises(ConfigError):
            trained(nn.Linear(3, 3))
        assert [signal.getsignal(number) for number in mine] == handlers
    finally:
        for number, handler in mine.items():
            signal.signal(number, handler)


def test_it_works_in_another_thread(whole):
    done = []
    thread = threading.Thread(target=lambda: done.append(trained()))
    thread.start()
    thread.join()
    assert same_bits(done[0][0], whole[0])


# ---- a loss that is no number ----

@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_it_before_the_weights_change(value, whole, path):
    good, _ = trained(at_step(network(), 4, interrupt))
    model = at_step(network(), 5, lambda output: output * value)
    with pytest.raises(TrainingError) as error:
        trained(model, checkpoint=path, save_every=5)
    assert str(error.value) == (f"the loss of step 6 of 9 is nan, at a learning rate of {RECIPE.lr_at(5, 9):.4g}; the weights are "
                                "those before this step. Take a smaller lr, or a longer warmup, and another checkpoint, since "
                                "this one belongs to this recipe")
    assert error.value.history.losses == whole[1].losses[:5]
    assert same_bits(model, good)  # BatchNorm's running mean, too
    assert torch.load(path, weights_only=True)["losses"] == list(whole[1].losses[:5])
    again, history = trained(checkpoint=path)
    assert same_bits(again, whole[0])
    assert history == whole[1]


def test_weights_that_are_no_numbers_are_not_saved(path):
    model = network()
    model[0].weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(TrainingError, match=r"^step 1 of 3 has left weights that are no finite numbers, at a learning rate of "):
        trained(model, recipe=RECIPE.replace(epochs=1), checkpoint=path, save_every=1)
    assert not path.exists()


def test_a_device_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match=r"^unknown device 'cuda'; did you mean 'cpu'\? Known: cpu$"):
        trained(device="cuda")
    assert same_bits(trained(device="cpu")[0], trained()[0])


# ---- the model is handed back as it came ----

def test_modes_gradients_and_torchs_settings_are_as_they_were():
    model = network()
    model[1].eval()
    model[3].eval()
    modes, rng, threads = [module.training for module in model.modules()], torch.get_rng_state(), torch.get_num_threads()
    flags = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark, torch.backends.cudnn.enabled
    seen = []
    model[0].register_forward_hook(lambda *args: seen.append((model[1].training, torch.backends.cudnn.deterministic, torch.backends.cudnn.enabled)))
    trained(model, validation=None)
    assert {*seen} == {(True, True, flags[2])}
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), rng)
    assert torch.get_num_threads() == threads
    assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark, torch.backends.cudnn.enabled) == flags
    assert torch.is_grad_enabled()
    assert {value.dtype for value in model.parameters()} == {torch.float64}


@pytest.mark.parametrize("before", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_the_memory_format_is_as_it_was(before, inside, fails):
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(64, 4)).to(memory_format=before)
    seen = []
    model[1].register_forward_hook(lambda module, x, y: seen.append(module.weight.is_contiguous(memory_format=torch.channels_last)))
    strides = [parameter.stride() for parameter in model.parameters()]
    if fails:
        at_step(model, 1, lambda output: output * float("nan"))
        with pytest.raises(TrainingError):
            trained(model, RECIPE.replace(channels_last=inside))
    else:
        trained(model, RECIPE.replace(channels_last=inside))
    assert {*seen} == {inside or before is torch.channels_last}
    assert [parameter.stride() for parameter in model.parameters()] == strides


def test_a_frozen_layer_stays_as_it_is():
    model = network()
    model[0].weight.requires_grad_(False)
    before = copy_of(model)
    trained(model)
    assert torch.equal(model[0].weight, before["0.weight"])
    assert model[0].weight.grad is None
    assert not torch.equal(model[5].weight, before["5.weight"])


class Breaks(nn.Module):
    def forward(self, x):
        raise KeyError("fc")


BAD = {  # what is put in place of a good argument → the whole text, or its beginning
    "a word for a model": ({"model": "resnext_mini"}, "model must be an nn.Module, such as resnext_mini(); got 'resnext_mini'"),
    "a tensor for images": ({"train": TRAIN.inputs()}, "train must be a Split, such as load_images().train; got a Tensor of shape (26, 1, 8, 8) and torch.float32"),
    "no images": ({"train": TRAIN[:0]}, "train has no images: Split(small: 0 images, 1×8×8 uint8, 4 classes)"),
    "nothing to test on": ({"validation": TRAIN[:0]}, "validation has no images: Split(small: 0 images, 1×8×8 uint8, 4 classes)"),
    "a word for a recipe": ({"recipe": "short"}, "expected a Recipe, got 'short'; try RECIPES['short'], or Recipe(epochs=8)"),
    "half a seed": ({"seed": .5}, "seed must be a whole number of at most 64 bits; got 0.5"),
    "too few images": ({"train": TRAIN[:7]}, "there are 7 images, and a batch has 8; take a batch_size of at most 7"),
    "nothing to train": ({"model": network().requires_grad_(False)}, "the model has no parameter that can be trained; is everything frozen?"),
    "no parameters": ({"model": nn.Flatten()}, "the model has no parameter that can be trained; is everything frozen?"),
    "saved every 0": ({"checkpoint": "x.pt", "save_every": 0}, "save_every must be a whole number, 1 or more; got 0"),
    "saved nowhere": ({"save_every": 5}, "save_every=5 says how often to write a checkpoint, but there is no checkpoint=; name a file, such as checkpoint='last.pt'"),
    "a number for a file": ({"checkpoint": 3}, "checkpoint must be the path of a file; got 3"),
    "an empty name": ({"checkpoint": ""}, "checkpoint must be the path of a file; got ''"),
    "a 0 in a name": ({"checkpoint": "a\0"}, "checkpoint must be the path of a file, without the character 0; got 'a\\x00'"),
    "a progress of 3": ({"progress": 3}, "progress must be True or False; got 3"),
    "a model for colour": ({"model": nn.Conv2d(3, 4, 1)}, "the model can't be called with images of shape (8, 1, 8, 8) and torch.float32 (RuntimeError: "),
    "a model that breaks": ({"model": nn.Sequential(network(), Breaks())}, "the model can't be called with images of shape (8, 1, 8, 8) and torch.float64 (KeyError: 'fc'); take a model that reads such images"),
    "too few classes": ({"model": nn.Sequential(nn.Flatten(), nn.Linear(64, 3))}, "the model must answer with logits of shape (8, 4), one for each image and class; got a Tensor of shape (8, 3) and torch.float32"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_does_not_fit_is_told_and_nothing_is_changed(what):
    changes, text = BAD[what]
    call = {"model": network(), "train": TRAIN, "validation": None, "recipe": RECIPE, "seed": 0, "progress": False} | changes
    before = state(call["model"]) if isinstance(call["model"], nn.Module) and what != "a model that breaks" else {}
    rng = torch.get_rng_state()
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}"):
        fit(**call)
    assert same_state(before, state(call["model"]) if before else {})
    assert torch.equal(torch.get_rng_state(), rng)


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path):
    model = network()
    with pytest.raises(CheckpointError, match=f"^the folder {re.escape(str(tmp_path / 'nowhere'))} of the checkpoint does not exist; make it first$"):
        trained(model, checkpoint=tmp_path / "nowhere" / "last.pt")
    assert same_bits(model, network())
    with pytest.raises(CheckpointError, match=r"does not exist; make it first$"):
        trained(model, checkpoint=tmp_path / ("x" * 300) / "last.pt")


def test_a_place_that_can_not_be_written_is_told_before_the_first_step(tmp_path):
    def computed(output):
        raise AssertionError("a step was begun")

    model, path = at_step(network(), 0, computed), tmp_path / ("x" * 253)  # what is moved there has 4 letters more
    with pytest.raises(CheckpointError, match=r"x… can't be written \(File name too long\)[^:]*; choose another place, and run the same again$"):
        trained(model, checkpoint=path)
    assert same_bits(model, network())
    assert list(tmp_path.iterdir()) == []


def test_the_place_is_tried_without_a_trace(path):
    half = path.with_name("last.pt.tmp")
    half.write_bytes(b"half")  # what one that was killed has left

    def alone(output):
        assert list(path.parent.iterdir()) == []

    trained(at_step(network(), 0, alone), checkpoint=path)
    half.write_bytes(b"half")
    trained(checkpoint=path)  # there is nothing to do
    assert sorted(path.parent.iterdir()) == [path, half]


def test_a_path_may_be_a_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained(checkpoint="last.pt")
    assert (tmp_path / "last.pt").exists()


def test_a_damaged_checkpoint_leaves_the_model_as_it_was(path):
    path.write_bytes(b"half")
    model = network()
    with pytest.raises(CheckpointError, match=r"last\.pt \(4 bytes\) can't be read as a checkpoint"):
        trained(model, checkpoint=path)
    assert same_bits(model, network())


# ---- what is shown ----

def test_a_line_shows_loss_accuracy_and_the_time_that_is_left(capsys, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr("resnext_edu.bar.tqdm", partial(tqdm.tqdm, mininterval=0))
    history = fit(network(), TRAIN, VALIDATION, RECIPE, 0)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.split("\r")
    assert re.search(r"^epoch 1 of 3: +11%\|.*\| 1/9 \[\d\d:\d\d<\d\d:\d\d, .*step.*, loss=\d\.\d{3}, accuracy=\d+\.\d%\]", "\n".join(lines), re.M)
    last = history.epochs[-1]
    assert f"loss={last.train_loss:.3f}" in lines[-1]
    assert f"accuracy={last.train_accuracy:.1%}" in lines[-1]
    assert re.match(r"epoch 3 of 3: 100%\|.*\| 9/9 ", lines[-1])


def test_a_line_that_goes_on_begins_where_it_was(capsys, monkeypatch, path):
    trained(at_step(network(), 4, interrupt), checkpoint=path)
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr("resnext_edu.bar.tqdm", partial(tqdm.tqdm, mininterval=0))
    fit(network(), TRAIN, VALIDATION, RECIPE, 0, checkpoint=path)
    assert "| 5/9 [" in capsys.readouterr().err.split("\r")[1]


def test_nothing_is_shown_if_that_is_wished_here_or_in_the_environment(capsys, monkeypatch):
    assert os.environ["TQDM_DISABLE"] == "1"  # conftest.py
    fit(network(), TRAIN, None, RECIPE, 0, progress=True)
    monkeypatch.setenv("TQDM_DISABLE", "0")
    fit(network(), TRAIN, None, RECIPE, 0, progress=False)
    assert capsys.readouterr() == ("", "")


# ---- the history ----

def test_a_history_is_records_a_table_and_one_line(whole):
    history = whole[1]
    records = history.to_records()
    assert [record["epoch"] for record in records] == [1, 2, 3]
    assert [*records[0]] == ["epoch", "steps", "lr", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
    assert records[2]["validation_loss"] == history.epochs[2].validation_loss
    last = history.epochs[-1]
    assert repr(history) == f"History: 3 of 3 epochs, training loss {last.train_loss:.3f}, validation accuracy {100 * last.validation_accuracy:.1f} %"
    table = history.table().text()
    assert repr(history) in table
    assert f"{100 * last.validation_accuracy:.1f} %" in table
    assert "training accuracy" in table
    assert "–" in trained(validation=None)[1].table().text()
    assert (history.seed, history.recipe, history.total_steps) == (0, RECIPE, 9)


def test_a_history_without_an_epoch_is_told_too():
    _, history = trained(at_step(network(), 0, interrupt))
    assert repr(history) == "History: stopped after 1 of 9 steps, 0 of 3 epochs"
    assert history.to_records() == []
    assert history.table().rows in ([], ())
