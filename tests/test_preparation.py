"""The way from an image to a network's input: torchvision's own bits."""
import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import models

from resnext_edu import Preparation, load_images
from resnext_edu.errors import ConfigError

WEIGHTS = [entry for name in ("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "resnet50", "vit_b_16", "efficientnet_b0")
           for entry in models.get_model_weights(name)]


def noise(width, height, mode="RGB"):
    random = np.random.default_rng(width * height)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).convert(mode)


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
@pytest.mark.parametrize("size", [(300, 400), (500, 61), (224, 224)])
def test_it_has_the_bits_of_torchvisions_transforms(weights, size):
    theirs, image = weights.transforms(), noise(*size)
    assert torch.equal(Preparation.of(theirs)(image), theirs(image))


def test_it_has_the_bits_of_the_images_preprocessing():
    images = load_images()
    ours = Preparation(28, 28, images.preprocessing.mean, images.preprocessing.std)
    for k in range(5):
        assert torch.equal(ours(Image.fromarray(images.test_images[k].numpy())), images.test[k:k + 1].inputs()[0])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_way_back_gives_the_pixels(mode):
    image, channels = noise(32, 32, mode), {"L": 1, "RGB": 3}[mode]
    preparation = Preparation(32, 32, (.4, .5, .6)[:channels], (.2, .3, .1)[:channels])
    assert np.array_equal(preparation.pixels_of(preparation(image)).numpy(), np.asarray(image))


def test_it_is_data():
    preparation = Preparation(256, 224, [.4, .5, .6], [.2, .3, .1], "bicubic")
    assert Preparation(**preparation.to_dict()) == preparation
    assert preparation.to_dict() == {"resize_size": 256, "crop_size": 224, "mean": [.4, .5, .6], "std": [.2, .3, .1], "interpolation": "bicubic"}
    assert Preparation.of(preparation) is preparation
    assert "shorter side has 256 pixels (bicubic)" in preparation.steps[1]
    assert "The 224×224 pixels in the middle" in preparation.steps[2]
    assert "mean 0.4, 0.5, 0.6 is subtracted" in preparation.steps[-1]


@pytest.mark.parametrize(("change", "words"), [
    ({"resize_size": 0}, "resize_size must be a whole number, 1 or more; got 0"),
    ({"crop_size": 2.5}, "crop_size must be a whole number"),
    ({"mean": [.5, .5]}, "mean must be a number for each channel, 1 or 3; got [0.5, 0.5]"),
    ({"mean": "half"}, "mean must be a number for each channel"),
    ({"mean": [.1, .2, .3]}, "mean and std must have a number for each channel; got (0.1, 0.2, 0.3) and (0.5,)"),
    ({"std": [0]}, "std[0] must be"), ({"std": [float("nan")]}, "std[0] must be"), ({"std": ["a"]}, "std[0] must be"),
    ({"interpolation": "best"}, "unknown interpolation 'best'"),
])
def test_what_can_not_be(change, words):
    with pytest.raises(ConfigError) as error:
        Preparation(**{"resize_size": 28, "crop_size": 28, "mean": [.5], "std": [.5]} | change)
    assert words in str(error.value)


@pytest.mark.parametrize("other", [None, 1, lambda image: image, models.detection.FasterRCNN_ResNet50_FPN_Weights.DEFAULT.transforms()])
def test_what_is_no_preprocessing_of_a_classifier(other):
    with pytest.raises(ConfigError, match="expected what weights"):
        Preparation.of(other)


@pytest.mark.parametrize(("channels", "image", "words"), [
    (1, noise(4, 4), "this preprocessing reads PIL images of mode L; got <PIL.Image.Image image mode=RGB size=4x4"),
    (3, noise(4, 4, "L"), "this preprocessing reads PIL images of mode RGB; got <PIL.Image.Image image mode=L size=4x4"),
    (1, None, "this preprocessing reads PIL images of mode L; got None"),
])
def test_an_image_of_another_kind_is_refused(channels, image, words):
    with pytest.raises(ConfigError) as error:
        Preparation(4, 4, (.5,) * channels, (.5,) * channels)(image)
    assert words in str(error.value)
