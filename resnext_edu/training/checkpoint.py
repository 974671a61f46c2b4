"""A training on disk: written whole or not at all, and taken up only by the run that it belongs to."""
import io
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from os.path import exists
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnext_edu.data.images import Split
from resnext_edu.errors import CheckpointError, message_of, one_line
from resnext_edu.modules import named_parameters
from resnext_edu.training.recipe import Recipe
from resnext_edu.training.team import Team
from resnext_edu.whole import write_whole

FORMAT = "resnext_edu checkpoint 1"


def save(path: Path, run: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Write the state of a training, with the run that it belongs to."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "run": dict(run), **state}, buffer)
    write_whole(path, buffer.getvalue())


def load(path: Path, run: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state that `save` has written for this very run; None if there is no such file.

    Raises
    ------
    CheckpointError
        If the file is damaged, is no checkpoint, or belongs to another run; with the values of both.
    """
    if not exists(path):  # Path.exists raises if the name is too long
        return None
    repair = "delete it to begin anew, or choose another file"
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"{damaged} is damaged")
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever zipfile and pickle may raise
        size = f"{path.stat().st_size:,} bytes" if path.is_file() else "not a file"
        raise CheckpointError(f"{one_line(path)} ({size}) can't be read as a checkpoint ({message_of(error)}); "
                              f"{repair}") from error
    if not isinstance(saved, dict) or saved.get("format") != FORMAT or "run" not in saved:
        raise CheckpointError(f"{one_line(path)} is no checkpoint of a training with this version; {repair}")
    theirs = saved["run"]
    if others := [f"{name} is {theirs.get(name)!r} there, and {run.get(name)!r} here"
                  for name in dict.fromkeys((*run, *theirs)) if theirs.get(name) != run.get(name)]:
        raise CheckpointError(f"{one_line(path)} belongs to another run: {'; '.join(others)}. To go on with it, run "
                              "what made it; else " + repair)
    return saved


def run_of(model: nn.Module, data: Mapping[str, str], recipe: Recipe, seed: int, team: Team) -> dict[str, Any]:
    """What makes two runs the same one: what decides the bits of their weights, except the first weights.

    Parameters
    ----------
    model : nn.Module
    data : mapping of str to str
        "train" and "validation", each with a fingerprint.
    recipe : Recipe
    seed : int
    team : Team
    """
    sizes = [(name, tuple(value.shape), str(value.dtype)) for name, value in model.state_dict().items()]
    config, form = getattr(model, "config", None), getattr(model, "form", "")
    name = f"{type(model).__name__}({config}, form={form!r})" if config is not None else type(model).__name__
    device = torch.cuda.get_device_name(team.device) if team.device.type == "cuda" else "CPU"
    frozen = [name for name, parameter in named_parameters(model) if not parameter.requires_grad]
    return {"model": name, "layers": fingerprint(repr(model)), "weights": fingerprint(repr(sizes)),
            "frozen": ", ".join(frozen), **data, "seed": seed, **recipe.to_dict(),
            "processes": team.size, "threads": torch.get_num_threads(), "device": device,
            "instructions": torch.backends.cpu.get_cpu_capability(), "torch": str(torch.__version__)}


def fingerprint(*parts: str | Tensor) -> str:
    """Twelve hexadecimal digits of a hash of the texts, and of the numbers in the tensors.

    Examples
    --------
    >>> fingerprint("a", torch.zeros(2)) == fingerprint("a", torch.zeros(3))
    False
    """
    digest = sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(f"{part}\n".encode())
        else:
            bytes_of: Any = part.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
            digest.update(bytes_of)
    return digest.hexdigest()[:12]


def fingerprint_of(split: Split | None) -> str:
    """That of all its images and labels, and of its preprocessing."""
    if split is None:
        return "none"
    return fingerprint(split.images, split.labels, f"{tuple(split.images.shape)} {split.preprocessing}")
