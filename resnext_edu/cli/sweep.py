"""The sweeps of lesson 10 in a terminal: as many trainings as are missing in a CSV file."""
import argparse
from pathlib import Path

from resnext_edu.sweep import run_sweeps
from resnext_edu.sweep.design import SWEEPS

EXAMPLES = """examples:
  python -m resnext_edu sweep
  python -m resnext_edu sweep cardinality --out mine.csv --workers 4

exit status: 0 all runs are done · 2 it could not begin, or had to stop · 130 stopped by Ctrl-C"""


def run(options: argparse.Namespace) -> int:
    """Do the runs that are missing."""
    runs = run_sweeps(options.sweep or list(SWEEPS), options.out, workers=options.workers, progress=not options.quiet)
    print(f"{len(runs)} runs in {options.out}")
    return 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `sweep` one of the commands."""
    command = commands.add_parser(
        "sweep", help="train many small networks to answer one question", epilog=EXAMPLES,
        description="Do the trainings of one or all sweeps, and write each into a CSV file as soon as it is done.\n"
                    "Run it again to go on: what is in the file is kept.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("sweep", nargs="*", metavar="SWEEP", help=f"{' or '.join(SWEEPS)} (all)")
    command.add_argument("--out", type=Path, default=Path("sweep.csv"), metavar="FILE", help="the CSV file (sweep.csv)")
    command.add_argument("--workers", type=int, default=1, metavar="N",
                         help="processes at the same time, each with one thread (1)")
    command.add_argument("--quiet", action="store_true", help="no progress line")
    command.set_defaults(run=run, left="the runs that are done are in the file, and the same command does the others")
