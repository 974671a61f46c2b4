"""What the tests of pictures read from an SVG."""
import re
from functools import cache, lru_cache
from xml.etree import ElementTree

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from resnext_edu.draw.kit.picture import Picture

SVG = "{http://www.w3.org/2000/svg}"
WIDTH = 820  # of every picture
SIZES = {"h": 20, "big": 17, "mono": 13}  # class → units; all other text has 14


def elements(picture: Picture, name: str) -> list[ElementTree.Element]:
    return list(read(picture.svg).iter(SVG + name))


@lru_cache(1)
def read(svg: str) -> ElementTree.Element:
    """The same elements for the same picture."""
    return ElementTree.fromstring(svg)


def labels(picture: Picture) -> list[str]:
    """Every line of text, from first to last."""
    return ["".join(element.itertext()) for element in elements(picture, "text")]


def below(picture: Picture, words: str) -> float:
    """Where the column with this heading begins."""
    (x,) = {float(element.get("x")) for element in elements(picture, "text") if "".join(element.itertext()) == words}
    return x


def pieces(picture: Picture, cls: str) -> list[int]:
    """How many separate pieces each path of this class consists of."""
    return [element.get("d").count("M") for element in elements(picture, "path") if element.get("class") == cls]


@cache
def font(family: str, weight: str) -> FT2Font:
    """A font that comes with matplotlib, at 1000 units an em."""
    face = FT2Font(findfont(FontProperties(family=family, weight=weight), fallback_to_default=False))
    face.set_size(1000, 72)
    return face


@cache
def true_width(words: str, cls: str = "") -> float:
    """How wide words of these classes are in DejaVu, the widest of the fonts that may show them."""
    names = cls.split()
    size = next((SIZES[name] for name in names if name in SIZES), 14)
    bold = "bold" if {"b", "big", "h"} & {*names} else "normal"
    face = font("DejaVu Sans Mono" if "mono" in names else "DejaVu Sans", bold)
    return sum(face.load_char(ord(letter)).linearHoriAdvance / 65536 for letter in words) / 1000 * size


def width_of(element: ElementTree.Element, cls: str = "") -> float:
    """A line of text with all its parts; a part looks like the line around it, and like its own class."""
    cls = f"{cls} {element.get('class', '')}"
    parts = sum(width_of(part, cls) + true_width(part.tail or "", cls) for part in element)
    return true_width(element.text or "", cls) + parts


def places(picture: Picture) -> list[tuple[str, float, float, float]]:
    """Each line of text, where it starts and ends in the widest font, and its height."""
    found = []
    moved = {text: float(re.fullmatch(r"translate\(0 (.*)\)", group.get("transform"))[1])
             for group in elements(picture, "g") for text in group.iter(SVG + "text")}
    for element in elements(picture, "text"):
        x, y, words, wide = float(element.get("x")), float(element.get("y")), "".join(element.itertext()), width_of(element)
        y += moved.get(element, 0)
        left = {"end": x - wide, "middle": x - wide / 2}.get(element.get("text-anchor"), x)
        found.append((words, left, left + wide, y))
    return found


def outside(picture: Picture) -> list[str]:
    """The lines of text that do not fit into the picture."""
    height = float(ElementTree.fromstring(picture.svg).get("viewBox").split()[3])
    return [words for words, left, right, y in places(picture) if left < 0 or right > WIDTH or not 0 < y < height - 4]


def colliding(picture: Picture) -> list[tuple[str, str]]:
    """Lines of text that may run into each other."""
    lines = places(picture)
    return [(a[0], b[0]) for k, a in enumerate(lines) for b in lines[k + 1:]
            if abs(a[3] - b[3]) < 12 and a[1] < b[2] and b[1] < a[2]]


def is_accessible(picture: Picture) -> bool:
    """Valid XML, named and described by the picture's own words, and fit to stand twice on a page."""
    root = ElementTree.fromstring(picture.svg)
    title, words = picture.text.split("\n", 1)
    named = root.get("role") == "img" and root.get("aria-label") == root.find(f"{SVG}title").text == title
    ids = any(element.get("id") for element in root.iter()) or "url(" in picture.svg
    return named and root.find(f"{SVG}desc").text == words and not ids
