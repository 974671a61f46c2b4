"""What a few pairs of runs allow one to say, held against formulas that are written out here and against chance itself."""
from dataclasses import FrozenInstanceError
from math import inf, nan, sqrt
from statistics import fmean, stdev

import numpy as np
import pytest

from resnext_edu.errors import ConfigError
from resnext_edu.intervals import paired, pairs_needed, power

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
