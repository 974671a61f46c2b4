"""The folder into which a fine-tuning writes what came out."""
import io
import json
from os import PathLike, sep
from os.path import expanduser, realpath
from pathlib import Path

import torch

from resnext_edu.errors import CheckpointError, ConfigError, one_line, path_of
from resnext_edu.tuning.tuned import FineTuned
from resnext_edu.whole import write_whole
from resnext_edu.words import listed


def check_outside(out: object, folder: object) -> None:
    """Raise a `ConfigError` if what comes out would lie among the images: the next run would take it for a class."""
    if isinstance(out, str | PathLike) and isinstance(folder, str | PathLike) and "\0" not in f"{out}{folder}":
        place, images = (realpath(expanduser(each)) for each in (out, folder))
        if place == images or place.startswith(images + sep):
            raise ConfigError(f"out is inside of the folder of the images; got {one_line(out)}, in {one_line(folder)}; "
                              "choose a folder beside it")


def output_folder(out: str | PathLike[str] | None) -> Path | None:
    """Make the folder, unless it is there; None for None.

    Raises
    ------
    ConfigError
        If it is not the path of a folder.
    CheckpointError
        If it can't be used, or holds something else than a fine-tuning.
    """
    if out is None:
        return None
    place = path_of("out", out, "a folder")
    try:
        place.mkdir(parents=True, exist_ok=True)
        there = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise CheckpointError(f"the folder {one_line(place)} can't be used ({error.strerror}); choose another one"
                              ) from error
    if there and "head.pt" not in there:
        raise CheckpointError(f"the folder {one_line(place)} holds something else than a fine-tuning: {listed(there)}; "
                              "choose a new one")
    return place


def write_results(place: Path, tuned: FineTuned) -> None:
    """Write every file whole, and leave those alone in which nothing would change."""
    report = json.dumps(tuned.to_dict(), indent=1, ensure_ascii=False) + "\n"
    texts = {"report.txt": f"{tuned!r}\n", "report.json": report, "confusion.svg": tuned.plot().svg,
             "mistakes.svg": tuned.plot_mistakes().svg}
    for name, text in texts.items():
        path = place / name
        if not path.exists() or path.read_bytes() != text.encode():
            write_whole(path, text.encode())
    weights = io.BytesIO()
    torch.save(tuned.classifier.model.to_form("grouped").state_dict(), weights)
    path = place / "model.pt"
    whole = path.exists() and (place / "classifier.json").exists()
    if not whole or path.read_bytes() != weights.getvalue():
        tuned.classifier.save(place)
