"""What an explorer shows at one stop: a picture that stands inline in the page, and the numbers that it shows."""
from collections.abc import Mapping
from typing import NamedTuple

from resnext_edu.draw.kit.picture import Picture


class Frame(NamedTuple):
    """One state of an explorer.

    Attributes
    ----------
    picture : Picture
        The drawing and its text alternative.
    numbers : mapping of str to int, tuple or str
        What the explorer shows under its sliders, and what `Explorer.numbers` gives to Python.
    below : str
        More HTML to stand under the picture; whoever writes it escapes it.

    Examples
    --------
    >>> from resnext_edu.draw.block.grouped import grouped_picture
    >>> Frame(grouped_picture(groups=(4,)), {"weights": 2304}).texts
    ['2,304']
    """

    picture: Picture
    numbers: Mapping[str, object]
    below: str = ""

    @property
    def texts(self) -> list[str]:
        """The numbers as they are written: 70,144."""
        return [f"{value:,}" if isinstance(value, int | float) else str(value) for value in self.numbers.values()]

    @property
    def html(self) -> str:
        """The picture inline, without its style sheet, and what stands below.

        Tables bring styles of their own, which the policy of a saved page forbids. Its script may give them back.
        """
        return self.picture.inline + self.below.replace(' style="', ' data-style="')
