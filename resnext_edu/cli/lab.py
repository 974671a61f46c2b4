"""JupyterLab on the learner's own lessons, which are made or brought up to date first."""
import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import resnext_edu.learner
from resnext_edu.cli.program import program, program_from_here
from resnext_edu.course import CLONE
from resnext_edu.extras import check_is_here
from resnext_edu.learner import Kept, lay_out

# Or a box over the lesson asks about Lab's news, and each answer of a kernel may come 40 ms late.
SETTINGS = Path(resnext_edu.learner.__file__).parent / "jupyter"
FOLDER = "RESNEXT_EDU_LESSONS"  # where the lessons are that this Lab has opened, for the terminals in it
ONLY_LESSONS = "--only-lessons"
EXAMPLES = """examples:
  python -m resnext_edu lab                        # the lessons are in my_lessons/
  python -m resnext_edu lab ~/resnext              # in a folder of your own
  python -m resnext_edu lab --no-browser --port 8899
  python -m resnext_edu lab --only-lessons         # make them, and open them in VS Code or another notebook

exit status: JupyterLab's own · 2 the lessons could not be made"""


def my_lessons() -> Path:
    """Where the lessons are if nobody says otherwise."""
    return Path(os.environ.get(FOLDER) or (CLONE or Path.cwd()) / "my_lessons")


def said(kept: list[Kept]) -> list[str]:
    """What a learner should know of it, in a line each."""
    count = {what: [copy for copy in kept if copy.what == what] for what in ("made", "refreshed")}
    lines = [f"{len(copies)} lessons {words}" if len(copies) > 1 else f"{copies[0].path.name} {words}"
             for what, words in (("made", "made"), ("refreshed", "brought up to date")) if (copies := count[what])]
    for copy in kept:
        number, name, again = f"{copy.number:02d}", copy.path.name, f"{program_from_here()} reset"
        number += "" if copy.path.parent == my_lessons() else f' "{copy.path.parent}"'
        if copy.what == "begun":
            lines.append(f"{name}: the course has a newer one. `{again} {number} --keep-answers` fetches it, with your "
                         "answers in it; your file of today stays beside it")
        if copy.what == "foreign":
            lines.append(f"{name} is not a copy of this course's lesson, or is damaged, and stays as it is. "
                         f"`{again} {number}` puts it aside and makes a new one")
        if copy.typed:
            where = ", ".join(copy.typed)
            lines.append(f"notebooks/{name} is the solved copy, and somebody has typed into it ({where}). Copy it to "
                         f"another place to keep it; `git checkout HEAD -- notebooks/{name}` puts it back")
        if copy.what == "broken":
            lines.append(f"{name}: the lesson in the course can't be read; `git status` says whether it was changed")
    return lines


def command(folder: Path, arguments: list[str], uid: int | None) -> list[str]:
    """The command line that starts Lab on the first lesson, with the learner's own arguments last.

    Lab gets the lesson as an address, not as a file: for a file it would make the lesson's folder its root, and in a
    clone the rest of the course would be out of sight.
    """
    root = CLONE if CLONE is not None and folder.is_relative_to(CLONE) else folder
    lesson = quote((folder / "00_start_here.ipynb").relative_to(root).as_posix())
    lab = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    lab.append(f"--LabApp.default_url=/lab/tree/{lesson}")
    if uid == 0:
        lab.append("--allow-root")  # root is common in a container; without this, Lab refuses to start
    return lab + arguments


def surroundings(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that Lab starts with: our settings; for its terminals the folder, and this Python as `python`."""
    def first(name: str, place: str) -> str:
        return os.pathsep.join([place, *filter(None, [given.get(name)])])

    return {**given, "JUPYTER_CONFIG_PATH": first("JUPYTER_CONFIG_PATH", str(SETTINGS)),
            "PATH": first("PATH", str(Path(sys.executable).parent)), FOLDER: str(folder)}


def run(options: argparse.Namespace) -> int:
    """Lay the lessons out, say what was done, and become JupyterLab."""
    if {"-h", "--help"} & {*options.words}:
        options.help()
        return 0
    named = [word for word in options.words[:1] if not word.startswith("-")]
    folder = Path(*named or [my_lessons()]).expanduser().resolve()
    for line in said(lay_out(folder)):
        print(line, flush=True)
    print(f"Your lessons are in {folder}", flush=True)
    rest = options.words[len(named):]
    if ONLY_LESSONS in rest:
        return 0
    if os.environ.get("JUPYTER_SERVER_URL"):  # a terminal in JupyterLab, as on Binder
        print("JupyterLab runs here already: open 00_start_here.ipynb in its file browser")
        return 0
    check_is_here("jupyterlab", "lab", "to open them, `lab`")
    getuid = getattr(os, "getuid", lambda: None)  # not on Windows
    start, variables = command(folder, rest, getuid()), surroundings(folder, os.environ)
    os.chdir(folder)
    if sys.platform != "win32":  # where nothing can take the place of this process
        os.execve(sys.executable, start, variables)  # so Ctrl+C and `kill` reach Lab itself
    return subprocess.run(start, env=variables, check=False).returncode


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `lab` one of the commands."""
    command = commands.add_parser(
        "lab", help="open your own lessons in JupyterLab", epilog=EXAMPLES, prefix_chars="\0", add_help=False,
        usage=f"{program()} lab [FOLDER] [{ONLY_LESSONS} | OPTIONS OF JUPYTERLAB]",
        description="Make your own lessons, or bring them up to date, and open the first one in JupyterLab. What you "
                    "have changed stays as it is.", formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("words", nargs="*", metavar="FOLDER", help="where your lessons are (default: my_lessons)")
    command.set_defaults(run=run, help=command.print_help)
