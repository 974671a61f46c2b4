"""What a lesson has to show about a question: the section in which it is asked, and a picture or explorer below it."""
import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import BLANK, parsed
from resnext_edu.learner.unsolved import text_of

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SIGHTS = {  # what stands in a cell → what it shows
    re.compile(r"!\[[^\]]*\]\((?:\.\./)?(figures/\w+\.svg)\)"): "the picture `{}` below it",
    re.compile(r"^from resnext_edu\.widgets import (\w+)", re.MULTILINE): "the explorer below it (`{}`)",
    re.compile(r"^(\w+_picture)\(", re.MULTILINE): "the picture that `{}` draws below it",
}


class ToShow(NamedTuple):
    """Where a question stands in its lesson.

    Parameters
    ----------
    section : str
        The last heading above it.
    sight : str
        What there is to see between it and the next question; empty if there is nothing.
    """

    section: str
    sight: str


@cache
def to_show(lesson: str) -> Mapping[str, ToShow]:
    """Question → what the lesson has to show about it, for all questions of a lesson.

    Examples
    --------
    >>> to_show("lesson_02")["harmless_deals"]
    ToShow(section='Dealt out like cards', sight='the explorer below it (`GroupedConvExplorer`)')
    """
    found, section, asked = dict[str, ToShow](), "", ""
    for cell in parsed(course_lessons()[int(lesson.removeprefix("lesson_"))])["cells"]:
        text = text_of(cell)
        if cell["cell_type"] == "markdown":
            section = (HEADING.findall(text) or [section])[-1]
        for tag in cell["metadata"].get("tags", ()):
            if tag.startswith(BLANK):
                asked = tag.removeprefix(BLANK)
                found[asked] = ToShow(section, "")
        if asked and not found[asked].sight:
            seen = (words.format(match[1]) for look, words in SIGHTS.items() if (match := look.search(text)))
            found[asked] = found[asked]._replace(sight=next(seen, ""))
    return found
