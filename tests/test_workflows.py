"""What runs elsewhere is text here: the workflows name what exists, and choose what the README says."""
import re
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.test_environment_files import PROJECT

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")}
MATRIX = WORKFLOWS["tests"]["jobs"]["versions"]["strategy"]["matrix"]
CHOICES = [each for each in MATRIX["include"] if "versions" in each]


def steps(workflow: str) -> str:
    jobs = WORKFLOWS[workflow]["jobs"].values()
    return "\n".join(step.get("run", "") for job in jobs for step in job["steps"])


def test_every_system_has_every_choice_of_versions():
    assert [re.match(r"[a-z]+", system)[0] for system in MATRIX["os"]] == ["ubuntu", "macos", "windows"]
    assert [choice["versions"] for choice in CHOICES] == MATRIX["versions"]
    assert {choice["python"] for choice in CHOICES} == {"3.11", "3.14", "3.15"}
    assert all(SpecifierSet(PROJECT["requires-python"]).contains(choice["python"]) for choice in CHOICES)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice["versions"])
def test_outputs_are_compared_only_in_the_versions_that_made_them(choice):
    assert (choice["lessons"] == "--nbval") == (choice["choose"] == "--constraint constraints.txt")
    assert choice["lessons"] in ("--nbval", "--nbval-lax")


def test_what_they_run_exists():
    for script in re.findall(r"bash (\S+)", steps("tests")):
        assert (ROOT / script).is_file()
    targets = re.findall(r"make ([a-z]+)", steps("tests") + steps("site"))
    assert targets
    assert set(targets) <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    left_out = " ".join(each.get("leave", "") for each in MATRIX["include"]) + steps("tests")
    for path in re.findall(r"--ignore=(\S+)", left_out):
        assert (ROOT / path).exists(), path


def test_only_the_site_of_main_is_published_and_only_that_job_may_write():
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
        for name, job in workflow["jobs"].items():
            assert ("permissions" in job) == (name == "publish")
            assert name == "publish" or job["timeout-minutes"] <= 120
    assert WORKFLOWS["site"]["jobs"]["publish"]["if"] == "github.event_name == 'push'"
    assert "gh-pages" in steps("site")
