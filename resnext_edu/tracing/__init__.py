"""Run a model once, on tensors without numbers, and write down every call: the rows of a `Trace`.

There are three listeners, from the outside in:

- each module's `forward` is wrapped, so that a row knows the module in which it was called;
- a `TorchFunctionMode` sees every torch function; each one that returns a tensor becomes a row;
- a `TorchDispatchMode` sees the few operators that a function is made of, and counts their MACs.

On the device "meta" a tensor has a shape and no numbers. So nothing is computed, and a large image takes no longer.
"""
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

import torch
from torch import nn

from resnext_edu.belongings import ONE_AT_A_TIME
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, TraceError, shown
from resnext_edu.inputs import IMAGE, Call, InputSize, Shape, call_of, dtype_of
from resnext_edu.modules import named_parameters, unregistered_names
from resnext_edu.tracing.failure import explanation
from resnext_edu.tracing.macs import MacCounter
from resnext_edu.tracing.recorder import Recorder
from resnext_edu.tracing.stand_in import standing_in


def trace(model: nn.Module, input_size: InputSize = IMAGE, *, inputs: Any = None,
          kwargs: Mapping[str, Any] | None = None, device: str = "meta") -> Trace:
    """What a model does with an input of that size, call by call, in eval mode.

    A row is one call of a torch function that returns a tensor, whether a layer calls it or a `forward`
    itself: convolutions and additions, but also reshapes. Parameters stand on the first row that uses them.

    Afterwards everything that can be reached from the model is as it was before, even if it raised: also its caches,
    what hooks have written, attributes of its classes, and the global variables that its functions name. What lives
    outside of Python's objects can't be kept (files, iterators, the memory of C libraries), nor what an installed
    package keeps in its own global variables.

    Parameters
    ----------
    model : nn.Module
        Any model: from this package, from torchvision, from timm, or your own.
    input_size : sequence of int, tensor, or list of these
        The shape of the input, batch first, such as (N, C, H, W). If the model has several inputs, a list of
        shapes. A tensor may stand in place of a shape if its numbers or its dtype matter, as for an embedding.
    inputs : object, optional
        In place of `input_size`, the arguments themselves: a tuple has one for each position, anything else (a tensor,
        a dict, a list of images) is one argument.
    kwargs : mapping of str to object, optional
        The arguments that have a name. If they are given alone, the model gets no others.
    device : str
        "meta" computes no numbers. A model that looks at its numbers needs "cpu" (or "cuda"), which takes as
        much time and memory as running the model.

    Returns
    -------
    Trace
        The rows in the order of the calls; MACs are for the whole batch.

    Raises
    ------
    ConfigError
        If `model` is not an nn.Module, `input_size` is not a shape, `inputs` is given beside it, or torch does not know
        the device.
    TraceError
        If the model raises, or has lazy parameters that have no shape yet. `.trace` has the rows so far.

    Examples
    --------
    >>> conv = nn.Conv2d(128, 128, kernel_size=3, padding=1, groups=32, bias=False)
    >>> row = trace(conv, (1, 128, 56, 56)).rows[0]
    >>> row.op, row.output_shape, row.params, row.macs
    ('conv2d', (1, 128, 56, 56), 4608, 14450688)
    >>> trace(nn.Embedding(10, 4), inputs=torch.tensor([[1, 2, 3]])).rows[0].output_shape
    (1, 3, 4)
    """
    if not isinstance(model, nn.Module):
        raise ConfigError(f"trace needs a model, an nn.Module; got {shown(model)}")
    _check_device(device)
    while isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        model = model.module
    model = getattr(model, "_orig_mod", model)  # torch.compile keeps the model there
    call = call_of(input_size, inputs, kwargs)
    with ONE_AT_A_TIME:
        return _trace(model, call, device, drawn=inputs is None)


def _trace(model: nn.Module, call: Call, device: str, drawn: bool) -> Trace:
    total = 0
    for name, parameter in named_parameters(model):
        if nn.parameter.is_lazy(parameter):
            raise TraceError(f"{name} has no shape before the model's first forward; run it once on real input, then "
                             "trace it", Trace((), total))
        total += parameter.numel()
    outside = tuple(unregistered_names(model))

    recorder = Recorder(has_stages=hasattr(model, "layer1"))
    try:
        with standing_in(model, device, recorder.within) as stand_in:
            recorder.unseen = stand_in.params
            dtype = dtype_of(model)
            given = tuple(torch.rand(arg, device=device).to(dtype) if isinstance(arg, Shape) else arg
                          for arg in call.args)
            args, named = stand_in.belongings.take((given, call.kwargs))
            with MacCounter(recorder.operator), recorder:
                copy_context().run(model, *args, **named)  # what it does to context variables stays in there
    except Exception as error:
        rows = Trace(tuple(recorder.rows), total, outside)
        text = explanation(error, recorder.origin, device, call.shapes, drawn=drawn,
                           no_batch=drawn and _lacks_a_batch(model, call, device))
        raise TraceError(text, rows) from error
    return Trace(tuple(recorder.rows), total, outside)


def _lacks_a_batch(model: nn.Module, call: Call, device: str) -> bool:
    """Whether a model that has just raised takes its only shape once the batch stands before it: it is asked."""
    shape = call.args[0] if len(call.args) == 1 and not call.kwargs else None
    if not isinstance(shape, Shape) or len(shape) not in (2, 3):
        return False
    try:
        _trace(model, Call((Shape((1, *shape)),), {}), device, drawn=False)
    except TraceError:
        return False
    return True


def _check_device(device: str) -> None:
    """Raise if torch can't use it, before the model runs, so that this does not look like the model's fault."""
    try:
        if not isinstance(device, str | torch.device):
            raise TypeError
        torch.empty((), device=device)
    except Exception as error:
        known = isinstance(error, AssertionError | RuntimeError) and "cuda" in str(device)
        why = "can't be used here" if known else "is unknown to torch"
        raise ConfigError(f'device {shown(device)} {why}; use "meta", "cpu" or "cuda"') from None
