"""The engine under the sliders: every stop is drawn once, in Python, and the browser turns the pages."""
import json
import zlib
from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from os import PathLike

import anywidget
import traitlets

from resnext_edu.draw.kit.svg import css
from resnext_edu.errors import ConfigError, path_of
from resnext_edu.training.checkpoint import write_whole
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.look import ALIVE, BROKEN
from resnext_edu.widgets.moving import check_controls
from resnext_edu.widgets.page import fragment_of, page_of, source
from resnext_edu.widgets.stops import Stops

MOST = 120  # frames: with more, a cell takes longer than two seconds to show


class Explorer(anywidget.AnyWidget):
    """Sliders, the numbers, and the picture.

    No Python runs when a slider moves. So an explorer answers within a frame of the screen, and works without a
    kernel: after it has died, or on a page that never had one.

    Parameters
    ----------
    controls : sequence of Stops
        One or more of them.
    frame : callable
        The values of the controls → `Frame`. It is called once for each stop; all pictures have one size.
    about : str
        What it is, in a few words: all that is shown of it before the cell has run.

    Attributes
    ----------
    at : list of int
        The number of the stop of each control: all that moves.
    frames : list of list of Frame
        ``frames[i][j]``: at stop i of the first control, and at combination j of the others.

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
    _css = css() + source("explorer.css") + f".{ALIVE}{BROKEN} {{ content: none; }}"
    controls: "traitlets.List[dict[str, object]]" = traitlets.List().tag(sync=True)
    names: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)
    at: "traitlets.List[int]" = traitlets.List(traitlets.Int()).tag(sync=True)
    packed: "traitlets.Bytes[bytes, bytes]" = traitlets.Bytes().tag(sync=True)

    def __init__(self, controls: Sequence[Stops], frame: Callable[..., Frame], about: str):
        if not controls:
            raise ConfigError("an explorer has one control or more; got none")
        self.stops: tuple[Stops, ...] = tuple(controls)
        self.about: str = about
        sizes = [len(control.stops) for control in self.stops]
        if prod(sizes) > MOST:
            raise ConfigError(f"{' × '.join(map(str, sizes))} stops are {prod(sizes)} frames; all of them are drawn at "
                              f"the start, so there may be {MOST}")
        self.frames: list[list[Frame]] = self._drawn(frame)
        super().__init__(controls=[control.to_dict() for control in self.stops], names=list(self.frames[0][0].numbers),
                         at=[control.first for control in self.stops], packed=self._packed())
        self.add_class(ALIVE)

    def _drawn(self, frame: Callable[..., Frame]) -> list[list[Frame]]:
        """With frames of several sizes the page would jump; under several names numbers could not be compared."""
        first, *others = (control.stops for control in self.stops)
        frames = [[frame(stop, *rest) for rest in product(*others)] for stop in first]
        every = [each for row in frames for each in row]
        sizes, numbers = {each.picture.size for each in every}, {(*each.numbers,) for each in every}
        for what, found in (("sizes", sizes), ("numbers", numbers)):
            if len(found) > 1:
                raise ConfigError(f"all frames of an explorer have the same {what}; got {sorted(found)}")
        return frames

    def _packed(self) -> bytes:
        """All frames as the page reads them; zlib gives the same bytes with every Python."""
        frames = [{"svg": each.html, "texts": each.texts} for row in self.frames for each in row]
        return zlib.compress(json.dumps(frames, ensure_ascii=False).encode(), 9)

    def redraw(self, frame: Callable[..., Frame]) -> None:
        """Other pictures at the same stops."""
        self.frames = self._drawn(frame)
        self.names, self.packed = list(self.frames[0][0].numbers), self._packed()

    @property
    def value(self) -> dict[str, object]:
        """Each control's name → the stop at which it stands."""
        return {control.name: control.stops[k] for control, k in zip(self.stops, self.at, strict=True)}

    @property
    def frame(self) -> Frame:
        """What is shown now."""
        row, *others = self.at
        place = 0
        for control, k in zip(self.stops[1:], others, strict=True):
            place = place * len(control.stops) + k
        return self.frames[row][place]

    @property
    def numbers(self) -> dict[str, object]:
        """The numbers that are shown now."""
        return self.frame.numbers

    def move(self, **stops: object) -> None:
        """Move sliders from Python, by name: ``explorer.move(groups=4)``; a space in a name is written ``_``.

        Raises
        ------
        UnknownNameError
            If no control has such a name, or it has no such stop; then nothing moves.
        """
        names = [control.name.replace(" ", "_") for control in self.stops]
        check_controls(stops, names)
        at = [*self.at]
        for name, stop in stops.items():
            at[names.index(name)] = self.stops[names.index(name)].place_of(stop)
        self.at = at

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
        sliders = {1: "a slider", 2: "two sliders", 3: "three sliders"}.get(len(self.stops), "sliders")
        return f"{self.about}, to explore with {sliders}. Run this cell to see it."
