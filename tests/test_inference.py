"""A trained network and all that it needs: offline with the package's weights, online from a hub cache made on the spot."""
import json
import os
import re
import shutil
import subprocess
import sys
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
import torch
from helpers import same_state
from PIL import Image
from torchvision import models

from resnext_edu import (
    Classifier,
    Preparation,
    ResNeXt,
    ResNeXtConfig,
    Score,
    evaluate,
    load_classifier,
    load_images,
    randomise_batchnorm,
    resnext29,
    resnext_mini,
    saved_classifier,
)
from resnext_edu import shipped as room
from resnext_edu.cli import main
from resnext_edu.errors import CheckpointError, ConfigError, DataError, WeightsError
from resnext_edu.inference.photo import inverted, photo
from resnext_edu.shipped import SHIPPED, Shipped

OURS = SHIPPED["resnext_mini"]["DEFAULT"]
FILE = "resnext50_32x4d-7cdf4587.pth"  # torchvision's name for IMAGENET1K_V1


@pytest.fixture(scope="module")
def images():
    return load_images()


@pytest.fixture(scope="module")
def classifier():
    return load_classifier()


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


def png(path, pixels):
    Image.fromarray(pixels).save(path)
    return path


# The weights that come with the package

def test_the_shipped_weights_are_small_and_what_their_card_says(images, classifier):
    known = OURS.meta
    score = evaluate(classifier.model, images.test)
    assert known["size"] <= 2_000_000
    assert abs(score.correct - known["correct"]) <= 2  # another processor rounds otherwise
    assert score.count == known["count"] == sum(len(images.test[images.test_labels == k]) for k in range(10))
    assert sum(known["by_class"].values()) == known["correct"]
    assert known["categories"] == list(images.classes)
    assert known["preprocessing"] | {"mean": list(images.preprocessing.mean), "std": list(images.preprocessing.std)} == known["preprocessing"]


def test_the_card_says_what_one_has_to_know(classifier):
    card = classifier.card.text()
    for word in ("trained on", "recipe", "seed 0", "95 % confidence", "licence", "MIT", "not for", "python -m resnext_edu train"):
        assert word in card
    low, high = Score(0.0, OURS.meta["correct"], OURS.meta["count"]).interval
    assert f"{100 * low:.1f} to {100 * high:.1f} %" in card


def test_the_preset_takes_them_too(classifier):
    assert same_state(resnext_mini(weights="DEFAULT").state_dict(), classifier.model.state_dict())
    assert same_state(resnext_mini(weights="FASHION_MNIST_MINI").state_dict(), classifier.model.state_dict())


@pytest.mark.parametrize(("harm", "words"), [
    (lambda path: path.unlink(), "can't be read (No such file or directory): expected"),
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), "is damaged: expected"),
    (lambda path: path.write_bytes(b"\0" + path.read_bytes()[1:]), "is damaged: expected"),
])
def test_damaged_weights_are_refused_with_a_repair(tmp_path, monkeypatch, harm, words):
    for ending in ("pt", "json"):
        shutil.copy(room.WEIGHTS_FOLDER / f"{OURS.file}.{ending}", tmp_path)
    monkeypatch.setattr(room, "WEIGHTS_FOLDER", tmp_path)
    harm(tmp_path / f"{OURS.file}.pt")
    with pytest.raises(WeightsError) as error:
        Shipped(OURS.name, OURS.file).get_state_dict()
    assert words in str(error.value)
    assert "git checkout -- resnext_edu/assets" in str(error.value)


def test_a_missing_card_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(WeightsError, match="the card of the weights, can't be read"):
        _ = Shipped(OURS.name, OURS.file).meta


# What a network reads

def test_it_reads_what_it_was_trained_on_to_the_bit(images, classifier):
    assert torch.equal(classifier.inputs(*images.test_images[:20]), images.test[:20].inputs())


def test_what_it_sees_is_what_it_reads_as_pixels(images, classifier):
    assert torch.equal(classifier.seen(images.test_images[3]), images.test_images[3])
    colours = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    how = Preparation(32, 32, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
    in_colour = Classifier("x", resnext29(), how, images.classes)
    assert torch.equal(in_colour.seen(colours), colours.permute(1, 2, 0))


def test_a_file_a_pil_image_and_a_tensor_are_one(tmp_path, images, classifier):
    pixels = images.test_images[3]
    path = png(tmp_path / "a.png", pixels.numpy())
    rankings = [classifier(image) for image in (path, str(path), Image.open(path), pixels, pixels[None], pixels.expand(3, -1, -1))]
    assert len({(ranking.classes, ranking.probabilities) for ranking in rankings}) == 1
    assert [ranking.image for ranking in rankings[:3]] == ["a.png", "a.png", "an image"]


def test_the_answer_is_the_softmax_of_the_logits(images, classifier):
    ranking = classifier(images.test_images[5], top=10)
    probabilities = torch.softmax(classifier.model(images.test[5:6].inputs())[0].detach(), 0)
    assert sum(ranking.probabilities) == pytest.approx(1)
    assert list(ranking.probabilities) == sorted(ranking.probabilities, reverse=True)
    for name, p in zip(ranking.classes, ranking.probabilities, strict=True):
        assert p == pytest.approx(float(probabilities[images.classes.index(name)]), rel=1e-5)
    assert classifier(images.test_images[5], top=99).classes == ranking.classes
    assert classifier(images.test_images[5]).classes == ranking.classes[:5]


def test_it_is_in_eval_mode_so_the_other_images_do_not_matter(images, classifier):
    alone, together = classifier.logits(images.test_images[0]), classifier.logits(*images.test_images[:9])
    assert torch.allclose(alone[0], together[0], atol=1e-5)
    assert not Classifier("x", resnext_mini().train(), classifier.preprocess, images.classes).model.training


def test_a_photograph_is_turned_upright_and_grey(tmp_path, classifier):
    pixels = np.zeros((30, 60, 3), np.uint8)
    pixels[:, :20] = 255
    lying = Image.fromarray(pixels)
    exif = lying.getexif()
    exif[0x0112] = 6  # turn it by 90 degrees
    lying.save(tmp_path / "lying.png", exif=exif)
    assert photo(tmp_path / "lying.png", 1).size == (30, 60)
    assert photo(tmp_path / "lying.png", 1).mode == "L"
    assert classifier.inputs(tmp_path / "lying.png").shape == (1, 1, 28, 28)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_images_of_all_kinds_are_read(mode, classifier):
    assert classifier.inputs(Image.new("RGB", (40, 50), "orange").convert(mode)).shape == (1, 1, 28, 28)


def test_inverting_exchanges_light_and_dark():
    assert inverted(torch.tensor([[0, 200]], dtype=torch.uint8)).getpixel((1, 0)) == (55, 55, 55)


@pytest.mark.parametrize(("image", "words"), [
    (torch.zeros(28, 28), "shape (H, W), (1, H, W) or (3, H, W); got a Tensor of shape (28, 28) and torch.float32; pixels are whole numbers, 0 to 255"),
    (torch.zeros(28, 28, 3, dtype=torch.uint8), "its channels stand last, so pass x.permute(2, 0, 1)"),
    (torch.zeros(2, 3, 28, 28, dtype=torch.uint8), "got a Tensor of shape (2, 3, 28, 28)"),
    (Image.new("I", (9, 9)), "an image of mode I has more than 8 bits in a channel"),
    (Image.new("F", (9, 9)), "an image of mode F has more than 8 bits in a channel"),
    (7, "an image is the path of a file, a PIL image, or a uint8 tensor; got 7"),
    (None, "got None"), ("", "got ''"), ("a\0b", "got 'a\\x00b'"),
])
def test_what_is_no_image_is_refused(image, words, classifier):
    with pytest.raises(ConfigError) as error:
        classifier(image)
    assert words in str(error.value)


@pytest.mark.parametrize(("content", "words"), [
    (None, "no file "), (b"", "can't be read as an image"), (b"hello", "can't be read as an image"),
])
def test_a_file_that_is_no_image_is_named(tmp_path, content, words, classifier):
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as error:
        classifier(path)
    assert words in str(error.value)
    assert "a.png" in str(error.value)


def test_half_an_image_is_refused(tmp_path, images, classifier):
    path = png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="give a whole image"):
        classifier(path)


def test_no_image_and_no_number_of_classes(classifier):
    with pytest.raises(ConfigError, match="there are no images; give one or more"):
        classifier.inputs()
    with pytest.raises(ConfigError, match="top must be a whole number, 1 or more; got 0"):
        classifier(torch.zeros(9, 9, dtype=torch.uint8), top=0)


# Online, without the internet

@pytest.fixture(scope="module")
def imagenet():
    return randomise_batchnorm(ResNeXt(ResNeXtConfig()), 7).state_dict()


def test_torchvisions_weights_by_name_with_their_own_preprocessing(cache, imagenet, tmp_path):
    """The whole way: a checkpoint in the cache, their transforms, their classes; and torchvision's own way beside it."""
    torch.save(imagenet, cache / FILE)
    weights = models.ResNeXt50_32X4D_Weights.IMAGENET1K_V1
    ours = load_classifier("resnext50_32x4d", "IMAGENET1K_V1")
    path = png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))
    theirs = models.resnext50_32x4d(weights=weights).eval()
    with torch.inference_mode():
        probabilities, places = theirs(weights.transforms()(Image.open(path)).unsqueeze(0))[0].softmax(0).topk(5)
    ranking = ours(path)
    assert ranking.classes == tuple(weights.meta["categories"][k] for k in places)
    assert ranking.probabilities == tuple(probabilities.tolist())
    assert ours.name == "resnext50_32x4d IMAGENET1K_V1"
    assert "77.618 %" in ours.card.text()
    assert "resized until its shorter side has 256 pixels" in " ".join(ours.steps)


def test_without_internet_it_says_what_to_do(cache):
    with pytest.raises(WeightsError, match=r"could not be fetched .* put it into .*checkpoints, or pass its path as weights="):
        load_classifier("resnext50_32x4d")


def test_a_server_that_refuses_is_told(cache, monkeypatch):
    def refuse(*args, **kwargs):
        raise HTTPError("https://download.pytorch.org/x", 403, "Forbidden", Message(), None)

    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(WeightsError, match="403"):
        load_classifier("resnext50_32x4d")


def test_a_file_of_weights_and_a_list_of_classes(tmp_path):
    trained = randomise_batchnorm(resnext29(num_classes=3), 1)
    torch.save(trained.state_dict(), tmp_path / "mine.pth")
    (tmp_path / "classes.txt").write_text("cat\ndog\n\nbird, of any kind\n")
    how = Preparation(32, 32, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
    for classes in (tmp_path / "classes.txt", ["cat", "dog", "bird, of any kind"]):
        found = load_classifier("resnext29", tmp_path / "mine.pth", classes=classes, preprocess=how)
        assert found.classes == ("cat", "dog", "bird, of any kind")
        assert same_state(found.model.state_dict(), trained.state_dict())
        assert found.name == "resnext29 mine.pth"


def test_a_file_takes_preprocessing_and_classes_of_the_default_weights(tmp_path, classifier):
    torch.save(classifier.model.state_dict(), tmp_path / "mine.pth")
    found = load_classifier("resnext_mini", tmp_path / "mine.pth")
    assert found.classes == classifier.classes
    assert found.preprocess == classifier.preprocess
    assert not found.facts  # the card is that of other weights


@pytest.mark.parametrize(("arguments", "error", "words"), [
    ({"model": "resnext51"}, ConfigError, "unknown model 'resnext51'"),
    ({"weights": "IMAGENET1K_V1"}, WeightsError, "unknown weights 'IMAGENET1K_V1'"),
    ({"model": "resnext29"}, ConfigError, "nobody has published weights for resnext29, so its classes have no names yet; give them: classes="),
    ({"model": "resnext29", "classes": ["a", "b"]}, ConfigError, "so what its images went through is not known; give it: preprocess="),
    ({"classes": []}, ConfigError, "classes must be a name for each class, or the path of a text file; got []"),
    ({"classes": 10}, ConfigError, "got 10"),
    ({"classes": "nowhere.txt"}, DataError, "nowhere.txt can't be read"),
    ({"classes": ["a", "b"]}, WeightsError, "fc.weight has shape (10, 256) in"),
    ({"preprocess": 1}, ConfigError, "expected what weights.transforms() gives, or a Preparation; got 1"),
    ({"weights": None}, WeightsError, "unknown weights None"),
])
def test_what_does_not_go_together_is_refused(arguments, error, words):
    with pytest.raises(error) as found:
        load_classifier(**arguments)
    assert words in str(found.value)


def test_an_empty_list_of_classes_is_refused(tmp_path):
    (tmp_path / "none.txt").write_text("\n\n")
    with pytest.raises(DataError, match=r"none\.txt is empty"):
        load_classifier(classes=tmp_path / "none.txt")


# Saved and read again

def test_what_is_saved_is_read_again(tmp_path, images, classifier):
    classifier.save(tmp_path)
    again = saved_classifier(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classifier.json", "model.pt"]
    assert torch.equal(again.logits(*images.test_images[:5]), classifier.logits(*images.test_images[:5]))
    assert (again.name, again.classes, again.preprocess, again.facts) == (classifier.name, classifier.classes, classifier.preprocess, classifier.facts)


def test_another_form_is_saved_in_form_c(tmp_path, images, classifier):
    Classifier("a", classifier.model.to_form("split_sum"), classifier.preprocess, images.classes).save(tmp_path)
    assert same_state(torch.load(tmp_path / "model.pt", weights_only=True), classifier.model.state_dict())


@pytest.mark.parametrize("harm", [
    lambda known: known.pop("config"), lambda known: known["config"].update(cardinality=0), lambda known: known.update(config=1),
    lambda known: known["preprocessing"].update(interpolation="best"), lambda known: known["preprocessing"].pop("mean"),
])
def test_a_changed_description_is_refused(tmp_path, classifier, harm):
    classifier.save(tmp_path)
    known = json.loads((tmp_path / "classifier.json").read_text())
    harm(known)
    (tmp_path / "classifier.json").write_text(json.dumps(known))
    with pytest.raises(DataError, match=r"holds no classifier: classifier\.json can't be read"):
        saved_classifier(tmp_path)


def test_what_is_no_classifier_is_refused(tmp_path, images, classifier):
    with pytest.raises(DataError, match=r"holds no classifier: classifier\.json can't be read"):
        saved_classifier(tmp_path)
    with pytest.raises(CheckpointError, match="make the folder"):
        classifier.save(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="folder must be the path of a folder; got 1"):
        saved_classifier(1)
    with pytest.raises(ConfigError, match=r"expected what weights\.transforms"):
        Classifier("a", classifier.model, lambda image: image, images.classes)
    with pytest.raises(ConfigError, match="the network has 10 outputs, and there are 2 names of classes"):
        Classifier("a", classifier.model, classifier.preprocess, ["a", "b"])
    with pytest.raises(ConfigError, match="the network reads 5 channels, and the preprocessing gives 1"):
        Classifier("a", resnext_mini(in_channels=5), classifier.preprocess, images.classes)
    with pytest.raises(ConfigError, match="model must be a ResNeXt"):
        Classifier("a", torch.nn.Linear(1, 1), classifier.preprocess, images.classes)


# In a terminal

def test_predict_in_a_terminal(tmp_path, images, classifier, capsys):
    paths = [png(tmp_path / f"{k}.png", images.test_images[k].numpy()) for k in range(2)]
    assert main(["predict", *map(str, paths), "--top", "2"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == str(paths[0])
    assert classifier(paths[1], 2).best in said
    assert len(said.splitlines()) == 6
    assert main(["predict", str(paths[0]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    ranking = classifier(paths[0])
    assert found == [{"image": str(paths[0]), "top": [{"class": name, "probability": p} for name, p in zip(ranking.classes, ranking.probabilities, strict=True)]}]


def test_an_image_that_cannot_be_read_does_not_keep_others_from_it(tmp_path, images, capsys):
    good = png(tmp_path / "good.png", images.test_images[0].numpy())
    (tmp_path / "bad.png").write_bytes(b"no")
    assert main(["predict", str(tmp_path / "bad.png"), str(good)]) == 1
    said = capsys.readouterr().out
    assert "can't be read as an image" in said
    assert str(good) in said
    assert main(["predict", str(tmp_path / "bad.png"), "--json"]) == 1
    assert "can't be read" in json.loads(capsys.readouterr().out)[0]["error"]


def test_predict_says_what_it_needs(tmp_path, classifier, capsys):
    assert main(["predict"]) == 2
    assert "there are no images" in capsys.readouterr().err
    assert main(["predict", "--card", "--steps"]) == 0
    said = capsys.readouterr().out
    assert "not for" in said
    assert classifier.steps[-1] in said
    assert main(["predict", "a.png", "--from", str(tmp_path), "--model", "resnext_mini"]) == 2
    assert "--from has network, weights and classes in it" in capsys.readouterr().err


def test_predict_from_a_folder_and_inverted(tmp_path, images, classifier, capsys):
    classifier.save(tmp_path)
    dark = png(tmp_path / "dark.png", 255 - images.test_images[1].numpy())
    assert main(["predict", str(dark), "--from", str(tmp_path), "--invert", "--top", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)[0]["top"][0]
    assert found["class"] == classifier(images.test_images[1]).best


@pytest.mark.filterwarnings("error")
def test_what_pillow_warns_of_is_not_printed_beside_the_answer(tmp_path, images, classifier, monkeypatch):
    colours = Image.fromarray(images.test_images[0].numpy()).convert("P")
    colours.save(tmp_path / "clear.png", transparency=bytes(range(256)))
    colours.convert("RGB").save(tmp_path / "exif.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff garbage")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # a little less than 28 × 28, so that it only warns
    for name in ("clear.png", "exif.jpg"):
        assert photo(tmp_path / name, 1).size == (28, 28)


def test_a_mark_of_the_byte_order_is_no_part_of_a_name(tmp_path, classifier):
    (tmp_path / "names.txt").write_text("\n".join(classifier.classes), encoding="utf-8-sig")  # as Notepad writes it
    assert load_classifier(classes=tmp_path / "names.txt").classes == classifier.classes


def test_in_train_mode_it_answers_the_same_and_stays_as_it_is(images):
    classifier = load_classifier()
    expected, state = classifier.logits(*images.test_images[:3]), {key: value.clone() for key, value in classifier.model.state_dict().items()}
    classifier.model.train()
    assert torch.equal(classifier.logits(*images.test_images[:3]), expected)
    assert classifier.model.training
    assert same_state(state, classifier.model.state_dict())


def test_in_16_bits_the_probabilities_still_add_up_to_1(images):
    classifier = load_classifier()
    classifier.model.bfloat16()
    assert sum(classifier(images.test_images[7], 10).probabilities) == pytest.approx(1, abs=1e-6)


def test_other_numbers_of_classes_are_told_with_what_to_do(tmp_path):
    with pytest.raises(WeightsError, match="load_classifier builds it so if you give it the names of 10 classes"):
        load_classifier(classes=["a", "b", "c"])
    torch.save(resnext_mini(num_classes=3).state_dict(), tmp_path / "three.pt")
    with pytest.raises(WeightsError, match="load_classifier builds it so if you give it the names of 3 classes"):
        load_classifier(weights=tmp_path / "three.pt")


def test_a_folder_of_train_is_told_from_one_of_fine_tune(tmp_path, capsys):
    torch.save(resnext_mini().state_dict(), tmp_path / "model.pt")
    assert main(["predict", "a.png", "--from", str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith(f"; it has weights alone, as `train` writes them: pass their file as weights, {tmp_path}/model.pt\n")
    assert main(["predict", "a.png", "--weights", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"resnext_edu: {tmp_path} is a folder; weights= takes a file, such as {tmp_path}/model.pt\n"


def test_json_is_all_that_is_printed(cache, capsys, monkeypatch):
    def downloads(*_, **__):
        print("Downloading: …")  # as torch.hub does
        raise URLError("no internet")

    monkeypatch.setattr(type(models.ResNeXt50_32X4D_Weights.DEFAULT), "get_state_dict", downloads)
    assert main(["predict", "a.png", "--json", "--model", "resnext50_32x4d"]) == 2
    said, problems = capsys.readouterr()
    assert (said, problems.splitlines()[0]) == ("", "Downloading: …")
    assert main(["predict", "--card", "--json"]) == 2
    assert "--json prints the answers alone; leave out --card and --steps" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--model", "--weights"])
def test_an_empty_option_is_not_the_default(option, capsys):
    assert main(["predict", "a.png", option, ""]) == 2  # such as "$WEIGHTS" in a script that never set it
    assert "unknown" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_any_name_of_a_file_is_printed(tmp_path, images):
    names = {"b\udcff.png": r"b\udcff.png", "a\nb.png": "a\nb.png"}
    for name in names:
        png(tmp_path / name, images.test_images[0].numpy())
    ran = subprocess.run([sys.executable, "-m", "resnext_edu", "predict", *names, "--top", "1"], cwd=tmp_path, check=True, capture_output=True,
                         env=os.environ | {"PYTHONIOENCODING": "utf-8:strict", "PYTHONPATH": str(Path(__file__).parents[1])})
    row = r"\n +\d+\.\d %  T-shirt/top\n"
    assert re.fullmatch("\n?".join(re.escape(printed) + row for printed in names.values()), ran.stdout.decode())
