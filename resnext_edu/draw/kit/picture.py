"""What a picture is: a drawing, and words that say the same."""
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from io import BytesIO
from urllib.parse import quote


@dataclass(frozen=True, repr=False)
class Picture:
    """An SVG and its text alternative.

    In a notebook it is shown as an `<img>` that carries the SVG. Inline SVG would be stripped to a heap of
    words until the notebook is trusted; an image passes, and follows the theme all the same: the SVG's
    `prefers-color-scheme` is that of the element around it (CSS Color Adjustment), which JupyterLab sets.

    Parameters
    ----------
    svg : str
        The drawing, a whole document.
    text : str
        What it says; the first line is its title.
    """

    svg: str
    text: str

    def __repr__(self) -> str:
        return f"Picture: {self.text.splitlines()[0]} (Run the cell in JupyterLab to see it; .text describes it.)"

    def _repr_html_(self) -> str:
        address = "data:image/svg+xml," + quote(self.svg.strip(), safe=" !'()*+,-./:;=@_{}")
        return (f'<img style="width:100%;max-width:1000px;height:auto" alt="{escape(self.text)}" '
                f'src="{escape(address)}">')


@dataclass(frozen=True, repr=False)
class Chart:
    """A matplotlib figure and its text alternative; it shows itself as PNG, whatever backend a notebook uses.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn at 100 units an inch.
    text : str
        What it says; the first line is its title.
    """

    figure: object
    text: str

    def __repr__(self) -> str:
        return f"Chart: {self.text.splitlines()[0]} (Run the cell in JupyterLab to see it; .text describes it.)"

    def png(self) -> bytes:
        """At twice the resolution, for screens with small pixels."""
        buffer = BytesIO()
        self.figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        width, height = (round(100 * inches) for inches in self.figure.get_size_inches())
        return ({"image/png": b64encode(self.png()).decode(), "text/plain": repr(self)},
                {"image/png": {"width": width, "height": height, "alt": self.text}})
