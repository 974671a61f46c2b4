"""How good trained weights are, in a terminal."""
import argparse
import json
from pathlib import Path

from resnext_edu.cli.train import add_images_to, fitted, images_of
from resnext_edu.config import PRESETS
from resnext_edu.errors import check_name
from resnext_edu.network import ResNeXt
from resnext_edu.pretrained import load_weights
from resnext_edu.training.scoring import evaluate

EXAMPLES = """examples:
  python -m resnext_edu evaluate first/model.pt
  python -m resnext_edu evaluate second/model.pt --split train --json

exit status: 0 it was measured · 2 it could not be"""


def run(options: argparse.Namespace) -> int:
    """Load the weights, and print how many images they name correctly."""
    check_name("model", options.model, PRESETS)
    check_name("split", options.split, ("test", "train"))
    images = images_of(options)
    model = ResNeXt(fitted(options.model, images))
    load_weights(model, options.weights, options.model)
    score = evaluate(model, images.train if options.split == "train" else images.test)
    low, high = score.interval
    print(json.dumps({"loss": score.loss, "correct": score.correct, "count": score.count, "accuracy": score.accuracy,
                      "low": low, "high": high}, indent=2) if options.json else score)
    return 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `evaluate` one of the commands."""
    command = commands.add_parser(
        "evaluate", help="how many images do trained weights name correctly?", epilog=EXAMPLES,
        description="Count how many images a trained network names correctly, with a 95 % interval.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("weights", type=Path, metavar="FILE", help="a state_dict of form (c), such as model.pt")
    command.add_argument("--model", default="resnext_mini", metavar="NAME", help=f"{', '.join(PRESETS)} (resnext_mini)")
    add_images_to(command.add_argument_group("the images"))
    command.add_argument("--split", default="test", metavar="NAME", help="test or train (test)")
    command.add_argument("--json", action="store_true", help="the raw numbers as JSON")
    command.set_defaults(run=run)
