"""The interval of a paired difference: against a published value, McNemar's test, a limit in closed form, and draws."""
from math import sqrt

import numpy as np
import pytest

from resnext_edu import Change
from resnext_edu.ablation.change import LIMIT_OF_Z
from resnext_edu.errors import ConfigError


def test_a_published_interval():
    """Fagerland, Lydersen and Laake 2017, chapter 8: airway hyper-responsiveness, 1, 1, 7 and 12 children."""
    assert Change(lost=7, gained=1, count=21).interval == pytest.approx((-51.7, -2.6), abs=.05)


@pytest.mark.parametrize("count", [5, 20, 100])
def test_it_leaves_out_0_exactly_if_mcnemars_test_says_so(count):
    for lost in range(0, count + 1, 3):
        for gained in range(0, count + 1 - lost, 3):
            change = Change(lost, gained, count)
            assert change.shown == ((lost - gained) ** 2 > LIMIT_OF_Z ** 2 * (lost + gained))
            low, high = change.interval
            assert -100 <= low <= change.points <= high <= 100
            assert Change(gained, lost, count).interval == pytest.approx((-high, -low), abs=1e-5)


@pytest.mark.parametrize("count", [1, 100, 50_000])
def test_without_any_change_it_is_wilsons_interval_of_no_success(count):
    end = 100 * LIMIT_OF_Z ** 2 / (count + LIMIT_OF_Z ** 2)
    assert Change(0, 0, count).interval == pytest.approx((-end, end), abs=1e-6)
    assert Change(0, count, count).interval == pytest.approx((100 - 2 * end, 100), abs=2 * end)
    assert Change(count, 0, count).interval[0] == -100


def test_19_of_20_intervals_hold_the_truth():
    """With 3 % lost and 1 % gained of 300 images."""
    draws = np.random.default_rng(0).multinomial(300, (.03, .01, .96), size=2000)
    counts, often = np.unique(draws, axis=0, return_counts=True)
    holds = [low <= -2 <= high for low, high in (Change(int(lost), int(gained), 300).interval for lost, gained, _ in counts)]
    assert np.average(holds, weights=often) == pytest.approx(.95, abs=3 * sqrt(.95 * .05 / 2000) + .005)


def test_how_it_is_written():
    assert repr(Change(30, 3, 1000)) == "Change: 30 of 1,000 became wrong and 3 became right: −2.7 points [−4.0, −1.7], shown"
    assert Change(0, 0, 1000).words(2) == "0.00 [−0.38, 0.38]"
    assert Change(4, 0, 1000).ends[1:] == Change(4, 0, 1000).interval


@pytest.mark.parametrize(("lost", "gained", "count", "complaint"), [
    (3, 3, 5, r"together they can't be more than count; got 3 \+ 3 of 5"),
    (6, 0, 5, "lost must be a whole number, 0 … 5; got 6"),
    (0, -1, 5, "gained must be a whole number, 0 … 5; got -1"),
    (0, 0, 0, "count must be a whole number, 1 or more; got 0"),
])
def test_what_can_not_be(lost, gained, count, complaint):
    with pytest.raises(ConfigError, match=complaint):
        Change(lost, gained, count)
