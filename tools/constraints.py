"""Write constraints.txt anew, with the newest versions that work together: what `make constraints` runs.

Each package gets one version for every platform and Python (`--universal --fork-strategy fewest`), so that all
learners run the versions that the course was tested with. The file names no package index: everybody uses their own.
"""
import subprocess
import sys

from tools.environment import ROOT, find_uv

COMPILE = [
    "pip", "compile", "pyproject.toml", "--extra", "test", "--extra", "site",
    "--output-file", "constraints.txt",
    "--universal", "--fork-strategy", "fewest", "--upgrade", "--custom-compile-command", "make constraints", "--quiet",
]  # fmt: skip

if __name__ == "__main__":
    sys.exit(subprocess.call([find_uv() or "uv", *COMPILE], cwd=str(ROOT)))
