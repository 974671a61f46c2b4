"""A learner's own card: what checks note, where they note it, and what the card makes of it."""
import json

import pytest

from resnext_edu.cli import main
from resnext_edu.course import PROGRESS
from resnext_edu.errors import ConfigError, DataError
from resnext_edu.exercises import check
from resnext_edu.exercises.how_far import NOTHING, my_progress
from resnext_edu.exercises.noting import Noted, note, noted_in
from resnext_edu.exercises.verdict import Verdict, misunderstandings
from resnext_edu.learner import lay_out


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A learner's folder, in which a kernel runs."""
    (tmp_path / PROGRESS).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_checks_note_how_they_end_and_not_what_was_typed(lessons):
    check.channels_a_path_reads(...)  # nothing to note
    check.channels_a_path_reads(4)
    check.channels_a_path_reads("my secret")
    check.channels_a_path_reads(256)
    assert noted_in(lessons / PROGRESS) == [
        Noted("channels_a_path_reads", "wrong", ("predicted 4",)),
        Noted("channels_a_path_reads", "not understood", ("not one of the choices",)),
        Noted("channels_a_path_reads", "right")]


def test_the_same_end_again_is_noted_once_so_run_all_does_not_make_the_file_grow(lessons):
    for _ in range(3):
        check.channels_a_path_reads(4)
        check.same_numbers("nothing")
    assert len(noted_in(lessons / PROGRESS)) == 2
    check.channels_a_path_reads(8)
    check.channels_a_path_reads(4)
    assert len(noted_in(lessons / PROGRESS)) == 4


def test_where_there_is_no_such_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check.channels_a_path_reads(4).status == "wrong"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_stops_no_lesson(lessons, monkeypatch):
    (lessons / PROGRESS).unlink()
    (lessons / PROGRESS).mkdir()
    assert check.channels_a_path_reads(4).status == "wrong"
    note("x", "right", [])


def test_a_learners_folder_has_the_file_and_keeps_what_is_in_it(tmp_path):
    lay_out(tmp_path / "mine")
    assert (tmp_path / "mine" / PROGRESS).read_bytes() == b""
    (tmp_path / "mine" / PROGRESS).write_text("kept")
    lay_out(tmp_path / "mine")
    assert (tmp_path / "mine" / PROGRESS).read_text() == "kept"


def test_the_card_says_what_is_done_and_what_was_hardest(lessons):
    for answer in (4, 8, 256):
        check.channels_a_path_reads(answer)
    check.same_numbers("nothing")
    card = my_progress(lessons)
    assert card.right == {"channels_a_path_reads"}
    assert card.hardest == [("channels_a_path_reads", 2), ("same_numbers", 1)]
    assert card.table().rows == (("00", 4, 2, 1),)
    assert card.notes == (
        "What was hardest:",
        "✓ Lesson 00: How many of the block's 256 input channels does one of its 32 paths read? "
        "Wrong 2 times (predicted 4; predicted 8), right by now.",
        "✕ Lesson 00: Three blocks that look different get the same weights and the same input. What do their outputs share? "
        'Wrong once (predicted "nothing").')
    assert "Wrong once" in card.text()
    assert "Wrong once" in card._repr_html_()


def test_without_a_wrong_answer_the_card_says_so(lessons):
    check.channels_a_path_reads(256)
    assert my_progress(lessons).notes == ("Nothing was wrong so far.",)


def test_a_damaged_line_is_passed_over(lessons):
    good = json.dumps({"question": "same_numbers", "status": "right", "misunderstood": []})
    gone = json.dumps({"question": "asked last year", "status": "wrong", "misunderstood": []})
    (lessons / PROGRESS).write_bytes(b'{"question": 1\n[]\n\xff\n3\n' + f"{good}\n{gone}\n".encode())
    card = my_progress(lessons)
    assert card.right == {"same_numbers"}
    assert card.hardest == []


def test_nothing_is_noted_yet(lessons, tmp_path):
    for folder in (lessons, tmp_path / "nowhere"):
        assert my_progress(folder).text() == NOTHING
        assert my_progress(folder)._repr_html_() == f"<p>{NOTHING}</p>"
    with pytest.raises(ConfigError, match="folder must be the path of a folder; got 3"):
        my_progress(3)
    (tmp_path / PROGRESS).unlink()
    (tmp_path / PROGRESS).mkdir()
    with pytest.raises(DataError, match=r"progress\.jsonl can't be read"):
        my_progress(tmp_path)


def test_the_card_in_a_terminal(lessons, capsys):
    check.same_numbers("nothing")
    assert main(["progress", str(lessons)]) == 0
    assert "✕ Lesson 00: Three blocks" in capsys.readouterr().out
    assert main(["progress", str(lessons / "nowhere")]) == 2
    assert "there is no progress.jsonl in" in capsys.readouterr().err


@pytest.mark.parametrize(("verdict", "found"), [
    (Verdict("right", "Yes."), ()),
    (Verdict("wrong", "9 is too large."), (("something else", "9 is too large."),)),
    (Verdict("not understood", "7 is not a function.", (), "Write `def`."), (("7 is not a function.", "Write `def`."),)),
    (Verdict("wrong", "You predicted 4; it is 8."), (("predicted 4", ""),)),
    (Verdict("wrong", "You predicted …", (), 'Right: "a".\nMissed: "b, c. d". It is.\nToo many: 2.5.'),
     (('left out "b, c. d"', "It is."), ("chose 2.5", ""))),
])
def test_what_a_verdict_says_was_misunderstood(verdict, found):
    assert misunderstandings(verdict) == found
