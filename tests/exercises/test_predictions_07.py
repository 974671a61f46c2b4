"""The last prediction of lesson 7 says why its truth is true, whatever was measured."""
import json

import pytest

from resnext_edu.exercises import check
from tools import notebooks


@pytest.mark.parametrize(("median", "words", "told"), [
    (.05, "about half", "It takes 0.5 times as long. Here the time follows the multiply–adds."),
    (.1, "about the same", "It takes 1.0 times as long. Half the arithmetic is not half the work"),
    (.19, "longer", "It takes 1.9 times as long. Groups of 2 channels are so narrow"),
])
def test_why_64_groups_take_their_time_depends_on_the_time(median, words, told):
    measured = {"cardinality": {"groups": {"32": {"median": .1}, "64": {"median": median}}}}
    said = {choice: check.time_of_64_groups(choice, measured) for choice in check.time_of_64_groups.choices}
    assert [choice for choice, verdict in said.items() if verdict.status == "right"] == [words]
    assert all(verdict.details[-1].startswith(told) for verdict in said.values())


def test_the_lesson_goes_on_from_longer():
    measured = json.loads((notebooks.NOTEBOOKS.parent / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    assert check.time_of_64_groups("longer", measured).status == "right"
