"""How far a proof is: all loops are announced before the first one runs, so that the total is known from the start."""
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Progress:
    """Calls ``tell(done, total, what)`` after each step of a loop that was announced with `over`.

    Parameters
    ----------
    tell : callable
        Its result is ignored.

    Attributes
    ----------
    total : int
        The steps of all loops that have been announced so far.

    Examples
    --------
    >>> progress = Progress(lambda done, total, what: print(f"{done}/{total} {what}"))
    >>> draws, controls = progress.over("draw", (1, 2)), progress.over("control", "x")
    >>> for number in draws:
    ...     pass
    1/3 draw
    2/3 draw
    """

    def __init__(self, tell: Callable[[int, int, str], object]) -> None:
        self.tell: Callable[[int, int, str], object] = tell
        self.total: int = 0

    def over(self, what: str, items: Iterable[Item]) -> "Loop[Item]":
        """Announce a loop that runs later, at most once.

        Parameters
        ----------
        what : str
            The name of its steps.
        items : iterable
            What it goes through.

        Returns
        -------
        Loop
            Iterate over it to get the items.
        """
        loop = Loop(self, what, self.total, tuple(items))
        self.total += len(loop.items)
        return loop


class Loop(Generic[Item]):
    """A loop that was announced. It knows where it begins, so a loop before it may end early."""

    def __init__(self, progress: Progress, what: str, begin: int, items: tuple[Item, ...]) -> None:
        self.progress: Progress = progress
        self.what: str = what
        self.begin: int = begin
        self.items: tuple[Item, ...] = items

    def __iter__(self) -> Iterator[Item]:
        for done, item in enumerate(self.items, self.begin + 1):
            yield item
            self.progress.tell(done, self.progress.total, self.what)
