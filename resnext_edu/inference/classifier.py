"""A trained network together with all that it needs to be right: its preprocessing and the names of its classes.

Weights alone are half of a classifier. Whoever uses them with another preprocessing gets no error, only worse answers.
"""
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, cast

import torch
from PIL.Image import Image
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from resnext_edu.config import ResNeXtConfig
from resnext_edu.errors import ConfigError, DataError, message_of, one_line, path_of, positive_int, shown
from resnext_edu.inference.photo import photo
from resnext_edu.inference.ranking import Ranking
from resnext_edu.network import ResNeXt
from resnext_edu.preparation import Preparation
from resnext_edu.pretrained import load_weights
from resnext_edu.table import Table
from resnext_edu.training.scoring import in_mode
from resnext_edu.whole import write_whole

FILES = "model.pt", "classifier.json"


@dataclass(frozen=True, eq=False, repr=False)
class Classifier:
    """A trained network, its preprocessing, and its classes.

    Parameters
    ----------
    name : str
        Which weights these are.
    model : ResNeXt
        Put into eval mode here: in train mode an answer would depend on the other images of its batch.
    preprocess : Preparation
        What turns an image into the network's input; torchvision's `weights.transforms()` becomes one.
    classes : sequence of str
        The name of each class, in the order of the network's outputs.
    facts : mapping of str to str, optional
        What is known about the weights, for their card.

    Raises
    ------
    ConfigError
        If something is not of its type, or there is not one name for each output.

    Examples
    --------
    >>> from resnext_edu import load_classifier, load_images
    >>> classifier = load_classifier()
    >>> classifier
    Classifier(resnext_mini FASHION_MNIST_MINI: 10 classes, images of 1×28×28)
    >>> classifier(load_images().test_images[0], top=1).best
    'T-shirt/top'
    """

    name: str
    model: ResNeXt
    preprocess: Preparation
    classes: Sequence[str]
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ConfigError(f"name must be words, such as 'resnext_mini'; got {shown(self.name)}")
        if not isinstance(self.model, ResNeXt):
            raise ConfigError(f"model must be a ResNeXt, such as resnext_mini(); got {shown(self.model)}")
        object.__setattr__(self, "preprocess", Preparation.of(self.preprocess))
        classes = self.classes
        if not isinstance(classes, list | tuple) or not all(isinstance(name, str) for name in classes):
            raise ConfigError(f"classes must be a name for each class; got {shown(classes)}")
        if len(classes) != self.model.fc.out_features:
            raise ConfigError(f"the network has {self.model.fc.out_features} outputs, and there are {len(classes)} "
                              "names of classes; give one for each")
        if (reads := self.model.config.in_channels) != (gives := self.preprocess.channels):
            raise ConfigError(f"the network reads {reads} channels, and the preprocessing gives {gives}; take the one "
                              "that belongs to the weights")
        if not isinstance(self.facts, Mapping):
            raise ConfigError(f"facts must be a mapping of words to words; got {shown(self.facts)}")
        object.__setattr__(self, "classes", tuple(classes))
        self.model.eval()
        moody = [layer for layer in self.model.modules() if isinstance(layer, _BatchNorm)]
        object.__setattr__(self, "_moody", moody)  # looking for them takes longer than a layer

    def inputs(self, *images: Any) -> Tensor:
        """What the network reads: (N, channels, H, W), after its preprocessing.

        Parameters
        ----------
        *images : path, PIL image or Tensor
            One or more; a tensor is (H, W) or (channels, H, W), uint8.

        Raises
        ------
        DataError
            If a file is missing, or holds no image.
        ConfigError
            If there are no images, or one is something else.
        """
        if not images:
            raise ConfigError("there are no images; give one or more")
        where, channels = self.model.fc.weight, self.preprocess.channels
        x = self.preprocess.batch(*[photo(image, channels) for image in images])
        return x.to(where.device, where.dtype)

    def seen(self, image: Any) -> Tensor:
        """The pixels that the network reads of an image, (H, W) or (H, W, 3) uint8, for a picture; see `inputs`."""
        return self.preprocess.pixels_of(self.inputs(image)[0])

    def logits(self, *images: Any) -> Tensor:
        """What the network answers in eval mode, (N, classes), before the softmax; for the arguments see `inputs`."""
        with torch.inference_mode():
            return self._answers(images)

    def _answers(self, images: Sequence[Any]) -> Tensor:
        """The same, in whichever mode of autograd it is called."""
        x = self.inputs(*images)
        if any(layer.training for layer in vars(self)["_moody"]):  # somebody has put them into train mode since
            with in_mode(self.model, training=False):
                return cast(Tensor, self.model(x))
        return cast(Tensor, self.model(x))

    def __call__(self, image: Any, top: int = 5) -> Ranking:
        """The most likely classes of one image.

        Parameters
        ----------
        image : path, PIL image or Tensor
            See `inputs`.
        top : int
            How many classes; all of them, if there are fewer.
        """
        top = min(positive_int("top", top), len(self.classes))
        with torch.inference_mode():
            probabilities = self._answers((image,)).softmax(1, torch.float32).tolist()[0]
        places = sorted(range(len(probabilities)), key=probabilities.__getitem__, reverse=True)[:top]
        name = "an image" if isinstance(image, Image | Tensor) else Path(image).name
        return Ranking(name, tuple([self.classes[k] for k in places]), tuple([probabilities[k] for k in places]))

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done to an image before the network reads it: a sentence for each step."""
        return self.preprocess.steps

    @property
    def card(self) -> Table:
        """What is known about the weights: their data, recipe and accuracy, and what they must not be used for."""
        return Table(("fact", "what is known"), [*self.facts.items()], caption=self.name)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write `model.pt` (the `state_dict` of form (c)) and `classifier.json`, which `saved_classifier` reads.

        Parameters
        ----------
        folder : path
            It must exist.

        Raises
        ------
        ConfigError
            If `folder` is not the path of a folder.
        CheckpointError
            If a file can't be written.
        """
        place = path_of("folder", folder, "a folder")
        weights = io.BytesIO()
        torch.save(self.model.to_form("grouped").state_dict(), weights)
        known = {"name": self.name, "config": asdict(self.model.config), "classes": list(self.classes),
                 "preprocessing": self.preprocess.to_dict(), "facts": dict(self.facts)}
        write_whole(place / FILES[0], weights.getvalue())
        write_whole(place / FILES[1], (json.dumps(known, indent=1, ensure_ascii=False) + "\n").encode())

    def __repr__(self) -> str:
        size = self.preprocess.crop_size
        return (f"Classifier({self.name}: {len(self.classes):,} classes, images of "
                f"{self.preprocess.channels}×{size}×{size})")


def saved_classifier(folder: str | PathLike[str]) -> Classifier:
    """Read what `Classifier.save` has written, such as a network that was fine-tuned.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Classifier

    Raises
    ------
    ConfigError
        If `folder` is not the path of a folder.
    DataError
        If a file is missing, or is not what `save` writes.
    WeightsError
        If the weights can't be read, or don't fit.
    """
    place = path_of("folder", folder, "a folder")
    path = place / FILES[1]
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        preprocess = Preparation(**known["preprocessing"])
        model = ResNeXt(ResNeXtConfig(**known["config"]))
        name, classes, facts = known["name"], known["classes"], known["facts"]
    except Exception as error:  # whatever somebody may have written into it
        repair = "name one into which `python -m resnext_edu fine-tune` or Classifier.save has written"
        if isinstance(error, FileNotFoundError) and (place / FILES[0]).exists():
            repair = f"it has weights alone, as `train` writes them: pass their file as weights, {place / FILES[0]}"
        raise DataError(f"the folder {one_line(place)} holds no classifier: {FILES[1]} can't be read "
                        f"({message_of(error)}); {repair}") from error
    load_weights(model, place / FILES[0], name)
    return Classifier(name, model, preprocess, classes, facts)
