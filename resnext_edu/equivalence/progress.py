"""How far a proof is: its loops are announced before they run, so that the total is known, and counted as they run."""
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Progress:
    """Tells ``tell(done, total, what)`` after each step of a loop that was announced with `over`.

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
        self.tell, self.total = tell, 0

    def over(self, what: str, items: Iterable[Item]) -> "Loop[Item]":
        """Announce a loop: it can be run once, later."""
        loop = Loop(self, what, self.total, tuple(items))
        self.total += len(loop.items)
        return loop


class Loop(Generic[Item]):
    """A loop that was announced. One that ends early counts as done: the next one knows where it begins."""

    def __init__(self, progress: Progress, what: str, begin: int, items: tuple[Item, ...]) -> None:
        self.progress, self.what, self.begin, self.items = progress, what, begin, items

    def __iter__(self) -> Iterator[Item]:
        for done, item in enumerate(self.items, self.begin + 1):
            yield item
            self.progress.tell(done, self.progress.total, self.what)
