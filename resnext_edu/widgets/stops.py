"""What a slider of an explorer moves over, as data: the page draws it."""
from collections.abc import Sequence
from dataclasses import dataclass
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

        Raises
        ------
        UnknownNameError
            If there is no such stop; the text offers the nearest.
        """
        if isinstance(stop, bool) or not isinstance(stop, str | Number) or stop not in self.stops:
            raise UnknownNameError(nearest_name(f"stop of {self.name}", stop, map(str, self.stops)))
        return self.stops.index(stop)

    def to_dict(self) -> dict[str, object]:
        """What the page has to know."""
        return {"name": self.name, "words": self.words, "ticks": self.ticks}
