"""Real images: a few that come with the package, and feature maps made from them for a block in the middle."""
from resnext_edu.data.embedded import DATA_SETS, embedded_images
from resnext_edu.data.images import Images
from resnext_edu.errors import check_name


def load_images(name: str = "fashion-mnist-mini") -> Images:
    """Read the images that come with the package, and check their checksum. Each call gives a new copy.

    `fashion-mnist-mini` is a balanced subset of Fashion-MNIST: the first 500 training images and the first 100 test
    images of each class.

    Parameters
    ----------
    name : str
        A key of `DATA_SETS`.

    Returns
    -------
    Images
        uint8 images with their labels, class names and licence.

    Raises
    ------
    ConfigError
        If no data set has this name.
    DataError
        If a file is missing or damaged; the text says what to do.

    References
    ----------
    Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747; MIT licence, see `Images.licence`.

    Examples
    --------
    >>> images = load_images("fashion-mnist-mini")
    >>> images
    Images(fashion-mnist-mini: 5,000 train, 1,000 test, 28×28 uint8, 10 classes)
    >>> images.classes[images.test_labels[7]]
    'Sneaker'
    """
    check_name("data set", name, DATA_SETS)
    return embedded_images(name)
