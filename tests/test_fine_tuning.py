"""A network on a learner's own images: the head alone, then all layers, beside a linear model on the same images."""
import json
import re
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from resnext_edu import FINE_TUNING, fine_tune, load_images, resnext_mini, saved_classifier, tuning
from resnext_edu.cli import main
from resnext_edu.data.images import Images, Preprocessing, Split
from resnext_edu.errors import CheckpointError, ConfigError, DataError
from resnext_edu.training.recipe import Recipe
from resnext_edu.tuning.baselines import answers_of_largest_class, answers_of_linear_model
from resnext_edu.tuning.body import as_read, body_for, in_colour, usual_side
from resnext_edu.tuning.two_stages import Stored, answers, features, fit_all, fit_head, score_of
from tests.training.small import copy_of

BRIEF = {"head": FINE_TUNING["head"].replace(epochs=5), "all": FINE_TUNING["all"].replace(epochs=1)}
FILES = ["all.pt", "classifier.json", "confusion.svg", "head.pt", "mistakes.svg", "model.pt", "report.json", "report.txt"]
SHIRTS, MINI = (0, 6, 2), load_images()


def images(count=16, classes=3, channels=1, side=8):
    """Random ones."""
    draw = torch.Generator().manual_seed(0)
    shape = (count, side, side) if channels == 1 else (count, channels, side, side)
    pixels = torch.randint(256, shape, generator=draw, dtype=torch.uint8)
    labels = torch.arange(count) % classes
    return Images("random", pixels, labels, pixels[:6], labels[:6], tuple("abcdefgh"[:classes]), "")


@pytest.fixture(scope="module")
def shirts(tmp_path_factory):
    """Three classes that are hard to tell apart, 24 of each, and four more of the first."""
    folder = tmp_path_factory.mktemp("own") / "shirts"
    for label in SHIRTS:
        place = folder / MINI.classes[label].replace("/", " or ")
        place.mkdir(parents=True)
        rows = (MINI.train_labels == label).nonzero().flatten()[: 28 if label == 0 else 24]
        for k, row in enumerate(rows):
            Image.fromarray(MINI.train_images[row].numpy()).save(place / f"{k:02}.png")
    return folder


def tune(folder, out=None, **how):
    return fine_tune(folder, out, **{"recipes": BRIEF, "progress": False} | how)


@pytest.fixture(scope="module")
def tuned(shirts, tmp_path_factory):
    """One fine-tuning, and the folder of its files."""
    out = tmp_path_factory.mktemp("out") / "tuned"
    return tune(shirts, out), out


def same(a, b):
    return {key for key in a if not torch.equal(a[key], b[key])} == set()


def split_of(these: Images, body) -> Split:
    return Split("these", these.train_images, these.train_labels, these.classes, body.preprocessing)


def test_the_first_stage_changes_the_head_and_no_other_bit():
    body = body_for(images(), "resnext_mini", "DEFAULT", 0, False)
    before, modes = copy_of(body.model), [module.training for module in body.model.modules()]
    fit_head(body.model, split_of(images(), body), BRIEF["head"], 0, None, None, False)
    after = body.model.state_dict()
    changed = {key for key in after if not torch.equal(before[key], after[key])}
    assert changed == {"fc.weight", "fc.bias"}
    assert sum("running" in key for key in after) > 20
    assert [module.training for module in body.model.modules()] == modes


def test_the_second_stage_changes_every_layer():
    body = body_for(images(), "resnext_mini", "DEFAULT", 0, False)
    before = copy_of(body.model)
    fit_all(body.model, split_of(images(), body), BRIEF["all"], 0, None, None, False)
    after = body.model.state_dict()
    assert [key for key, value in after.items() if torch.equal(before[key], value) and "num_batches" not in key] == []
    assert body.model.bn1.momentum == .1


def test_afterwards_the_running_statistics_are_those_of_the_training_images():
    """The first BatchNorm reads what the first convolution says of them all."""
    body = body_for(images(240), "resnext_mini", "DEFAULT", 0, False)
    train = split_of(images(240), body)
    fit_all(body.model, train, BRIEF["all"], 0, None, None, False)
    with torch.no_grad():
        said = body.model.conv1(train.inputs())
    assert torch.allclose(body.model.bn1.running_mean, said.mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(body.model.bn1.running_var, said.var((0, 2, 3)), rtol=.05)


def test_a_body_has_all_trained_weights_but_the_head():
    trained, body = resnext_mini(weights="DEFAULT").state_dict(), body_for(images(), "resnext_mini", "DEFAULT", 0, False)
    own = body.model.state_dict()
    assert {key for key in own if own[key].shape != trained[key].shape or not torch.equal(own[key], trained[key])} == {"fc.weight", "fc.bias"}
    assert body.preprocessing == MINI.preprocessing
    other = body_for(images(), "resnext_mini", "DEFAULT", 1, False)
    assert not torch.equal(body.model.fc.weight, other.model.fc.weight)
    assert torch.equal(body_for(images(), "resnext_mini", "DEFAULT", 0, False).model.fc.weight, body.model.fc.weight)


def test_in_colour_it_computes_exactly_what_it_would_on_the_mean_of_the_channels():
    """With whole numbers whose thirds are whole, no sum is rounded."""
    grey = resnext_mini(weights="DEFAULT").double().eval()
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        grey.conv1.weight.copy_(3 * torch.randint(-9, 10, grey.conv1.weight.shape, generator=draw))
    channels = torch.randint(-5, 6, (2, 2, 12, 12), generator=draw).double()
    mean = torch.randint(-5, 6, (2, 1, 12, 12), generator=draw).double()
    colour = torch.cat([channels, 3 * mean - channels.sum(1, keepdim=True)], 1)
    assert torch.equal(in_colour(grey).double().eval()(colour), grey(mean))
    assert not torch.equal(in_colour(grey).double().eval()(colour.flip(3)), grey(mean))


def test_channels_are_adapted_and_told():
    body = body_for(images(channels=3), "resnext_mini", "DEFAULT", 0, False)
    assert body.model.config.in_channels == 3
    assert body.preprocessing == Preprocessing(MINI.preprocessing.mean * 3, MINI.preprocessing.std * 3)
    assert body.notes[0].startswith("The images are in colour, and the network was trained on grey ones.")
    same_images = images(channels=3)
    assert as_read(same_images, body) == (same_images, ())
    seen, notes = as_read(images(), body)  # this body reads three channels now
    assert seen.train_images.shape == (16, 3, 8, 8)
    assert torch.equal(seen.test_images[:, 2], images().test_images)
    assert notes == ("The images are grey, and the network reads three channels: each gets the same image.",)


def test_without_weights_it_starts_at_random_with_the_images_own_mean():
    body = body_for(images(channels=3), "resnext_mini", None, 0, False)
    assert (body.model.config.in_channels, body.preprocessing) == (3, images(channels=3).preprocessing)
    assert not torch.equal(body.model.layer1[0].conv1.weight, resnext_mini(weights="DEFAULT").layer1[0].conv1.weight)
    assert body.notes == ("resnext_mini starts from random weights.",)


@pytest.mark.parametrize(("name", "side"), [("resnext_mini", 28), ("resnext29", 32), ("resnext50_32x4d", 224), ("resnext101_32x4d", 224)])
def test_images_have_the_size_for_which_a_network_was_made(name, side):
    assert usual_side(name) == side


def test_stored_features_come_back_to_the_bit():
    body = body_for(images(), "resnext_mini", "DEFAULT", 0, False)
    split = split_of(images(), body)
    said = features(body.model, split)
    stored = said.view(torch.uint8).reshape(len(said), 1, -1, 4)
    assert torch.equal(Stored((0.0,), (1.0,))(stored[[3, 1]]), said[[3, 1]])
    assert torch.equal(answers(body.model, split), body.model.fc(said).double().softmax(1))


def test_the_linear_model_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    here = images(60)
    rows = [(each.numpy() / 255).reshape(len(each), -1) for each in (here.train_images, here.test_images)]
    expected = LogisticRegression(max_iter=1000).fit(rows[0], here.train_labels).predict_proba(rows[1])
    assert np.allclose(answers_of_linear_model(here), expected)
    assert answers_of_linear_model(images(classes=2, side=40, channels=3)).shape == (6, 2)


def test_always_the_largest_class_knows_the_shares():
    here = images(5, classes=2)  # three of a, two of b; the test has six labels, of which the first five are these
    here = replace(here, test_labels=torch.tensor([0, 1, 0, 1, 1, 1])[: len(here.test_images)])
    found = score_of(answers_of_largest_class(here), here.test_labels)
    assert found.correct == 2
    assert found.loss == pytest.approx(-(2 * np.log(.6) + 3 * np.log(.4)) / 5)


def test_the_numbers_fit_together(tuned, shirts):
    found, _ = tuned
    assert found.counts == (("Pullover", 18, 6), ("Shirt", 18, 6), ("T-shirt or top", 21, 7))
    assert sum(map(sum, found.confusion)) == found.all_layers.count == 19
    assert [sum(row) for row in found.confusion] == [6, 6, 7]
    assert sum(row[k] for k, row in enumerate(found.confusion)) == found.all_layers.correct
    assert found.all_layers.correct - found.linear.correct == found.gained - found.lost
    assert found.largest.correct == 7
    wrong = Counter((each.truth, each.answer) for each in found.mistakes)
    assert {(truth, answer): times for truth, answer, times in found.confusions} == wrong
    sure = [each.probability for each in found.mistakes]
    assert sure == sorted(sure, reverse=True)
    for each in found.mistakes:
        assert each.path.split("/")[0] == each.truth
        assert np.array_equal(np.array(Image.open(shirts / each.path)), each.pixels)
    assert "There are only 19 test images, so the intervals are wide." in found.notes
    assert [history.recipe.epochs for history in found.histories] == [5, 1]


def test_trained_weights_are_better_than_guessing(shirts):
    found = fine_tune(shirts, progress=False)
    assert found.all_layers.correct > found.largest.correct
    assert found.head.correct > found.largest.correct


def test_every_bit_comes_again_and_another_seed_gives_others(tuned, shirts):
    again, other = tune(shirts), tune(shirts, seed=1)
    assert same(again.classifier.model.state_dict(), tuned[0].classifier.model.state_dict())
    assert repr(again) == repr(tuned[0])
    assert again.to_dict() == tuned[0].to_dict()
    assert not same(other.classifier.model.state_dict(), again.classifier.model.state_dict())


def test_the_files_are_there_and_the_same_again_changes_none(tuned, shirts):
    found, out = tuned
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == FILES
    before = {name: ((out / name).stat().st_mtime_ns, (out / name).read_bytes()) for name in FILES}
    again = tune(shirts, out)
    assert repr(again) == repr(found)
    assert {name: ((out / name).stat().st_mtime_ns, (out / name).read_bytes()) for name in FILES} == before
    assert (out / "report.txt").read_text() == f"{found!r}\n"
    report = json.loads((out / "report.json").read_text())
    assert report["scores"]["linear model on pixels"]["correct"] == found.linear.correct
    assert report["mistakes"][0]["path"] == found.mistakes[0].path


def test_the_saved_classifier_gives_the_same_answers_to_the_files(tuned, shirts):
    found, out = tuned
    classifier = saved_classifier(out)
    for each in found.mistakes[:5]:
        ranking = classifier(shirts / each.path, top=1)
        assert (ranking.best, ranking.probabilities[0]) == (each.answer, pytest.approx(each.probability, abs=1e-5))


@pytest.mark.parametrize(("how", "complaint"), [
    ({"seed": 1}, r"head\.pt belongs to another run: train is '\w{12}' there, and '\w{12}' here; seed is 0 there, and 1 here"),
    ({"test_share": .5}, r"head\.pt belongs to another run: train is '\w{12}' there, and '\w{12}' here"),
    ({"weights": None}, r"head\.pt belongs to another run: "),
    ({"recipes": BRIEF | {"all": BRIEF["all"].replace(lr=.5)}}, r"all\.pt belongs to another run: lr is 0.01 there, and 0.5 here")])
def test_another_run_is_refused_with_both_values(tuned, shirts, how, complaint):
    before = (tuned[1] / "model.pt").read_bytes()
    with pytest.raises(CheckpointError, match=complaint):
        tune(shirts, tuned[1], **how)
    assert (tuned[1] / "model.pt").read_bytes() == before


def test_a_folder_with_something_else_is_left_alone(shirts, tmp_path):
    (tmp_path / "model.pt").write_bytes(b"somebody's")
    with pytest.raises(CheckpointError, match=r"holds something else than a fine-tuning: model\.pt; choose a new one"):
        tune(shirts, tmp_path)
    with pytest.raises(CheckpointError, match="can't be used"):
        tune(shirts, tmp_path / "model.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_after_a_stop_it_goes_on_to_the_same_bits(tuned, shirts, tmp_path, monkeypatch):
    class Unfinished:
        finished = False

    monkeypatch.setattr(tuning, "fit_all", lambda *_: Unfinished())
    with pytest.raises(KeyboardInterrupt, match="stopped in the stage 'all'"):
        tune(shirts, tmp_path)
    assert not (tmp_path / "model.pt").exists()
    monkeypatch.undo()
    assert same(tune(shirts, tmp_path).classifier.model.state_dict(), tuned[0].classifier.model.state_dict())
    assert (tmp_path / "model.pt").read_bytes() == (tuned[1] / "model.pt").read_bytes()


def test_an_earlier_fine_tuning_can_be_the_start(tuned, shirts):
    body = body_for(images(), "resnext_mini", tuned[1], 0, False)
    assert torch.equal(body.model.conv1.weight, tuned[0].classifier.model.conv1.weight)
    assert body.model.fc.out_features == 3
    again = body_for(images(), "resnext_mini", str(tuned[1]), 0, False)
    assert same(again.model.state_dict(), body.model.state_dict())


@pytest.mark.parametrize(("gained", "lost", "shown", "says"), [
    (9, 1, True, "So the network is better than a linear model on these images."),
    (1, 9, True, "So the network is worse than a linear model on these images."),
    (3, 1, False, "So a difference is not shown here: the interval contains 0."),
    (0, 0, False, "So a difference is not shown here: the interval contains 0.")])
def test_the_verdict_is_what_the_interval_allows(tuned, gained, lost, shown, says):
    found = replace(tuned[0], gained=gained, lost=lost)
    assert (found.shown, found.difference) == (shown, (gained - lost) / 19)
    assert found.verdict.startswith(f"{gained} test images are named correctly by the network alone, {lost} by the linear model alone: a difference of ")
    assert found.verdict.endswith(says)
    assert "-" not in found.verdict


def test_both_pictures_tell_the_finding(tuned):
    found = tuned[0]
    truth, answer, _ = found.confusions[0]
    assert found.plot().title == f"{100 * found.all_layers.accuracy:.1f} % are right; most often {truth} is called {answer}"
    assert found.plot_mistakes().words.count("% sure.") == min(12, len(found.mistakes))
    perfect = replace(found, mistakes=(), confusion=((6, 0, 0), (0, 6, 0), (0, 0, 7)))
    assert (perfect.plot().title, perfect.plot_mistakes().title) == ("63.2 % are right".replace("63.2", f"{100 * found.all_layers.accuracy:.1f}"), "The network names every test image correctly")


def test_of_many_classes_the_worst_are_drawn(tuned):
    names = [f"class {k}" for k in range(35)]
    confusion = tuple(tuple((k + 5) if i == j else int(j == 0 and i >= 10) for j in range(35)) for i, k in enumerate(range(35)))
    picture = replace(tuned[0], classifier=SimpleNamespace(classes=names), confusion=confusion).plot()
    assert " ".join(picture.how).endswith("Of 35 classes, the 30 with most mistakes.")
    assert "class 34: " in picture.words
    assert "class 9: " not in picture.words


def test_large_images_are_drawn_small(tuned):
    wrong = replace(tuned[0].mistakes[0], pixels=torch.full((3, 500, 500), 7, dtype=torch.uint8))
    assert len(replace(tuned[0], mistakes=(wrong,)).plot_mistakes().svg) < 100_000


@pytest.mark.parametrize(("recipes", "complaint"), [
    ({"head": BRIEF["head"]}, "recipes must be a dict with the two recipes 'head' and 'all'"),
    (BRIEF | {"head": Recipe(epochs=1, crop="pad", flip=False)}, r"recipes\['head'\] must have flip=False and crop='none'.*; got flip=False, crop='pad'"),
    (BRIEF | {"head": Recipe(epochs=1)}, "got flip=True, crop='none'"),
    (BRIEF | {"all": "short"}, "expected a Recipe, got 'short'")])
def test_recipes_that_do_not_fit(shirts, recipes, complaint):
    with pytest.raises(ConfigError, match=complaint):
        tune(shirts, recipes=recipes)


def test_a_loss_is_never_infinite():
    assert score_of(torch.tensor([[1.0, 0.0]], dtype=torch.float64), torch.tensor([1])).loss == pytest.approx(708.4, abs=.1)


def test_in_a_terminal(shirts, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(tuning, "FINE_TUNING", BRIEF)
    monkeypatch.setattr(fine_tune, "__kwdefaults__", fine_tune.__kwdefaults__ | {"recipes": BRIEF})
    assert main(["fine-tune", str(shirts), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    said, problems = capsys.readouterr()
    assert problems == ""
    for part in (r"Pullover +18 +6\n", r"network, head only +\d+ ", "a difference of", "Most often confused: ", "report.txt", "There are only 19"):
        assert re.search(part, said), part
    assert main(["predict", str(shirts / "Shirt/00.png"), "--from", str(tmp_path / "out")]) == 0
    assert main(["fine-tune", str(tmp_path / "nowhere")]) == 2
    assert main(["fine-tune", str(shirts), "--weights", "nonsense"]) == 2
    _, problems = capsys.readouterr()
    assert problems.splitlines()[0].startswith(f"resnext_edu: {tmp_path}/nowhere does not exist; ")
    assert "unknown weights 'nonsense'" in problems.splitlines()[1]


@pytest.mark.parametrize(("out", "left"), [([], "nothing was written"), (["--out", "x"], "the same command goes on from the last checkpoint")])
def test_stopped_in_a_terminal(shirts, capsys, monkeypatch, tmp_path, out, left):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("resnext_edu.cli.fine_tune.fine_tune", stopped)
    assert main(["fine-tune", str(shirts), *out]) == 130
    assert capsys.readouterr().err.endswith(f"stopped; {left}\n")


def test_the_help_says_what_a_leak_is_and_what_the_numbers_mean(capsys):
    with pytest.raises(SystemExit):
        main(["fine-tune", "--help"])
    said = capsys.readouterr().out
    for part in ("microscopic organisms", "chest x-rays", "is a leak", "--groups", "exit status: 0 it is done"):
        assert part in said


def test_a_bad_folder_is_told_before_anything_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "body_for", None)
    with pytest.raises(DataError, match="has no class, and a network learns to tell at least two classes apart"):
        tune(tmp_path)


def test_what_comes_out_does_not_lie_among_the_images(shirts):
    for out in (shirts / "out", shirts):  # the same command again would take it for a class
        with pytest.raises(ConfigError, match="out is inside of the folder of the images; got "):
            fine_tune(shirts, out, progress=False)
    assert not (shirts / "out").exists()
