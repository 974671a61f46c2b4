"""`python -m resnext_edu`: what the course shows, in a terminal."""
import argparse
import os
import sys
from collections.abc import Sequence

from resnext_edu.cli import prove, trace
from resnext_edu.errors import ResNeXtEduError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; → the exit status."""
    parser = argparse.ArgumentParser(prog="python -m resnext_edu", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    prove.add_to(commands)
    trace.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except ResNeXtEduError as error:
        print(f"resnext_edu: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nresnext_edu: stopped; nothing was changed", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever reads on the other side, such as `head`, has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  Python would flush the old one at its end, and fail
        return 0
