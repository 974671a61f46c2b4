"""A learner's own card in a terminal."""
import argparse
from pathlib import Path

from resnext_edu.cli.lab import my_lessons
from resnext_edu.course import PROGRESS
from resnext_edu.errors import DataError, one_line
from resnext_edu.exercises.how_far import my_progress

EXAMPLES = """examples:
  python -m resnext_edu progress
  python -m resnext_edu progress ~/resnext         # lessons in a folder of your own

The checks in your lessons note how they end, in one small file beside them, progress.jsonl. Nothing is sent to anybody.

exit status: 0 it is printed · 2 nothing is noted there"""


def run(options: argparse.Namespace) -> int:
    """Print the card."""
    folder = Path(options.folder or my_lessons()).expanduser()
    if not (folder / PROGRESS).is_file():
        raise DataError(f"there is no {PROGRESS} in {one_line(folder)}; `lab` makes it, together with your lessons")
    print(my_progress(folder))
    return 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `progress` one of the commands."""
    command = commands.add_parser("progress", help="what you have done, and what was hardest", epilog=EXAMPLES,
                                  description="Say how many questions of each lesson you have answered, and which were "
                                              "hardest.", formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("folder", nargs="?", metavar="FOLDER", help="where your lessons are (default: my_lessons)")
    command.set_defaults(run=run)
