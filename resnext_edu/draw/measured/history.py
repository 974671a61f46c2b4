"""A training run: the loss of each step, the learning rate, and the accuracy after each epoch."""
from collections.abc import Mapping, Sequence
from typing import Any

from resnext_edu.draw.kit.axes import Axis
from resnext_edu.draw.kit.marks import DASHED, joined, point, spaced
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import end, line, mid, room, text
from resnext_edu.draw.measured.binned import binned, steps_in_a_point
from resnext_edu.draw.measured.caption import Caption
from resnext_edu.draw.measured.records import DIVERGED, EpochDrawn, epochs_of
from resnext_edu.draw.measured.values import measurements
from resnext_edu.words import plural

RIGHT, SECOND, END = 390, 440, 692  # x: where the losses end, where the accuracies begin, and where they end
HIGH, STRIP = 190, 44  # the height of the losses, and of the learning rate below them
MOST = 12  # epochs that are told in words


def history_picture(records: Sequence[Mapping[str, Any]], losses: Sequence[float], title: str | None = None) -> Picture:
    """The training loss of each step above the learning rate, and beside them the accuracies.

    Parameters
    ----------
    records : sequence of mapping
        One for each epoch that has ended: epoch (1, 2, …), train_loss, train_accuracy, validation_loss,
        validation_accuracy and lr. Accuracies are 0 … 1; those of the validation are None if there was none.
    losses : sequence of float
        The training loss of each step, in equal parts for each epoch. Of more than 300 steps, several are drawn as
        one point, their mean. Without any losses, the training loss of each epoch is drawn.
    title : str, optional
        The finding. By default, the last accuracy.

    Returns
    -------
    Picture

    Raises
    ------
    ConfigError
        If a record is not complete, or a value is not a finite number, or no accuracy.

    Examples
    --------
    >>> record = {"epoch": 1, "train_loss": 1.2, "train_accuracy": .55, "validation_loss": 1.1,
    ...           "validation_accuracy": .6, "lr": .1}
    >>> print(history_picture([record], [2.3, 1.5, .9]).text)
    Validation accuracy after 1 epoch: 60.0 %
    Left: the training loss of each step; below it, the learning rate. Right: accuracy after each epoch.
    Training loss, 3 steps: first 2.3, last 0.9.
    Epoch 1: training loss 1.2, accuracy 55.0 %, validation loss 1.1, validation accuracy 60.0 %, learning rate 0.1.
    """
    epochs = epochs_of(records)
    if not isinstance(losses, Sequence) or len(losses):
        losses = measurements("losses", losses, DIVERGED)
    caption = Caption.of(_finding(epochs, len(losses)) if title is None else title, _how(epochs, len(losses)))
    steps = [*losses] or [one.train_loss for one in epochs]
    top = caption.bottom + 52
    base = top + HIGH + (52 + STRIP if epochs else 0)
    body = [_losses(steps, top, base, epochs), _accuracies(epochs, top, base)]
    count = plural(len(losses), "step")
    words = [f"Training loss, {count}: first {losses[0]:.3g}, last {losses[-1]:.3g}."] if losses else []
    return caption.picture([*words, *(one.words() for one in _chosen(epochs))], body, base + 62)


def _how(epochs: list[EpochDrawn], steps: int) -> str:
    few = steps_in_a_point(steps)
    each = "of each step" if steps else "of each epoch"
    if few > 1:
        each = f"at each step (a point is the mean of {few} steps)"
    left = f"Left: the training loss {each}" if steps or epochs else "There is nothing to show"
    return f"{left}{'; below it, the learning rate. Right: accuracy after each epoch' if epochs else ''}."


def _losses(steps: list[float], top: float, base: float, epochs: list[EpochDrawn]) -> str:
    """The left panel: the losses, and below them the learning rate, on one axis of epochs."""
    out = [text(16, top - 18, "training loss", cls="b")]
    if not steps:
        return "".join((*out, text(16, top + HIGH / 2, "no step yet", cls="soft")))
    last = epochs[-1].epoch if epochs else len(steps)
    up = Axis(min(0, *steps), max(max(steps) * 1.05, 1e-9), top + HIGH, top)
    highest = max((one.lr for one in epochs), default=0)
    rate = f"{highest:.3g}".replace("-", "−")
    start = 16 + max(up.beside(), room(rate) + 10 if epochs else 0)
    along = Axis(0, last, start, RIGHT, least=1)
    places = [((k + .5) * last / len(steps), value) for k, value in binned(steps)]
    track = [(along.at(k), up.at(value)) for k, value in places]
    out += [up.level(start, RIGHT), joined(track) if len(track) > 1 else point(*track[0], 4),
            along.upright(base, base + 6), mid((start + RIGHT) / 2, base + 45, "epoch" if epochs else "step", cls="b")]
    if not epochs:
        return "".join(out)
    down = Axis(0, highest or 1, base, base - STRIP)
    stairs = [(along.at(x), down.at(one.lr)) for one in epochs for x in (one.epoch - 1, one.epoch)]
    under = [(stairs[0][0], base), *stairs, (stairs[-1][0], base)]
    out += [text(16, base - STRIP - 16, "learning rate", cls="b"), line(start, base, RIGHT, base, "hair"),
            end(start - 8, base - STRIP + 5, rate if highest else "", cls="soft"),
            end(start - 8, base + 5, "0", cls="soft"),
            joined(under, cls="tensor"), joined(stairs, cls="edge fine")]
    return "".join(out)


def _accuracies(epochs: list[EpochDrawn], top: float, base: float) -> str:
    """The right panel: the accuracies, of the validation in a solid line, of the training in a dashed one."""
    out = [text(SECOND, top - 18, "accuracy, %", cls="b")]
    if not epochs:
        return "".join((*out, text(SECOND, top + HIGH / 2, "no epoch has ended yet", cls="soft")))
    training = [(one.epoch, one.train_accuracy) for one in epochs]
    validation = [(one.epoch, one.validation_accuracy) for one in epochs if one.validation_accuracy is not None]
    free = Axis.over([value for _, value in (*training, *validation)], base, top)
    up = Axis(max(0, free.low), min(100, free.high), base, top)
    start = SECOND + up.beside()
    along = Axis(0, epochs[-1].epoch, start, END, least=1)
    out += [up.level(start, END), along.upright(base, base + 6), mid((start + END) / 2, base + 45, "epoch", cls="b")]
    lines = [(name, [(along.at(k), up.at(value)) for k, value in found], found[-1][1], dashes)
             for name, found, dashes in (("training", training, DASHED), ("validation", validation, "")) if found]
    labels = spaced([track[-1][1] for _, track, _, _ in lines], 42, top + 6, base - 12)
    for (name, track, value, dashes), y in zip(lines, labels, strict=True):
        dots = track if not dashes and len(track) <= 40 else track[-1:]
        out += [joined(track, dashes), *(point(x, level, 3, known=not dashes) for x, level in dots),
                text(END + 14, y, name, cls="" if dashes else "b"), text(END + 14, y + 18, f"{value:.1f} %", cls="b")]
    return "".join(out)


def _finding(epochs: list[EpochDrawn], steps: int) -> str:
    if not epochs:
        return f"No epoch has ended after {plural(steps, 'step')}" if steps else "Nothing has been trained yet"
    last = epochs[-1]
    name, value = (("Training", last.train_accuracy) if last.validation_accuracy is None
                   else ("Validation", last.validation_accuracy))
    return f"{name} accuracy after {plural(last.epoch, 'epoch')}: {value:.1f} %"


def _chosen(epochs: list[EpochDrawn]) -> list[EpochDrawn]:
    """The epochs that are told in words: all, or some of them, with the first and the last."""
    count = min(MOST, len(epochs))
    return [epochs[k * (len(epochs) - 1) // max(1, count - 1)] for k in range(count)]
