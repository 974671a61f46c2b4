"""Start JupyterLab on the first lesson: what `make lab` runs. It runs with .venv's Python."""
import os
import sys
from pathlib import Path
from typing import List

ROOT = Path(__file__).resolve().parent.parent
FIRST_LESSON = "notebooks/00_start_here.ipynb"


def command(arguments: List[str], uid: int) -> List[str]:
    """The command line that starts Lab in the repository's root, with the learner's own arguments last.

    Lab gets the lesson as an address, not as a file: for a file it would make `notebooks/` its root, and could not
    show the pictures in `figures/`.
    """
    lab = [sys.executable, "-m", "jupyterlab"]
    lab += [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}"]
    lab.append("--LabApp.news_url=None")  # or a box over the lesson asks whether Lab may fetch its news
    if uid == 0:
        lab.append("--allow-root")  # root is common in a container; without this, Lab refuses to start
    return lab + arguments


if __name__ == "__main__":
    os.chdir(str(ROOT))
    # Lab takes the place of this process, so that Ctrl+C and `kill` reach Lab itself.
    os.execv(sys.executable, command(sys.argv[1:], os.getuid()))
