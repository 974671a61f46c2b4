"""Real images as a block in the middle of a network would see them, so that a proof can run on them, too."""
import torch
from torch import Tensor
from torch.nn import functional as F

from resnext_edu.data.images import Images
from resnext_edu.errors import ConfigError, positive_int, shown


def block_inputs(images: Images, channels: int = 256, size: int = 14, count: int = 2) -> Tensor:
    """Real images as a block would see them: the first `count` test images after a fixed stem.

    The stem is *fixed, and not trained*. It standardises the images with the mean and the deviation of the training
    images; then come one 3×3 convolution from their channels to `channels` with seeded He weights, a ReLU, and average
    pooling to `size`×`size`. The maps have the edges and the flat areas of real images, and no negative numbers, like
    the input of a block that follows another block. The global random state is neither used nor changed.

    Parameters
    ----------
    images : Images
    channels : int
        The block's `in_channels`.
    size : int
        Height and width of the maps. If it is larger than the images, values are repeated.
    count : int
        How many images; no more than `images` has for testing.

    Returns
    -------
    Tensor
        (count, channels, size, size), float32.

    Raises
    ------
    ConfigError
        If `images` are no `Images`, a number is not a positive integer, or there are fewer than `count` test images.

    Examples
    --------
    >>> from resnext_edu.data import load_images
    >>> block_inputs(load_images(), channels=256, size=14, count=2).shape
    torch.Size([2, 256, 14, 14])
    """
    if not isinstance(images, Images):
        raise ConfigError(f"images must come from load_images(); got {shown(images)}")
    channels, size = positive_int("channels", channels), positive_int("size", size)
    count = positive_int("count", count)
    if count > len(images.test_images):
        raise ConfigError(f"count must be at most {len(images.test_images)}, the number of test images; got {count}")
    seen = images.train_images.double()
    generator = torch.Generator().manual_seed(0)
    colours = images.channels  # 1 if they are grey
    weight = torch.randn(channels, colours, 3, 3, generator=generator, dtype=torch.float32) * (2 / 9 / colours) ** 0.5
    x = ((images.test_images[:count] - seen.mean()) / seen.std()).float()
    x = x.reshape(count, colours, *x.shape[-2:])  # (N, 1, 28, 28)
    x = F.relu(F.conv2d(x, weight, padding=1))  # (N, channels, 28, 28)
    return F.adaptive_avg_pool2d(x, size)  # (N, channels, size, size)
