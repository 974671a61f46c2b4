"""Lesson 8's predictions find the truth on what they are given, also where it is another one than in the lesson."""
import pytest

from resnext_edu import ResNeXt, ResNeXtConfig, analytic_cost
from resnext_edu.exercises import check


def truth(question, *context):
    """The one choice that is right."""
    (right,) = [choice for choice in question.choices if question(choice, *context).status == "right"]
    return right


def cost(**changes):
    return analytic_cost(ResNeXtConfig(**changes))


@pytest.mark.parametrize(("layers", "params", "macs", "memory"), [
    ((3, 4, 6, 3), "layer4", "layer3", "layer1"),
    ((9, 4, 6, 1), "layer3", "layer1", "layer1"),
    ((1, 9, 1, 1), "layer4", "layer2", "layer2"),
])
def test_the_stage_with_most_is_counted(layers, params, macs, memory):
    rows = cost(layers=layers)
    assert truth(check.stage_with_most_parameters, rows) == params
    assert truth(check.stage_with_most_macs, rows) == macs
    assert truth(check.stage_with_most_memory, rows) == memory


@pytest.mark.parametrize(("cardinality", "d", "more"), [
    (32, 4, "about 30 % more"), (1, 64, "as much"), (64, 4, "about 100 % more"), (1, 16, "less")])
def test_memory_is_compared_with_resnets(cardinality, d, more):
    resnet = cost(cardinality=1, width_per_group=64)
    assert truth(check.memory_beside_resnet, cost(cardinality=cardinality, width_per_group=d), resnet) == more


@pytest.mark.parametrize(("d", "wide"), [(4, 32), (2, 16)])
def test_a_path_is_measured(d, wide):
    network = ResNeXt(ResNeXtConfig(layers=(1, 1, 1, 1), cardinality=2, width_per_group=d))
    assert truth(check.width_of_a_path_in_layer4, network) == wide
