"""What a few pairs of runs allow one to say, held against formulas that are written out here and against chance itself."""
from dataclasses import FrozenInstanceError
from math import comb, inf, nan, sqrt
from statistics import fmean, stdev

import numpy as np
import pytest

from resnext_edu.errors import ConfigError
from resnext_edu.intervals import difference_of_shares, paired, pairs_needed, power

BEFORE, AFTER = [0.31, 0.29, 0.33, 0.30], [0.28, 0.29, 0.30, 0.28]


def test_the_interval_is_students():
    found = paired(BEFORE, AFTER)
    differences = [after - before for before, after in zip(BEFORE, AFTER, strict=True)]
    half = 3.182446 * stdev(differences) / sqrt(4)  # Student's t with 3 degrees of freedom, from a printed table
    assert found.differences == tuple(differences)
    assert found.mean == fmean(differences)
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), rel=1e-6)


def test_swapping_the_arms_swaps_the_signs():
    there, back = paired(BEFORE, AFTER), paired(AFTER, BEFORE)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


@pytest.mark.parametrize(("after", "shown"), [([0.2, 0.19, 0.22, 0.21], True), (AFTER, False), ([0.32, 0.28, 0.32, 0.31], False)])
def test_a_difference_is_shown_if_its_interval_leaves_out_0(after, shown):
    found = paired(BEFORE, after)
    assert found.shown is shown is not (found.low <= 0 <= found.high)
    assert repr(found).endswith(": shown" if shown else ": not shown")
    assert "-" not in repr(found)  # true minus signs


def test_what_was_found_is_frozen():
    with pytest.raises(FrozenInstanceError):
        paired(BEFORE, AFTER).mean = 0


def test_power_is_what_chance_gives():
    """2,000 experiments with 8 pairs each: in how many does the interval leave out 0?"""
    draw = np.random.default_rng(0)
    seen = sum(paired([0.0] * 8, draw.normal(0.5, 0.7, 8).tolist()).shown for _ in range(2000)) / 2000
    assert power(8, 0.5, 0.7) == pytest.approx(seen, abs=0.03)


def test_without_a_difference_one_experiment_in_twenty_shows_one():
    draw = np.random.default_rng(1)
    seen = sum(paired([0.0] * 8, draw.normal(0, 0.7, 8).tolist()).shown for _ in range(2000)) / 2000
    assert 0.04 < seen < 0.06


@pytest.mark.parametrize("deviation", [0.3, 0.72, 0.87])
@pytest.mark.filterwarnings("error::RuntimeWarning")  # scipy 1.13 warns, and a lesson would show it
def test_pairs_needed_is_the_least_number_that_is_enough(deviation):
    pairs = pairs_needed(0.3, deviation)
    assert power(pairs, 0.3, deviation) >= 0.8 > power(pairs - 1, 0.3, deviation)
    assert pairs == pytest.approx((2.8 * deviation / 0.3) ** 2 + 2, abs=1)  # the rule of thumb


@pytest.mark.parametrize(("call", "text"), [
    (lambda: paired([1.0], [2.0]), "before must be two or more numbers, one for each seed; got [1.0]"),
    (lambda: paired([1.0, 2.0], [2.0, nan]), "after[1] must be a finite number; got nan"),
    (lambda: paired([1.0, inf], [2.0, 1.0]), "before[1] must be a finite number; got inf"),
    (lambda: paired([1.0, 2.0], [2.0, 1.0, 3.0]), "before and after must have the same seeds; got 2 and 3 numbers"),
    (lambda: paired([1.0, 2.0], [2.0, 3.0]),
     "all 2 differences are 1, so they say nothing of chance; are the two arms the same runs?"),
    (lambda: power(1, 0.3, 0.7), "pairs must be 2 or more, since one pair says nothing about chance; got 1"),
    (lambda: pairs_needed(0.001, 1.0),
     "difference 0.001 is so small beside deviation 1 that more than 10,000 pairs are needed"),
    (lambda: pairs_needed(0.3, 0.7, wanted=1), "wanted must be a number above 0 and less than 1; got 1"),
])
def test_errors_say_what_is_wrong(call, text):
    with pytest.raises(ConfigError) as caught:
        call()
    assert str(caught.value) == text


def test_the_interval_of_two_shares_is_the_published_one():
    """21 children before and after a transplantation: 1 changed for the better and 7 for the worse.

    Bentur et al. 2009, as Fagerland, Lydersen and Laake 2014 compute it.
    """
    assert difference_of_shares(1, 7, 21) == pytest.approx((-0.508, -0.013), abs=5e-4)


def test_swapping_two_classifiers_swaps_the_signs_of_their_difference():
    low, high = difference_of_shares(30, 10, 400)
    assert difference_of_shares(10, 30, 400) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("up", "down"), [(0.1, 0.1), (0.2, 0.05), (0.5, 0.3)])
def test_about_19_of_20_intervals_hold_the_true_difference(up, down):
    """No simulation: the probability of every possible outcome on 40 images is summed up."""
    count, held = 40, 0.0
    for gained in range(count + 1):
        for lost in range(count + 1 - gained):
            rest = count - gained - lost
            chance = comb(count, gained) * comb(count - gained, lost) * up**gained * down**lost * (1 - up - down)**rest
            low, high = difference_of_shares(gained, lost, count) if chance > 1e-7 else (1, -1)
            held += chance if low <= up - down <= high else 0
    assert 0.94 < held < 0.98


def test_images_on_which_both_agree_make_the_interval_narrower():
    widths = [high - low for low, high in (difference_of_shares(3, 2, count) for count in (5, 50, 500))]
    assert widths == sorted(widths, reverse=True)
    assert difference_of_shares(0, 1, 1)[0] == -1
    assert difference_of_shares(1, 0, 1)[1] == 1


@pytest.mark.parametrize(("numbers", "complaint"), [
    ((-1, 0, 5), "gained must be the number of images, 0 … 5; got -1"),
    ((0, 6, 5), "lost must be the number of images, 0 … 5; got 6"),
    ((3, 3, 5), "gained 3 and lost 3 are more than all 5 images"),
    ((0, 0, 0), "count must be a whole number, 1 or more; got 0")])
def test_what_no_two_classifiers_can_have_counted(numbers, complaint):
    with pytest.raises(ConfigError, match=complaint):
        difference_of_shares(*numbers)
