"""What came out of a fine-tuning: four accuracies on the same test images, and where the network is wrong."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.measured.confusion import CLASSES_DRAWN, READING, confusion_picture
from resnext_edu.draw.measured.mistakes import how_sure, mistakes_picture
from resnext_edu.inference.classifier import Classifier
from resnext_edu.intervals import difference_of_shares
from resnext_edu.table import Table
from resnext_edu.training.history import History, in_percent
from resnext_edu.training.scoring import Score
from resnext_edu.words import listed, plural

MOST_CONFUSIONS, MOST_TILES, MOST_PIXELS = 3, 12, 128


@dataclass(frozen=True)
class WrongAnswer:
    """A test image that the network does not name correctly.

    Parameters
    ----------
    path : str
        Its file, below the folder of the images.
    truth, answer : str
        The class in whose folder it lies, and the class that the network names.
    probability : float
        How sure the network is of its answer, 0 … 1.
    pixels : Tensor
        (H, W) or (3, H, W), uint8: what the network saw.
    """

    path: str
    truth: str
    answer: str
    probability: float
    pixels: Tensor = field(repr=False, compare=False)


@dataclass(frozen=True, eq=False, repr=False)
class FineTuned:
    """A network that was fine-tuned on a learner's images, and what it is worth on those that it has not seen.

    Parameters
    ----------
    classifier : Classifier
        The network, its preprocessing and its classes.
    counts : tuple of (str, int, int)
        Each class, with the number of its images to train on and to test on.
    all_layers : Score
        Of the network, after both stages.
    head : Score
        Of the network after the first stage, in which only its head was new.
    linear : Score
        Of a linear model on pixels, trained and tested on the same images.
    largest : Score
        Of an answer that never changes: the class with the most training images.
    gained, lost : int
        How many test images only the network names correctly, and how many only the linear model.
    confusion : tuple of tuple of int
        How many test images of class i (row) the network calls class j (column).
    mistakes : tuple of WrongAnswer
        All of them; the one of which the network is most sure comes first.
    notes : tuple of str
        What one should know before one believes the accuracies.
    histories : tuple of History
        The training of the head, and of all layers.
    """

    classifier: Classifier
    counts: tuple[tuple[str, int, int], ...]
    all_layers: Score
    head: Score
    linear: Score
    largest: Score
    gained: int
    lost: int
    confusion: tuple[tuple[int, ...], ...]
    mistakes: tuple[WrongAnswer, ...]
    notes: tuple[str, ...]
    histories: tuple[History, History]

    @property
    def scores(self) -> Mapping[str, Score]:
        """Who answers → how well."""
        return {"network, all layers": self.all_layers, "network, head only": self.head,
                "linear model on pixels": self.linear, "always the largest class": self.largest}

    @property
    def difference(self) -> float:
        """By how much the accuracy of the network is above that of the linear model, −1 … 1."""
        return (self.gained - self.lost) / self.all_layers.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference; see `difference_of_shares`."""
        return difference_of_shares(self.gained, self.lost, self.all_layers.count)

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out 0."""
        low, high = self.interval
        return not low <= 0 <= high

    @property
    def verdict(self) -> str:
        """The comparison with the linear model, in two sentences."""
        low, high = self.interval
        better = "better" if self.difference > 0 else "worse"
        says = (f"So the network is {better} than a linear model on these images." if self.shown else
                "So a difference is not shown here: the interval contains 0.")
        return (f"{self.gained:,} test images are named correctly by the network alone, {self.lost:,} by the linear "
                f"model alone: a difference of {_points(self.difference)} points, with 95 % confidence {_points(low)} "
                f"to {_points(high)}. {says}")

    @property
    def confusions(self) -> tuple[tuple[str, str, int], ...]:
        """The truth, the wrong answer, and how often; the most frequent ones first."""
        names = self.classifier.classes
        found = [(names[i], names[j], times) for i, row in enumerate(self.confusion) for j, times in enumerate(row)
                 if i != j and times]
        return tuple(sorted(found, key=lambda each: -each[2]))

    def table(self) -> Table:
        """The four accuracies."""
        rows = [(name, f"{score.correct:,}", in_percent(score.accuracy), in_percent(score.interval[0]),
                 in_percent(score.interval[1])) for name, score in self.scores.items()]
        return Table(("who answers", "correct", "accuracy", "95 % from", "to"), rows,
                     caption=f"{self.all_layers.count:,} test images")

    def plot(self) -> Picture:
        """What is taken for what, as a picture."""
        right, worst = f"{in_percent(self.all_layers.accuracy)} are right", self.confusions
        title = f"{right}; most often {worst[0][0]} is called {worst[0][1]}" if worst else right
        wrong = [sum(row) - row[k] for k, row in enumerate(self.confusion)]
        drawn = sorted(sorted(range(len(wrong)), key=lambda k: -wrong[k])[:CLASSES_DRAWN])
        some = f" Of {len(wrong)} classes, the {CLASSES_DRAWN} with most mistakes." if len(drawn) < len(wrong) else ""
        return confusion_picture([[self.confusion[i][j] for j in drawn] for i in drawn],
                                 [self.classifier.classes[k] for k in drawn], title=title, how=READING + some)

    def plot_mistakes(self) -> Picture:
        """The mistakes of which the network is most sure, as a picture; up to 12."""
        shown = self.mistakes[:MOST_TILES]
        title = (f"{shown[0].truth} called {shown[0].answer}: the network is {how_sure(shown[0].probability)}"
                 if shown else "The network names every test image correctly")
        return mistakes_picture([(_small(each.pixels), each.truth, each.answer, each.probability) for each in shown],
                                count=len(self.mistakes), title=title)

    def to_dict(self) -> dict[str, Any]:
        """All numbers, for a file."""
        low, high = self.interval
        return {
            "classes": [{"name": name, "train": train, "test": test} for name, train, test in self.counts],
            "scores": {name: {"correct": score.correct, "count": score.count, "accuracy": score.accuracy,
                              "low": score.interval[0], "high": score.interval[1], "loss": score.loss}
                       for name, score in self.scores.items()},
            "network minus linear model": {"gained": self.gained, "lost": self.lost, "difference": self.difference,
                                           "low": low, "high": high, "shown": self.shown},
            "confusion": self.confusion,
            "mistakes": [{"path": each.path, "truth": each.truth, "answer": each.answer,
                          "probability": round(each.probability, 6)} for each in self.mistakes],
            "notes": self.notes,
        }

    def __repr__(self) -> str:
        classes = Table(("class", "to train on", "to test on"),
                        [(name, f"{train:,}", f"{test:,}") for name, train, test in self.counts])
        often = [f"{truth} called {answer} ({plural(times, 'time')})"
                 for truth, answer, times in self.confusions[:MOST_CONFUSIONS]]
        lines = [f"FineTuned: {self.classifier.name}", str(classes), *(f"Note: {note}" for note in self.notes), "",
                 str(self.table()), "", self.verdict]
        return "\n".join([*lines, *([f"Most often confused: {listed(often)}."] if often else [])])


def _small(pixels: Tensor) -> Any:
    """(H, W) or (H, W, 3), averaged down to 128 pixels if it is larger, so that the picture's file stays small."""
    x = pixels if pixels.dim() == 3 else pixels[None]
    if x.shape[-1] > MOST_PIXELS:
        x = F.adaptive_avg_pool2d(x.float(), MOST_PIXELS).round().to(torch.uint8)
    return x.permute(1, 2, 0).numpy() if len(x) == 3 else x[0].numpy()


def _points(share: float) -> str:
    return f"{100 * share:.1f}".replace("-", "−")
