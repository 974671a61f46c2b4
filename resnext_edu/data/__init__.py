"""Real images, of the package, of others or of a learner, and feature maps made from them for a block in the middle."""
import os
from os import PathLike
from pathlib import Path

from resnext_edu.data.catalogue import OFFICIAL
from resnext_edu.data.embedded import DATA_SETS, embedded_images
from resnext_edu.data.folder import IMAGE_FOLDER, folder_images
from resnext_edu.data.images import Images
from resnext_edu.data.official import official_images
from resnext_edu.errors import ConfigError, check_bool, check_name, shown

NAMES: tuple[str, ...] = (*DATA_SETS, *OFFICIAL, IMAGE_FOLDER)


def load_images(name: str = "fashion-mnist-mini", folder: str | PathLike[str] | None = None, *,
                size: int | None = None, progress: bool = True) -> Images:
    """Read a set of labelled images, and check that it is whole. Each call gives a new copy.

    ====================  ==========================================================================================
    fashion-mnist-mini    comes with the package: the first 500 training and 100 test images of each class of
                          Fashion-MNIST
    fashion-mnist         60,000 and 10,000 grey images of 28×28 pixels; torchvision reads them from `folder`, and
                          fetches them (30 MB) if they are not there
    cifar10               50,000 and 10,000 images of 32×32 pixels in colour; in the same way (170 MB)
    image-folder          your own, in `folder`/train/CLASS and `folder`/test/CLASS (or `folder`/val/CLASS): each is
                          resized until its shorter side has `size` pixels, and the square in its middle is kept
    ====================  ==========================================================================================

    Parameters
    ----------
    name : str
        One of the four.
    folder : str or path
        Where the images are, or where they shall be put. For all but the images of the package.
    size : int, optional
        Height and width of the images of an image-folder, 1 to 1024; 64 by default.
    progress : bool
        Whether a line shows how far a download is, or the reading of an image-folder.

    Returns
    -------
    Images
        uint8 images with their labels, class names and licence. `Images.steps` tells what is done to the pixels.

    Raises
    ------
    ConfigError
        If no data set has this name, or another argument does not go with it.
    DataError
        If a file is missing and can't be fetched, if it is damaged, or if it is no image; the text says what to do.

    References
    ----------
    Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747; MIT licence, see `Images.licence`.
    Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images.

    Examples
    --------
    >>> images = load_images("fashion-mnist-mini")
    >>> images
    Images(fashion-mnist-mini: 5,000 train, 1,000 test, 28×28 uint8, 10 classes)
    >>> images.classes[images.test_labels[7]]
    'Sneaker'
    """
    check_name("data set", name, NAMES)
    check_bool("progress", progress)
    if size is not None and name != IMAGE_FOLDER:
        raise ConfigError(f"size is for {IMAGE_FOLDER!r} only, since all images of {name!r} have one size; leave it "
                          f"out, got {shown(size)}")
    if name in DATA_SETS:
        if folder is not None:
            raise ConfigError(f"{name!r} comes with the package and takes no folder; leave it out, got {shown(folder)}")
        return embedded_images(name)
    if not isinstance(folder, str | PathLike) or not os.fspath(folder):
        use = "that has train and test in it" if name == IMAGE_FOLDER else "where its files are, or shall be put"
        raise ConfigError(f"{name!r} needs folder, the path of the folder {use}, as in "
                          f"load_images({name!r}, 'images'); got {shown(folder)}")
    place = Path(os.path.expanduser(folder))
    return folder_images(place, size, progress) if name == IMAGE_FOLDER else official_images(name, place, progress)
