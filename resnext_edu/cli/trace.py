"""The trace in a terminal: what any model does, call by call."""
import argparse
import json
import os
import sys
from contextlib import redirect_stdout
from importlib import import_module

import torch
from torch import nn

import resnext_edu
from resnext_edu.config import FORM_NAMES, ResNeXtConfig, check_form
from resnext_edu.counts.trace import Trace
from resnext_edu.errors import ConfigError, TraceError, nearest_name
from resnext_edu.tracing import trace

EXAMPLES = """examples:
  python -m resnext_edu trace resnext50_32x4d
  python -m resnext_edu trace resnext29 --input 128,3,32,32 --form split_sum
  python -m resnext_edu trace torchvision.models:densenet121 --all
  python -m resnext_edu trace resnext101_64x4d --json > trace.json

exit status: 0 the model was traced · 1 it stopped on the way; you see the rows so far · 2 there is no such model"""


def run(options: argparse.Namespace) -> int:
    """Build the model without its numbers, trace it, and print the rows."""
    size = _size(options.input)
    with redirect_stdout(sys.stderr):  # what a model prints itself must not get into the table or the JSON
        model = _model(options.model, options.form, options.device)
        try:
            found, status = trace(model, size, device=options.device), 0
        except TraceError as error:
            if not isinstance(error.trace, Trace):  # without rows there is nothing to show
                raise
            print(f"resnext_edu: {error}")
            found, status = error.trace, 1
    if options.json:
        whole = {"model": options.model, "input_size": size, "complete": status == 0,
                 "total_params": found.total_params, "total_macs": found.total_macs, "rows": found.to_records()}
        print(json.dumps(whole, indent=2))
    else:
        print(found.table(fold=False) if options.all else str(found).replace(".table(fold=False)", "--all"))
    return status


def _size(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.replace("x", ",").split(","))
    except ValueError:
        raise ConfigError(f"--input takes numbers such as 1,3,224,224; got {text!r}") from None


def _model(name: str, form: str, device: str) -> nn.Module:
    """The preset of that name; or, for a name with a colon, the model in that module."""
    check_form(form)
    if ":" in name:
        if form != "grouped":
            raise ConfigError(f"--form is for the presets of this course; leave it out, {name} is traced as it is")
        return _model_elsewhere(name)
    if name not in ResNeXtConfig.presets():
        raise ConfigError(nearest_name("preset", name, ResNeXtConfig.presets()) + "; or module:callable")
    with torch.device(device):  # on "meta" no weights are drawn
        model: nn.Module = getattr(resnext_edu, name)(form=form)
    return model


def _model_elsewhere(name: str) -> nn.Module:
    """The model that ``module:attribute`` names, or that a call of this attribute returns."""
    place, _, attribute = name.partition(":")
    sys.path.insert(0, os.getcwd())  # a learner's own module is in this folder
    try:
        module = import_module(place)
        build = getattr(module, attribute, None)
        if build is None:
            raise ConfigError(nearest_name(f"name in {place}", attribute, [n for n in dir(module) if n[0] != "_"]))
        model = build if isinstance(build, nn.Module) else build()
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:  # a model's own code may raise anything
        raise ConfigError(f"{name} can't be built here ({type(error).__name__}: {error}); name a "
                          "module:callable that needs no arguments and returns a model") from error
    finally:
        sys.path.remove(os.getcwd())
    if not isinstance(model, nn.Module):
        raise ConfigError(f"{name} returned a value of type {type(model).__name__}; it has to return a model, an "
                          "nn.Module")
    return model


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `trace` one of the commands."""
    command = commands.add_parser(
        "trace", help="what a model does, call by call: shapes, parameters, MACs", epilog=EXAMPLES,
        description="Run a model once, on tensors without numbers, and show every call: its shapes, parameters\n"
                    "and MACs (a MAC is one multiply–add). Equal blocks are folded.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("model", help=f"{', '.join(ResNeXtConfig.presets())}, or module:callable")
    command.add_argument("--input", default="1,3,224,224", metavar="N,C,H,W", help="size of the images (1,3,224,224)")
    command.add_argument("--form", default="grouped", metavar="FORM", help=f"{', '.join(FORM_NAMES)} (grouped)")
    command.add_argument("--device", default="meta", choices=("meta", "cpu"),
                         help="cpu for a model that looks at its numbers (meta)")
    command.add_argument("--all", action="store_true", help="show every row, also of equal blocks")
    command.add_argument("--json", action="store_true", help="print every row and the totals as JSON")
    command.set_defaults(run=run)
