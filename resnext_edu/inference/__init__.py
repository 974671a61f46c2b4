"""Use a trained network as everybody does: its weights, *their* preprocessing, softmax, the most likely classes."""
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from resnext_edu.config import PRESETS, ResNeXtConfig
from resnext_edu.errors import ConfigError, DataError, check_bool, check_name, message_of, one_line, shown
from resnext_edu.inference.classifier import Classifier
from resnext_edu.network import ResNeXt
from resnext_edu.pretrained import Published, Weights, known_weights, load_weights, named_weights


def load_classifier(model: str = "resnext_mini", weights: Weights = "DEFAULT", *,
                    classes: Sequence[str] | str | PathLike[str] | None = None,
                    preprocess: Any = None, progress: bool = True) -> Classifier:
    """A network with trained weights, their preprocessing and the names of their classes.

    One code path for all of them: the weights that come with the package, those that torchvision fetches (or has in
    its cache), and a file.

    Parameters
    ----------
    model : str
        The name of a preset, such as "resnext_mini" or "resnext50_32x4d".
    weights : str, torchvision.models.WeightsEnum or path
        A name such as "DEFAULT" or "IMAGENET1K_V1", or a file that holds a `state_dict`.
    classes : sequence of str, or path, optional
        The names of the classes, or a text file with a name in each line. Without it: those of the named weights; a
        file of weights takes those of the model's default weights, if there are as many.
    preprocess : Preparation or torchvision's transforms, optional
        Without it: that of the weights; a file of weights takes that of the model's default weights.
    progress : bool
        Whether a download shows how far it is.

    Returns
    -------
    Classifier
        In eval mode.

    Raises
    ------
    ConfigError
        If there is no such model, or an argument is not of its type.
    WeightsError
        If the weights are unknown, can't be fetched or read, or don't fit.
    DataError
        If the file with the classes can't be read.

    Examples
    --------
    >>> load_classifier().classes[:3]
    ('T-shirt/top', 'Trouser', 'Pullover')
    """
    check_name("model", model, PRESETS)
    check_bool("progress", progress)
    named = named_weights(weights, model)
    usual = named or known_weights(model).get("DEFAULT")
    names = _names(classes) if classes is not None else usual and tuple(usual.meta["categories"])
    if not names:
        raise ConfigError(f"nobody has published weights for {model}, so its classes have no names yet; give them: "
                          "classes=['cat', 'dog'], or a file with a name in each line")
    how = usual.transforms() if preprocess is None and usual else preprocess
    if how is None:
        raise ConfigError(f"nobody has published weights for {model}, so what its images went through is not known; "
                          "give it: preprocess=Preparation(resize_size=32, crop_size=32, mean=…, std=…)")
    network = ResNeXt(ResNeXtConfig.preset(model).replace(num_classes=len(names)))
    load_weights(network, weights, model, progress=progress)
    source = named.name if named else one_line(Path(fspath(weights)).name)  # type: ignore[arg-type]  # else it raised
    return Classifier(f"{model} {source}", network, how, names, _facts(named) if named else {})


def _names(classes: Any) -> tuple[str, ...]:
    """The names of the classes, if they are names, or if they are the lines of a file."""
    if isinstance(classes, list | tuple) and classes and all(isinstance(name, str) for name in classes):
        return tuple(classes)
    if not isinstance(classes, str | PathLike) or not str(classes) or "\0" in str(classes):
        raise ConfigError(f"classes must be a name for each class, or the path of a text file; got {shown(classes)}")
    try:
        lines = Path(classes).read_text(encoding="utf-8-sig").splitlines()  # Notepad puts a mark first
    except (OSError, ValueError) as error:
        raise DataError(f"{one_line(classes)} can't be read ({message_of(error)}); classes= takes a text file with a "
                        "name in each line, in the order of the network's outputs") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise DataError(f"{one_line(classes)} is empty; classes= takes a text file with a name in each line")
    return names


def _facts(weights: Published) -> Mapping[str, str]:
    """What is known about named weights; torchvision says less of its own than the package does."""
    if "card" in weights.meta:
        card: Mapping[str, str] = weights.meta["card"]
        return card
    facts = {"parameters": f"{weights.meta['num_params']:,}", "recipe": str(weights.meta.get("recipe", "–"))}
    for data, measured in weights.meta.get("_metrics", {}).items():
        facts |= {f"{data}, {what}": f"{value} %" for what, value in measured.items()}
    return facts | {"about": one_line(" ".join(str(weights.meta.get("_docs", "–")).split())), "file": weights.url}
