"""Widths along a budget, and the paper's errors below them, over one axis of cardinality."""
from functools import cache
from math import log2, sqrt
from typing import NamedTuple

from resnext_edu.config import BlockSpec, ResNeXtConfig
from resnext_edu.cost import conv_weights, matched_width
from resnext_edu.draw.kit.marks import DASHED, joined, point
from resnext_edu.draw.kit.svg import line, mid, room, text

STOPS = (1, 2, 4, 8, 16, 32, 64)  # the cardinalities on the axis
REFERENCE = ResNeXtConfig.preset("resnet50")  # 1×64d
BUDGET = sum(conv_weights(BlockSpec(256, 256, 1, 64)).values())  # weights of a block of the first stage
DEPTH_50 = {(1, 64): 23.9, (2, 40): 23.0, (4, 24): 22.6, (8, 14): 22.3, (32, 4): 22.2}  # (C, d) → top-1 %, Table 3
DEPTH_101 = {(1, 64): 22.0, (2, 40): 21.7, (4, 24): 21.4, (8, 14): 21.3, (32, 4): 21.2}  # Table 3
TWICE = {(1, 100): 21.3, (2, 64): 20.7, (64, 4): 20.4}  # Table 4: depth 101, twice the budget
ALONG = tuple((C, matched_width(REFERENCE, C)) for C in STOPS)
TOP, OCTAVE = 116, 19  # y of d = 128, and how far below it 64 stands
HIGH, PERCENT = 319, 26  # y of 23.9 %, and how far below it 22.9 % stands
AXIS = HIGH + 3.5 * PERCENT + 30


class Label(NamedTuple):
    """Words centred on x; the chosen label hides others that it would run into."""

    x: float
    y: float
    words: str
    cls: str = "soft"

    def hides(self, other: "Label") -> bool:
        """Whether the two labels would touch."""
        return abs(self.y - other.y) < 15 and abs(self.x - other.x) < (room(self.words) + room(other.words)) / 2

    def draw(self) -> str:
        """The label as SVG."""
        return mid(self.x, self.y, self.words, cls=f"{self.cls} halo".strip())


def budget_plot(cardinality: int, width: int) -> str:
    """The two plots, with one configuration marked in both.

    Parameters
    ----------
    cardinality, width : int
        *C* and *d* of the configuration.

    Returns
    -------
    str
        SVG.

    References
    ----------
    Tables 3 and 4 of the paper, for the errors.
    """
    x = across(cardinality)
    out = [line(x, TOP - 12, x, AXIS, "edge dot"), widths(cardinality, width), errors(cardinality, width),
           line(378, AXIS, 790, AXIS, "hair"), text(340, AXIS + 19, "C", cls="b")]
    out += [mid(across(C), AXIS + 19, str(C), cls="soft" if cardinality != C else "b") for C in STOPS]
    return "".join(out)


def widths(cardinality: int, width: int) -> str:
    """The width d over C: the curve of the budget, that of twice the budget (dashed), and what the paper trained."""
    here = (cardinality, width)
    aside = {1: 4, 2: 26}  # C → how far a label moves to the right: away from the axis, and from its neighbour
    labels = [Label(across(C) + (4 if C == 1 else -6), up(d) + 18, f"{C}×{d}d", "" if (C, d) in DEPTH_50 else "soft")
              for C, d in ALONG]
    labels += [Label(across(C) + aside.get(C, 0), up(d) - 10, f"{C}×{d}d") for C, d in TWICE]
    labels += [Label(across(11), up(25) - 12, "twice the budget"), *(Label(350, up(d) + 5, str(d)) for d in (1, 8, 64))]
    under = 1 < width <= matched_width(REFERENCE, cardinality)
    left, down = (6, 24) if under else (0, -14)
    chosen = Label(across(cardinality) - left, up(width) + down, f"{cardinality}×{width}d", "b")
    mark = Label(across(cardinality), up(width) + 5, "mm")
    marks = [point(across(C), up(d), 8 if (C, d) == here else 4.5, (C, d) in DEPTH_50 or (C, d) in TWICE)
             for C, d in dict.fromkeys((*ALONG, *TWICE, here))]
    return "".join((
        text(340, 92, ("d, the width of a path", "b halo"), (", log scale (hollow: not in the paper)", "soft halo")),
        line(378, up(1), 790, up(1), "hair"), curve(BUDGET), curve(2 * BUDGET, DASHED),
        *(label.draw() for label in labels if not chosen.hides(label) and not mark.hides(label)),
        *marks, chosen.draw()))


def errors(cardinality: int, width: int) -> str:
    """The paper's errors over C: along the budget at two depths, and at twice the budget."""
    here, known = (cardinality, width), False
    lines: list[str] = []
    dots: list[str] = []
    for found, name, at, side, dashes in ((DEPTH_50, "depth 50", 16, -1, ""), (DEPTH_101, "depth 101", 16, -1, ""),
                                         (TWICE, "depth 101, twice the budget", 12, 1, DASHED)):
        known |= here in found
        lines += [joined([(across(C), below(error)) for (C, _), error in found.items()], dashes)]
        label = below([*found.values()][-1 if side < 0 else 1]) + (-10 if side < 0 else 24)
        lines += [mid(across(at), label, name, cls="soft halo")]
        for (C, d), error in found.items():
            lines += [mid(across(C), below(error) + (-10 if side < 0 else 21), f"{error:.1f}",
                          cls=("b " if (C, d) == here else "") + "halo")]
            dots += [point(across(C), below(error), 6 if (C, d) == here else 4)]
    title = "" if known else f"; {cardinality}×{width}d is not in the paper"
    heading = text(340, HIGH - 38, ("top-1 error on ImageNet, %", "b halo"), (title, "soft halo"))
    return heading + "".join((*lines, *dots))


@cache
def curve(weights: float, dashes: str = "") -> str:
    """The curve of a budget: the d, not rounded, at which C·(256·d + 9·d² + d·256) is so many weights."""
    cardinalities = [2 ** (k / 4) for k in range(25)]
    return joined([(across(C), up((sqrt(256**2 + 9 * weights / C) - 256) / 9)) for C in cardinalities], dashes)


def across(cardinality: float) -> float:
    """Where a cardinality stands on the axis: 60 units for each doubling."""
    return 392 + 60 * log2(cardinality)


def up(width: float) -> float:
    """How high a width stands in the upper plot: `OCTAVE` units for each doubling."""
    return TOP + OCTAVE * (7 - log2(width))


def below(error: float) -> float:
    """How high an error in percent stands in the lower plot."""
    return HIGH + PERCENT * (23.9 - error)
