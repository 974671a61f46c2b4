"""What a stranger meets who cites the course, asks, or brings something: the files name one release and what exists."""
import re
from pathlib import Path

import pytest
import yaml

from resnext_edu.cli import COMMANDS
from tests.test_environment_files import PROJECT
from tools.portable import PUBLISHED

ROOT = Path(__file__).resolve().parent.parent
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))


def test_one_version_and_one_day_stand_everywhere():
    newest = re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", CHANGES, flags=re.MULTILINE)[0]
    assert newest == (PROJECT["version"], str(CITATION["date-released"]))
    assert CITATION["version"] == PROJECT["version"]


def test_the_citation_has_what_its_format_asks_for():
    assert {"cff-version", "message", "title", "authors"} <= CITATION.keys()
    assert CITATION["authors"] == [{"name": "The resnext-edu developers"}]
    assert CITATION["repository-code"] == f"https://github.com/{PUBLISHED}"
    assert f"\ngit clone {CITATION['repository-code']}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert CITATION["references"][0]["url"] in (ROOT / "notebooks/00_start_here.ipynb").read_text(encoding="utf-8")


def test_each_command_and_no_other_was_once_new():
    told = re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^- (.+?):", CHANGES, flags=re.MULTILINE)))
    assert sorted(told) == sorted(COMMANDS)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_one(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form.keys() == {"name", "description", "labels", "body"}
    names = [part["id"] for part in form["body"]]
    assert len({*names}) == len(names)
    assert all({part["type"]} <= {"input", "textarea", "checkboxes"} and part["attributes"]["label"] for part in form["body"])
    assert any(part.get("validations") == {"required": True} for part in form["body"])


def test_there_is_a_form_for_a_sentence_a_bug_and_an_idea():
    assert [path.stem for path in FORMS] == ["bug", "idea", "wrong_sentence"]
