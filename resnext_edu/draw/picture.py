"""What a picture is: a drawing, and words that say the same."""
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from io import BytesIO


@dataclass(frozen=True, repr=False)
class Picture:
    """An SVG and its text alternative.

    In JupyterLab it is shown inline, so that it follows the theme. Until a notebook is trusted, Lab
    strips the SVG's elements and would leave its labels as a heap of words; then the text alternative
    is shown instead.

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
        # trusted: the style sheet shows the first part and hides the second; sanitised: it is gone
        show = "<style>.rx-picture{display:block!important}.rx-words{display:none}</style>"
        words = escape(f"{self.text}\nRun the cell to see the picture.").replace("\n", "<br>")
        return f'<div class="rx-picture" style="display:none">{show}{self.svg}</div><p class="rx-words">{words}</p>'


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
