"""What the tests of a training share: few small images, a small network with all that is hard to resume, and its bits."""
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from resnext_edu.data.images import Preprocessing, Split
from resnext_edu.training.recipe import Recipe

# 26 images in batches of 8: two are left over in each epoch. Three epochs of three steps.
RECIPE = Recipe(epochs=3, batch_size=8, lr=0.05, nesterov=True, weight_decay=5e-4, decay_all=False, schedule="cosine",
                warmup=0.25, crop="pad")


def split(count=26, size=8, classes=4, channels=1, seed=0) -> Split:
    draw = torch.Generator().manual_seed(seed)
    shape = (count, size, size) if channels == 1 else (count, channels, size, size)
    return Split("small", torch.randint(256, shape, generator=draw, dtype=torch.uint8),
                 torch.randint(classes, (count,), generator=draw), tuple("abcdefgh"[:classes]),
                 Preprocessing((0.5,) * channels, (0.25,) * channels))


def network(seed=0, *, norm=True, drop=True, dtype=torch.float64) -> nn.Sequential:
    """With BatchNorm and dropout, whose state and whose draws a resumed training has to have again."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4) if norm else nn.Identity(), nn.ReLU(),
                  nn.Dropout(0.3 if drop else 0.0), nn.Flatten(), nn.Linear(256, 4)]
        return nn.Sequential(*layers).to(dtype)


def same_bits(a: nn.Module, b: nn.Module) -> bool:
    """Whether all weights and buffers are equal."""
    a, b = a.state_dict(), b.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def copy_of(model: nn.Module) -> dict:
    return {name: value.clone() for name, value in model.state_dict().items()}


needs_fork = pytest.mark.skipif(not hasattr(os, "fork") or torch.cuda.is_available(), reason="a fork that computes needs Unix, and no GPU")


def in_a_child(do) -> int:
    """Do it in a fork of this process; → how that ended: an exit status, or minus the signal."""
    child = os.fork()
    if not child:
        try:
            do()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def is_running(pid: int) -> bool:
    """Also a process that has ended and that nobody has asked for its status is not running any more."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
