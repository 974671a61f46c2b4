"""A control with a few values, as data: the page draws it, as a slider or as a list to choose from."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Number

from resnext_edu.errors import ConfigError, UnknownNameError, nearest_name, shown


@dataclass(frozen=True)
class Stops:
    """A named control with a few values, first to last.

    Parameters
    ----------
    name : str
        What it sets; shown as its label.
    stops : sequence
        The values.
    words : sequence of str, optional
        Each value as it is shown and read aloud; by default as `str` writes it.
    ticks : sequence of str, optional
        What stands below each stop, "" for nothing; by default the values.
    start : optional
        The value to start from; by default the first.
    choice : bool
        A list to choose from, in place of a slider: for names, which have no order.
    asks : bool
        Its frames are not drawn beforehand: a `Live` explorer draws them when it is moved.

    Attributes
    ----------
    first : int
        The number of the stop to start from.

    Raises
    ------
    ConfigError
        If there is no stop, or there are not as many words as stops.
    UnknownNameError
        If it can't start there.

    Examples
    --------
    >>> Stops("groups", (1, 2, 4)).place_of(4)
    2
    """

    name: str
    stops: Sequence[object]
    words: Sequence[str] = ()
    ticks: Sequence[str] | None = None
    start: object = None
    choice: bool = False
    asks: bool = False
    first: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stops", tuple(self.stops))
        texts = [str(stop) for stop in self.stops]
        object.__setattr__(self, "words", list(self.words or texts))
        object.__setattr__(self, "ticks", list(texts if self.ticks is None else self.ticks))
        if not self.stops or len(self.words) != len(self.stops):
            raise ConfigError(f"{self.name} must have a stop or more, with a word for each; got {len(self.stops)} "
                              f"stops and {shown(self.words)}")
        object.__setattr__(self, "first", 0 if self.start is None else self.place_of(self.start))

    def place_of(self, stop: object) -> int:
        """The number of this stop.

        Parameters
        ----------
        stop : object
            One of the values.

        Returns
        -------
        int
            Where it stands in `stops`.

        Raises
        ------
        UnknownNameError
            If there is no such stop; the text offers the nearest.
        """
        if isinstance(stop, bool) or not isinstance(stop, str | Number) or stop not in self.stops:
            raise UnknownNameError(nearest_name(self.name if self.choice else f"stop of {self.name}", stop,
                                                map(str, self.stops)))
        return self.stops.index(stop)

    def value_of(self, place: int) -> object:
        """The value at stop number …"""
        return self.stops[place]

    def to_dict(self) -> dict[str, object]:
        """What the page has to know."""
        return {"name": self.name, "words": self.words, "choice": True} if self.choice else {
            "name": self.name, "words": self.words, "ticks": self.ticks}
