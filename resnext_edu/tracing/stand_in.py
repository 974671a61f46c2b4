"""A model on the side: in eval mode, with copies of its tensors, and afterwards exactly as it was."""
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule

PLAIN = {bool, int, float, str, type(None), set, OrderedDict}  # most of what a module has


@contextmanager
def standing_in(model: nn.Module, device: str, wrap: Callable) -> Iterator[dict[int, int]]:
    """Exchange each module's tensors for copies on `device`, and its `forward` for `wrap(path, module)`.

    All that a module has stands in dictionaries and lists. Their contents are exchanged here and put back at
    the end, whatever the forward has put into them. What shares a tensor shares its copy.

    Yields
    ------
    dict
        The id of each parameter's copy → how many numbers it has.
    """
    before = {}  # by id: each container, and its contents
    copies: dict[int, Tensor] = {}  # by the original's id
    params: dict[int, int] = {}
    own = {id(parameter): parameter for parameter in model.parameters()}

    def copied(value):
        if isinstance(value, Tensor):
            if id(value) not in copies:
                copy = value.detach().to(device, copy=True)
                if isinstance(value, nn.Parameter):
                    copy = nn.Parameter(copy, requires_grad=False)
                if id(value) in own:
                    params[id(copy)] = copy.numel()
                copies[id(value)] = copy
            return copies[id(value)]
        if type(value) is tuple:
            return tuple(map(copied, value))
        if type(value) in (dict, list):
            exchange(value)
        return value

    def exchange(container: dict | list) -> None:
        if id(container) not in before:
            before[id(container)] = container, container.copy()
            for key, value in list(container.items() if type(container) is dict else enumerate(container)):
                if type(value) not in PLAIN:
                    container[key] = copied(value)

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        on_gpu = torch.device(device).type not in ("cpu", "meta")
        stack.enter_context(torch.random.fork_rng(devices=[device] if on_gpu else []))
        torch.default_generator.manual_seed(0)  # the same inputs in each trace
        if "torch._dynamo" in sys.modules:  # something may be compiled: run it as it was written
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for path, module in model.named_modules():
                forward = wrap(path, module)
                if isinstance(module, ScriptModule):  # its tensors live in C++
                    before[id(vars(module))] = vars(module), vars(module).copy()
                    params.update((id(p), p.numel()) for p in module.parameters() if id(p) in own)
                    vars(module)["forward"] = forward
                else:
                    exchange(vars(module))
                    vars(module).update(training=False, forward=forward)
            yield params
        finally:
            for container, contents in before.values():
                container.clear()
                container.update(contents) if type(container) is dict else container.extend(contents)
