"""Name the lessons that a learner changed, or save such a lesson and put back the original.

`make reset` runs this file, and so does `make test` when it fails.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional

ROOT = Path(__file__).resolve().parent.parent
RESET = r".venv\Scripts\python tools\lessons.py {}" if sys.platform == "win32" else "make reset LESSON={}"
HOW = RESET + "   (keeps your copy beside it)"


def git(*arguments: str) -> Optional[str]:
    """The output of a git command, or None if it fails: there is no git, no repository or no commit yet."""
    try:
        done = subprocess.run(["git", *arguments], cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return done.stdout.decode() if done.returncode == 0 else None


def lessons() -> Optional[Dict[int, str]]:
    """Number → path from the root, for every lesson in the last commit; None if git fails."""
    names = git("ls-tree", "-z", "--name-only", "HEAD", "notebooks/")
    if names is None:
        return None
    found = [(re.match(r"notebooks/(\d+)_.*\.ipynb$", name), name) for name in names.split("\0")]
    return {int(match.group(1)): name for match, name in found if match}


def changed() -> Dict[int, str]:
    """Number → path, for the lessons that differ from the last commit; empty if git fails."""
    return {
        number: path for number, path in (lessons() or {}).items() if git("diff", "--quiet", "HEAD", "--", path) is None
    }


def advice() -> List[str]:
    """Lines that name each changed lesson and the command that puts it back; empty if no lesson is changed."""
    lines = ["  {}   {}".format(path, HOW.format("%02d" % number)) for number, path in changed().items()]
    return ["These lessons differ from git; a failure in them may be your own change:", *lines] if lines else []


def free_name(path: Path) -> Path:
    """The first of `06_x.mine.ipynb`, `06_x.mine-2.ipynb`, … that does not exist yet."""
    copy, number = path.with_suffix(".mine.ipynb"), 1
    while copy.exists():
        number += 1
        copy = path.with_suffix(f".mine-{number}.ipynb")
    return copy


def reset(wanted: str) -> str:
    """Save the learner's copy of a lesson, put back the lesson of the last commit, and say what was done.

    Raises
    ------
    SystemExit
        With the reason in one sentence, if git fails or there is no such lesson.
    """
    known = lessons()
    if known is None:
        raise SystemExit("A lesson is put back from git, but this folder has no git repository with a commit "
                         "(or git is not installed): download the course again, into another folder.")
    named = ", ".join("%02d" % number for number in sorted(known))
    if not wanted:
        raise SystemExit(f"Say which lesson, for example `{RESET.format('06')}`; the lessons are: {named}.")
    if not wanted.isdecimal() or int(wanted) not in known:
        raise SystemExit(f"There is no lesson {wanted!r}; the lessons are: {named}.")
    number = int(wanted)
    if number not in changed():
        return f"{known[number]} is unchanged; there is nothing to do."
    path, saved = ROOT / known[number], ""
    if path.exists():
        copy = free_name(path)
        shutil.copy2(str(path), str(copy))
        saved = f" Your copy is {copy.relative_to(ROOT)}."
    if git("checkout", "HEAD", "--", known[number]) is None:
        raise SystemExit(f"git could not put it back; `git checkout HEAD -- {known[number]}` says why.{saved}")
    return f"{known[number]} is the original lesson again.{saved}"


if __name__ == "__main__":
    if sys.argv[1:] == ["changed"]:
        print("\n".join(advice()))
    else:
        print(reset((sys.argv[1:] or [os.environ.get("LESSON", "")])[0].strip()))
