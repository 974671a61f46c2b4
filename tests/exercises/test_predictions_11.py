"""The predictions of lesson 11: each truth is worked out from what was measured, and another measurement has another."""
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from resnext_edu import Preparation, Ranking, check, load_classifier, load_images
from resnext_edu.exercises import questions
from resnext_edu.exercises.blank import Blank

ONCE = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]], dtype=torch.float64)
WRONG = {"ImageNet's numbers": 93, "0.5 and 0.5": 354, "not standardised": 47, "0 to 255": 61, "dark on light": 54, "no Resize: 32×32": 406}
LABELS = torch.tensor([0, 1])


def sure(p):
    return Ranking("hopper", ("Pullover", "Bag"), (p, 1 - p))


ASKED = [  # question, what the lesson's cell gives, the truth
    ("sure_of_a_portrait", [sure(.83)], "above 80 %"),
    ("sure_of_a_portrait", [sure(.5)], "about 50 %"),
    ("sure_of_a_portrait", [sure(.12)], "about 10 %"),
    ("what_a_hub_brings", [torch.hub.load], "weights and code"),
    ("what_a_hub_brings", [lambda *args, **options: None], "weights"),
    ("costly_mistakes", [445, WRONG], {"ImageNet's numbers", "not standardised", "0 to 255", "dark on light"}),
    ("costly_mistakes", [445, dict.fromkeys(WRONG, 195)], set()),
    ("costly_mistakes", [445, dict.fromkeys(WRONG, 194)], {*WRONG}),
    ("eight_at_a_time", [446, 456], "it rises"),
    ("eight_at_a_time", [446, 447], "it stays within a point"),
    ("eight_at_a_time", [446, 400], "it falls"),
    ("alone_in_train_mode", [177], "about 35 %"),
    ("alone_in_train_mode", [444], "about 89 %"),
    ("alone_in_train_mode", [50], "about 10 %"),
    ("softmax_twice", [ONCE, ONCE.softmax(1), LABELS], {"how sure it is"}),
    ("softmax_twice", [ONCE, ONCE, LABELS], set()),
    ("softmax_twice", [ONCE, ONCE.flip(1), LABELS], {"the first class", "the order of the classes", "the accuracy"}),
    ("blue_first", [351, 251], "fewer"),
    ("blue_first", [351, 345], "as many"),
    ("blue_first", [351, 160], "no more than by guessing"),
    ("one_path_or_all", [8.7, 75.9], "one: little, all: much"),
    ("one_path_or_all", [70.0, 75.9], "one: much, all: much"),
    ("one_path_or_all", [1.0, 8.0], "one: little, all: little"),
    ("zero_or_mean", [8.7, 20.0], "more points"),
    ("zero_or_mean", [8.7, 8.9], "about the same"),
    ("zero_or_mean", [8.7, 2.0], "fewer points"),
    ("network_or_line", [-.05, -.01], "the linear model"),
    ("network_or_line", [-.02, .03], "not shown"),
    ("network_or_line", [.01, .05], "the network"),
    ("perfect_test", [.99, .57], "about 100 %"),
    ("perfect_test", [.75, .5], "about 75 %"),
    ("perfect_test", [.5, .5], "about 50 %"),
]


@pytest.mark.parametrize(("name", "given", "truth"), ASKED, ids=lambda value: value if isinstance(value, str) else "")
def test_the_truth_comes_from_what_was_measured(name, given, truth):
    question = getattr(check, name)
    attempts = [set(), *({choice} for choice in question.choices), truth] if isinstance(truth, set) else question.choices
    for attempt in attempts:
        verdict = question(attempt, *given)
        assert verdict.status == ("right" if attempt == truth else "wrong"), verdict
        assert verdict.details[-1].endswith((".", "%"))


@pytest.mark.parametrize("name", [name for name, question in questions()["lesson_11"].items() if hasattr(question, "choices")])
def test_every_prediction_is_asked_here_and_every_wrong_choice_has_its_remark(name):
    truths = [truth for asked, _, truth in ASKED if asked == name]
    question = getattr(check, name)
    shipped = truths[0] if isinstance(truths[0], set) else {truths[0]}
    assert {choice for choice, remark in question.choices.items() if not remark} <= shipped


def right(name):
    exercise = getattr(check, name)
    return Blank(exercise.blank).build(exercise.answer)


def test_standardised_is_what_a_classifier_does():
    images, classifier = load_images(), load_classifier()
    mean, std = (torch.tensor(values) for values in (classifier.preprocess.mean, classifier.preprocess.std))
    assert torch.allclose(right("standardised")(images.test_images[:1], mean, std), classifier.inputs(images.test_images[0])[0])
    colours = torch.randint(0, 256, (3, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    preparation = Preparation(9, 9, (.4, .5, .6), (.2, .3, .1))
    mean, std = torch.tensor(preparation.mean), torch.tensor(preparation.std)
    assert torch.equal(preparation.pixels_of(right("standardised")(colours, mean, std)), colours.permute(1, 2, 0))


def test_softmax_is_torchs():
    logits = torch.randn(4, 10, generator=torch.Generator().manual_seed(0)) * 50
    assert torch.equal(right("softmax")(logits), F.softmax(logits, 1))


def test_the_means_of_maps_are_those_that_batchnorm_takes():
    maps = torch.randn(6, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    norm = nn.BatchNorm2d(4, momentum=1.0)
    norm(maps)
    assert torch.allclose(right("means_of_maps")(maps), norm.running_mean)


def test_nearly_every_photograph_has_a_twin():
    """By drawing: eight photographs of a patient, each in the test with a probability of one half."""
    in_the_test = torch.rand(20_000, 7, generator=torch.Generator().manual_seed(0)) < .5
    assert 1 - float(in_the_test.all(1).double().mean()) == pytest.approx(right("share_with_a_twin"), abs=.002)
