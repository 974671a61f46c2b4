"""The trace in a terminal: what any model does, call by call."""
import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

import torch
from torch import Tensor

from resnext_edu.cli.models import model_named
from resnext_edu.config import FORM_NAMES, ResNeXtConfig
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, TraceError, nearest_name, positive_int
from resnext_edu.inputs import IMAGE, Size
from resnext_edu.tracing import trace

EXAMPLES = """examples:
  python -m resnext_edu trace resnext50_32x4d
  python -m resnext_edu trace resnext29 --input 128,3,32,32 --form split_sum
  python -m resnext_edu trace torchvision.models:densenet121 --all
  python -m resnext_edu trace my_models:Translator --input 1,8:int64 --input mask=1,8:bool
  python -m resnext_edu trace resnext101_64x4d --json > trace.json

exit status: 0 the model was traced · 1 it stopped on the way; you see the rows so far · 2 there is no such model"""

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")
IMAGE_TEXT = ",".join(map(str, IMAGE))


def run(options: argparse.Namespace) -> int:
    """Build the model without its numbers, trace it, and print the rows."""
    args, kwargs = _inputs(options.input, options.device)
    with redirect_stdout(sys.stderr):  # what a model prints itself must not get into the table or the JSON
        model = model_named(options.model, options.form, options.device)
        try:
            found, status = trace(model, args or IMAGE, kwargs=kwargs, device=options.device), 0
        except TraceError as error:
            if not isinstance(error.trace, Trace):  # without rows there is nothing to show
                raise
            print(f"resnext_edu: {error}")
            found, status = error.trace, 1
    if options.json:
        sizes = [list(arg.shape) if isinstance(arg, Tensor) else list(arg) for arg in (*args, *kwargs.values())]
        whole = {"model": options.model, "input_size": sizes[0] if len(sizes) == 1 else sizes, "complete": status == 0,
                 "total_params": found.total_params, "total_macs": found.total_macs, "rows": found.to_records()}
        print(json.dumps(whole, indent=2))
    else:
        print(found.table(fold=False) if options.all else str(found).replace(".table(fold=False)", "--all"))
    return status


def _inputs(texts: Sequence[str], device: str) -> tuple[list[Size], dict[str, Tensor]]:
    """What goes in, in the order of the command line, and by name; without any, one image."""
    args: list[Size] = []
    kwargs: dict[str, Tensor] = {}
    for text in texts or (IMAGE_TEXT,):
        name, equals, rest = text.rpartition("=")
        if equals and (not name.isidentifier() or name in kwargs):
            why = "twice" if name in kwargs else "with a name that no argument can have"
            raise ConfigError(f"--input gives {name!r} {why}; write each argument once, such as mask=1,8:bool")
        size, colon, dtype = rest.partition(":")
        try:
            shape = tuple(int(number) for number in size.replace("x", ",").split(","))
        except ValueError:
            raise ConfigError(f"--input takes numbers such as {IMAGE_TEXT}; got {text!r} (with a dtype: 1,8:int64; "
                              "with a name: mask=1,8:bool)") from None
        if equals or colon:
            tensor = _filled(shape, dtype or "float32", device)
            if equals:
                kwargs[name] = tensor
            else:
                args.append(tensor)
        else:
            args.append(shape)
    return args, kwargs


def _filled(shape: tuple[int, ...], dtype: str, device: str) -> Tensor:
    """A tensor for that argument: random numbers, zeros if they are whole (every table has a row 0), or all True."""
    for size in shape:
        positive_int("every number of --input", size)
    if dtype not in DTYPES:
        raise ConfigError(nearest_name("dtype", dtype, DTYPES))
    kind = getattr(torch, dtype)
    if kind is torch.bool:
        return torch.ones(shape, dtype=kind, device=device)
    random = kind.is_floating_point or kind.is_complex
    return torch.rand(shape, device=device).to(kind) if random else torch.zeros(shape, dtype=kind, device=device)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `trace` one of the commands."""
    command = commands.add_parser(
        "trace", help="what a model does, call by call: shapes, parameters, MACs", epilog=EXAMPLES,
        description="Run a model once, on tensors without numbers, and show every call: its shapes, parameters\n"
                    "and MACs (a MAC is one multiply–add). Equal blocks are folded.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("model", help=f"{', '.join(ResNeXtConfig.presets())}, or module:callable")
    command.add_argument("--input", action="append", metavar="[NAME=]SIZES[:DTYPE]",
                         help=f"sizes of an input ({IMAGE_TEXT}); once for each, such as 1,8:int64 or mask=1,8:bool")
    command.add_argument("--form", default="grouped", metavar="FORM", help=f"{', '.join(FORM_NAMES)} (grouped)")
    command.add_argument("--device", default="meta", choices=("meta", "cpu"),
                         help="cpu for a model that looks at its numbers (meta)")
    command.add_argument("--all", action="store_true", help="show every row, also of equal blocks")
    command.add_argument("--json", action="store_true", help="print every row and the totals as JSON")
    command.set_defaults(run=run)
