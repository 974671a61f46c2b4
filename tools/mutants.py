"""Break the code in small ways, one at a time: do the tests of its room notice? `make mutants` runs this file.

A broken copy is a mutant; it is killed if a test fails, or if the tests take too long. Cosmic-ray makes the mutants,
in a copy of the tracked files for each worker: the working tree stays as it is. The same seed breaks the same places
on every machine. The exit status is 1 if less than 95 % of the mutants died.
"""
import argparse
import os
import shlex
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, mkdtemp
from time import monotonic
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
ENOUGH = 0.95  # of the mutants have to die
LONGEST = 600  # seconds that the tests of an unbroken room may take


class Room(NamedTuple):
    """The files or folders that are broken, and the tests that have to notice, beside the examples in docstrings."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS: Mapping[str, Room] = {
    "convert": Room(("resnext_edu/convert.py", "resnext_edu/layout.py"),
                    ("tests/test_convert.py", "tests/test_in_form.py")),
    "cost": Room(("resnext_edu/cost",), ("tests/test_cost.py",)),
    "counts": Room(("resnext_edu/counts",), ("tests/counts",)),
    "equivalence": Room(("resnext_edu/equivalence",), ("tests/equivalence",)),
    "tracing": Room(("resnext_edu/tracing",), ("tests/tracing",)),
    "belongings": Room(("resnext_edu/belongings", "resnext_edu/modules.py", "resnext_edu/inputs.py"),
                       ("tests/test_modules.py", "tests/test_belongings.py", "tests/tracing/test_inputs.py")),
    "learner": Room(("resnext_edu/learner", "resnext_edu/course.py"), tuple(
        f"tests/learner/test_{part}.py" for part in ("unsolved", "keeping"))),
    "exercises": Room(("resnext_edu/exercises/diagnosis", *(f"resnext_edu/exercises/{part}.py" for part in (
        "attempts", "behaviour", "blank", "cards", "comparing", "exercise", "judge", "prediction", "raised", "reading",
        "verdict"))), tuple(f"tests/exercises/test_{part}.py" for part in (
            "diagnosis", "judge", "predictions", "stale_answers", "blanks"))),
    "training": Room(("resnext_edu/training", "resnext_edu/intervals.py"),
                     ("tests/test_intervals.py", *(f"tests/training/test_{part}.py" for part in (
                         "recipe", "chance", "checkpoint", "fit", "scoring", "training_folder")))),
}


class Mutant(NamedTuple):
    """One place where one operator breaks the code; `occurrence` counts the operator's places in the file."""

    room: str
    file: str
    line: int
    column: int
    operator: str
    occurrence: int


class Outcome(NamedTuple):
    """A mutant, whether it died, and the lines in which it differs."""

    mutant: Mutant
    killed: bool
    diff: tuple[str, ...]


def tracked(root: Path, *paths: str) -> list[str]:
    """The files that git knows, as they lie in the working tree."""
    command = ["git", "ls-files", "-z", "--", *paths]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sorted(name for name in listed.stdout.split("\0") if name and (root / name).is_file())


def says_nothing(node: Any) -> bool:
    """Whether this node of cosmic-ray's tree is for readers and mypy only: an annotation, a Protocol, TYPE_CHECKING.

    Docstrings need no rule: no operator changes a text.
    """
    child = None
    while node is not None:
        kind = node.type
        if kind == "if_stmt" and "TYPE_CHECKING" in node.children[1].get_code():
            return True
        if kind == "classdef" and "Protocol" in str(node.get_super_arglist() and node.get_super_arglist().get_code()):
            return True
        if child is not None and (
            (kind == "annassign" and child is node.children[1])
            or (kind == "tfpdef" and child is not node.children[0])
            or (kind == "funcdef" and child is node.annotation)
        ):
            return True
        node, child = node.parent, node
    return False


def mutants_of(root: Path, room: str, file: str) -> Iterator[Mutant]:
    """Every mutant of a file that means something; operators that have to be told names are left out."""
    nodes = list(ast_nodes(get_ast_from_path(root / file)))
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments():
            continue
        places = ((node, start) for node in nodes for start, _ in operator().mutation_positions(node))
        for occurrence, (node, (line, column)) in enumerate(places):
            if not says_nothing(node):
                yield Mutant(room, file, line, column, name, occurrence)


def is_python(root: Path, mutant: Mutant) -> bool:
    """Whether the broken file can be compiled; if not, any test would notice.

    Nor does it count if Python warns of it, as of `x is 1`: then ruff notices (F632).
    """
    source = (root / mutant.file).read_text(encoding="utf-8")
    try:
        with warnings.catch_warnings(action="error", category=SyntaxWarning):
            compile(mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence), mutant.file, "exec")
    except SyntaxError:
        return False
    return True


def sampled(root: Path, rooms: Mapping[str, Room], count: int, seed: int) -> list[Mutant]:
    """So many mutants, drawn evenly from all mutants of all these rooms."""
    everything = sorted(mutant for name, room in rooms.items() for file in tracked(root, *room.code)
                        if file.endswith(".py") for mutant in mutants_of(root, name, file))
    shuffled = Random(seed).sample(everything, len(everything))
    return list(islice((mutant for mutant in shuffled if is_python(root, mutant)), count))


def move_in(root: Path, folder: Path) -> None:
    """Give this worker a copy of the tracked files, and work there."""
    own = Path(mkdtemp(dir=folder))
    for name in tracked(root):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, own / name)
    os.chdir(own)


def test_command(room: Room) -> str:
    """What tests a room, with this Python."""
    return shlex.join([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *room.tests, *room.code])


def seconds(name: str, room: Room) -> float:
    """How long the tests of the unbroken room take. If they fail, no mutant could be judged."""
    start = monotonic()
    outcome, output = run_tests(test_command(room), LONGEST)
    if outcome is not TestOutcome.SURVIVED:
        raise RuntimeError(f"the tests of {name} fail before anything is broken:\n{output}")
    return monotonic() - start


def judge(mutant: Mutant, room: Room, timeout: float) -> Outcome:
    """Break the code in this worker's copy, run the room's tests, and mend it again."""
    place = (mutant.line, mutant.column)
    spec = MutationSpec(mutant.file, mutant.operator, mutant.occurrence, place, (mutant.line, mutant.column + 1))
    result = mutate_and_test([spec], test_command(room), timeout)
    if result.worker_outcome is not WorkerOutcome.NORMAL:
        raise RuntimeError(f"{mutant} could not be judged:\n{result.output}")
    lines = result.diff.splitlines()[3:]  # without the three lines that name the file
    return Outcome(mutant, result.is_killed, tuple(line for line in lines if line[:1] in ("-", "+")))


def run(root: Path, rooms: Mapping[str, Room], mutants: Sequence[Mutant], workers: int) -> list[Outcome]:
    """The outcome of every mutant, in their order; first the tests of each room have to pass as they are."""
    with TemporaryDirectory() as folder, ProcessPoolExecutor(
            workers, get_context("spawn"), move_in, (root, Path(folder))) as pool:
        times = {name: pool.submit(seconds, name, room) for name, room in rooms.items()}
        timeouts = {name: 20 + 3 * time.result() for name, time in times.items()}
        judged = [pool.submit(judge, mutant, rooms[mutant.room], timeouts[mutant.room]) for mutant in mutants]
        for _ in tqdm(as_completed(judged), "mutants", len(judged)):
            pass
        return [outcome.result() for outcome in judged]


def report(outcomes: Iterable[Outcome]) -> tuple[str, bool]:
    """How many died in each room and which survived, in words; and whether enough died."""
    outcomes = sorted(outcomes)
    total, killed = (Counter(outcome.mutant.room for outcome in some)
                     for some in (outcomes, [outcome for outcome in outcomes if outcome.killed]))
    lines = [f"{room:12} {killed[room]:4} of {total[room]:4} killed" for room in total]
    lines.append(f"{'all':12} {killed.total():4} of {total.total():4} killed")
    for (_, file, line, _, operator, _), dead, diff in outcomes:
        if not dead:
            lines += ["", f"{file}:{line} {operator.rpartition('/')[2]}", *diff]
    return "\n".join(lines), killed.total() >= ENOUGH * total.total()


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, break, report; the exit status."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default: 0)")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS), help="where (default: everywhere)")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time (default: 2)")
    chosen = parser.parse_args(arguments)
    rooms = {name: ROOMS[name] for name in chosen.rooms}
    text, enough = report(run(ROOT, rooms, sampled(ROOT, rooms, chosen.sample, chosen.seed), chosen.workers))
    print(text)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
