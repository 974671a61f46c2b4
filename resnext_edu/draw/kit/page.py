"""A matplotlib figure that speaks the language of the SVGs: their units, colours and shapes, on white."""
from resnext_edu.draw.kit.svg import LIGHT, WIDTH


class Page:
    """A white matplotlib figure in the units of the SVGs: x to the right, y down, text sizes in units."""

    def __init__(self, height: float):
        from matplotlib.figure import Figure  # here, because it takes a third of a second

        self.figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=100, facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
        self.axes.set_axis_off()

    def text(self, x, y, words, colour=LIGHT["ink"], size=14, **style):
        words = words.replace("$", r"\$")  # a $ would start a formula
        self.axes.text(x, y, words, **{"color": colour, "fontsize": size * .72, "family": "DejaVu Sans"} | style)

    def line(self, x1, y1, x2, y2, colour=LIGHT["ink"], width=1.5):
        self.axes.plot((x1, x2), (y1, y2), color=colour, linewidth=width * .72, solid_capstyle="butt")

    def box(self, x, y, width, height, style="-", face="none", rounding=5):
        from matplotlib.patches import FancyBboxPatch

        self.axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={rounding}",
                                           linewidth=1.1, linestyle=style, edgecolor=LIGHT["ink"], facecolor=face))

    def mark(self, x, y, sign):
        self.axes.plot(x, y, sign, color=LIGHT["ink"], markersize=9, markeredgewidth=2.2 if sign == "x" else 0)
