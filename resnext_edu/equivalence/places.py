"""Where in its tensor a number stands."""
from collections.abc import Sequence

import torch
from torch import Tensor


def index_of(place: int | Tensor, shape: Sequence[int]) -> list[int]:
    """The index of a number in a tensor of this shape, from its place in a flat row.

    Examples
    --------
    >>> index_of(5, (2, 2, 2))
    [1, 0, 1]
    """
    return [int(i) for i in torch.unravel_index(torch.as_tensor(place), tuple(shape))]


def place_of_greatest(differences: Tensor) -> list[int]:
    """The index of the number that is farthest from 0; of several, the first one.

    Examples
    --------
    >>> place_of_greatest(torch.tensor([[0.0, 1.0], [-3.0, 3.0]]))
    [1, 0]
    """
    return index_of(differences.abs().argmax(), differences.shape)
