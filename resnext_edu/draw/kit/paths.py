"""C paths side by side, one of them to follow. What is cut has gaps, what is whole has none."""
from collections.abc import Iterable
from typing import NamedTuple

from resnext_edu.draw.kit.svg import line, number, path, rect


class Paths(NamedTuple):
    """Where the paths stand: `count` of them from `x` over `span`; number `follow` is in full colour."""

    x: float
    span: float
    count: int
    follow: int

    @property
    def centre(self) -> float:
        return self.x + self.span / 2

    @property
    def right(self) -> float:
        return self.x + self.span

    @property
    def gap(self) -> float:
        return min(2.2, self.span / self.count / 3)

    @property
    def thin(self) -> str:
        """The width of the others' lines: thinner where more than some eighty would melt into one area."""
        return f"stroke-width:{number(min(1.0, self.span / self.count / 2.5))}"

    def at(self, j: int) -> float:
        """The middle of path j: the same in every form, so that the eye can follow it."""
        return self.x + (j + .5) * self.span / self.count

    def slices(self, paths: Iterable[int], y: float, height: float, cls: str) -> str:
        """A piece for each of these paths, with a gap between neighbours; one element, however many they are."""
        width = self.span / self.count - self.gap
        return path([step for j in paths for step in
                     ("M", self.at(j) - width / 2, y, "h", width, "v", height, "h", -width, "z")], cls)

    def whole(self, y: float, height: float, cls: str) -> str:
        return rect(self.x + self.gap / 2, y, self.span - self.gap, height, cls)

    def layer(self, y: float, height: float, cut: bool, cls: str) -> str:
        """A convolution: C small ones, or one; the followed path's part in full colour, the rest pale."""
        others = [j for j in range(self.count) if j != self.follow]
        rest = self.slices(others, y, height, f"{cls} pale") if cut else self.whole(y, height, f"{cls} pale")
        return rest + self.slices([self.follow], y, height, cls)

    def bar(self, y: float, cut: bool) -> str:
        """BatchNorm and ReLU: a thin bar across what they act on."""
        return self.slices(range(self.count), y, 3, "ink") if cut else self.whole(y, 3, "ink")

    def flow(self, top: float, bottom: float, cut: bool) -> str:
        """C thin tensors, or one tensor of which the followed path has some channels."""
        thin = [step for j in range(self.count) for step in ("M", self.at(j), top, "V", bottom)]
        others = path(thin, "wire", self.thin) if cut else self.whole(top, bottom - top, "tensor")
        return others + line(self.at(self.follow), top, self.at(self.follow), bottom, "hi")

    def fan(self, tip: float, y: float, cut: bool) -> str:
        """Between one tensor, at height `tip` of the centre, and all paths at height y."""
        thin = [step for j in range(self.count) for step in ("M", self.centre, tip, "L", self.at(j), y)]
        one = ("M", self.centre, tip, "L", self.x + self.gap / 2, y, "h", self.span - self.gap, "Z")
        others = path(thin, "wire", self.thin) if cut else path(one, "tensor")
        return others + line(self.centre, tip, self.at(self.follow), y, "hi")
