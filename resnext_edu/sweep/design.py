"""What is compared with what, written down before the first run: arms, seeds, and what would count as an answer."""
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnext_edu.blocks import ResNeXtBlock
from resnext_edu.config import ResNeXtConfig
from resnext_edu.network import ResNeXt
from resnext_edu.training.chance import seed_at
from resnext_edu.training.recipe import RECIPES, Recipe


@dataclass(frozen=True)
class Arm:
    """One kind of network, and how it is trained.

    Parameters
    ----------
    config : ResNeXtConfig
    recipe : Recipe
    shortcuts : bool
        Whether its blocks keep their shortcuts.
    shift : int
        What is added to the seeds of the sweep, so that an arm can be repeated with seeds of its own.
    """

    config: ResNeXtConfig
    recipe: Recipe
    shortcuts: bool = True
    shift: int = 0

    def network(self, seed: int) -> ResNeXt:
        """The network before its first step; torch's own random numbers stay as they are."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_at("weights", seed + self.shift))
            model = ResNeXt(self.config)
        return model if self.shortcuts else without_shortcuts(model)


@dataclass(frozen=True)
class Sweep:
    """A question to many small trainings, and how it will be answered.

    Parameters
    ----------
    question, endpoint, no : str
        What is asked; what is measured first; which outcome would mean "no".
    arms : mapping of str to Arm
    baseline : str
        The arm that the others are compared with, seed by seed.
    seeds : tuple of int
        Each arm is trained with each of them.
    """

    question: str
    endpoint: str
    no: str
    arms: Mapping[str, Arm]
    baseline: str
    seeds: tuple[int, ...]


class Nothing(nn.Module):
    """What is added in place of a shortcut."""

    def forward(self, x: Tensor) -> Tensor:
        """Anything → 0."""
        return torch.zeros((), dtype=x.dtype, device=x.device)


def without_shortcuts(model: ResNeXt) -> ResNeXt:
    """Take the shortcut out of each block of this network; → the same network.

    Examples
    --------
    >>> model = without_shortcuts(ResNeXt(ResNeXtConfig.preset("resnext_mini")))
    >>> model(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    for module in model.modules():
        if isinstance(module, ResNeXtBlock):
            module.downsample = nn.Sequential(Nothing())
    return model


# float32, since what is compared is small; one block more than the least, so that one has the identity as its shortcut
SIX_EPOCHS = RECIPES["short"].replace(epochs=6, bfloat16=False)
SMALL = ResNeXtConfig(layers=(2,), cardinality=1, width_per_group=64, num_classes=10, in_channels=1, stem_width=32,
                      expansion=1)
EIGHTEEN_BLOCKS = SMALL.replace(layers=(6, 6, 6), cardinality=8, width_per_group=4)


def _paths(cardinality: int, width_per_group: int) -> Arm:
    return Arm(SMALL.replace(cardinality=cardinality, width_per_group=width_per_group), SIX_EPOCHS)


SWEEPS: Mapping[str, Sweep] = {
    "shortcut": Sweep(
        question="Does a network with 18 blocks learn without its shortcuts?",
        endpoint="accuracy on the 1,000 test images after 3 epochs",
        no="the 95 % interval of the paired difference contains 0",
        arms={"with shortcuts": Arm(EIGHTEEN_BLOCKS, SIX_EPOCHS.replace(epochs=3)),
              "without": Arm(EIGHTEEN_BLOCKS, SIX_EPOCHS.replace(epochs=3), shortcuts=False)},
        baseline="with shortcuts",
        seeds=tuple(range(200, 208)),
    ),
    "cardinality": Sweep(
        question="Two networks have as many parameters and multiply–adds (±3 %). Does the one with more paths learn "
                 "better?",
        endpoint="the loss over all 5,000 training images, in eval mode, after the last epoch; accuracy on the 1,000 "
                 "test images comes second",
        no="the 95 % interval of the paired difference contains 0",
        arms={
            "1×64d": _paths(1, 64), "2×43d": _paths(2, 43), "4×29d": _paths(4, 29), "8×19d": _paths(8, 19),
            "8×8d": _paths(8, 8),  # the width of 1×64d, and less than a third of its parameters
            "1×64d, as long": Arm(SMALL, SIX_EPOCHS.replace(epochs=9)),  # as much time as 8×19d takes for 6 epochs
            "1×64d, again": Arm(SMALL, SIX_EPOCHS, shift=1000),  # A against A
        },
        baseline="1×64d",
        seeds=tuple(range(100, 116)),
    ),
}
