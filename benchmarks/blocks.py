"""How fast are the three forms, beside torchvision's block? Run it with `make bench`.

Times drift on a busy machine, ratios drift less: in every round all contestants run one after the other, in a
new order, and a ratio is taken within its round. What is reported is the median over all rounds, and between
which two values the middle half of them lies.
"""
import argparse
import json
import os
import random
import statistics
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torchvision.models.resnet import Bottleneck
from tqdm import tqdm

from resnext_edu import convert_state_dict, prove_equivalent
from resnext_edu.blocks import FORMS
from resnext_edu.table import Table

RESULTS = Path(__file__).parent / "results.json"
REFERENCE = "torchvision"
TRIES = 3  # the best of them counts: the first fills the caches anew, after another contestant
CASES = {  # name → C, d, trains
    "32×4d, eval": (32, 4, False),
    "32×4d, training step": (32, 4, True),
    "64×2d, eval": (64, 2, False),
    "1×64d, eval": (1, 64, False),
}
# Large blocks of memory that go back to the system after each layer cost more than the layer, on some runs.
PINNED = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_TOP_PAD_": "67108864"}


def contestants(C: int, d: int) -> dict[str, nn.Module]:
    """Torchvision's block 256 → 256 and the three forms, with the same weights."""
    theirs = Bottleneck(256, 64, groups=C, base_width=d)
    blocks: dict[str, nn.Module] = {REFERENCE: theirs}
    for form in reversed(FORMS):
        blocks[form] = FORMS[form](256, 256, cardinality=C, width_per_group=d)
        blocks[form].load_state_dict(convert_state_dict(theirs.state_dict(), "grouped", form, C))
    return blocks


def work(block: nn.Module, x: torch.Tensor, trains: bool) -> Callable[[], None]:
    """What is timed: one forward pass, and in training one backward pass."""
    block.train(trains)

    def step() -> None:
        with torch.set_grad_enabled(trains):
            out = block(x)
            if trains:
                out.sum().backward()

    return step


def rounds_of(steps: dict[str, Callable[[], None]], rounds: int, progress: tqdm) -> list[dict[str, float]]:
    """Seconds of each contestant, round by round."""
    for step in steps.values():
        for _ in range(3):
            step()
    order, measured = list(steps), []
    for _ in range(rounds):
        random.shuffle(order)
        seconds = {}
        for name in order:
            seconds[name] = min(timeit.repeat(steps[name], number=1, repeat=TRIES))
        measured.append(seconds)
        progress.update()
    return measured


def ratio(measured: list[dict[str, float]], name: str, to: str) -> dict[str, float]:
    """Median and quartiles of one contestant's time over another's."""
    low, median, high = statistics.quantiles([seconds[name] / seconds[to] for seconds in measured], n=4)
    return {"median": round(median, 3), "low": round(low, 3), "high": round(high, 3)}


def proof_seconds() -> float:
    """Of `prove_equivalent` on the standard block, forms (a) and (c), once warm."""
    blocks = contestants(32, 4)
    for _ in range(2):
        start = time.perf_counter()
        prove_equivalent(blocks["split_sum"], blocks["grouped"])
    return round(time.perf_counter() - start, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="per case (60)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    parser.add_argument("--dry", action="store_true", help="print only, leave results.json as it is")
    options = parser.parse_args()
    if not PINNED.items() <= os.environ.items():  # read by the C library when a program starts
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | PINNED)

    torch.set_num_threads(options.threads)
    random.seed(0)
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
            rows += [(case, what, f"{r['median']:.2f}", f"{r['low']:.2f} … {r['high']:.2f}")
                     for what, r in found.items()]
    torch.set_num_threads(os.cpu_count() or 1)
    results["proof_seconds"] = proof_seconds()
    print(Table(("case", "ratio of times", "median", "middle half"), rows, align="llrr",
                caption=f"1×256×56×56, {options.threads} thread(s), {options.rounds} rounds"))
    print(f"A proof of the standard block, warm: {results['proof_seconds']} s")
    if not options.dry:
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
