"""For what can't be drawn beforehand, such as any input size: each move asks the kernel for a new picture."""
from collections.abc import Callable, Sequence
from html import escape

import ipywidgets

from resnext_edu.errors import message_of
from resnext_edu.widgets.explorer import Explorer
from resnext_edu.widgets.field import Field
from resnext_edu.widgets.frame import Frame
from resnext_edu.widgets.look import KERNEL, style, wide
from resnext_edu.widgets.moving import move_by_name
from resnext_edu.widgets.numbers import Numbers
from resnext_edu.widgets.stop_slider import StopSlider


class Live(ipywidgets.VBox):
    """Controls, and a picture that Python draws anew after each move.

    An `Explorer` is faster, and works without a kernel: take it wherever all stops can be drawn beforehand.

    Parameters
    ----------
    controls : sequence of StopSlider or Field
    frame : callable
        The values of the controls → `Frame`, or an `Explorer` to stand in its place. What it raises is shown, and
        the last picture stays.
    about : str
        What it is, in a few words: all that is shown of it before the cell has run.

    Attributes
    ----------
    problem : str
        What was raised by the last move; empty if nothing was.

    Examples
    --------
    >>> from resnext_edu.draw.block.grouped import grouped_picture
    >>> groups = Field("groups", "2", read=int)
    >>> live = Live([groups], lambda g: Frame(grouped_picture(6, (g,)), {"groups": g}), "Groups of channels")
    >>> live.move(groups=5)
    >>> live.problem
    'groups (=5) must divide channels (=6); these do: 1, 2, 3, 6'
    >>> live.numbers
    {'groups': 2}
    """

    def __init__(self, controls: Sequence[StopSlider | Field], frame: Callable[..., Frame | Explorer],
                 about: str):
        self.controls: tuple[StopSlider | Field, ...] = tuple(controls)
        self.about: str = about
        self.problem: str = ""
        self._frame = frame
        self.shown: Frame | Explorer | None = None
        layout = wide()
        self._numbers, self._said = Numbers(), ipywidgets.HTML(layout=layout)
        self._picture = ipywidgets.HTML(layout=layout)
        self._body = ipywidgets.VBox([self._numbers, self._picture], layout=layout)
        self.update()
        super().__init__([style(), *self.controls, self._said, self._body], layout=layout)
        for control in self.controls:
            control.observe(self.update, control.moves)

    def update(self, _: object = None) -> None:
        """Draw what the controls say."""
        try:
            new = self._frame(*(control.value for control in self.controls))
        except Exception as error:  # an exception in a callback would vanish: it has to be seen
            self.problem = message_of(error)
        else:
            self.problem = ""
            self._show(new)
        self._said.value = _words(self.problem, last=self.shown is not None)

    def _show(self, new: Frame | Explorer) -> None:
        before, self.shown = self.shown, new
        if isinstance(new, Explorer):
            self._body.children = (new,)
            if isinstance(before, Explorer) and before is not new:
                before.close()
            return
        with self._numbers.hold_sync():  # the page remembers what it has shown
            self._numbers.names, self._numbers.texts = list(new.numbers), [[new.texts]]
        self._picture.value = new.html

    @property
    def value(self) -> dict[str, object]:
        """Each control's name → its value."""
        return {control.name: control.value for control in self.controls}

    @property
    def numbers(self) -> dict[str, object]:
        """The numbers that are shown now."""
        return self.shown.numbers if self.shown is not None else {}

    def move(self, **values: object) -> None:
        """Move controls from Python, by name; a space in a name is written ``_``."""
        move_by_name(self.controls, values)

    def __repr__(self) -> str:
        return f"{self.about}, to explore while a kernel runs. Run this cell to see it."


def _words(problem: str, last: bool) -> str:
    if not problem:
        return KERNEL
    return (f'<div class="rx-numbers" role="alert"><b>That can’t be drawn:</b> {escape(problem)}'
            + ("<br>The picture is the last one that could." if last else "") + "</div>")
