"""Who trains: one process, or several that torchrun has started, each on its share of every batch."""
import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch import distributed as dist

from resnext_edu.errors import TrainingError, one_line


@dataclass(frozen=True)
class Team:
    """The processes of one training, seen from one of them.

    Parameters
    ----------
    rank : int
        The number of this process, from 0.
    size : int
        How many processes there are.
    device : torch.device
        What this process computes on: its own GPU if there are any, else the CPU.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes the files, and shows the progress."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """The part that this process has of a batch, or of a data set: (N, …) → (about N ÷ size, …), in order."""
        return rows.tensor_split(self.size)[self.rank]

    def sum(self, *values: float) -> list[float]:
        """The sum of each value over all processes."""
        if self.size == 1:
            return list(values)
        sums = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(sums)
        return [float(total) for total in sums]

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The model for the forward pass: in a team, backward takes the mean of all processes' gradients."""
        return model if self.size == 1 else nn.parallel.DistributedDataParallel(model)

    def share_buffers(self, model: nn.Module) -> None:
        """Give all processes the first one's running means and variances: each has seen other images."""
        if self.size > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, src=0)


@contextmanager
def team_of_processes(device: str | None = None) -> Iterator[Team]:
    """The processes that torchrun has started, or this one alone; on their GPUs, if there are any, or on `device`."""
    gpu = torch.cuda.is_available() if device is None else device == "cuda"
    if "RANK" not in os.environ and not dist.is_initialized():
        yield Team(0, 1, torch.device("cuda" if gpu else "cpu"))
        return
    own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if gpu else torch.device("cpu")
    if not dist.is_initialized():
        dist.init_process_group("nccl" if gpu else "gloo")
        atexit.register(_part)  # not after this training: begun anew, the processes would not find each other
    try:
        yield Team(dist.get_rank(), dist.get_world_size(), own)
    except RuntimeError as error:
        if is_of_the_team(error):
            raise TrainingError(f"another process of this training has ended ({one_line(error)}); start the same "
                                "again: it goes on from its checkpoint") from error
        raise


def _part() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def is_of_the_team(error: Exception) -> bool:
    """Whether this says that another process can't be reached any more."""
    return isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error))


def is_leader() -> bool:
    """Whether this is the only process, or the first of those that torchrun has started."""
    return os.environ.get("RANK", "0") == "0"
