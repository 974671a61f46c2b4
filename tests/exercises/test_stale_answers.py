"""A check knows that the cell with its answer has just raised: what the name stands for is an older answer."""
import pytest
from IPython.core.interactiveshell import InteractiveShell

from resnext_edu.exercises import check
from resnext_edu.exercises.raised import watch


@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    watch()
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


def test_it_is_remembered_until_the_cell_runs_again(shell, capsys):
    shell.user_ns["check"] = check
    for cell in ("weights_of_32_paths = 'fewer'", "weights_of_32_paths = more", "another = 1", "check.weights_of_32_paths"):
        shell.run_cell(cell)
    for _ in range(2):
        assert shell.run_cell("check.weights_of_32_paths(weights_of_32_paths)").result.status == "not understood"
    shell.run_cell("weights_of_32_paths = 'more'")
    assert shell.run_cell("check.weights_of_32_paths(weights_of_32_paths)").result.status == "wrong"


def test_a_check_that_raises_and_a_call_are_no_answers(shell, capsys):
    shell.user_ns["check"] = check
    shell.run_cell("weights_of_32_paths = 'fewer'")
    shell.run_cell("weights_of_32_paths(3)\nweights_of_32_paths == nothing")
    assert shell.run_cell("check.weights_of_32_paths(weights_of_32_paths)").result.status == "right"


def test_a_function_that_python_cannot_read_is_out_of_date_too(shell, capsys):
    shell.user_ns["check"] = check
    shell.run_cell("def needs_projection(in_channels, out_channels, stride):\n    return stride =! 1")
    verdict = shell.run_cell("check.needs_projection(...)").result
    assert "raised `SyntaxError`" in verdict.message


@pytest.mark.parametrize(("code", "looks_like"), [
    ("256 * 4 + 3^2 * 4 * 4 + 4 * 256", "`^` in place of `**`"), ("2010  # 3^2", ""), ("int('2010^'[:4])", ""),
    ("2192", ""), ("256 * 4 + 4 * 256 + 0 * 3^2", "`^` in place of `**`")])
def test_a_power_written_as_elsewhere_is_seen_in_the_code(shell, capsys, code, looks_like):
    shell.user_ns["check"] = check
    shell.run_cell(f"weights_of_one_path = {code}")
    assert shell.run_cell("check.weights_of_one_path(weights_of_one_path)").result.misconception == looks_like


def test_one_or_the_other_is_no_power(shell, capsys):
    """Of two truth values, ^ says whether they differ."""
    shell.user_ns["check"] = check
    for second, looks_like in ("stride > 2", ""), ("stride ^ 2", "`^` in place of `**`"):
        shell.run_cell(f"def needs_projection(in_channels, out_channels, stride):\n    return bool(in_channels ^ 1) ^ bool({second})")
        assert shell.run_cell("check.needs_projection(needs_projection)").result.misconception == looks_like


def test_another_notebook_knows_nothing_of_it(shell, capsys, monkeypatch):
    shell.user_ns["check"] = check
    shell.run_cell("weights_of_32_paths = more")
    assert check.weights_of_32_paths("more").status == "not understood"
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert check.weights_of_32_paths("more").status == "wrong"
