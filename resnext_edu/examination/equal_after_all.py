"""A network that departs from the paper's and is the same function all the same: its weights in ours, and the proof."""
import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from resnext_edu.equivalence import EquivalenceReport, prove_equivalent
from resnext_edu.errors import ResNeXtEduError
from resnext_edu.examination.adopting import adopt
from resnext_edu.examination.examined import Examination
from resnext_edu.examination.of_the_function import is_block_diagonal
from resnext_edu.examination.two_steps import freeze_ones, in_one_step
from resnext_edu.findings import EXACT, PASS
from resnext_edu.network import ResNeXt

# departures whose weights can be put into the paper's network
CAN_BE_EQUAL = {"dense_with_zeros", "dense_merge", "constant_merge"}


def proof_of(model: nn.Module, found: Examination, size: tuple[int, ...],
             progress: Callable[[int, int, str], None] | None = None) -> EquivalenceReport | None:
    """The exact proof that a network and the paper's with its weights are one function; None if none can be tried.

    Weights that are 0 are no variables in it, so zeros between two paths weigh nothing. Zeros and ones that add up
    paths are constants in it, whether they could learn or not.

    Parameters
    ----------
    model : nn.Module
    found : Examination
        Of this model.
    size : tuple of int
        (N, C, H, W) of the images.
    progress : callable, optional
        As for `prove_equivalent`.
    """
    names = {departure.name for departure in found.departures}
    if not (found.reading and found.explained and names and names <= CAN_BE_EQUAL):
        return None
    try:
        state = cut_zeros(model.state_dict(), found.reading.cardinality)
        if names - {"dense_with_zeros"}:
            state, model = in_one_step(state, found.reading), copy.deepcopy(model)
            freeze_ones(model, found.reading.cardinality)
        weights = adopt(state, found.reading).state_dict
        ours = ResNeXt(found.reading).eval()
        ours.load_state_dict(weights)
        return prove_equivalent(model, ours, input_size=size, progress=progress, floats=False)
    except ResNeXtEduError:
        return None


def is_proven(report: EquivalenceReport | None) -> bool:
    """Whether there is an exact finding, and it passed."""
    return report is not None and report[EXACT].status == PASS


def cut_zeros(state: Mapping[str, Tensor], cardinality: int) -> dict[str, Tensor]:
    """The same weights; of a dense convolution that is zero between its paths, what is within them.

    Parameters
    ----------
    state : mapping of str to Tensor
    cardinality : int

    Examples
    --------
    >>> weight = torch.block_diag(torch.ones(2, 2), torch.ones(2, 2))[..., None, None].expand(4, 4, 3, 3)
    >>> cut_zeros({"conv2.weight": weight}, 2)["conv2.weight"].shape
    torch.Size([4, 2, 3, 3])
    """
    def cut(weight: Tensor) -> Tensor:
        if weight.dim() != 4 or weight.shape[-1] == 1 or cardinality == 1 or not is_block_diagonal(weight, cardinality):
            return weight
        rows = weight.chunk(cardinality)
        return torch.cat([row.chunk(cardinality, dim=1)[k] for k, row in enumerate(rows)])

    return {key: cut(value) for key, value in state.items()}
