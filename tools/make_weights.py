"""Train the network that comes with the package, and write its two files. `make weights` runs this file.

    python tools/make_weights.py [--work FOLDER] [--out FOLDER]

It is `python -m resnext_edu train --epochs 16 --threads 1`, and what is killed in between goes on when it is run again.
Then the test images are counted once, and the card is written from what was measured. The bits of the weights depend on
the processor and on torch's version, which stand in the card; the accuracy hardly does.
"""
import argparse
import hashlib
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from resnext_edu import RECIPES, ResNeXtConfig, analytic_cost, evaluate, load_images, resnext_mini, train_in_folder
from resnext_edu.shipped import SHIPPED
from resnext_edu.sweep.runs import processor

WEIGHTS = SHIPPED["resnext_mini"]["DEFAULT"]
RECIPE, SEED = RECIPES["short"].lasting(16), 0
COMMAND = f"python -m resnext_edu train --recipe short --epochs {RECIPE.epochs} --seed {SEED} --threads 1 --out FOLDER"


def main(arguments: list[str] | None = None) -> int:
    """Train, measure, and write the weights with their card; → the exit status."""
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=summary, epilog=rest.split("\n\n")[1])
    parser.add_argument("--work", type=Path, default=Path("weights"), help="where it trains (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path(WEIGHTS.url).parent, help="default: the package's own files")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    images = load_images()
    config = ResNeXtConfig.preset("resnext_mini")
    history = train_in_folder(config, images.train, images.test, RECIPE, SEED, options.work, device="cpu")
    if not history.finished:
        print("it was stopped; the same command goes on from here", file=sys.stderr)
        return 130
    trained = options.work / "model.pt"
    card = card_of(trained)
    shutil.copyfile(trained, options.out / f"{WEIGHTS.file}.pt")
    (options.out / f"{WEIGHTS.file}.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{WEIGHTS.file}: {card['card']['accuracy']}")
    return 0


def card_of(trained: Path) -> dict[str, Any]:
    """All that is known about these weights, measured now."""
    images = load_images()
    model = resnext_mini(weights=trained)
    score = evaluate(model, images.test)
    by_class = {name: evaluate(model, images.test[images.test_labels == k]).correct
                for k, name in enumerate(images.classes)}
    worst = min(by_class, key=lambda name: by_class[name])
    low, high = (100 * end for end in score.interval)
    parameters = analytic_cost(ResNeXtConfig.preset("resnext_mini"), (1, 1, 28, 28)).total_params
    mean, std = images.preprocessing.mean, images.preprocessing.std
    content = trained.read_bytes()
    return {
        "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "categories": list(images.classes),
        "preprocessing": {"resize_size": 28, "crop_size": 28, "mean": list(mean), "std": list(std)},
        "correct": score.correct, "count": score.count, "by_class": by_class,
        "card": {
            "network": f"resnext_mini: three blocks of 8 paths, {parameters:,} parameters, {len(content):,} bytes",
            "trained on": f"{images.name}: {len(images.train):,} images of 28×28 grey pixels, ten kinds of clothes, "
                          "light on black",
            "recipe": f"short, {RECIPE.epochs} epochs, seed {SEED}",
            "command": COMMAND,
            "made": f"{datetime.now(UTC):%Y-%m-%d}, torch {torch.__version__.split('+')[0]}, one thread of "
                    f"{processor()}",
            "accuracy": f"{score.correct} of {score.count:,} other images: {100 * score.accuracy:.1f} %, with 95 % "
                        f"confidence {low:.1f} to {high:.1f} %",
            "weakest class": f"{worst}, {by_class[worst]} of {score.count // len(by_class)}",
            "chosen": "No decision was made with these test images: the recipe and the seed stood before. Another "
                      "seed gives another network, which differs by a point or so.",
            "licence": "weights: MIT, as the code; images: Fashion-MNIST, MIT, © 2017 Zalando SE",
            "good for": "learning how a trained network is used, taken apart and misused",
            "not for": "Photographs: it has seen only shop pictures, cut out, centred, in grey and on black, and it "
                       "answers with one of ten clothes whatever it is shown. Nothing about people. No comparison of "
                       "architectures: it is one network with one seed.",
        },
    }


if __name__ == "__main__":
    sys.exit(main())
