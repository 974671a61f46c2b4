"""Build the whole course as a site that needs no network and no server: what `make site` runs.

The lessons, the README's sections and the package's docstrings become the pages of `site/_build/html`, a folder to copy
onto a stick. `site/` holds what is the site's own: its configuration, its first page, its style.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import as_file, parsed
from tools import hosts, portable
from tools.website import api_pages
from tools.website.finish import finish
from tools.website.lesson_pages import Draw, lesson_page
from tools.website.links import outside
from tools.website.live_cells import drawn
from tools.website.passages import write_passages

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
BUILD = SITE / "_build"
SPHINX = "myst-nb"  # the host of that name has Sphinx, too
READ = ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md", "LICENSE", "LICENSE-CONTENT.md",
        "TEACHING.md", "figures")  # what pages take in, or link to


def prepare(sources: Path, draw: Draw = drawn) -> None:
    """Write all that Sphinx reads into a folder of its own."""
    shutil.rmtree(sources, ignore_errors=True)
    (sources / "notebooks").mkdir(parents=True)
    for path in (*map(ROOT.joinpath, READ), *SITE.glob("*.md")):
        (shutil.copytree if path.is_dir() else shutil.copy)(path, sources / path.name)
    guide = sources / "CONTRIBUTING.md"
    guide.write_text(guide.read_text(encoding="utf-8").replace("(README.md)", "(index.md)"), encoding="utf-8")
    for path in course_lessons().values():
        (sources / "notebooks" / path.name).write_bytes(as_file(lesson_page(parsed(path), path.name, draw)))
    api_pages.write_api(sources / "api")


def python_with_sphinx() -> Path:
    """The Python that runs Sphinx; it is installed if it is missing."""
    if hosts.python_of(SPHINX) is None:
        hosts.main([SPHINX])
    found = hosts.python_of(SPHINX)
    assert found is not None
    return found


def build(pages: Path, sources: Path) -> int:
    """Make the pages anew from what was prepared; the exit status of Sphinx, for which a warning is an error."""
    shutil.rmtree(pages, ignore_errors=True)
    status = subprocess.call([str(python_with_sphinx()), "-m", "sphinx", "-q", "-W", "--keep-going", "-E", "-j", "auto",
                              "-c", str(SITE), "-d", str(sources.parent / "doctrees"), str(sources), str(pages)],
                             env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})
    if status == 0:
        finish(pages)
        write_passages(pages)
        portable.write_portable(pages / portable.FOLDER)
        (pages / "outside-links.txt").write_text("\n".join(outside(pages)) + "\n", encoding="utf-8")
    return status


def main() -> int:
    """Build it, and say where it is."""
    prepare(BUILD / "sources")
    status = build(BUILD / "html", BUILD / "sources")
    if status == 0:
        size = sum(path.stat().st_size for path in (BUILD / "html").rglob("*") if path.is_file())
        print(f"{(BUILD / 'html').relative_to(ROOT)}: {size / 1e6:.0f} MB, to copy anywhere; index.html opens it.")
    return status


if __name__ == "__main__":
    sys.exit(main())
