"""The picture of one long product: torch gets the same numbers, and the + stands below the Σ."""
import re
from itertools import chain

import pytest
import torch

from resnext_edu.blocks import ConcatBottleneck, SplitSumBottleneck
from resnext_edu.config import BlockSpec
from resnext_edu.draw.block.side_by_side import RESULT, SEAM, WIDE, side_by_side_picture
from resnext_edu.errors import ConfigError
from tests.draw.reading import colliding, elements, is_accessible, labels, outside

LESSON = (((1, 2), (0, 4)), (3, 1), ((5, 1), (2, 3)), (2, 5))
OTHERS = [LESSON, (((9, 9), (9, 9)), (9, 9), ((9, 9), (0, 9)), (9, 9)), (((0, 0), (1, 0)), (0, 7), ((4, 2), (0, 8)), (6, 1))]
every_case = pytest.mark.parametrize("numbers", OTHERS)


def below(picture, x):
    """The numbers in the column that is centred on x, from the top."""
    found = [(float(label.get("y")), label.text) for label in elements(picture, "text") if float(label.get("x")) == x]
    return [int(words) for _, words in sorted(found) if words.isdigit()]


@every_case
def test_the_results_are_torchs(numbers):
    W1, x1, W2, x2 = (torch.tensor(part) for part in numbers)
    picture = side_by_side_picture(*numbers)
    total = (W1 @ x1 + W2 @ x2).tolist()
    # the matrices' result, and its first number once more where it is written out; in (a), then in (b)
    assert below(picture, RESULT + WIDE / 2) == [*total, total[0]] * 2
    for result in (W1 @ x1, W2 @ x2):
        assert str(tuple(result.tolist())) in picture.text
    assert f"Σ of both is {tuple(total)}." in picture.text
    assert f"on top of x₂ is {tuple(total)} at once." in picture.text


def test_the_numbers_of_the_lesson():
    text = side_by_side_picture().text
    for result in ("(5, 4)", "(15, 19)", "(20, 23)"):
        assert result in text


@every_case
def test_every_given_number_is_drawn_once_in_each_form(numbers):
    given = sorted(chain.from_iterable(chain(*numbers[::2], numbers[1::2])))
    drawn = [(float(label.get("y")), label.text) for label in elements(side_by_side_picture(*numbers), "text")
             if re.fullmatch(r"\d", label.text or "") and float(label.get("x")) < RESULT]
    parts = [[int(words) for y, words in drawn if (y > 270) is lower] for lower in (False, True)]
    W1, x1, W2, x2 = (torch.tensor(part) for part in numbers)
    partial = [value for result in (W1 @ x1, W2 @ x2) for value in result.tolist() if value < 10]
    assert sorted(parts[0]) == sorted(given + partial)
    assert sorted(parts[1]) == given


@every_case
def test_what_is_written_out_adds_up(numbers):
    shown = labels(side_by_side_picture(*numbers))
    pairs = [label for label in shown if re.fullmatch(r"\(?\d·\d \+ \d·\d\)?", label)]
    assert len(pairs) == 4
    left, right = (sum(int(a) * int(b) for a, b in re.findall(r"(\d)·(\d)", label)) for label in pairs[2:])
    assert [pair.strip("()") for pair in pairs[:2]] == pairs[2:]
    assert str(left + right) in shown


def test_sigma_seam_and_plus_stand_on_one_line():
    picture = side_by_side_picture()
    assert [float(circle.get("cx")) for circle in elements(picture, "circle")] == [SEAM] * 3
    frames = [rect for rect in elements(picture, "rect") if rect.get("class") in {"c3", "c3 pale"}]
    followed, pale = frames[2:]  # those of (b)
    assert float(followed.get("x")) + float(followed.get("width")) == SEAM == float(pale.get("x"))
    guides = [path.get("d").split() for path in elements(picture, "path") if path.get("class") == "edge dot"]
    assert [(x, to) for _, x, _, _, to, _ in guides] == [(str(SEAM), str(SEAM))] * 3


def test_the_arrow_to_the_sum_begins_behind_the_results():
    drawn = [path.get("d") for path in elements(side_by_side_picture(), "path") if path.get("class") in {"hi", "edge"}]
    columns = [float(d.split()[1]) for d in drawn if f"h {WIDE}" in d and float(d.split()[2]) < 200]
    arrows = [[float(d.split()[k]) for k in (1, 4)] for d in drawn if " L " in d]
    *results, total = columns
    assert (len(results), total) == (4, RESULT)  # x and W x of both paths, then their sum
    start, tip = arrows[-1]
    assert max(results) + WIDE + 10 < start < tip < total


def test_what_makes_the_first_number_is_large_and_nothing_else():
    """The first rows, all that they meet, and the first results: in (a) one after the other, in (b) at once."""
    large = [int(label.text) for label in elements(side_by_side_picture(), "text") if label.get("class") == "big" and (label.text or "").isdigit()]
    (W1, _), x1, (W2, _), x2 = LESSON
    assert sorted(large) == sorted([*W1, *x1, 5, *W2, *x2, 15, 20, *W1, *W2, *x1, *x2, 20])


def test_the_path_to_follow_keeps_its_look():
    picture = side_by_side_picture()
    frames = [rect.get("class") for rect in elements(picture, "rect") if "c3" in rect.get("class")]
    assert frames == ["c3", "c3 pale"] * 2
    # x₁ and its result in (a), x₁ in (b)
    assert sum(path.get("class") == "hi" for path in elements(picture, "path")) == 3


@pytest.mark.parametrize("spec", [BlockSpec(256, 256, 32, 4), BlockSpec(64, 512, 8, 3)], ids=str)
def test_the_last_line_is_true_of_the_block(spec):
    sizes = (spec.in_channels, spec.out_channels)
    numbers = {"cardinality": spec.cardinality, "width_per_group": spec.width_per_group}
    with torch.device("meta"):
        paths = SplitSumBottleneck(*sizes, **numbers).paths
        one = ConcatBottleneck(*sizes, **numbers).conv3
    small, large = ("×".join(map(str, conv.weight.shape[:2])) for conv in (paths[0].conv3, one))
    line = f"In the block: {len(paths)} matrices of {small}, side by side, are one of {large}."
    picture = side_by_side_picture(spec=spec)
    assert line == labels(picture)[-1]
    assert line in picture.text


@every_case
def test_texts_keep_apart_and_inside(numbers):
    picture = side_by_side_picture(*numbers)
    assert outside(picture) == colliding(picture) == []


def test_it_has_words_and_no_ids():
    assert is_accessible(side_by_side_picture())


@pytest.mark.parametrize(("arguments", "message"), [
    ({"x1": (3, 1, 2)}, "W1 must be two rows of two digits and x1 two digits, such as ((1, 2), (0, 4)) and (3, 1); "
                        "got ((1, 2), (0, 4)) and (3, 1, 2)"),
    ({"W2": ((1, 2), (3, 10))}, "W2 must be two rows of two digits and x2 two digits, such as ((1, 2), (0, 4)) and (3, 1); "
                                "got ((1, 2), (3, 10)) and (2, 5)"),
    ({"W1": 7}, "W1 must be two rows of two digits and x1 two digits, such as ((1, 2), (0, 4)) and (3, 1); got 7 and (3, 1)"),
    ({"x2": (.5, 1)}, "W2 must be two rows of two digits and x2 two digits, such as ((1, 2), (0, 4)) and (3, 1); "
                      "got ((5, 1), (2, 3)) and (0.5, 1)"),
])
def test_numbers_that_do_not_fit(arguments, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        side_by_side_picture(**arguments)
