"""README.md and its companions name only what exists, and every lesson stands in the table."""
import json
import re
from pathlib import Path

import pytest
from torchvision.models import wide_resnet50_2

from resnext_edu import Score, examine, widgets
from resnext_edu.shipped import SHIPPED
from tests.browser.engines import ENGINES
from tools.hosts import NEEDS
from tools.portable import binder, codespaces, colab

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PAGES = ["README.md", "CONTRIBUTING.md", "TEACHING.md", "LICENSE-CONTENT.md"]
COMPANIONS = [*PAGES, "CHANGELOG.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text())
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


def test_the_buttons_open_the_learners_first_lesson():
    outside = re.findall(r"\]\((https:[^)]+)\)", README)
    assert outside == [binder(), colab(), codespaces()]


@pytest.mark.parametrize("page", COMPANIONS)
def test_every_make_command_exists(page):
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", (ROOT / page).read_text())) <= known


def test_every_lesson_is_in_the_table_with_its_gain_and_its_exercises():
    rows = re.findall(r"^\| \[[^]]+\]\(notebooks/([^)]+)\) \| (.+) \| (.+) \|$", README, flags=re.MULTILINE)
    assert [name for name, _, _ in rows] == sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*_*.ipynb")
                                                   if ".mine" not in path.name and "-Copy" not in path.name)
    for name, gain, exercises in rows:
        cells = json.loads((ROOT / "notebooks" / name).read_text())["cells"]
        blanks = [tag for cell in cells for tag in cell["metadata"].get("tags", []) if tag.startswith("exercise:")]
        assert int(exercises.split()[0]) == len(blanks), name
        assert 40 < len(gain) < 75  # one line, where a page has room for it


def test_the_first_screen_is_a_few_words_the_film_two_commands_and_the_lessons():
    first, _, rest = README.partition("\n## ")
    words, picture, commands = re.fullmatch(r"# .+?\n\n(.+)\n\n!\[[^]]+\]\((\S+)\)\n\n```\n(.+)\n```\n", first, re.DOTALL).groups()
    assert len(words.split()) < 60
    assert picture == "figures/forms_film.svg"
    assert [line.partition("  ")[0] for line in commands.splitlines()] == ["make lab", "make test"]
    assert rest.startswith("Lessons\n\n| lesson |")


def test_every_picture_has_a_text_alternative():
    pictures = re.findall(r"!\[([^]]*)\]", README)
    assert pictures
    assert all(len(text) > 40 for text in pictures)


@pytest.mark.parametrize("command", [
    "make lab", "make test", "make reset LESSON=06",
    ".venv/bin/python -m resnext_edu prove",
    'python3 -m pip install "resnext-edu[lab]"\nresnext-edu lab ',
    "make lab TORCH_BACKEND=cpu", "--torch-backend=cpu",
    # Windows and the CPU build can't be run by these tests, so at least their lines must be what we mean:
    r"py -m venv .venv",
    r'.venv\Scripts\python -m pip install -c constraints.txt -e ".[test]"',
    ".venv\\Scripts\\python -m resnext_edu lab\n", "python -m resnext_edu reset 06",
    "conda env create -f environment.yml",
])
def test_the_commands_are_there_to_copy(command):
    assert command in README


def test_the_model_in_python_gives_the_table_below_it():
    code, table = re.search(r"```python\n(.+?)```\n\n```\n(.+?)```", README, flags=re.DOTALL).groups()
    *lines, last = code.strip().splitlines()
    names = {}
    exec("\n".join(lines), names)
    assert table.strip() in str(eval(last, names))


def test_the_examination_gives_what_is_printed():
    printed = re.search(r"```\n(Read as .+?)\n```", README, flags=re.DOTALL)[1]
    assert examine(wide_resnet50_2(), as_="resnext50_32x4d").text() == printed


def test_what_it_says_of_speed_was_measured():
    found = json.loads((ROOT / "benchmarks/results.json").read_text())["explorers"]
    drawn = [times for name, times in found.items() if "frames" in times and name != "EquivalenceLab"]
    asked = [found[name] for name in ("EquivalenceLab", "another size", "another network or form")]
    said = " ".join(README.split())

    def span(times, what="median"):
        found = [round(each[what]) for each in times]
        return f"{min(found)} to {max(found)}"

    assert f"it takes {span(drawn)} ms at the median" in said
    assert f"the same key in a bare page takes {span(drawn, 'bare_median')}." in said
    assert f"asked of the kernel takes {span(asked)} ms" in said
    assert f"`interact` over matplotlib {round(found['interact']['median'])} ms" in said


def test_how_long_it_says_that_proofs_take_was_measured():
    found = json.loads((ROOT / "benchmarks/results.json").read_text())["proofs"]
    assert found.pop("threads") == 2
    assert all(proof["passed"] for proof in found.values())
    *small, large = (round(proof["seconds"]) for proof in found.values())
    said = " ".join(README.split())
    assert f"takes {min(small)} to {max(small)} s for ResNeXt-50, and {large} s for ResNeXt-101 32×8d, on two cores" in said


def test_every_explorer_is_in_the_table_and_in_the_lessons_that_it_names():
    rows = re.findall(r"^\| `(\w+)` \| (\d\d)(?:–(\d\d))? \|", README, flags=re.MULTILINE)
    assert {name for name, _, _ in rows} == {name for name in widgets.__all__ if name[0].isupper()}
    for name, first, last in rows:
        lessons = [path.name[:2] for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
                   if f"{name}(" in path.read_text() and ".mine" not in path.name]
        assert lessons[0] == first
        assert lessons[-1] == (last or first)


def test_the_accuracy_of_the_shipped_weights_is_that_of_their_card():
    known = SHIPPED["resnext_mini"]["DEFAULT"].meta
    low, high = (f"{100 * end:.1f}" for end in Score(0.0, known["correct"], known["count"]).interval)
    told = " ".join(README.split())
    assert f"names {known['correct']} of {known['count']:,} test images correctly: {known['correct'] / known['count']:.1%}".replace("%", " %") in told
    assert f"with 95 % confidence {low} to {high} %" in told


def test_every_host_and_browser_that_is_tested_is_in_the_table_of_hosts():
    table = README.partition("### Where they work")[2].partition("\n## ")[0]
    assert [name for name in (*ENGINES, *NEEDS) if name not in table] == []
    for host in ("marimo", "Voila"):
        version = NEEDS[host][0].partition("==")[2]
        assert f"{host} {version.rpartition('.')[0]}" in table
