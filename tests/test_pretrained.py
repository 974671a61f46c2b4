"""Trained weights, all of them or none: from a hub cache filled on the spot, since tests have no internet."""
from email.message import Message
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from helpers import same_state
from safetensors.torch import save_file
from torchvision.models import ResNet50_Weights, ResNeXt50_32X4D_Weights

from resnext_edu import ResNeXt, ResNeXtConfig, randomise_batchnorm, resnext29, resnext50_32x4d, resnext_mini
from resnext_edu.errors import WeightsError

FILE = "resnext50_32x4d-1a0047aa.pth"  # torchvision's name for IMAGENET1K_V2


@pytest.fixture(scope="module")
def trained() -> dict:
    """Weights that no seed gives."""
    return randomise_batchnorm(ResNeXt(ResNeXtConfig()), 7).state_dict()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty hub cache, and no internet."""
    def no_internet(*args, **kwargs):
        raise URLError("Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", no_internet)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("weights", [
    "IMAGENET1K_V2", "DEFAULT", "ResNeXt50_32X4D_Weights.IMAGENET1K_V2", ResNeXt50_32X4D_Weights.IMAGENET1K_V2])
def test_what_torchvision_takes_is_taken(cache, trained, weights):
    torch.save(trained, cache / FILE)
    assert same_state(resnext50_32x4d(weights=weights).state_dict(), trained)


@pytest.mark.parametrize("progress", [{}, {"progress": False}, {"progress": True}])
def test_a_download_is_checked_and_shows_how_far_it_is_unless_told_not_to(monkeypatch, trained, progress):
    asked = {}

    def download(url, **kwargs):
        asked.update(kwargs)
        return trained

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    resnext50_32x4d(weights="DEFAULT", **progress)
    assert asked == {"progress": True, **progress, "check_hash": True, "map_location": "cpu", "weights_only": True}


def test_they_go_into_any_form(tmp_path):
    trained = resnext_mini().state_dict()
    torch.save(trained, tmp_path / "mini.pth")
    model = resnext_mini(weights=tmp_path / "mini.pth", form="split_sum")
    assert model.form == "split_sum"
    assert same_state(model.to_form("grouped").state_dict(), trained)


@pytest.mark.parametrize("kind", [str, lambda path: path])
@pytest.mark.parametrize("name", ["mini.pth", "mini"])
def test_a_file_is_taken(tmp_path, kind, name):
    model = resnext_mini()
    torch.save(model.state_dict(), tmp_path / name)
    assert same_state(resnext_mini(weights=kind(tmp_path / name)).state_dict(), model.state_dict())


def test_old_weights_without_batchnorms_counters_are_taken(tmp_path):
    model = resnext_mini()
    torch.save({k: v for k, v in model.state_dict().items() if "num_batches" not in k}, tmp_path / "old.pth")
    assert same_state(resnext_mini(weights=tmp_path / "old.pth").state_dict(), model.state_dict())


def told(text: str, build, *args, **kwargs) -> str:
    with pytest.raises(WeightsError) as error:
        build(*args, **kwargs)
    assert text in str(error.value)
    return str(error.value)


def test_without_internet_the_address_and_two_ways_out_are_told(cache):
    text = told("could not be fetched (URLError: <urlopen error Name or service not known>)",
                resnext50_32x4d, weights="DEFAULT")
    assert text.startswith(f"https://download.pytorch.org/models/{FILE} ")
    assert text.endswith(f"without internet, download it elsewhere and put it into {cache}, or pass its path as weights=")
    assert not list(cache.iterdir())


def test_a_truncated_download_is_to_be_deleted(cache, trained):
    torch.save(trained, cache / FILE)
    whole = (cache / FILE).read_bytes()
    (cache / FILE).write_bytes(whole[:len(whole) // 2])
    told("; delete it and run this again, so that it is fetched once more", resnext50_32x4d, weights="DEFAULT")


def test_a_download_with_a_wrong_checksum_is_not_kept(cache, trained, monkeypatch, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "wrong.pth")
    monkeypatch.setattr("torch.hub.urlopen", lambda *args, **kwargs: Answer(tmp_path / "wrong.pth"))
    told('invalid hash value (expected "1a0047aa"', resnext50_32x4d, weights="DEFAULT", progress=False)
    assert not list(cache.iterdir())


class Answer:
    """What urlopen gives: something to read, with headers."""

    def __init__(self, path):
        self.read = path.open("rb").read
        self.headers = Message()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def info(self):
        return self.headers


class Thing:
    """What a checkpoint must not be able to bring along."""


@pytest.mark.parametrize(("content", "message"), [
    (b"not weights", "x.pth (11 bytes) can't be read as weights (UnpicklingError: "),
    (Thing(), "can't be read as weights: it holds other objects of Python, such as a whole model"),
    ([1, 2], "x.pth holds [1, 2], not a state_dict; pass a file that torch.save(model.state_dict(), path) wrote for"),
    ({"state_dict": {}, "epoch": 3}, "x.pth holds more than tensors: state_dict, epoch; pass a file that"),
    (dict.fromkeys("abcdef", 1), "x.pth holds more than tensors: a, b, c, d; pass a file that"),
    (lambda state: state | {"more": torch.zeros(1)},
     "x.pth has all entries of the network, and more, which the network does not know; leave out what is no part of it"),
    (lambda state: {"body." + k: v for k, v in state.items() if "layer" not in k},
     "x.pth lacks conv1.weight and 66 more, and has body.conv1.weight and 7 more that the network does not"),
    (lambda state: {k: v for k, v in state.items() if k != "bn1.bias"},
     "x.pth lacks bn1.bias, and has no entry that the network does not know; pass"),
    (lambda state: state | {"layer2.0.conv2.weight": torch.zeros(64, 4, 3, 3)},
     "layer2.0.conv2.weight has shape (64, 4, 3, 3) in "),
], ids=["bytes", "pickle", "list", "wrapped", "six", "surplus", "elsewhere", "incomplete", "shape"])
def test_a_foreign_file_is_refused(tmp_path, content, message):
    path = tmp_path / "x.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content(resnext_mini().state_dict()) if callable(content) else content, path)
    told(message, resnext_mini, weights=path)


def test_another_number_of_classes_is_told_with_the_repair(tmp_path):
    torch.save(resnext_mini(num_classes=7).state_dict(), tmp_path / "seven.pth")
    text = told("fc.weight has shape (7, 256) in ", resnext_mini, weights=tmp_path / "seven.pth")
    assert text.endswith(", (10, 256) in the network; build it with num_classes=7, and put another fc in afterwards; "
                         "load_classifier builds it so if you give it the names of 7 classes")


@pytest.mark.parametrize("weights", [ResNet50_Weights.DEFAULT, "ResNet50_Weights.DEFAULT"])
def test_weights_of_another_network_are_not_even_fetched(monkeypatch, weights):
    monkeypatch.setattr("resnext_edu.pretrained._fetch", None)
    text = told("unknown weights ", resnext50_32x4d, weights=weights)
    assert text.endswith("Known: IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT; or pass the path of a .pth file")


def test_unknown_weights(tmp_path):
    told("unknown weights 'IMAGENET1K_V9'; did you mean 'IMAGENET1K_V2'? Known: IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT; "
         "or pass the path of a .pth file", resnext50_32x4d, weights="IMAGENET1K_V9")
    told("unknown weights 'DEFAULT'; nobody has published any for resnext29; pass", resnext29, weights="DEFAULT")
    told(f"no file {tmp_path / 'gone.pth'}; weights= takes", resnext_mini, weights=tmp_path / "gone.pth")
    told("unknown weights 5; ", resnext50_32x4d, weights=5)
    told(f"unknown weights '{'x' * 80}'…; Known: ", resnext50_32x4d, weights="x" * 500)
    told("unknown weights a Tensor of shape (50, 50) and torch.float32; ", resnext50_32x4d, weights=torch.rand(50, 50))
    told("unknown weights a ResNeXt; Known: FASHION_MNIST_MINI, DEFAULT; or pass the path", resnext_mini, weights=resnext_mini())
    for too_long in ("x" * 500 + ".pth", Path("x" * 500)):  # no file can have such a name
        told(f"no file {'x' * 300}…; weights= takes", resnext50_32x4d, weights=too_long)


@pytest.mark.parametrize("weights", ["https://host/x.pth", Path("https://host/x.pth")])
def test_an_address_is_told_whole_with_how_to_download_it(weights):
    assert told("", resnext_mini, weights=weights) == (
        "https://host/x.pth is an address, and weights= takes a name or a file on this computer; download it first, with "
        "torch.hub.download_url_to_file('https://host/x.pth', 'weights.pth')")


@pytest.mark.parametrize("checkpoint", [
    lambda s: {"epoch": 3, "state_dict": s, "optimizer": {"state": {}, "param_groups": []}},
    lambda s: {"module." + k: v for k, v in s.items()},
    lambda s: {"_orig_mod." + k: v for k, v in s.items()},
    lambda s: {"model_ema": {"module.backbone." + k: v for k, v in s.items()}},
    lambda s: {"n_averaged": torch.tensor(3)} | {"module." + k: v for k, v in s.items()},
], ids=["checkpoint", "parallel", "compiled", "both", "averaged"])
def test_a_checkpoint_is_taken_as_it_comes(tmp_path, checkpoint):
    state = randomise_batchnorm(resnext_mini(), 3).state_dict()
    torch.save(checkpoint(state), tmp_path / "x.pth")
    assert same_state(resnext_mini(weights=tmp_path / "x.pth").state_dict(), state)


def test_of_several_sets_of_weights_one_has_to_be_chosen(tmp_path):
    state = resnext_mini().state_dict()
    torch.save({"state_dict_ema": state, "model": state}, tmp_path / "x.pth")
    place = str(tmp_path / "x.pth")
    assert told("several sets", resnext_mini, weights=tmp_path / "x.pth") == (
        f"{place} holds a checkpoint with several sets of weights, 'state_dict_ema' and 'model'; take the one that you mean: "
        f"torch.save(torch.load({place!r}, map_location='cpu')['state_dict_ema'], 'weights.pth')")


def test_a_safetensors_file_is_taken(tmp_path):
    state = randomise_batchnorm(resnext_mini(), 3).state_dict()
    save_file(state, tmp_path / "x.safetensors")
    assert same_state(resnext_mini(weights=tmp_path / "x.safetensors").state_dict(), state)
    (tmp_path / "y.safetensors").write_bytes(b"not one")
    told("y.safetensors (7 bytes) can't be read as weights (", resnext_mini, weights=tmp_path / "y.safetensors")


def test_somebody_elses_colours_and_further_lines_stay_out(tmp_path, monkeypatch):
    def load(*args, **kwargs):
        raise RuntimeError("\x1b[1mno way\x1b[0m\nand more")

    monkeypatch.setattr("torch.load", load)
    (tmp_path / "x.pth").write_bytes(b"")
    told("can't be read as weights (RuntimeError: no way); it is", resnext_mini, weights=tmp_path / "x.pth")
