"""No two things share a name: a reader who looks for one finds one."""
import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "resnext_edu"
OF_THE_PAGE = {"LOOK", "GAP", "MOST", "RIGHT"}  # a style sheet each; what a table, a picture, a verdict call by this name
LAYOUT = {  # of pictures: where something stands, and how large it is
    "BAR", "CELL", "COLUMNS", "GAP", "HEIGHT", "HIGH", "INPUTS", "JOIN", "LEFT", "LONG", "LONGEST", "MATRIX", "MOST",
    "NAME", "OCTAVE", "PITCH", "RIGHT", "ROW", "SIDE", "SPAN", "STEPS", "TALL", "TOP", "UNIT", "WIDE", "WIDEST", "X", "Y"}
ONE_A_COMMAND = {"add_to", "run"}  # each file in cli/ has these two


def test_no_two_classes_or_functions_share_a_name():
    homes = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        if "banks" not in file.parts:  # a bank's names are the lessons' own
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                    homes[node.name].append(str(file.relative_to(PACKAGE)))
    shared = {name: files for name, files in homes.items() if len(files) > 1 and name not in ONE_A_COMMAND}
    assert shared == {}


def test_no_two_constants_share_a_name_but_for_places_in_pictures():
    """LEFT, TOP and the like are each picture's own; a word that means something has one meaning."""
    homes = defaultdict(set)
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in ast.walk(ast.Tuple([target for target in targets if target], ast.Store())):
                if isinstance(target, ast.Name) and target.id[0] != "_" and not {"banks", "cli"} & {*file.parts}:
                    homes[target.id].add(str(file.relative_to(PACKAGE)))
    shared = {name: files for name, files in homes.items()
              if len(files) > 1 and not all(file.startswith("draw/") for file in files)}
    assert shared.keys() <= OF_THE_PAGE
    meant = {name: files for name, files in homes.items() if name not in LAYOUT and len(files) > 1}
    assert meant.keys() <= OF_THE_PAGE


def test_no_two_files_of_one_name_but_where_a_room_draws_or_shows_another():
    """`draw/block/forms.py` draws what `widgets/forms.py` lets move; nothing else has a namesake."""
    homes = defaultdict(set)
    for file in PACKAGE.rglob("*.py"):
        if file.stem != "__init__":
            homes[file.stem].add(file.relative_to(PACKAGE).parts[0])
    shared = {name: rooms for name, rooms in homes.items() if len(rooms - {"draw", "widgets", "cli"}) > 1}
    assert shared == {}
    tools = {path.stem for path in (PACKAGE.parent / "tools").glob("*.py")}
    assert not tools & set(homes)
