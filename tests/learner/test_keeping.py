"""A learner's folder: what is missing is made, what is old refreshed, what was changed kept; and a reset loses nothing."""
import json
import os
import shutil
import subprocess
import sys

import pytest

from resnext_edu import course
from resnext_edu.cli import main
from resnext_edu.errors import ConfigError, DataError, ResNeXtEduError
from resnext_edu.learner import keeping, lay_out, reset
from resnext_edu.learner.copies import fingerprint_of_sources, made_from, parsed

CODE = ("import torch", "six = ...", "check.six(six)", "def twice(x):\n    return ...", "twice(3)")


def notebook(*sources, title="# Six"):
    tags = {"six = ...": ["exercise", "exercise:six"], "def twice(x):\n    return ...": ["exercise", "exercise:twice"], "twice(3)": ["reveal"]}
    cells = [{"cell_type": "markdown", "id": "solved-copy", "metadata": {}, "source": "solved"},
             {"cell_type": "markdown", "id": "opening", "metadata": {}, "source": f"{title}\n\n![six](../figures/forms.svg)"}]
    cells += [{"cell_type": "code", "id": f"cell-{k}", "metadata": {"tags": tags[source]} if source in tags else {}, "source": source,
               "outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}], "execution_count": k} for k, source in enumerate(sources)]
    return {"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A small course of two lessons, in a folder of its own."""
    home = tmp_path / "course"
    (home / "notebooks").mkdir(parents=True)
    (home / "figures").mkdir()
    (home / "figures/forms.svg").write_text("<svg/>")
    for name in ("00_start_here", "06_prove"):
        (home / f"notebooks/{name}.ipynb").write_text(json.dumps(notebook(*CODE)))
    (home / "notebooks/06_prove.mine.ipynb").write_text("a learner's")
    monkeypatch.setattr(course, "HOMES", (home,))
    return home / "notebooks"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "my lessons"


def done(kept):
    return {copy.number: copy.what for copy in kept}


def change(path, source, by="cell-1", **more):
    """As a learner types it, and as JupyterLab writes it."""
    lesson = parsed(path)
    for cell in lesson["cells"]:
        if cell.get("id") == by:
            cell |= {"source": source.splitlines(keepends=True)} | more
    path.write_text(json.dumps(lesson, indent=1, sort_keys=True))


def sources(path):
    return ["".join(cell["source"]) for cell in parsed(path)["cells"]]


def newer(lessons, *code, title="# Six, corrected"):
    (lessons / "06_prove.ipynb").write_text(json.dumps(notebook(*code or CODE, title=title)))

# ------------------------------------------------------------------ laid out and kept


def test_what_is_missing_is_made_with_its_pictures_and_made_only_once(lessons, folder):
    assert done(lay_out(folder)) == {0: "made", 6: "made"}
    assert sorted(path.name for path in folder.iterdir()) == ["00_start_here.ipynb", "06_prove.ipynb", "figures", "progress.jsonl"]
    assert (folder / "figures/forms.svg").read_text() == "<svg/>"
    copy = parsed(folder / "06_prove.ipynb")
    assert sources(folder / "06_prove.ipynb")[0] == "# Six\n\n![six](figures/forms.svg)"
    assert made_from(copy) == fingerprint_of_sources(copy)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert done(lay_out(folder)) == {0: "current", 6: "current"}
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_older_copy_is_refreshed_if_nobody_typed_into_it_even_if_it_was_run(lessons, folder):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    change(path, "import torch", by="cell-0", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}], execution_count=1,
           metadata={"jupyter": {"source_hidden": False}})
    assert done(lay_out(folder))[6] == "current"
    newer(lessons)
    (lessons.parent / "figures/forms.svg").write_text("<svg>new</svg>")
    assert done(lay_out(folder)) == {0: "current", 6: "refreshed"}
    assert sources(path)[0].startswith("# Six, corrected")
    assert (folder / "figures/forms.svg").read_text() == "<svg>new</svg>"
    assert done(lay_out(folder))[6] == "current"


def test_it_is_noticed_that_somebody_has_typed_into_the_lesson_of_the_course(lessons, folder):
    assert [copy.typed for copy in lay_out(folder)] == [(), ()]
    change(lessons / "06_prove.ipynb", "six = 6  # ...?")
    assert [copy.typed for copy in lay_out(folder)] == [(), ("six",)]


def test_a_tag_that_is_new_is_a_newer_lesson(lessons, folder):
    lay_out(folder)
    lesson = notebook(*CODE)
    lesson["cells"][2]["metadata"]["tags"] = ["reveal"]
    (lessons / "06_prove.ipynb").write_text(json.dumps(lesson))
    assert done(lay_out(folder))[6] == "refreshed"


def test_what_was_typed_is_kept_and_the_newer_lesson_told(lessons, folder):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    change(path, "six = 6")
    typed = path.read_bytes()
    assert done(lay_out(folder))[6] == "current"  # there is nothing newer
    newer(lessons)
    assert done(lay_out(folder))[6] == "begun"
    assert path.read_bytes() == typed
    change(path, "six = ...")  # and taken back
    assert done(lay_out(folder))[6] == "refreshed"


@pytest.mark.parametrize("content", [
    "", "{", "[]", "{}", '{"cells": []}', '{"cells": 3, "metadata": {}}', '{"cells": [{}], "metadata": {}}', "\x00",
    '{"cells": [], "metadata": {}}', '{"cells": [], "metadata": {"resnext_edu": 1}}', '{"cells": [], "metadata": {"resnext_edu": {}}}',
    '{"cells": [{"cell_type": "code", "metadata": 5, "source": []}], "metadata": {}}',
])
def test_what_is_not_ours_or_broken_is_never_touched(lessons, folder, content):
    lay_out(folder)
    (folder / "06_prove.ipynb").write_text(content)
    assert done(lay_out(folder))[6] == "foreign"
    assert (folder / "06_prove.ipynb").read_text() == content


def test_a_folder_or_a_link_in_its_place_is_never_touched(lessons, folder, tmp_path):
    lay_out(folder)
    elsewhere = shutil.move(folder / "06_prove.ipynb", tmp_path / "elsewhere.ipynb")
    (folder / "06_prove.ipynb").symlink_to(elsewhere)
    os.unlink(folder / "00_start_here.ipynb")
    (folder / "00_start_here.ipynb").mkdir()
    newer(lessons)
    assert done(lay_out(folder)) == {0: "foreign", 6: "foreign"}
    (tmp_path / "elsewhere.ipynb").unlink()
    assert done(lay_out(folder))[6] == "foreign"  # a link to nothing, too


def test_a_lesson_that_is_broken_in_the_course_leaves_the_others_and_the_copy_alone(lessons, folder):
    lay_out(folder)
    before = (folder / "06_prove.ipynb").read_bytes()
    (lessons / "06_prove.ipynb").write_text("<<<<<<< HEAD")
    (folder / "00_start_here.ipynb").unlink()
    assert done(lay_out(folder)) == {0: "made", 6: "broken"}
    assert (folder / "06_prove.ipynb").read_bytes() == before
    with pytest.raises(DataError, match=r"06_prove.ipynb can't be read as a notebook \(JSONDecodeError: .*\); `git status` says"):
        reset(6, folder)


def test_a_folder_that_cannot_be_is_a_sentence(lessons, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file can't be made \(.*\); choose another folder$"):
        lay_out(tmp_path / "file")
    assert main(["lab", str(tmp_path / "file" / "below")]) == 2
    assert capsys.readouterr().err.startswith("resnext_edu: ")


def test_a_write_that_fails_leaves_the_old_copy(lessons, folder, monkeypatch):
    lay_out(folder)
    before = (folder / "06_prove.ipynb").read_bytes()
    newer(lessons)

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResNeXtEduError, match="No space left on device"):
        lay_out(folder)
    assert (folder / "06_prove.ipynb").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["00_start_here.ipynb", "06_prove.ipynb", "figures", "progress.jsonl"]


def test_the_course_itself_is_laid_out_without_torch(tmp_path):
    code = f"import sys; from pathlib import Path; from resnext_edu.learner import lay_out; lay_out(Path({str(tmp_path)!r})); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
    assert {path.name for path in tmp_path.glob("*.ipynb")} == {path.name for path in course.course_lessons().values()}

# ------------------------------------------------------------------ reset


def test_a_reset_keeps_what_was_typed_beside_the_new_copy_every_time(lessons, folder):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    for answer, name in (("six = 6", "06_prove.mine.ipynb"), ("six = 7", "06_prove.mine-2.ipynb"), ("six = 8", "06_prove.mine-3.ipynb")):
        change(path, answer)
        typed = path.read_bytes()
        found = reset(6, folder)
        assert found.saved == folder / name
        assert found.saved.read_bytes() == typed
        assert "six = ..." in sources(path)
    assert done(lay_out(folder))[6] == "current"


def test_there_is_nothing_to_do_for_a_copy_as_it_was_made(lessons, folder):
    lay_out(folder)
    before = (folder / "06_prove.ipynb").read_bytes()
    assert reset(6, folder).untouched
    assert reset(6, folder, keep_answers=True).untouched
    assert (folder / "06_prove.ipynb").read_bytes() == before
    change(folder / "06_prove.ipynb", "import torch", by="cell-0", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}])
    assert not reset(6, folder).untouched  # it has run: what it showed is kept, too
    assert len(list(folder.glob("*.mine*"))) == 1


@pytest.mark.parametrize("before", ["missing", "broken", "a folder", "a link"])
def test_a_reset_makes_a_copy_whatever_was_there(lessons, folder, before, tmp_path):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    path.unlink()
    if before == "broken":
        path.write_text("{")
    elif before == "a folder":
        (path / "within").mkdir(parents=True)
    elif before == "a link":
        path.symlink_to(tmp_path / "nowhere")
    found = reset(6, folder, keep_answers=True)
    assert sources(path) == sources(folder / "00_start_here.ipynb")
    assert not path.is_symlink()
    assert (found.saved is None) == (before == "missing")
    assert found.saved is None or os.path.lexists(found.saved)


def test_a_reset_in_a_folder_that_is_not_there_makes_it(lessons, folder):
    assert reset(6, folder).saved is None
    assert sorted(path.name for path in folder.iterdir()) == ["06_prove.ipynb", "figures"]


def test_answers_are_carried_over_by_their_tags(lessons, folder):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    change(path, "six = 6")
    change(path, "def twice(x):\n    y = x\n    return x + y", by="cell-3")
    change(path, "import numpy", by="cell-0")
    newer(lessons, "import torch", "0", *CODE[1:])  # its blanks stand elsewhere, under other ids
    found = reset(6, folder, keep_answers=True)
    assert (found.carried, found.lost) == (["six", "twice"], [])
    assert sources(path)[0].startswith("# Six, corrected")
    assert sources(path)[1:5] == ["import torch", "0", "six = 6", "check.six(six)"]
    assert sources(path)[5] == "def twice(x):\n    y = x\n    return x + y"
    assert "import numpy" in sources(found.saved)
    assert done(lay_out(folder))[6] == "current"  # of the newer course
    newer(lessons)
    assert done(lay_out(folder))[6] == "begun"  # and the answers still count as typed


def test_an_answer_that_no_longer_fits_is_named_and_stays_in_the_saved_copy(lessons, folder):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    change(path, "seven = 6")  # defines another name than the blank
    change(path, "def twice(x)\n    return x", by="cell-3")  # not Python yet: it is the learner's
    found = reset(6, folder, keep_answers=True)
    assert (found.carried, found.lost) == (["twice"], ["six"])
    assert "six = ..." in sources(path)
    assert "seven = 6" in sources(found.saved)
    change(path, "six = 6")
    newer(lessons, "import torch")  # the question is gone
    found = reset(6, folder, keep_answers=True)
    assert (found.carried, sorted(found.lost)) == ([], ["six", "twice"])


def test_a_blank_that_is_still_empty_is_not_called_an_answer(lessons, folder):
    lay_out(folder)
    change(folder / "06_prove.ipynb", "six = 6")
    found = reset(6, folder, keep_answers=True)
    assert (found.carried, found.lost) == (["six"], [])


def test_an_unknown_lesson_is_a_sentence(lessons, folder):
    with pytest.raises(ConfigError, match=r"there is no lesson 42; the lessons are: 00, 06$"):
        reset(42, folder)


def test_a_copy_that_cannot_be_put_aside_stays(lessons, folder, monkeypatch):
    lay_out(folder)
    path = folder / "06_prove.ipynb"
    change(path, "six = 6")
    typed = path.read_bytes()

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(keeping.shutil, "copy2", refused)
    with pytest.raises(DataError, match=r"06_prove.ipynb can't be put aside \(Permission denied\), so it stays as it is$"):
        reset(6, folder)
    assert path.read_bytes() == typed

# ------------------------------------------------------------------ in a terminal


def test_reset_says_what_it_did(lessons, folder, capsys):
    lay_out(folder)
    assert main(["reset", "6", str(folder)]) == 0
    assert capsys.readouterr().out == "06_prove.ipynb is as the course has it; there is nothing to do.\n"
    change(folder / "06_prove.ipynb", "six = 6")
    change(folder / "06_prove.ipynb", "thrice = 3", by="cell-3")
    assert main(["reset", "06", str(folder), "--keep-answers"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "06_prove.ipynb is as the course has it. What it was is 06_prove.mine.ipynb.",
        "Answers carried over: six.",
        "Not carried over, since the question has changed: twice."]


@pytest.mark.parametrize("words", [[], ["six"], ["-"], ["six", "--keep-answers"]])
def test_a_lesson_is_named_by_its_number(words, capsys):
    assert main(["reset", *words]) == 2
    assert "say which lesson by its number, such as 06; got" in capsys.readouterr().err
