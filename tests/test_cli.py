"""The commands in a terminal: exit status, what is printed where, and one sentence for a question that can't be put."""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
import torch

from resnext_edu.blocks import FORMS
from resnext_edu.cli import COMMANDS, evaluate, main, prove, sweep, trace, train
from resnext_edu.data.images import Images
from resnext_edu.sabotage import SABOTAGES
from resnext_edu.training import in_folder as training_folder
from tests.training.small import split

SMALL = ["prove", "-C", "4", "-d", "3", "--channels", "16", "--size", "6"]


def test_a_proof_passes_with_status_0_and_shows_progress_on_stderr(capsys):
    assert main(SMALL) == 0
    out, err = capsys.readouterr()
    assert "The same function: 7 of 7 findings pass" in out
    assert err == f"{'█' * 20} 16/16  control\n"


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


@pytest.fixture
def asked(monkeypatch):
    """What a call of `prove` would put to the proof: left, right, and the rest by name."""
    def ask(*arguments):
        seen = []

        def proof(left, right, **question):
            seen.append((left, right, question))
            raise KeyboardInterrupt

        monkeypatch.setattr("resnext_edu.cli.prove.prove_equivalent", proof)
        assert main(["prove", *arguments]) == 130
        return seen[0]

    return ask


def block_of(module):
    form = next(name for name, cls in FORMS.items() if isinstance(module, cls))
    return form, module.in_channels, module.out_channels, module.cardinality, module.width_per_group, module.stride


def test_without_options_it_is_the_papers_block_on_a_small_map(asked):
    left, right, question = asked()
    assert block_of(left) == ("split_sum", 256, 256, 32, 4, 1)
    assert block_of(right) == ("grouped", 256, 256, 32, 4, 1)
    assert (question["input_size"], question["seed"], question["inputs"]) == ((2, 256, 14, 14), 0, None)
    assert question["progress"] is not None


def test_every_option_reaches_the_proof(asked):
    left, right, question = asked(
        "-C", "4", "-d", "3", "--channels", "16", "24", "--stride", "2", "--forms", "concat", "split_sum", "--size", "6",
        "--batch", "3", "--seed", "5", "--quiet")
    assert block_of(left) == ("concat", 16, 24, 4, 3, 2)
    assert block_of(right) == ("split_sum", 16, 24, 4, 3, 2)
    assert (question["input_size"], question["seed"], question["progress"]) == ((3, 16, 6, 6), 5, None)


def test_a_seed_is_that_of_all_weights_and_of_nothing_else(asked):
    before = torch.get_rng_state()
    first, again, other = (asked(*SMALL[1:], "--seed", seed)[0].state_dict() for seed in ("3", "3", "4"))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if not name.endswith("num_batches_tracked"))


@pytest.mark.parametrize("name", SABOTAGES)
def test_the_form_that_a_sabotage_is_for_stands_on_the_right(name, asked):
    broken = SABOTAGES[name].form
    beside = "split_sum" if broken == "grouped" else "grouped"
    options = [*SMALL[1:], "--stride", "2", "--size", "7", "--sabotage", name]
    sides = [[type(module) for module in asked(*options, *forms)[:2]] for forms in (
        (), ("--forms", broken, beside), ("--forms", beside, broken))]
    assert [left for left, _ in sides] == [FORMS[beside]] * 3
    assert not any(right is FORMS[beside] for _, right in sides)


def test_a_whole_network_is_asked_about_in_two_forms(asked):
    left, right, question = asked("--network", "resnext_mini", "--forms", "concat", "split_sum", "--exact", "--size", "28")
    assert (left.form, right.form) == ("concat", "split_sum")
    assert (question["input_size"], question["floats"]) == ((1, 1, 28, 28), False)
    assert asked("--network", "resnext_mini")[2]["input_size"] == (1, 1, 224, 224)


def test_a_whole_network_is_proved_link_by_link(capsys):
    assert main(["prove", "--network", "resnext_mini", "--exact", "--size", "28", "--quiet"]) == 0
    assert "The chain, link by link: " in capsys.readouterr().out


def test_a_sabotage_is_told_with_what_it_harms_and_what_not(capsys):
    what = SABOTAGES["w2_transposed"]
    main([*SMALL, "--sabotage", "w2_transposed", "--quiet"])
    out = capsys.readouterr().out
    assert out.startswith(f"{what.title}\n  harm:    {what.harm}\n  no harm: {what.no_harm}\n\n")
    assert " ".join(out.split()).endswith(" ".join(what.explanation.split()))
    assert 90 < max(map(len, out.split("\n\n")[-1].splitlines())) <= 100


def test_on_a_terminal_the_progress_line_is_gone_at_the_end(monkeypatch):
    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(SMALL) == 0
    *lines, last = sys.stderr.getvalue().split("\r\x1b[K")
    assert lines[2] == f"{'█'}{'░' * 19}  1/16  exact"
    assert (len(lines), last) == (17, "")


def test_whoever_stops_reading_is_no_error(monkeypatch):
    def closed(*args, **kwargs):
        raise BrokenPipeError

    monkeypatch.setattr("resnext_edu.cli.prove.prove_equivalent", closed)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # given back afterwards
    assert main(SMALL) == 0
    sys.stdout.close()


@pytest.mark.parametrize(("arguments", "message"), [
    (["-C", "0"], "cardinality must be a whole number, 1 or more; got 0"),
    (["--network", "resnext_mini", "--sabotage", "path_dropped"],
     "--sabotage and --data are about one block; leave out --network, or leave them out"),
    (["--stride", "3"], "stride must be 1 (the map keeps its size) or 2 (it is halved); got 3"),
    (["--forms", "group", "concat"], "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"),
    (["--sabotage", "stride"], "unknown sabotage 'stride'; did you mean 'stride_on_1x1'? Known: " + ", ".join(SABOTAGES)),
    (["--sabotage", "bn_per_path", "--forms", "concat", "grouped"],
     "sabotage 'bn_per_path' breaks form 'split_sum', got --forms concat grouped; name 'split_sum' too"),
    (["--data", "fashion"], "unknown data set 'fashion'; did you mean 'fashion-mnist-mini'? Known: fashion-mnist-mini"),
    (["--data", "cifar10"], "unknown data set 'cifar10'; Known: fashion-mnist-mini"),  # it needs a folder
    (["--channels", "1", "2", "3"], "--channels takes the number of input channels and that of output channels, or one number for both; got 3 numbers"),
    (["--size", "0"], "--size must be a whole number, 1 or more; got 0"),
    (["--batch", "0"], "--batch must be a whole number, 1 or more; got 0"),
])
def test_a_question_that_can_not_be_put_is_one_sentence_with_status_2(arguments, message, capsys):
    assert main([*SMALL, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"resnext_edu: {message}\n"


def test_ctrl_c_says_that_nothing_was_changed(monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("resnext_edu.cli.prove.prove_equivalent", interrupted)
    assert main(SMALL) == 130
    assert "stopped; nothing was changed" in capsys.readouterr().err


def test_help_names_every_option_and_every_sabotage(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["prove", "--help"])
    out = capsys.readouterr().out
    options = "cardinality width-per-group channels stride network exact forms sabotage data size batch seed json quiet"
    assert all(f"--{option}" in out for option in options.split())
    assert all(word in out for word in [*SABOTAGES, "exit status"])


def test_as_a_module_and_without_torchs_compiler():
    """Loading the compiler alone would take longer than a proof."""
    command = [sys.executable, "-X", "importtime", "-m", "resnext_edu", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "16/16  control" in done.stderr
    assert "| torch" in done.stderr
    assert "torch._dynamo" not in done.stderr


# ---- trace ----

def test_trace_shows_the_rows_and_totals_of_a_preset(capsys):
    assert main(["trace", "resnext50_32x4d", "--input", "1,3,224,224"]) == 0
    out, err = capsys.readouterr()
    assert "layer1.0.conv2" in out
    assert "25,028,904" in out
    assert "4,230,479,872" in out
    assert err == ""


def test_trace_folds_equal_blocks_unless_all_are_asked_for(capsys):
    main(["trace", "resnet50"])
    folded = capsys.readouterr().out
    main(["trace", "resnet50", "--all"])
    whole = capsys.readouterr().out
    assert ("layer1.2.conv2" in folded, "layer1.2.conv2" in whole) == (False, True)
    assert "--all" in folded
    assert "fold=False" not in folded + whole


def test_trace_without_options_takes_an_image_and_builds_no_weights(capsys):
    before = torch.get_rng_state()
    assert main(["trace", "resnet50", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["input_size"] == [1, 3, 224, 224]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_that_looks_at_its_numbers_needs_some(tmp_path, monkeypatch, capsys):
    (tmp_path / "looks.py").write_text("from torch import nn\n\nclass Looks(nn.Conv2d):\n    def forward(self, x):\n"
                                       "        return super().forward(x) if x.sum() < 1e9 else x\n\nnet = Looks(3, 8, 1)\n")
    monkeypatch.chdir(tmp_path)
    assert main(["trace", "looks:net", "--input", "1,3,8,8"]) == 1
    assert main(["trace", "looks:net", "--input", "1,3,8,8", "--device", "cpu"]) == 0
    assert "1,536" in capsys.readouterr().out


def test_where_one_stands_comes_before_what_is_installed_and_is_forgotten_afterwards(tmp_path, monkeypatch, capsys):
    (tmp_path / "wave.py").write_text("from torch import nn\n\nnet = nn.Conv2d(3, 8, 1)\n")  # Python has one, too
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    before = [*sys.path]
    assert main(["trace", "wave:net", "--input", "1,3,8,8"]) == 0
    assert sys.path == before
    del sys.modules["wave"]


def test_without_a_command_it_says_what_there_is(capsys):
    assert main([]) == 2
    listed = capsys.readouterr().err
    assert [name for name in COMMANDS if f"\n    {name} " not in listed.replace("\n              ", " ")] == []
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert re.fullmatch(r"resnext-edu \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_an_unknown_preset_may_have_been_a_model_of_ones_own(capsys):
    assert main(["trace", "resnet5"]) == 2
    assert capsys.readouterr().err.endswith("; or module:callable\n")


def test_trace_takes_any_model_and_prints_json(capsys):
    assert main(["trace", "torchvision.models:mobilenet_v2", "--json", "--input", "2x3x64x64"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total_params"] == 3_504_872
    assert found["input_size"] == [2, 3, 64, 64]
    assert found["complete"] is True
    assert found["rows"][0]["output_shape"] == [2, 32, 32, 32]


def test_trace_in_another_form(capsys):
    assert main(["trace", "resnext_mini", "--input", "1,1,28,28", "--form", "split_sum", "--json"]) == 0
    paths = {row["path"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert "layer1.0.paths.7.conv3" in paths


def test_a_model_of_ones_own_is_found_where_one_stands(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.py").write_text("from torch import nn\n\ndef net():\n    return nn.Conv2d(3, 8, 1)\n\ndef number():\n"
                                      "    return 5\n\ndef needs(size):\n    return 5\n")
    monkeypatch.chdir(tmp_path)
    assert main(["trace", "mine:net", "--input", "1,3,8,8"]) == 0
    assert "1,536" in capsys.readouterr().out
    for name, message in [
        ("mine:nett", "unknown name in mine 'nett'; did you mean 'net'? Known: needs, net, nn, number"),
        ("mine:number", "mine:number returned a value of type int; it has to return a model, an nn.Module"),
        ("mine:needs", "mine:needs can't be built here (TypeError: needs() missing 1 required positional argument: 'size'); "
                       "name a module:callable that needs no arguments and returns a model"),
        ("nowhere:net", "nowhere:net can't be built here (ModuleNotFoundError: No module named 'nowhere'); name a "
                        "module:callable that needs no arguments and returns a model"),
    ]:
        assert main(["trace", name]) == 2
        assert capsys.readouterr().err == f"resnext_edu: {message}\n"


def test_a_model_that_talks_does_not_disturb_the_json(tmp_path, monkeypatch, capsys):
    (tmp_path / "talks.py").write_text(
        "from torch import nn\n\nprint('import')\n\nclass Talks(nn.Conv2d):\n    def forward(self, x):\n"
        "        print('forward')\n        return super().forward(x)\n\nmodel = Talks(3, 8, 1)\n\n"
        "def leaves():\n    raise SystemExit('no')\n")
    monkeypatch.chdir(tmp_path)
    assert main(["trace", "talks:model", "--input", "1,3,8,8", "--json"]) == 0  # a model itself will do, too
    out, err = capsys.readouterr()
    assert json.loads(out)["total_macs"] == 1536
    assert err == "import\nforward\n"
    assert main(["trace", "talks:leaves"]) == 2
    assert capsys.readouterr().err.startswith("resnext_edu: talks:leaves can't be built here (SystemExit: no); name a ")


def test_a_trace_that_stops_on_the_way_shows_its_rows(tmp_path, monkeypatch, capsys):
    (tmp_path / "breaks.py").write_text(
        "from torch import nn\n\ndef net():\n    return nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(9, 8, 1))\n")
    monkeypatch.chdir(tmp_path)
    assert main(["trace", "breaks:net", "--input", "1,3,8,8", "--json"]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["complete"] is False
    assert [row["path"] for row in found["rows"]] == ["0"]
    assert err.startswith("resnext_edu: 1 (Conv2d)")


@pytest.mark.parametrize(("arguments", "message"), [
    (["resnext50"], "unknown preset 'resnext50'; did you mean "),
    (["resnet50", "--input", "224"], "the model (ResNeXt) got (224,) and raised ConfigError: this network reads images of shape (N, 3, H, W)"),
    (["resnet50", "--input", "a,b"], "--input takes numbers such as 1,3,224,224; got 'a,b'"),
    (["resnet50", "--input", "8:int46"], "unknown dtype 'int46'; did you mean 'int64'? Known: float32, "),
    (["resnet50", "--input", "mask=:bool"], "--input takes numbers such as 1,3,224,224; got 'mask=:bool' (with a dtype: "
                                            "1,8:int64; with a name: mask=1,8:bool)"),
    (["resnet50", "--input", "0,8:int64"], "every number of --input must be a whole number, 1 or more; got 0"),
    (["models/x.py:Net"], "models/x.py:Net is a path; write the module and the class or function: models.x:Net"),
    ([".\\models\\x.py"], ".\\models\\x.py is a path; write the module and the class or function: models.x:NAME"),
    (["/models/x.py:Net"], "/models/x.py:Net is a path; write the module and the class or function: x:Net, from the "
                            "folder /models"),
    (["resnet50", "--input", "1,8:quint8"], "unknown dtype 'quint8'; did you mean 'uint8'? Known: float32, "),
    (["resnet50", "--input", "a=1,8", "--input", "a=1,9"], "--input gives 'a' twice; write each argument once, such as mask=1,8:bool"),
    (["resnet50", "--input", "=1,8"], "--input gives '' with a name that no argument can have; write each argument once, "),
    (["resnet50", "--input", "a=b=1,8"], "--input gives 'a=b' with a name that no argument can have; write each argument once, "),
    (["resnet50", "--form", "sum"], "unknown form 'sum'; "),
    (["torchvision.models:vgg11", "--form", "concat"], "--form is for the presets of this course; leave it out, "),
])
def test_a_trace_that_can_not_be_made_is_one_sentence(arguments, message, capsys):
    assert main(["trace", *arguments]) in (1, 2)
    assert capsys.readouterr().err.startswith(f"resnext_edu: {message}")


TRANSLATOR = """
from torch import nn
class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.last = nn.Embedding(10, 4), nn.Linear(4, 2)
    def forward(self, ids, mask=None, bias=0):
        assert mask is None or mask.dtype.is_floating_point is False
        return self.last(self.words(ids)) * (1 if mask is None else mask[..., None]) + bias
"""


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(("inputs", "sizes"), [
    (["1,8:int64"], [1, 8]), (["8:int64"], [8]), (["1,8:int64", "mask=1,8:bool"], [[1, 8], [1, 8]]),
    (["ids=1,8:int64", "bias=2"], [[1, 8], [2]]), (["1,8:int32", "1,8:bool", "2:float64"], [[1, 8], [1, 8], [2]])])
def test_trace_takes_several_inputs_with_a_dtype_and_a_name(inputs, sizes, device, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "translators.py").write_text(TRANSLATOR)
    options = [word for text in inputs for word in ("--input", text)]
    assert main(["trace", "translators:Translator", "--device", device, "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["input_size"], found["total_macs"]) == (sizes, 8 * 4 * 2)


def test_floats_for_an_embedding_are_told_to_be_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "translators.py").write_text(TRANSLATOR)
    assert main(["trace", "translators:Translator", "--input", "1,8"]) == 1
    assert capsys.readouterr().err.rstrip().endswith("in a terminal --input 1,8:int64")


# ---- train, evaluate, sweep ----

QUICK = ["train", "--epochs", "2", "--batch-size", "8", "--threads", "1"]


def few_images(options=None) -> Images:
    """In place of 5,000."""
    learn, test = split(26, classes=3), split(10, classes=3, seed=1)
    return Images("few", learn.images, learn.labels, test.images, test.labels, learn.classes, "")


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr("resnext_edu.cli.train.images_of", few_images)
    monkeypatch.setattr("resnext_edu.cli.evaluate.images_of", few_images)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def interrupted(monkeypatch, step, times=1):
    """Ctrl-C in this step of the next training."""
    class Interrupted(training_folder.ResNeXt):
        seen = 0

        def forward(self, x):
            if self.training:
                Interrupted.seen += 1
                for _ in range(times if Interrupted.seen == step + 1 else 0):
                    signal.raise_signal(signal.SIGINT)
            return super().forward(x)

    Interrupted.__name__ = "ResNeXt"
    monkeypatch.setattr(training_folder, "ResNeXt", Interrupted)


def files(folder: Path) -> dict:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.name != ".lock"}


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("resnext_edu.cli.train.images_of", few_images)
        patch.setattr(torch.cuda, "is_available", lambda: False)
        assert main([*QUICK, "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def first(few, trained_once, tmp_path, capsys):
    """A folder with a training that is over."""
    capsys.readouterr()
    return shutil.copytree(trained_once, tmp_path / "first")


def test_train_says_what_came_out_and_where_it_is(few, tmp_path, capsys):
    out = tmp_path / "first"
    assert main([*QUICK, "--out", str(out), "--quiet"]) == 0
    printed, err = capsys.readouterr()
    last = (out / "history.csv").read_text().splitlines()[-1].split(",")
    assert printed == (f"History: 2 of 2 epochs, training loss {float(last[3]):.3f}, validation accuracy {100 * float(last[6]):.1f} %\n"
                       f"{out / 'model.pt'}: the weights; {out / 'history.csv'}: each epoch\n")
    assert err == ""
    assert {*files(out)} == {"last.pt", "model.pt", "history.csv"}
    state = torch.load(out / "model.pt", weights_only=True)
    assert {"conv1.weight", "layer1.0.conv1.weight", "layer1.0.bn3.bias", "layer1.0.downsample.0.weight", "fc.bias"} <= {*state}
    assert state["fc.weight"].shape[0] == 3


def test_train_again_changes_no_byte_and_no_time(first, capsys):
    before = files(first)
    assert main([*QUICK, "--out", str(first)]) == 0
    assert files(first) == before
    assert capsys.readouterr().out.startswith("History: 2 of 2 epochs")


def test_another_form_gives_weights_of_the_same_names(first, tmp_path):
    assert main([*QUICK, "--form", "split_sum", "--out", str(tmp_path / "sum")]) == 0
    a, b = (torch.load(folder / "model.pt", weights_only=True) for folder in (first, tmp_path / "sum"))
    assert [*a] == [*b]


@pytest.mark.parametrize(("options", "text"), [
    (["--seed", "3"], "seed is 0 there, and 3 here"),
    (["--lr", "0.2"], "lr is 0.1 there, and 0.2 here"),
    (["--recipe", "cifar"], "crop is 'none' there, and 'pad' here"),
    (["--epochs", "3"], "epochs is 2 there, and 3 here"),
    (["--form", "concat"], "form='grouped')\" there, and "),
    (["--model", "resnext29"], "model is \"ResNeXt("),
])
def test_another_training_is_refused_in_a_folder_that_has_one(first, options, text, capsys):
    before = files(first)
    assert main([*QUICK, "--out", str(first), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"resnext_edu: {first / 'last.pt'} belongs to another run: ")
    assert text in err
    assert err.count("\n") == 1
    assert files(first) == before


def test_two_trainings_in_one_folder_are_refused(first, capsys, monkeypatch):
    from filelock import FileLock

    before = files(first)
    with FileLock(first / ".lock"):
        assert main([*QUICK, "--out", str(first)]) == 2
    assert capsys.readouterr().err == f"resnext_edu: another process trains in {first}; wait for its end, or choose another folder\n"
    assert files(first) == before


def test_ctrl_c_in_a_training_is_status_130_and_the_same_command_goes_on(first, tmp_path, monkeypatch, capsys):
    stopped = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        interrupted(patch, 4)
        assert main([*QUICK, "--out", str(stopped)]) == 130
    out, err = capsys.readouterr()
    assert re.fullmatch(r"History: stopped after 5 of 6 steps, 1 of 2 epochs, training loss .*\nthe same command goes on from here\n", out)
    assert err == ""
    assert main([*QUICK, "--out", str(stopped)]) == 0
    for name in ("model.pt", "history.csv"):
        assert (stopped / name).read_bytes() == (first / name).read_bytes()


def test_a_second_ctrl_c_says_what_is_true(few, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        interrupted(patch, 4, times=2)
        assert main([*QUICK, "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr() == ("", "\nresnext_edu: stopped; the same command goes on from the last checkpoint\n")
    assert main([*QUICK, "--out", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(("options", "message"), [
    (["--form", "group"], "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"),
    (["--recipe", "shrt"], "unknown recipe 'shrt'; did you mean 'short'? Known: paper, cifar, short"),
    (["--model", "resnext_min"], "unknown model 'resnext_min'; did you mean 'resnext_mini'? Known: "),
    (["--epochs", "0"], "epochs must be a whole number, 1 or more; got 0"),
    (["--batch-size", "27"], "there are 26 images, and a batch has 27; take a batch_size of at most 26"),
    (["--lr", "-1"], "lr must be a number above 0; got -1.0"),
    (["--lr", "nan"], "lr must be a number above 0; got nan"),
    (["--seed", "9" * 30], f"seed must be a whole number of at most 64 bits; got {'9' * 30}"),
    (["--images", "0"], "--images must be a whole number, 1 or more; got 0"),
    (["--threads", "0"], "--threads must be a whole number, 1 or more; got 0"),
    (["--save-every", "0"], "save_every must be a whole number, 1 or more; got 0"),
])
def test_a_training_that_can_not_be_is_one_sentence(few, tmp_path, options, message, capsys):
    assert main([*QUICK, "--out", str(tmp_path / "out"), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"resnext_edu: {message}")
    assert err.count("\n") == 1


def test_an_unknown_data_set_offers_the_nearest(tmp_path, capsys):
    assert main(["train", "--data", "fashion-mnist-mimi", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("resnext_edu: unknown data set 'fashion-mnist-mimi'; did you mean 'fashion-mnist-mini'? ")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_can_not_be_one_is_one_sentence(few, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main([*QUICK, "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == f"resnext_edu: the folder {tmp_path / 'file'} can't be used (File exists); choose another one\n"


def test_only_the_first_images_are_learned(few, tmp_path, capsys):
    assert main([*QUICK, "--images", "17", "--out", str(tmp_path)]) == 0
    assert [line.split(",")[1] for line in (tmp_path / "history.csv").read_text().splitlines()] == ["steps", "2", "4"]


KILLED = ["train", "--epochs", "16", "--batch-size", "8", "--threads", "1", "--save-every", "1", "--quiet"]
SCRIPT = """
import sys
import torch
from resnext_edu.cli import main, train
from tests.test_cli import few_images

train.images_of = few_images
torch.cuda.is_available = lambda: False
sys.exit(main(sys.argv[1:]))
"""


def test_a_training_that_is_killed_from_outside_goes_on_to_the_same_bits(few, tmp_path):
    """A real process, and a SIGKILL at a moment that nobody has chosen."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, *KILLED, "--out", str(killed)], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        end = time.time() + 120
        while not (killed / "last.pt").exists():
            assert child.poll() is None, child.stderr.read()
            assert time.time() < end
            time.sleep(.01)
        time.sleep(.2)
    finally:
        child.kill()
        child.wait()
        child.stderr.close()
    assert 0 < len(torch.load(killed / "last.pt", weights_only=True)["losses"]) < 48
    assert not (killed / "model.pt").exists()
    assert main([*KILLED, "--out", str(killed)]) == main([*KILLED, "--out", str(whole)]) == 0
    for name in ("model.pt", "history.csv"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_evaluate_prints_the_accuracy_with_its_interval(first, capsys):
    last = (first / "history.csv").read_text().splitlines()[-1].split(",")
    assert main(["evaluate", str(first / "model.pt")]) == 0
    out, err = capsys.readouterr()
    correct = round(10 * float(last[6]))
    assert re.fullmatch(rf"Score: {correct} of 10 correct: {10 * correct}\.0 %, with 95 % confidence [\d.]+ to [\d.]+ %; loss {float(last[5]):.3f}\n", out)
    assert err == ""
    assert main(["evaluate", str(first / "model.pt"), "--split", "train", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [*found] == ["loss", "correct", "count", "accuracy", "low", "high"]
    assert found["count"] == 26
    assert found["low"] < found["accuracy"] == found["correct"] / 26 < found["high"]


@pytest.mark.parametrize(("name", "options", "message"), [
    ("model.pt", ["--model", "resnext29"], "model.pt lacks "),
    ("model.pt", ["--model", "resnext_min"], "unknown model 'resnext_min'; did you mean 'resnext_mini'? Known: "),
    ("model.pt", ["--split", "tests"], "unknown split 'tests'; did you mean 'test'? Known: test, train"),
    ("nothing.pt", [], "nothing.pt; weights= takes one that torch.save"),
    ("history.csv", [], "can't be read as weights ("),
    (".", [], " is a folder; weights= takes a file"),
])
def test_weights_that_do_not_fit_are_one_sentence(first, name, options, message, capsys):
    assert main(["evaluate", str(first / name), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("resnext_edu: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_checkpoint_of_a_training_is_evaluated_as_the_weights_in_it_are(first, capsys):
    found = [main(["evaluate", str(first / name), "--json"]) or json.loads(capsys.readouterr().out)
             for name in ("model.pt", "last.pt")]
    assert found[0] == found[1]


def test_a_sweep_that_can_not_be_is_one_sentence(tmp_path, capsys):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for options, message in (
        (["cardinalty"], "unknown sweep 'cardinalty'; did you mean 'cardinality'? Known: shortcut, cardinality\n"),
        (["--workers", "0"], "workers must be a whole number, 1 or more; got 0\n"),
        (["--out", str(tmp_path / "other.csv")], f"{tmp_path / 'other.csv'} has the columns ['a', 'b'], and not those of a sweep: "),
        (["--out", str(tmp_path / "no" / "where.csv")], f"the folder {tmp_path / 'no'} does not exist; make it first"),
    ):
        assert main(["sweep", "--out", str(tmp_path / "new.csv"), *options]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"resnext_edu: {message}")


def test_ctrl_c_in_a_sweep_says_that_what_is_done_is_kept(monkeypatch, capsys):
    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("resnext_edu.cli.sweep.run_sweeps", stopped)
    assert main(["sweep"]) == 130
    assert capsys.readouterr().err == "\nresnext_edu: stopped; the runs that are done are in the file, and the same command does the others\n"


def test_every_option_of_a_sweep_reaches_it(monkeypatch, tmp_path, capsys):
    seen = []
    monkeypatch.setattr("resnext_edu.cli.sweep.run_sweeps", lambda names, path, **more: seen.append((names, path, more)) or [1, 2])
    assert main(["sweep"]) == 0
    assert capsys.readouterr().out == "2 runs in sweep.csv\n"
    main(["sweep", "shortcut", "--out", str(tmp_path / "x.csv"), "--workers", "3", "--quiet"])
    assert seen == [(["shortcut", "cardinality"], Path("sweep.csv"), {"workers": 1, "progress": True}),
                    (["shortcut"], tmp_path / "x.csv", {"workers": 3, "progress": False})]


@pytest.mark.parametrize("command", [prove, trace, train, evaluate, sweep])
def test_help_explains_every_option_and_every_exit_status(command, capsys):
    parser = argparse.ArgumentParser()
    command.add_to(parser.add_subparsers())
    name = command.__name__.rpartition(".")[2]
    options = parser._subparsers._group_actions[0].choices[name]._actions
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    out = capsys.readouterr().out
    assert all(option.help for option in options)
    assert all(option.option_strings[-1] in out for option in options if option.option_strings)
    assert "exit status: 0 " in out
    assert f"python -m resnext_edu {name}" in out.partition("examples:")[2]
    assert max(map(len, out.splitlines())) <= 120
