"""A model by the name that somebody types: a preset, or module:callable."""
import os
import re
import sys
from importlib import import_module
from pathlib import PurePath

import torch
from torch import nn

import resnext_edu
from resnext_edu.config import ResNeXtConfig, check_form
from resnext_edu.errors import ConfigError, nearest_name, one_line


def model_named(name: str, form: str, device: str) -> nn.Module:
    """The preset of that name; or, for a name with a colon, the model in that module."""
    check_form(form)
    if module := _as_module(name):
        raise ConfigError(f"{name} is a path; write the module and the class or function: {module}")
    if ":" in name:
        if form != "grouped":
            raise ConfigError(f"--form is for the presets of this course; leave it out, {name} is traced as it is")
        return _model_elsewhere(name)
    if name not in ResNeXtConfig.presets():
        raise ConfigError(nearest_name("preset", name, ResNeXtConfig.presets()) + "; or module:callable")
    with torch.device(device):  # on "meta" no weights are drawn
        model: nn.Module = getattr(resnext_edu, name)(form=form)
    return model


def _as_module(name: str) -> str:
    """What is meant by a path such as models/x.py:Net, namely models.x:Net; '' for anything else."""
    found = re.fullmatch(r"(.*?[/\\].*?|[^:]*\.py)(?::(\w+))?", name)
    if not found:
        return ""
    file, attribute = PurePath(found[1].replace("\\", "/").removesuffix(".py")), found[2] or "NAME"
    if file.is_absolute() or ".." in file.parts:
        return f"{file.name}:{attribute}, from the folder {file.parent}"
    return f"{'.'.join(file.parts)}:{attribute}"


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
        raise ConfigError(f"{name} can't be built here ({type(error).__name__}: {one_line(error)}); name a "
                          "module:callable that needs no arguments and returns a model") from error
    finally:
        sys.path.remove(os.getcwd())
    if not isinstance(model, nn.Module):
        raise ConfigError(f"{name} returned a value of type {type(model).__name__}; it has to return a model, an "
                          "nn.Module")
    return model
