"""A check knows that the cell with its answer has just raised: what the name stands for is an older answer."""
import pytest
from IPython.core.interactiveshell import InteractiveShell

from resnext_edu.exercises import check


@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(("answer", "status", "looks_like"), [
    ("weights_of_32_paths = fewer", "not understood", "a text without its quotes"),
    ("weights_of_32_paths = as many", "not understood", "a text without its quotes"),
    ("weights_of_32_paths = false", "not understood", "a truth value without its capital"),
    ("weights_of_32_paths = 'more", "not understood", "something that Python can't read"),
    ("weights_of_32_paths = 1 / 0", "not understood", "a division by zero"),
    ("something_else = 1 / 0", "right", ""),
    ("weights_of_32_paths == wrong", "right", ""),
    ("pass", "right", ""),
])
def test_an_answer_that_raises_is_not_judged_by_the_one_before(shell, capsys, answer, status, looks_like):
    shell.user_ns["check"] = check
    shell.run_cell("weights_of_32_paths = 'fewer'")
    shell.run_cell(answer)
    verdict = shell.run_cell("check.weights_of_32_paths(weights_of_32_paths)").result
    assert (verdict.status, verdict.misconception) == (status, looks_like)


def test_so_it_is_with_exercises(shell, capsys):
    shell.user_ns["check"] = check
    shell.run_cell("weights_of_one_path = 2192")
    shell.run_cell("weights_of_one_path = weights(path)")
    verdict = shell.run_cell("check.weights_of_one_path(weights_of_one_path)").result
    assert "raised `NameError`: name 'weights' is not defined" in verdict.message
    shell.run_cell("weights_of_one_path = 2192")
    assert shell.run_cell("check.weights_of_one_path(weights_of_one_path)").result.status == "right"
