"""All that a training draws at random: each draw is a function of the seed and of the step, and of nothing else.

So nothing has to be remembered for a training to go on where it was: with the number of the step, the same numbers
can be drawn again. The draws are made on the CPU, so that a GPU gets the same ones.
"""
from functools import lru_cache
from hashlib import sha256
from math import log

import torch
from torch import Tensor
from torch.nn import functional as F

from resnext_edu.data.images import Split
from resnext_edu.training.recipe import Recipe
from resnext_edu.training.team import Team

BORDER = 4  # pixels on each side


def seed_at(*place: int | str) -> int:
    """A seed for one place in a training, such as ("order", seed, epoch): 63 bits of a hash, so no two are alike.

    Examples
    --------
    >>> seed_at("order", 0, 3) == seed_at("order", 0, 3), seed_at("order", 0, 3) == seed_at("order", 3, 0)
    (True, False)
    """
    return int.from_bytes(sha256(repr(place).encode()).digest()[:8], "big") >> 1


@lru_cache(maxsize=2)  # each step of an epoch asks for it
def order_of(seed: int, epoch: int, count: int) -> Tensor:
    """In which order an epoch sees its images: (count,), int64."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed_at("order", seed, epoch)))


def batch(split: Split, recipe: Recipe, seed: int, step: int, team: Team, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The inputs of one step and their labels, varied as the recipe says: this process's share of them.

    Parameters
    ----------
    split : Split
    recipe : Recipe
    seed : int
    step : int
        From 0, through all epochs. Each epoch has as many as there are whole batches.
    team : Team
    dtype : torch.dtype
        Of the inputs.

    Returns
    -------
    tuple of Tensor
        (N, channels, H, W), and (N,) int64.
    """
    epoch, place = divmod(step, len(split) // recipe.batch_size)
    rows = order_of(seed, epoch, len(split))[place * recipe.batch_size:][:recipe.batch_size]
    draw = torch.Generator().manual_seed(seed_at("images", seed, step))
    chances = torch.rand(recipe.batch_size, 5, generator=draw)  # for all processes, however many there are
    rows, chances = team.share(rows), team.share(chances).to(team.device)
    images = split.images[rows].to(team.device)
    if recipe.flip:
        images = flipped(images, chances[:, 0])
    if recipe.crop == "pad":
        images = padded_and_cropped(images, chances[:, 1], chances[:, 2])
    x = split.preprocessing(images, dtype)
    if recipe.crop == "scale and aspect":
        x = rescaled_and_cropped(x, *chances[:, 1:].unbind(1))
    if recipe.channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    return x, split.labels[rows].to(team.device)


def flipped(images: Tensor, chance: Tensor) -> Tensor:
    """Every second image mirrored, on average; (N, …, H, W) → the same shape."""
    return torch.where((chance < 0.5).reshape(-1, *[1] * (images.dim() - 1)), images.flip(-1), images)


def padded_and_cropped(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Each image moved by up to 4 pixels up or down, and left or right; black comes in. (N, …, H, W) → the same."""
    height, width = images.shape[-2:]
    rows, columns = ((chance * (2 * BORDER + 1)).long()[:, None] + torch.arange(size, device=images.device)
                     for chance, size in ((down, height), (right, width)))  # (N, H) and (N, W)
    bordered = F.pad(images, (BORDER,) * 4)
    padded = bordered.reshape(len(images), -1, *bordered.shape[-2:])
    which = torch.arange(len(images), device=images.device)[:, None, None]
    moved = padded.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None]]  # (N, H, W, channels)
    return moved.permute(0, 3, 1, 2).reshape(images.shape)


def rescaled_and_cropped(x: Tensor, area: Tensor, aspect: Tensor, left: Tensor, top: Tensor) -> Tensor:
    """A window of each image, of another size and aspect, enlarged to the whole; (N, C, H, W) floats → the same.

    References
    ----------
    Szegedy et al. 2015, arXiv 1409.4842, section 6: 8 to 100 percent of the area, an aspect ratio of 3:4 to 4:3.
    """
    area, aspect = 0.08 + 0.92 * area, torch.exp((2 * aspect - 1) * log(4 / 3))
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    zero = torch.zeros_like(area)
    window = torch.stack([width, zero, (1 - width) * (2 * left - 1), zero, height, (1 - height) * (2 * top - 1)], 1)
    places = F.affine_grid(window.reshape(-1, 2, 3).to(x), list(x.shape), align_corners=False)
    return F.grid_sample(x, places, padding_mode="border", align_corners=False)
