"""A training in a terminal: in one process or in several, and the same command again goes on where it was."""
import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from resnext_edu.config import FORM_NAMES, PRESETS, ResNeXtConfig, check_form
from resnext_edu.data import NAMES, load_images
from resnext_edu.data.images import Images
from resnext_edu.errors import check_name, positive_int, seed_of
from resnext_edu.training.in_folder import train_in_folder
from resnext_edu.training.recipe import RECIPES
from resnext_edu.training.team import is_leader

EXAMPLES = """examples:
  python -m resnext_edu train --out first
  python -m resnext_edu train --recipe cifar --epochs 20 --seed 3 --out second
  python -m resnext_edu train --model resnext29 --data cifar10 --folder data --recipe cifar --out third
  torchrun --standalone --nproc-per-node=2 -m resnext_edu train --out fourth

exit status: 0 all epochs are done · 2 it could not begin, or had to stop · 130 stopped by Ctrl-C"""


def run(options: argparse.Namespace) -> int:
    """Train, or go on, and say what came out."""
    check_form(options.form)
    check_name("recipe", options.recipe, RECIPES)
    changes: Mapping[str, Any] = {"batch_size": options.batch_size, "lr": options.lr}
    recipe = RECIPES[options.recipe].replace(**{key: value for key, value in changes.items() if value is not None})
    if options.epochs is not None:
        recipe = recipe.lasting(options.epochs)
    if options.threads is not None:
        torch.set_num_threads(positive_int("--threads", options.threads))
    check_name("model", options.model, PRESETS)
    images = images_of(options)
    some = images.train if options.images is None else images.train[:positive_int("--images", options.images)]
    history = train_in_folder(fitted(options.model, images), some, images.test, recipe, seed_of(options.seed),
                              options.out, form=options.form, save_every=options.save_every, device=options.device,
                              progress=not options.quiet)
    if is_leader():
        print(history)
        print(f"{options.out / 'model.pt'}: the weights; {options.out / 'history.csv'}: each epoch" if history.finished
              else "the same command goes on from here")
    return 0 if history.finished else 130


def fitted(name: str, images: Images) -> ResNeXtConfig:
    """The config of a preset, for images with so many channels and classes."""
    return ResNeXtConfig.preset(name).replace(num_classes=len(images.classes), in_channels=images.channels)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `train` one of the commands."""
    command = commands.add_parser(
        "train", help="train a network, or go on with it", epilog=EXAMPLES,
        description="Train a network from new weights. The folder gets model.pt (the state_dict of form (c)),\n"
                    "history.csv and last.pt (the checkpoint). The same command again goes on where it was stopped or\n"
                    "killed, and the weights are the same, to the bit, as if it had never stopped.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the three files go")
    network = command.add_argument_group("the network and its images")
    network.add_argument("--model", default="resnext_mini", metavar="NAME", help=f"{', '.join(PRESETS)} (resnext_mini)")
    network.add_argument("--form", default="grouped", metavar="FORM", help=f"{', '.join(FORM_NAMES)} (grouped)")
    add_images_to(network)
    network.add_argument("--images", type=int, metavar="N", help="train on the first N images only (all)")
    training = command.add_argument_group("the training")
    training.add_argument("--recipe", default="short", metavar="NAME", help=f"{', '.join(RECIPES)} (short)")
    training.add_argument("--epochs", type=int, metavar="N", help="other than the recipe's; its milestones move along")
    training.add_argument("--batch-size", type=int, metavar="N", help="images in one step, other than the recipe's")
    training.add_argument("--lr", type=float, metavar="X", help="the largest learning rate, other than the recipe's")
    training.add_argument("--seed", type=int, default=0, metavar="N", help="of all random numbers (0)")
    training.add_argument("--save-every", type=int, metavar="N", help="save after so many steps, too, not only epochs")
    training.add_argument("--device", metavar="NAME", help="cpu or cuda (a GPU if there is one)")
    training.add_argument("--threads", type=int, metavar="N", help="of each process (torch's own choice)")
    training.add_argument("--quiet", action="store_true", help="no progress line")
    command.set_defaults(run=run, left="the same command goes on from the last checkpoint")


def add_images_to(group: "argparse._ArgumentGroup") -> None:
    """The options that name a data set."""
    group.add_argument("--data", default="fashion-mnist-mini", metavar="NAME",
                       help=f"{', '.join(NAMES)} (fashion-mnist-mini)")
    group.add_argument("--folder", type=Path, metavar="FOLDER", help="where the images are, or where they are put")
    group.add_argument("--size", type=int, metavar="N", help="height and width of the images of an image-folder (64)")


def images_of(options: argparse.Namespace) -> Images:
    """The images that these options name."""
    return load_images(options.data, options.folder, size=options.size)
