"""Make `.venv`, repair it, or leave it alone: what `make venv` runs.

The state of the environment is one small file, `.venv/resnext-edu.json`. It says "unfinished" from the first moment
until everything is installed. Only then does it get a fingerprint of all that was asked for. So the next call knows
an interrupted installation, whatever it left behind, and needs a few milliseconds to know a finished one.

This file uses the syntax of Python 3.6, so that an old Python can read it and say that it is too old.
"""
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional, TextIO, Tuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STATE = VENV / "resnext-edu.json"

OLDEST_PYTHON = (3, 11)  # pyproject.toml says the same; a test compares them
OLDEST_UV = (0, 7)  # the first whose `uv pip install` knows --torch-backend

State = Dict[str, Optional[str]]
Version = Tuple[int, ...]  # major and minor; empty if unknown


def read_state() -> State:
    """What the last call wrote: `backend`, and `fingerprint`, which is None while an installation is unfinished."""
    try:
        state: State = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    return state


def write_state(backend: str, fingerprint: Optional[str]) -> None:
    """Keep for the next call how far this one came; no fingerprint means that it is unfinished."""
    STATE.write_text(json.dumps({"backend": backend, "fingerprint": fingerprint}))


def output(command: List[str]) -> Optional[str]:
    """The command's standard output, or None if it can't be run or fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return done.stdout.decode() if done.returncode == 0 else None


def version(text: Optional[str]) -> Version:
    """The first two numbers in a text: "uv 0.13.8" → (0, 13); () if there are no two."""
    found = re.search(r"(\d+)\.(\d+)", text or "")
    return tuple(int(number) for number in found.groups()) if found else ()


def venv_version() -> Version:
    """The version that `.venv`'s Python gives of itself; () if it does not run, or has lost its packages."""
    found = version(output([str(VENV_PYTHON), "-c", "import platform; print(platform.python_version())"]))
    packages = VENV / "lib" / "python{}.{}".format(*found) if found else None
    return found if packages and packages.is_dir() else ()  # a system upgrade replaces the Python, not the packages


def fingerprint(backend: str, python: Version) -> str:
    """A hash of all that an installation depends on, its path included: a .venv that was moved does not work."""
    digest = hashlib.sha256(repr((backend, python, str(ROOT))).encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def find_uv() -> Optional[str]:
    """The uv on PATH, or else the one in .venv, or None if neither is there and new enough."""
    for uv in (shutil.which("uv"), str(VENV / "bin" / "uv")):
        if uv and version(output([uv, "--version"])) >= OLDEST_UV:
            return uv
    return None


def check_python() -> None:
    """Stop with one sentence if this Python can't make the environment."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise SystemExit(
            "The course needs Python {}.{} or newer, and `{}` is {}.{}: install a newer one and name it, for example "
            "`make lab PYTHON=python3.12`.".format(*OLDEST_PYTHON, os.environ.get("PYTHON", "python3"),
                                                   *sys.version_info[:2])
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SystemExit(
            "This Python can't make virtual environments, because its package python3-venv is missing: "
            "`sudo apt install python3-venv` (or python{}.{}-venv), then run the same command again."
            .format(*sys.version_info[:2])
        )


def must_be_made_anew(state: State, backend: str, python: Version) -> bool:
    """Whether .venv has to be deleted and made again, because an update can't repair it."""
    unfinished = "fingerprint" in state and state["fingerprint"] is None
    other_backend = "backend" in state and state["backend"] != backend  # uv would keep the torch that is in it
    no_installer = not find_uv() and output([str(VENV_PYTHON), "-m", "pip", "--version"]) is None
    return python < OLDEST_PYTHON or unfinished or other_backend or no_installer


def make_venv(backend: str) -> None:
    """Make an empty .venv, marked as unfinished before anything else is in it."""
    python = getattr(sys, "_base_executable", sys.executable)  # sys.executable may be in the .venv
    if VENV.exists():
        shutil.rmtree(str(VENV))
    VENV.mkdir()
    write_state(backend, None)
    if subprocess.call([python, "-m", "venv", str(VENV)]) != 0:
        raise SystemExit(
            "Python could not make .venv (see its reason above). Run the same command again: it starts afresh."
        )


def install_uv() -> str:
    """Put uv into .venv with pip, and give its path."""
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.call([*pip, "--retries", "2", "--timeout", "20", "uv>={}.{}".format(*OLDEST_UV)]) != 0:
        raise SystemExit(
            "pip could not fetch uv, the installer (see its reason above); most often there is no network: "
            "connect, or name your package index in PIP_INDEX_URL, then run the same command again."
        )
    return str(VENV / "bin" / "uv")


def install(uv: str, backend: str) -> None:
    """Install the course (editable), its dependencies and those of its tests, in the versions it was tested with."""
    command = [uv, "pip", "install", "--python", str(VENV_PYTHON), "--constraint", "constraints.txt"]
    command += ["--torch-backend", backend] if backend else []
    command += ["--editable", ".[test]"]
    # uv has its own certificates; the machine's also include those that a school or a company has added.
    settings = dict(os.environ)
    if ssl.get_default_verify_paths().cafile:
        settings.setdefault("SSL_CERT_FILE", ssl.get_default_verify_paths().cafile)
    # First a dry run, which changes nothing: without a network, yesterday's .venv must go on working.
    if subprocess.call([*command, "--dry-run", "--quiet"], cwd=str(ROOT), env=settings) != 0:
        raise SystemExit(
            "uv could not find the course's packages (see its reason above); most often there is no network: "
            "connect, or name your package index in UV_DEFAULT_INDEX, then run the same command again."
        )
    write_state(backend, None)
    if subprocess.call(command, cwd=str(ROOT), env=settings) != 0:
        raise SystemExit(
            "uv could not install the course's packages (see its reason above); most often the network broke off "
            "or the disk is full: run the same command again. It starts afresh and keeps what is already downloaded."
        )
    write_state(backend, fingerprint(backend, venv_version()))


def announce(anew: bool, backend: str) -> None:
    """Say what will be installed, and how large it is, before it begins."""
    if not anew:
        print("Bringing .venv up to date with pyproject.toml and constraints.txt.")
    elif backend:
        print(f"Installing the course into .venv, once, with the torch build {backend!r}.")
        print("`make venv TORCH_BACKEND=` goes back to the build of the package index.")
    else:
        print("Installing the course into .venv, once.")
        if sys.platform == "linux":
            print("It takes 5.6 GB (3 GB to download): the index's torch brings CUDA libraries for NVIDIA's GPUs.")
            print("The small CPU build is enough for every lesson: Ctrl+C, then `make lab TORCH_BACKEND=cpu` (once).")
    sys.stdout.flush()  # before uv's own progress


def only_one_at_a_time() -> TextIO:
    """Wait until no other `make` installs: two terminals must not build the same .venv.

    Returns
    -------
    TextIO
        The lock. The next `make` gets its turn when this file is closed.
    """
    lock = open(__file__)  # noqa: SIM115  (the caller closes it)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another `make` is installing into .venv; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def look() -> Tuple[State, str, Version]:
    """What the last call wrote, which torch build is asked for, and the version of .venv's Python."""
    state, python = read_state(), venv_version()
    if "PYTHON" in os.environ and python != sys.version_info[:2]:
        python = ()  # `make venv PYTHON=python3.13` asks for this Python; without it, .venv keeps its own
    return state, os.environ.get("TORCH_BACKEND", state.get("backend") or ""), python


def is_ready(state: State, backend: str, python: Version) -> bool:
    """Whether all that is asked for is installed."""
    return bool(python) and state.get("fingerprint") == fingerprint(backend, python)


def main() -> None:
    """Install what is missing; do and say nothing if nothing is."""
    with only_one_at_a_time():
        state, backend, python = look()
        if is_ready(state, backend, python):
            return
        check_python()
        anew = must_be_made_anew(state, backend, python)
        announce(anew, backend)
        if anew:
            make_venv(backend)
        install(find_uv() or install_uv(), backend)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("\nStopped. Run the same command again to go on; uv keeps what is already downloaded.")
