"""The lessons as they are committed: every rule is a small function, seen failing on a notebook that breaks it."""
import re
from statistics import median
from urllib.parse import unquote

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes

from tools import minutes
from tools import notebooks as tool

LESSONS = tool.lessons()

# ------------------------------------------------------------------ what is looked at


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    """Each output, with its cell's id and the text of all that can be read in it."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = {"text/plain": output.get("text", "")} | output.get("data", {})
            yield cell.get("id"), output, {kind: str(text) for kind, text in data.items() if kind != "image/png"}


def prose(notebook):
    """Each Markdown cell's id and text, without code and formulas: brackets mean something else there."""
    other = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)
    return [(cell.get("id"), other.sub("", cell.source)) for cell in notebook.cells if cell.cell_type == "markdown"]


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("#")]

# ------------------------------------------------------------------ rules: (notebook, its file) → what breaks the rule


def every_code_cell_has_run(notebook, path):
    return [f"{cell.get('id')}: no execution count" for cell in code_cells(notebook) if cell.execution_count is None]


def ran_from_the_top(notebook, path):
    """Strict nbval runs from the top, so a lesson that was saved after running cells in another order would differ."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [f"execution counts {counts}"] if counts != list(range(1, len(counts) + 1)) else []


def cell_ids_are_there_once_and_mean_something(notebook, path):
    ids = [cell.get("id") for cell in notebook.cells]
    word = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9-]{1,63}")
    random = re.compile(r"[0-9a-f]{8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
    return ([f"cell number {place} has no id" for place, id in enumerate(ids, 1) if not id]
            + [f"{id}: more than one cell has this id" for id in sorted({id for id in ids if id and ids.count(id) > 1})]
            + [f"{id}: not a short lower-case name" for id in ids if id and not word.fullmatch(id)]
            + [f"{id}: a random id" for id in ids if id and random.fullmatch(id)])


def found(pattern, texts):
    return [f"{id}: {hit[0]!r}" for id, text in texts if (hit := re.search(pattern, text))]


def no_path_of_a_machine(notebook, path):
    texts = [(cell.get("id"), cell.source) for cell in notebook.cells]
    texts += [(id, text) for id, _, data in outputs(notebook) for text in data.values()]
    return found(r"(?<![\w.])/(home|root|work|tmp|Users)/|[A-Z]:\\+Users|site-packages", texts)


def no_address_in_memory(notebook, path):
    return found(r"(?i)\b0x[0-9a-f]{6,}", [(id, text) for id, _, data in outputs(notebook) for text in data.values()])


def no_timing(notebook, path):
    texts = [(id, text) for id, _, data in outputs(notebook) for kind, text in data.items() if kind.startswith("text/")]
    return found(r"CPU times|Wall time|\d+(\.\d+)? ?(ms|µs|μs|ns|seconds)\b", texts)


def no_error(notebook, path):
    return [f"{id}: {output.ename}" for id, output, _ in outputs(notebook) if output.output_type == "error"]


def no_stderr(notebook, path):
    return [f"{id}: {output.text!r}" for id, output, _ in outputs(notebook) if output.get("name") == "stderr"]


def no_widget_state(notebook, path):
    return ["metadata.widgets"] if "widgets" in notebook.metadata else []


def no_time_of_execution(notebook, path):
    return [f"{cell.get('id')}: {key}" for cell in notebook.cells for key in ("execution", "ExecuteTime")
            if key in cell.metadata]


def code_cells_are_short(notebook, path):
    sizes = {cell.get("id"): len(code_lines(cell)) for cell in code_cells(notebook)}
    middle = median(sizes.values()) if sizes else 0
    return ([f"{id}: {size} lines, at most 20" for id, size in sizes.items() if size > 20]
            + [f"the median code cell has {middle:g} lines, at most 5"] * (middle > 5))


def code_fits_the_page(notebook, path):
    """With the file browser open, Lab has 88 columns on a screen of 1280 pixels."""
    return [f"{cell.get('id')}: a line of {len(line)} characters, at most 88" for cell in code_cells(notebook)
            for line in cell.source.splitlines() if len(line) > 88]


def the_opening_says_the_honest_minutes(notebook, path):
    lesson, own = minutes.parts_of(notebook)
    wanted = f"**{lesson.minutes} minutes.**" + (f" On your own: {own.minutes} more." if own.minutes else "")
    opening = next((cell.source for cell in notebook.cells if cell.get("id") == "opening"), "")
    longest = minutes.LONGEST
    return ([f"opening: has to say {wanted!r}"] * (wanted not in opening)
            + [f"{lesson.minutes} minutes, at most {longest}"] * (lesson.minutes > longest))


def pictures_have_a_text_alternative(notebook, path):
    return ([f"{id}: ![]({link})" for id, text in prose(notebook) for link in re.findall(r"!\[\s*\]\(([^)]*)\)", text)]
            + [f"{id}: {tag}" for id, text in prose(notebook) for tag in re.findall(r"<img\b[^>]*>", text)
               if not re.search(r"""\balt=["'][^"']*\w""", tag)])


def linked_files_exist(notebook, path):
    link = re.compile(r"""(?:\]\(\s*<?|(?:src|href)=["'])([^\s)>"']+)""")
    links = [(id, target) for id, text in prose(notebook) for target in link.findall(text)]
    return [f"{id}: {target}" for id, target in links if not re.match(r"[a-z]+:|#|//", target)
            and not (path.parent / unquote(target.partition("#")[0])).exists()]


def is_its_own_normal_form(notebook, path):
    same = tool.normalise(notebook).encode("utf-8") == path.read_bytes()
    return [] if same else ["`make notebooks` would write it otherwise"]


def only_live_training_is_not_compared(notebook, path):
    """A cell may hide its output from nbval if it trains or measures; the next cell that is compared says what every machine gives.

    What is installed also differs from machine to machine; that it is new enough, tests/test_checks.py says.
    """
    said = []

    def tagged(cell):
        return "nbval-ignore-output" in cell.metadata.get("tags", []) and not cell.source.endswith("check_environment()")

    cells = code_cells(notebook)
    for place, cell in enumerate(cells):
        if tagged(cell):
            if not re.search(r"\b(fit|evaluate|fine_tune|one_run|train_in_folder|with_threads|apart_picture|proof_picture|timing_picture|Popen|tuned\.\w+)\(", cell.source):
                said.append(f"{cell.get('id')}: trains nothing and measures nothing")
            compared = next((other for other in cells[place:] if not tagged(other)), None)
            text = "".join(output.get("data", {}).get("text/plain", "") for output in compared.outputs) if compared else ""
            if not re.fullmatch(r"\(?True(, True)*\)?", text):
                said.append(f"{cell.get('id')}: no cell after it asserts anything")
    return said


RULES = [
    every_code_cell_has_run, ran_from_the_top, cell_ids_are_there_once_and_mean_something, no_path_of_a_machine,
    no_address_in_memory, no_timing, no_error, no_stderr, no_widget_state, no_time_of_execution, code_cells_are_short,
    code_fits_the_page, the_opening_says_the_honest_minutes, pictures_have_a_text_alternative, linked_files_exist, is_its_own_normal_form, only_live_training_is_not_compared,
]

# ------------------------------------------------------------------ the rules on the lessons


def test_the_first_lessons_are_there():
    assert {path.name[:2] for path in LESSONS} >= {"00", "06"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson(path, rule):
    assert rule(tool.read(path), path) == []

# ------------------------------------------------------------------ the rules on a notebook that keeps or breaks them


def good():
    """A small notebook that keeps every rule, with things that look like a fault and are none."""
    text = ("**5 minutes.** A ![grouped block](../figures/block%20c.svg), [its source](https://example.org/home/x) and [above](#top); "
            "`[not](a-link)`, $W[i](x)$; ratios in ms are not an output.")
    table = new_output("execute_result", execution_count=1, data={
        "text/html": "<p>70,144 weights, 640x480, 12 terms</p>", "text/plain": "70,144", "image/png": "/tmp/0x7f0c0c"})
    return new_notebook(metadata=tool.METADATA, cells=[
        new_markdown_cell(text, id="opening"),
        new_code_cell("# why\n\nweights(block)", id="count-weights", execution_count=1, outputs=[table]),
        new_code_cell("cost\n" * 20, id="a4-cells", execution_count=2),
        new_code_cell("cost", id="facts-2", execution_count=3),
    ])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "block c.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


def shows(kind="text/plain", text=""):
    def change(notebook):
        notebook.cells[1].outputs[0].data[kind] = text
    return change


def says(text, cell=0):
    def change(notebook):
        notebook.cells[cell].source = text
    return change


def has(place, **values):
    """Set values in a cell, or (None) in the notebook's metadata."""
    def change(notebook):
        (notebook.metadata if place is None else notebook.cells[place]).update(values)
    return change


def prints(**stream):
    return has(1, outputs=[new_output("stream", **stream)])


def adds(text):
    return lambda notebook: notebook.cells.append(new_markdown_cell(text, id="added"))


LIVE = {"tags": ["nbval-ignore-output"]}
BROKEN = [
    (every_code_cell_has_run, has(2, execution_count=None), "a4-cells: no execution count"),
    (ran_from_the_top, has(3, execution_count=2), "execution counts [1, 2, 2]"),
    (cell_ids_are_there_once_and_mean_something, lambda notebook: notebook.cells[0].pop("id"),
     "cell number 1 has no id"),
    (cell_ids_are_there_once_and_mean_something, has(0, id="facts-2"), "facts-2: more than one cell has this id"),
    (cell_ids_are_there_once_and_mean_something, has(0, id="Opening"), "Opening: not a short lower-case name"),
    (cell_ids_are_there_once_and_mean_something, has(0, id="12"), "12: not a short lower-case name"),
    (cell_ids_are_there_once_and_mean_something, has(0, id="a1b2c3d4"), "a1b2c3d4: a random id"),
    (cell_ids_are_there_once_and_mean_something, has(0, id="3e3cf1a2-0f64-4a10-9b5d-0d2ad3aa1f00"),
     "3e3cf1a2-0f64-4a10-9b5d-0d2ad3aa1f00: a random id"),
    (no_path_of_a_machine, shows(text="PosixPath('/home/ada/x')"), "count-weights: '/home/'"),
    (no_path_of_a_machine, shows("text/html", "<b>/tmp/ipykernel_12/3.py</b>"), "count-weights: '/tmp/'"),
    (no_path_of_a_machine, shows(text=r"C:\Users\ada"), r"count-weights: 'C:\\Users'"),
    (no_path_of_a_machine, prints(text="lib/python3/site-packages/torch"), "count-weights: 'site-packages'"),
    (no_path_of_a_machine, says("open('/root/x')", cell=3), "facts-2: '/root/'"),
    (no_address_in_memory, shows(text="<object at 0x7f0c0cc96610>"), "count-weights: '0x7f0c0cc96610'"),
    (no_timing, prints(text="Wall time: 3 s"), "count-weights: 'Wall time'"),
    (no_timing, shows("text/html", "<td>1.25 ms</td>"), "count-weights: '1.25 ms'"),
    (no_timing, shows(text="took 4 seconds"), "count-weights: '4 seconds'"),
    (no_error, has(1, outputs=[new_output("error", ename="ValueError", evalue="", traceback=[])]),
     "count-weights: ValueError"),
    (no_stderr, prints(name="stderr", text="a warning"), "count-weights: 'a warning'"),
    (no_widget_state, has(None, widgets={}), "metadata.widgets"),
    (no_time_of_execution, has(3, metadata={"execution": {}}), "facts-2: execution"),
    (code_cells_are_short, says("line\n" * 21, cell=1), "count-weights: 21 lines, at most 20"),
    (code_cells_are_short, says("line\n" * 6, cell=1), "the median code cell has 6 lines, at most 5"),
    (code_fits_the_page, says("x" * 89, cell=1), "count-weights: a line of 89 characters, at most 88"),
    (the_opening_says_the_honest_minutes, says("**5 minutes.** " + "word " * 600), "opening: has to say '**10 minutes.**'"),
    (the_opening_says_the_honest_minutes, adds("## On your own\n" + "word " * 600),
     "opening: has to say '**5 minutes.** On your own: 5 more.'"),
    (the_opening_says_the_honest_minutes, adds("word " * 7000), "60 minutes, at most 50"),
    (pictures_have_a_text_alternative, says("![ ](figures/c.svg)"), "opening: ![](figures/c.svg)"),
    (pictures_have_a_text_alternative, says('<img src="https://example.org/x.png" alt="">'),
     'opening: <img src="https://example.org/x.png" alt="">'),
    (linked_files_exist, says("![a block](../figures/none.svg)"), "opening: ../figures/none.svg"),
    (linked_files_exist, says("[lesson 7](07_cost.ipynb#top)"), "opening: 07_cost.ipynb#top"),
    (linked_files_exist, says('<img alt="a block" src="none.svg">'), "opening: none.svg"),
    (is_its_own_normal_form, has(0, metadata={"scrolled": True}), "`make notebooks` would write it otherwise"),
    (only_live_training_is_not_compared, has(1, metadata=LIVE), "count-weights: trains nothing and measures nothing"),
    (only_live_training_is_not_compared, has(3, metadata=LIVE, source="fit(model)"),
     "facts-2: no cell after it asserts anything"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_keeps_every_rule(folder, rule):
    path = folder / "00_good.ipynb"
    path.write_text(tool.normalise(good()), encoding="utf-8")
    assert rule(tool.read(path), path) == []


@pytest.mark.parametrize(("rule", "change", "complaint"), BROKEN, ids=[rule.__name__ for rule, _, _ in BROKEN])
def test_a_bad_notebook_breaks_the_rule(folder, rule, change, complaint):
    notebook, path = good(), folder / "00_bad.ipynb"
    if "median" in complaint:  # two long cells of three
        says("line\n" * 6, cell=3)(notebook)
    change(notebook)
    path.write_text(writes(notebook) + "\n", encoding="utf-8")
    assert complaint in rule(tool.read(path), path)


def test_every_rule_is_seen_breaking():
    assert {rule for rule, _, _ in BROKEN} == set(RULES)
