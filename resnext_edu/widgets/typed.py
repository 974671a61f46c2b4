"""A line of text to type, as data: for what has no stops, such as the size of an image."""
from collections.abc import Callable
from dataclasses import dataclass

from resnext_edu.errors import shown


@dataclass(frozen=True)
class Typed:
    """A named line of text. What follows from it is drawn by a `Live` explorer, when Enter is pressed.

    Parameters
    ----------
    name : str
        What it sets; shown as its label.
    first : str
        What stands in it at first.
    read : callable, optional
        Text → value. What it raises is shown beside the picture.
    hint : str, optional
        What an empty line means; shown in it while it is empty.

    Examples
    --------
    >>> size = Typed("size", "224", read=int)
    >>> size.place_of(64), size.value_of("64")
    ('64', 64)
    """

    name: str
    first: str
    read: Callable[[str], object] = str
    hint: str = ""
    asks = True  # any text may be typed, so nothing can be drawn beforehand

    def place_of(self, value: object) -> str:
        """A value as one would type it."""
        return value if isinstance(value, str) else shown(value)

    def value_of(self, place: str) -> object:
        """What the text means."""
        return self.read(str(place))

    def to_dict(self) -> dict[str, object]:
        """What the page has to know."""
        return {"name": self.name, "hint": self.hint}
