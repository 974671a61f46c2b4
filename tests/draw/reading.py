"""What the tests of pictures read from an SVG."""
from xml.etree import ElementTree

from resnext_edu.draw.picture import Picture
from resnext_edu.draw.svg import WIDTH, room

SVG = "{http://www.w3.org/2000/svg}"


def elements(picture: Picture, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(picture.svg).iter(SVG + name))


def labels(picture: Picture) -> list[str]:
    """Every line of text, from first to last."""
    return ["".join(element.itertext()) for element in elements(picture, "text")]


def pieces(picture: Picture, cls: str) -> list[int]:
    """How many separate pieces each path of this class consists of."""
    return [element.get("d").count("M") for element in elements(picture, "path") if element.get("class") == cls]


def places(picture: Picture) -> list[tuple[str, float, float, float]]:
    """Each line of text below the heading, where it starts and may end in a wide font, and its height."""
    found = []
    for element in elements(picture, "text"):
        x, y, words = float(element.get("x")), float(element.get("y")), "".join(element.itertext())
        if y < 60:  # the heading: looked at, not measured
            continue
        bold = element.get("class", "").split()[:1] in (["b"], ["big"])
        wide = 7.83 * len(words) if "mono" in element.get("class", "") else room(words) * (1 if bold else .9)
        left = {"end": x - wide, "middle": x - wide / 2}.get(element.get("text-anchor"), x)
        found.append((words, left, left + wide, y))
    return found


def outside(picture: Picture) -> list[str]:
    """The lines of text that don't fit into the picture."""
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
