"""What a redesign must not change, as short digests: `python -m tests.digests` writes tests/digests.json anew.

Digests of what every machine gives: the names, shapes and order of all `state_dict` entries, where building a block
or a network leaves torch's random stream, and what each explorer shows at each stop. The cells' outputs and the
figures stand in the repository themselves, and are held letter by letter.
"""
import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import torch

import resnext_edu
from resnext_edu import ResNeXt, ResNeXtConfig
from resnext_edu.blocks import FORMS
from resnext_edu.widgets import CardinalityExplorer, FormsExplorer, GroupedConvExplorer, StageTracer, StrideExplorer

FILE = Path(__file__).with_suffix(".json")
SHOWN = [*((name, "grouped") for name in ResNeXtConfig.presets()),
         *((name, form) for name in ("resnext29", "resnext_mini") for form in ("split_sum", "concat"))]
BLOCK = {"cardinality": 4, "width_per_group": 3, "stride": 2}


def digest(parts: Iterable[object]) -> str:
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def layout(model: torch.nn.Module) -> str:
    """Entries and modules: names, shapes, kinds, and their order."""
    entries = (f"{key} {tuple(value.shape)} {value.dtype}" for key, value in model.state_dict().items())
    return digest([*entries, *(f"{path} {type(module).__name__}" for path, module in model.named_modules())])


def stream_after(build, *arguments, **sizes) -> str:
    """Where torch's random numbers go on after something was built."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        build(*arguments, **sizes)
        return digest(torch.get_rng_state().tolist())


def frames(explorer) -> str:
    """All that it can show: the pages as they stand in the browser, their words and their numbers."""
    return digest((frame.html, frame.picture.svg, frame.picture.text, frame.numbers)
                  for row in explorer.frames for frame in row)


def digests() -> dict[str, str]:
    found = {}
    for name, form in SHOWN:
        with torch.device("meta"):
            found[f"layout of {name}, {form}"] = layout(getattr(resnext_edu, name)(form=form))
    mini = ResNeXtConfig.preset("resnext_mini")
    for form, block in FORMS.items():
        found[f"layout of a block, {form}"] = layout(block(8, 16, **BLOCK))
        found[f"stream after a block, {form}"] = stream_after(block, 8, 16, **BLOCK)
        found[f"stream after a network, {form}"] = stream_after(ResNeXt, mini, form)
    for explorer in (CardinalityExplorer, FormsExplorer, GroupedConvExplorer, StrideExplorer):
        found[f"frames of {explorer.__name__}"] = frames(explorer())
    tracer = StageTracer()
    for name, form in SHOWN:
        tracer.move(network=name, form=form)
        found[f"frames of StageTracer, {name}, {form}"] = frames(tracer)
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")
