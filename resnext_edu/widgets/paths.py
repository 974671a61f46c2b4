"""Lesson 11: which paths of a trained network fire for an image, and what it answers without one of them."""
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from resnext_edu.ablation.listening import blocks_of, path_maps, path_means
from resnext_edu.ablation.silencing import without_paths
from resnext_edu.data.images import Images, Split
from resnext_edu.draw.measured.path_activity import ANSWERS, Activity, path_activity_picture
from resnext_edu.errors import ConfigError, check_name, shown
from resnext_edu.network import ResNeXt
from resnext_edu.training.scoring import dtype_of_weights, in_mode, logits_of
from resnext_edu.widgets.explorer import MOST, Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops

WHITE = 0.99  # this share of all values of a block is below the one that is shown white
FOR_THE_MEANS = 500  # training images


class PathExplorer(Explorer):
    """Two sliders: the image, and the path that is silenced at its mean.

    Parameters
    ----------
    model : ResNeXt
        A trained network of any form; it stays as it is.
    images : Images
        Such as `load_images()`. The means are taken over training images, the images shown are test images.
    block : str
        Such as "layer1.0".
    which : sequence of int, optional
        The numbers of the test images; by default the first of each class.

    Raises
    ------
    ConfigError
        If the network can't read the images, the block or an image is unknown, or there would be too many frames.

    Examples
    --------
    >>> from resnext_edu import load_images, resnext_mini
    >>> explorer = PathExplorer(resnext_mini(), load_images(), which=[0])
    >>> explorer.move(path=3)
    >>> [*explorer.numbers]
    ['image', 'silenced', 'its activity', 'over many images', 'answer', 'without it']
    """

    def __init__(self, model: ResNeXt, images: Images, block: str = "layer1.0", *,
                 which: Sequence[int] | None = None):
        blocks = blocks_of(model)
        if not isinstance(images, Images):
            raise ConfigError(f"images must be Images, such as load_images(); got {shown(images)}")
        check_name("block", block, blocks)
        paths = blocks[block].cardinality
        shown_images, names = _some(images.test, which, MOST // (paths + 1))
        found = [*_activities(model, images, shown_images, block)]

        def frame(image: int, path: object) -> Frame:
            follow = None if path == "none" else int(str(path))
            activity, without = found[image]
            seen = without[follow] if follow is not None else activity
            picture = path_activity_picture(seen, follow)
            answer = _written(seen.answers[0])
            words = ("none", "–", "–", answer, "–") if follow is None else (
                f"path {follow}", f"{seen.here[follow]:.2f}", f"{seen.usual[follow]:.2f}", answer,
                _written(seen.without[0]))
            names = ("silenced", "its activity", "over many images", "answer", "without it")
            return Frame(picture, {"image": seen.label} | dict(zip(names, words, strict=True)))

        super().__init__([Stops("image", range(len(found)), names, [str(k) for k in range(len(found))]),
                          Stops("path", ["none", *range(paths)],
                                     ["none is silenced", *(f"{i} is silenced" for i in range(paths))])],
                         frame, "The paths of a trained network")


def _written(answer: tuple[str, float]) -> str:
    return f"{answer[0]} {100 * answer[1]:.1f} %"


def _some(test: Split, which: Sequence[int] | None, most: int) -> tuple[Split, list[str]]:
    """The images to show, and what each is called."""
    if which is None:
        first = [(test.labels == k).nonzero()[:1].flatten().tolist() for k in range(len(test.classes))]
        which = [found[0] for found in first if found][:most]
    if not isinstance(which, list | tuple | range) or not 0 < len(which) <= most:
        raise ConfigError(f"which must be the numbers of 1 to {most} test images, so that there are at most {MOST} "
                          f"frames; got {shown(which)}")
    for k in which:
        if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k < len(test):
            raise ConfigError(f"which must be numbers of test images, 0 … {len(test) - 1}; got {shown(k)}")
    split = test[torch.tensor([*which])]
    return split, [f"{k} ({split.classes[label]})" for k, label in zip(which, split.labels.tolist(), strict=True)]


def _activities(model: ResNeXt, images: Images, split: Split, block: str
                ) -> Iterator[tuple[Activity, list[Activity]]]:
    """Of each image: what there is to see with all paths, and without each."""
    weight = next(model.parameters())
    train = images.train[:FOR_THE_MEANS] if len(images.train) > FOR_THE_MEANS else images.train
    means = path_means(model, train)
    x = split.preprocessing(split.images.to(weight.device), dtype_of_weights(model))
    maps = path_maps(model, x)[block].double().cpu()  # (N, C, d, H, W)
    here, usual = maps.mean((2, 3, 4)), means[block].mean(1)
    white = float(maps.flatten().quantile(WHITE)) if maps.numel() < 2**24 else float(maps.max())
    white = white or 1.0
    longest = float(max(here.max(), usual.max())) or 1.0
    pixels = (maps / white).clamp(0, 1).mul(255).round().to(torch.uint8)
    means_of_paths = (maps.mean(2) / white).clamp(0, 1).mul(255).round().to(torch.uint8)  # (N, C, H, W)
    with in_mode(model, training=False), torch.inference_mode():
        answers = _shares(model, x, split)
        without = []
        for i in range(maps.shape[1]):
            with without_paths(model, {block: (i,)}, means=means):
                without.append(_shares(model, x, split))
    for n, label in enumerate(split.labels.tolist()):
        seen = Activity(block, _image(split.images[n]), split.classes[label], here[n].tolist(), usual.tolist(),
                        means_of_paths[n].numpy(), white, longest, answers[n], answers[n])
        yield seen, [seen._replace(maps=pixels[n, i].numpy(), without=without[i][n]) for i in range(maps.shape[1])]


def _shares(model: ResNeXt, x: Tensor, split: Split) -> list[list[tuple[str, float]]]:
    """The likeliest classes of each image, with their probabilities."""
    shares = logits_of(model, x, split).double().softmax(1).topk(min(ANSWERS, len(split.classes)))
    return [[(split.classes[k] if k < len(split.classes) else f"class {k}", p) for k, p in zip(ks, ps, strict=True)]
            for ks, ps in zip(shares.indices.tolist(), shares.values.tolist(), strict=True)]


def _image(pixels: Tensor) -> np.ndarray:
    grey = pixels.dim() == 2 or len(pixels) == 1
    return (pixels.reshape(pixels.shape[-2:]) if grey else pixels.permute(1, 2, 0)).contiguous().numpy()
