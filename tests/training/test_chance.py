"""What is drawn at random: a function of the seed and of the step, the same for any number of processes."""
from math import exp, floor, log

import pytest
import torch
from torch.nn import functional as F

from resnext_edu.training.chance import batch, flipped, order_of, padded_and_cropped, rescaled_and_cropped, seed_at
from resnext_edu.training.recipe import CROPS
from resnext_edu.training.team import Team
from tests.training.small import RECIPE, split

CPU = torch.device("cpu")
ALONE = Team(0, 1, CPU)
PLAIN = RECIPE.replace(flip=False, crop="none")


def test_a_seed_of_one_place_is_that_of_no_other():
    places = [(what, seed, step, rank) for what in ("order", "images", "layers") for seed in range(4) for step in range(20) for rank in range(2)]
    seeds = {seed_at(*place) for place in places}
    assert len(seeds) == len(places)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert seed_at("order", 11, 1) != seed_at("order", 1, 11) != seed_at("order", 1, 1)
    assert seed_at("order", 0, 3) == 5195413123027296374  # on every machine, in every version


def test_an_order_is_a_permutation_of_its_own_in_each_epoch_and_seed():
    orders = [order_of(seed, epoch, 100).tolist() for seed in range(3) for epoch in range(3)]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({*map(tuple, orders)}) == 9
    order_of.cache_clear()
    assert orders[4] == order_of(1, 1, 100).tolist()


def test_an_epoch_sees_each_image_at_most_once_and_leaves_another_rest_out_each_time():
    data = split(26)
    which = {image.numpy().tobytes(): k for k, image in enumerate(data.inputs())}
    left = []
    for epoch in range(4):
        seen = []
        for step in range(3 * epoch, 3 * epoch + 3):
            x, labels = batch(data, PLAIN, 0, step, ALONE, torch.float32)
            rows = [which[image.numpy().tobytes()] for image in x]
            assert labels.tolist() == data.labels[rows].tolist()
            seen += rows
        assert len(seen) == len({*seen}) == 24
        left.append(frozenset(range(26)) - {*seen})
    assert len({*left}) > 1


@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_is_the_same_each_time_and_for_any_number_of_processes(crop, channels):
    data, recipe = split(channels=channels), RECIPE.replace(crop=crop)
    x, labels = batch(data, recipe, 5, 4, ALONE, torch.float64)
    assert (x.shape, x.dtype, labels.dtype) == ((8, channels, 8, 8), torch.float64, torch.int64)
    order_of.cache_clear()
    for size in (1, 2, 4):
        parts = [batch(data, recipe, 5, 4, Team(rank, size, CPU), torch.float64) for rank in range(size)]
        assert torch.equal(torch.cat([part for part, _ in parts]), x)
        assert torch.equal(torch.cat([part for _, part in parts]), labels)


@pytest.mark.parametrize("other", [{"seed": 6}, {"step": 5}, {"step": 1}])
def test_another_seed_or_step_gives_other_images(other):
    place = {"seed": 5, "step": 4} | other
    assert not torch.equal(batch(split(), RECIPE, **place, team=ALONE, dtype=torch.float32)[0],
                           batch(split(), RECIPE, 5, 4, ALONE, torch.float32)[0])


def test_one_image_is_varied_differently_in_each_epoch():
    data, recipe = split(8), RECIPE.replace(batch_size=8)  # a step is an epoch
    first = [batch(data, recipe, 0, epoch, ALONE, torch.float32)[0][order_of(0, epoch, 8).argsort()][0] for epoch in range(6)]
    assert len({image.numpy().tobytes() for image in first}) > 3


def test_without_variations_only_the_order_is_drawn():
    data = split()
    x, _ = batch(data, PLAIN, 5, 4, ALONE, torch.float32)
    assert torch.equal(x, data.inputs()[order_of(5, 1, 26)[8:16]])


def test_each_variation_is_the_one_that_the_recipe_names():
    data = split()
    rows = order_of(5, 1, 26)[8:16]
    plain = data.images[rows]
    chances = torch.rand(8, 5, generator=torch.Generator().manual_seed(seed_at("images", 5, 4)))
    def drawn(**changes):
        return batch(data, PLAIN.replace(**changes), 5, 4, ALONE, torch.float32)[0]

    assert torch.equal(drawn(flip=True), data.preprocessing(flipped(plain, chances[:, 0])))
    assert torch.equal(drawn(crop="pad"), data.preprocessing(padded_and_cropped(plain, chances[:, 1], chances[:, 2])))
    assert torch.equal(drawn(crop="scale and aspect"), rescaled_and_cropped(data.preprocessing(plain), *chances[:, 1:].unbind(1)))
    assert drawn(channels_last=True).is_contiguous(memory_format=torch.channels_last)
    assert len({drawn().numpy().tobytes(), drawn(flip=True).numpy().tobytes(), drawn(crop="pad").numpy().tobytes(),
                drawn(crop="scale and aspect").numpy().tobytes(), drawn(flip=True, crop="pad").numpy().tobytes()}) == 5


@pytest.mark.parametrize("channels", [1, 3])
def test_flipped_is_every_image_below_one_half_mirrored(channels):
    images = split(6, channels=channels).images
    chance = torch.tensor([0, .49, .5, .51, .99, .2])
    expected = [image.flip(-1) if c < .5 else image for image, c in zip(images, chance, strict=True)]
    assert torch.equal(flipped(images, chance), torch.stack(expected))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(8, 8), (5, 11)])
def test_padded_and_cropped_is_a_window_of_each_padded_image(channels, shape):
    images = split(40, 11, channels=channels).images[..., :shape[0], :shape[1]]
    down, right = torch.rand(2, 40, generator=torch.Generator().manual_seed(1))
    down[0], right[0], down[1], right[1] = 0, 0, 1 - 2**-24, 1 - 2**-24  # the ends of what torch.rand gives
    moved = padded_and_cropped(images, down, right)
    places = set()
    for k, image in enumerate(images):
        top, left = floor(float(down[k]) * 9), floor(float(right[k]) * 9)
        places |= {("down", top), ("right", left)}
        window = F.pad(image, (4, 4, 4, 4))[..., top:top + shape[0], left:left + shape[1]]
        assert torch.equal(moved[k], window)
    assert places == {(way, place) for way in ("down", "right") for place in range(9)}
    middle = torch.full((40,), .5)
    assert torch.equal(padded_and_cropped(images, middle, middle), images)


def bilinear(image, down, right):
    """The value between the pixels of a plane, in plain Python; outside, that of the nearest pixel."""
    height, width = image.shape
    down, right = min(max(down, 0), height - 1), min(max(right, 0), width - 1)
    top, left = min(floor(down), height - 2), min(floor(right), width - 2)
    a, b = down - top, right - left
    return ((1 - a) * (1 - b) * image[top, left] + (1 - a) * b * image[top, left + 1]
            + a * (1 - b) * image[top + 1, left] + a * b * image[top + 1, left + 1])


def test_rescaled_and_cropped_is_a_window_of_each_image_enlarged():
    x = split(5, 6, channels=2).preprocessing(split(5, 6, channels=2).images, torch.float64)
    chances = torch.rand(4, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    chances[:, 0] = torch.tensor([0, 1, 0, .3])   # the smallest window, widest, in a corner
    got = rescaled_and_cropped(x, *chances)
    for k, (area, aspect, left, top) in enumerate(chances.T.tolist()):
        share, ratio = .08 + .92 * area, exp((2 * aspect - 1) * log(4 / 3))
        width, height = min((share * ratio) ** .5, 1) * 6, min((share / ratio) ** .5, 1) * 6  # in pixels
        x0, y0 = left * (6 - width), top * (6 - height)
        for row in range(6):
            for column in range(6):
                place = y0 + (row + .5) / 6 * height - .5, x0 + (column + .5) / 6 * width - .5
                for channel in range(2):
                    assert float(got[k, channel, row, column]) == pytest.approx(float(bilinear(x[k, channel], *place)), abs=1e-9)


def test_a_window_of_the_whole_is_the_image_itself():
    x = split(3, channels=2).inputs(torch.float64)
    one, half = torch.ones(3), torch.full((3,), .5)
    assert torch.allclose(rescaled_and_cropped(x, one, half, half, half), x, atol=1e-6)


def test_torchs_own_random_numbers_stay_as_they_are():
    before = torch.get_rng_state()
    for crop in CROPS:
        batch(split(), RECIPE.replace(crop=crop), 0, 0, ALONE, torch.float32)
    order_of(7, 8, 9)
    assert torch.equal(torch.get_rng_state(), before)
