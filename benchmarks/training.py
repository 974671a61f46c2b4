"""What `fit` costs beside a bare loop, what a checkpoint costs, what a second process brings, and how good the short
recipe is. Part of `make bench`; it takes some ten minutes, most of them for the three trainings at its end.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from measure import milliseconds, options_of, ratio, rounds_of, save, spread
from torch.nn import functional as F
from tqdm import tqdm

from resnext_edu import RECIPES, Table, evaluate, fit, load_images, resnext_mini, training
from resnext_edu.training.scoring import Score

IMAGES, SHORT = load_images(), RECIPES["short"]
PART = IMAGES.train[:1280]  # 20 steps
SEEDS = (0, 1, 2)


def bare() -> None:
    """Forward, backward and step, on a batch that is ready: what any loop has to do."""
    model = resnext_mini().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    x = PART[:64].inputs().contiguous(memory_format=torch.channels_last)
    for _ in range(len(PART) // 64):
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(x)
        loss = F.cross_entropy(logits.float(), PART.labels[:64])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def whole() -> None:
    """The same number of steps with `fit`."""
    fit(resnext_mini(), PART, None, SHORT.replace(epochs=1), 0, progress=False)


def saving(folder: Path) -> float:
    """Seconds of one checkpoint, in a training that writes one after each step."""
    path, spent, write = folder / "last.pt", [], training.save

    def timed(*arguments: object) -> None:
        begin = time.perf_counter()
        write(*arguments)
        spent.append(time.perf_counter() - begin)

    training.save = timed
    try:
        fit(resnext_mini(), PART, None, SHORT.replace(epochs=1), 0, checkpoint=path, save_every=1, progress=False)
    finally:
        training.save = write
    return statistics.median(spent)


def in_processes(number: int) -> float:
    """Images a second, if so many processes share each batch, with one thread each."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={number}", __file__]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SHARE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def share() -> None:
    """What each of these processes does: a first run to warm up, and one that is timed."""
    whole()
    begin = time.perf_counter()
    whole()
    if os.environ["RANK"] == "0":
        print(len(PART) / (time.perf_counter() - begin))


def short(seed: int) -> tuple[float, Score]:
    """Seconds and score of the short recipe, as `python -m resnext_edu train` runs it."""
    torch.manual_seed(seed)
    model, begin = resnext_mini(), time.perf_counter()
    fit(model, IMAGES.train, IMAGES.test, SHORT, seed, progress=False)
    return time.perf_counter() - begin, evaluate(model, IMAGES.test)


def main() -> None:
    options = options_of(__doc__, rounds=9)
    with tqdm(total=options.rounds, unit="round", disable=None) as progress:
        rounds = rounds_of({"bare": bare, "fit": whole}, options.rounds, progress, tries=1)
    found = {"threads": options.threads, "bare_over_fit": ratio(rounds, "bare", "fit")}
    with tempfile.TemporaryDirectory() as folder:
        epoch = milliseconds(rounds, "fit") / 20 * (5000 // 64)
        found["checkpoint_share_of_an_epoch"] = round(1000 * saving(Path(folder)) / epoch, 4)
    pairs = [{number: 1 / in_processes(number) for number in (1, 2)} for _ in range(3)]
    found["two_processes"] = ratio(pairs, 1, 2)
    torch.set_num_threads(2)
    runs = [short(seed) for seed in tqdm(SEEDS, unit="training", disable=None)]
    found["short"] = {"threads": 2, "seconds": [round(seconds) for seconds, _ in runs],
                      "correct": [score.correct for _, score in runs], "count": runs[0][1].count}
    print(Table(("", "median", "middle half"), [
        ("images/s of fit ÷ bare loop", *spread(found["bare_over_fit"])),
        ("two processes ÷ one", *spread(found["two_processes"]))], align="lrr"))
    print(json.dumps({key: found[key] for key in ("checkpoint_share_of_an_epoch", "short")}))
    if not options.dry:
        save({"training": found})


if __name__ == "__main__":
    share() if "SHARE" in os.environ else main()
