"""A trained network whose head is exchanged: where its weights come from, what it reads, and in how many channels."""
from dataclasses import dataclass
from os import PathLike
from os.path import isdir

import torch

from resnext_edu import network
from resnext_edu.config import PRESETS, ResNeXtConfig
from resnext_edu.data.images import Images, Preprocessing
from resnext_edu.errors import check_name
from resnext_edu.inference.classifier import saved_classifier
from resnext_edu.network import Preset, ResNeXt
from resnext_edu.preparation import Preparation
from resnext_edu.pretrained import Weights, known_weights, named_weights
from resnext_edu.training.chance import seed_at

SIDES = {"cifar": 32, "imagenet": 224, "deep": 224}  # stem → height and width for which it was made


@dataclass(frozen=True, eq=False)
class Body:
    """A network with a new head, and what it reads.

    Parameters
    ----------
    model : ResNeXt
        With as many outputs as there are classes; the head is drawn from the seed.
    preprocessing : Preprocessing
        What its weights expect. Standardised by the mean of other images, the first layers would see contrasts and a
        brightness for which they were never trained.
    notes : tuple of str
        How its channels were adapted, if they were.
    """

    model: ResNeXt
    preprocessing: Preprocessing
    notes: tuple[str, ...]


def usual_side(name: str) -> int:
    """Height and width of the images that the published weights of a preset read, or that it was made for."""
    check_name("model", name, PRESETS)
    if entry := known_weights(name).get("DEFAULT"):
        return Preparation.of(entry.transforms()).crop_size
    return SIDES[ResNeXtConfig.preset(name).stem_type]


def body_for(images: Images, name: str, weights: Weights | None, seed: int, progress: bool) -> Body:
    """A network with the weights of `name`, but for a new head, ready for these images.

    Raises
    ------
    WeightsError
        If the weights can't be had, or don't fit.
    """
    drawn = {"num_classes": len(images.classes), "in_channels": images.channels}
    if weights is None:
        return Body(_drawn(ResNeXtConfig.preset(name).replace(**drawn), seed), images.preprocessing,
                    (f"{name} starts from random weights.",))
    trained, preprocessing = _trained(name, weights, images, progress)
    model = _drawn(trained.config.replace(num_classes=len(images.classes)), seed)
    state = {key: value for key, value in trained.state_dict().items() if not key.startswith("fc.")}
    model.load_state_dict(model.state_dict() | state)
    if images.channels == 3 and trained.config.in_channels == 1:
        return Body(in_colour(model), Preprocessing(preprocessing.mean * 3, preprocessing.std * 3),
                    ("The images are in colour, and the network was trained on grey ones. Its first convolution reads "
                     "each channel with a third of its weights, so it starts with the mean of the three.",))
    return Body(model, preprocessing, ())


def as_read(images: Images, body: Body) -> tuple[Images, tuple[str, ...]]:
    """The images with as many channels as the network reads, and a note if that changed them."""
    if images.channels == body.model.config.in_channels:
        return images, ()
    train, test = (each.unsqueeze(1).expand(-1, 3, -1, -1) for each in (images.train_images, images.test_images))
    coloured = Images(images.name, train, images.train_labels, test, images.test_labels, images.classes,
                      images.licence, images.preparation)
    return coloured, ("The images are grey, and the network reads three channels: each gets the same image.",)


def in_colour(model: ResNeXt) -> ResNeXt:
    """A network that reads three channels, and gives for them what this one gives for their mean.

    Each of the three gets the weights of the first convolution, divided by 3.
    """
    other = ResNeXt(model.config.replace(in_channels=3))
    state = model.state_dict()
    first = next(key for key, value in state.items() if value.dim() == 4)
    state[first] = state[first].expand(-1, 3, -1, -1) / 3  # (out, 1, k, k) → (out, 3, k, k)
    other.load_state_dict(state)
    return other


def _drawn(config: ResNeXtConfig, seed: int) -> ResNeXt:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_at("weights", seed))
        return ResNeXt(config)


def _trained(name: str, weights: Weights, images: Images, progress: bool) -> tuple[ResNeXt, Preprocessing]:
    """The network as it was trained, and what its weights expect; for a file, what the published weights expect."""
    if isinstance(weights, str | PathLike) and isdir(weights):
        classifier = saved_classifier(weights)
        return classifier.model, _standardised(classifier.preprocess)
    build: Preset = getattr(network, name)
    model = build(weights=weights, progress=progress)
    entry = named_weights(weights, name) or known_weights(name).get("DEFAULT")
    if entry is None:
        return model, images.preprocessing
    return model, _standardised(Preparation.of(entry.transforms()))


def _standardised(preparation: Preparation) -> Preprocessing:
    return Preprocessing(tuple(preparation.mean), tuple(preparation.std))
