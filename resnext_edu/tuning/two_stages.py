"""The two stages of a fine-tuning: a new head on a body that stays as it is, then all layers in small steps."""
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnext_edu.data.images import Preprocessing, Split
from resnext_edu.errors import ConfigError, shown
from resnext_edu.network import ResNeXt
from resnext_edu.training import fit
from resnext_edu.training.chance import order_of
from resnext_edu.training.history import History
from resnext_edu.training.recipe import Recipe, check_recipe
from resnext_edu.training.scoring import Score, in_mode

LOT_READ = 100  # images

# No image is mirrored: a mirrored 2 is no 2, and in a mirrored chest the heart is on the wrong side.
FINE_TUNING: Mapping[str, Recipe] = {
    "head": Recipe(epochs=60, batch_size=32, lr=0.1, nesterov=True, weight_decay=5e-4, decay_all=False,
                   schedule="cosine", flip=False),
    "all": Recipe(epochs=3, batch_size=16, lr=0.01, nesterov=True, weight_decay=5e-4, decay_all=False,
                  schedule="cosine", warmup=0.25, flip=False, channels_last=True),
}


def check_stages(recipes: object) -> None:
    """Raise a `ConfigError` if these are not a recipe for the head, which reads stored features, and one for all."""
    if not isinstance(recipes, Mapping) or {*recipes} != {*FINE_TUNING}:
        raise ConfigError("recipes must be a dict with the two recipes 'head' and 'all', such as FINE_TUNING; "
                          f"got {shown(recipes)}")
    for recipe in recipes.values():
        check_recipe(recipe)
    if recipes["head"].flip or recipes["head"].crop != "none":
        raise ConfigError("recipes['head'] must have flip=False and crop='none', since the body reads each image only "
                          f"once in this stage; got flip={recipes['head'].flip}, crop={recipes['head'].crop!r}")


def fit_head(model: ResNeXt, train: Split, recipe: Recipe, seed: int, checkpoint: Path | None, device: str | None,
             progress: bool) -> History:
    """Train `model.fc` alone. The body is in eval mode, so that not even BatchNorm's running statistics change.

    Since the body does not change, it reads each image once, and the head learns from what it said.
    """
    said = features(model, train, device)  # (N, features)
    as_bytes = said.view(torch.uint8).reshape(len(said), 1, -1, 4)
    stored = Split(f"features of {train.name}", as_bytes, train.labels, train.classes, Stored((0.0,), (1.0,)))
    return fit(model.fc, stored, None, fitting(recipe, train), seed, checkpoint=checkpoint, device=device,
               progress=progress)


def fit_all(model: ResNeXt, train: Split, recipe: Recipe, seed: int, checkpoint: Path | None, device: str | None,
            progress: bool) -> History:
    """Train every layer from where it is; afterwards BatchNorm's running statistics are those of the training images.

    In so few steps they would stay between those of the old images and those of the new ones.
    """
    history = fit(model, train, None, fitting(recipe, train), seed, checkpoint=checkpoint, device=device,
                  progress=progress)
    if history.finished:
        settle(model, train, seed, device)
    return history


def settle(model: nn.Module, train: Split, seed: int, device: str | None = None) -> None:
    """Set the running statistics of every BatchNorm to their mean over the training images, in batches of about 100."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # each batch counts equally
    with on_device(model, device) as where, in_mode(model, training=True), torch.no_grad():
        for rows in order_of(seed, 0, len(train)).tensor_split(-(-len(train) // LOT_READ)):  # every class in each batch
            model(train.preprocessing(train.images[rows].to(where)))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


@contextmanager
def on_device(model: nn.Module, device: str | None) -> Iterator[torch.device]:
    """Within it, the model is on this device, or on a GPU if there is one; afterwards it is back where it was."""
    home = next(model.parameters()).device
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model.to(where)
    try:
        yield where
    finally:
        model.to(home)


class Stored(Preprocessing):
    """The preprocessing of numbers that a `Split` holds as bytes: it gives the same numbers back."""

    def __call__(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """(N, 1, F, 4) uint8 → (N, F)."""
        return images.contiguous().view(torch.float32).flatten(1).to(dtype)


def features(model: ResNeXt, split: Split, device: str | None = None) -> Tensor:
    """What the head gets of each image: (N, features), float32, computed in eval mode."""
    found: list[Tensor] = []
    hook = model.fc.register_forward_pre_hook(lambda module, inputs: found.append(inputs[0].cpu().clone()))
    try:
        answers(model, split, device)
    finally:
        hook.remove()
    return torch.cat(found)


def answers(model: nn.Module, split: Split, device: str | None = None) -> Tensor:
    """The probability of each class for each image: (N, classes), float64."""
    with on_device(model, device) as where, in_mode(model, training=False), torch.no_grad():
        logits = [model(split.preprocessing(images.to(where))).cpu() for images in torch.split(split.images, LOT_READ)]
    return F.softmax(torch.cat(logits).double(), dim=1)


def score_of(probabilities: Tensor, labels: Tensor) -> Score:
    """How good these answers are: (N, classes) float64 and (N,) → loss, and how many are right.

    Examples
    --------
    >>> score_of(torch.tensor([[.5, .5], [.25, .75]], dtype=torch.float64), torch.tensor([0, 0])).correct
    1
    """
    least = torch.finfo(torch.float64).tiny  # the loss of one answer that was thought impossible is large, not infinite
    losses = -probabilities[torch.arange(len(labels)), labels].clamp(min=least).log()
    return Score(float(losses.mean()), int((probabilities.argmax(1) == labels).sum()), len(labels))


def fitting(recipe: Recipe, train: Split) -> Recipe:
    """The recipe, with smaller batches if there are too few images for one."""
    return recipe.replace(batch_size=min(recipe.batch_size, len(train)))
