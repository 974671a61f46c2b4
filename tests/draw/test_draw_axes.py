"""Axes and what stands on them: round ticks, true minus signs, and room for every mark."""
from itertools import pairwise
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnext_edu.draw.kit.axes import Axis, decimal
from resnext_edu.draw.kit.marks import spaced, swarm
from resnext_edu.draw.kit.picture import Picture
from tests.draw.reading import colliding, labels

FINITE = st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-100)


@pytest.mark.parametrize(("low", "high", "most", "ticks"), [
    (0, 10, 5, [0, 5, 10]), (0, 1, 6, [0, .2, .4, .6, .8, 1]), (-.025, .025, 5, [-.02, -.01, 0, .01, .02]),
    (21.3, 22.4, 5, [21.5, 22]), (3, 3.0004, 5, [3, 3.0001, 3.0002, 3.0003, 3.0004]), (0, 6e6, 4, [0, 2e6, 4e6, 6e6])])
def test_ticks_are_round(low, high, most, ticks):
    assert Axis(low, high, 0, 100).ticks(most) == ticks


def test_what_is_counted_has_no_halves():
    assert Axis(0, 1, 0, 100, least=1).ticks() == [0, 1]
    assert Axis(1, 2, 0, 100, least=1).ticks() == [1, 2]


@pytest.mark.parametrize(("low", "most", "powers"), [
    (1e-17, 5, [-16, -12, -8, -4, 0]), (1e-17, 6, [-15, -12, -9, -6, -3, 0]), (1e-2, 5, [-2, -1, 0]), (1e-300, 5, [-300, -200, -100, 0])])
def test_ticks_of_a_log_axis_are_powers_of_ten(low, most, powers):
    assert [round(log10(tick)) for tick in Axis(low, 1, 0, 100, log=True).ticks(most)] == powers


@given(FINITE, FINITE, st.integers(2, 8))
def test_every_axis_has_ticks_on_it_but_not_too_many(a, b, most):
    axis = Axis.over([a, b], 50, 250)
    ticks = axis.ticks(most)
    assert len(ticks) <= most
    assert ticks == sorted({*ticks})
    assert all(50 <= axis.at(tick) <= 250 for tick in ticks)
    assert 50 < axis.at(min(a, b)) <= axis.at(max(a, b)) < 250


@given(FINITE, FINITE)
def test_ticks_differ_as_they_are_written(a, b):
    axis = Axis.over([a, b], 0, 100)
    written = [axis.written(tick) for tick in axis.ticks()]
    assert len({*written}) == len(written)


@pytest.mark.parametrize(("axis", "written"), [
    (Axis(0, 30, 0, 1), ["0", "10", "20", "30"]), (Axis(0, .1, 0, 1), ["0.00", "0.05", "0.10"]),
    (Axis(0, 4e-5, 0, 1), ["0", "1e−5", "2e−5", "3e−5", "4e−5"]), (Axis(-1e6, 1e6, 0, 1), ["−1.0e6", "−5e5", "0", "5e5", "1.0e6"])])
def test_ticks_are_written_short(axis, written):
    assert [axis.written(tick) for tick in axis.ticks()] == written


def test_places_are_linear_or_logarithmic_and_stay_on_the_axis():
    assert [Axis(0, 4, 100, 300).at(v) for v in (-9, 0, 1, 4, 9)] == [100, 100, 150, 300, 300]
    assert [Axis(1e-4, 1, 400, 0, log=True).at(v) for v in (1e-4, 1e-3, 1)] == pytest.approx([400, 300, 0])


@pytest.mark.parametrize("width", [30, 60, 100, 400])
def test_numbers_below_an_axis_never_touch(width):
    axis = Axis(-123_456, 654_321, 300, 300 + width)
    picture = Picture("t", (), "w", (axis.upright(50, 80),), 120)
    assert len(labels(picture)) > 1  # the title, and a number at least
    assert colliding(picture) == []


@pytest.mark.parametrize(("value", "digits", "written"), [
    (-.0181, 3, "−0.018"), (-.0004, 3, "0.000"), (0, 2, "0.00"), (1234.5, 1, "1234.5"), (-2.5, 0, "−2")])
def test_minus_is_a_minus_and_zero_has_none(value, digits, written):
    assert decimal(value, digits) == written


@given(st.lists(st.floats(0, 500), max_size=40), st.integers(1, 5))
def test_no_dot_of_a_swarm_hides_another_while_there_is_a_lane(places, lanes):
    aside = swarm(places, 8, lanes)
    assert len({*aside} | {0}) <= lanes
    for k, x in enumerate(places):
        near = [j for j, other in enumerate(places) if j != k and abs(other - x) < 8]
        if len(near) < lanes and all(sum(abs(o - places[j]) < 8 for o in places) <= lanes for j in near):
            assert all(aside[j] != aside[k] for j in near)


def test_a_lonely_dot_of_a_swarm_stays_in_the_middle():
    assert swarm([5, 100, 50], 8, 3) == [0, 0, 0]
    assert swarm([5, 5, 5, 5], 8, 3)[:3] == [0, -8, 8]


@given(st.lists(st.floats(0, 300), max_size=8))
def test_labels_are_moved_apart_and_keep_their_order(places):
    moved = spaced(places, 40, 0, 300)
    assert all(b - a >= 40 - 1e-9 for a, b in pairwise(sorted(moved)))
    assert all(-1e-9 <= y <= 300 + 1e-9 for y in moved)
    order = sorted(range(len(places)), key=lambda k: places[k])
    assert [moved[k] for k in order] == sorted(moved)


def test_labels_with_room_stay_where_they_are():
    assert spaced([200, 10, 100], 40, 0, 300) == [200, 10, 100]
