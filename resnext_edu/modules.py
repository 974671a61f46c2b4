"""A model's own modules, parameters and buffers, whatever names it gives to its attributes.

A model may say ``self.modules = [conv, bn]`` and so hide the method `modules`. The dictionaries in which torch
registers everything can't be hidden, so they are read here. What stands in a plain list is not registered: torch does
not know that it belongs to the model.
"""
from collections.abc import Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from torch import Tensor, nn

from resnext_edu.belongings.holders import KINDS, attributes_of

REGISTERED = ("_parameters", "_buffers", "_modules")


def named_modules(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Path → module, the model itself first; a module with several paths has its first one.

    Examples
    --------
    >>> [path for path, _ in named_modules(nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU())))]
    ['', '0', '1', '1.0']
    """
    found: dict[int, tuple[str, nn.Module]] = {}

    def visit(path: str, module: nn.Module) -> None:
        if id(module) not in found:
            found[id(module)] = path, module
            for name, child in module._modules.items():
                if child is not None:
                    visit(f"{path}.{name}".lstrip("."), child)

    visit("", model)
    return list(found.values())


def named_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Path → parameter; one that is shared has its first path."""
    return _registered(model, "_parameters")


def parameters(model: nn.Module) -> list[nn.Parameter]:
    """Each parameter once."""
    return [parameter for _, parameter in named_parameters(model)]


def named_buffers(model: nn.Module) -> list[tuple[str, Tensor]]:
    """Path → buffer; one that is shared has its first path."""
    return _registered(model, "_buffers")


def _registered(model: nn.Module, where: str) -> list[tuple[str, Any]]:
    found: dict[int, tuple[str, Any]] = {}
    for path, module in named_modules(model):
        for name, tensor in getattr(module, where).items():
            if tensor is not None:
                found.setdefault(id(tensor), (f"{path}.{name}".lstrip("."), tensor))
    return list(found.values())


def children(module: nn.Module) -> list[nn.Module]:
    """The modules directly in it."""
    return [child for _, child in module._modules.items() if child is not None]  # TorchScript's dict has no values()


def has_children(module: nn.Module) -> bool:
    """Whether there is a module in it."""
    return bool(children(module))


def set_training(module: nn.Module, training: bool) -> None:
    """What `module.train(training)` does, also if an attribute hides a method, and for the layers in plain lists.

    A class with a `train` of its own (one that keeps a BatchNorm frozen) decides for itself.
    """
    if type(module).train is not nn.Module.train:
        type(module).train(module, training)
        return
    module.training = training
    for child in children(module):
        set_training(child, training)


def unregistered(model: nn.Module) -> dict[str, nn.Module | nn.Parameter]:
    """The layers and parameters that a model keeps in a plain list, dict or object, where torch does not find them.

    Parameters
    ----------
    model : nn.Module

    Returns
    -------
    dict of str to nn.Module or nn.Parameter
        Where it stands, such as "layers[0]" → the layer. Layers without parameters are left out, since nothing of them
        is missing.

    Examples
    --------
    >>> model = nn.Module()
    >>> model.layers = [nn.Linear(2, 2), nn.ReLU()]
    >>> unregistered(model)
    {'layers[0]': Linear(in_features=2, out_features=2, bias=True)}
    """
    modules = named_modules(model)
    known = {id(thing) for _, thing in (*modules, *named_parameters(model))}
    found: dict[str, nn.Module | nn.Parameter] = {}
    for path, module in modules:
        for name, value in vars(module).items():
            if name not in REGISTERED and not name.endswith("_hooks"):
                found.update(_inside(f"{path}.{name}".lstrip("."), value, known))
    return found


def unregistered_names(model: nn.Module) -> list[str]:
    """The same in words: where each stands, and of which class it is."""
    return [f"{place} ({type(thing).__name__})" for place, thing in unregistered(model).items()]


def _inside(place: str, value: Any, known: set[int]) -> Iterator[tuple[str, nn.Module | nn.Parameter]]:
    """Layers and parameters in a value; `known` are those to leave out, and grows."""
    kind = type(value)  # not isinstance: a proxy may claim to be what it stands for
    is_parameter = issubclass(kind, Tensor) and isinstance(value, nn.Parameter)
    if is_parameter or issubclass(kind, nn.Module):
        if id(value) not in known:
            known.add(id(value))
            if is_parameter or named_parameters(value):
                yield place, value
        return
    if id(value) in known or issubclass(kind, Tensor | str | bytes | type | FunctionType | MethodType | partial):
        return
    known.add(id(value))
    holder = next((holder for base, holder in KINDS.items() if issubclass(kind, base) and holder.followed), None)
    if holder is not None:
        contents = holder(value).read()
    else:
        contents = list(tuple.__iter__(value)) if issubclass(kind, tuple) else {}
    for key, item in contents.items() if isinstance(contents, dict) else enumerate(contents):
        yield from _inside(f"{place}[{key!r}]", item, known)
    for name, item in (attributes_of(value) or {}).items():
        yield from _inside(f"{place}.{name}", item, known)
