"""An explorer outside of Jupyter: one file that asks for nothing, and says what it is."""
import json
import re
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from html import unescape

import pytest

from resnext_edu import load_classifier, load_images
from resnext_edu.cli import main
from resnext_edu.errors import CheckpointError, ConfigError
from resnext_edu.widgets import (
    CardinalityExplorer,
    EquivalenceLab,
    FormsExplorer,
    GroupedConvExplorer,
    PathExplorer,
    StageTracer,
    StrideExplorer,
)
from resnext_edu.widgets.page import page_of


@pytest.fixture(scope="module")
def explorer():
    explorer = GroupedConvExplorer()
    explorer.move(groups=4)
    return explorer


@pytest.fixture(scope="module")
def page(explorer, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "x.html"
    explorer.save(path)
    return path.read_text(encoding="utf-8")


def test_it_says_what_it_is(explorer, page):
    assert "<title>A convolution from dense to depthwise</title>" in page
    assert "<h1>A convolution from dense to depthwise</h1>" in page
    caption = "A convolution from dense to depthwise. From resnext-edu, an executable course on ResNeXt; CC BY 4.0."
    assert f">{caption}</figcaption>" in page
    assert f">{caption}</figcaption>" in explorer.fragment()
    assert page.startswith("<!DOCTYPE html>")


def test_without_scripts_there_is_the_picture_that_was_shown(explorer, page):
    static = re.search(r'<div class="rx-static">(.*?)</div><script', page, re.S)[1]
    assert static == explorer.frame.html
    assert explorer.frame.picture.title in unescape(static)


def test_all_frames_are_in_it(explorer, page):
    state = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1])
    assert zlib.decompress(b64decode(state["packed"])) == zlib.decompress(explorer.packed)
    assert (state["at"], state["names"], state["controls"]) == (explorer.at, explorer.names, explorer.controls)


def hashes(tag, page):
    """Of what stands in these tags, as a policy names it."""
    return [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(rf"<{tag}>(.*?)</{tag.split()[0]}>", page, re.S)]


def test_its_policy_allows_its_one_script_its_style_sheets_and_no_request(page):
    policy = dict(part.split(maxsplit=1) for part in
                  re.search(r'Content-Security-Policy" content="(.*?)"', page)[1].split("; "))
    assert policy == {"default-src": "'none'", "img-src": "data:", "style-src": " ".join(hashes("style", page)),
                      "script-src": " ".join(hashes('script type="module"', page))}
    assert (policy["style-src"].count("sha256"), policy["script-src"].count("sha256")) == (2, 1)
    assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(https?:)?//""", page)


@pytest.mark.parametrize("make", [GroupedConvExplorer, FormsExplorer, StrideExplorer, CardinalityExplorer, EquivalenceLab,
                                  StageTracer])
def test_no_element_has_a_style_of_its_own(make):
    """A policy without 'unsafe-inline' would refuse it, and the picture would look wrong."""
    explorer = make()
    assert not re.search(r"<[^>]*\sstyle=", page_of(explorer))
    assert b" style=" not in zlib.decompress(b64decode(re.search(r'"packed": "(.*?)"', explorer.fragment())[1]))


@pytest.mark.parametrize(("make", "most"), [(GroupedConvExplorer, 100_000), (FormsExplorer, 100_000),
                                            (StrideExplorer, 100_000), (CardinalityExplorer, 100_000),
                                            (EquivalenceLab, 100_000), (StageTracer, 150_000),
                                            (lambda: PathExplorer(load_classifier().model, load_images()), 100_000)])
def test_it_is_small(make, most, tmp_path):
    make().save(tmp_path / "x.html")
    assert (tmp_path / "x.html").stat().st_size < most


def test_a_fragment_is_the_same_without_the_page_around_it(explorer, page):
    assert explorer.fragment() in page
    assert "<html" not in explorer.fragment()
    assert "</script" not in re.search(r'<script type="application/json">(.*?)</script>', explorer.fragment(), re.S)[1]


def test_what_can_not_be_written(explorer, tmp_path):
    with pytest.raises(ConfigError, match="path must be the path of a file; got 1"):
        explorer.save(1)
    with pytest.raises(CheckpointError, match="make the folder"):
        explorer.save(tmp_path / "nowhere" / "x.html")


def test_in_a_terminal(explorer, tmp_path, capsys):
    GroupedConvExplorer().save(tmp_path / "a.html")
    assert main(["explorer", "grouped", "--save", str(tmp_path / "b.html")]) == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert "one page that needs nothing else" in capsys.readouterr().out
    assert main(["explorer", "group", "--save", str(tmp_path / "c.html")]) == 2
    assert "unknown explorer 'group'; did you mean 'grouped'?" in capsys.readouterr().err
    assert not (tmp_path / "c.html").exists()
