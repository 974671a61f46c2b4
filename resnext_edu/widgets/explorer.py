"""The engine under the sliders: every stop is drawn once, in Python, and the browser turns the pages."""
from collections.abc import Callable, Sequence

import ipywidgets
from ipywidgets.widgets.widget_string import HTMLStyle

from resnext_edu.errors import ConfigError
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.look import ALIVE, style, wide
from resnext_edu.widgets.moving import move_by_name
from resnext_edu.widgets.numbers import Numbers
from resnext_edu.widgets.stop_slider import StopSlider

MOST = 120  # frames: with more, a cell takes longer than two seconds to show


class Explorer(ipywidgets.VBox):
    """One or two sliders, the numbers, and the picture.

    No Python runs when a slider moves. So an explorer answers within a frame of the screen, and works without a
    kernel: after it has died, or on a page that never had one.

    Parameters
    ----------
    controls : sequence of StopSlider
        One or two of them.
    frame : callable
        The values of the controls → `Frame`. It is called once for each stop; all pictures have one size.
    about : str
        What it is, in a few words: all that is shown of it before the cell has run.

    Raises
    ------
    ConfigError
        If there are other than one or two controls, too many frames, or frames of several sizes.

    Examples
    --------
    >>> from resnext_edu.draw.block.grouped import grouped_picture
    >>> slider = StopSlider("groups", (1, 2, 4))
    >>> explorer = Explorer([slider], lambda g: Frame(grouped_picture(4, (g,), 0), {"groups": g}), "Groups of channels")
    >>> explorer.move(groups=4)
    >>> explorer.numbers
    {'groups': 4}
    >>> explorer
    Groups of channels, to explore with a slider. Run this cell to see it.
    """

    _links: Sequence[ipywidgets.Widget] = ()  # in the browser, from sliders to pages and numbers

    def __init__(self, controls: Sequence[StopSlider], frame: Callable[..., Frame], about: str):
        if len(controls) not in (1, 2):
            raise ConfigError(f"an explorer has 1 or 2 controls, got {len(controls)}")
        self.controls: tuple[StopSlider, ...] = tuple(controls)
        self.about: str = about
        rows, columns = self.controls[0].stops, self.controls[1].stops if len(controls) > 1 else (None,)
        if len(rows) * len(columns) > MOST:
            raise ConfigError(f"{len(rows)} × {len(columns)} stops are {len(rows) * len(columns)} frames; all of them "
                              f"are drawn at the start, so there may be {MOST}")
        self._stops = [[(row, column) if len(controls) > 1 else (row,) for column in columns] for row in rows]
        self.frames: list[list[Frame]] = [[frame(*stop) for stop in row] for row in self._stops]
        self._check()
        self._links = []
        super().__init__([*self._fixed(), self._stacks()], layout=wide())
        self.add_class(ALIVE)

    def _check(self) -> None:
        """With frames of several sizes the page would jump; under several names numbers could not be compared."""
        every = [frame for row in self.frames for frame in row]
        sizes, numbers = {frame.picture.size for frame in every}, {(*frame.numbers,) for frame in every}
        for what, found in (("sizes", sizes), ("numbers", numbers)):
            if len(found) > 1:
                raise ConfigError(f"all frames of an explorer have the same {what}; got {sorted(found)}")

    def _fixed(self) -> list[ipywidgets.Widget]:
        """All but the pictures: the style sheet, the sliders, and the numbers that follow them."""
        self._numbers = numbers = Numbers(names=list(self.frames[0][0].numbers), texts=self._texts())
        for control, trait in zip(self.controls, ("first", "second"), strict=False):
            setattr(numbers, trait, control.index)
            self._links += [ipywidgets.jslink((control, "was"), (numbers, f"{trait}_was")),  # before index, which
                            ipywidgets.jslink((control, "index"), (numbers, trait))]         # looks back at it
        return [style(), *self.controls, numbers]

    def _stacks(self) -> ipywidgets.Widget:
        """A stack of pictures; for two controls a stack of such stacks. They share what can be sent once."""
        layout, look = wide(), HTMLStyle()
        outer, *inner = self.controls

        def stack(children: list, control: StopSlider) -> ipywidgets.Stack:
            made = ipywidgets.Stack(children, selected_index=control.index, layout=layout)
            self._links += [ipywidgets.jslink((control, "index"), (made, "selected_index"))]
            return made

        self._pages = [[ipywidgets.HTML(frame.html, layout=layout, style=look) for frame in row] for row in self.frames]
        return stack([stack(row, inner[0]) if inner else row[0] for row in self._pages], outer)

    def _texts(self) -> list[list[list[str]]]:
        return [[frame.texts for frame in row] for row in self.frames]

    def redraw(self, frame: Callable[..., Frame]) -> None:
        """Other pictures at the same stops: the one that is seen first, so that nobody waits for the others."""
        seen = self._place
        places = [(i, j) for i, row in enumerate(self._stops) for j in range(len(row))]
        for i, j in sorted(places, key=lambda place: place != seen):
            self.frames[i][j] = frame(*self._stops[i][j])
            self._pages[i][j].value = self.frames[i][j].html
        self._check()
        self._numbers.texts = self._texts()

    @property
    def value(self) -> dict[str, object]:
        """Each control's name → the stop at which it stands."""
        return {control.name: control.value for control in self.controls}

    @property
    def _place(self) -> tuple[int, int]:
        """Row and column of the frame that is shown."""
        return self.controls[0].index, self.controls[1].index if len(self.controls) > 1 else 0

    @property
    def frame(self) -> Frame:
        """What is shown now."""
        row, column = self._place
        return self.frames[row][column]

    @property
    def numbers(self) -> dict[str, object]:
        """The numbers that are shown now."""
        return self.frame.numbers

    def move(self, **stops: object) -> None:
        """Move sliders from Python, by name: ``explorer.move(groups=4)``; a space in a name is written ``_``."""
        move_by_name(self.controls, stops)

    def close(self) -> None:
        """With all that stands in it: nobody will look at it again, and it holds a page for each stop."""
        for widget in (*self._links, *_inside(self)):
            widget.close()
        super().close()

    def __repr__(self) -> str:  # it is saved with the notebook, and shown until the cell has run
        slider = "a slider" if len(self.controls) == 1 else "two sliders"
        return f"{self.about}, to explore with {slider}. Run this cell to see it."


def _inside(box: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    return [widget for child in getattr(box, "children", ()) for widget in (*_inside(child), child)]
