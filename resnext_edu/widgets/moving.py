"""Controls are moved from Python by name."""
from collections.abc import Iterable, Mapping
from typing import Protocol

from resnext_edu.errors import UnknownNameError, nearest_name


class Control(Protocol):
    """A slider or a field."""

    name: str

    def move(self, value: object, /) -> None: ...


def move_by_name(controls: Iterable[Control], values: Mapping[str, object]) -> None:
    """Move each named control, or none of them if a name is unknown; a space in a name is written ``_``.

    Parameters
    ----------
    controls : iterable of StopSlider or Field
        All that can be moved.
    values : mapping of str to object
        Name → where to.

    Raises
    ------
    UnknownNameError
        If no control has such a name, or the control can't take the value; the text offers the nearest.
    """
    named = {control.name.replace(" ", "_"): control for control in controls}
    check_controls(values, named)
    for name, value in values.items():
        named[name].move(value)


def check_controls(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise an `UnknownNameError`, which offers the nearest, unless all of these are known."""
    known = list(known)
    for name in names:
        if name not in known:
            raise UnknownNameError(nearest_name("control", name, known))
