"""Who may import whom: the rooms of the package, held by reading every import in every file."""
import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "resnext_edu"
ANYTHING = None
ROOMS = {  # room: what it may import besides the standard library and errors, from this package and from others
    "__init__": set(),
    "errors": set(),
    "words": set(),
    "bar": {"tqdm"},
    "table": set(),
    "findings": {"table"},
    "whole": set(),
    "course": set(),
    "extras": set(),
    "learner": {"course", "whole"},
    "config": set(),
    "belongings": {"torch", "numpy"},
    "modules": {"torch", "belongings"},
    "inputs": {"torch", "modules"},
    "checks": {"course", "table", "findings"},
    "counts": {"table", "words"},
    "cost": {"config", "counts"},
    "examination": {"torch", "adoption", "belongings", "config", "counts", "equivalence", "findings", "inputs", "modules", "network", "pretrained", "table", "tracing", "words"},
    "blocks": {"torch", "config"},
    "layout": {"torch"},
    "convert": {"torch", "blocks", "config", "layout", "modules"},
    "sabotage": {"torch", "blocks", "findings"},
    "network": {"torch", "config", "blocks", "convert", "pretrained"},
    "preparation": {"torch", "torchvision", "numpy", "PIL"},
    "shipped": {"torch", "preparation"},
    "adoption": {"torch", "words"},
    "pretrained": {"torch", "torchvision", "safetensors", "shipped", "adoption"},
    "inference": {"torch", "PIL", "config", "network", "preparation", "pretrained", "table", "training", "whole"},
    "equivalence": {"torch", "table", "findings", "words", "inputs", "modules", "belongings"},
    "tracing": {"torch", "counts", "words", "inputs", "modules", "belongings"},
    "data": {"torch", "torchvision", "PIL", "numpy", "sklearn", "bar", "extras", "words"},
    "draw": set(),
    "draw/kit": {"PIL", "numpy"},
    "draw/block": {"draw/kit", "config", "cost", "counts", "words"},
    "draw/network": {"draw/kit", "config", "cost", "counts", "words"},
    "draw/measured": {"draw/kit", "findings", "words", "numpy"},
    "ablation": {"torch", "bar", "blocks", "data", "draw/kit", "draw/measured", "intervals", "network", "table", "training"},
    "exercises": {"torch", "course", "table", "words"},
    "training": {"torch", "bar", "scipy", "filelock", "config", "data", "draw/kit", "draw/measured", "modules", "network", "table", "whole"},
    "intervals": {"scipy"},
    "tuning": {"torch", "sklearn", "config", "data", "draw/kit", "draw/measured", "extras", "inference", "intervals", "network", "preparation", "pretrained", "table", "training", "whole", "words"},
    "sweep": {"torch", "bar", "blocks", "config", "data", "network", "training", "whole"},
    "grading": {"torch", "bar", "course", "exercises", "learner", "table", "whole", "words"},
    "exercises/banks": ANYTHING,
    "widgets": ANYTHING,
    "cli": ANYTHING,
    "__main__": ANYTHING,
}
CLOSED = {"widgets": {"exercises", "exercises/banks"}, "exercises/banks": {"widgets"}}  # shut, even to those who may enter anywhere
ONLY_INSIDE_FUNCTIONS = {  # slow to load, and not always needed
    "pretrained": {"torchvision", "safetensors"}, "shipped": {"torch", "preparation"}, "preparation": {"torchvision", "PIL"}, "draw/kit": {"PIL", "numpy"}, "draw/measured": {"numpy"}, "data": {"torchvision", "PIL", "numpy", "sklearn"}, "tuning": {"sklearn"}}
NOBODY_ENTERS = {"cli", "__main__"}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_at(*parts: str) -> str:
    """The innermost room of the table on this way, or where it begins."""
    ways = ("/".join(parts[:k]) for k in range(len(parts), 0, -1))
    return next((way for way in ways if way in ROOMS), parts[0])


def room_of(file: Path) -> str:
    return room_at(*file.relative_to(PACKAGE).with_suffix("").parts)


def imports(tree: ast.AST, own: str) -> set[str]:
    """The rooms and the other packages that a piece of code imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports in this package are written out: from resnext_edu.table import Table"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    rooms = {room_at(*name.split(".")[1:]) for name in found if name.startswith("resnext_edu.")}
    others = {name.split(".")[0] for name in found if not name.startswith("resnext_edu")}
    return (rooms | others) - {own, "errors", *sys.stdlib_module_names}


def at_module_level(tree: ast.Module) -> ast.Module:
    """The same file without the insides of its functions, and without what only a type checker reads."""
    class Outside(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            return None

        visit_AsyncFunctionDef = visit_FunctionDef

        def visit_If(self, node):
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    return Outside().visit(tree)


def complaints(source: str, room: str) -> list[str]:
    """What in this source is not in keeping with the table."""
    if room not in ROOMS:
        return [f"{room} is not in the table of rooms"]
    found = imports(ast.parse(source), room)
    wrong = found & (CLOSED.get(room, set()) | NOBODY_ENTERS - ({"cli"} if room == "__main__" else set()))
    if ROOMS[room] is not ANYTHING:
        wrong |= found - ROOMS[room]
    early = imports(at_module_level(ast.parse(source)), room) & ONLY_INSIDE_FUNCTIONS.get(room, set())
    return [f"{room} must not import {name}" for name in sorted(wrong)] + [
        f"{room} must import {name} inside the function that needs it" for name in sorted(early)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_every_file_keeps_to_its_room(file):
    assert complaints(file.read_text(encoding="utf-8"), room_of(file)) == []


def test_every_room_is_there_and_every_permission_is_used():
    used = {room: set() for room in ROOMS}
    for file in FILES:
        used[room_of(file)] |= imports(ast.parse(file.read_text(encoding="utf-8")), room_of(file))
    assert {room for room in ROOMS if room not in map(room_of, FILES)} == set()
    assert {room: may - used[room] for room, may in ROOMS.items() if may is not ANYTHING and may - used[room]} == {}


@pytest.mark.parametrize(("room", "source", "complaint"), [
    ("equivalence", "from resnext_edu.convert import convert_state_dict", "equivalence must not import convert"),
    ("cost", "def f():\n    from resnext_edu.tracing import trace", "cost must not import tracing"),
    ("cost", "import torch.nn as nn", "cost must not import torch"),
    ("config", "from resnext_edu import counts", "config must not import counts"),
    ("counts", "from resnext_edu import prove_equivalent", "counts must not import prove_equivalent"),
    ("widgets", "import resnext_edu.exercises.blank", "widgets must not import exercises"),
    ("widgets", "from resnext_edu import cli", "widgets must not import cli"),
    ("draw/kit", "from PIL import Image",
     "draw/kit must import PIL inside the function that needs it"),
    ("draw/block", "from resnext_edu.draw.network import stages", "draw/block must not import draw/network"),
    ("equivalence", "from resnext_edu.convert import in_form", "equivalence must not import convert"),
    ("utils", "", "utils is not in the table of rooms"),
])
def test_a_wrong_import_is_seen(room, source, complaint):
    assert complaints(source, room) == [complaint]


@pytest.mark.parametrize(("room", "source"), [
    ("counts", "import math\nfrom resnext_edu.errors import nearest_name\nfrom resnext_edu.table import Table"),
    ("draw/kit", "if TYPE_CHECKING:\n    from PIL import Image"),
    ("draw/kit", "def f():\n    from PIL import Image"),
    ("equivalence", "import torch\nfrom resnext_edu.equivalence.report import Finding"),
    ("__main__", "from resnext_edu.cli import main"),
])
def test_a_right_import_is_let_through(room, source):
    assert complaints(source, room) == []


def test_every_room_is_on_the_map_in_contributing():
    page = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("| room in `resnext_edu/` |")[2].partition("## Adding")[0]
    named = {name.rstrip("/") for row in table.splitlines()[2:] for name in re.findall(r"`([a-z_]+)/?`", row)}
    there = {room_of(file).split("/")[0] for file in FILES} - {"__init__", "__main__"}
    assert there <= named


@pytest.mark.parametrize("module", ["resnext_edu.cost", "resnext_edu.draw.block.forms", "resnext_edu.draw.measured.proof",
                                    "resnext_edu.draw.network.stages", "resnext_edu.findings", "resnext_edu.learner", "resnext_edu.cli.lab", "resnext_edu.cli.reset"])
def test_counting_and_drawing_load_nothing_heavy(module):
    heavy = ("torch", "torchvision", "matplotlib", "numpy", "ipywidgets")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
