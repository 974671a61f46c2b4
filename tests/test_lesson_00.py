"""Lesson 0 leads to all others: its map names each lesson, links those that are there, and says how long they take."""
import re

from tools import minutes, notebooks

LESSONS = {path.name[:2]: path.name for path in notebooks.lessons()}


def rows_of_the_map(source: str) -> list[tuple[str, str | None, bool]]:
    """(number, the file that is linked or None, whether it says that the lesson is coming), row by row."""
    rows = re.findall(r"^\|\s*(\d\d)\s*\|(.+)\|$", source, flags=re.MULTILINE)
    return [(number, found[1] if (found := re.search(r"\]\(([^)]+)\)", text)) else None, "(coming)" in text)
            for number, text in rows]


def the_map() -> str:
    (source,) = [cell.source for cell in notebooks.read(notebooks.NOTEBOOKS / LESSONS["00"]).cells if cell.id == "map"]
    return source


def test_the_map_links_each_lesson_that_is_there_and_says_which_are_coming():
    assert rows_of_the_map(the_map()) == [("00", None, False)] + [
        (number, LESSONS.get(number), number not in LESSONS) for number in (f"{k:02d}" for k in range(1, 13))]


def test_the_map_says_how_long_each_lesson_takes_and_how_many_exercises_it_has():
    lengths = {number: minutes.parts_of(notebooks.read(notebooks.NOTEBOOKS / name)) for number, name in LESSONS.items()}
    assert re.findall(r"^\|(\d\d)\|.+\|(\d+)\|(\d+)\|$", the_map(), flags=re.MULTILINE) == [
        (number, str(lesson.minutes), str(lesson.blanks + own.blanks)) for number, (lesson, own) in lengths.items()]


def test_the_rows_are_read_as_they_are_written():
    source = "|lesson|about|minutes|\n|---|---|---|\n|00|this one|15|\n| 01 | [a `b`](01_a.ipynb) | 45 |\n|02|c (coming)||"
    assert rows_of_the_map(source) == [("00", None, False), ("01", "01_a.ipynb", False), ("02", None, True)]
