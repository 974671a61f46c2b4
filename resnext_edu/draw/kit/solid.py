"""Feature maps as boxes: the length is channels, height and slant are the map's height and width, all linear."""
from collections.abc import Iterable
from typing import NamedTuple

from resnext_edu.draw.kit.svg import line, path

LONG, HIGH, SLANT = 96, 30, 11  # units: of the largest shape in a picture


class Scale(NamedTuple):
    """How many units of a picture a channel, a row and a column take."""

    channel: float
    row: float
    column: float

    @classmethod
    def of(cls, shapes: Iterable[tuple[int, ...]]) -> "Scale":
        """The scale at which the largest of these shapes just fits.

        Parameters
        ----------
        shapes : iterable of tuple of int
            (C, H, W) each; a shape with fewer numbers has a length only.

        Returns
        -------
        Scale

        Examples
        --------
        >>> Scale.of([(64, 56, 56), (1024, 7, 7)]).sides((512, 56, 28))
        (48.0, 30.0, 5.5)
        """
        shapes = [*shapes]
        maps = [shape for shape in shapes if len(shape) == 3] or [(1, 1, 1)]
        longest = max((shape[0] if len(shape) == 3 else max(shape, default=1) for shape in shapes), default=1)
        return cls(LONG / longest, HIGH / max(h for _, h, _ in maps), SLANT / max(w for _, _, w in maps))

    def sides(self, shape: tuple[int, ...]) -> tuple[float, float, float]:
        """Length, height and slant in units; a shape that is not (C, H, W) has a length only."""
        if len(shape) != 3:
            return min(LONG, max(shape, default=1) * self.channel), 0, 0
        return min(LONG, shape[0] * self.channel), shape[1] * self.row, shape[2] * self.column

    def width(self, shape: tuple[int, ...]) -> float:
        """How wide the whole box is, its slant included, in units."""
        length, _, slant = self.sides(shape)
        return length + slant

    def box(self, shape: tuple[int, ...], x: float, y: float) -> str:
        """The box of a shape: its left edge is at x, its middle at height y."""
        c, h, s = self.sides(shape)
        if not h:
            return line(x, y, x + max(c, 2), y, "hi")
        y += (h + s) / 2  # now the lower edge of the front
        front = ("M", x, y, "v", -h, "h", c, "v", h, "Z")
        face = ("M", x + c, y, "v", -h, "l", s, -s, "v", h, "Z")
        edges = (*front, "M", x, y - h, "l", s, -s, "h", c, "l", -s, s, "M", x + c + s, y - h - s, "v", h, "l", -s, s)
        return path(front, "tensor") + path(face, "bar") + path(edges, "edge fine")
