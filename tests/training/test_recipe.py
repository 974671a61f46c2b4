"""Recipes: the three that the course has, the learning rate of every step, and values that can't be."""
import re
from dataclasses import FrozenInstanceError
from itertools import pairwise
from math import cos, nan, pi

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR

from resnext_edu import RECIPES, ConfigError, Recipe
from resnext_edu.errors import check_bool
from resnext_edu.training.recipe import check_recipe


def test_the_papers_recipes_are_those_of_the_paper():
    """Xie et al. 2017, sections 4 and 5.3."""
    paper, cifar = RECIPES["paper"], RECIPES["cifar"]
    assert (paper.batch_size, paper.lr, paper.momentum, paper.weight_decay) == (256, .1, .9, 1e-4)
    assert (cifar.batch_size, cifar.lr, cifar.momentum, cifar.weight_decay) == (128, .1, .9, 5e-4)
    assert (paper.milestones, cifar.milestones, cifar.epochs) == ((30, 60, 90), (150, 225), 300)
    assert (paper.crop, cifar.crop) == ("scale and aspect", "pad")
    for recipe in (paper, cifar):
        assert (recipe.schedule, recipe.nesterov, recipe.decay_all, recipe.warmup, recipe.flip) == ("steps", False, True, 0, True)
        assert not recipe.bfloat16
        assert not recipe.channels_last


def test_the_short_recipe_is_the_one_that_was_measured():
    short = RECIPES["short"]
    assert short == Recipe(epochs=8, batch_size=64, lr=.1, momentum=.9, nesterov=True, weight_decay=5e-4, decay_all=False,
                           schedule="cosine", milestones=(), warmup=.25, flip=True, crop="none", bfloat16=True,
                           channels_last=True)
    assert list(RECIPES) == ["paper", "cifar", "short"]


def rates_of_torch(schedule, lr, total):
    """What torch's own schedulers give, step by step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=lr)
    scheduler = schedule(optimizer)
    rates = []
    for _ in range(total):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(("epochs", "milestones"), [(10, (3, 6, 9)), (4, (1,)), (5, (2, 4)), (3, ())])
def test_steps_are_those_of_torchs_scheduler(epochs, milestones):
    recipe = Recipe(epochs=epochs, lr=.3, milestones=milestones)
    steps = 7  # of an epoch
    expected = rates_of_torch(lambda o: MultiStepLR(o, [steps * epoch for epoch in milestones]), .3, epochs * steps)
    assert [recipe.lr_at(step, epochs * steps) for step in range(epochs * steps)] == pytest.approx(expected, rel=1e-12)


def test_a_cosine_is_that_of_torchs_scheduler():
    recipe = Recipe(epochs=4, lr=.3, schedule="cosine")
    expected = rates_of_torch(lambda o: CosineAnnealingLR(o, 40), .3, 40)
    assert [recipe.lr_at(step, 40) for step in range(40)] == pytest.approx(expected, rel=1e-12)


def test_a_warmup_rises_in_equal_steps_to_the_whole_rate_and_then_the_cosine_falls():
    recipe = RECIPES["short"]
    rates = [recipe.lr_at(step, 80) for step in range(80)]  # 20 steps of warm-up
    assert rates[:20] == pytest.approx([.1 * (step + 1) / 20 for step in range(20)])
    assert rates[19] == rates[20] == max(rates) == .1
    assert rates[50] == pytest.approx(.05)
    assert rates[79] == pytest.approx(.1 * (1 + cos(pi * 59 / 60)) / 2)
    assert all(a > b for a, b in pairwise(rates[20:]))


@pytest.mark.parametrize("total", [1, 2, 3, 5, 78])
@pytest.mark.parametrize("schedule", ["steps", "cosine"])
@pytest.mark.parametrize("warmup", [0, .1, .25, .99])
def test_every_rate_is_above_0_and_at_most_the_largest(total, schedule, warmup):
    recipe = Recipe(epochs=1, lr=.2, schedule=schedule, warmup=warmup)
    assert all(0 < recipe.lr_at(step, total) <= .2 for step in range(total))


def test_a_warmup_of_steps_ends_at_the_step_itself():
    recipe = Recipe(epochs=10, lr=1.0, milestones=(5,), warmup=.2)
    assert [round(recipe.lr_at(step, 10), 3) for step in range(10)] == [.5, 1, 1, 1, 1, .1, .1, .1, .1, .1]


SENTENCE = {  # (name, bad value) → the whole text
    ("epochs", 0): "epochs must be a whole number, 1 or more; got 0",
    ("epochs", 2.5): "epochs must be a whole number, 1 or more; got 2.5",
    ("batch_size", -1): "batch_size must be a whole number, 1 or more; got -1",
    ("lr", 0): "lr must be a number above 0; got 0",
    ("lr", nan): "lr must be a number above 0; got nan",
    ("lr", "0.1"): "lr must be a number above 0; got '0.1'",
    ("lr", True): "lr must be a number above 0; got True",
    ("momentum", 1): "momentum must be a number of at least 0 and less than 1; got 1",
    ("momentum", -.1): "momentum must be a number of at least 0 and less than 1; got -0.1",
    ("momentum", 0): "nesterov needs a momentum above 0; got momentum 0",
    ("weight_decay", -1e-4): "weight_decay must be a number of at least 0; got -0.0001",
    ("weight_decay", float("inf")): "weight_decay must be a number of at least 0; got inf",
    ("warmup", 1.0): "warmup must be a number of at least 0 and less than 1; got 1.0",
    ("nesterov", 1): "nesterov must be True or False; got 1",
    ("decay_all", None): "decay_all must be True or False; got None",
    ("flip", "yes"): "flip must be True or False; got 'yes'",
    ("bfloat16", 0): "bfloat16 must be True or False; got 0",
    ("channels_last", "no"): "channels_last must be True or False; got 'no'",
    ("schedule", "cosin"): "unknown schedule 'cosin'; did you mean 'cosine'? Known: steps, cosine",
    ("schedule", "step"): "unknown schedule 'step'; did you mean 'steps'? Known: steps, cosine",
    ("crop", "padd"): "unknown crop 'padd'; did you mean 'pad'? Known: none, pad, scale and aspect",
    ("milestones", 30): "milestones must be epochs, such as (30, 60, 90); got 30",
    ("milestones", "30"): "milestones must be epochs, such as (30, 60, 90); got '30'",
    ("milestones", (30, 0)): "milestones[1] must be a whole number, 1 or more; got 0",
    ("epoch", 3): "unknown value of a recipe 'epoch'; did you mean 'epochs'? Known: epochs, batch_size, lr, momentum, "
                  "nesterov, weight_decay, decay_all, schedule, milestones, warmup, flip, crop, bfloat16, channels_last",
}


@pytest.mark.parametrize(("name", "value"), SENTENCE)
def test_a_value_that_can_not_be_is_told(name, value):
    with pytest.raises(ConfigError, match=f"^{re.escape(SENTENCE[name, value])}$"):
        RECIPES["short"].replace(**{name: value})


def test_a_number_is_kept_as_it_is_and_a_list_becomes_a_tuple():
    recipe = Recipe(epochs=torch.tensor(3), milestones=[1, 2], lr=1)
    assert (recipe.epochs, type(recipe.epochs), recipe.milestones, recipe.lr) == (3, int, (1, 2), 1)
    assert isinstance(hash(recipe), int)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_comes_back_from_its_values(name):
    recipe = RECIPES[name]
    values = recipe.to_dict()
    assert Recipe(**values) == recipe
    assert {type(value) for value in values.values()} <= {int, float, str, bool, list}
    assert recipe.replace() == recipe
    assert recipe.replace(lr=.2).to_dict() == values | {"lr": .2}


@pytest.mark.parametrize(("done", "total", "text"), [
    (9, 9, "done must be the number of a step, 0 … 8; got 9"), (-1, 9, "done must be the number of a step, 0 … 8; got -1"),
    (.5, 9, "done must be the number of a step, 0 … 8; got 0.5"), (0, 0, "total must be a whole number, 1 or more; got 0"),
])
def test_a_step_that_is_not_there_has_no_rate(done, total, text):
    with pytest.raises(ConfigError, match=f"^{text}$"):
        RECIPES["short"].lr_at(done, total)


def test_a_recipe_is_frozen():
    with pytest.raises(FrozenInstanceError):
        RECIPES["short"].lr = 1.0


def test_what_is_no_recipe_is_told():
    with pytest.raises(ConfigError, match=r"^expected a Recipe, got 'short'; try RECIPES\['short'\], or Recipe\(epochs=8\)$"):
        check_recipe("short")
    check_recipe(RECIPES["short"])
    with pytest.raises(ConfigError, match=r"^progress must be True or False; got 1$"):
        check_bool("progress", 1)


@pytest.mark.parametrize(("epochs", "milestones"), [(300, (150, 225)), (20, (10, 15)), (4, (2, 3)), (2, (1,)), (1, ())])
def test_milestones_move_with_the_epochs(epochs, milestones):
    recipe = RECIPES["cifar"].lasting(epochs)
    assert recipe == Recipe(**RECIPES["cifar"].to_dict() | {"epochs": epochs, "milestones": milestones})


@pytest.mark.parametrize("milestones", [(3, 2), (2, 2), (5,), (1, 9)])
def test_milestones_rise_and_lie_before_the_end(milestones):
    with pytest.raises(ConfigError) as error:
        Recipe(epochs=5, milestones=milestones)
    assert str(error.value) == (f"milestones must rise, and lie before the last of the 5 epochs; got {milestones}; take others, "
                                "or recipe.lasting(epochs), which moves them")
