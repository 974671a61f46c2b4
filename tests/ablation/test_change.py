"""How the same images are answered before and after: the counts, their difference in points, and its interval."""
import pytest

from resnext_edu import Change
from resnext_edu.errors import ConfigError
from resnext_edu.intervals import difference_of_shares


@pytest.mark.parametrize(("lost", "gained", "count"), [(7, 1, 21), (0, 0, 100), (98, 22, 1000), (5, 0, 5)])
def test_its_interval_is_that_of_two_shares_in_points(lost, gained, count):
    change = Change(lost, gained, count)
    low, high = change.interval
    assert (low / 100, high / 100) == pytest.approx(difference_of_shares(gained, lost, count))
    assert low <= change.points <= high
    assert change.shown is not (low <= 0 <= high)


def test_how_it_is_written():
    assert repr(Change(30, 3, 1000)) == "Change: 30 of 1,000 became wrong and 3 became right: −2.7 points [−3.8, −1.5], shown"
    assert Change(0, 0, 1000).words(2) == "0.00 [−0.28, 0.28]"
    assert Change(4, 0, 1000).ends[1:] == Change(4, 0, 1000).interval


@pytest.mark.parametrize(("lost", "gained", "count", "complaint"), [
    (3, 3, 5, "gained 3 and lost 3 are more than all 5 images"),
    (6, 0, 5, "lost must be the number of images, 0 … 5; got 6"),
    (0, -1, 5, "gained must be the number of images, 0 … 5; got -1"),
    (0, 0, 0, "count must be a whole number, 1 or more; got 0"),
])
def test_what_can_not_be(lost, gained, count, complaint):
    with pytest.raises(ConfigError, match=complaint):
        Change(lost, gained, count)
