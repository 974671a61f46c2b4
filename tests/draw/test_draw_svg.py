"""The visual language: colours that can be told apart, and markup that stays markup."""
import re
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from resnext_edu.draw.kit.picture import Picture
from resnext_edu.draw.kit.svg import CONVS, DARK, LIGHT, PAPER, css, css_of_document, room, shorten, tag, text
from resnext_edu.widgets.page import PAGE, source
from tests.draw.reading import SVG, true_width, width_of

FIGURES = Path(__file__).parents[2] / "figures"
EVIL = '<script>"&\'</script>'
TEXT = ("ink", "soft", *CONVS)


def channels(colour):
    """Linear light, 0 … 1."""
    values = (int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5))
    return [v / 12.92 if v <= .04045 else ((v + .055) / 1.055) ** 2.4 for v in values]


def contrast(a, b):
    """WCAG 2's ratio, 1 … 21."""
    dark, light = sorted(sum(w * v for w, v in zip((.2126, .7152, .0722), channels(c), strict=True)) for c in (a, b))
    return (light + .05) / (dark + .05)


def test_the_ratio_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=.01)


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("theme", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
def test_every_colour_of_text_can_be_read(theme, name):
    assert contrast(theme[name], theme["bg"]) >= 4.5


def test_on_paper_the_three_convolutions_are_greys_that_stay_apart():
    assert all(len({PAPER[name][k:k + 2] for k in (1, 3, 5)}) == 1 for name in CONVS)
    for a, b in combinations(CONVS, 2):
        assert contrast(PAPER[a], PAPER[b]) > 1.5


DEFICIENCIES = {  # Machado, Oliveira and Fernandes 2009, severity 1: what is seen of linear RGB
    "protan": ((.152286, 1.052583, -.204868), (.114503, .786281, .099216), (-.003882, -.048116, 1.051998)),
    "deutan": ((.367322, .860646, -.227968), (.280085, .672501, .047413), (-.011820, .042940, .968881)),
    "tritan": ((1.255528, -.076749, -.178779), (-.078411, .930809, .147602), (.004733, .691367, .303900)),
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}


def lab(rgb):
    """CIELAB of linear RGB."""
    xyz = [sum(m * min(max(v, 0), 1) for m, v in zip(row, rgb, strict=True)) for row in (
        (.4124 / .9505, .3576 / .9505, .1805 / .9505), (.2126, .7152, .0722),
        (.0193 / 1.089, .1192 / 1.089, .9505 / 1.089))]
    x, y, z = (v ** (1 / 3) if v > .008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("eyes", DEFICIENCIES)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_three_convolutions_differ_for_all_eyes(theme, eyes):
    def seen(colour):
        rgb = channels(theme[colour])
        return lab([sum(m * v for m, v in zip(row, rgb, strict=True)) for row in DEFICIENCIES[eyes]])

    for a, b in combinations(CONVS, 2):
        assert sum((u - v) ** 2 for u, v in zip(seen(a), seen(b), strict=True)) ** .5 >= 18


def test_the_style_sheet_touches_nothing_outside_the_pictures():
    rules = re.sub(r"@(media|supports)[^{]*{", "", css()).replace("}}", "}")
    selectors = [rule.split("{")[0].strip() for rule in rules.split("}")]
    for _ in range(2):  # of a bracket, whether ours are named in it
        selectors = [re.sub(r"\([^()]*\)", lambda bracket: ".rx" * (".rx" in bracket[0]), one) for one in selectors]
    assert len(selectors) > 20
    assert all(".rx" in one for each in selectors if each for one in each.split(","))


def test_no_colour_is_the_hosts():
    """Some hosts set half of theirs; only fonts may come from them."""
    assert {*re.findall(r"--jp-[a-z0-9-]+", css() + source("explorer.css") + PAGE)} == {
        "--jp-ui-font-family", "--jp-code-font-family"}


def test_the_style_sheet_of_a_document_stands_alone():
    assert "var(" not in css_of_document()
    assert "--" not in css_of_document()


def test_every_picture_is_820_units_wide():
    root = ElementTree.fromstring(Picture("", (), "", (), 10).svg)
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("820", "10", "0 0 820 10")


def test_whatever_is_written_is_escaped():
    picture = Picture(EVIL, (EVIL,), EVIL, (text(1, 2, EVIL, (EVIL, "soft")), tag("g", cls=EVIL)), 10)
    root = ElementTree.fromstring(picture.svg)
    assert "<script" not in picture.svg + picture.inline
    assert root.get("aria-label") == EVIL
    assert [root[0].text, root[1].text] == [EVIL, EVIL]
    assert ElementTree.fromstring(picture.inline).get("aria-label").split() == [*EVIL.split(), *EVIL.split()]


def test_a_picture_is_composed_of_its_parts():
    """Title, how to read it, then the body; the two ways to show it differ in what is told about it, and in that alone."""
    picture = Picture("A title", ("first line", "second line"), "words", (text(1, 100, "the body"),), 120.5)
    root = ElementTree.fromstring(picture.svg)
    lines = [(e.text, e.get("y"), e.get("class")) for e in root.iter() if e.tag.endswith("text")]
    assert lines == [("A title", "32", "h"), ("first line", "57", "soft"), ("second line", "77", "soft"),
                     ("the body", "100", None)]
    assert root.get("viewBox") == "0 0 820 120.5"
    assert (picture.size, picture.text) == ((820, 120.5), "A title\nwords")
    about = [element for element in root if element.tag.split("}")[1] in ("title", "desc", "style")]
    assert [element.text for element in about] == ["A title", "words", css_of_document()]
    for element in about:
        root.remove(element)
    root.set("aria-label", "A title words")  # a line break in an attribute is read as a space
    inline = ElementTree.fromstring(picture.inline)
    assert [(e.tag, e.attrib, e.text) for e in inline.iter()] == [(e.tag, e.attrib, e.text) for e in root.iter()]


def test_a_heading_stands_in_the_picture_in_place_of_a_title_that_would_not_fit():
    picture = Picture("A long title", (), "words", (), 80, heading="Short")
    root = ElementTree.fromstring(picture.svg)
    assert [e.text for e in root.iter() if e.tag.endswith("text")] == ["Short"]
    assert root.get("aria-label") == "A long title"
    assert picture.text.startswith("A long title\n")


class Attributes(HTMLParser):
    """The attributes of the one element of a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.seen = []
        self.feed(html)
        (self.tag, self.values), = self.seen

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_a_notebook_shows_an_image_that_an_untrusted_one_lets_pass():
    """Lab's sanitiser keeps an <img> with alt, style and data; it would strip inline SVG to a heap of words."""
    picture = Picture("A title", ("100 % × #1",), EVIL, (), 10)
    image = Attributes(picture._repr_html_())
    assert image.tag == "img"
    assert set(image.values) == {"style", "alt", "src"}
    assert image.values["alt"] == picture.text
    assert unquote(image.values["src"].removeprefix("data:image/svg+xml,")) == picture.svg.strip()
    assert not set('#"<>') & set(image.values["src"])
    assert repr(picture) == "Picture: A title (Run the cell in JupyterLab to see it; .text describes it.)"


def test_the_image_follows_the_theme_around_it():
    light, dark = css_of_document().split("@media (prefers-color-scheme:dark)")
    for name in LIGHT:
        assert light.count(LIGHT[name]) >= dark.count(DARK[name]) > 0
    assert light.count("#") == dark.count("#")


MEASURED = ("32 × 4×56×56", "256×56×56", "2048×7×7", "path 31", "paths.31.conv2", "layer4 conv5 × 3", "17,664 parameters",
            "layer2.1 … layer2.3, × 3", "shortcut: 1×1, stride 2, to 512×28×28, 131,072 weights", "Under an arrow: its weights.",
            "Most parameters: layer4. Most MACs: layer3. Most memory: layer1.")


@pytest.mark.parametrize("words", MEASURED)
def test_words_get_as_much_room_as_they_take_in_the_widest_font(words):
    assert true_width(words, "b") <= room(words) < 1.35 * true_width(words, "b")


@pytest.mark.parametrize("file", sorted(FIGURES.glob("*.svg")), ids=lambda file: file.stem)
def test_no_line_of_a_picture_takes_much_more_room_than_it_is_given(file):
    """Letters get the room of an average one, so a few with many wide letters take some more: at most a tenth."""
    for element in ElementTree.parse(file).iter(f"{SVG}text"):
        words, names = "".join(element.itertext()), (element.get("class") or "").split()
        if len(words) > 8 and not {"h", "big", "mono"} & {*names}:
            assert width_of(element) < 1.11 * room(words), words


@pytest.mark.parametrize("space", [60, 90, 140, 300])
def test_a_name_that_is_cut_keeps_its_end_and_fits(space):
    name = "features.block.0.conv2"
    cut = shorten(name, space)
    assert true_width(cut, "b") < 1.11 * space
    assert name.endswith(cut.removeprefix("…"))
    assert (cut == name) == (space == 300)
    assert len(cut) > space / 14
