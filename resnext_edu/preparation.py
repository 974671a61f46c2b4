"""What an image goes through before a network reads it: torchvision's steps and its bits, as data."""
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from resnext_edu.errors import ConfigError, check_name, check_number, positive_int, shown

if TYPE_CHECKING:
    from PIL.Image import Image

ROUTES = {1: "L", 3: "RGB"}  # channels → what PIL calls such an image
WAYS = ("nearest", "bilinear", "bicubic")  # torchvision has more, for which no published weights ask


@dataclass(frozen=True)
class Preparation:
    """Resize, cut out the middle, divide by 255, standardise: torchvision's `weights.transforms()`, to the bit.

    Parameters
    ----------
    resize_size, crop_size : int
        The shorter side after the resize, and the side of the square that is cut out, in pixels.
    mean, std : sequence of float
        Of each channel, where 1 is white.
    interpolation : {"bilinear", "bicubic", "nearest"}
        How it resizes.

    Raises
    ------
    ConfigError
        If a value is not what it should be.

    Examples
    --------
    >>> from PIL import Image
    >>> preparation = Preparation(resize_size=4, crop_size=2, mean=[0.5], std=[0.25])
    >>> preparation(Image.new("L", (8, 6), color=255)).tolist()
    [[[2.0, 2.0], [2.0, 2.0]]]
    """

    resize_size: int
    crop_size: int
    mean: Sequence[float]
    std: Sequence[float]
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        for name in ("resize_size", "crop_size"):
            object.__setattr__(self, name, positive_int(name, getattr(self, name)))
        check_name("interpolation", self.interpolation, WAYS)
        for name, low in (("mean", -inf), ("std", 0)):
            values = getattr(self, name)
            if not isinstance(values, list | tuple) or len(values) not in (1, 3):
                raise ConfigError(f"{name} must be a number for each channel, 1 or 3; got {shown(values)}")
            for k, value in enumerate(values):
                check_number(f"{name}[{k}]", value, low, open_below=name == "std")
            object.__setattr__(self, name, tuple(values))
        if len(self.mean) != len(self.std):
            raise ConfigError(f"mean and std must have a number for each channel; got {shown(self.mean)} and "
                              f"{shown(self.std)}")
        pixels = torch.arange(256, dtype=torch.uint8)
        mean, std = (torch.tensor(values)[:, None] for values in (self.mean, self.std))
        standardised = (pixels.div(255) - mean) / std  # in this order, as torchvision has it: so the bits are the same
        object.__setattr__(self, "_standardised", standardised.numpy())  # (channels, 256): looked up, not computed

    @classmethod
    def of(cls, transforms: Any) -> "Preparation":
        """The same as data, for the `transforms()` of any weights of torchvision that classify images.

        Parameters
        ----------
        transforms : Preparation or torchvision's ImageClassification

        Raises
        ------
        ConfigError
            If it is something else.
        """
        if isinstance(transforms, Preparation):
            return transforms
        try:
            return cls(transforms.resize_size[0], transforms.crop_size[0], transforms.mean, transforms.std,
                       transforms.interpolation.value)
        except (AttributeError, TypeError, IndexError) as error:
            raise ConfigError(f"expected what weights.transforms() gives, or a Preparation; got {shown(transforms)}"
                              ) from error

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for RGB."""
        return len(self.mean)

    def __call__(self, image: "Image") -> Tensor:
        """A PIL image, of mode "L" for one channel and "RGB" for three → (channels, crop_size, crop_size), float32."""
        return self.batch(image)[0]

    def batch(self, *images: "Image") -> Tensor:
        """Several of them → (N, channels, crop_size, crop_size), float32."""
        side, table = self.crop_size, vars(self)["_standardised"]
        x = np.empty((len(images), len(table), side, side), np.float32)
        for image, into in zip(images, x, strict=True):
            if getattr(image, "mode", None) != ROUTES[len(table)]:
                raise ConfigError(f"this preprocessing reads PIL images of mode {ROUTES[len(table)]}; "
                                  f"got {shown(image)}")
            pixels = np.ndarray((side, side, len(table)), np.uint8, self._cut(image).tobytes())
            for k, of_byte in enumerate(table):
                of_byte.take(pixels[..., k], out=into[k], mode="clip")  # the mode that needs no copy
        return torch.from_numpy(x)

    def _cut(self, image: "Image") -> "Image":
        """Resized, and the middle cut out."""
        if image.size == (self.crop_size, self.crop_size) and self.resize_size == self.crop_size:
            return image
        from torchvision.transforms import InterpolationMode, functional

        image = functional.resize(image, [self.resize_size], InterpolationMode(self.interpolation))
        cut: Image = functional.center_crop(image, [self.crop_size])
        return cut

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done to an image: a sentence for each step."""
        mean, std = (", ".join(f"{value:.4g}" for value in values) for values in (self.mean, self.std))
        kind = "grey" if self.channels == 1 else "RGB"
        return (f"The image is turned upright if its file says how, and into {kind}.",
                f"It is resized until its shorter side has {self.resize_size} pixels ({self.interpolation}).",
                f"The {self.crop_size}×{self.crop_size} pixels in the middle are kept.",
                "Each pixel is divided by 255, so that 0 is black and 1 is white.",
                f"The mean {mean} is subtracted, and the result is divided by the deviation {std}.")

    def to_dict(self) -> dict[str, Any]:
        """Its values by name, each a number, a string or a list."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def pixels_of(self, x: Tensor) -> Tensor:
        """The way back: (channels, H, W) as a network reads it → (H, W) or (H, W, 3) uint8, for a picture."""
        mean, std = (torch.tensor(values).reshape(-1, 1, 1) for values in (self.mean, self.std))
        pixels: Tensor = (x.float().cpu() * std + mean) * 255
        return pixels.round().clamp(0, 255).byte().permute(1, 2, 0).squeeze(2)
