"""How everything here is timed: side by side in one run, as ratios with their spread.

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
import timeit
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

RESULTS = Path(__file__).parent / "results.json"
# Large blocks of memory that go back to the system after each layer cost more than the layer, on some runs.
PINNED = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_TOP_PAD_": "67108864"}


def options_of(description: str, rounds: int) -> argparse.Namespace:
    """What every benchmark can be told; torch and the dice are set up, too."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"per case ({rounds})")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    parser.add_argument("--dry", action="store_true", help="print only, leave results.json as it is")
    options = parser.parse_args()
    if not PINNED.items() <= os.environ.items():  # read by the C library when a program starts
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | PINNED)
    torch.set_num_threads(options.threads)
    random.seed(0)
    return options


def rounds_of(steps: dict[str, Callable], rounds: int, progress: tqdm, tries: int = 3) -> list[dict[str, float]]:
    """Seconds of each contestant, round by round; the best of its tries counts, since others' data fill the caches."""
    for step in steps.values():
        for _ in range(tries):
            step()
    order, measured = list(steps), []
    for _ in range(rounds):
        random.shuffle(order)
        measured.append({name: min(timeit.repeat(steps[name], number=1, repeat=tries)) for name in order})
        progress.update()
    return measured


def ratio(measured: list[dict[str, float]], name: str, to: str) -> dict[str, float]:
    """Median and quartiles of one contestant's time over another's."""
    low, median, high = statistics.quantiles([seconds[name] / seconds[to] for seconds in measured], n=4)
    return {"median": round(median, 3), "low": round(low, 3), "high": round(high, 3)}


def milliseconds(measured: list[dict[str, float]], name: str) -> float:
    """The median of a contestant's times: a finding of this machine, on this day."""
    return round(1000 * statistics.median(seconds[name] for seconds in measured), 3)


def spread(found: dict[str, float]) -> tuple[str, str]:
    """A ratio as two cells of a table."""
    return f"{found['median']:.2f}", f"{found['low']:.2f} … {found['high']:.2f}"


def save(found: dict) -> None:
    """Put these entries into results.json; what other benchmarks wrote there stays."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(known | found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
