"""The one component under all explorers: controls, numbers, and pictures that Python draws and the page turns."""
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod
from os import PathLike
from typing import Any

import anywidget
import traitlets

from resnext_edu.draw.kit.svg import css
from resnext_edu.errors import ConfigError, UnknownNameError, nearest_name, path_of
from resnext_edu.whole import write_whole
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.page import fragment_of, page_of, source
from resnext_edu.widgets.stops import Stops
from resnext_edu.widgets.typed import Typed

MOST = 120  # frames: with more, a cell takes longer than two seconds to show

Control = Stops | Typed
Spot = int | str  # where a control stands: the number of its stop, or the text that was typed
Frames = dict[tuple[Spot, ...], Frame]  # where the controls stand → what there is to see


class Explorer(anywidget.AnyWidget):
    """Controls, the numbers, and the picture.

    Every frame is drawn beforehand: no Python runs when a control moves. So an explorer answers within a frame of the
    screen, and works without a kernel: after it has died, or on a page that never had one.

    Parameters
    ----------
    controls : sequence of Stops
        One or more of them.
    frame : callable
        The values of the controls → `Frame`, or None where there is nothing to see. It is called once for each stop;
        all pictures have one size.
    about : str
        What it is, in a few words: all that is shown of it before the cell has run.

    Attributes
    ----------
    at : list of int or str
        Where each control stands: all that moves.
    drawn : dict
        All frames that are drawn, by where the controls stand.

    Raises
    ------
    ConfigError
        If there are no controls, too many frames, or frames of several sizes.

    Examples
    --------
    >>> from resnext_edu.draw.block.grouped import grouped_picture
    >>> groups = Stops("groups", (1, 2, 4))
    >>> explorer = Explorer([groups], lambda g: Frame(grouped_picture(4, (g,), 0), {"groups": g}), "Groups of channels")
    >>> explorer.move(groups=4)
    >>> explorer.numbers
    {'groups': 4}
    >>> explorer
    Groups of channels, to explore with a slider. Run this cell to see it.
    """

    _esm = source("explorer.js")
    _css = css() + source("explorer.css")
    controls: "traitlets.List[dict[str, object]]" = traitlets.List().tag(sync=True)
    names: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)
    at: "traitlets.List[Spot]" = traitlets.List().tag(sync=True)
    packed: "traitlets.Bytes" = traitlets.Bytes().tag(sync=True)

    def __init__(self, controls: Sequence[Control], frame: Callable[..., Frame | None], about: str, **traits: object):
        if not controls:
            raise ConfigError("an explorer has one control or more; got none")
        self.stops: tuple[Control, ...] = tuple(controls)
        self.about: str = about
        self._frame = frame
        self.drawn: Frames = self._begin([control.first for control in self.stops])
        super().__init__(controls=[control.to_dict() for control in self.stops], names=names_of(self.drawn),
                         at=[control.first for control in self.stops], packed=packed(self.drawn), **traits)
        self.add_class("rx-alive")  # Lab's red broken link would stand beside it, too; the style sheet takes it away

    def _begin(self, at: Sequence[Spot]) -> Frames:
        """The frames to start with."""
        return self._draw(at)

    def _draw(self, at: Sequence[Spot]) -> Frames:
        """All that can be seen while the controls that ask stand as they do."""
        places = [[place] if isinstance(control, Typed) or control.asks else range(len(control.stops))
                  for control, place in zip(self.stops, at, strict=True)]
        if prod(map(len, places)) > MOST:
            sizes = [len(each) for each in places if len(each) > 1]
            raise ConfigError(f"{' × '.join(map(str, sizes))} stops are {prod(sizes)} frames; all of them are drawn at "
                              f"the start, so there may be {MOST}")
        return same_kind(frames_at(self.stops, self._frame, places))

    @property
    def frames(self) -> list[list[Frame]]:
        """``frames[i][j]``: at stop i of the first control that does not ask, and at combination j of the others."""
        first = next((n for n, control in enumerate(self.stops) if not control.asks), 0)
        rows: dict[Spot, list[Frame]] = {}
        for at, frame in self.drawn.items():
            rows.setdefault(at[first], []).append(frame)
        return list(rows.values())

    @property
    def value(self) -> dict[str, object]:
        """Each control's name → the value at which it stands."""
        return {control.name: control.value_of(place)  # type: ignore[arg-type]  # each knows its own places
                for control, place in zip(self.stops, self.at, strict=True)}

    @property
    def frame(self) -> Frame | None:
        """What is shown now; None if that could not be drawn."""
        return self.drawn.get(tuple(self.at))

    @property
    def numbers(self) -> Mapping[str, object]:
        """The numbers that are shown now."""
        return self.frame.numbers if self.frame is not None else {}

    def move(self, **values: object) -> None:
        """Move controls from Python, by name: ``explorer.move(groups=4)``; a space in a name is written ``_``.

        Parameters
        ----------
        **values : object
            Name → one of its stops, or a text.

        Raises
        ------
        UnknownNameError
            If no control has such a name, or it has no such stop; then nothing moves.
        """
        at, last = self._places(values), self.stops[-1]
        drawn = self._drawn_for(at) if last.name.replace(" ", "_") in values else {}
        if drawn and tuple(at) not in drawn:  # such as a fourth stage, of a network that has three
            there = [str(last.value_of(place)) for *before, place in drawn if before == at[:-1]]  # type: ignore[arg-type]
            raise UnknownNameError(nearest_name(last.name, last.value_of(at[-1]), there))  # type: ignore[arg-type]
        self.at = at

    def _drawn_for(self, at: list[Spot]) -> Frames:
        """The frames among which this one would be."""
        return self.drawn

    def _places(self, values: Mapping[str, object]) -> list[Spot]:
        """Where the controls would stand after this move."""
        known = [control.name.replace(" ", "_") for control in self.stops]
        for name in values:
            if name not in known:
                raise UnknownNameError(nearest_name("control", name, known))
        return [control.place_of(values[name]) if name in values else place
                for control, name, place in zip(self.stops, known, self.at, strict=True)]

    def for_a_page(self) -> dict[str, Any]:
        """What a page without a kernel has to know: the traits that it reads, and the picture to begin with."""
        return {"controls": self.controls, "names": self.names, "at": self.at, "packed": self.packed,
                "picture": self.frame.html if self.frame is not None else ""}

    def fragment(self) -> str:
        """The explorer for a page of one's own: a picture that a script makes move, with all that it needs."""
        return fragment_of(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a whole HTML page: one file, for a talk, a blog or a learning platform.

        Parameters
        ----------
        path : path
            It is replaced if it is there.

        Raises
        ------
        ConfigError
            If it is not the path of a file.
        CheckpointError
            If it can't be written; what was there before is as it was.
        """
        write_whole(path_of("path", path, "a file"), page_of(self).encode())

    def __repr__(self) -> str:  # it is saved with the notebook, and shown until the cell has run
        controls = {1: "a slider", 2: "two sliders", 3: "three sliders"}.get(len(self.stops), "sliders")
        if any(isinstance(control, Typed) or control.choice for control in self.stops):
            controls = "its controls"
        return f"{self.about}, to explore with {controls}. Run this cell to see it."


def frames_at(controls: Sequence[Control], frame: Callable[..., Frame | None],
              places: Sequence[Sequence[Spot]]) -> Frames:
    """The frames at these places of each control, in all combinations, except where there is nothing to see."""
    drawn: Frames = {}
    for at in product(*places):
        found = frame(*(control.value_of(place)  # type: ignore[arg-type]
                        for control, place in zip(controls, at, strict=True)))
        if found is not None:
            drawn[at] = found
    return drawn


def packed(frames: Frames) -> bytes:
    """All frames as the page reads them, small; zlib gives the same bytes with every Python."""
    return zlib.compress(written(frames))


def written(frames: Frames) -> bytes:
    """All frames as the page reads them, fast: to unpack a few takes a browser longer than to receive them.

    Frames have most of their elements in common. So each element is written once, beside those that look like it, and
    a frame is a list of their numbers: a third less than zlib finds by itself, which sees two frames at a time.
    """
    elements = {at: frame.html.replace("<", "\0<").split("\0") for at, frame in frames.items()}
    pieces = sorted({piece for each in elements.values() for piece in each})
    place = {piece: k for k, piece in enumerate(pieces)}
    found = {",".join(map(str, at)): {"svg": [place[piece] for piece in elements[at]], "texts": frame.texts}
             for at, frame in frames.items()}
    return json.dumps({"pieces": pieces, "frames": found}, ensure_ascii=False, separators=(",", ":")).encode()


def same_kind(frames: Frames) -> Frames:
    """The same frames, if the page does not jump from one to the other, and their numbers can be compared.

    Raises
    ------
    ConfigError
        If their pictures have several sizes or their numbers several names, or if there are none.
    """
    sizes, names = {each.picture.size for each in frames.values()}, {(*each.numbers,) for each in frames.values()}
    for what, found in (("sizes", sizes), ("numbers", names)):
        if len(found) > 1:
            raise ConfigError(f"all frames of an explorer have the same {what}; got {sorted(found)}")
    if not frames:
        raise ConfigError("an explorer has one frame or more; got none")
    return frames


def names_of(frames: Frames) -> list[str]:
    """What the numbers are called."""
    return [*next(iter(frames.values())).numbers] if frames else []
