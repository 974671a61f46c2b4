"""The picture that leads from a neuron to paths: what it says about a path is true of a real one."""
import re
from pathlib import Path

import pytest
import torch

from resnext_edu.blocks import SplitSumBottleneck
from resnext_edu.config import BlockSpec
from resnext_edu.draw.block.neuron_to_paths import CELL, INPUTS, LEFT, RIGHT, SPAN, neuron_to_paths_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside, pieces, places

SPECS = {"standard": BlockSpec(256, 256, 32, 4), "two": BlockSpec(64, 256, 2, 40), "strided": BlockSpec(1024, 2048, 3, 400, stride=2),
         "depthwise": BlockSpec(256, 256, 256, 1)}
every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def paths_of(spec):
    with torch.device("meta"):
        block = SplitSumBottleneck(spec.in_channels, spec.out_channels, cardinality=spec.cardinality,
                                   width_per_group=spec.width_per_group, stride=spec.stride)
    return block.paths


@every_spec
def test_a_path_has_as_many_weights_as_the_picture_says(spec):
    weights = sum(p.numel() for p in paths_of(spec)[0].parameters() if p.dim() == 4)
    picture = neuron_to_paths_picture(spec)
    shown = labels(picture)
    assert shown[shown.index("weights") - 1] == f"{weights:,}"
    assert f"{weights:,} weights" in picture.text


@every_spec
def test_each_path_gets_and_gives_the_whole(spec):
    """The shapes are those of a path's own first and last convolution."""
    path, shown = paths_of(spec)[-1], labels(neuron_to_paths_picture(spec, size=20))
    side = 20 // spec.stride
    assert f"{path.conv1.in_channels}×20×20" in shown
    assert f"{path.conv3.out_channels}×{side}×{side}" in shown


@every_spec
def test_all_terms_are_drawn(spec):
    picture, c = neuron_to_paths_picture(spec), spec.cardinality
    assert {f"Σ of {INPUTS}", f"Σ of {c}", f"x: {INPUTS} numbers"} <= set(labels(picture))
    # a flow and a fan of the neuron; a fan, four flows and a fan of the paths
    assert pieces(picture, "wire") == [INPUTS] * 2 + [c] * 6
    for conv in ("c1", "c2", "c3"):
        assert pieces(picture, conv) == [1]
        assert pieces(picture, f"{conv} pale") == [c - 1]


@pytest.mark.parametrize("follow", [0, 5, 31])
def test_the_followed_term_is_cut_out_of_the_neuron_and_reads_all_in_resnext(follow):
    picture = neuron_to_paths_picture(SPECS["standard"], follow)
    cells = [element for element in elements(picture, "rect") if element.get("class") in {"edge", "hi"}]
    assert [cell.get("class") for cell in cells].count("hi") == 2  # xᵢ and wᵢ, above each other
    (upper, lower) = (float(cell.get("x")) for cell in cells if cell.get("class") == "hi")
    assert upper == lower
    assert len(cells) == 2 * INPUTS
    lines = [[float(number) for number in re.findall(r"[\d.]+", element.get("d"))]
             for element in elements(picture, "path") if element.get("class") == "hi"]
    x = [left for left, *_ in lines]
    assert x[0] == pytest.approx(upper + CELL / 2)  # straight down, from its own cell
    _, top, _, bottom = lines[x.index(RIGHT + SPAN / 2)]  # from the middle, where all of x comes from
    assert top < bottom < 260
    place = (x[0] - LEFT) / SPAN
    assert abs(place - (follow + .5) / 32) < 1 / INPUTS


def test_both_sums_look_alike():
    picture = neuron_to_paths_picture(BlockSpec(256, 256, INPUTS, 4), 1)
    left, right = ([element.get("d") for element in elements(picture, "path") if element.get("class") == "wire"][k]
                   for k in (1, -1))

    def numbers(d, x):
        found = [float(number) for number in re.findall(r"[\d.]+", d)]
        return [value - x if k % 2 == 0 else value for k, value in enumerate(found)]

    assert numbers(left, LEFT) == pytest.approx(numbers(right, RIGHT))


@every_spec
def test_texts_keep_apart_and_inside(spec):
    for follow in (0, spec.cardinality - 1):
        picture = neuron_to_paths_picture(spec, follow)
        assert outside(picture) == colliding(picture) == []


def test_an_index_is_lowered_and_not_tiny():
    picture = neuron_to_paths_picture(SPECS["standard"])
    assert "ᵢ" not in "".join(labels(picture))
    indices = [part for part in elements(picture, "tspan") if part.text == "i"]
    assert len(indices) == 2 + 1 + 2 + 1 + 1 + 1  # two headings, xᵢ and wᵢ in cells and in captions, Tᵢ in one
    assert {(part.get("dy"), part.get("font-size")) for part in indices} == {("4", "13")}


def test_the_neurons_captions_keep_away_from_the_kernels_names():
    lines = places(neuron_to_paths_picture(SPECS["standard"]))
    starts = [left for words, left, *_ in lines if words in ("1×1", "3×3")]
    assert max(right for words, left, right, _ in lines if left < 400 and words.endswith("wi")) + 12 < min(starts)


def test_the_neuron_has_as_many_inputs_as_lesson_3_computes():
    lesson = next((Path(__file__).parents[2] / "notebooks").glob("03_*.ipynb")).read_text(encoding="utf-8")
    assert len(re.search(r"x = torch\.tensor\(\[(.*?)\]\)", lesson)[1].split(",")) == INPUTS


def test_the_words_in_full():
    picture = neuron_to_paths_picture(SPECS["standard"], 5)
    assert is_accessible(picture)
    assert picture.text == """\
The same three steps, with a network in place of each weight
Split: each of a neuron's 3 terms gets one number of x, xᵢ; each of ResNeXt's 32 paths gets the whole x, 256×56×56.
Transform: xᵢ is multiplied by one weight, wᵢ; a path is a network of its own, Tᵢ: a 1×1, a 3×3, a 1×1, 2,192 weights.
Aggregate: Σ of 3, and Σ of 32: the same. What comes out is 1 number, and 256×56×56."""


@pytest.mark.parametrize(("spec", "follow", "message"), [
    (BlockSpec(256, 256, 1, 64), None, "cardinality must be 2 or more: with one path there is nothing to add up; got 1"),
    (SPECS["standard"], 32, "follow must be the number of a path, 0 … 31; got 32"),
    (SPECS["standard"], "first", "follow must be the number of a path, 0 … 31; got 'first'"),
])
def test_what_cannot_be_drawn(spec, follow, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        neuron_to_paths_picture(spec, follow)
