"""Training: the loop, from the first step to the last, or from where an earlier run of it was stopped.

The same seed gives the same weights, bit for bit, on one machine with the same number of threads: also if the process
was killed in between. For that, whatever is random is a function of the seed and of the step (`chance`), the learning
rate is a function of the step (`recipe`), and a checkpoint is written whole or not at all (`checkpoint`).
"""
from collections.abc import Mapping
from contextlib import ExitStack
from math import isfinite
from os import PathLike
from os.path import isdir
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from resnext_edu.bar import progress_bar
from resnext_edu.data.images import Split
from resnext_edu.errors import (
    CheckpointError,
    ConfigError,
    TrainingError,
    check_bool,
    check_name,
    one_line,
    path_of,
    positive_int,
    seed_of,
)
from resnext_edu.modules import named_buffers, parameters
from resnext_edu.training.chance import batch, seed_at
from resnext_edu.training.checkpoint import fingerprint, fingerprint_of, load, run_of, save
from resnext_edu.training.history import History, Log
from resnext_edu.training.placing import placed
from resnext_edu.training.recipe import Recipe, check_recipe
from resnext_edu.training.scoring import check_model, check_split, dtype_of_weights, logits_of, score
from resnext_edu.training.stopping import stop_between_steps
from resnext_edu.training.team import Team, team_of_processes
from resnext_edu.whole import check_place

SMALLER_STEPS = "Take a smaller lr, or a longer warmup, and another checkpoint, since this one belongs to this recipe"


def fit(model: nn.Module, train: Split, validation: Split | None, recipe: Recipe, seed: int, *,
        checkpoint: str | PathLike[str] | None = None, save_every: int | None = None, device: str | None = None,
        progress: bool = True) -> History:
    """Train a network, from the weights that it has; on a GPU if there is one.

    Ctrl-C, SIGTERM or the stop button of JupyterLab end it after the step that was begun, and it returns. The model is
    then as it is after that step, and with a checkpoint the same call goes on from there.

    Parameters
    ----------
    model : nn.Module
        (N, channels, H, W) → (N, classes), logits. It is changed in place.
    train : Split
        What it learns from, such as `load_images().train`.
    validation : Split or None
        What it is tested on after each epoch.
    recipe : Recipe
        Such as `RECIPES["short"]`.
    seed : int
        Of the order of the images, of how they are varied, and of layers such as dropout.
    checkpoint : path, optional
        A file that holds the training as it is after each epoch. If it is there, the training goes on from it.
    save_every : int, optional
        Write it after so many steps, too.
    device : {"cpu", "cuda"}, optional
        Where to compute. Without it: on a GPU if there is one.
    progress : bool
        Whether to show a line with loss, accuracy and the time that is left.

    Returns
    -------
    History
        `history.finished` tells whether every step was done.

    Raises
    ------
    ConfigError
        If an argument is not what it should be, there are fewer images than a batch has, or the model can't be called
        with them.
    CheckpointError
        If the checkpoint can't be read, or belongs to another run: then the model is as it was. Also if it can't be
        written: then the last one is as it was.
    TrainingError
        If the loss is no finite number any more: then the model is as it was before that step. Also if a weight is
        none. The last checkpoint is as it was.

    Examples
    --------
    >>> from resnext_edu import RECIPES, load_images, resnext_mini
    >>> images = load_images()
    >>> history = fit(resnext_mini(), images.train[:128], None, RECIPES["short"].replace(epochs=1), seed=0)
    >>> history.finished, len(history.losses)
    (True, 2)
    """
    check_model(model)
    check_split("train", train)
    if validation is not None:
        check_split("validation", validation)
    check_recipe(recipe)
    check_bool("progress", progress)
    seed = seed_of(seed)
    every = None if save_every is None else positive_int("save_every", save_every)
    path = _path(checkpoint, every)
    if device is not None:
        check_name("device", device, ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",))
    with ExitStack() as stack:
        team = stack.enter_context(team_of_processes(device))
        log = Log(recipe, seed, _steps_of_an_epoch(train, recipe, team))
        stack.enter_context(placed(model, recipe, team))
        optimizer = torch.optim.SGD(_groups(model, recipe), lr=recipe.lr, momentum=recipe.momentum,
                                    nesterov=recipe.nesterov)
        data = {"train": fingerprint_of(train), "validation": fingerprint_of(validation)}
        run = run_of(model, data, recipe, seed, team)
        first = _resume(path, run, model, optimizer, log)
        if path and team.leads and log.done < log.total:
            check_place(path)
        forward, dtype = team.wrapped(model), dtype_of_weights(model)
        stop = stack.enter_context(stop_between_steps())
        bar = stack.enter_context(progress_bar(log.total, "step", shown=progress and team.leads, done=log.done))

        for step in range(log.done, log.total):
            lr = recipe.lr_at(step, log.total)
            torch.manual_seed(seed_at("layers", seed, step, team.rank))  # for dropout and its like
            x, labels = batch(train, recipe, seed, step, team, dtype)     # (N, channels, H, W), (N,)
            before = [(buffer, buffer.clone()) for _, buffer in named_buffers(model)]  # BatchNorm's will change now
            with torch.autocast(team.device.type, torch.bfloat16, enabled=recipe.bfloat16):
                logits = logits_of(forward, x, train)                     # (N, classes)
            logits = logits.float() if recipe.bfloat16 else logits
            loss = F.cross_entropy(logits, labels)
            correct = int((logits.argmax(1) == labels).sum())
            loss_of_all, correct_of_all, asked_to_stop = team.sum(loss.item(), correct, stop.asked)
            if not isfinite(loss_of_all):
                for buffer, was in before:
                    buffer.copy_(was)
                raise TrainingError(
                    f"the loss of step {step + 1} of {log.total} is {loss_of_all}, at a learning rate of {lr:.4g}; the "
                    f"weights are those before this step. {SMALLER_STEPS}", log.history())
            for group in optimizer.param_groups:
                group["lr"] = lr
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
            optimizer.step()

            log.add_step(loss_of_all / team.size, round(correct_of_all))
            saves = log.epoch_is_over or asked_to_stop or (every and log.done % every == 0)
            if saves and not all(bool(parameter.isfinite().all()) for parameter in parameters(model)):
                raise TrainingError(f"step {step + 1} of {log.total} has left weights that are no finite numbers, at a "
                                    f"learning rate of {lr:.4g}. {SMALLER_STEPS}", log.history())
            if log.epoch_is_over:
                team.share_buffers(model)
                tested = score(model, validation, team) if validation else None
                log.add_epoch(lr, (tested.loss, tested.accuracy) if tested else None)
            if path and team.leads and saves:
                save(path, run, {"first": first, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                                 **log.to_dict()})
            _tell(bar, log)
            if asked_to_stop:
                break
        return log.history()


def _path(checkpoint: object, every: int | None) -> Path | None:
    """The path of the checkpoint; raises a `ConfigError` if it can't be one."""
    if checkpoint is None:
        if every is not None:
            raise ConfigError(f"save_every={every} says how often to write a checkpoint, but there is no checkpoint=; "
                              "name a file, such as checkpoint='last.pt'")
        return None
    path = path_of("checkpoint", checkpoint, "a file")
    if not isdir(path.parent):  # Path.is_dir raises if the name is too long
        raise CheckpointError(f"the folder {one_line(path.parent)} of the checkpoint does not exist; make it first")
    return path


def _steps_of_an_epoch(train: Split, recipe: Recipe, team: Team) -> int:
    """How many whole batches there are; the few images that are left over wait for the next epoch's order."""
    if len(train) < recipe.batch_size:
        raise ConfigError(f"there are {len(train)} images, and a batch has {recipe.batch_size}; "
                          f"take a batch_size of at most {len(train)}")
    if recipe.batch_size % team.size:
        raise ConfigError(f"a batch of {recipe.batch_size} images can't be shared out evenly to {team.size} processes; "
                          f"take a batch_size of {recipe.batch_size // team.size * team.size or team.size}")
    return len(train) // recipe.batch_size


def _groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """The parameters in two groups: those that decay, and the others, which have one axis each."""
    trained = [parameter for parameter in parameters(model) if parameter.requires_grad]
    if not trained:
        raise ConfigError("the model has no parameter that can be trained; is everything frozen?")
    decay = [parameter for parameter in trained if recipe.decay_all or parameter.dim() > 1]
    rest = [parameter for parameter in trained if not (recipe.decay_all or parameter.dim() > 1)]
    return [{"params": decay, "weight_decay": recipe.weight_decay}, {"params": rest, "weight_decay": 0.0}]


def _resume(path: Path | None, run: Mapping[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer, log: Log
           ) -> str:
    """Put everything where the checkpoint left it, if there is one; → a fingerprint of the first weights."""
    here = fingerprint(*model.state_dict().values())
    saved = load(path, run) if path else None
    if saved is None:
        return here
    if here not in (saved["first"], fingerprint(*saved["model"].values())):
        raise CheckpointError(f"{one_line(path)} belongs to a run with other first weights: their fingerprint is "
                              f"{saved['first']} there, and {here} here. Build the model with the same seed, or choose "
                              "another file")
    optimizer.load_state_dict(saved["optimizer"])
    model.load_state_dict(saved["model"])
    log.go_on_from(saved)
    first: str = saved["first"]
    return first


def _tell(bar: Any, log: Log) -> None:
    """Loss and accuracy of this epoch, in the line that also says how much time is left."""
    loss, accuracy = log.now()
    bar.set_description(f"epoch {(log.done - 1) // log.steps + 1} of {log.recipe.epochs}", refresh=False)
    bar.set_postfix({"loss": f"{loss:.3f}", "accuracy": f"{accuracy:.1%}"}, refresh=False)
    bar.update()
