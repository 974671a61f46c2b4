"""How a network is trained, as data: everything that is decided before the first step."""
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import cos, pi
from typing import Any

from resnext_edu.errors import ConfigError, check_bool, check_name, check_number, number_of, positive_int, shown

SCHEDULES: tuple[str, ...] = ("steps", "cosine")
CROPS: tuple[str, ...] = ("none", "pad", "scale and aspect")


@dataclass(frozen=True)
class Recipe:
    """All decisions of a training. The weights begin as He et al. draw them, if `ResNeXt` builds the network.

    Parameters
    ----------
    epochs : int
        How often each training image is seen.
    batch_size : int
        Images in one step, of all processes together.
    lr : float
        The largest learning rate.
    momentum : float
        Of SGD: 0 or more, less than 1.
    nesterov : bool
        Whether the gradient is taken where the momentum leads.
    weight_decay : float
        The share of each weight that is added to its gradient.
    decay_all : bool
        Whether BatchNorm's numbers and all biases decay, too.
    schedule : {"steps", "cosine"}
        How the learning rate falls: by a factor of 10 at each milestone, or along half a cosine, to 0.
    milestones : tuple of int
        The epochs after which it falls, for "steps".
    warmup : float
        The share of all steps in which it first rises from 0.
    flip : bool
        Whether every second image, drawn at random, is mirrored.
    crop : {"none", "pad", "scale and aspect"}
        "pad": 4 black pixels on each side, and a window of the old size drawn at random. "scale and aspect": a window
        of 8 to 100 percent of the area, and an aspect ratio of 3:4 to 4:3, enlarged to the old size.
    bfloat16 : bool
        Whether convolutions and matrix products are computed in bfloat16 (`torch.autocast`); weights stay as they are.
    channels_last : bool
        Whether the channels of a pixel stand side by side in memory, which is faster and rounds differently.

    Raises
    ------
    ConfigError
        If a value is not possible, or two values don't go together.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, sections 4 and 5.3; He et al. 2015, arXiv 1502.01852, for the weights.

    Examples
    --------
    >>> RECIPES["short"].replace(epochs=2).epochs
    2
    >>> [round(RECIPES["paper"].lr_at(epoch, 100), 6) for epoch in (0, 30, 60, 90)]
    [0.1, 0.01, 0.001, 0.0001]
    """

    epochs: int
    batch_size: int = 256
    lr: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 1e-4
    decay_all: bool = True
    schedule: str = "steps"
    milestones: tuple[int, ...] = ()
    warmup: float = 0.0
    flip: bool = True
    crop: str = "none"
    bfloat16: bool = False
    channels_last: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            object.__setattr__(self, name, positive_int(name, getattr(self, name)))
        check_name("schedule", self.schedule, SCHEDULES)
        check_name("crop", self.crop, CROPS)
        check_number("lr", self.lr, 0, None, open_below=True)
        check_number("momentum", self.momentum, 0, 1)
        check_number("weight_decay", self.weight_decay, 0, None)
        check_number("warmup", self.warmup, 0, 1)
        for name in ("nesterov", "decay_all", "flip", "bfloat16", "channels_last"):
            check_bool(name, getattr(self, name))
        if self.nesterov and not self.momentum:
            raise ConfigError("nesterov needs a momentum above 0; got momentum 0")
        milestones = self.milestones
        if isinstance(milestones, str) or not isinstance(milestones, (tuple, list)):
            raise ConfigError(f"milestones must be epochs, such as (30, 60, 90); got {shown(milestones)}")
        object.__setattr__(self, "milestones",
                           tuple(positive_int(f"milestones[{k}]", epoch) for k, epoch in enumerate(milestones)))
        if list(self.milestones) != sorted(set(self.milestones)) or max(self.milestones, default=0) >= self.epochs:
            raise ConfigError(f"milestones must rise, and lie before the last of the {self.epochs} epochs; got "
                              f"{shown(self.milestones)}; take others, or recipe.lasting(epochs), which moves them")

    def replace(self, **changes: Any) -> "Recipe":
        """A copy in which some values are different.

        Parameters
        ----------
        **changes
            The new values, such as `epochs=2`.

        Raises
        ------
        ConfigError
            If a recipe has no value of that name, or the new values don't fit.
        """
        for name in changes:
            check_name("value of a recipe", name, [field.name for field in fields(self)])
        return replace(self, **changes)

    def lasting(self, epochs: int) -> "Recipe":
        """The same recipe over another number of epochs; its milestones move with it, as far as there is room.

        Parameters
        ----------
        epochs : int

        Raises
        ------
        ConfigError
            If `epochs` is not a positive integer.

        Examples
        --------
        >>> RECIPES["cifar"].lasting(20).milestones
        (10, 15)
        """
        epochs = positive_int("epochs", epochs)
        moved = {round(epoch * epochs / self.epochs) for epoch in self.milestones}
        return replace(self, epochs=epochs, milestones=tuple(sorted(moved & {*range(1, epochs)})))

    def lr_at(self, done: int, total: int) -> float:
        """The learning rate of the next step, if `done` of `total` steps are done. It depends on nothing else.

        Parameters
        ----------
        done, total : int
            `done` is 0 … `total` − 1.

        Raises
        ------
        ConfigError
            If there is no such step.
        """
        done = number_of("a step", "done", done, positive_int("total", total))
        warm = self.warmup * total
        if done + 1 < warm:
            return self.lr * (done + 1) / warm
        if self.schedule == "cosine":
            return self.lr * (1 + cos(pi * max(done - warm, 0) / (total - warm))) / 2
        return self.lr / 10.0 ** sum(done * self.epochs >= epoch * total for epoch in self.milestones)

    def to_dict(self) -> dict[str, Any]:
        """Its values by name, each a number, a string, a bool or a list."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"milestones": list(self.milestones)}


RECIPES: Mapping[str, Recipe] = {
    # The paper's for ImageNet. It says "÷10 three times", and not how many epochs there are after the third.
    "paper": Recipe(epochs=100, batch_size=256, milestones=(30, 60, 90), crop="scale and aspect"),
    # The paper's for CIFAR.
    "cifar": Recipe(epochs=300, batch_size=128, weight_decay=5e-4, milestones=(150, 225), crop="pad"),
    # For a small network, a few thousand small images and two cores.
    "short": Recipe(epochs=8, batch_size=64, nesterov=True, weight_decay=5e-4, decay_all=False, schedule="cosine",
                    warmup=0.25, bfloat16=True, channels_last=True),
}


def check_recipe(recipe: object) -> None:
    """Raise a `ConfigError` if `recipe` is not a `Recipe`, but for example the name of one."""
    if not isinstance(recipe, Recipe):
        raise ConfigError(f"expected a Recipe, got {shown(recipe)}; try RECIPES['short'], or Recipe(epochs=8)")
