"""`python -m resnext_edu`: what the course shows, in a terminal."""
import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from resnext_edu.cli.program import MODULE, program
from resnext_edu.errors import ResNeXtEduError

COMMANDS = ("lab", "reset", "prove", "trace", "examine", "train", "evaluate", "sweep", "predict", "explorer",
            "fine-tune", "grade", "progress")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words of the command line after the program's name; those of this process, if it is not given.

    Returns
    -------
    int
        The exit status. `--help` of a command lists what each number means.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog=program(), description="What the course shows, in a terminal.",
                                     epilog=f"`{program()} lab` opens the lessons; `COMMAND --help` has examples.")
    parser.add_argument("--version", action="version", version=f"resnext-edu {version('resnext-edu')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    asked = [name for name in words[:1] if name in COMMANDS]
    for name in asked or COMMANDS:  # one file each; most load torch, which takes a second, and `lab` does without
        import_module(f"resnext_edu.cli.{name.replace('-', '_')}").add_to(commands)
    for command in commands.choices.values():
        command.epilog = (command.epilog or "").replace(MODULE, program())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal can't write, such as × or a file's odd name, as \xd7
            stream.reconfigure(errors="backslashreplace")
    options = parser.parse_args(words)
    if "run" not in options:  # who types the name alone wants to know what there is
        parser.print_help(sys.stderr)
        return 2
    try:
        status: int = options.run(options)
        return status
    except ResNeXtEduError as error:
        print(f"resnext_edu: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        left = getattr(options, "left", "nothing was changed")
        print(f"\nresnext_edu: stopped; {left}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the program that reads the output, such as `head`, has stopped reading
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  at its end Python would flush the old one, and fail
        return 0
