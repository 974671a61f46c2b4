"""A model for a while in eval mode, with copies of its tensors; afterwards it is exactly as it was before."""
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.modules.module import register_module_forward_pre_hook

from resnext_edu.belongings import Belongings
from resnext_edu.modules import named_modules, named_parameters


@contextmanager
def standing_in(model: nn.Module, device: str, wrap: Callable[[str, nn.Module], Callable[..., Any]]
                ) -> Iterator["StandIn"]:
    """Exchange all tensors that a model can reach for copies on `device`, and each `forward` for `wrap(path, module)`.

    Parameters
    ----------
    model : nn.Module
        It is exchanged in place, and put back at the end, even if something raised.
    device : str
        Where the copies are; on "meta" they have shapes only.
    wrap : callable
        It gets a module's path and the module, and returns the forward to call instead.

    Yields
    ------
    StandIn
        With the model in place of which it stands.
    """
    stand_in = StandIn(model, device)
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        on_gpu = torch.device(device).type not in ("cpu", "meta")
        stack.enter_context(torch.random.fork_rng(devices=[device] if on_gpu else []))
        torch.default_generator.manual_seed(0)  # the same inputs in each trace
        stack.callback(random.setstate, random.getstate())
        stack.callback(torch.set_default_dtype, torch.get_default_dtype())
        stack.enter_context(torch.set_grad_enabled(torch.is_grad_enabled()))
        if "torch._dynamo" in sys.modules:  # something may be compiled: run it as it was written
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.callback(stand_in.belongings.put_back)
        stand_in.take_the_place_of(model, wrap)
        stack.callback(register_module_forward_pre_hook(stand_in.take_late).remove)
        yield stand_in


class StandIn:
    """The copies of all tensors that a model can reach, while they stand in their place.

    Parameters
    ----------
    model : nn.Module
        The model.
    device : str
        Where the copies are.

    Attributes
    ----------
    belongings : Belongings
        What stood there before.
    params : dict
        The id of each copy of one of the model's parameters → how many numbers it has.
    """

    def __init__(self, model: nn.Module, device: str) -> None:
        self.device: str = device
        self.belongings: Belongings = Belongings(self._copy_of)
        self.own: set[int] = {id(parameter) for _, parameter in named_parameters(model)}
        self.params: dict[int, int] = {}

    def take_the_place_of(self, model: nn.Module, wrap: Callable[[str, nn.Module], Callable[..., Any]]) -> None:
        """Exchange its tensors, and the forward of each module in it; all modules are in eval mode then."""
        wrapped = [(module, wrap(path, module)) for path, module in named_modules(model)]
        self._take(model)
        for module, forward in wrapped:
            vars(module)["forward"] = forward
            if isinstance(module, ScriptModule):  # its tensors live in C++
                self.params.update((id(p), p.numel()) for p in module.parameters() if id(p) in self.own)

    def take_late(self, module: nn.Module, *_: object) -> None:
        """A module that runs although nothing led to it, or that was made just now: the same for it."""
        if not self.belongings.has(module):
            self._take(module)

    def _take(self, module: nn.Module) -> None:
        """Exchange all that it can reach, and put all modules there into eval mode."""
        before = len(self.belongings.modules)
        self.belongings.take(module)
        for new in self.belongings.modules[before:]:
            if not isinstance(new, ScriptModule):
                vars(new)["training"] = False

    def _copy_of(self, tensor: Tensor) -> Tensor:
        if nn.parameter.is_lazy(tensor):
            return tensor
        if str(tensor.layout) == "torch._mkldnn":  # torch can't copy this layout to another device
            copy = tensor.detach().clone() if self.device == "cpu" else tensor.detach().to_dense().to(self.device)
        else:
            copy = tensor.detach().to(self.device, copy=True)
        if isinstance(tensor, nn.Parameter):
            copy = nn.Parameter(copy, requires_grad=False)
        if id(tensor) in self.own:
            self.params[id(copy)] = copy.numel()
        return copy
