"""What stands in each section of each page, so that the search can show where a word is, without fetching a page."""
import json
from html.parser import HTMLParser
from pathlib import Path

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LEFT_OUT = ("script", "style", "svg", "details", "figure")  # what is folded gives an answer away
LEFT_OUT_CLASSES = {"headerlink", "cell_output", "lesson-note", "related-pages"}
SCRIPTS = '<script src="_static/passages.js"></script><script src="_static/search.js"></script></body>'


class Passages(HTMLParser):
    """The sections of one page, and on a page of the package its names: place, heading, prose and code of each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self._place, self._texts = "", {"heading": "", "prose": "", "code": ""}
        self._open: list[str] = []  # of each open element: to which of these its text belongs; "" if it is left out
        self.feed(page)
        self._end()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin another passage where a section or a name of the package begins."""
        values = {name: value or "" for name, value in attrs}
        classes = {*values.get("class", "").split()}
        if "id" in values and (tag == "section" or "sig-object" in classes):
            self._end()
            self._place, self._texts["heading"] = values["id"], values["id"] if tag == "dt" else ""
        within = self._open[-1] if self._open else "prose" if tag == "article" else None
        if within is None or tag in VOID:
            return
        kind = {"h1": "heading", "h2": "heading", "h3": "heading", "pre": "code", "dt": "code"}.get(tag, within)
        self._open.append(kind if within and tag not in LEFT_OUT and not classes & LEFT_OUT_CLASSES else "")
        if tag in ("p", "li", "td", "th", "pre", "div", "dd"):
            self._texts = {name: f"{text} " for name, text in self._texts.items()}

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        if self._open and tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep what can be seen."""
        if self._open and self._open[-1]:
            self._texts[self._open[-1]] += data

    def _end(self) -> None:
        texts = [" ".join(text.split()) for text in self._texts.values()]
        if self._place and any(texts[1:]):
            self.found.append((self._place, *texts))
        self._texts = dict.fromkeys(self._texts, "")


def passages(page: str) -> list[tuple[str, ...]]:
    """The passages of a page.

    Examples
    --------
    >>> passages('<article><section id="a"><h2>1</h2><p>two</p><pre>3</pre><details>4</details></section></article>')
    [('a', '1', 'two', '3')]
    """
    return Passages(page).found


def write_passages(pages: Path) -> None:
    """Write those of all pages beside the search page, which is told to read them."""
    found = {path.relative_to(pages).with_suffix("").as_posix(): passages(path.read_text(encoding="utf-8"))
             for path in sorted(pages.rglob("*.html"))}
    words = json.dumps({name: each for name, each in found.items() if each}, ensure_ascii=False, separators=(",", ":"))
    (pages / "_static/passages.js").write_text(f"const PASSAGES = {words};\n", encoding="utf-8")
    search = pages / "search.html"
    search.write_text(search.read_text(encoding="utf-8").replace("</body>", SCRIPTS), encoding="utf-8")
