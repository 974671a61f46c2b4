"""The film of an explorer: its own frames, in an SVG that asks for nothing and can stand in an `<img>`."""
import re
from xml.etree import ElementTree

import pytest

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.widgets import FormsExplorer
from resnext_edu.widgets.forms_film import FADE, SCENES, STILL, forms_film
from tests.draw.reading import SVG, colliding, is_accessible, outside

FILM = forms_film()
ROOT = ElementTree.fromstring(FILM.svg)


def scenes():
    return [group for group in ROOT.iter(f"{SVG}g") if "scene" in group.get("class", "")]


def explorer_at(scene):
    explorer = FormsExplorer()
    explorer.move(form=scene.form, cardinality=scene.cardinality)
    return explorer


def alone(scene):
    """A scene as a picture of its own, without the frame in it, which has tests of its own."""
    inside = [ElementTree.tostring(part, encoding="unicode") for part in scene if part.tag != f"{SVG}svg"]
    return Picture(FILM.title, (), FILM.words, (*inside,), FILM.height, FILM.heading)


@pytest.mark.parametrize("k", range(len(SCENES)))
def test_a_scene_is_the_frame_of_the_explorer_with_its_numbers(k):
    explorer, before, scene = explorer_at(SCENES[k]), explorer_at(SCENES[k - 1]), scenes()[k]
    shown = ElementTree.fromstring(f"<svg xmlns='{SVG[1:-1]}'>{''.join(explorer.frame.picture.body)}</svg>")
    assert [*map(ElementTree.tostring, scene.find(f"{SVG}svg"))][1:] == [*map(ElementTree.tostring, shown)]
    said = ["".join(text.itertext()) for text in scene.findall(f"{SVG}text")]
    for name in ("convolutions", "weights"):
        now, was = explorer.numbers[name], before.numbers[name]
        assert said[said.index(f"{now:,}") + 1] == (name if now == was else f"{name}, was {was:,}")
    assert f"{explorer.numbers['convolutions']} convolutions, {explorer.numbers['weights']:,} weights." in FILM.words


@pytest.mark.parametrize("k", range(len(SCENES)))
def test_texts_keep_apart_and_inside(k):
    assert colliding(alone(scenes()[k])) == outside(alone(scenes()[k])) == []


def test_each_scene_stands_long_enough_to_be_read():
    """Subtitles give 17 letters a second."""
    for scene in SCENES:
        assert scene.seconds - FADE >= 1.5
        assert scene.seconds >= len(" ".join(scene.says)) / 17
    assert 10 <= sum(scene.seconds for scene in SCENES) <= 12


def test_it_needs_nothing_but_itself_and_is_small():
    assert is_accessible(FILM)
    assert {element.tag.removeprefix(SVG) for element in ROOT.iter()} <= {
        "svg", "title", "desc", "style", "g", "rect", "circle", "path", "text", "tspan"}
    assert re.findall(r"https?://[^\"]+", FILM.svg) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in FILM.svg
    assert len(FILM.svg.encode()) < 100_000


def test_where_nothing_moves_one_scene_lies_on_the_others():
    assert [scene.get("opacity") for scene in scenes()] == ["1"] * (STILL + 1) + ["0"] * (len(SCENES) - STILL - 1)
    explorer = explorer_at(SCENES[STILL])
    ticks = {text.text: text.get("x") for text in scenes()[STILL].findall(f"{SVG}text")}
    knobs = [group.find(f"{SVG}circle").get("cx") for group in ROOT.iter(f"{SVG}g") if "knob" in group.get("class", "")]
    assert knobs == [ticks[stops.ticks[place]] for stops, place in zip(explorer.stops, explorer.at, strict=True)]
