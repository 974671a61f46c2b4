"""The live binding: a move draws anew, and what goes wrong is seen."""
import pytest

from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.errors import UnknownNameError
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.field import Field
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.live import Live
from resnext_edu.widgets.stop_slider import StopSlider
from resnext_edu.widgets.stops import Stops
from tests.widgets.page import html, inside, numbers, picture


def frame(groups, channels):
    return Frame(grouped_picture(channels, (groups,), 0), {"groups": groups, "channels": channels})


@pytest.fixture
def live():
    return Live([StopSlider("groups", (1, 2, 4)), Field("number of channels", "4", read=int)], frame, "Any channels")


def said(live):
    """What the page says beside its picture."""
    return "".join(words for words in html(live) if "<svg" not in words and "<style" not in words)


def test_a_move_draws_anew(live):
    assert picture(live) == frame(1, 4).html
    live.controls[0].index = 2  # what the browser sends
    live.controls[1].text = "8"
    assert picture(live) == frame(4, 8).html
    assert live.numbers == {"groups": 4, "channels": 8}
    assert live.value == {"groups": 4, "number of channels": 8}
    live.move(number_of_channels=16, groups=2)
    assert picture(live) == frame(2, 16).html
    assert "Computed as you move: this needs a running kernel." in said(live)


def test_the_page_has_the_numbers_that_are_shown(live):
    live.move(groups=4)
    page = numbers(live)
    assert (page.names, page.texts, page.first) == (["groups", "channels"], [[["4", "4"]]], 0)


def test_the_page_hears_of_new_names_and_new_numbers_at_once(monkeypatch):
    live = Live([Field("groups", "1", read=int)], lambda g: Frame(frame(g, 4).picture, {f"of {g} groups": g}), "Groups")
    page, sent = numbers(live), []
    monkeypatch.setattr(type(page), "send_state", lambda self, key=None: sent.append({*key} if isinstance(key, set) else key))
    live.move(groups=2)
    assert {"names", "texts"} in sent
    assert (page.names, page.texts) == (["of 2 groups"], [[["2"]]])


def test_an_error_is_shown_and_the_last_picture_stays(live):
    live.move(groups=4, number_of_channels=6)
    assert live.problem == "groups (=4) must divide channels (=6); these do: 1, 2, 3, 6"
    assert live.problem in said(live)
    assert 'role="alert"' in said(live)
    assert "The picture is the last one that could." in said(live)
    assert picture(live) == frame(4, 4).html
    assert live.numbers == {"groups": 4, "channels": 4}
    live.move(groups=2)
    assert live.problem == ""
    assert 'role="alert"' not in said(live)
    assert picture(live) == frame(2, 6).html


def test_what_a_learner_types_is_escaped(live):
    live.move(number_of_channels="<img src=x onerror=alert(1)>")
    assert live.problem.startswith("ValueError: invalid literal for int()")
    assert "<img" not in said(live)
    assert "&lt;img" in said(live)


def test_a_widget_can_stand_in_the_place_of_the_picture():
    def explore(channels):
        stops = [g for g in range(1, channels + 1) if channels % g == 0]
        return Explorer([Stops("groups", stops)], lambda g: frame(g, channels), "Groups")

    live = Live([Field("channels", "4", read=int)], explore, "Any channels")
    first = live.shown
    live.move(channels=6)
    assert live.shown.stops[0].stops == (1, 2, 3, 6)
    assert [widget for widget in inside(live) if isinstance(widget, Explorer)] == [live.shown]
    assert not [widget for widget in inside(live) if widget is first]
    assert live.numbers == {"groups": 1, "channels": 6}
    assert first.comm is None  # closed: nobody will see it again


def test_what_can_not_be_drawn_from_the_start_has_no_picture_and_no_numbers():
    live = Live([Field("groups", "3", read=int)], lambda groups: frame(groups, 4), "Groups")
    assert live.problem == "groups (=3) must divide channels (=4); these do: 1, 2, 4"
    assert live.numbers == {}
    assert live.problem in said(live)
    assert "the last one" not in said(live)


def test_the_same_explorer_shown_again_stays_open():
    kept = Explorer([Stops("groups", (1, 2))], lambda g: frame(g, 4), "Groups")
    live = Live([Field("channels", "4", read=int)], lambda channels: kept, "Any channels")
    live.move(channels=6)
    assert live.shown is kept
    assert kept.comm is not None


def test_the_style_sheet_is_sent_once(live):
    assert sum("<style" in words for words in html(live)) == 1


def test_a_choice_takes_only_what_it_offers():
    field = Field("form", "grouped", ("split_sum", "concat", "grouped"))
    field.move("concat")
    assert field.value == "concat"
    with pytest.raises(UnknownNameError) as caught:
        field.move("group")
    assert str(caught.value) == "unknown form 'group'; did you mean 'grouped'? Known: split_sum, concat, grouped"
    assert field.value == "concat"
    with pytest.raises(UnknownNameError, match="unknown form 'sum'"):
        Field("form", "sum", ("split_sum", "grouped"))


def test_what_is_no_control(live):
    with pytest.raises(UnknownNameError) as caught:
        live.move(group=1)
    assert str(caught.value) == "unknown control 'group'; did you mean 'groups'? Known: groups, number_of_channels"


def test_a_saved_notebook_says_what_it_is(live):
    assert repr(live) == "Any channels, to explore while a kernel runs. Run this cell to see it."
    assert repr(live.controls[1]) == "Field('number of channels', '4')"
