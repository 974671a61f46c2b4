"""TEACHING.md, the page for teachers: its tables are made from the lessons. `python -m tools.teaching` makes them anew.

The prose of the page is written by hand, in the page itself. What stands between `<!-- NAME -->` and `<!-- end -->` is
made by the function of that name in `PARTS`.
"""
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from resnext_edu.cli import explorer
from resnext_edu.course import course_lessons
from resnext_edu.exercises import questions
from tools import notebooks
from tools.figures import FIGURES
from tools.glossary import terms
from tools.minutes import parts_of

PAGE = Path(__file__).parents[1] / "TEACHING.md"
PART = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LINE = r"^\*\*{}\*\*(.+?)(?:  )?$"
ROUTES = {
    "One afternoon: the proof": (0, 1, 6),
    "Two afternoons: the three forms, built by hand": (0, 1, 2, 3, 4, 5),
    "Two afternoons: what a network costs": (0, 1, 2, 3, 7, 8),
    "The whole course": tuple(range(13)),
}


class Goals(NamedTuple):
    """What the opening of a lesson says.

    Parameters
    ----------
    title, does, learns, needs : str
        In Markdown; links lead from the folder of this page.
    after : frozenset of int
        The lessons that it asks for.
    core, own : int
        Minutes.
    """

    title: str
    does: str
    learns: str
    needs: str
    after: frozenset[int]
    core: int
    own: int


def goals() -> dict[int, Goals]:
    """Number → goals, for each lesson."""
    return {number: _goals_of(path) for number, path in course_lessons().items()}


def _goals_of(path: Path) -> Goals:
    notebook = notebooks.read(path)
    (opening,) = (cell.source for cell in notebook.cells if cell.id == "opening")
    does, learns, needs = (_line(path, lead, opening) for lead in ("You will", "You will learn", "You need"))
    asked = needs.partition(" **")[0]
    core, own = parts_of(notebook)
    after = frozenset(int(number) for number in re.findall(r"\]\(notebooks/(\d\d)_", asked))
    return Goals(opening.splitlines()[0].partition(" · ")[2], does, learns, asked, after, core.minutes, own.minutes)


def _line(path: Path, lead: str, opening: str) -> str:
    found = re.search(LINE.format(lead), opening, re.MULTILINE)
    if not found:
        raise ValueError(f"the opening of {path.name} has no line that begins with **{lead}**")
    return _from_here(found[1].strip())


def plan() -> str:
    """A row for each lesson: how long it takes, what it asks, what has to come before."""
    rows: list[tuple[object, ...]] = [
        (_link(number, each.title), each.core, each.own or "–", len(questions()[f"lesson_{number:02}"]),
         ", ".join(f"{one:02}" for one in sorted(each.after)) or "–") for number, each in goals().items()]
    core, own = sum(each.core for each in goals().values()), sum(each.own for each in goals().values())
    asked = sum(len(each) for each in questions().values())
    rows.append(("together", f"{core} ({_hours(core)})", f"{own} ({_hours(own)})", asked, ""))
    return _table(("lesson", "minutes", "on your own", "questions", "after lessons"), rows)


def routes() -> str:
    """A row for each selection of lessons that can be taught alone."""
    found = goals()
    return _table(("course", "lessons", "time", "with all of *On your own*"), [
        (name, ", ".join(f"{number:02}" for number in numbers) if len(numbers) < len(found) else "00 to 12",
         _hours(sum(found[number].core for number in numbers)),
         _hours(sum(found[number].core + found[number].own for number in numbers)))
        for name, numbers in ROUTES.items()])


def goals_of_all() -> str:
    """A paragraph for each lesson."""
    return "\n\n".join("\\\n".join([f"**{_link(number, each.title)}**", f"*You will* {each.does}",
                                    f"*You will learn* {each.learns}", f"*You need* {each.needs}"])
                       for number, each in goals().items())


def explorers() -> str:
    """The command that saves each explorer."""
    return "\n".join(["```", *(f".venv/bin/python -m resnext_edu explorer {name} --save {name}.html"
                               for name in explorer._explorers()), "```"])


def figures() -> str:
    """A row for each picture, with the lessons that show it."""
    shown = {number: path.read_text(encoding="utf-8") for number, path in course_lessons().items()}
    return _table(("picture", "what it shows", "lesson"), [
        (f"[{name}.svg](figures/{name}.svg)", draw().title.replace("|", "\\|"),
         ", ".join(f"{number:02}" for number, text in shown.items() if f"figures/{name}.svg" in text) or "README")
        for name, draw in FIGURES.items()])


def words() -> str:
    """A row for each term."""
    return _table(("word", "what a lesson says", "lesson"),
                  [(each.name, _from_here(each.said.replace("|", "\\|")), _link(each.lesson)) for each in terms()])


PARTS: dict[str, Callable[[], str]] = {"plan": plan, "routes": routes, "goals": goals_of_all, "explorers": explorers,
                                       "figures": figures, "words": words}


def teaching_page(text: str) -> str:
    """The page with every part made anew."""
    return PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Write it."""
    PAGE.write_text(teaching_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _link(number: int, title: str = "") -> str:
    return f"[{number:02}{title and f' {title}'}](notebooks/{course_lessons()[number].name})"


def _from_here(text: str) -> str:
    """A lesson's text whose links to other lessons lead there from this page."""
    return re.sub(r"\]\((?=\d\d_)", "](notebooks/", text)


def _hours(minutes: int) -> str:
    """Hours and minutes.

    Examples
    --------
    >>> _hours(110), _hours(45)
    ('1 h 50', '45 min')
    """
    return f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (header, ("---",) * len(header), *rows))


if __name__ == "__main__":
    main()
