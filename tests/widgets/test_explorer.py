"""The engine under the sliders, without a browser: what is drawn, what is linked, and what Python can ask and do."""
import re
from dataclasses import replace
from xml.etree import ElementTree

import ipywidgets
import pytest
import torch

from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stop_slider import StopSlider
from tests.widgets.page import html, inside, numbers


def frame(groups, follow=0):
    return Frame(grouped_picture(4, (groups,), follow), {"groups": groups, "follow": follow, "thousand": 1000 * groups})


def one(**kwargs):
    return Explorer([StopSlider("groups", (1, 2, 4), **kwargs)], frame, "Groups of channels")


def two():
    return Explorer([StopSlider("groups", (1, 2, 4), start=2), StopSlider("follow me", (0, 3))], frame, "Groups")


LINKS = []


@pytest.fixture(autouse=True)
def recorded(monkeypatch):
    """Every link that is made, in order: it lives in the browser, where no Python could ask for it."""
    LINKS.clear()
    monkeypatch.setattr(ipywidgets, "jslink", lambda source, target: LINKS.append((*source, *target)))


def links(explorer):
    """What the browser keeps equal: (source, its trait, target, its trait)."""
    return [link for link in LINKS if link[0] in explorer.controls]


def shown(explorer):
    """What the browser would show: it follows the links, since no Python runs there."""
    for source, trait, target, name in links(explorer):
        setattr(target, name, getattr(source, trait))
    return opened(explorer)


def opened(explorer):
    """The page at which the stacks stand."""
    page = next(widget for widget in inside(explorer) if isinstance(widget, ipywidgets.Stack))
    while isinstance(page, ipywidgets.Stack):
        page = page.children[page.selected_index]
    return page.value


def test_one_slider_turns_the_pages():
    explorer = one()
    for groups in (4, 1, 2):
        explorer.move(groups=groups)
        assert shown(explorer) == frame(groups).html
        assert explorer.value == {"groups": groups}
        assert explorer.numbers == frame(groups).numbers


def test_two_sliders_turn_the_pages_of_each_stack():
    explorer = two()
    assert shown(explorer) == frame(2, 0).html
    explorer.move(follow_me=3)
    assert shown(explorer) == frame(2, 3).html
    explorer.move(groups=4)
    assert shown(explorer) == frame(4, 3).html
    assert explorer.value == {"groups": 4, "follow me": 3}
    assert explorer.numbers == frame(4, 3).numbers


def test_the_first_page_is_that_of_the_start_before_any_link_was_followed():
    assert opened(one(start=4)) == frame(4).html
    assert opened(two()) == frame(2, 0).html


def test_lab_shows_no_broken_link_beside_what_needs_no_kernel():
    explorer = one()
    sheet = next(words for words in html(explorer) if "<style" in words)
    assert any(f".{name}.jupyter-widgets-disconnected::before" in sheet for name in explorer._dom_classes)


def test_the_numbers_follow_and_look_back():
    explorer = two()
    page = numbers(explorer)
    assert page.texts[page.first][page.second] == ["2", "0", "2,000"]  # before any link was followed
    explorer.move(groups=4, follow_me=3)
    shown(explorer)
    assert page.texts[page.first][page.second] == ["4", "3", "4,000"]
    assert page.texts[page.first_was][page.second_was] == ["2", "0", "2,000"]
    assert page.names == ["groups", "follow", "thousand"]


def test_the_first_slider_stands_first_and_the_picture_last():
    explorer = two()
    order = [widget for widget in inside(explorer) if widget in (*explorer.controls, numbers(explorer))
             or "<svg" in str(getattr(widget, "value", ""))]
    assert order[:3] == [*explorer.controls, numbers(explorer)]


def test_what_is_seen_is_redrawn_first_so_that_nobody_waits_for_the_others():
    explorer, drawn = two(), []
    explorer.move(groups=4, follow_me=3)

    def again(groups, follow):
        if drawn:
            assert shown(explorer) == new(4, 3).html
        drawn.append((groups, follow))
        return new(groups, follow)

    def new(groups, follow):
        return Frame(grouped_picture(8, (groups,), follow), {"groups": groups, "follow": follow, "thousand": -groups})

    explorer.redraw(again)
    assert drawn[0] == (4, 3)
    assert sorted(drawn) == [(groups, follow) for groups in (1, 2, 4) for follow in (0, 3)]
    for groups, follow in drawn:
        explorer.move(groups=groups, follow_me=follow)
        assert shown(explorer) == explorer.frame.html == new(groups, follow).html
        page = numbers(explorer)
        assert page.texts[page.first][page.second] == explorer.frame.texts == [str(groups), str(follow), str(-groups)]


def test_what_is_redrawn_has_the_size_of_what_stood_there():
    with pytest.raises(ConfigError, match="all frames of an explorer have the same sizes; got"):
        one().redraw(lambda groups: Frame(grouped_picture(4, (1,) * groups, 0), frame(1).numbers))


def test_as_many_frames_as_there_may_be():
    only = frame(1)
    explorer = Explorer([StopSlider("x", range(10)), StopSlider("y", range(12))], lambda x, y: only, "")
    assert sum(map(len, explorer.frames)) == 120


def test_a_frame_may_have_more_below_its_picture():
    only = Frame(grouped_picture(4, (1,), 0), {"part": .5, "large": 1234.5}, "<p>below</p>")
    assert only.html == frame(1)._replace(below="<p>below</p>").html
    assert only.html.endswith("</svg><p>below</p>")
    assert only.texts == ["0.5", "1,234.5"]


def test_the_browser_hears_of_the_place_before_the_move_first():
    """It shows "was …" as soon as `first` changes; `first_was` has to be right by then."""
    explorer = one()
    traits = [(trait, name) for _, trait, target, name in links(explorer) if target is numbers(explorer)]
    assert traits == [("was", "first_was"), ("index", "first")]


def test_the_style_is_sent_once_and_the_layout_of_the_pictures_too():
    explorer = two()
    pictures = [page for page in inside(explorer) if "<svg" in str(getattr(page, "value", ""))]
    assert len(pictures) == 6
    assert sum("<style" in words for words in html(explorer)) == 1
    assert not any("<style" in page.value for page in pictures)
    assert len({page.layout.model_id for page in pictures}) == 1


def test_a_picture_is_named_by_all_its_words_and_escapes_them():
    words = 'Which <b>is</b> "it" & why?'
    picture = replace(grouped_picture(4, (2,), 0), title=words, words="second line")
    root = ElementTree.fromstring(Frame(picture, {}).html)
    assert root.get("role") == "img"
    assert root.get("aria-label").startswith(words)
    assert root.get("aria-label").endswith("second line")
    assert not [element for element in root.iter() if element.tag.split("}")[-1] in ("title", "desc", "style")]


def test_a_saved_notebook_says_what_it_is():
    assert re.fullmatch(r"Groups of channels, to explore with a slider\. Run this cell to see it\.", repr(one()))
    bundle = two()._repr_mimebundle_()
    assert bundle["text/plain"] == "Groups, to explore with two sliders. Run this cell to see it."
    assert all("0x" not in repr(child) and "\n" not in repr(child) for child in (*one().controls, numbers(one())))


def test_words_and_ticks_of_a_slider():
    slider = StopSlider("groups", (1, 2), words=("1 (dense)", "2"), ticks=("dense", ""), start=2)
    assert (slider.words, slider.ticks, slider.index, slider.was) == (["1 (dense)", "2"], ["dense", ""], 1, -1)
    slider.move(1)
    assert (slider.value, slider.index, slider.was) == (1, 0, 1)
    assert StopSlider("groups", (3, 0), start=0).index == 1
    assert StopSlider("groups", (1, 2), ticks=()).ticks == []
    assert StopSlider("groups", (1, 2)).words == StopSlider("groups", (1, 2)).ticks == ["1", "2"]


@pytest.mark.parametrize(("wrong", "error", "message"), [
    (lambda: one().move(groups=3), UnknownNameError, "unknown stop of groups 3; Known: 1, 2, 4"),
    (lambda: one().move(group=4), UnknownNameError, "unknown control 'group'; did you mean 'groups'? Known: groups"),
    (lambda: one().move(groups=True), UnknownNameError, "unknown stop of groups True; Known: 1, 2, 4"),
    (lambda: one().move(groups=torch.rand(5, 5)), UnknownNameError,
     "unknown stop of groups a Tensor of shape (5, 5) and torch.float32; Known: 1, 2, 4"),
    (lambda: Explorer([], frame, ""), ConfigError, "an explorer has 1 or 2 controls, got 0"),
    (lambda: Explorer([StopSlider("x", range(11)), StopSlider("y", range(11))], frame, ""), ConfigError,
     "11 × 11 stops are 121 frames; all of them are drawn at the start, so there may be 120"),
    (lambda: Explorer([StopSlider("n", (1, 2))], lambda n: Frame(grouped_picture(4, (1,) * n, 0), {}), ""), ConfigError,
     "all frames of an explorer have the same sizes; got [(820, 354), (820, 578)]"),
    (lambda: Explorer([StopSlider("n", (1, 2))], lambda n: Frame(grouped_picture(4, (1,), 0), {f"n{n}": n}), ""),
     ConfigError, "all frames of an explorer have the same numbers; got [('n1',), ('n2',)]"),
])
def test_what_cannot_be(wrong, error, message):
    with pytest.raises(error) as caught:
        wrong()
    assert str(caught.value) == message


def test_a_wrong_name_moves_nothing():
    explorer = one()
    with pytest.raises(UnknownNameError):
        explorer.move(groups=4, group=2)
    assert explorer.value == {"groups": 1}
