"""The engine under the sliders, without a browser: what is drawn, what is sent, and what Python can ask and do."""
import json
import re
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import torch

from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.draw.kit.picture import Picture
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets.explorer import Explorer, packed
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops
from tests.widgets.page import page as shown
from tests.widgets.page import pages


def frame(groups, follow=0):
    return Frame(grouped_picture(4, (groups,), follow), {"groups": groups, "follow": follow, "thousand": 1000 * groups})


def one(**kwargs):
    return Explorer([Stops("groups", (1, 2, 4), **kwargs)], frame, "Groups of channels")


def two():
    return Explorer([Stops("groups", (1, 2, 4), start=2), Stops("follow me", (0, 3))], frame, "Groups")


def three():
    def third(a, b, c):
        return Frame(grouped_picture(4, (1,), 0), {"place": f"{a}{b}{c}"})

    return Explorer([Stops("a", "xy"), Stops("b", (1, 2, 3)), Stops("c", (0, 9))], third, "Three")


def test_one_slider_turns_the_pages():
    explorer = one()
    for groups in (4, 1, 2):
        explorer.move(groups=groups)
        assert shown(explorer) == {"svg": frame(groups).html, "texts": frame(groups).texts}
        assert explorer.value == {"groups": groups}
        assert explorer.numbers == frame(groups).numbers


def test_two_sliders_turn_them():
    explorer = two()
    assert shown(explorer)["svg"] == frame(2, 0).html
    explorer.move(follow_me=3)
    assert shown(explorer)["svg"] == frame(2, 3).html
    explorer.move(groups=4)
    assert shown(explorer)["svg"] == frame(4, 3).html
    assert explorer.value == {"groups": 4, "follow me": 3}
    assert explorer.numbers == frame(4, 3).numbers
    assert [[each.numbers["follow"] for each in row] for row in explorer.frames] == [[0, 3]] * 3


def test_three_sliders_too():
    explorer = three()
    for a in "yx":
        for b in (3, 1):
            for c in (9, 0):
                explorer.move(a=a, b=b, c=c)
                assert shown(explorer)["texts"] == [f"{a}{b}{c}"] == explorer.frame.texts
    assert repr(explorer) == "Three, to explore with three sliders. Run this cell to see it."


def test_it_begins_where_it_was_told_to():
    assert shown(one(start=4))["svg"] == frame(4).html
    assert two().at == [1, 0]


def test_all_that_moves_is_one_trait():
    """A burst of moves is one message, and the page remembers by itself what it has shown."""
    explorer, heard = two(), []
    explorer.observe(lambda change: heard.append((change.name, change.new)))
    explorer.move(groups=4, follow_me=3)
    explorer.move(groups=4)
    assert heard == [("at", [2, 1])]


def test_what_the_page_has_to_know():
    explorer = one(words=["dense", "two", "four"], ticks=["1", "", "4"])
    assert explorer.controls == [{"name": "groups", "words": ["dense", "two", "four"], "ticks": ["1", "", "4"]}]
    assert explorer.names == ["groups", "follow", "thousand"]
    json.dumps(explorer.controls)


def test_the_same_explorer_has_the_same_bytes():
    assert two().packed == two().packed
    assert len(two().packed) < sum(len(each.html) for row in two().frames for each in row) / 4


def test_what_frames_have_in_common_is_written_once():
    frames = {(k,): Frame(Picture("A dot", (), f"Dot {k}.", ('<circle r="6"/>',), 40), {"k": k}) for k in range(9)}
    data = json.loads(zlib.decompress(packed(frames)))
    assert data["pieces"].count('<circle r="6"/>') == 1
    assert ["".join(data["pieces"][k] for k in each["svg"]) for each in data["frames"].values()] == [
        frame.html for frame in frames.values()]


def test_lab_shows_no_broken_link_beside_what_needs_no_kernel():
    explorer = one()
    assert any(f".{name}.jupyter-widgets-disconnected::before" in str(explorer._css) for name in explorer._dom_classes)


def none_at_2(groups, follow):
    return frame(groups, follow) if (groups, follow) != (2, 3) else None


def test_where_there_is_nothing_to_see_there_is_no_frame():
    explorer = Explorer([Stops("groups", (1, 2, 4)), Stops("follow me", (0, 3))], none_at_2, "Groups")
    assert [len(row) for row in explorer.frames] == [2, 1, 2]
    assert [*pages(explorer)] == ["0,0", "0,1", "1,0", "2,0", "2,1"]
    explorer.move(groups=2)
    with pytest.raises(UnknownNameError, match=r"^unknown follow me 3; Known: 0$"):
        explorer.move(follow_me=3)
    assert explorer.value == {"groups": 2, "follow me": 0}
    assert explorer.numbers == frame(2, 0).numbers


def test_a_choice_takes_only_what_it_offers():
    choice = Stops("form", ("split_sum", "concat", "grouped"), start="grouped", choice=True)
    assert choice.to_dict() == {"name": "form", "words": ["split_sum", "concat", "grouped"], "choice": True}
    with pytest.raises(UnknownNameError) as caught:
        choice.place_of("group")
    assert str(caught.value) == "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"


def test_as_many_frames_as_there_may_be():
    only = frame(1)
    explorer = Explorer([Stops("x", range(10)), Stops("y", range(12))], lambda x, y: only, "")
    assert sum(map(len, explorer.frames)) == 120


def test_a_frame_may_have_more_below_its_picture():
    only = Frame(grouped_picture(4, (1,), 0), {"part": .5, "large": 1234.5}, "<p>below</p>")
    assert only.html == frame(1)._replace(below="<p>below</p>").html
    assert only.html.endswith("</svg><p>below</p>")
    assert only.texts == ["0.5", "1,234.5"]


def test_the_style_is_sent_once_and_not_with_each_picture():
    assert "--c1" in str(Explorer._css)
    assert not any("<style" in page["svg"] for page in pages(two()).values())


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
    assert two()._repr_mimebundle_()[0]["text/plain"] == "Groups, to explore with two sliders. Run this cell to see it."


def test_words_and_ticks_of_a_control():
    control = Stops("groups", (1, 2), words=("1 (dense)", "2"), ticks=("dense", ""), start=2)
    assert (control.words, control.ticks, control.first) == (["1 (dense)", "2"], ["dense", ""], 1)
    assert Stops("groups", (3, 0), start=0).first == 1
    assert Stops("groups", (1, 2), ticks=()).ticks == []
    assert Stops("groups", (1, 2)).words == Stops("groups", (1, 2)).ticks == ["1", "2"]


@pytest.mark.parametrize(("wrong", "error", "message"), [
    (lambda: one().move(groups=3), UnknownNameError, "unknown stop of groups 3; Known: 1, 2, 4"),
    (lambda: one().move(group=4), UnknownNameError, "unknown control 'group'; did you mean 'groups'? Known: groups"),
    (lambda: one().move(groups=True), UnknownNameError, "unknown stop of groups True; Known: 1, 2, 4"),
    (lambda: one().move(groups=torch.rand(5, 5)), UnknownNameError,
     "unknown stop of groups a Tensor of shape (5, 5) and torch.float32; Known: 1, 2, 4"),
    (lambda: Explorer([], frame, ""), ConfigError, "an explorer has one control or more; got none"),
    (lambda: Explorer([Stops("x", range(11)), Stops("y", range(11))], frame, ""), ConfigError,
     "11 × 11 stops are 121 frames; all of them are drawn at the start, so there may be 120"),
    (lambda: Explorer([Stops("n", (1, 2))], lambda n: Frame(grouped_picture(4, (1,) * n, 0), {}), ""), ConfigError,
     "all frames of an explorer have the same sizes; got [(820, 354), (820, 578)]"),
    (lambda: Explorer([Stops("n", (1, 2))], lambda n: Frame(grouped_picture(4, (1,), 0), {f"n{n}": n}), ""),
     ConfigError, "all frames of an explorer have the same numbers; got [('n1',), ('n2',)]"),
    (lambda: Explorer([Stops("n", (1, 2))], lambda n: None, ""), ConfigError,
     "an explorer has one frame or more; got none"),
    (lambda: Stops("n", ()), ConfigError, "n must have a stop or more, with a word for each; got 0 stops and []"),
    (lambda: Stops("n", (1, 2), words=["one"]), ConfigError,
     "n must have a stop or more, with a word for each; got 2 stops and ['one']"),
    (lambda: Stops("n", (1, 2), start=3), UnknownNameError, "unknown stop of n 3; Known: 1, 2"),
])
def test_what_cannot_be(wrong, error, message):
    with pytest.raises(error) as caught:
        wrong()
    assert str(caught.value) == message


def test_a_wrong_name_or_stop_moves_nothing():
    explorer = two()
    for wrong in ({"groups": 4, "group": 2}, {"groups": 4, "follow_me": 1}):
        with pytest.raises(UnknownNameError):
            explorer.move(**wrong)
        assert explorer.value == {"groups": 2, "follow me": 0}
