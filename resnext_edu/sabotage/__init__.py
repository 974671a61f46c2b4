"""Ten ways to break the equality of the three forms. Each is a mistake that somebody has made.

A sabotage takes a block and returns a broken *copy*. It says which form the block must have, where it does harm and
where it does none, which findings of `prove_equivalent` see it, and why the others can't.
"""
from torch import nn

from resnext_edu.errors import check_name
from resnext_edu.sabotage.concat_and_grouped import (
    GroupsInterleaved,
    PathsShuffled,
    c_and_d_swapped,
    groups_interleaved,
    momentum_reversed,
    paths_shuffled,
    stride_on_1x1,
)
from resnext_edu.sabotage.kit import Sabotage
from resnext_edu.sabotage.split_sum import (
    BatchNormPerPath,
    PathDropped,
    ReLUBeforeSum,
    bias_per_path,
    bn_per_path,
    path_dropped,
    relu_before_sum,
    w2_transposed,
)

__all__ = ["SABOTAGES", "BatchNormPerPath", "GroupsInterleaved", "PathDropped", "PathsShuffled", "ReLUBeforeSum",
           "Sabotage", "break_block"]

SABOTAGES: dict[str, Sabotage] = {each.name: each for each in (  # in the order of the forms
    bn_per_path, relu_before_sum, bias_per_path, path_dropped, w2_transposed,
    paths_shuffled,
    groups_interleaved, stride_on_1x1, c_and_d_swapped, momentum_reversed,
)}


def break_block(block: nn.Module, name: str) -> nn.Module:
    """Break a copy of a block.

    Parameters
    ----------
    block : nn.Module
        A block of the form ``SABOTAGES[name].form``. It stays as it is.
    name : str
        One of `SABOTAGES`.

    Returns
    -------
    nn.Module
        The broken copy.

    Raises
    ------
    ConfigError
        If the name is unknown, or the block has another form.

    Examples
    --------
    >>> from resnext_edu import GroupedBottleneck
    >>> block = GroupedBottleneck(8, 8, cardinality=2, width_per_group=3, stride=2)
    >>> break_block(block, "stride_on_1x1").conv1.stride
    (2, 2)
    """
    check_name("sabotage", name, SABOTAGES)
    return SABOTAGES[name](block)
