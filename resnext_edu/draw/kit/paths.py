"""C paths side by side, one of them to follow. Separate paths have gaps between them; what is one has no gaps."""
from collections.abc import Iterable
from dataclasses import dataclass

from resnext_edu.draw.kit.svg import line, path, rect


@dataclass(frozen=True)
class Paths:
    """Where the paths of one drawing stand.

    Parameters
    ----------
    x, span : float
        Where the first path starts, and how wide all of them are together, in units.
    count : int
        How many paths there are.
    follow : int
        The path in full colour, 0 … count − 1; the others are pale.
    """

    x: float
    span: float
    count: int
    follow: int

    @property
    def centre(self) -> float:
        """The middle of all paths together."""
        return self.x + self.span / 2

    @property
    def right(self) -> float:
        """Where the last path ends."""
        return self.x + self.span

    @property
    def gap(self) -> float:
        """The space between two neighbours."""
        return min(2.2, self.span / self.count / 3)

    @property
    def thin(self) -> float:
        """The width of the pale paths' lines. They are thinner if there are many paths."""
        return min(1.0, self.span / self.count / 2.5)

    def at(self, j: int) -> float:
        """The middle of path j; it is the same in every form, so that the eye can follow it."""
        return self.x + (j + .5) * self.span / self.count

    def slices(self, paths: Iterable[int], y: float, height: float, cls: str) -> str:
        """A piece for each of these paths, with a gap between neighbours; all of them are one SVG element."""
        width = self.span / self.count - self.gap
        return path([step for j in paths for step in
                     ("M", self.at(j) - width / 2, y, "h", width, "v", height, "h", -width, "z")], cls)

    def whole(self, y: float, height: float, cls: str) -> str:
        """One piece over all paths, without gaps."""
        return rect(self.x + self.gap / 2, y, self.span - self.gap, height, cls)

    def layer(self, y: float, height: float, cut: bool, cls: str) -> str:
        """A convolution: C small ones if `cut`, else one. The followed path's part is in full colour, the rest pale."""
        others = [j for j in range(self.count) if j != self.follow]
        rest = self.slices(others, y, height, f"{cls} pale") if cut else self.whole(y, height, f"{cls} pale")
        return rest + self.slices([self.follow], y, height, cls)

    def bar(self, y: float, cut: bool) -> str:
        """BatchNorm and ReLU: a thin bar across what they act on, in C pieces if `cut`."""
        return self.slices(range(self.count), y, 3, "ink") if cut else self.whole(y, 3, "ink")

    def flow(self, top: float, bottom: float, cut: bool) -> str:
        """C thin tensors if `cut`, else one tensor; the followed path is a heavy line."""
        thin = [step for j in range(self.count) for step in ("M", self.at(j), top, "V", bottom)]
        others = path(thin, "wire", stroke_width=self.thin) if cut else self.whole(top, bottom - top, "tensor")
        return others + line(self.at(self.follow), top, self.at(self.follow), bottom, "hi")

    def fan(self, tip: float, y: float, cut: bool, heavy: bool = True) -> str:
        """From one tensor, a point at height `tip`, to all paths at height y; that to follow is a line, if `heavy`."""
        thin = [step for j in range(self.count) for step in ("M", self.centre, tip, "L", self.at(j), y)]
        one = ("M", self.centre, tip, "L", self.x + self.gap / 2, y, "h", self.span - self.gap, "Z")
        others = path(thin, "wire", stroke_width=self.thin) if cut else path(one, "tensor")
        return others + (line(self.centre, tip, self.at(self.follow), y, "hi") if heavy else "")
