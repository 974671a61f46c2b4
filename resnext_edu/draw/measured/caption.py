"""What stands above a picture whose title and explanation come from the caller: checked, cut and wrapped to fit."""
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import WIDTH, room
from resnext_edu.draw.measured.values import sentence

LETTERS = 104  # of soft text on one line


@dataclass(frozen=True)
class Caption:
    """A title and the lines that say how to read the picture.

    Parameters
    ----------
    title, how : str
        As the caller gave them.

    Examples
    --------
    >>> Caption.of("Less  error", "One dot is one run.")
    Caption(title='Less error', how=('One dot is one run.',))
    """

    title: str
    how: tuple[str, ...]

    @classmethod
    def of(cls, title: Any, how: Any) -> "Caption":
        """Both on as many lines as they need; ConfigError if they are not words."""
        return cls(sentence("title", title), tuple(wrap(sentence("how", how), LETTERS)))

    @property
    def bottom(self) -> float:
        """The y of its last line."""
        return 37 + 20 * len(self.how)

    def picture(self, words: list[str], body: list[str], height: float) -> Picture:
        """The picture with all of it; of a title that is too long for one line, the drawing shows the start."""
        heading = cut(self.title, (WIDTH - 32) * 14 / 20)
        alternative = "\n".join((" ".join(self.how), *words))
        return Picture(self.title, self.how, alternative, tuple(body), height, heading)


def cut(words: str, space: float) -> str:
    """The words, or as much of their start as fits into so many units.

    Examples
    --------
    >>> cut("93,290 parameters", 200), cut("93,290 parameters", 100)
    ('93,290 parameters', '93,290 pa…')
    """
    while room(words) > space and len(words) > 2:
        words = words.rstrip("…")[:-1].rstrip() + "…"
    return words
