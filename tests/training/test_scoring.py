"""How good a network is: the interval, the same score for every size of the lots, and a model that is as it was."""
import re
from math import sqrt

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from resnext_edu import ConfigError, Score, evaluate
from resnext_edu.training.scoring import dtype_of_weights, in_mode
from tests.helpers import same_state, state
from tests.training.small import network, split

Z = 1.959963984540054


@pytest.mark.parametrize(("correct", "count"), [(880, 1000), (0, 10), (10, 10), (1, 3), (5_000, 10_000), (0, 1)])
def test_the_interval_is_wilsons(correct, count):
    share = correct / count
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    assert Score(.5, correct, count).interval == pytest.approx((middle - half, middle + half), abs=1e-12)
    assert all(type(end) is float for end in Score(.5, correct, count).interval)


def test_a_score_is_told_in_one_line():
    assert repr(Score(2.30259, 1, 3)) == "Score: 1 of 3 correct: 33.3 %, with 95 % confidence 6.1 to 79.2 %; loss 2.303"
    assert Score(.1, 3, 4).accuracy == .75


def by_hand(model, data):
    model.eval()
    with torch.no_grad():
        logits = model(data.inputs(torch.float64))
    return float(F.cross_entropy(logits, data.labels)), int((logits.argmax(1) == data.labels).sum())


@pytest.mark.parametrize("batch_size", [1, 7, 26, 500])
def test_a_score_is_that_of_all_images_whatever_the_lots(batch_size):
    model, data = network(), split()
    found = evaluate(model, data, batch_size=batch_size)
    loss, correct = by_hand(network(), data)
    assert found.loss == pytest.approx(loss, rel=1e-12)
    assert (found.correct, found.count) == (correct, 26)


def test_the_mode_does_not_matter_and_the_model_is_as_it_was():
    model = network()
    model[1].running_mean += .5
    model[3].eval()  # only this layer
    model.train()
    model[1].eval()
    before, rng = state(model), torch.get_rng_state()
    scores = [evaluate(model, split())]
    assert same_state(before, state(model))
    assert torch.equal(rng, torch.get_rng_state())
    scores.append(evaluate(model.eval(), split()))
    assert scores[0] == scores[1]
    assert torch.is_grad_enabled()


def test_modes_are_restored_after_an_error_too():
    class Breaks(nn.Module):
        def forward(self, x):
            raise KeyError("fc")

    model = nn.Sequential(network(), Breaks())
    model[0][1].eval()
    modes = [module.training for module in model.modules()]
    with pytest.raises(ConfigError, match=re.escape("(KeyError: 'fc')")):
        evaluate(model, split())
    assert [module.training for module in model.modules()] == modes


def test_a_model_that_hides_a_method_behind_an_attribute_is_measured_too():
    model = network()
    other = network()
    other.modules = [other[0]]
    assert evaluate(other, split()) == evaluate(model, split())


def test_in_mode_goes_into_every_layer():
    model = network().eval()
    with in_mode(model, training=True):
        assert all(module.training for module in model.modules())
    assert not any(module.training for module in model.modules())


def test_the_inputs_have_the_dtype_of_the_weights():
    assert dtype_of_weights(network(dtype=torch.float64)) == torch.float64
    assert dtype_of_weights(nn.ReLU()) == torch.float32
    assert evaluate(network(dtype=torch.float32), split()).count == 26


class Answers(nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer


@pytest.mark.parametrize(("model", "text"), [
    (nn.Conv2d(3, 4, 1), "the model can't be called with images of shape (26, 1, 8, 8) and torch.float32 (RuntimeError: "),
    (nn.Bilinear(2, 2, 2), "the model can't be called with images of shape (26, 1, 8, 8) and torch.float32 (TypeError: "),
    (Answers(None), "the model must answer with logits of shape (26, 4), one for each image and class; got None"),
    (Answers(torch.zeros(26, 3)), "the model must answer with logits of shape (26, 4), one for each image and class; got a Tensor of shape (26, 3) and torch.float32"),
    (Answers(torch.zeros(25, 4)), "the model must answer with logits of shape (26, 4), one for each image and class; got a Tensor of shape (25, 4) and torch.float32"),
    (nn.Identity(), "the model must answer with logits of shape (26, 4), one for each image and class; got a Tensor of shape (26, 1, 8, 8) and torch.float32"),
    ("resnext_mini", "model must be an nn.Module, such as resnext_mini(); got 'resnext_mini'"),
])
def test_a_model_that_does_not_fit_is_told(model, text):
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}"):
        evaluate(model, split())


@pytest.mark.parametrize(("data", "text"), [
    (torch.zeros(26, 1, 8, 8), "split must be a Split, such as load_images().train; got a Tensor of shape (26, 1, 8, 8) and torch.float32"),
    (split()[:0], "split has no images: Split(small: 0 images, 1×8×8 uint8, 4 classes)"),
])
def test_data_that_do_not_fit_are_told(data, text):
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}$"):
        evaluate(network(), data)


@pytest.mark.parametrize("batch_size", [0, 2.5, None])
def test_a_lot_is_a_whole_number(batch_size):
    with pytest.raises(ConfigError, match=f"^batch_size must be a whole number, 1 or more; got {batch_size}$"):
        evaluate(network(), split(), batch_size=batch_size)


def test_more_logits_than_classes_are_fine():
    wide = nn.Sequential(nn.Flatten(), nn.Linear(64, 9))
    assert evaluate(wide, split()).count == 26
