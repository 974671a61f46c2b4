"""What a network says of one image: the classes that it takes for most likely."""
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Ranking:
    """The most likely classes of one image, the first one first.

    Parameters
    ----------
    image : str
        Which image it is, such as the name of its file.
    classes : tuple of str
        The most likely class first.
    probabilities : tuple of float
        Of each of them, 0 … 1. All classes of the network together have 1.

    Examples
    --------
    >>> ranking = Ranking("boot.png", ("Ankle boot", "Sneaker"), (0.93, 0.06))
    >>> ranking
    boot.png
      93.0 %  Ankle boot
       6.0 %  Sneaker
    >>> ranking.best
    'Ankle boot'
    >>> ranking.likely
    {'Ankle boot': 0.93, 'Sneaker': 0.06}
    """

    image: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]

    @property
    def best(self) -> str:
        """The most likely class."""
        return self.classes[0]

    @property
    def likely(self) -> dict[str, float]:
        """Each of the classes with its probability, the most likely one first."""
        return dict(zip(self.classes, self.probabilities, strict=True))

    def __repr__(self) -> str:
        rows = (f"{100 * p:6.1f} %  {name}" for name, p in self.likely.items())
        return "\n".join((self.image, *rows))
