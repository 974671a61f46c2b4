"""Some seventy notebooks as nobody wants to receive them, graded in one run: each gets its verdicts, and none stops the run."""
import os
import shutil
import socket
import subprocess

import pytest

from resnext_edu.exercises import questions
from resnext_edu.grading import grade
from resnext_edu.grading.walls import own_processes
from tests.grading import broken
from tests.grading.hostile import MORE

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="grade needs fork")
NOTEBOOKS = {**broken.NOTEBOOKS, **MORE}
DANGEROUS = {"kills"}  # only where nobody else can be killed
NEEDS_A_WALL = {"remounts": "disks", "reads_files": "disks", "writes_files": "disks", "network": "network", "kills": "processes"}


def has_own_processes():
    """Tried in a child, as there is no way back."""
    child = os.fork()
    if child == 0:
        os._exit(0 if own_processes() else 1)
    return os.waitpid(child, 0)[1] == 0


@pytest.fixture(scope="module")
def class_of_horrors(tmp_path_factory):
    """All of them in one folder, and what came of each."""
    folder, out, home = (tmp_path_factory.mktemp(name) for name in ("handed_in", "out", "home"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = {"{folder}": folder, "{out}": out, "{home}": home, "{port}": server.getsockname()[1], "{parent}": os.getpid()}
        for name, (made, _) in NOTEBOOKS.items():
            if name in DANGEROUS and not has_own_processes():
                continue
            content = made()
            for word, value in words.items():
                content = content.replace(word.encode(), str(value).encode())
            (folder / f"{name}.ipynb").write_bytes(content)
        everybody = grade(folder, out, workers=2, seconds=5, memory=700)
    assert list(home.iterdir()) == []
    return {file.name.removesuffix(".ipynb"): result for file, result in everybody.files}


@pytest.mark.parametrize(("option", "wall"), [("-n", "network"), ("-m", "disks"), ("-p", "processes")])
def test_a_wall_stands_where_the_system_allows_it(option, wall, class_of_horrors):
    """`unshare`, which is somebody else's, says whether it does."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-r", option, "--fork", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not allow this wall")
    assert wall in class_of_horrors["retyped"].walls


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_each_gets_what_it_deserves(name, class_of_horrors):
    if name not in class_of_horrors:
        pytest.skip("this system has no namespaces for processes")
    result, expected = class_of_horrors[name], NOTEBOOKS[name][1]
    if isinstance(expected, str):
        assert expected in result.trouble
        assert result.answers == ()
        return
    assert result.trouble == ""
    assert result.lesson == "lesson_00"
    if NEEDS_A_WALL.get(name, "disks") not in {*result.walls} and name in NEEDS_A_WALL:
        pytest.skip("this system does not allow this wall")
    assert [answer.question for answer in result.answers] == list(questions()["lesson_00"])
    assert [answer.status for answer in result.answers] == expected
