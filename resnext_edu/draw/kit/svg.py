"""The visual language: the colours, the style sheet and the few shapes that every picture is made of.

These rules hold in all pictures. A gap means separate, no gap means one. Colour belongs to the three
convolutions, everything else is ink. No meaning rests on colour alone.

The shapes return SVG. Numbers are units of the picture: x from the left, y from the top. `cls` is a class of
the style sheet.
"""
from collections.abc import Sequence
from functools import cache, lru_cache
from html import escape

Part = str | tuple[str, str]  # of a line of text: a string, or (string, class) where it looks different

WIDTH = 820  # units, of every picture: its 14-unit text is 10 px on a page of 600 px
LIGHT = {"bg": "#ffffff", "ink": "#212121", "soft": "#616161", "line": "#bdbdbd",
         "c1": "#00518f", "c2": "#c14600", "c3": "#00805c"}
DARK = {"bg": "#111111", "ink": "#e0e0e0", "soft": "#a0a0a0", "line": "#616161",
        "c1": "#64a8f5", "c2": "#ff9655", "c3": "#45dcae"}
PAPER = LIGHT | {"c1": "#595959", "c2": "#000000", "c3": "#767676"}  # in print: three greys that stay apart
HOSTS = {  # color-scheme → how JupyterLab, Colab, VS Code and others (furo, pydata, marimo) say it
    "light": ('[data-jp-theme-light="true"]', 'html[theme="light"]', ".vscode-light", ".vscode-high-contrast-light",
              '[data-theme="light"]'),
    "dark": ('[data-jp-theme-light="false"]', 'html[theme="dark"]', ".vscode-dark",
             ".vscode-high-contrast:not(.vscode-high-contrast-light)", '[data-theme="dark"]'),
    "light dark": ('[data-theme="auto"]',)}  # as the system has it
CONVS = ("c1", "c2", "c3")  # the first 1×1, the 3×3, the last 1×1
CONVOLUTIONS = (("conv1", "1×1", 22), ("conv2", "3×3", 34), ("conv3", "1×1", 22))  # name, kernel, height in a drawing


SANS = 'system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif'
MONO = "ui-monospace,Menlo,Consolas,monospace"
SHAPES = """
.rx{font-size:14px;font-variant-numeric:tabular-nums;font-family:var(--sans)}
.rx text{fill:var(--ink)} .rx .soft{fill:var(--soft)} .rx .b{font-weight:600}
.rx .halo{paint-order:stroke;stroke:var(--bg);stroke-width:5px}
.rx .h{font-size:20px;font-weight:600} .rx .big{font-size:17px;font-weight:600}
.rx .mono{font-size:13px;font-family:var(--mono)}
.rx .c1{fill:var(--c1)} .rx .c2{fill:var(--c2)} .rx .c3{fill:var(--c3)}
.rx .pale{opacity:.35} .rx .c2.pale{opacity:.55}
.rx .bg{fill:var(--bg)} .rx .ink,.rx .bar,.rx .tensor{fill:var(--ink)} .rx .bar{opacity:.5} .rx .tensor{opacity:.12}
.rx .hair,.rx .wire,.rx .edge,.rx .hi,.rx .pen{fill:none} .rx .wire{opacity:.6}
.rx .hair{stroke:var(--line)} .rx .wire{stroke:var(--soft)} .rx .open{fill:var(--bg)}
.rx .edge,.rx .open,.rx .hi,.rx .pen{stroke:var(--ink)} .rx .edge,.rx .open{stroke-width:1.5}
.rx .hi,.rx .heavy{stroke-width:2.75} .rx .fine{stroke-width:1} .rx .dot{stroke-dasharray:1.5 3}
""".replace("\n", " ")


# An element that is pale as a whole is a layer of its own. When one comes or goes, a browser lays all layers of the
# page on each other anew: a millisecond in JupyterLab. A fill or a line that is pale by itself looks the same.
PALE = {"{opacity:": "{fill-opacity:",
        ".wire{fill-opacity:.6}": ".wire:not([stroke-opacity]){stroke-opacity:.6} "
                                  ".rx .wire[stroke-opacity]{opacity:.6}"}


def css() -> str:
    """The style sheet for a page. Every rule is under a class of ours, because a `<style>` holds for the whole page.

    No colour is the host's, since some of them set half of theirs. The host only says which of ours it wants, by its
    `color-scheme` or by one of the selectors in `HOSTS`. If it says nothing, they are the light ones.
    """
    fonts = f"--sans:var(--jp-ui-font-family,{SANS});--mono:var(--jp-code-font-family,{MONO});"
    ours = ":is(.rx,.rx-explorer,.rx-page)"
    schemes = "".join(f":is({','.join(words)}) {ours}{{color-scheme:{scheme}}}" for scheme, words in HOSTS.items())
    both = {name: f"light-dark({light},{DARK[name]})" for name, light in LIGHT.items()}
    shapes = SHAPES
    for whole, part in PALE.items():
        shapes = shapes.replace(whole, part)
    return (f"{ours}{{{_declared(LIGHT)}{fonts}}}"  # all that a browser from before 2024 gets
            f"@supports(color:light-dark(red,red)){{{ours}{{{_declared(both)}}}}}{schemes}"
            f"@media print{{{ours}{{color-scheme:light!important;{_declared(PAPER)}}}}}"
            f".rx{{display:block;width:100%;height:auto;max-width:1400px;margin:auto}}{shapes}")


def css_of_document() -> str:
    """The style sheet of a picture that is a document, for a file or an `<img>`: it has to do without a page around it.

    The light colours stand in the rules themselves, since not every program that draws SVG knows variables.
    """
    coloured = "".join(f"{rule}}}" for rule in SHAPES.split("}") if any(f"var(--{name})" in rule for name in DARK))
    fonts = {"sans": SANS, "mono": MONO}
    return f"{_filled(SHAPES, LIGHT | fonts)}@media (prefers-color-scheme:dark){{{_filled(coloured, DARK)}}}"


def _declared(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())


def _filled(sheet: str, values: dict[str, str]) -> str:
    """The sheet with values in place of its variables."""
    for name, value in values.items():
        sheet = sheet.replace(f"var(--{name})", value)
    return sheet


def tag(name: str, *inside: str, **attributes: object) -> str:
    """An SVG element; `cls` stands for class, `_` for a hyphen, and an attribute without a value is left out.

    Parameters
    ----------
    name : str
        Such as "rect".
    *inside : str
        The elements inside of it, as SVG.
    **attributes : object
        Its attributes; floats get two decimals at most, and x and y are written even if they are 0.

    Returns
    -------
    str

    Examples
    --------
    >>> tag("rect", x=1.5, y=2, cls="bg", rx=0)
    '<rect x="1.5" y="2" class="bg"/>'
    """
    head = name
    for key, value in attributes.items():
        if value or key in {"x", "y"}:
            shown = _escaped(value) if isinstance(value, str) else number(value)
            head += f' {_attribute(key)}="{shown}"'
    return f"<{head}>{''.join(inside)}</{name}>" if inside else f"<{head}/>"


@lru_cache(2**15, typed=True)
def number(value: object) -> str:
    """A value as SVG has it: two decimals at most, enough for a tenth of a pixel and the same on every machine."""
    if not isinstance(value, float):
        return str(value)
    return f"{value or 0:.2f}".rstrip("0").rstrip(".")  # 0 and −0 are one key of the cache


@cache
def _attribute(key: str) -> str:
    """An attribute's name in SVG."""
    return "class" if key == "cls" else key.replace("_", "-")


_escaped = lru_cache(2**12)(escape)  # classes, and words that stand in many pictures


@lru_cache(2**13)
def text(x: float, y: float, *parts: Part, cls: str = "", anchor: str = "") -> str:
    """A line of text, escaped, that starts at x with its baseline at y."""
    spans = [_escaped(part) if isinstance(part, str) else tag("tspan", _escaped(part[0]), cls=part[1])
             for part in parts]
    return tag("text", *spans, x=x, y=y, cls=cls, text_anchor=anchor)


def mid(x: float, y: float, *parts: Part, cls: str = "") -> str:
    """A line of text centred on x."""
    return text(x, y, *parts, cls=cls, anchor="middle")


def end(x: float, y: float, *parts: Part, cls: str = "") -> str:
    """A line of text that ends at x."""
    return text(x, y, *parts, cls=cls, anchor="end")


def room(words: str) -> float:
    """How wide bold 14-unit text can get, in units: in DejaVu Sans, the widest of the fonts that may show it."""
    ems = {" ": .35, "×": .84, "→": .84, "·": .38} | dict.fromkeys("0123456789", .7)
    return 14 * sum(ems.get(letter, .66) for letter in words)


def shorten(words: str, space: float) -> str:
    """The words, or as much of their end as fits into so many units: names differ at their end."""
    while room(words) > space and len(words) > 2:
        words = "…" + words.lstrip("…")[1:]
    return words


@lru_cache(2**13)
def rect(x: float, y: float, width: float, height: float, cls: str, rx: float = 0) -> str:
    """A rectangle with its top left corner at (x, y); rx rounds its corners."""
    return tag("rect", x=x, y=y, width=width, height=height, cls=cls, rx=rx)


def path(steps: Sequence[str | float], cls: str, **attributes: object) -> str:
    """A line or an area; `steps` are the letters and numbers of an SVG path: "M", 0, 0, "h", 9."""
    return tag("path", d=strokes(*steps), cls=cls, **attributes)


def strokes(*values: str | float) -> str:
    """Several steps of a path as one, for what is drawn again and again."""
    return " ".join(map(number, values))


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    """A straight line from (x1, y1) to (x2, y2)."""
    return path(("M", x1, y1, "L", x2, y2), cls)


def arrow(x: float, y: float, angle: int = 0, size: int = 6) -> str:
    """The head of an arrow with its tip at (x, y), `size` long; an angle of 0 points right, 90 down."""
    return tag("path", d=f"M0 0 L{-size} {number(-size * .6)} L{-size} {number(size * .6)} Z", cls="ink",
               transform=f"translate({number(x)} {number(y)}) rotate({angle})")


def pill(x: float, y: float, width: float, label: str) -> str:
    """A tensor: its shape in a rounded frame, 26 high from y down and centred on x."""
    return rect(x - width / 2, y, width, 26, "open", 13) + mid(x, y + 18, label, cls="b")


def node(x: float, y: float, sign: str) -> str:
    """A circle centred on (x, y) where tensors are added: + for two of them, Σ for all paths."""
    cross = path(("M", x - 5, y, "h", 10, "M", x, y - 5, "v", 10), "edge")
    return tag("circle", cx=x, cy=y, r=10, cls="open") + (cross if sign == "+" else mid(x, y + 5, sign, cls="b"))


def kernel(x: float, y: float, size: int, cls: str) -> str:
    """The glyph of a convolution, centred on (x, y): size×size cells, one for a 1×1 and nine for a 3×3."""
    cells = ((x + 6 * i - 3 * size, y + 6 * j - 3 * size) for i in range(size) for j in range(size))
    return "".join(rect(left, top, 5, 5, cls) for left, top in cells)
