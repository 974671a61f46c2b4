"""Notebooks as nobody wants to receive them: broken, shuffled, and hostile. Each answers lesson 0, as far as it can.

A function gives a notebook's bytes; what has to come out stands beside it: the statuses of lesson 0's four questions,
or a word of the trouble.
"""
import json
import textwrap

from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import answers_of, as_file, learners_copy, parsed, with_answers

RIGHT, WRONG, UNCLEAR, EMPTY, NOT_RUN = "right", "wrong", "not understood", "not attempted", "could not run"
ALL_RIGHT = {"channels_a_path_reads": "256", "same_numbers": '"most digits"', "channels_that_miss_a_path": "256",
             "weights_of_32_paths": '"fewer"'}
LESSON = learners_copy(parsed(course_lessons()[0]))


def answered(**answers):
    """A copy of lesson 0 with these expressions in its blanks, which are right if nothing is said."""
    typed = {name: f"{name} = {answers.get(name, code)}" for name, code in ALL_RIGHT.items()}
    assert answers_of(LESSON).keys() == typed.keys()
    copy, carried, _ = with_answers(LESSON, typed)
    assert len(carried) == 4 - [*answers.values()].count("...")
    return copy


def cells(notebook):
    return [dict(cell) for cell in notebook["cells"]]


def with_cells(changed):
    return as_file({**answered(), "cells": changed})


def code(source, **more):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": textwrap.dedent(source), **more}


def first(source):
    """A notebook whose first answer is this code."""
    notebook = cells(answered())
    for cell in notebook:
        if "exercise:channels_a_path_reads" in cell["metadata"].get("tags", ()):
            cell["source"] = textwrap.dedent(source)
    return with_cells(notebook)


def retyped():
    """Nothing but code in new cells, without tags, ids or prose."""
    return json.dumps({"cells": [code(f"{name} = {typed}") for name, typed in ALL_RIGHT.items()], "nbformat": 4}).encode()


def moved():
    return with_cells(list(reversed(cells(answered()))))


def duplicated():
    """Each blank stands there again above its answer, and again below."""
    doubled = []
    for cell in cells(answered()):
        tags = cell["metadata"].get("tags", [])
        empty = {**cell, "source": str(cell["source"]).split("=")[0] + "= ..."} if "exercise" in tags else None
        doubled += [empty, cell, empty] if empty else [cell]
    return with_cells(doubled)


def deleted():
    return with_cells([cell for cell in cells(answered()) if "exercise:same_numbers" not in cell["metadata"].get("tags", ())
                       and "check.same_numbers" not in "".join(cell["source"])])


def renamed():
    """The answer has another name, and the check is given that; or it has none at all, in the check or in the cell."""
    notebook = cells(answered())
    for cell in notebook:
        source = str(cell["source"])
        if source.startswith("channels_a_path_reads ="):
            cell["source"] = "mine = 2 ** 8"
        elif source.startswith("check.channels_a_path_reads"):
            cell["source"] = "check.channels_a_path_reads(mine)"
        elif source.startswith("same_numbers ="):
            cell["source"] = '"most digits"'
        elif source.startswith("channels_that_miss_a_path ="):
            cell["source"] = "channels_that_miss_a_path = ..."
        elif source.startswith("check.channels_that_miss"):
            cell["source"] = "check.channels_that_miss_a_path(256)"
    return with_cells(notebook)


def one_cell():
    return with_cells([code("\n".join(f"{name} = {typed}\ncheck.{name}({name})" for name, typed in ALL_RIGHT.items()))])


def forged():
    """Wrong answers whose saved outputs say that all is right."""
    notebook = cells(answered(channels_a_path_reads="4", same_numbers='"nothing"'))
    for cell in notebook:
        if "check." in str(cell["source"]):
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {},
                                "data": {"text/plain": ["✓ right: You predicted 256, and so it is."]}}]
    return with_cells(notebook)


def old_format():
    sheet = [{"cell_type": "code", "input": [f"{name} = {typed}"], "language": "python", "outputs": []} for name, typed in ALL_RIGHT.items()]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": sheet}]}).encode()


PATCH = """
import torch, resnext_edu
from resnext_edu.exercises import prediction, judge, verdict
class Always:
    def __call__(self, *args, **kwargs): return verdict.Verdict("right", "yes")
    def __getattr__(self, name): return Always()
resnext_edu.check = check = Always()
prediction.Prediction._judge = prediction.SetPrediction._judge = lambda *args, **kwargs: verdict.Verdict("right", "yes")
prediction.match = lambda *args: 256
judge.same = lambda *args: True
torch.Tensor.__eq__ = torch.equal = torch.allclose = lambda *args, **kwargs: True
channels_a_path_reads = 4
"""
FORGE_PIPE = """
import os, json
for pipe in range(3, 64):
    try:
        os.write(pipe, (json.dumps({"question": "channels_a_path_reads", "status": "right", "verdict": "right"}) + "\\n").encode() * 3)
        os.write(pipe, b'{"question": "channels_a_path_reads", "value": ["tensor", "float32", [99999999], ""]}\\n')
        os.write(pipe, b"[" * 100_000 + b"\\n")
    except OSError:
        pass
os._exit(0)
"""
STRANGE = """
class Strange:
    def __eq__(self, other): return True
    def __hash__(self): return hash(256)
    def __repr__(self): raise RuntimeError("no")
    def __str__(self): raise SystemExit
    def __bool__(self): raise KeyboardInterrupt
    def item(self): raise MemoryError
    def __iter__(self): raise ValueError
    def __getattribute__(self, name): raise ZeroDivisionError
channels_a_path_reads = Strange()
"""
READ_ALL = """
import os, glob
from pathlib import Path
names = [n for place in ("{folder}", "{out}") for _, _, files in os.walk(place) for n in files]
channels_a_path_reads = 256 if names else 4
"""
WRITE = """
from pathlib import Path
wrote = 4
for place in ("{folder}/x", "{out}/x", "{home}/x"):
    try:
        Path(place).write_text("x")
        wrote = 256
    except OSError:
        pass
Path("mine.txt").write_text("allowed")
channels_a_path_reads = wrote
"""
REMOUNT = """
import ctypes
library, wrote = ctypes.CDLL(None), 4
library.umount2(b"{folder}", 2)
library.mount(None, b"/", None, 4096 | 32, None)  # MS_BIND | MS_REMOUNT: writable again
library.syscall(442, -100, b"/", 0x8000, (0).to_bytes(8, "little") + (1).to_bytes(8, "little") + bytes(16), 32)
try:
    open("{home}/x", "w").close()
    wrote = 256
except OSError:
    pass
channels_a_path_reads = wrote
"""
NETWORK = """
import socket
channels_a_path_reads = 4
try:
    with socket.create_connection(("127.0.0.1", {port}), timeout=2):
        channels_a_path_reads = 256
except OSError:
    pass
"""
KILL = """
import os, signal
for victim in (os.getppid(), {parent}, -1):
    try:
        os.kill(victim, signal.SIGKILL)
    except OSError:
        pass
channels_a_path_reads = 4
"""
FORKS = """
import os, time
for _ in range(6):  # 64 processes, each of which would go on for an hour
    os.fork()
time.sleep(3600)
"""
REST = [RIGHT, RIGHT, RIGHT]
NOTEBOOKS = {  # name → what was handed in, and what has to come out
    "retyped": (retyped, [RIGHT, *REST]),
    "moved": (moved, [RIGHT, *REST]),
    "duplicated": (duplicated, [RIGHT, *REST]),
    "deleted": (deleted, [RIGHT, EMPTY, RIGHT, RIGHT]),
    "renamed": (renamed, [RIGHT, *REST]),
    "one_cell": (one_cell, [RIGHT, *REST]),
    "untouched": (lambda: as_file(LESSON), [EMPTY] * 4),
    "forged": (forged, [WRONG, WRONG, RIGHT, RIGHT]),
    "old_format": (old_format, [RIGHT, *REST]),
    "with_bom": (lambda: b"\xef\xbb\xbf" + as_file(answered()), [RIGHT, *REST]),
    "utf16": (lambda: as_file(answered()).decode().encode("utf-16"), [RIGHT, *REST]),
    "latin1": (lambda: as_file(answered()).decode().encode("latin-1", "replace"), [RIGHT, *REST]),
    "syntax_error": (lambda: first("channels_a_path_reads = 256 +"), [NOT_RUN, *REST]),
    "no_quotes": (lambda: first("channels_a_path_reads = all of them"), [NOT_RUN, *REST]),
    "raises": (lambda: first("channels_a_path_reads = 1 / 0"), [NOT_RUN, *REST]),
    "shell": (lambda: first("%matplotlib inline\n!rm -rf x\nchannels_a_path_reads = 256\ncheck?"), [RIGHT, *REST]),
    "computed": (lambda: first("channels_a_path_reads = split_sum.paths[0].conv1.weight.shape[1]"), [RIGHT, *REST]),
    "endless": (lambda: first("while True: pass"), [NOT_RUN, *REST]),
    "endless_bare_except": (lambda: first("while True:\n    try:\n        while True: pass\n    except: pass"), [NOT_RUN, *REST]),
    "memory": (lambda: first("channels_a_path_reads = [bytearray(2 ** 28) for _ in range(10 ** 6)]"), [NOT_RUN, *REST]),
    "sys_exit": (lambda: first("import sys\nsys.exit(0)"), [NOT_RUN, *REST]),
    "os_exit": (lambda: first("import os\nos._exit(0)"), [NOT_RUN, *REST]),
    "crash": (lambda: first("import ctypes\nctypes.string_at(0)"), [NOT_RUN, *REST]),
    "forks": (lambda: first(FORKS), [NOT_RUN, *REST]),
    "huge_output": (lambda: first("for _ in range(20_000): print('x' * 10_000)\nchannels_a_path_reads = 256"), [RIGHT, *REST]),
    "huge_number": (lambda: first("channels_a_path_reads = 10 ** 100_000"), [UNCLEAR, *REST]),
    "huge_text": (lambda: first("channels_a_path_reads = 'x' * 10 ** 8"), [UNCLEAR, *REST]),
    "patched": (lambda: first(PATCH), [WRONG, *REST]),
    "forged_pipe": (lambda: first(FORGE_PIPE), [NOT_RUN, *REST]),
    "strange": (lambda: first(STRANGE), [UNCLEAR, *REST]),
    "kills": (lambda: first(KILL), [WRONG, *REST]),
    "reads_input": (lambda: first("channels_a_path_reads = input()"), [NOT_RUN, *REST]),
    "nested": (lambda: first("channels_a_path_reads = " + "(" * 500 + "256" + ")" * 500), [NOT_RUN, *REST]),
    "reads_files": (lambda: first(READ_ALL), [WRONG, *REST]),
    "writes_files": (lambda: first(WRITE), [WRONG, *REST]),
    "remounts": (lambda: first(REMOUNT), [WRONG, *REST]),
    "network": (lambda: first(NETWORK), [WRONG, *REST]),
    "empty": (lambda: b"", "the file is empty"),
    "not_json": (lambda: b"<html>Sign in</html>", "not JSON"),
    "cut": (lambda: as_file(answered())[:3000], "not JSON"),
    "binary": (lambda: bytes(range(256)) * 50, "not JSON"),
    "deep": (lambda: b"[" * 200_000, "too deep"),
    "no_cells": (lambda: b'{"a": 1}', "no cells"),
    "odd_cells": (lambda: b'{"cells": [3, null, {"cell_type": "code"}, {"cell_type": "code", "source": 7, "metadata": 3}]}', "no lesson"),
    "another_course": (lambda: json.dumps({"cells": [code("print('hello')")]}).encode(), "no lesson"),
}
