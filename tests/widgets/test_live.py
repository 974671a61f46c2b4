"""The explorer that asks Python: a move draws anew, what goes wrong is seen, and a page gets all that stops can reach."""
import pytest

from resnext_edu.draw.block.grouped import grouped_picture
from resnext_edu.errors import ConfigError, UnknownNameError
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.live import Live
from resnext_edu.widgets.stops import Stops
from resnext_edu.widgets.typed import Typed
from tests.widgets.page import page, pages


def frame(groups, channels):
    return Frame(grouped_picture(channels, (groups,), 0), {"groups": groups, "channels": channels})


def groups_of(channels):
    return Live([Typed("groups", "1", read=int)], lambda groups: frame(groups, channels), "Groups")


@pytest.fixture
def live():
    return Live([Typed("number of channels", "4", read=int), Stops("groups", (1, 2, 4))],
                lambda channels, groups: frame(groups, channels), "Any channels")


def test_what_needs_no_python_is_drawn_beforehand(live):
    assert [*pages(live)] == ["4,0", "4,1", "4,2"]
    packed = live.packed
    live.at = ["4", 2]  # what the browser sends
    assert live.packed is packed
    assert live.numbers == {"groups": 4, "channels": 4}
    assert live.frames == [[frame(groups, 4)] for groups in (1, 2, 4)]


def test_a_move_from_python_draws_each_frame_once():
    drawn = []

    def noted(channels, groups):
        drawn.append((channels, groups))
        return frame(groups, channels)

    live = Live([Typed("channels", "4", read=int), Stops("groups", (1, 2, 4))], noted, "Any channels")
    drawn.clear()
    live.move(channels=8, groups=2)
    assert drawn == [(8, 1), (8, 2), (8, 4)]
    assert live.numbers == {"groups": 2, "channels": 8}


def test_what_asks_is_drawn_when_it_is_moved(live):
    live.at = ["8", 2]
    assert [*pages(live)] == ["8,0", "8,1", "8,2"]
    assert page(live) == {"svg": frame(4, 8).html, "texts": ["4", "8"]}
    assert live.value == {"number of channels": 8, "groups": 4}
    live.move(number_of_channels=16, groups=2)
    assert page(live)["svg"] == frame(2, 16).html


def test_the_page_hears_of_new_frames_names_and_places_at_once(monkeypatch):
    """Else it would show the numbers of one network under the names of another."""
    live = Live([Typed("n", "2", read=int), Stops("k", (0, 1, 2))],
                lambda n, k: Frame(frame(1, 4).picture, {f"of {n}": k}) if k < n else None, "Some")
    sent = []
    monkeypatch.setattr(type(live), "send_state", lambda self, key=None: sent.append({*key} if isinstance(key, set) else key))
    live.move(k=1)
    live.move(n=1)
    assert {"names", "packed", "at"} in sent
    assert (live.names, live.at, live.numbers) == (["of 1"], ["1", 0], {"of 1": 0})


def test_an_error_is_shown_and_the_last_picture_stays(live):
    live.move(groups=4)
    live.move(number_of_channels=6)
    assert live.problem == "groups (=4) must divide channels (=6); these do: 1, 2, 3, 6"
    assert live.frame == frame(4, 4)
    assert live.numbers == {"groups": 4, "channels": 4}
    live.move(number_of_channels=4)
    assert live.problem == ""
    live.move(number_of_channels="many")
    assert live.problem.startswith("ValueError: invalid literal for int()")
    live.move(number_of_channels=8)
    assert live.problem == ""
    assert live.frame == frame(4, 8)


def test_what_can_not_be_drawn_from_the_start_has_no_picture_and_no_numbers():
    live = Live([Typed("groups", "3", read=int)], lambda groups: frame(groups, 4), "Groups")
    assert live.problem == "groups (=3) must divide channels (=4); these do: 1, 2, 4"
    assert live.numbers == {}
    assert live.frame is None
    live.move(groups=2)
    assert live.problem == ""
    assert live.frame == frame(2, 4)


def test_a_page_gets_every_frame_that_stops_can_reach():
    live = Live([Stops("channels", (4, 6), asks=True), Typed("kernel", "3", read=int), Stops("groups", (1, 2, 3))],
                lambda channels, kernel, groups: Frame(grouped_picture(channels, (groups,), 0, kernel), {"k": kernel}),
                "Any channels")
    live.move(kernel=1)
    assert live.problem == "groups (=3) must divide channels (=4); these do: 1, 2, 4"
    live.move(channels=6)
    state = live.for_a_page()
    assert [control["name"] for control in state["controls"]] == ["channels", "groups"]
    assert state["at"] == [1, 0]
    assert state["picture"] == live.frame.html


def test_a_page_without_any_stops_is_the_picture():
    assert groups_of(4).for_a_page()["controls"] == []
    assert groups_of(4).frame.html in groups_of(4).fragment()


@pytest.mark.parametrize(("wrong", "message"), [
    (lambda: groups_of(0).fragment(), "there is no picture to save: channels must be a whole number, 1 or more; got 0"),
    (lambda: Live([Stops("a", range(21), asks=True), Stops("b", range(20), asks=True)], lambda a, b: frame(1, 4),
                  "").fragment(), "a page holds 400 frames at most; these controls have 420 stops in all"),
])
def test_what_can_not_be_saved(wrong, message):
    with pytest.raises(ConfigError) as caught:
        wrong()
    assert str(caught.value) == message


def test_what_is_no_control(live):
    with pytest.raises(UnknownNameError) as caught:
        live.move(group=1)
    assert str(caught.value) == "unknown control 'group'; did you mean 'groups'? Known: number_of_channels, groups"
    assert live.at == ["4", 0]


def test_a_saved_notebook_says_what_it_is(live):
    assert repr(live) == "Any channels, to explore while a kernel runs. Run this cell to see it."
