"""From one form into another: no number is computed, they only move.

From form (c) to (a) or (b) the weights are cut, and on the way back they are joined (footnote 3 of arXiv
1611.05431v2). `in_form` converts a block, `convert_state_dict` only weights; `layout` knows where they are stored.
"""
import re
from collections.abc import Mapping
from functools import lru_cache

import torch
from torch import Tensor, nn

from resnext_edu.blocks import FORMS, ResNeXtBlock, build
from resnext_edu.config import BlockSpec, check_form
from resnext_edu.errors import ConversionError, one_line, positive_int, shown
from resnext_edu.layout import CUT, LAYERS, axis_of_paths, check_entries, entries_of, stored_as, tensors_of
from resnext_edu.modules import has_children, named_modules

# the part of a key before these names is the block's prefix
IN_A_BLOCK = re.compile(r"(|.*?\.)(?:paths\.\d+\.)?conv[23]\.weight")


def in_form(block: ResNeXtBlock, form: str, *, name: str = "") -> ResNeXtBlock:
    """A new block in another form that computes the same function; `block` stays as it is.

    There and back gives the same bits. The new block keeps dtype, device, train or eval mode, and what is frozen;
    parameters that become one are frozen only if all of them were. Gradients are not copied.

    Parameters
    ----------
    block : ResNeXtBlock
        In any of the three forms.
    form : {"grouped", "concat", "split_sum"}
        The form that is wanted.
    name : str
        What errors call the block, such as "layer1.0".

    Returns
    -------
    ResNeXtBlock
        It shares no memory with `block`. Torch's random state is neither used nor changed.

    Raises
    ------
    ConversionError
        If `block` is not one of the three forms as they were built: a layer or a `forward` was exchanged, or a
        forward hook may change what it computes; if its weights hold NaN; or if its paths differ in mode or in
        BatchNorm's counter, so that no single layer can replace them.
    ConfigError
        If the form is unknown.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3 and figure 3.

    Examples
    --------
    >>> from resnext_edu.config import BlockSpec
    >>> block = build(BlockSpec(8, 8, cardinality=2, width_per_group=3), "split_sum").eval()
    >>> grouped = in_form(block, "grouped")
    >>> grouped.conv2.weight.shape, grouped.training
    (torch.Size([6, 3, 3, 3]), False)
    """
    check_form(form)
    prefix = f"{name}." if name else ""
    _check_unchanged(block, prefix, name or "the block")
    with torch.device("meta"):  # only sizes; the next lines bring the weights
        other = build(block.spec, form)
    weights = _convert(nn.Module.state_dict(block), prefix, block.form, form, block.cardinality)
    other.load_state_dict(weights, assign=True)

    other.train(block.training)
    given = _layers_of(block)
    for layer, parts in _layers_of(other).items():
        if layer not in given:
            continue
        training = _one_mode(given[layer], prefix + layer)
        for part in parts:
            part.train(training)
            for entry, parameter in part.named_parameters():
                parameter.requires_grad_(any(source.get_parameter(entry).requires_grad for source in given[layer]))
    return other


def convert_state_dict(state_dict: Mapping[str, Tensor], source: str, target: str, cardinality: int
                       ) -> dict[str, Tensor]:
    """Rearrange the weights of a block, or of every block of a network, from one form into another.

    There and back gives the same bits. Everything outside of the blocks (a network's stem and head) is copied
    as it is. All returned tensors are new: if you change one, `state_dict` stays as it was. Weights from before 2018
    have no `num_batches_tracked`: every BatchNorm without this counter gets one of zero.

    Parameters
    ----------
    state_dict : mapping of str to Tensor
        A block's or a network's `state_dict()`. Its keys may have any prefix (`module.`, `layer1.0.`).
    source, target : {"split_sum", "concat", "grouped"}
        The form that the weights have, and the one that you want.
    cardinality : int
        C, the number of paths.

    Returns
    -------
    dict of str to Tensor
        For `load_state_dict(..., strict=True)` of the target form.

    Raises
    ------
    ConversionError
        If an entry is missing, has the wrong shape, has no counterpart in the other form, or holds NaN; or if
        entries that become one tensor differ in dtype, in device, or (only BatchNorm's counter) in value.
    ConfigError
        If a form is unknown, or the cardinality is not a positive integer.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, section 3.3 and figure 3.

    Examples
    --------
    >>> from resnext_edu.blocks import GroupedBottleneck, SplitSumBottleneck
    >>> grouped = GroupedBottleneck(8, 8, cardinality=2, width_per_group=3)
    >>> split_sum = SplitSumBottleneck(8, 8, cardinality=2, width_per_group=3)
    >>> split_sum.load_state_dict(convert_state_dict(grouped.state_dict(), "grouped", "split_sum", 2))
    <All keys matched successfully>
    """
    check_form(source)
    check_form(target)
    C = positive_int("cardinality", cardinality)
    tensors = tensors_of(state_dict)
    owners = _blocks_in(tensors)
    converted: dict[str, Tensor] = {}
    done: set[str] = set()
    for key, value in tensors.items():
        prefix = owners[key]
        if prefix is None:
            converted[key] = value.clone()
        elif prefix not in done:  # at a block's first entry, all of it is converted
            done.add(prefix)
            block = {k.removeprefix(prefix): v for k, v in tensors.items() if owners[k] == prefix}
            converted |= {prefix + k: v for k, v in _convert(block, prefix, source, target, C).items()}
    return converted


@lru_cache(maxsize=64)
def _as_built(spec: BlockSpec, form: str) -> dict[str, nn.Module]:
    """Path → module of a block that nobody has changed; without numbers, to be looked at only."""
    with torch.device("meta"):
        return dict(build(spec, form).named_modules())


def _check_unchanged(block: object, prefix: str, name: str) -> None:
    """Raise unless `block` is one of the three forms and still has the layers that it was built with."""
    if type(block) not in FORMS.values():
        known = ", ".join(each.__name__ for each in FORMS.values())
        raise ConversionError(f"{name} is a {type(block).__name__}, expected one of {known}: a class of "
                              "your own has no other forms, so convert a block before you change it")
    assert isinstance(block, ResNeXtBlock)
    found, expected = dict(named_modules(block)), _as_built(block.spec, block.form)
    for path, module in found.items():
        if module._forward_hooks or module._forward_pre_hooks:
            raise ConversionError(f"{(prefix + path).rstrip('.') or name} has a forward hook, which may change what it "
                                  "computes; remove it before you convert the block, and register it again on the new "
                                  "one")
    for path in dict.fromkeys([*expected, *found]):
        if "forward" in vars(found.get(path, block)):
            raise ConversionError(f"the forward of {(prefix + path).rstrip('.') or name} was replaced on this very "
                                  "object; convert the block before you change it")
        if _settings(found.get(path)) != _settings(expected.get(path)):
            raise ConversionError(f"{prefix}{path} is {_told(found.get(path))}; a {block.form} block has "
                                  f"{_told(expected.get(path))} there, so convert a block before you exchange its "
                                  "layers")


def _told(module: nn.Module | None) -> str:
    """A layer with its numbers, on one line; of what is made of several layers only the type."""
    return shown(module) if module is not None and has_children(module) else one_line(module)


def _settings(module: nn.Module | None) -> tuple[type, dict[str, object]]:
    """What decides, beside the weights, what a layer computes: its class and its arguments, such as the stride."""
    own = {} if module is None or isinstance(module, ResNeXtBlock) else vars(module) | {"training": None}
    return type(module), {name: value for name, value in own.items() if not name.startswith("_")}


def _layers_of(block: ResNeXtBlock) -> dict[str, list[nn.Module]]:
    """Each layer by its name: a list of one, or of C if every path has its own."""
    layers: dict[str, list[nn.Module]] = {}
    for part in (*getattr(block, "paths", ()), block):
        for name, layer in named_modules(part):
            if not name.startswith("paths") and not has_children(layer):
                layers.setdefault(name, []).append(layer)
    return layers


def _one_mode(parts: list[nn.Module], layer: str) -> bool:
    modes = {part.training for part in parts}
    if len(modes) > 1:
        raise ConversionError(f"{layer} is in train mode in some paths and in eval mode in others; one layer has one "
                              "mode, so give all paths the same before you convert")
    return modes.pop()


def _blocks_in(state_dict: Mapping[str, Tensor]) -> dict[str, str | None]:
    """Key → the prefix of the block that it belongs to, or None if it belongs to no block."""
    prefixes = list(dict.fromkeys(found[1] for key in state_dict if (found := IN_A_BLOCK.fullmatch(key))))
    if not prefixes:
        raise ConversionError(
            f"no block in this state dict of {len(state_dict)} entries: none of them ends in conv2.weight or "
            "conv3.weight; pass block.state_dict() or model.state_dict()"
        )
    return {key: next((prefix for prefix in prefixes if key.startswith(prefix)), None) for key in state_dict}


def _convert(block: dict[str, Tensor], prefix: str, source: str, target: str, C: int) -> dict[str, Tensor]:
    """One block's weights in another form; errors write `prefix` before its keys."""
    return _cut(_join(block, prefix, source, C), target, C)


def _join(block: dict[str, Tensor], prefix: str, form: str, C: int) -> dict[str, Tensor]:
    """A block's weights in form (c), after a check that they are complete."""
    check_entries(block, prefix, form, C)
    whole = {}
    for layer in LAYERS:
        stored = stored_as(form, layer, C)
        for entry in entries_of(layer) if f"{stored[0]}.weight" in block else ():  # a block may have no projection
            parts = [block[f"{name}.{entry}"] for name in stored]
            whole[f"{layer}.{entry}"] = _joined(parts, layer, f"{prefix}paths.*.{layer}.{entry}")
    return whole


def _joined(parts: list[Tensor], layer: str, where: str) -> Tensor:
    """The paths' tensors side by side. BatchNorm's counter is one number, so there all paths must have the same."""
    if parts[0].dim():
        return torch.cat(parts, dim=axis_of_paths(layer))
    values = sorted({int(part) for part in parts if not part.is_meta})
    if len(values) > 1:
        raise ConversionError(f"{where} differs between the paths: {values}; one BatchNorm has one counter, so give "
                              "all paths the same before you convert")
    return parts[0]


def _cut(whole: dict[str, Tensor], form: str, C: int) -> dict[str, Tensor]:
    """From form (c) to `form`, in the order of that form's `state_dict`."""
    parts = {key: value.chunk(C, dim=axis_of_paths(layer)) if value.dim() else [value] * C
             for key, value in whole.items() if (layer := key.rpartition(".")[0]) in CUT[form]}
    paths = {f"paths.{i}.{key}": cut[i].clone(memory_format=torch.contiguous_format)
             for i in range(C) for key, cut in parts.items()}
    return paths | {key: value.clone() for key, value in whole.items() if key not in parts}
