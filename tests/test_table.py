"""A table as text and as HTML: aligned, escaped, readable aloud, and without colour."""
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from resnext_edu.errors import ConfigError
from resnext_edu.findings import STATUSES, Status
from resnext_edu.table import Table

EVIL = '<script>alert("1")</script>&'
REPORT = Table(
    ("status", "finding", "outputs", "what was done"),
    [(Status(word), f"finding {k}", 1000**k, "a sentence that is much too long for one line of a terminal")
     for k, word in enumerate(STATUSES)],
    caption="One of each", row_header=1)


def parse(table):
    return ElementTree.fromstring(table.html().replace("<br>", "<br/>"))


def test_numbers_stand_right_and_have_separators():
    table = Table(("conv", "weights"), [("conv1", 32768), ("x", None)])
    assert table.text().splitlines() == ["conv   weights", "──────────────", "conv1   32,768", "x            –"]
    assert [cell.get("style").split(";")[0] for cell in parse(table).iter("td")] == ["text-align:right"] * 2


def test_a_column_stands_right_only_if_all_of_it_are_numbers():
    assert Table(("a", "b", "c"), [(1, 1, None), ("x", 2.5, 3)]).align == "lrr"


@pytest.mark.parametrize("width", [60, 80, 100])
def test_long_cells_wrap_and_nothing_is_lost(width):
    lines = REPORT.text(width).splitlines()
    assert max(map(len, lines)) <= width
    assert REPORT.text(width).split().count("terminal") == len(STATUSES)


def test_a_table_that_cannot_get_narrower_keeps_its_words_whole():
    assert "finding" in REPORT.text(10)
    assert "1,000,000,000,000" in REPORT.text(10)


def test_a_line_break_stays_one():
    table = Table(("a", "b"), [("one\ntwo", 7)])
    assert table.text().splitlines()[2:] == ["one  7", "two"]
    assert "one<br>two" in table.html()


@pytest.mark.parametrize("table", [
    Table((EVIL,), [(EVIL,)], caption=EVIL, footer=(EVIL,)),
    Table(("x",), [(type("Liar", (), {"__str__": lambda self: EVIL, "html": lambda self: EVIL})(),)]),
])
def test_everything_is_escaped(table):
    assert "<script" not in table.html()
    assert "&lt;script&gt;" in table.html()


def test_a_status_cannot_smuggle_markup_in():
    with pytest.raises(ConfigError) as error:
        Status("<b>PASS</b>")
    assert str(error.value) == ("unknown status '<b>PASS</b>'; did you mean 'PASS'? "
                                "Known: PASS, FAIL, SKIPPED, VACUOUS, ERROR")


def test_a_status_is_told_by_frame_glyph_and_word_and_not_by_colour_alone():
    cells = {word: Status(word).html() for word in STATUSES}
    for word, mark in STATUSES.items():
        assert str(Status(word)) == f"{mark.glyph} {word}"
        assert f"{mark.glyph} {word}</span>" in cells[word]
        assert f"border:{mark.width}px {mark.line};" in cells[word]
    assert len({mark.glyph for mark in STATUSES.values()}) == len(STATUSES)
    assert [word for word, html in cells.items() if "background" in html] == ["FAIL"]
    assert not any("#" in html for word, html in cells.items() if word != "FAIL")


def test_a_screen_reader_finds_headers_and_a_caption():
    root = parse(REPORT)
    assert root.find(".//caption").text == "One of each"
    assert [th.get("scope") for th in root.iter("th")] == ["col"] * 4 + ["row"] * len(STATUSES)
    assert [th.text for th in root.iterfind(".//tbody//th")] == [f"finding {k}" for k in range(len(STATUSES))]


def test_an_empty_cell_is_no_header():
    root = parse(Table(("", "weights"), [("conv1", 1), ("", 2)]))
    assert [(cell.tag, cell.text) for row in root.iter("tr") for cell in row] == [
        ("td", None), ("th", "weights"), ("th", "conv1"), ("td", "1"), ("td", None), ("td", "2")]


def test_the_html_leans_on_nothing_that_an_untrusted_notebook_loses():
    """Lab's sanitiser drops <style>, ids, aria-*, and declarations with var(); what stays must suffice."""
    seen = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.extend([(tag, name, value) for name, value in attrs] or [(tag, "", "")])

    Parser().feed(REPORT.html())
    assert {tag for tag, _, _ in seen} == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span"}
    assert {name for _, name, _ in seen} <= {"", "style", "scope"}
    for _, name, value in seen:
        if name == "style":
            assert "var(" not in value


def test_the_footer_stands_under_a_rule_of_its_own():
    lines = Table(("a", "b"), [("x", 1)], footer=("total", 1)).text().splitlines()
    assert [line.startswith("─") for line in lines] == [False, True, False, True, False]


@pytest.mark.parametrize("broken", [
    {"rows": [("a",)]}, {"rows": [], "footer": ("a", "b", "c")}])
def test_a_row_of_the_wrong_length_is_named(broken):
    with pytest.raises(ConfigError, match=r"a table of 2 columns got \d cells: .*; give one for each column"):
        Table(("x", "y"), **broken)


@pytest.mark.parametrize(("broken", "message"), [
    ({"headers": None}, "headers must be a list or a tuple; got None"),
    ({"headers": "ab"}, "headers must be a list or a tuple; got 'ab'"),
    ({"rows": 5}, "rows must be a list or a tuple; got 5"),
    ({"rows": [5]}, "each of rows must be a list or a tuple; got 5"),
    ({"footer": None}, "footer must be a list or a tuple; got None"),
    ({"align": "l"}, "align must be one letter, l or r, for each of 2 columns; got 'l'"),
    ({"align": "lc"}, "align must be one letter, l or r, for each of 2 columns; got 'lc'"),
    ({"caption": None}, "caption must be a string; got None"),
    ({"row_header": 2}, "row_header must be the number of a column, 0 … 1; got 2"),
])
def test_what_makes_no_table_is_named(broken, message):
    with pytest.raises(ConfigError) as error:
        Table(**{"headers": ("x", "y"), "rows": []} | broken)
    assert str(error.value) == message


def test_an_empty_table_is_a_table():
    assert Table(("x", ""), []).text().splitlines()[0] == "x"
    assert parse(Table(("x", ""), [])).find(".//tbody") is not None
