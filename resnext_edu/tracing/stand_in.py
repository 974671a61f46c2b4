"""A model for a while in eval mode, with copies of its tensors; afterwards it is exactly as it was before."""
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule

# types of a module's attributes that hold no tensors
PLAIN: set[type] = {bool, int, float, str, type(None), set, OrderedDict}


@contextmanager
def standing_in(model: nn.Module, device: str, wrap: Callable[[str, nn.Module], Callable[..., Any]]
                ) -> Iterator[dict[int, int]]:
    """Exchange each module's tensors for copies on `device`, and its `forward` for `wrap(path, module)`.

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
    dict
        The id of each parameter's copy → how many numbers it has.
    """
    stand_in = StandIn(model, device)
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        on_gpu = torch.device(device).type not in ("cpu", "meta")
        stack.enter_context(torch.random.fork_rng(devices=[device] if on_gpu else []))
        torch.default_generator.manual_seed(0)  # the same inputs in each trace
        if "torch._dynamo" in sys.modules:  # something may be compiled: run it as it was written
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.callback(stand_in.restore)
        for path, module in model.named_modules():
            stand_in.take_the_place_of(module, wrap(path, module))
        yield stand_in.params


class StandIn:
    """What was exchanged in a model, and what stood there before.

    Everything that a module has stands in dictionaries and lists. Their contents are exchanged here and put back
    at the end, whatever the forward has put into them. Two names of one tensor share its copy, too.

    Parameters
    ----------
    model : nn.Module
        The model.
    device : str
        Where the copies are.

    Attributes
    ----------
    params : dict
        The id of each parameter's copy → how many numbers it has.
    """

    def __init__(self, model: nn.Module, device: str) -> None:
        self.device: str = device
        self.own: set[int] = {id(parameter) for parameter in model.parameters()}
        self.before: dict[int, tuple[Any, Any]] = {}  # by id: each container, and its contents
        self.copies: dict[int, Tensor] = {}  # by the original's id
        self.params: dict[int, int] = {}

    def take_the_place_of(self, module: nn.Module, forward: Callable[..., Any]) -> None:
        """Exchange a module's tensors and its forward."""
        own = vars(module)
        if isinstance(module, ScriptModule):  # its tensors live in C++
            self.before[id(own)] = own, own.copy()
            self.params.update((id(p), p.numel()) for p in module.parameters() if id(p) in self.own)
            own["forward"] = forward
        else:
            self._exchange(own)
            own.update(training=False, forward=forward)

    def restore(self) -> None:
        """Put back everything that was exchanged."""
        for container, contents in self.before.values():
            container.clear()
            if type(container) is dict:
                container.update(contents)
            else:
                container.extend(contents)

    def _exchange(self, container: Any) -> None:
        """Put copies into a dictionary or list, unless it was done before."""
        if id(container) in self.before:
            return
        self.before[id(container)] = container, container.copy()
        for key, value in list(container.items() if type(container) is dict else enumerate(container)):
            if type(value) not in PLAIN:
                container[key] = self._copied(value)

    def _copied(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self._copy_of(value)
        if type(value) is tuple:
            return tuple(map(self._copied, value))
        if type(value) in (dict, list):
            self._exchange(value)
        return value

    def _copy_of(self, tensor: Tensor) -> Tensor:
        if id(tensor) not in self.copies:
            copy = tensor.detach().to(self.device, copy=True)
            if isinstance(tensor, nn.Parameter):
                copy = nn.Parameter(copy, requires_grad=False)
            if id(tensor) in self.own:
                self.params[id(copy)] = copy.numel()
            self.copies[id(tensor)] = copy
        return self.copies[id(tensor)]
