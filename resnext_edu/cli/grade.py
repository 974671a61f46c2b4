"""A class's notebooks, graded in a terminal."""
import argparse
from pathlib import Path

from resnext_edu.errors import one_line, path_of
from resnext_edu.extras import check_is_here
from resnext_edu.grading import all_pages, grade
from resnext_edu.whole import write_whole
from resnext_edu.words import plural

EXAMPLES = r"""examples:
  python -m resnext_edu grade handed_in                      # the result is in handed_in_graded/
  python -m resnext_edu grade handed_in --out monday --workers 4
  python -m resnext_edu grade handed_in --student '([^/]+)\.ipynb$'

What comes out, in the folder OUT:
  class.html  what the class has misunderstood, the newest lesson first, with the reply that each got, how many never
              tried, and which section to show; it names nobody
  table.html  who has answered what
  table.csv   the same for a spreadsheet, and how many are right in each lesson
  results/    what was found in each file: a second run does only what is new

Which lesson a notebook is, its cells say; its file may have any name. Whose it is, its path says: the first folder
below FOLDER, or the file's name without the lesson's. Of several files of one student, the best answer counts.
Answers are taken from the cells, and run again; what a notebook shows as its result does not count. No cell changes
the verdict on another answer. But code in an answer's own cell can look the answer up, so do not give marks.

Students' code runs in a process of its own for each notebook, in an empty folder, with limits on time and memory. On
Linux it has no network, can write nowhere else and sees no other process, if the system allows this without privileges
(try `unshare -rn true`); table.html says what it does not allow. On macOS only the limits hold, so use a virtual
machine or a container for notebooks of people that you don't know. On Windows, use WSL.

exit status: 0 all files are graded · 1 the same, but nothing could be taken from some · 2 the question could not be
asked · 130 stopped by Ctrl-C"""


def run(options: argparse.Namespace) -> int:
    """Grade, write the pages, and say where they are."""
    for package in ("torchinfo", "sklearn", "matplotlib"):  # or it would be missed after minutes, by a lesson
        check_is_here(package, "lessons", "`grade` runs the course's lessons, and one of them")
    folder = path_of("FOLDER", options.folder, "a folder")
    whole = folder.resolve()
    out = options.out or whole.with_name(f"{whole.name}_graded")
    everybody = grade(folder, out, workers=options.workers, seconds=options.seconds, memory=options.memory,
                      student=options.student, again=options.again, progress=not options.quiet)
    for name, content in all_pages(everybody):
        write_whole(out / name, content)
    print(f"{plural(len(everybody.students), 'student')}, {plural(len(everybody.files), 'notebook')}, "
          f"{plural(len(everybody.lessons), 'lesson')}: see {out}/class.html, table.html and table.csv")
    for file, result in everybody.troubled:
        print(one_line(f"{file.name}: {result.trouble}"))
    return 1 if everybody.troubled else 0


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `grade` one of the commands."""
    command = commands.add_parser(
        "grade", help="grade students' notebooks, and see what the class has misunderstood", epilog=EXAMPLES,
        description="Grade the notebooks of a class: student × question, and which misconceptions the class has.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("folder", type=Path, metavar="FOLDER", help="the students' notebooks, in folders or not")
    command.add_argument("--out", type=Path, metavar="OUT", help="a folder for what comes out (FOLDER_graded)")
    command.add_argument("--student", metavar="REGEX", help="who, in a file's path below FOLDER: what its first "
                                                             "parentheses hold")
    command.add_argument("--workers", type=int, metavar="N", help="how many notebooks at a time (as many as cores)")
    command.add_argument("--seconds", type=int, default=60, metavar="N",
                         help="for a notebook that has to run from the top (60)")
    command.add_argument("--memory", type=int, default=2048, metavar="MIB", help="for a notebook, in MiB (2048)")
    command.add_argument("--again", action="store_true", help="grade what an earlier run has graded, too")
    command.add_argument("--quiet", action="store_true", help="no progress line")
    command.set_defaults(run=run, left="the same command goes on with the notebooks that are left")
