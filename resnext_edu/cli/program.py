"""How the learner has called this program, and so how to call it again."""
import sys
from pathlib import Path

MODULE = "python -m resnext_edu"  # as the examples of each command call it


def program() -> str:
    """What this program is called: the script that pip installs, if it was called by that, or else the module."""
    return "resnext-edu" if Path(sys.argv[0]).stem == "resnext-edu" else MODULE


def program_from_here() -> str:
    """How to call it from this folder, with this Python."""
    here = Path(sys.executable)
    python = str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else "python"
    return program().replace("python", python, 1)
