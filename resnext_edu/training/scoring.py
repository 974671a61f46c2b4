"""How good a network is: its loss and its accuracy over many images, in eval mode."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnext_edu.data.images import Split
from resnext_edu.errors import ConfigError, ResNeXtEduError, TrainingError, message_of, positive_int, shown
from resnext_edu.modules import named_modules, parameters, set_training
from resnext_edu.training.history import in_percent
from resnext_edu.training.team import Team, is_of_the_team

LOT = 50  # images at once, where nobody says another number: the blocks of memory that more of them need go back to the
# system after each layer, which takes longer than the layer; the answers have the same bits


@dataclass(frozen=True)
class Score:
    """How good a network is on some images.

    Parameters
    ----------
    loss : float
        The mean cross-entropy, in nats.
    correct, count : int
        How many images it names correctly, of how many.

    Examples
    --------
    >>> score = Score(loss=0.34, correct=880, count=1000)
    >>> score
    Score: 880 of 1,000 correct: 88.0 %, with 95 % confidence 85.8 to 89.9 %; loss 0.340
    """

    loss: float
    correct: int
    count: int

    @property
    def accuracy(self) -> float:
        """The share that is correct, 0 … 1."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy on all images of this kind lies, with 95 % confidence (Wilson 1927).

        It knows of one source of chance: which images are in the test. Another seed gives another network.
        """
        from scipy.stats import binomtest

        found = binomtest(self.correct, self.count).proportion_ci(method="wilson")
        return float(found.low), float(found.high)

    def __repr__(self) -> str:
        low, high = self.interval
        return (f"Score: {self.correct:,} of {self.count:,} correct: {in_percent(self.accuracy)}, "
                f"with 95 % confidence {100 * low:.1f} to {100 * high:.1f} %; loss {self.loss:.3f}")


def evaluate(model: nn.Module, split: Split, *, batch_size: int = LOT) -> Score:
    """How good a network is on these images, in eval mode; afterwards its mode is as it was.

    Parameters
    ----------
    model : nn.Module
        (N, channels, H, W) → (N, classes), logits.
    split : Split
        Such as `images.test`.
    batch_size : int
        How many images at once.

    Returns
    -------
    Score

    Raises
    ------
    ConfigError
        If `model` is not a module or can't be called with these images, or `split` is not a `Split` with at least one.

    Examples
    --------
    >>> from resnext_edu import load_images, resnext_mini
    >>> evaluate(resnext_mini(), load_images().test[:100]).count
    100
    """
    check_model(model)
    check_split("split", split)
    where = next((parameter.device for parameter in parameters(model)), torch.device("cpu"))
    return score(model, split, Team(0, 1, where), positive_int("batch_size", batch_size))


def score(model: nn.Module, split: Split, team: Team, batch_size: int = LOT) -> Score:
    """The same for a team: each process looks at its share of the images."""
    dtype, loss, correct = dtype_of_weights(model), 0.0, 0
    rows = team.share(torch.arange(len(split)))
    with in_mode(model, training=False), torch.inference_mode():
        for some in torch.split(rows, batch_size):
            labels = split.labels[some].to(team.device)
            x = split.preprocessing(split.images[some].to(team.device), dtype)
            logits = logits_of(model, x, split).double()
            loss += float(F.cross_entropy(logits, labels, reduction="sum"))
            correct += int((logits.argmax(1) == labels).sum())
    loss, all_correct = team.sum(loss, correct)
    return Score(loss / len(split), round(all_correct), len(split))


def logits_of(model: Callable[[Tensor], object], x: Tensor, split: Split) -> Tensor:
    """What the model says of some images of this split, (N, classes); raises a `ConfigError` if they don't fit."""
    try:
        logits = model(x)
    except Exception as error:  # the model is not ours
        if isinstance(error, ResNeXtEduError) or is_of_the_team(error):
            raise
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise TrainingError(f"there is not enough memory for {len(x)} images at once ({message_of(error)}); take a "
                                "smaller batch_size") from error
        raise ConfigError(f"the model can't be called with images of shape {tuple(x.shape)} and {x.dtype} "
                          f"({message_of(error)}); take a model that reads such images") from error
    wanted = len(x), len(split.classes)
    if not isinstance(logits, Tensor) or logits.dim() != 2 or len(logits) != wanted[0] or logits.shape[1] < wanted[1]:
        raise ConfigError(f"the model must answer with logits of shape {wanted}, one for each image and class; "
                          f"got {shown(logits)}")
    return logits


@contextmanager
def in_mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Within it, every layer is in train or in eval mode; afterwards each is as it was."""
    modes = [(module, module.training) for _, module in named_modules(model)]
    set_training(model, training)
    try:
        yield
    finally:
        for module, was in modes:
            module.training = was


def dtype_of_weights(model: nn.Module) -> torch.dtype:
    """The dtype that its inputs need: that of its first weight."""
    return next((parameter.dtype for parameter in parameters(model) if parameter.is_floating_point()), torch.float32)


def check_model(model: object) -> None:
    """Raise a `ConfigError` if `model` is not a module, but for example the name of a preset."""
    if not isinstance(model, nn.Module):
        raise ConfigError(f"model must be an nn.Module, such as resnext_mini(); got {shown(model)}")


def check_split(name: str, split: object) -> None:
    """Raise a `ConfigError` if `split` is not a `Split` with an image in it."""
    if not isinstance(split, Split):
        raise ConfigError(f"{name} must be a Split, such as load_images().train; got {shown(split)}")
    if not len(split):
        raise ConfigError(f"{name} has no images: {split}")
