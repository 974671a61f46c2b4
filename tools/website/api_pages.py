"""The pages of the package, from its docstrings: one for each room that a lesson may call."""
import inspect
from collections import defaultdict
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from textwrap import indent

import resnext_edu
from resnext_edu import widgets

INDEX = """# The package

All that a lesson calls, room by room. `from resnext_edu import NAME` gives each of these names, and
`from resnext_edu.widgets import NAME` each explorer. Every example on these pages is run by the tests.

{rooms}

```{{toctree}}
:hidden:

{pages}
```
"""


def rooms() -> dict[str, list[str]]:
    """Room → the public names that it has."""
    found: dict[str, list[str]] = defaultdict(list)
    for home, names in sorted(vars(resnext_edu)["_ROOMS"].items()):
        found[home.split(".")[0]] += names
    return {room: sorted(names, key=str.lower) for room, names in found.items()} | {"widgets": [*widgets.__all__]}


def api_page(room: str, names: list[str]) -> str:
    """What stands on the page of a room, in reStructuredText, which docstrings are written in."""
    module = import_module(f"resnext_edu.{room}")
    about = inspect.getdoc(module) or ""
    home = _home(room)
    entries = (_entry(name, home, getattr(import_module(home), name)) for name in names)
    return "\n\n".join([f"{room}\n{'=' * len(room)}", about, f".. currentmodule:: {home}", *entries]) + "\n"


def index_page(rooms: Mapping[str, list[str]]) -> str:
    """What stands in front of all rooms, in Markdown: what each is for, and its names."""
    lines = ["| room | what is there |", "|---|---|"]
    for room, names in rooms.items():
        about, _, _ = (inspect.getdoc(import_module(f"resnext_edu.{room}")) or "").partition("\n\n")
        links = " · ".join(f"{{py:obj}}`~{_home(room)}.{name}`" for name in names)
        lines.append(f"| [{room}]({room}.rst) | {' '.join(about.split()).replace('``', '`')}<br>{links} |")
    return INDEX.format(rooms="\n".join(lines), pages="\n".join(rooms))


def _home(room: str) -> str:
    """From where the names of a room are imported."""
    return "resnext_edu.widgets" if room == "widgets" else "resnext_edu"


def _entry(name: str, home: str, thing: object) -> str:
    """A class or a function has a docstring; of everything else its value is told."""
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return f".. auto{'class' if inspect.isclass(thing) else 'function'}:: {home}.{name}"
    holds = ", ".join(f"``{key!r}``" for key in thing) if isinstance(thing, Mapping) else ""
    told = f"It maps each of these names to what it stands for: {holds}." if holds else inspect.getdoc(thing) or ""
    return f".. py:data:: {name}\n\n{indent(told, '   ')}"


def write_api(folder: Path) -> None:
    """Write all pages and their index into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for room, names in rooms().items():
        (folder / f"{room}.rst").write_text(api_page(room, names), encoding="utf-8")
    (folder / "index.md").write_text(index_page(rooms()), encoding="utf-8")
