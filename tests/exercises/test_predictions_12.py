"""The questions of lesson 12: truths come from what is built or measured, and answers are those of real layers."""
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from resnext_edu import BlockSpec, ResNeXtConfig, build, check, examine_totals
from resnext_edu.cost import analytic_cost
from resnext_edu.exercises import questions
from resnext_edu.exercises.blank import Blank
from resnext_edu.network import ResNeXt

SPEC = BlockSpec(256, 256, 32, 4)
MINI = ResNeXtConfig.preset("resnext_mini").replace(layers=(2, 2))


def split(groups):
    block = build(SPEC, "grouped")
    block.conv1 = nn.Conv2d(256, 128, 1, groups=groups, bias=False)
    return block


def drawn(fitting):
    block = build(BlockSpec(64, 256, 32, 4), "grouped")
    return nn.Sequential(block.conv1, block.conv2, block.conv3, *([] if fitting else [block.downsample])), block



def with_projections(everywhere):
    model = ResNeXt(MINI)
    for block in [part for part in model.modules() if hasattr(part, "conv3")]:
        if everywhere and block.downsample is None:
            block.downsample = nn.Conv2d(block.conv1.in_channels, block.conv3.out_channels, 1)
    return model


SIXTEEN = SimpleNamespace(modules=lambda: [build(BlockSpec(8, 8, 2, 2), "grouped") for _ in range(16)])
TWELVE = SimpleNamespace(modules=lambda: [build(BlockSpec(8, 8 + 8 * (k > 11), 2, 2), "grouped") for k in range(16)])
FOUR = SimpleNamespace(modules=lambda: [build(BlockSpec(8, 8 + 8 * (k > 3), 2, 2), "grouped") for k in range(16)])

ASKED = [  # question, what the lesson's cell gives, the truth
    ("channels_it_depends_on", lambda: [split(32)], 8),
    ("channels_it_depends_on", lambda: [split(1)], 256),
    ("channels_it_depends_on", lambda: [split(8)], 32),
    ("built_as_drawn", lambda: drawn(fitting=False), "it raises an error"),
    ("built_as_drawn", lambda: drawn(fitting=True), "it runs, with another total"),
    ("channels_that_matter", lambda: [lambda x: x[:, 28:]], 4),
    ("channels_that_matter", lambda: [lambda x: x[:, ::4]], 8),
    ("channels_that_matter", lambda: [nn.Conv2d(32, 32, 3, groups=8)], 32),
    ("in_two_steps", lambda: [SimpleNamespace(passed=True, findings=[SimpleNamespace(name="exact", status="PASS")])], "the same function"),
    ("in_two_steps", lambda: [SimpleNamespace(passed=False, findings=[SimpleNamespace(name="exact", status="FAIL")])], "another function"),
    ("broken_with_the_right_total", lambda: [dict.fromkeys(range(7), 0) | dict.fromkeys("abc", 5)], 7),
    ("broken_with_the_right_total", lambda: [dict.fromkeys("abc", 0) | {"d": -5}], 3),
    ("blocks_that_hand_on", lambda: [with_projections(everywhere=True)], 0),
    ("blocks_that_hand_on", lambda: [SIXTEEN], 16),
    ("blocks_that_hand_on", lambda: [TWELVE], 12),
    ("blocks_that_hand_on", lambda: [FOUR], 4),
    ("errors_apart", lambda: [.918, .923, 10_000], "between one and two"),
    ("errors_apart", lambda: [.918, .923, 1_000], "less than one standard error"),
    ("errors_apart", lambda: [.918, .923, 30_000], "more than two"),
    ("weights_without_groups", list, "three times as many"),
    ("whose_numbers", list, "those of the ResNets"),
]


@pytest.mark.parametrize(("name", "given", "truth"), ASKED, ids=[f"{name}: {truth}" for name, _, truth in ASKED])
def test_the_truth_comes_from_what_was_built_or_measured(name, given, truth):
    question, context = getattr(check, name), given()
    for choice in question.choices:
        verdict = question(choice, *context)
        assert verdict.status == ("right" if choice == truth else "wrong"), verdict
        assert verdict.details[-1].endswith(".")


def test_every_prediction_is_asked_here_and_only_the_truth_has_no_remark():
    predictions = {name: question for name, question in questions()["lesson_12"].items() if hasattr(question, "choices")}
    assert [*dict.fromkeys(name for name, _, _ in ASKED)] == [*predictions]
    for name, question in predictions.items():
        shipped = next(truth for asked, _, truth in ASKED if asked == name)
        assert [choice for choice, remark in question.choices.items() if not remark] == [shipped]


def right(name):
    exercise = getattr(check, name)
    return Blank(exercise.blank).build(exercise.answer)


def test_the_kernel_explains_what_is_missing():
    config = ResNeXtConfig.preset("resnext29").replace(cardinality=32, width_per_group=4)
    have = analytic_cost(config).total_params
    k = right("stem_kernel")
    assert have - nn.Conv2d(3, 64, 3, bias=False).weight.numel() + nn.Conv2d(3, 64, k, bias=False).weight.numel() == 4_774_218


@pytest.mark.parametrize(("C", "d"), [(32, 4), (16, 64), (3, 5)])
def test_the_closed_form_is_that_of_a_block_with_so_many_channels(C, d):
    block = build(BlockSpec(2 * C * d, 2 * C * d, C, d), "grouped")
    assert right("weights_with_the_mistake")(C, d) == sum(w.numel() for w in block.parameters() if w.dim() == 4)


def test_probes_tell_who_reads_whom():
    layer = nn.Conv2d(12, 6, 3, padding=1, groups=3, bias=False)
    seen = layer(right("probes")(12)).flatten(2).ne(0).any(2)  # (image = input channel, output channel)
    assert torch.equal(seen, torch.block_diag(*[torch.ones(4, 2)] * 3).bool())


def test_the_weights_that_are_divided_twice():
    convs = [row.params for row in analytic_cost(ResNeXtConfig.preset("resnext50_32x4d")) if row.path.endswith("conv2")]
    assert sum(convs) == 1_414_656
    (found,) = examine_totals(right("divided_twice"), as_="resnext50_32x4d")
    assert [departure.name for departure in found.departures] == ["groups_squared"]


def test_without_groups_two_1x1s_double_and_the_3x3_is_fourfold():
    wide, narrow = ([conv.weight.numel() for conv in (block.conv1, block.conv2, block.conv3)]
                    for block in (build(BlockSpec(256, 256, 1, d), "grouped") for d in (128, 64)))
    assert [after / before for after, before in zip(wide, narrow, strict=True)] == [2, 4, 2]
    assert round(sum(wide) / sum(narrow)) == 3
    assert f"{sum(wide):,} weights beside {sum(narrow):,}" in check.weights_without_groups("about as many").details[-1]


def test_the_numbers_of_the_readme_are_those_of_the_networks_beside_them():
    said = check.whose_numbers("nobody's").details[-1]
    assert said == "In billions, the ResNeXts have 4.2 and 8.0, and the ResNets 4.1 and 7.8."


def test_the_depth_that_is_in_the_name():
    assert ResNeXtConfig(layers=(3, right("blocks_for_the_4"), 36, 3)).depth == 152
