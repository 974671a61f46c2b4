"""Name the lessons in notebooks/ that were changed: `make test` does so when it fails.

A learner works in my_lessons/, but may have opened a lesson in notebooks/ and typed there.
"""
import subprocess
import sys
from pathlib import Path

from resnext_edu.course import A_LESSON

ROOT = Path(__file__).resolve().parent.parent


def git(*arguments: str) -> str | None:
    """The output of a git command, or None if it fails: there is no git, no repository or no commit yet."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout.decode() if done.returncode == 0 else None


def changed() -> list[str]:
    """The paths of the lessons that differ from the last commit; empty if git fails."""
    names = (git("diff", "-z", "--name-only", "HEAD", "--", "notebooks") or "").split("\0")
    return [name for name in names if A_LESSON.fullmatch(Path(name).name)]


def advice() -> list[str]:
    """Lines that name each changed lesson, and how it is kept and put back; empty if no lesson is changed."""
    if not (paths := changed()):
        return []
    copy, kept = "copy" if sys.platform == "win32" else "cp", Path("my_lessons", Path(paths[0]).stem + ".mine.ipynb")
    return ["These lessons differ from git; a failure in them may be your own change:",
            *(f"  {path}" for path in paths),
            "Your own lessons are in my_lessons/. To keep what you typed here, copy it there first, then put it back:",
            f"  {copy} {Path(paths[0])} {kept}",
            f"  git checkout HEAD -- {paths[0]}"]


if __name__ == "__main__":
    print("\n".join(advice()))
