"""How fast are the three forms, beside torchvision's block? Part of `make bench`."""
import os
import time
from collections.abc import Callable

import torch
from measure import options_of, ratio, rounds_of, save, spread
from torch import nn
from torchvision.models.resnet import Bottleneck
from tqdm import tqdm

from resnext_edu import prove_equivalent
from resnext_edu.blocks import build
from resnext_edu.config import FORM_NAMES, BlockSpec
from resnext_edu.convert import in_form
from resnext_edu.table import Table

REFERENCE = "torchvision"
CASES = {  # name → C, d, trains
    "32×4d, eval": (32, 4, False),
    "32×4d, training step": (32, 4, True),
    "64×2d, eval": (64, 2, False),
    "1×64d, eval": (1, 64, False),
}


def contestants(C: int, d: int) -> dict[str, nn.Module]:
    """Torchvision's block 256 → 256 and the three forms, with the same weights."""
    theirs = Bottleneck(256, 64, groups=C, base_width=d)
    blocks: dict[str, nn.Module] = {REFERENCE: theirs}
    grouped = build(BlockSpec(256, 256, C, d))
    grouped.load_state_dict(theirs.state_dict())
    return blocks | {form: in_form(grouped, form) for form in reversed(FORM_NAMES)}


def work(block: nn.Module, x: torch.Tensor, trains: bool) -> Callable[[], None]:
    """What is timed: one forward pass, and in training one backward pass."""
    block.train(trains)

    def step() -> None:
        with torch.set_grad_enabled(trains):
            out = block(x)
            if trains:
                out.sum().backward()

    return step


def proof_seconds() -> float:
    """Of `prove_equivalent` on the standard block, forms (a) and (c), once warm."""
    blocks = contestants(32, 4)
    for _ in range(2):
        start = time.perf_counter()
        prove_equivalent(blocks["split_sum"], blocks["grouped"])
    return round(time.perf_counter() - start, 2)


def main() -> None:
    options = options_of(__doc__, rounds=60)
    results: dict = {"torch": torch.__version__.split("+")[0], "threads": options.threads, "rounds": options.rounds,
                     "input": [1, 256, 56, 56], "cases": {}}
    rows = []
    with tqdm(total=len(CASES) * options.rounds, unit="round", disable=None) as progress:
        for case, (C, d, trains) in CASES.items():
            progress.set_description(case)
            x = torch.randn(1, 256, 56, 56)
            steps = {name: work(block, x, trains) for name, block in contestants(C, d).items()}
            measured = rounds_of(steps, options.rounds, progress)
            found = {"grouped / torchvision": ratio(measured, "grouped", REFERENCE),
                     "concat / grouped": ratio(measured, "concat", "grouped"),
                     "split_sum / grouped": ratio(measured, "split_sum", "grouped")}
            results["cases"][case] = found
            rows += [(case, what, *spread(r)) for what, r in found.items()]
    torch.set_num_threads(os.cpu_count() or 1)
    results["proof_seconds"] = proof_seconds()
    print(Table(("case", "ratio of times", "median", "middle half"), rows, align="llrr",
                caption=f"1×256×56×56, {options.threads} thread(s), {options.rounds} rounds"))
    print(f"A proof of the standard block, warm: {results['proof_seconds']} s")
    if not options.dry:
        save(results)


if __name__ == "__main__":
    main()
