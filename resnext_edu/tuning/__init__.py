"""A trained network on a learner's own images: fine-tuned in two stages, beside what it has to beat."""
import os
from collections.abc import Mapping
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnext_edu.config import PRESETS
from resnext_edu.data.images import Split
from resnext_edu.data.own import OwnImages, own_images
from resnext_edu.errors import check_name, seed_of
from resnext_edu.inference.classifier import Classifier
from resnext_edu.preparation import Preparation
from resnext_edu.pretrained import Weights
from resnext_edu.training.alone import alone
from resnext_edu.training.recipe import Recipe
from resnext_edu.tuning.baselines import answers_of_largest_class, answers_of_linear_model
from resnext_edu.tuning.body import as_read, body_for, usual_side
from resnext_edu.tuning.results import check_outside, output_folder, write_results
from resnext_edu.tuning.tuned import FineTuned, WrongAnswer
from resnext_edu.tuning.two_stages import FINE_TUNING, answers, check_stages, fit_all, fit_head, score_of


def fine_tune(folder: str | PathLike[str], out: str | PathLike[str] | None = None, *, model: str = "resnext_mini",
              weights: Weights | None = "DEFAULT", size: int | None = None, test_share: float = 0.25,
              groups: str | None = None, seed: int = 0, recipes: Mapping[str, Recipe] = FINE_TUNING,
              device: str | None = None, progress: bool = True) -> FineTuned:
    r"""Fine-tune a trained network on a folder of images, and compare it with a linear model on the same images.

    First a new head is trained on a body that stays as it is, then all layers with a smaller learning rate. With the
    same arguments, on one machine with as many threads, every bit comes out again.

    Parameters
    ----------
    folder : str or path
        FOLDER/CLASS/…, or FOLDER/train/CLASS/… and FOLDER/test/CLASS/…. See `own_images`.
    out : str or path, optional
        A new folder for what comes out: `model.pt` and `classifier.json` (for `saved_classifier`), `report.txt`,
        `report.json`, `confusion.svg` and `mistakes.svg`; and the checkpoints `head.pt` and `all.pt`. If the training
        is stopped, the same call goes on with them.
    model : str
        A preset: "resnext_mini", or a network for which torchvision has weights, such as "resnext50_32x4d".
    weights : str, torchvision.models.WeightsEnum, path or None
        A name, a file, or a folder that an earlier fine-tuning has written; None: random weights, for comparison.
    size : int, optional
        Height and width of the images, in pixels; by default what the weights expect.
    test_share : float
        The share of each class to test on, above 0 and below 1. See `own_images`.
    groups : str, optional
        A regular expression for what belongs together, such as ``r"patient(\d+)"``. See `own_images`.
    seed : int
        Of the division of the images, of the new head, and of the order of the images.
    recipes : mapping of str to Recipe
        For the two stages, "head" and "all".
    device : {"cpu", "cuda"}, optional
        Where to compute. Without it: on a GPU if there is one.
    progress : bool
        Whether lines show how far it is.

    Returns
    -------
    FineTuned

    Raises
    ------
    ConfigError
        If an argument is not what it should be.
    DataError
        If the images can't be used.
    WeightsError
        If the weights can't be had, or don't fit the network.
    CheckpointError
        If `out` holds something else, or another run, or can't be written.
    TrainingError
        If the loss is no finite number any more.
    KeyboardInterrupt
        If it was stopped.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for k in range(16):
    ...         place = Path(folder, "bright" if k % 2 else "dark")
    ...         place.mkdir(exist_ok=True)
    ...         Image.new("L", (28, 28), color=10 * k if k % 2 else k).save(place / f"{k}.png")
    ...     tuned = fine_tune(folder, progress=False)
    >>> tuned.counts, tuned.all_layers.count
    ((('bright', 6, 2), ('dark', 6, 2)), 4)
    """
    check_name("model", model, PRESETS)
    check_stages(recipes)
    side = usual_side(model) if size is None else size
    seed = seed_of(seed)
    if device is not None:
        check_name("device", device, ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",))
    check_outside(out, folder)
    own = own_images(folder, side, test_share=test_share, groups=groups, seed=seed, progress=progress)
    place = output_folder(out)
    with nullcontext() if place is None else alone(place / ".lock"):
        tuned = _tuned(own, place, model, weights, seed, recipes, device, progress)
        if place is not None:
            write_results(place, tuned)
    return tuned


def _tuned(own: OwnImages, place: Path | None, name: str, weights: Weights | None, seed: int,
           recipes: Mapping[str, Recipe], device: str | None, progress: bool) -> FineTuned:
    """Both stages, with what they are worth."""
    body = body_for(own.images, name, weights, seed, progress)
    images, expanded = as_read(own.images, body)
    train, test = (Split(f"{images.name}, {part}", pixels, labels, images.classes, body.preprocessing)
                   for part, pixels, labels in (("train", images.train_images, images.train_labels),
                                                ("test", images.test_images, images.test_labels)))
    found, histories = [], []
    for stage, learn in (("head", fit_head), ("all", fit_all)):
        checkpoint = None if place is None else place / f"{stage}.pt"
        history = learn(body.model, train, recipes[stage], seed, checkpoint, device, progress)
        if not history.finished:
            raise KeyboardInterrupt(f"stopped in the stage {stage!r}")
        histories.append(history)
        found.append(score_of(now := answers(body.model, test, device), test.labels))
    linear = answers_of_linear_model(own.images)
    right, right_before = (each.argmax(1) == test.labels for each in (now, linear))
    return FineTuned(
        _classifier(name, weights, body.model, train), own.counts, all_layers=found[1], head=found[0],
        linear=score_of(linear, test.labels), largest=score_of(answers_of_largest_class(own.images), test.labels),
        gained=int((right & ~right_before).sum()), lost=int((right_before & ~right).sum()),
        confusion=_confusion(now, test), mistakes=_mistakes(now, own), histories=(histories[0], histories[1]),
        notes=(*own.notes, *body.notes, *expanded))


def _classifier(name: str, weights: Any, model: Any, train: Split) -> Classifier:
    side, channels = train.images.shape[-1], len(train.preprocessing.mean)
    start = "random weights" if weights is None else Path(os.fspath(weights)).name if isinstance(
        weights, str | PathLike) else str(getattr(weights, "name", "weights"))
    how = Preparation(side, side, train.preprocessing.mean, train.preprocessing.std)
    facts = {"data": f"{len(train):,} images of {train.name.removesuffix(', train')}", "start": f"{name} {start}",
             "images": f"{channels}×{side}×{side}"}
    return Classifier(f"{name} fine-tuned on {train.name.removesuffix(', train')}", model, how, train.classes, facts)


def _confusion(probabilities: Tensor, test: Split) -> tuple[tuple[int, ...], ...]:
    """Rows: the truth; columns: the answer."""
    size = len(test.classes)
    cells = torch.bincount(test.labels * size + probabilities.argmax(1), minlength=size * size)
    return tuple(tuple(row) for row in cells.reshape(size, size).tolist())


def _mistakes(probabilities: Tensor, own: OwnImages) -> tuple[WrongAnswer, ...]:
    sure, answer = probabilities.max(1)
    truth, classes = own.images.test_labels, own.images.classes
    wrong = [k for k in sure.argsort(descending=True, stable=True).tolist() if answer[k] != truth[k]]
    return tuple(WrongAnswer(own.test_paths[k], classes[int(truth[k])], classes[int(answer[k])], float(sure[k]),
                             own.images.test_images[k]) for k in wrong)
