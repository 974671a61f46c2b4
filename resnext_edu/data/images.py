"""Labelled images as they are read, and what is done to them before a network reads them.

Pixels stay whole numbers, 0 to 255, until the last moment: so they take little memory, and everything that is done to
them afterwards is written down in one place, `Preprocessing`.
"""
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from resnext_edu.errors import ConfigError, shown


@dataclass(frozen=True)
class Preprocessing:
    """What turns pixels into a network's input: divide by 255, subtract the mean, divide by the deviation.

    Parameters
    ----------
    mean, std : tuple of float
        Of each channel, over all pixels of the training images, where 1 is white.

    Raises
    ------
    ConfigError
        At a call, if the pixels are not uint8, or have another number of channels.

    Examples
    --------
    >>> preprocessing = Preprocessing(mean=(0.5,), std=(0.25,))
    >>> preprocessing(torch.full((1, 2, 2), 255, dtype=torch.uint8)).flatten().tolist()
    [2.0, 2.0, 2.0, 2.0]
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done to the pixels: a sentence for each step."""
        mean, std = (", ".join(f"{value:.4f}" for value in values) for values in (self.mean, self.std))
        return ("Each pixel is divided by 255, so that 0 is black and 1 is white.",
                f"The mean of the training pixels is subtracted, channel by channel: {mean}.",
                f"The result is divided by their standard deviation: {std}.")

    @classmethod
    def of(cls, images: Tensor) -> "Preprocessing":
        """The one that gives these pixels a mean of 0 and a deviation of 1 in each channel.

        Parameters
        ----------
        images : Tensor
            (N, H, W) or (N, channels, H, W), uint8: the training images, never those of the test.
        """
        channels = _with_channels(images).transpose(0, 1).flatten(1)
        values = torch.arange(256, dtype=torch.float64) / 255
        mean, std = [], []
        for channel in channels:  # the sums of whole numbers are exact, whatever the number of threads
            share = torch.bincount(channel, minlength=256).double() / channel.numel()
            mean.append(float((share * values).sum()))
            std.append(float((share * (values - mean[-1]) ** 2).sum().sqrt()) or 1.0)
        return cls(tuple(mean), tuple(std))

    def __call__(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """(N, H, W) or (N, channels, H, W) uint8 → (N, channels, H, W) of the dtype, standardised."""
        x = _with_channels(images)
        if x.shape[1] != len(self.mean):
            raise ConfigError(f"this preprocessing is for images of {len(self.mean)} channels; got {shown(images)}")
        mean, std = (torch.tensor(value, dtype=dtype, device=x.device).reshape(1, -1, 1, 1)
                     for value in (self.mean, self.std))
        return (x.to(dtype) / 255 - mean) / std  # (N, channels, H, W)


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Images with their labels: what a network is trained on, or what it is tested on.

    Parameters
    ----------
    name : str
        Such as "fashion-mnist-mini, train".
    images : Tensor
        (N, H, W) if they are grey, (N, 3, H, W) if they are in colour; uint8.
    labels : Tensor
        (N,), int64.
    classes : tuple of str
        Label k stands for `classes[k]`.
    preprocessing : Preprocessing
        What a network's input is made with.

    Raises
    ------
    ConfigError
        If the images are not uint8, if there is not one label for each, or if a label stands for no class.

    Examples
    --------
    >>> pixels = torch.zeros(4, 8, 8, dtype=torch.uint8)
    >>> split = Split("mine", pixels, torch.tensor([0, 1, 0, 1]), ("cat", "dog"), Preprocessing((0.5,), (0.5,)))
    >>> split[:2]
    Split(mine: 2 images, 1×8×8 uint8, 2 classes)
    >>> split.inputs().shape
    torch.Size([4, 1, 8, 8])
    """

    name: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    preprocessing: Preprocessing

    def __post_init__(self) -> None:
        _with_channels(self.images)
        labels = self.labels
        if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.shape != self.images.shape[:1]:
            raise ConfigError(f"labels must be int64, one for each of the {len(self.images)} images; "
                              f"got {shown(labels)}")
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < len(self.classes):
            raise ConfigError(f"labels go from {int(labels.min())} to {int(labels.max())}, but there are "
                              f"{len(self.classes)} classes: 0 … {len(self.classes) - 1}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, which: slice | Tensor) -> "Split":
        """Some of them: `split[:1000]`, or `split[split.labels == 3]`."""
        return Split(self.name, self.images[which], self.labels[which], self.classes, self.preprocessing)

    def inputs(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """All images as a network reads them: (N, channels, H, W)."""
        return self.preprocessing(self.images, dtype)

    def __repr__(self) -> str:
        shape = "×".join(map(str, _with_channels(self.images).shape[1:]))
        return f"Split({self.name}: {len(self):,} images, {shape} uint8, {len(self.classes)} classes)"


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """A set of labelled images, for training and for testing.

    Parameters
    ----------
    name : str
    train_images, test_images : Tensor
        (N, H, W) if they are grey, (N, 3, H, W) if they are in colour; uint8, 0 is black.
    train_labels, test_labels : Tensor
        (N,), int64; label k stands for `classes[k]`.
    classes : tuple of str
    licence : str
        The notice that must go with every copy of the images; empty where they don't bring one.
    preparation : tuple of str, optional
        What was done to the files' pixels when they were read, such as a resize; one sentence for each step.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    licence: str
    preparation: Sequence[str] = field(default=())

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """With the mean and the deviation of the training images."""
        return Preprocessing.of(self.train_images)

    @property
    def steps(self) -> tuple[str, ...]:
        """All that happens to the pixels between the files and the network: a sentence for each step."""
        return (*self.preparation, *self.preprocessing.steps)

    @property
    def train(self) -> Split:
        """The images to train on."""
        return Split(f"{self.name}, train", self.train_images, self.train_labels, self.classes, self.preprocessing)

    @property
    def test(self) -> Split:
        """The images to test on."""
        return Split(f"{self.name}, test", self.test_images, self.test_labels, self.classes, self.preprocessing)

    @property
    def channels(self) -> int:
        """1 if they are grey, 3 if they are in colour."""
        return _with_channels(self.train_images).shape[1]

    def __repr__(self) -> str:
        height, width = self.train_images.shape[-2:]
        colour = "" if self.channels == 1 else f"{self.channels}×"
        return (f"Images({self.name}: {len(self.train_images):,} train, {len(self.test_images):,} test, "
                f"{colour}{height}×{width} uint8, {len(self.classes)} classes)")


def _with_channels(images: object) -> Tensor:
    """(N, channels, H, W), where a grey image has one channel."""
    if not isinstance(images, Tensor) or images.dtype != torch.uint8 or images.dim() not in (3, 4):
        raise ConfigError("images must be uint8, of shape (N, H, W) if they are grey and (N, channels, H, W) in "
                          f"colour; got {shown(images)}")
    return images.unsqueeze(1) if images.dim() == 3 else images
