"""The examination in a terminal: is this ResNeXt right, and if not, what is different?"""
import argparse
import json
import sys
from contextlib import redirect_stdout
from textwrap import fill

from resnext_edu.cli.models import model_named
from resnext_edu.cli.progress_line import progress_line
from resnext_edu.config import ResNeXtConfig
from resnext_edu.errors import ConfigError
from resnext_edu.examination import examine, examine_totals
from resnext_edu.examination.beside_the_paper import usual_size
from resnext_edu.examination.equal_after_all import is_proven, proof_of
from resnext_edu.findings import EXACT

EXAMPLES = """examples:
  python -m resnext_edu examine torchvision.models:resnext50_32x4d
  python -m resnext_edu examine my_models:net --as resnext101_32x8d
  python -m resnext_edu examine --params 8559912
  python -m resnext_edu examine --params 25.0M --macs 8.46G --json

exit status: 0 as in the paper, or proven equal to it, or totals that only the paper's network has · 1 something is
different, or not explained · 2 the question could not be asked"""


def run(options: argparse.Namespace) -> int:
    """Examine a model, or find what explains some totals, and print it."""
    totals = options.params is not None or options.macs is not None
    if (options.model is None) != totals:
        raise ConfigError("name a module:callable, or give --params, --macs or both; one of the two ways")
    if totals:
        readings = examine_totals(options.params, options.macs, options.as_)
        print(json.dumps(readings.to_records(), indent=2) if options.json else readings)
        return 0 if len(readings) == 1 and not readings[0].departures else 1
    with redirect_stdout(sys.stderr):  # what a model prints itself must not get into the table or the JSON
        model = model_named(options.model, "grouped", "cpu")
        size = tuple(options.input or usual_size(model))
        found = examine(model, options.as_, size)
        report = proof_of(model, found, size, progress_line if sys.stderr.isatty() else None)
    proven = is_proven(report)
    if options.json:
        paper = None if found.paper is None else {"params": found.paper.params, "macs": found.paper.macs}
        print(json.dumps({"model": options.model, "read_as": found.name, "explained": found.explained, "paper": paper,
                          "params": found.params, "macs": found.macs, "departures": found.to_records(),
                          "unexplained": [row.path for row in found.unexplained], "ties": found.ties, "why": found.why,
                          "proven_equal": proven}, indent=2))
    else:
        print(found)
        if report is not None:
            said = ("Proven: the exact proof shows it equal to" if proven else
                    "Not proven: the exact proof does not show it equal to")
            print()
            print(fill(f"{said} the paper's network with its weights: {report[EXACT].detail}.", 100))
    return 0 if found.explained and (proven or not found.departures) else 1


def _sizes(text: str) -> tuple[int, ...]:
    """The numbers of 1,3,224,224 or 1x3x224x224; argparse refuses what raises."""
    return tuple(int(number) for number in text.replace("x", ",").split(","))


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `examine` one of the commands."""
    command = commands.add_parser(
        "examine", help="is this ResNeXt right, and if not, what is different?", epilog=EXAMPLES,
        description="Hold a network against the paper's, and name every difference with its price in parameters and\n"
                    "MACs; or find the mistakes that give some totals.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("model", nargs="?", help=f"{', '.join(ResNeXtConfig.presets())}, or module:callable")
    command.add_argument("--as", dest="as_", metavar="PRESET", help="the network that it is meant to be (the nearest)")
    command.add_argument("--input", type=_sizes, metavar="SIZES",
                         help="sizes of the images (1,3,224,224, or 1,3,32,32 if the first layer has no stride)")
    command.add_argument("--params", metavar="N", help='a number of parameters; 25.0e6 and "25.0 M" count as rounded')
    command.add_argument("--macs", metavar="M", help="a number of multiply–adds for one image")
    command.add_argument("--json", action="store_true", help="print the findings as JSON")
    command.set_defaults(run=run)
