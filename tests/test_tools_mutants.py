"""`make mutants`: which places are broken, which of them the tests see, and what is said about the others."""
import subprocess
from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import Mutant, Outcome, Room, report, sampled, tracked

CODE = '''
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from a import b as c

class Counted(Protocol):
    @property
    def rows(self) -> int: ...

def twice(x: int | None = None, *rest: int | str) -> int | None:
    """Twice 3 is 2 * 3."""
    found: int | None = x * 2
    return found
'''
TEST = """
from code_room import twice

def test_twice():
    assert twice(2) == 4
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """One room with a test that can't tell 2·x from 2 + x or x²."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # its tests need none, and some take seconds to load
    (tmp_path / "code_room.py").write_text(CODE)
    (tmp_path / "test_room.py").write_text(TEST)
    (tmp_path / "notes.txt").write_text("not Python")
    for arguments in (("init", "--quiet"), ("add", "code_room.py", "test_room.py", "notes.txt")):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    (tmp_path / "untracked.py").write_text("1 + 1")
    return tmp_path


ROOM = {"room": Room(("code_room.py", "notes.txt"), ("test_room.py",))}


def test_only_what_runs_is_broken(repository):
    found = mutants.mutants_of(repository, "room", "code_room.py")
    assert {(mutant.line, mutant.column) for mutant in found} == {(13, 26), (13, 28)}  # the product and its 2


def test_only_files_that_git_knows_count_and_one_that_was_deleted_does_not(repository):
    (repository / "notes.txt").unlink()
    assert tracked(repository) == ["code_room.py", "test_room.py"]


def test_a_seed_draws_the_same_mutants_wherever_the_files_lie(repository):
    draw = [sampled(repository, ROOM, 5, seed) for seed in (0, 0, 1)]
    assert draw[0] == draw[1] != draw[2]
    assert len(set(draw[0])) == 5
    assert all(not Path(mutant.file).is_absolute() for mutant in draw[0])
    assert len(sampled(repository, ROOM, 1000, 0)) == 13  # 11 other operators, and 1 and 3 for 2


def test_what_is_no_python_any_more_is_not_drawn(repository):
    (repository / "code_room.py").write_text("def f(*, x):\n    return x\n")  # `*` is no product here
    assert list(mutants.mutants_of(repository, "room", "code_room.py"))
    assert sampled(repository, ROOM, 1000, 0) == []


def test_what_python_itself_warns_of_is_not_drawn(repository):
    (repository / "code_room.py").write_text("def f(x):\n    return x == 'a'\n")
    drawn = {mutant.operator.rpartition("_Eq_")[2] for mutant in sampled(repository, ROOM, 1000, 0)}
    assert drawn == {"NotEq", "Lt", "LtE", "Gt", "GtE"}  # neither `x is 'a'` nor `x is not 'a'`


def test_a_mutant_that_the_tests_see_is_killed_and_the_working_tree_stays_as_it_is(repository):
    seen, unseen = (Mutant("room", "code_room.py", 13, 26, f"core/ReplaceBinaryOperator_Mul_{name}", 0)
                    for name in ("Sub", "Add"))
    outcomes = mutants.run(repository, ROOM, [seen, unseen], workers=1)
    changed = "-    found: int | None = x * 2", "+    found: int | None = x + 2"
    assert outcomes[1] == Outcome(unseen, False, changed)
    assert (outcomes[0].mutant, outcomes[0].killed) == (seen, True)
    assert (repository / "code_room.py").read_text() == CODE
    assert {path.name for path in repository.iterdir()} == {
        ".git", "code_room.py", "notes.txt", "test_room.py", "untracked.py"}


def test_tests_that_fail_before_anything_is_broken_stop_it(repository):
    (repository / "test_room.py").write_text(TEST.replace("4", "5"))
    with pytest.raises(RuntimeError, match="the tests of room fail before anything is broken"):
        mutants.run(repository, ROOM, [], workers=1)


def outcomes_of(killed, survived):
    return [Outcome(Mutant("cost", "cost.py", 7, 3, "core/AddNot", k), k < killed, ("-if x:", "+if not x:"))
            for k in range(killed + survived)]


def test_the_report_counts_each_room_and_shows_what_survived():
    other = Outcome(Mutant("counts", "counts.py", 1, 1, "core/NumberReplacer", 0), True, ())
    assert report([other, *outcomes_of(1, 1)])[0].splitlines() == [
        "cost            1 of    2 killed", "counts          1 of    1 killed", "all             2 of    3 killed",
        "", "cost.py:7 AddNot", "-if x:", "+if not x:"]


@pytest.mark.parametrize(("survived", "enough"), [(5, True), (6, False)])
def test_95_of_a_hundred_have_to_die(survived, enough, monkeypatch, capsys):
    outcomes = outcomes_of(100 - survived, survived)
    assert report(outcomes)[1] is enough
    monkeypatch.setattr(mutants, "run", lambda *_: outcomes)
    assert mutants.main(["--rooms", "convert", "--sample", "1"]) == (0 if enough else 1)
    assert f"all          {100 - survived:4} of  100 killed" in capsys.readouterr().out


def test_every_room_has_code_and_tests():
    for room in mutants.ROOMS.values():
        assert all(tracked(mutants.ROOT, path) for path in (*room.code, *room.tests))
