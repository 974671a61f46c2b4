"""What a picture is: data until it is shown, and then a drawing beside words that say the same."""
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from resnext_edu.draw.kit.svg import WIDTH, css_of_document, number, rect, tag, text


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing and its text alternative.

    In a notebook it is shown as an `<img>` that carries the SVG. Inline SVG would be stripped to a heap of
    words until the notebook is trusted; an image passes, and follows the theme all the same: the SVG's
    `prefers-color-scheme` is that of the element around it (CSS Color Adjustment), which JupyterLab sets.

    Parameters
    ----------
    title : str
        What there is to see, in one sentence.
    how : tuple of str
        How to read it: a line or two below the title.
    words : str
        What it shows, for those who do not see it.
    body : tuple of str
        All elements below the heading, as SVG.
    height : float
        In units; every picture is 820 wide.
    heading : str, optional
        What the picture shows in place of its title, where the title would not fit.

    Examples
    --------
    >>> dot = '<circle cx="410" cy="120" r="6" class="ink"/>'
    >>> picture = Picture("A dot", ("It stands in the middle.",), "One dot.", (dot,), height=160)
    >>> picture.size
    (820, 160)
    >>> print(picture.text)
    A dot
    One dot.
    """

    title: str
    how: tuple[str, ...]
    words: str
    body: tuple[str, ...]
    height: float
    heading: str = ""

    @property
    def text(self) -> str:
        """The text alternative; its first line is the title."""
        return f"{self.title}\n{self.words}"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, in units."""
        return WIDTH, self.height

    @property
    def svg(self) -> str:
        """A whole SVG document, with title, text alternative and style sheet, for a file or an `<img>`."""
        about = (tag("title", escape(self.title)), tag("desc", escape(self.words)), tag("style", css_of_document()))
        return self._drawn(*about, name=self.title) + "\n"

    @property
    def inline(self) -> str:
        """The same for a page that has the style sheet already; its `aria-label` is the whole text alternative.

        It has no `<title>`, which would be a tooltip.
        """
        return self._drawn(name=self.text)

    def _drawn(self, *about: str, name: str) -> str:
        """The `<svg>` element. It has no ids, so that several pictures may stand on one page."""
        lines = (text(16, 57 + 20 * k, line, cls="soft") for k, line in enumerate(self.how))
        heading = text(16, 32, self.heading or self.title, cls="h")
        return tag("svg", *about, rect(0, 0, WIDTH, self.height, "bg"), heading, *lines, *self.body,
                   xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {number(self.height)}",
                   width=WIDTH, height=self.height, role="img", aria_label=name, cls="rx")

    def __repr__(self) -> str:
        return f"Picture: {self.title} (Run the cell in JupyterLab to see it; .text describes it.)"

    def _repr_html_(self) -> str:
        address = "data:image/svg+xml," + quote(self.svg.strip(), safe=" !'()*+,-./:;=@_{}")
        return (f'<img style="width:100%;max-width:1000px;height:auto" alt="{escape(self.text)}" '
                f'src="{escape(address)}">')
