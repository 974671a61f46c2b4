"""The picture of why whole numbers prove: its sums are added up by the machine that draws it."""
from fractions import Fraction
from xml.etree import ElementTree

from resnext_edu.draw.measured.rounding import THREE_SUMS, rounding_picture

FRACTIONS, BELOW, ABOVE = THREE_SUMS


def test_only_whole_numbers_below_the_limit_agree():
    assert [left == right for left, right in (one.results for one in THREE_SUMS)] == [False, True, False]
    assert BELOW.results == (6.0, 6.0)


def test_a_result_stands_on_a_tick_and_the_exact_sum_only_where_float64_has_it():
    for one in THREE_SUMS:
        assert set(one.results) <= set(one.ticks())
    assert [one.exact in map(Fraction, one.ticks()) for one in THREE_SUMS] == [False, True, True]


def test_above_the_limit_every_second_whole_number_is_missing():
    beyond = [tick - 2.0**53 for tick in ABOVE.ticks() if tick >= 2.0**53]
    assert beyond == [0, 2]
    assert [b - a for a, b in zip(BELOW.ticks(), BELOW.ticks()[1:], strict=False)] == [1] * 6


def test_the_picture_and_its_words_say_the_same():
    picture = rounding_picture()
    root = ElementTree.fromstring(picture.svg)
    shown = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("(0.1 + 0.2) + 0.3", "0.6000000000000001", "0.6", "2⁵³ + (1 + 1)", "2⁵³ + 2"):
        assert words in shown
        assert words in picture.text
    assert "(0.1 + 0.2) + 0.3 = 0.6000000000000001, 0.1 + (0.2 + 0.3) = 0.6: two answers." in picture.text
    assert shown.count("exact") == 1  # only one sum is not a tick
    assert shown.count("two answers") == picture.text.count("two answers") == 2
    assert not any(element.get("id") for element in root.iter())
