"""For what can't be drawn beforehand, such as any input size: such a move asks Python for new frames."""
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import traitlets

from resnext_edu.errors import ConfigError, message_of
from resnext_edu.widgets.explorer import Control, Explorer, Frames, Spot, frames_at, names_of, packed, written
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.stops import Stops

MOST_SAVED = 400  # frames on a page without a kernel


class Live(Explorer):
    """An explorer some of whose controls ask Python: it draws the frames that such a move brings into reach.

    The other controls move as those of an `Explorer` do, without Python. `save` draws every frame that stops can reach.

    Parameters
    ----------
    controls : sequence of Stops or Typed
        Those that ask are ``Stops(…, asks=True)`` and every `Typed`.
    frame : callable
        The values of the controls → `Frame`, or None where there is nothing to see. What it raises is shown, and the
        last picture stays.
    about : str
        What it is, in a few words: all that is shown of it before the cell has run.
    buttons : sequence of str
        Their names; a press adds one to its number in `presses`.

    Attributes
    ----------
    problem : str
        What was raised by the last move; empty if nothing was.
    said : str
        A line beside the controls, which a screen reader reads out when it changes.
    progress : list
        Of a work that takes a while: steps done, steps in all, and what is being done; empty while there is no work.

    Examples
    --------
    >>> from resnext_edu.draw.block.grouped import grouped_picture
    >>> from resnext_edu.widgets.typed import Typed
    >>> groups = Typed("groups", "2", read=int)
    >>> live = Live([groups], lambda g: Frame(grouped_picture(6, (g,)), {"groups": g}), "Groups of channels")
    >>> live.move(groups=5)
    >>> live.problem
    'groups (=5) must divide channels (=6); these do: 1, 2, 3, 6'
    >>> live.numbers
    {'groups': 2}
    """

    live: "traitlets.Bool[bool, bool | int]" = traitlets.Bool(True).tag(sync=True)
    problem: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)
    buttons: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)
    presses: "traitlets.List[int]" = traitlets.List(traitlets.Int()).tag(sync=True)
    said: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)
    progress: "traitlets.List[object]" = traitlets.List().tag(sync=True)

    _ahead: "tuple[tuple[Control, ...], list[Spot], Frames] | None" = None  # drawn for a move that has not come yet

    def __init__(self, controls: Sequence[Control], frame: Callable[..., Frame | None], about: str,
                 buttons: Sequence[str] = ()):
        super().__init__(controls, frame, about, buttons=[*buttons], presses=[0] * len(buttons))
        self._last = self.drawn.get(tuple(self.at))
        self.observe(self._moved, "at")

    def _begin(self, at: Sequence[Spot]) -> Frames:
        return self._tried(at) or {}

    def _tried(self, at: Sequence[Spot]) -> Frames | None:
        """The frames, or None where `problem` says why there are none: an exception in a callback would vanish."""
        try:
            drawn = self._draw(at)
        except Exception as error:
            self.problem = message_of(error)
            return None
        self.problem = ""
        return drawn

    def _draw(self, at: Sequence[Spot]) -> Frames:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] is self.stops and ahead[1] == [*at]:
            return ahead[2]
        return super()._draw(at)

    def _drawn_for(self, at: list[Spot]) -> Frames:
        if tuple(at) in self.drawn:
            return self.drawn
        try:
            drawn = self._draw(at)
        except Exception:  # the move itself will tell it
            return {}
        self._ahead = self.stops, at, drawn
        return drawn

    def _moved(self, _: object = None) -> None:
        if tuple(self.at) in self.drawn:
            self.problem, self._last = "", self.drawn[tuple(self.at)]
        else:
            self.redraw()

    def redraw(self) -> None:
        """Draw anew what is in reach of where the controls stand."""
        drawn = self._tried(self.at)
        if drawn is None:
            return
        with self.hold_sync():  # the page gets all of it at once
            self.drawn = drawn
            self.names, self.packed = names_of(drawn), written(drawn)
            self.at = [*nearest(self.at, drawn)]
        self._last = drawn[tuple(self.at)]

    @property
    def frame(self) -> Frame | None:
        """What is shown now: after a problem, the last that could be drawn."""
        return self._last

    def for_a_page(self) -> dict[str, Any]:
        """Every frame that stops can reach; a text stays as it is."""
        places: list[Sequence[Spot]] = [range(len(control.stops)) if isinstance(control, Stops) else [place]
                                         for control, place in zip(self.stops, self.at, strict=True)]
        if prod(map(len, places)) > MOST_SAVED:
            raise ConfigError(f"a page holds {MOST_SAVED} frames at most; these controls have "
                              f"{prod(map(len, places)):,} stops in all")
        if self.frame is None:
            raise ConfigError(f"there is no picture to save: {self.problem}")

        def tried(*values: object) -> Frame | None:
            try:
                return self._frame(*values)
            except Exception:  # where nothing can be drawn, there is no stop
                return None

        kept = [n for n, control in enumerate(self.stops) if isinstance(control, Stops)]
        drawn = frames_at(self.stops, tried, places)
        here = tuple(self.at)
        if here not in drawn:  # after a problem: where the picture that is shown stands
            here = next(at for at, frame in drawn.items() if frame.html == self.frame.html)
        return super().for_a_page() | {
            "controls": [self.controls[n] for n in kept], "at": [here[n] for n in kept], "names": names_of(drawn),
            "packed": packed({tuple(at[n] for n in kept): frame for at, frame in drawn.items()})}

    def __repr__(self) -> str:
        return f"{self.about}, to explore while a kernel runs. Run this cell to see it."


def nearest(at: Sequence[Spot], drawn: Frames) -> tuple[Spot, ...]:
    """The frame that is there, and differs least in its last control: a network may have no fourth stage."""
    *before, last = at
    if not isinstance(last, int):
        return tuple(at)
    return min((each for each in drawn if [*each[:-1]] == before), key=lambda each: abs(int(each[-1]) - last))
