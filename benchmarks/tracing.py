"""What does a trace cost, beside torchinfo's summary, plain hooks, and one bare forward pass? Part of `make bench`.

The bare pass runs the same model on the device "meta", where tensors have shapes and no numbers: less than that no
trace by running can take. Plain hooks do what most tutorials do: one forward hook a layer, on a copy on "meta".
"""
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch
import torchinfo
from measure import milliseconds, options_of, ratio, rounds_of, save, spread
from torch import nn
from tqdm import tqdm

from resnext_edu import ResNeXt, ResNeXtConfig, analytic_cost, trace
from resnext_edu.table import Table

CASES = {  # what is compared: preset and input size
    "ResNeXt-50, 224": ("resnext50_32x4d", (1, 3, 224, 224)),
    "ResNeXt-101 64×4d, 224": ("resnext101_64x4d", (1, 3, 224, 224)),
    "ResNeXt-50, 1024": ("resnext50_32x4d", (1, 3, 1024, 1024)),
    "ResNeXt-101 64×4d, 1024": ("resnext101_64x4d", (1, 3, 1024, 1024)),
}
MEMORY = """
import sys, torch, torchinfo
from pathlib import Path
from resnext_edu import resnext50_32x4d, trace
from torchinfo import summary
torch.set_num_threads(1)
model, size = resnext50_32x4d(), (1, 3, {side}, {side})
trace(model, (1, 3, 32, 32)), summary(model, (1, 3, 32, 32), verbose=0)  # what is loaded once and stays
def kilobytes(name):
    return int(Path("/proc/self/status").read_text().partition(name)[2].split()[0])
Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
before = kilobytes("VmRSS:")
{work}
print(max(0, kilobytes("VmHWM:") - before))
"""


def plain_hooks(model: nn.Module, size: tuple[int, ...]) -> list[tuple]:
    """The output shape and the parameters of each layer."""
    rows, copy = [], deepcopy(model).to("meta").eval()
    for path, module in copy.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda module, given, out, path=path: rows.append(
                (path, tuple(out.shape), sum(p.numel() for p in module.parameters()))))
    with torch.no_grad():
        copy(torch.empty(size, device="meta"))
    return rows


def contestants(preset: str, size: tuple[int, ...]) -> dict[str, Callable]:
    config = ResNeXtConfig.preset(preset)
    model = ResNeXt(config).eval()
    with torch.device("meta"):
        bare, images = ResNeXt(config).eval(), torch.empty(size)

    def forward() -> None:
        with torch.no_grad():
            bare(images)

    return {"bare meta forward": forward, "trace": lambda: trace(model, size),
            "plain hooks": lambda: plain_hooks(model, size), "closed form": lambda: analytic_cost(config, size),
            "torchinfo": lambda: torchinfo.summary(model, size, verbose=0)}


def megabytes(work: str, side: int) -> float | None:
    """The peak above the model's own memory, in a process of its own; only Linux tells it."""
    if not Path("/proc/self/clear_refs").exists():
        return None
    done = subprocess.run([sys.executable, "-c", MEMORY.format(work=work, side=side)], capture_output=True, text=True,
                          check=True)
    return round(int(done.stdout) / 1024, 1)


def import_milliseconds() -> float:
    """Of `import resnext_edu.cost` in a fresh Python, the best of five."""
    code = "import time; t = time.perf_counter(); import resnext_edu.cost; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    return round(1000 * min(float(run.stdout) for run in runs), 1)


def growing() -> dict[str, Callable]:
    """The same trace, of more pixels, of more images, and of more layers."""
    small, deep = (ResNeXt(ResNeXtConfig.preset(name)) for name in ("resnext50_32x4d", "resnext101_64x4d"))
    return {"ResNeXt-50, 1×3×224×224": lambda: trace(small),
            "1×3×1024×1024, 21 times the pixels": lambda: trace(small, (1, 3, 1024, 1024)),
            "64×3×224×224, 64 times the batch": lambda: trace(small, (64, 3, 224, 224)),
            "ResNeXt-101 64×4d, 345 rows in place of 175": lambda: trace(deep)}


def main() -> None:
    options = options_of(__doc__, rounds=15)
    cases, rows = {}, []
    with tqdm(total=(len(CASES) + 1) * options.rounds, unit="round", disable=None) as progress:
        for case, (preset, size) in CASES.items():
            progress.set_description(case)
            steps = contestants(preset, size)
            rounds = options.rounds if max(size) < 1000 else max(3, options.rounds // 5)
            measured = rounds_of(steps, rounds, progress, tries=1 if max(size) > 1000 else 3)
            progress.update(options.rounds - rounds)
            found = {f"trace / {name}": ratio(measured, "trace", name) for name in steps if name != "trace"}
            cases[case] = found | {"milliseconds": {name: milliseconds(measured, name) for name in steps}}
            rows += [(case, what, *spread(r)) for what, r in found.items()]
        progress.set_description("growth")
        steps = growing()
        base, *others = steps
        measured = rounds_of(steps, options.rounds, progress)
        growth = {name: ratio(measured, name, base) for name in others}
    memory = {f"{name}, {side}": megabytes(work, side) for side in (224, 1024) for name, work in (
        ("trace", "trace(model, size)"), ("torchinfo", "summary(model, size, verbose=0)"))}
    loaded = import_milliseconds()

    caption = f"{options.threads} thread(s), {options.rounds} rounds, at 1024 a fifth of them"
    print(Table(("case", "ratio of times", "median", "middle half"), rows, align="llrr", caption=caption))
    print(Table((f"a trace, beside that of {base}", "times as long", "middle half"),
                [(name, *spread(r)) for name, r in growth.items()], align="lrr"))
    for name, number in memory.items():
        print(f"peak memory above ResNeXt-50, {name}: {number} MiB")
    for case in cases:
        print(f"closed form, {case}: {cases[case]['milliseconds']['closed form']:.2f} ms")
    print(f"import resnext_edu.cost: {loaded} ms")
    if not options.dry:
        save({"tracing": {"cases": cases, "growth": growth, "peak_mebibytes": memory, "import_milliseconds": loaded}})


if __name__ == "__main__":
    main()
