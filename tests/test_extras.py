"""Without what only some need, the course says how to get it."""
import sys

import pytest
import torch

from resnext_edu import Images, MissingPackageError
from resnext_edu.cli import main
from resnext_edu.data.dividing import rows_for_the_test
from resnext_edu.extras import brought_by
from resnext_edu.tuning.baselines import answers_of_linear_model


def blocked(monkeypatch, name):
    """As if it were not installed."""
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)


def test_without_jupyterlab_the_lessons_are_made_and_one_line_says_how_to_open_them(monkeypatch, tmp_path, capsys):
    blocked(monkeypatch, "jupyterlab")
    monkeypatch.delenv("JUPYTER_SERVER_URL", raising=False)
    assert main(["lab", str(tmp_path / "mine")]) == 2
    out, err = capsys.readouterr()
    assert out.endswith(f"Your lessons are in {tmp_path / 'mine'}\n")
    assert err == ("resnext_edu: to open them, `lab` needs jupyterlab, which is not installed: "
                   '`pip install "resnext-edu[lab]"` brings it\n')
    assert (tmp_path / "mine/00_start_here.ipynb").is_file()


def test_only_the_lessons_are_made_if_nothing_else_is_wanted(monkeypatch, tmp_path, capsys):
    blocked(monkeypatch, "jupyterlab")
    assert main(["lab", str(tmp_path / "mine"), "--only-lessons"]) == 0
    assert (tmp_path / "mine/00_start_here.ipynb").is_file()


def test_without_what_a_lesson_imports_grade_says_so_before_it_begins(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("resnext_edu.extras.find_spec", lambda package: None if package == "torchinfo" else package)
    assert main(["grade", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err == ("resnext_edu: `grade` runs the course's lessons, and one of them needs torchinfo, which is not "
                                       'installed: `pip install "resnext-edu[lessons]"` brings it\n')


@pytest.mark.parametrize("needs", [
    lambda: rows_for_the_test([0, 0, 1, 1], [0, 1, 2, 3], ("a", "b"), 0.5, 0),
    lambda: answers_of_linear_model(Images("two", *[torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, 1])] * 2, ("a", "b"), "c")),
], ids=["dividing", "the linear model"])
def test_without_scikit_learn_fine_tuning_says_how_to_get_it(monkeypatch, needs):
    blocked(monkeypatch, "sklearn")
    message = 'fine-tuning needs sklearn, which is not installed: `pip install "resnext-edu[train]"` brings it'
    with pytest.raises(MissingPackageError) as caught:
        needs()
    assert str(caught.value) == message
    assert isinstance(caught.value, ImportError)


def test_another_error_inside_passes_through():
    with pytest.raises(ImportError, match="cannot import name"), brought_by("train", "this"):
        from math import no_such_name  # noqa: F401
