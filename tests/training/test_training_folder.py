"""A training in a folder of its own: three files, one training at a time, and the same call again goes on."""
import csv
import io
import re
import signal
from pathlib import Path

import pytest
import torch
from torchvision.models.resnet import Bottleneck, ResNet

from resnext_edu import CheckpointError, ResNeXt, ResNeXtConfig, TrainingError, evaluate
from resnext_edu.data.images import Images
from resnext_edu.training import in_folder as of_folder
from resnext_edu.training.in_folder import as_csv, train_in_folder
from tests.training.small import RECIPE, split

CONFIG = ResNeXtConfig(layers=(1, 1), cardinality=2, width_per_group=2, num_classes=4, in_channels=1, stem_type="cifar",
                       stem_width=4, expansion=1)
SHORT = RECIPE.replace(epochs=2)


def images() -> Images:
    train, test = split(), split(10, seed=1)
    return Images("small", train.images, train.labels, test.images, test.labels, train.classes, "")


def trained(folder, config=CONFIG, recipe=SHORT, seed=0, **more):
    few = images()
    return train_in_folder(config, few.train, few.test, recipe, seed, folder, progress=False, **more)


def contents(folder: Path) -> dict:
    return {name: ((folder / name).read_bytes(), (folder / name).stat().st_mtime_ns) for name in ("last.pt", "model.pt", "history.csv")}


def interrupted_at(monkeypatch, step):
    """Ctrl-C in this step of the next training."""
    class Interrupted(ResNeXt):
        seen = 0

        def forward(self, x):
            if self.training:
                Interrupted.seen += 1
                if Interrupted.seen == step + 1:
                    signal.raise_signal(signal.SIGINT)
            return super().forward(x)

    Interrupted.__name__ = "ResNeXt"
    monkeypatch.setattr(of_folder, "ResNeXt", Interrupted)


def test_three_files_are_made_and_the_folders_above_them(tmp_path):
    history = trained(tmp_path / "a" / "b")
    folder = tmp_path / "a" / "b"
    assert history.finished
    assert {path.name for path in folder.iterdir()} - {".lock"} == {"last.pt", "model.pt", "history.csv"}
    rows = [*csv.DictReader(io.StringIO((folder / "history.csv").read_text()))]
    assert [{key: float(value) for key, value in row.items()} for row in rows] == history.to_records()  # to the last bit
    model = ResNeXt(CONFIG)
    model.load_state_dict(torch.load(folder / "model.pt", weights_only=True))
    assert evaluate(model, images().test).accuracy == history.epochs[-1].validation_accuracy


def test_the_weights_have_torchvisions_names():
    net = ResNet(Bottleneck, [2, 2, 2, 2], groups=2, width_per_group=4)
    theirs = {name for name in net.state_dict() if not name.startswith(("layer3", "layer4"))}
    config = ResNeXtConfig(layers=(2, 2), cardinality=2, width_per_group=4)
    assert {*ResNeXt(config).state_dict()} == theirs
    assert "layer1.0.conv1.weight" in theirs


@pytest.mark.parametrize("form", ["split_sum", "concat"])
def test_the_weights_are_those_of_form_c_whatever_was_trained(form, tmp_path):
    history = trained(tmp_path, form=form)
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    assert [*state] == [*ResNeXt(CONFIG).state_dict()]
    model = ResNeXt(CONFIG)
    model.load_state_dict(state)
    assert evaluate(model, images().test).loss == pytest.approx(history.epochs[-1].validation_loss, rel=1e-4)


def test_the_same_call_again_changes_no_byte_and_no_time(tmp_path):
    first = trained(tmp_path)
    before = contents(tmp_path)
    assert trained(tmp_path) == first
    assert contents(tmp_path) == before


def test_the_seed_decides_the_first_weights_and_torchs_own_numbers_stay(tmp_path):
    models = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        trained(tmp_path / name, seed=seed)
        models[name] = (tmp_path / name / "model.pt").read_bytes()
        torch.rand(1)
    assert models["a"] == models["b"] != models["c"]
    before = torch.get_rng_state()
    trained(tmp_path / "d")
    assert torch.equal(torch.get_rng_state(), before)


def test_it_goes_on_after_a_stop(tmp_path, monkeypatch):
    trained(tmp_path / "whole")
    interrupted_at(monkeypatch, 3)
    assert not trained(tmp_path / "stopped").finished
    assert (tmp_path / "stopped" / "history.csv").read_text().count("\n") == 2  # the header, and one epoch
    monkeypatch.undo()
    assert trained(tmp_path / "stopped").finished
    for name in ("model.pt", "history.csv"):
        assert (tmp_path / "stopped" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(("changes", "text"), [
    ({"seed": 3}, "seed is 0 there, and 3 here"),
    ({"recipe": SHORT.replace(lr=.2)}, "lr is 0.05 there, and 0.2 here"),
    ({"form": "concat"}, "model is "),
    ({"config": CONFIG.replace(cardinality=4, width_per_group=1)}, "model is "),
])
def test_another_training_is_refused_and_nothing_is_changed(tmp_path, changes, text):
    trained(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match=f"^{re.escape(str(tmp_path / 'last.pt'))} belongs to another run: {re.escape(text)}"):
        trained(tmp_path, **changes)
    assert contents(tmp_path) == before


def test_two_at_once_are_refused(tmp_path, monkeypatch):
    texts = []
    whole = of_folder.fit

    def fit(*args, **kwargs):
        with pytest.raises(CheckpointError) as error:
            trained(tmp_path)
        texts.append(str(error.value))
        return whole(*args, **kwargs)

    monkeypatch.setattr(of_folder, "fit", fit)
    assert trained(tmp_path).finished
    assert texts == [f"another process trains in {tmp_path}; wait for its end, or choose another folder"]
    monkeypatch.undo()
    trained(tmp_path)  # the lock is gone


def test_the_lock_is_gone_after_an_error_too(tmp_path):
    (tmp_path / "last.pt").write_bytes(b"half")
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"last\.pt \(4 bytes\) can't be read as a checkpoint"):
            trained(tmp_path)
    assert not (tmp_path / "model.pt").exists()


def test_a_folder_that_can_not_be_used_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, why in ((tmp_path / "file", "File exists"), (tmp_path / "file" / "in", "Not a directory")):
        with pytest.raises(CheckpointError, match=f"^the folder {re.escape(str(folder))} can't be used \\({why}\\); choose another one$"):
            trained(folder)
    with pytest.raises(CheckpointError, match=r"x… can't be used \(File name too long\); choose another one$"):
        trained(tmp_path / ("x" * 300))


def test_a_loss_that_is_no_number_leaves_no_weights(tmp_path):
    with pytest.raises(TrainingError, match=r"^the loss of step \d of 6 is nan, at a learning rate of \S+; the weights are those before"):
        trained(tmp_path, recipe=SHORT.replace(lr=1e30, warmup=0))
    assert not (tmp_path / "model.pt").exists()


def test_other_processes_of_torchrun_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(of_folder, "is_leader", lambda: False)
    monkeypatch.setattr("resnext_edu.training.alone.is_leader", lambda: False)
    folder = tmp_path / "in" / "there"  # each process makes it: any of them may come first
    trained(folder)
    assert [path.name for path in folder.iterdir()] == ["last.pt"]  # `fit` here is one process, and so it leads


def test_a_table_without_an_epoch_has_a_header(tmp_path, monkeypatch):
    interrupted_at(monkeypatch, 0)
    history = trained(tmp_path)
    assert as_csv(history).startswith(b"epoch")
    assert (tmp_path / "history.csv").read_bytes() == as_csv(history)
