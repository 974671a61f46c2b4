"""What no count can see: where a ReLU stands, channels that nobody reads, weights that are zeros."""
import copy
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from resnext_edu.config import ResNeXtConfig
from resnext_edu.counts.rows import TraceRow
from resnext_edu.equivalence.batchnorm import batchnorms
from resnext_edu.examination.examined import FoundDeparture
from resnext_edu.examination.rows_to_plan import ReadBlock, ReadNetwork
from resnext_edu.modules import set_training

SMALL_IMAGE = 64  # of the images, in pixels: enough for five halvings
A_PART = 1 / 8  # so many channels may be silent by chance


def of_the_function(model: nn.Module, rows: Sequence[TraceRow], read: ReadNetwork,
                     size: tuple[int, ...]) -> Iterator[FoundDeparture]:
    """The departures that no count can see."""
    blocks = [(shared_path(rows, block), block) for block in read.blocks]
    early = tuple(path for path, block in blocks if block.relu_before_sum)
    if early:
        yield FoundDeparture("relu_before_sum", early, 0, 0, (
            "a ReLU stands at the end of the branch. The paper: the last ReLU comes after the sum. "
            "Effect: a branch can only add, and never take away."))
    missing = tuple(path for path, block in blocks if not block.relu_after_sum)
    if missing:
        yield FoundDeparture("relu_missing", missing, 0, 0, (
            "no ReLU follows the sum. The paper: a ReLU after the shortcut is added. Effect: negative numbers go on."))
    if read.softmax:
        yield FoundDeparture("softmax", ("the output",), 0, 0, (
            "a softmax stands at the end. The paper: logits come out, and the loss has the softmax. "
            "Effect: with a cross-entropy loss the softmax is taken twice."))
    paths = [[rows[k].path for k in block.levels[0].convs] for block in read.blocks]
    counts = unread_channels(model, paths, size[1]) or []
    unread = [(blocks[k][0], *count) for k, count in enumerate(counts) if A_PART * count[1] < count[0] < count[1]]
    if unread:
        _, silent, channels = unread[0]
        yield FoundDeparture("unread_channels", tuple(path for path, _, _ in unread), 0, 0, (
            f"{silent} of the {channels} channels that the first 1×1 puts out are read by nobody. The paper: every "
            "path reads channels of its own. Effect: several paths read the same slice."))


def harmless(departures: list[FoundDeparture], model: nn.Module, rows: Sequence[TraceRow], read: ReadNetwork,
              config: ResNeXtConfig) -> Iterator[FoundDeparture]:
    """The same departures; a missing `groups` gets another name if the weights do what the groups would do."""
    modules = dict(model.named_modules())
    for each in departures:
        dense = [modules.get(rows[block.levels[1].convs[0]].path) for block in read.blocks
                 if block.levels[1].conv.groups == 1]
        weights = [layer.weight for layer in dense if isinstance(layer, nn.Conv2d)]
        zeros = bool(weights) and all(is_block_diagonal(weight, config.cardinality) for weight in weights)
        if each.name != "groups_missing" or not zeros:
            yield each
        else:
            yield each._replace(name="dense_with_zeros", detail=(
                "the 3×3 is dense, and all its weights between two paths are 0. The paper: a 3×3 with C groups. "
                "Effect: none as long as they stay 0; it is the same function, with weights and work that do nothing."))


def shared_path(rows: Sequence[TraceRow], block: ReadBlock) -> str:
    """What the paths of all convolutions of a block have in common."""
    paths = [rows[k].path.split(".") for level in block.levels for k in level.convs]
    common = []
    for words in zip(*paths, strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return ".".join(common) or rows[block.levels[0].convs[0]].path


def unread_channels(model: nn.Module, paths: list[list[str]], channels: int) -> list[tuple[int, int]] | None:
    """How many channels of some layers' outputs have no influence on the model's output.

    The gradient of the output says it: where it is zero for every pixel, nobody reads the channel.

    Parameters
    ----------
    model : nn.Module
        It stays as it is: a copy runs, whose BatchNorms are new and in train mode, so that no ReLU stays shut.
    paths : list of list of str
        The layers, in groups: the channels of a group are counted together.
    channels : int
        Of the images. Eight small ones of random numbers go in.

    Returns
    -------
    list of (int, int) or None
        For each group: channels that are not read, and all channels; None if the model can't be run.
    """
    if any(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()]):
        return None
    model = copy.deepcopy(model)
    for norm in batchnorms(model):
        norm.reset_parameters()
    set_training(model, True)
    outputs: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(module: nn.Module, args: object, output: Tensor) -> None:
            output.retain_grad()
            outputs[path] = output
        return hook

    modules = dict(model.named_modules())
    wanted = [path for group in paths for path in group]
    if any(path not in modules for path in wanted):
        return None
    for path in wanted:
        modules[path].register_forward_hook(keep(path))
    generator = torch.Generator().manual_seed(0)
    parameter = next(model.parameters())
    x = torch.randn((8, channels, SMALL_IMAGE, SMALL_IMAGE), generator=generator).to(parameter)
    with torch.enable_grad():
        try:
            out = model(x)
        except Exception:  # the model's own code, on images of a size that it may not take
            return None
        (out * torch.randn(out.shape, generator=generator).to(out)).sum().backward()
    found = []
    for group in paths:
        silent = [~outputs[path].grad.ne(0).flatten(2).any(2).any(0) for path in group]  # type: ignore[union-attr]
        found.append((int(sum(each.sum() for each in silent)), sum(each.numel() for each in silent)))
    return found


def is_block_diagonal(weight: Tensor, groups: int) -> bool:
    """Whether a dense convolution's weight has nothing but zeros outside of `groups` equal blocks."""
    if weight.is_meta or weight.shape[0] % groups or weight.shape[1] % groups:
        return False
    out, into = weight.shape[0] // groups, weight.shape[1] // groups
    inside = torch.zeros(weight.shape[:2], dtype=torch.bool, device=weight.device)
    for k in range(groups):
        inside[k * out:(k + 1) * out, k * into:(k + 1) * into] = True
    return bool(weight.ne(0).any()) and not bool(weight[~inside].ne(0).any())
