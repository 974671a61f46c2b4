"""Start JupyterLab on the first lesson: what stands behind `make lab`. It runs with .venv's Python."""
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_LESSON = "notebooks/00_start_here.ipynb"


def command(arguments, uid):
    """The command line that starts Lab in the repository's root, with the learner's own arguments last.

    The lesson is given as an address: given as a file, Lab would make `notebooks/` its root, and the pictures in
    `figures/` would be out of its reach.
    """
    lab = [sys.executable, "-m", "jupyterlab"]
    lab += [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}"]
    lab.append("--LabApp.news_url=None")  # else Lab asks, over the lesson, whether it may fetch its own news
    if uid == 0:
        lab.append("--allow-root")  # root in a container is common; Lab refuses it unless told
    return lab + arguments


if __name__ == "__main__":
    os.chdir(str(ROOT))
    # exec, not a child process: Ctrl+C and `kill` then reach Lab itself.
    os.execv(sys.executable, command(sys.argv[1:], os.getuid()))
