"""The proof in a terminal: exit status, what is printed where, and one sentence for a question that can't be put."""
import json
import subprocess
import sys

import pytest

from resnext_edu.cli import main
from resnext_edu.sabotage import SABOTAGES

SMALL = ["prove", "-C", "4", "-d", "3", "--channels", "16", "--size", "6"]


def test_a_proof_passes_with_status_0_and_shows_progress_on_stderr(capsys):
    assert main(SMALL) == 0
    out, err = capsys.readouterr()
    assert "The same function: 7 of 7 findings pass" in out
    assert err == f"{'█' * 20} 17/17  control\n"


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_fails_with_status_1_and_is_explained(name, capsys):
    assert main([*SMALL, "--stride", "2", "--size", "7", "--sabotage", name, "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(SABOTAGES[name].title)
    assert "Not the same function" in out
    assert err == ""


def test_json_holds_all_findings_with_their_raw_numbers(capsys):
    assert main([*SMALL, "--json", "--forms", "concat", "split_sum", "--seed", "3"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["passed"] is True
    assert report["left"] == "ConcatBottleneck"
    assert report["seed"] == 3
    assert report["sabotage"] is None
    assert [f["status"] for f in report["findings"]] == ["PASS"] * 7
    assert 0 < report["findings"][1]["measured"] < 1e-13


def test_the_embedded_images_are_used(capsys):
    assert main([*SMALL, "--data", "fashion-mnist-mini", "--batch", "3", "--quiet"]) == 0
    assert "used your batch of shape (3, 16, 6, 6)" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    (["-C", "0"], "cardinality must be a whole number, 1 or more; got 0"),
    (["--stride", "3"], "stride must be 1 or 2, got 3; a stage halves its map once, in its first block"),
    (["--forms", "group", "concat"], "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"),
    (["--sabotage", "stride"], "unknown sabotage 'stride'; did you mean 'stride_on_1x1'? Known: " + ", ".join(SABOTAGES)),
    (["--sabotage", "bn_per_path", "--forms", "concat", "grouped"],
     "sabotage 'bn_per_path' breaks form 'split_sum', got --forms concat grouped; name 'split_sum' too"),
    (["--data", "fashion"], "unknown data set 'fashion'; did you mean 'fashion-mnist-mini'? Known: fashion-mnist-mini"),
    (["--channels", "1", "2", "3"], "--channels takes the input's and the output's, got 3 numbers; name two"),
    (["--size", "0"], "--size must be a whole number, 1 or more; got 0"),
])
def test_a_question_that_can_not_be_put_is_one_sentence_with_status_2(arguments, message, capsys):
    assert main([*SMALL, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"resnext_edu: {message}\n"


def test_ctrl_c_says_that_nothing_was_changed(monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("resnext_edu.cli.prove_equivalent", interrupted)
    assert main(SMALL) == 130
    assert "stopped; nothing was changed" in capsys.readouterr().err


def test_help_names_every_option_and_every_sabotage(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["prove", "--help"])
    out = capsys.readouterr().out
    options = "cardinality width-per-group channels stride forms sabotage data size batch seed json quiet"
    assert all(f"--{option}" in out for option in options.split())
    assert all(word in out for word in [*SABOTAGES, "exit status"])


def test_as_a_module_and_without_torchs_compiler():
    """Loading the compiler alone would take longer than a proof."""
    command = [sys.executable, "-X", "importtime", "-m", "resnext_edu", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "17/17  control" in done.stderr
    assert "| torch" in done.stderr
    assert "torch._dynamo" not in done.stderr
