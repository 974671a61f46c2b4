"""A lesson made anew; what the learner had written stays beside it."""
import argparse
from pathlib import Path

from resnext_edu.cli.lab import my_lessons
from resnext_edu.errors import ConfigError, shown
from resnext_edu.learner import reset

EXAMPLES = """examples:
  python -m resnext_edu reset 06                   # as the course has it; yours becomes 06_….mine.ipynb
  python -m resnext_edu reset 06 --keep-answers    # the same, with your answers in its blanks

exit status: 0 it is as the course has it · 2 there is no such lesson, or it can't be written"""


def run(options: argparse.Namespace) -> int:
    """Put the copy aside, make it anew, and say what was done."""
    if not (options.lesson or "").isdecimal():
        raise ConfigError(f"say which lesson by its number, such as 06; got {shown(options.lesson)}")
    folder = Path(options.folder or my_lessons()).expanduser()
    done = reset(int(options.lesson), folder, keep_answers=options.keep_answers)
    name = done.path.name
    if done.untouched:
        print(f"{name} is as the course has it; there is nothing to do.")
        return 0
    print(f"{name} is as the course has it." + (f" What it was is {done.saved.name}." if done.saved else ""))
    if options.keep_answers:
        print(f"Answers carried over: {', '.join(done.carried) or 'none'}.")
    if done.lost:
        print(f"Not carried over, since the question has changed: {', '.join(done.lost)}.")
    return 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `reset` one of the commands."""
    command = commands.add_parser("reset", help="make one of your lessons anew", epilog=EXAMPLES,
                                  description="Put one of your lessons aside, and make it anew from the course.",
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("lesson", nargs="?", metavar="LESSON", help="its number, such as 06")
    command.add_argument("folder", nargs="?", metavar="FOLDER", help="where your lessons are (default: my_lessons)")
    command.add_argument("--keep-answers", action="store_true", help="carry over what stands in the blanks")
    command.set_defaults(run=run)
