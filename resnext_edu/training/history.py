"""What happened in a training: the loss of every step, and how good the network was after every epoch."""
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.table import Table
from resnext_edu.training.recipe import Recipe


@dataclass(frozen=True)
class Epoch:
    """One epoch in numbers.

    Parameters
    ----------
    epoch : int
        From 1.
    steps : int
        How many steps were done at its end, since the first one.
    lr : float
        The learning rate of its last step.
    train_loss, train_accuracy : float
        The mean over its training images, in train mode, each at the moment at which it was seen.
    validation_loss, validation_accuracy : float or None
        After the epoch, in eval mode, over all validation images. None if there are no such images.
    """

    epoch: int
    steps: int
    lr: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True, repr=False)
class History:
    """What happened in a training.

    Parameters
    ----------
    recipe : Recipe
    seed : int
    epochs : tuple of Epoch
        Those that were finished.
    losses : tuple of float
        The loss of every step: the mean over its batch, before the weights changed.
    total_steps : int
        How many there are if nobody stops it.

    Examples
    --------
    >>> from resnext_edu.training.recipe import RECIPES
    >>> History(RECIPES["short"].replace(epochs=2), 0, (), (2.3, 2.1), 156)
    History: stopped after 2 of 156 steps, 0 of 2 epochs
    """

    recipe: Recipe
    seed: int
    epochs: tuple[Epoch, ...]
    losses: tuple[float, ...]
    total_steps: int

    @property
    def finished(self) -> bool:
        """Whether every step was done."""
        return len(self.losses) == self.total_steps

    def to_records(self) -> list[dict[str, Any]]:
        """One dictionary for each epoch, for `pandas.DataFrame(history.to_records())` or `csv.DictWriter`."""
        return [asdict(epoch) for epoch in self.epochs]

    def table(self) -> Table:
        """The epochs as a table."""
        rows = [(e.epoch, f"{e.lr:.4f}", f"{e.train_loss:.3f}", in_percent(e.train_accuracy),
                 "–" if e.validation_loss is None else f"{e.validation_loss:.3f}", in_percent(e.validation_accuracy))
                for e in self.epochs]
        return Table(("epoch", "lr", "training loss", "training accuracy", "validation loss", "validation accuracy"),
                     rows, caption=repr(self))

    def plot(self) -> Picture:
        """The training loss of every step, and the accuracy after every epoch."""
        from resnext_edu.draw.measured.history import history_picture

        return history_picture(self.to_records(), self.losses)

    def __repr__(self) -> str:
        steps = "" if self.finished else f"stopped after {len(self.losses)} of {self.total_steps} steps, "
        text = f"History: {steps}{len(self.epochs)} of {self.recipe.epochs} epochs"
        if self.epochs:
            last = self.epochs[-1]
            text += f", training loss {last.train_loss:.3f}"
            if last.validation_accuracy is not None:
                text += f", validation accuracy {in_percent(last.validation_accuracy)}"
        return text


@dataclass
class Log:
    """A history that is still being written: the loop adds to it, and a checkpoint holds it."""

    recipe: Recipe
    seed: int
    steps: int  # of one epoch
    losses: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    correct: int = 0  # in the epoch that has begun
    loss: float = 0.0  # the sum over its steps

    @property
    def done(self) -> int:
        """How many steps are done."""
        return len(self.losses)

    @property
    def total(self) -> int:
        """How many steps there will be."""
        return self.steps * self.recipe.epochs

    @property
    def epoch_is_over(self) -> bool:
        """Whether the last step was the last one of its epoch."""
        return self.done > 0 and self.done % self.steps == 0

    def add_step(self, loss: float, correct: int) -> None:
        """One step more."""
        if self.epoch_is_over:
            self.correct, self.loss = 0, 0.0
        self.losses.append(loss)
        self.correct += correct
        self.loss += loss

    def now(self) -> tuple[float, float]:
        """Loss and accuracy over the steps of this epoch so far."""
        steps = (self.done - 1) % self.steps + 1
        return self.loss / steps, self.correct / (steps * self.recipe.batch_size)

    def add_epoch(self, lr: float, validation: tuple[float, float] | None) -> None:
        """The epoch whose last step was just added; `validation` is loss and accuracy."""
        self.epochs.append(Epoch(self.done // self.steps, self.done, lr, *self.now(), *(validation or (None, None))))

    def history(self) -> History:
        """All of it so far."""
        return History(self.recipe, self.seed, tuple(self.epochs), tuple(self.losses), self.total)

    def to_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        return {"losses": self.losses, "epochs": [asdict(epoch) for epoch in self.epochs], "correct": self.correct,
                "loss": self.loss}

    def go_on_from(self, saved: Mapping[str, Any]) -> None:
        """Take over what `to_dict` gave."""
        self.losses, self.correct, self.loss = list(saved["losses"]), saved["correct"], saved["loss"]
        self.epochs = [Epoch(**epoch) for epoch in saved["epochs"]]


def in_percent(share: float | None) -> str:
    """A share of 1 as percent with one decimal; a dash for None."""
    return "–" if share is None else f"{100 * share:.1f} %"
