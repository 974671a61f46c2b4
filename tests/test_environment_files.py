"""pyproject.toml, constraints.txt and environment.yml describe one environment, which is all that the code imports."""
import ast
import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools import environment
from tools.portable import binder

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAME = {"torch": "pytorch", "jupyter-client": "jupyter_client"}
FROM_PYPI = {"playwright", "axe-playwright-python", "cosmic-ray"}  # which conda-forge lacks, or calls by another name
MODULE_OF = {"pillow": "PIL", "scikit-learn": "sklearn", "pyyaml": "yaml", "pytest-xdist": "xdist",
             "websocket-client": "websocket", "ipython": "IPython"}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
ALL = [*map(Requirement, PROJECT["dependencies"]), *(each for extra in EXTRAS.values() for each in extra)]
FLOORS = list({each.name: each for each in ALL if each.name != PROJECT["name"]}.values())  # lab's ipywidgets is the newer
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
PIN_LINES = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not re.match(r"\s*#", line)]
PINS = [Requirement(line) for line in PIN_LINES]


def conda_packages():
    return [Requirement(line.replace("python=", "python==")) for line in CONDA["dependencies"] if isinstance(line, str)]


def test_conda_has_the_same_packages_with_the_same_floors():
    ours = {CONDA_NAME.get(floor.name, floor.name): floor.specifier for floor in FLOORS
            if floor.name not in FROM_PYPI and floor not in EXTRAS["site"]}  # which has an environment of its own
    small = {"python", "pip", "pytorch-cpu"}
    assert {package.name: package.specifier for package in conda_packages() if package.name not in small} == ours
    assert small <= {package.name for package in conda_packages()}


def test_conda_has_one_python_or_repo2docker_takes_another():
    (python,) = re.findall(r"^  - python=(3\.\d+)  #", (ROOT / "environment.yml").read_text(), flags=re.MULTILINE)
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)


def test_an_installation_does_not_rewrite_a_hosted_notebook():
    """What Colab had in August 2026 is new enough for the core and for the lessons' cells."""
    colab = {"torch": "2.11.0", "torchvision": "0.26.0", "anywidget": "0.9.21", "traitlets": "5.7.1", "ipywidgets": "7.7.1"}
    needed = [*map(Requirement, PROJECT["dependencies"]), *EXTRAS["train"], *EXTRAS["lessons"]]
    assert colab.keys() <= {floor.name for floor in needed}
    assert [str(floor) for floor in needed if not floor.specifier.contains(colab.get(floor.name, "999"))] == []
    assert not {"jupyterlab", "ipywidgets"} & {Requirement(line).name for line in PROJECT["dependencies"]}


def test_each_extra_brings_the_one_before_and_test_brings_all():
    brings = {name: set().union(*(each.extras for each in extra if each.name == PROJECT["name"])) for name, extra in EXTRAS.items()}
    assert brings == {"train": set(), "lessons": {"train"}, "lab": {"lessons"}, "test": {"lab"}, "site": set()}


def test_conda_installs_the_course_itself_by_pip():
    # "-e .", because repo2docker looks for such a line to know that it needs the whole repository.
    from_pypi = [str(floor) for floor in FLOORS if floor.name in FROM_PYPI]
    assert [line for line in CONDA["dependencies"] if isinstance(line, dict)] == [{"pip": ["-e .", *from_pypi]}]
    assert CONDA["channels"] == ["conda-forge"]


def test_binder_makes_the_learners_lessons_where_the_button_opens_them():
    script = ROOT / "postBuild"
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/bin/bash\n")
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands[1] == "python -m resnext_edu lab --only-lessons"
    assert all((ROOT / path).is_dir() for path in re.findall(r"^cp -r (\S+)", script.read_text(), flags=re.MULTILINE))
    assert "my_lessons/00_start_here.ipynb" in binder()


def test_codespaces_makes_the_same_lessons_and_opens_the_first():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    assert container["updateContentCommand"].endswith(".venv/bin/python -m resnext_edu lab --only-lessons")
    assert container["customizations"]["codespaces"]["openFiles"] == ["my_lessons/00_start_here.ipynb"]
    (python,) = re.findall(r"^  - python=(\S+)", (ROOT / "environment.yml").read_text(), flags=re.MULTILINE)
    assert container["image"].endswith(f":{python}")


def test_no_binder_folder_hides_the_environment():
    assert not (ROOT / ".binder").exists()
    assert not (ROOT / "binder").exists()


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.name)
def test_every_dependency_has_a_floor_and_one_pin_that_satisfies_it(floor):
    assert [part.operator for part in floor.specifier] == [">="]
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(floor.name)]
    assert len(pins) == 1, f"{floor.name} has {len(pins)} pins in constraints.txt; run `make constraints`"
    (exact,) = pins[0].specifier
    assert floor.specifier.contains(exact.version), f"{pins[0]} is below {floor}"


@pytest.mark.parametrize("line", PIN_LINES, ids=lambda line: line.split("=")[0])
def test_a_pin_is_an_exact_public_version(line):
    # No index, no path, no link; no local version either, or the CPU build could not satisfy `torch==2.15.0+cu132`.
    assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [^/@]+)?", line)


def test_no_package_is_pinned_twice():
    assert len({pin.name for pin in PINS}) == len(PINS)


@pytest.mark.parametrize("build", ["+cpu", "+cu130", ""])
@pytest.mark.parametrize("name", ["torch", "torchvision"])
def test_every_build_of_torch_satisfies_its_pin(name, build):
    (pin,) = (pin for pin in PINS if pin.name == name)
    (exact,) = pin.specifier
    assert pin.specifier.contains(exact.version + build)


@pytest.mark.parametrize("name", ["constraints.txt", "environment.yml", "pyproject.toml", "Makefile", ".ci/run"])
def test_no_index_and_no_path_of_a_machine(name):
    assert not re.search(r"https?:|file:|index-url|find-links|/root|/home|/tmp|/opt|/work", (ROOT / name).read_text())


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_constraints_know_every_platform(platform):
    known = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate({"sys_platform": platform})]
    names = {pin.name for pin in known}
    assert {"torch", "torchvision", "numpy", "jupyterlab"} <= names
    assert ("colorama" in names) == (platform == "win32")
    assert ("triton" in names) == (platform == "linux")


def test_the_entry_script_asks_for_the_same_python():
    assert PROJECT["requires-python"] == ">={}.{}".format(*environment.OLDEST_PYTHON)


def imported_modules():
    """(module, file) of every import in the project's Python files."""
    for folder in ("resnext_edu", "tests", "tools", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from ((name.name.split(".")[0], path) for name in node.names)
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    yield node.module.split(".")[0], path


def test_everything_that_is_imported_is_declared():
    declared = {MODULE_OF.get(floor.name, floor.name.replace("-", "_")) for floor in FLOORS}
    own = {"resnext_edu", "tests", "tools", "benchmarks"} | {
        path.stem for folder in ("tests", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")
    }
    undeclared = {
        f"{module} in {path.relative_to(ROOT)}"
        for module, path in imported_modules()
        if module not in sys.stdlib_module_names | declared | own
    }
    assert not undeclared, f"add to pyproject.toml and environment.yml: {undeclared}"


def test_every_dependency_has_a_reason():
    _, table = (ROOT / "CONTRIBUTING.md").read_text().split("| package | why |\n|---|---|\n")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| .{9,} \|$", table, flags=re.MULTILINE)
    assert rows == [floor.name for floor in FLOORS]
