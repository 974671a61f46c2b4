"""A trained network on your own images, in a terminal."""
import argparse
from pathlib import Path

import torch

from resnext_edu.config import PRESETS
from resnext_edu.errors import positive_int
from resnext_edu.tuning import fine_tune

EXAMPLES = r"""examples:
  python -m resnext_edu fine-tune cells --out tuned
  python -m resnext_edu fine-tune xrays --out tuned --groups 'patient(\d+)'
  python -m resnext_edu fine-tune birds --out tuned --model resnext50_32x4d   # torchvision's weights: 96 MB, once
  python -m resnext_edu fine-tune cells --weights none                        # from random weights, to compare
  python -m resnext_edu predict new.png --from tuned                          # then use it

Your images lie in a folder for each class: cells/yeast/*.png, cells/algae/*.png, with at least some dozens of each.
Typical are microscopic organisms, leaves, materials or chest x-rays. What comes out is a measurement on your images, no
diagnosis.

A test image that shows the same patient, plant or slide as a training image is a leak: the network can recognise the
patient instead of the disease, and the accuracy looks far too good. --groups keeps such images on one side. It takes a
regular expression: files with the same text in its parentheses belong together. Then count the patients in the test,
too: 120 images of 15 patients tell hardly more than 15 images.

The linear model beside the network is the honest comparison. If the network is not better, you do not need it.

exit status: 0 it is done · 2 it could not begin, or had to stop · 130 stopped by Ctrl-C"""


def run(options: argparse.Namespace) -> int:
    """Fine-tune, and print what came out."""
    if options.threads is not None:
        torch.set_num_threads(positive_int("--threads", options.threads))
    if options.out is None:
        options.left = "nothing was written"
    tuned = fine_tune(options.folder, options.out, model=options.model,
                      weights=None if options.weights == "none" else options.weights, size=options.size,
                      test_share=options.test_share, groups=options.groups, seed=options.seed, device=options.device,
                      progress=not options.quiet)
    print(tuned)
    if options.out is not None:
        print(f"{options.out}: report.txt and report.json; confusion.svg and mistakes.svg; model.pt and "
              f"classifier.json, for `predict IMAGE --from {options.out}`")
    return 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `fine-tune` one of the commands."""
    command = commands.add_parser(
        "fine-tune", help="a trained network on your own images", epilog=EXAMPLES,
        description="Fine-tune a trained network on a folder of images: first a new head, then all layers. Beside\n"
                    "its accuracy stands that of a linear model on the same images. With --out, the same command\n"
                    "again goes on where it was stopped, and changes nothing if all is done.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="FOLDER/CLASS/…, or FOLDER/train/CLASS/… and "
                                                                      "FOLDER/test/CLASS/…")
    command.add_argument("--out", type=Path, metavar="OUT", help="a new folder for what comes out (nothing is written)")
    images = command.add_argument_group("the images")
    images.add_argument("--test-share", type=float, default=0.25, metavar="X",
                        help="the share of each class to test on (0.25)")
    images.add_argument("--groups", metavar="REGEX", help=r"what belongs together, such as 'patient(\d+)'")
    images.add_argument("--size", type=int, metavar="N", help="height and width (what the weights expect)")
    network = command.add_argument_group("the network and its training")
    network.add_argument("--model", default="resnext_mini", metavar="NAME", help=f"{', '.join(PRESETS)} (resnext_mini)")
    network.add_argument("--weights", default="DEFAULT", metavar="NAME",
                         help="a name, a file, a folder that fine-tune has written, or none (DEFAULT)")
    network.add_argument("--seed", type=int, default=0, metavar="N", help="of all random numbers (0)")
    network.add_argument("--device", metavar="NAME", help="cpu or cuda (a GPU if there is one)")
    network.add_argument("--threads", type=int, metavar="N", help="how many (torch's own choice)")
    network.add_argument("--quiet", action="store_true", help="no progress lines")
    command.set_defaults(run=run, left="the same command goes on from the last checkpoint")
