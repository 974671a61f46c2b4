"""One training in a folder of its own: its checkpoint, its weights and its history."""
import csv
import io
from os import PathLike

import torch

from resnext_edu.config import ResNeXtConfig, check_config, check_form
from resnext_edu.data.images import Split
from resnext_edu.errors import CheckpointError, one_line, path_of, seed_of
from resnext_edu.network import ResNeXt
from resnext_edu.training import fit
from resnext_edu.training.alone import alone
from resnext_edu.training.chance import seed_at
from resnext_edu.training.history import History
from resnext_edu.training.recipe import Recipe, check_recipe
from resnext_edu.training.scoring import check_split
from resnext_edu.training.team import is_leader
from resnext_edu.whole import write_whole


def train_in_folder(config: ResNeXtConfig, train: Split, validation: Split | None, recipe: Recipe, seed: int,
                    folder: str | PathLike[str], *, form: str = "grouped", save_every: int | None = None,
                    device: str | None = None, progress: bool = True) -> History:
    """Train a network that begins with weights drawn by He et al., or go on with it where it was stopped.

    The folder then holds `last.pt`, the checkpoint; `model.pt`, the `state_dict` of form (c), whatever form was
    trained; and `history.csv`, a row for each epoch. If all was done before, no file is changed.

    Parameters
    ----------
    config : ResNeXtConfig
    train : Split
    validation : Split or None
        See `fit`.
    recipe : Recipe
    seed : int
        Of the first weights, and of all that `fit` draws.
    folder : path
        It is made if it is not there.
    form : {"grouped", "concat", "split_sum"}
        Which form is trained.
    save_every, device, progress
        See `fit`.

    Returns
    -------
    History

    Raises
    ------
    ConfigError, CheckpointError, TrainingError
        See `fit`; a `CheckpointError` also if another process trains in this folder.
    """
    check_config(config)
    check_form(form)
    check_split("train", train)
    if validation is not None:
        check_split("validation", validation)
    check_recipe(recipe)
    seed = seed_of(seed)
    folder = path_of("folder", folder, "a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"the folder {one_line(folder)} can't be used ({error.strerror}); choose another one"
                              ) from error
    with alone(folder / ".lock"):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_at("weights", seed))
            model = ResNeXt(config, form)
        history = fit(model, train, validation, recipe, seed, checkpoint=folder / "last.pt", save_every=save_every,
                      device=device, progress=progress)
        if is_leader():
            weights = io.BytesIO()
            torch.save(model.to_form("grouped").state_dict(), weights)
            for name, content in (("model.pt", weights.getvalue()), ("history.csv", as_csv(history))):
                path = folder / name
                if not path.exists() or path.read_bytes() != content:
                    write_whole(path, content)
        return history


def as_csv(history: History) -> bytes:
    """The records of a history; every float is written so that it can be read back to the last bit."""
    records = history.to_records()
    text = io.StringIO()
    writer = csv.DictWriter(text, records[0] if records else ["epoch"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()
