"""A matplotlib figure in the visual language of the SVGs: their units, colours and shapes, on white."""
from math import inf, nextafter
from typing import Any

from resnext_edu.draw.kit.svg import LIGHT, WIDTH

LineStyle = str | tuple[float, tuple[float, ...]]  # matplotlib's: "-", or (offset, (dash, gap))


class Page:
    """A white matplotlib figure in the units of the SVGs: x to the right, y down, text sizes in units.

    Parameters
    ----------
    height : float
        In units; every page is 820 wide.
    title : str
        What there is to see.
    *how : str
        How to read it: lines below the title, as in a `Picture`.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        At 100 units an inch.
    axes : matplotlib.axes.Axes
        They cover the whole figure, for shapes that the methods do not draw.
    """

    def __init__(self, height: float, title: str, *how: str) -> None:
        from matplotlib.axes import Axes  # here, because it takes a third of a second
        from matplotlib.figure import Figure

        # 8.2 inches of 100 are 819.9999999999999, which matplotlib 3.9 cuts to 819 pixels: so the next float
        width, tall = nextafter(WIDTH / 100, inf), nextafter(height / 100, inf)
        self.figure: Figure = Figure(figsize=(width, tall), dpi=100, facecolor="white")
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
        self.axes.set_axis_off()
        self.text(16, 32, title, size=20, weight="bold")
        for k, line in enumerate(how):
            self.text(16, 57 + 20 * k, line, LIGHT["soft"])

    def text(self, x: float, y: float, words: str, colour: str = LIGHT["ink"], size: float = 14, **style: Any) -> None:
        """Words that start at x, with their baseline at y; `style` goes to matplotlib as it is."""
        words = words.replace("$", r"\$")  # a $ would start a formula
        look: dict[str, Any] = {"color": colour, "fontsize": size * .72, "family": "DejaVu Sans"}
        self.axes.text(x, y, words, **look | style)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = LIGHT["ink"], width: float = 1.5) -> None:
        """A straight line from (x1, y1) to (x2, y2)."""
        self.axes.plot((x1, x2), (y1, y2), color=colour, linewidth=width * .72, solid_capstyle="butt")

    def box(self, x: float, y: float, width: float, height: float, style: LineStyle = "-", face: str = "none",
            rounding: float = 5) -> None:
        """A frame with round corners, (x, y) at its top left; `face` is the colour inside."""
        from matplotlib.patches import FancyBboxPatch

        self.axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={rounding}",
                                           linewidth=1.1, linestyle=style, edgecolor=LIGHT["ink"], facecolor=face))

    def mark(self, x: float, y: float, sign: str) -> None:
        """A dot ("o") or a cross ("x") centred on (x, y)."""
        self.axes.plot(x, y, sign, color=LIGHT["ink"], markersize=9, markeredgewidth=2.2 if sign == "x" else 0)
