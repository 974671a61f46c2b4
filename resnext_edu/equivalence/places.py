"""Where in its tensor a number stands."""
from collections.abc import Sequence

import torch
from torch import Tensor

AS_FAR = 1e-9  # numbers that should be equal differ by less than this from machine to machine


def index_of(place: int | Tensor, shape: Sequence[int]) -> list[int]:
    """The index of a number in a tensor of this shape, from its place in a flat row.

    Examples
    --------
    >>> index_of(5, (2, 2, 2))
    [1, 0, 1]
    """
    return [int(i) for i in torch.unravel_index(torch.as_tensor(place), tuple(shape))]


def place_of_greatest(differences: Tensor) -> list[int]:
    """The index of the number that is farthest from 0; of several that are as far but for rounding, the first one.

    Examples
    --------
    >>> place_of_greatest(torch.tensor([[0.0, 1.0], [-3.0, 3.0]]))
    [1, 0]
    >>> place_of_greatest(torch.tensor([1.0, 3.0, 3 + 1e-12], dtype=torch.float64))
    [1]
    """
    far = differences.abs()
    return index_of(far.ge((1 - AS_FAR) * far.max()).int().argmax(), differences.shape)
