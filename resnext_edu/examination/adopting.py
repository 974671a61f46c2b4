"""Their weights in our network: `adopt` takes a checkpoint as it comes, and `prove_equivalent` has the last word."""
from os import PathLike, fspath
from pathlib import Path

import torch

from resnext_edu.adoption import AS_IT_COMES, Adopted, weights_that_fit
from resnext_edu.config import ResNeXtConfig, check_config
from resnext_edu.errors import one_line
from resnext_edu.network import ResNeXt
from resnext_edu.pretrained import read_weights


def adopt(state_dict: object, config: ResNeXtConfig) -> Adopted:
    """Turn other people's weights into a `state_dict` of our network in form (c).

    Wrappers such as `{"state_dict": …}`, prefixes such as "module.", weights without BatchNorm's counters, and layers
    under other names in the same order are understood, if there is one way only.

    Parameters
    ----------
    state_dict : mapping or path
        A `state_dict`, a checkpoint that holds one, or the file of either: torch's or safetensors.
    config : ResNeXtConfig
        The network that it is for.

    Returns
    -------
    Adopted
        `state_dict`, `renamed` and `notes`.

    Raises
    ------
    WeightsError
        If the weights don't fit, or fit in more than one way; nothing is loaded by halves.

    Examples
    --------
    >>> config = ResNeXtConfig.preset("resnext_mini")
    >>> weights = {"module." + key: value for key, value in ResNeXt(config).state_dict().items()}
    >>> adopt({"epoch": 3, "model": weights}, config).notes
    ("The weights stood in 'model' of a checkpoint.", "'module.' before each name was left out.")
    """
    check_config(config)
    with torch.device("meta"):
        own = ResNeXt(config).state_dict()
    if isinstance(state_dict, str | PathLike):
        return weights_that_fit(own, read_weights(Path(state_dict)), one_line(fspath(state_dict)))
    return weights_that_fit(own, state_dict, AS_IT_COMES)
