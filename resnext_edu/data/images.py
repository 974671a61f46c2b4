"""Labelled images as they are read, and what is done to them before a network reads them.

Pixels stay whole numbers, 0 to 255, until the last moment: so they take little memory, and everything that is done to
them afterwards is written down in one place, `Preprocessing`.
"""
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

import torch
from torch import Tensor

from resnext_edu.errors import ConfigError, check_number, shown


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
        If they are not numbers, one for each channel; at a call, if the pixels are not uint8, or have other channels.

    Examples
    --------
    >>> preprocessing = Preprocessing(mean=(0.5,), std=(0.25,))
    >>> preprocessing(torch.full((1, 2, 2), 255, dtype=torch.uint8)).flatten().tolist()
    [2.0, 2.0, 2.0, 2.0]
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, least, open_below in (("mean", -inf, False), ("std", 0, True)):
            values = getattr(self, name)
            if not isinstance(values, tuple | list) or not 0 < len(values) < 10:
                raise ConfigError(f"{name} must be a number for each channel, such as (0.29,); got {shown(values)}")
            for k, value in enumerate(values):
                check_number(f"{name}[{k}]", value, least, open_below=open_below)
            object.__setattr__(self, name, tuple(values))
        if len(self.mean) != len(self.std):
            raise ConfigError(f"mean and std must have a number for each channel; got {shown(self.mean)} and "
                              f"{shown(self.std)}")

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
        If a value is of another kind, if there is not one label for each image, or if a label stands for no class.

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
        if not isinstance(self.name, str):
            raise ConfigError(f"name must be a text; got {shown(self.name)}")
        classes, labels = self.classes, self.labels
        if not isinstance(classes, tuple | list) or not classes or not all(isinstance(name, str) for name in classes):
            raise ConfigError(f"classes must be a name for each class; got {shown(classes)}")
        object.__setattr__(self, "classes", tuple(classes))
        if not isinstance(self.preprocessing, Preprocessing):
            raise ConfigError("preprocessing must be a Preprocessing, such as Preprocessing.of(images); "
                              f"got {shown(self.preprocessing)}")
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
