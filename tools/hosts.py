"""Install the hosts besides JupyterLab in which explorers are tested, each into its own environment: `make hosts`.

They stand in `.venv/hosts`, and see the course's torch; what they bring themselves comes first. So nothing that they
need can change the course's environment, and an old host keeps its old packages.
"""
import hashlib
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOSTS = ROOT / ".venv" / "hosts"
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
SAME = ("--constraint", "constraints.txt")  # as new as the course's own
NEEDS: dict[str, tuple[str, ...]] = {  # host: what uv installs for it
    "marimo": ("marimo==0.25.2", *SAME),
    "Voila": ("voila==0.5.13", "anywidget", "ipywidgets", "ipykernel", *SAME),
    "notebook 6": ("notebook==6.5.7", "ipywidgets==7.7.1", "traitlets==5.7.1", "anywidget==0.9.21"),  # as on Colab
    "myst-nb": (*EXTRAS["site"], *SAME),  # what builds the site
}


def folder_of(host: str) -> Path:
    """Where this host's environment is, or will be."""
    return HOSTS / host.replace(" ", "-").lower()


def mark(host: str) -> str:
    """What a finished installation notes: all that it depends on."""
    constraints = (ROOT / "constraints.txt").read_bytes() if SAME[0] in NEEDS[host] else b""
    return hashlib.sha256(repr((NEEDS[host], sys.version, packages())).encode() + constraints).hexdigest()


def packages() -> str:
    """Where the course's own packages are, which every host sees: elsewhere, if the checkout was moved."""
    return str(Path(sysconfig.get_path("purelib")).resolve())


def python_of(host: str) -> Path | None:
    """The Python of this host, or None if it is not installed as it should be."""
    note = folder_of(host) / "course.txt"
    found = note.is_file() and note.read_text() == mark(host)
    return folder_of(host) / "bin" / "python" if found else None


def how_hosts() -> str:
    """What to do, in one line, if some of them are missing; "" if none is."""
    missing = [host for host in NEEDS if python_of(host) is None]
    return f"no {', no '.join(missing)}: `make hosts` installs what is missing; it was not tested" if missing else ""


def install(host: str) -> None:
    """Make this host's environment anew."""
    from tools.environment import find_uv  # not above: every run of pytest asks `how_hosts`, on Windows, too

    uv, folder = find_uv(), folder_of(host)
    if uv is None:
        raise SystemExit("There is no uv: run `make venv`, which brings it.")
    python = folder / "bin" / "python"
    for command in ([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
                    [uv, "pip", "install", "--quiet", "--python", str(python), *NEEDS[host]]):
        if subprocess.call(command, cwd=ROOT) != 0:
            raise SystemExit(f"{host} could not be installed (see uv's reason above); most often there is no network.")
    seen = folder / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix) / "course.pth"
    seen.write_text(packages() + "\n")
    (folder / "course.txt").write_text(mark(host))


def main(names: Iterable[str] = tuple(NEEDS)) -> None:
    """Install those that are missing, of all or of some."""
    from tools.environment import only_one_at_a_time

    with only_one_at_a_time():
        for host in names:
            if python_of(host) is None:
                print(f"Installing {host} into {folder_of(host).relative_to(ROOT)}.", flush=True)
                install(host)


if __name__ == "__main__":
    main()
