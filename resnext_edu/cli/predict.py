"""What is in an image? A trained network says what it holds for likely, in a terminal."""
import argparse
import json
from dataclasses import replace
from pathlib import Path

from resnext_edu.config import PRESETS
from resnext_edu.errors import ConfigError, DataError, positive_int
from resnext_edu.inference import load_classifier
from resnext_edu.inference.classifier import Classifier, saved_classifier
from resnext_edu.inference.photo import inverted

EXAMPLES = """examples:
  python -m resnext_edu predict shirt.png boot.png
  python -m resnext_edu predict photo.jpg --invert                  # dark clothes on a white wall
  python -m resnext_edu predict photo.jpg --model resnext50_32x4d   # torchvision's weights, 100 MB the first time
  python -m resnext_edu predict cell.png --from cells               # what fine-tune has put into the folder "cells"
  python -m resnext_edu predict --card                              # what the weights are, and are not, good for

A probability says how sure the network is, not how often it is right: it answers with one of its classes whatever the
image shows.

exit status: 0 every image was read · 1 some could not be read · 2 it could not begin"""


def run(options: argparse.Namespace) -> int:
    """Name what each image shows."""
    top = positive_int("--top", options.top)
    if options.json and (options.card or options.steps):
        raise ConfigError("--json prints the answers alone; leave out --card and --steps")
    if options.folder is not None:
        if options.model is not None or options.weights is not None or options.classes is not None:
            raise ConfigError("--from has network, weights and classes in it; leave out --model, --weights and "
                              "--classes")
        classifier = saved_classifier(options.folder)
    else:
        model = "resnext_mini" if options.model is None else options.model
        weights = "DEFAULT" if options.weights is None else options.weights
        classifier = load_classifier(model, weights, classes=options.classes, progress=not options.json)
    if not options.images and not options.card and not options.steps:
        raise ConfigError("there are no images; give the path of one or more, or --card, or --steps")
    if options.card:
        print(classifier.card)
    if options.steps:
        print(*classifier.steps, sep="\n")
    return _answers(classifier, options, top)


def _answers(classifier: Classifier, options: argparse.Namespace, top: int) -> int:
    """Print the answer for each image; an image that can't be read doesn't keep the others from being read."""
    found: list[dict[str, object]] = []
    failed = 0
    for path in options.images:
        try:
            ranking = classifier(inverted(path) if options.invert else path, top)
        except DataError as error:
            failed += 1
            found.append({"image": str(path), "error": str(error)})
            if not options.json:
                print(f"{path}\n  {error}")
            continue
        likely = [{"class": name, "probability": p}
                  for name, p in zip(ranking.classes, ranking.probabilities, strict=True)]
        found.append({"image": str(path), "top": likely})
        if not options.json:
            print(replace(ranking, image=str(path)))
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    return 1 if failed else 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `predict` one of the commands."""
    command = commands.add_parser(
        "predict", help="what is in an image?", epilog=EXAMPLES,
        description="Name the most likely classes of each image. Without options: the small network that comes with\n"
                    "the course, which knows ten kinds of clothes, light on black. It needs no internet.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="the path of an image")
    network = command.add_argument_group("the network")
    network.add_argument("--model", metavar="NAME", help=f"{', '.join(PRESETS)} (resnext_mini)")
    network.add_argument("--weights", metavar="NAME", help="a name such as IMAGENET1K_V1, or a file (DEFAULT)")
    network.add_argument("--classes", type=Path, metavar="FILE", help="a text file with a class in each line")
    network.add_argument("--from", dest="folder", type=Path, metavar="FOLDER", help="what fine-tune has written")
    command.add_argument("--top", type=int, default=5, metavar="N", help="how many classes (5)")
    command.add_argument("--invert", action="store_true", help="turn light into dark first, and dark into light")
    command.add_argument("--steps", action="store_true", help="say what is done to an image before it is read")
    command.add_argument("--card", action="store_true", help="say what the weights were trained on, and are good for")
    command.add_argument("--json", action="store_true", help="the raw numbers as JSON")
    command.set_defaults(run=run)
