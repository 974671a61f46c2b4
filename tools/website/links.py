"""Where the links of a site lead: within it, so that a test can follow them, and outside, so that a person can."""
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """What a page links to, and the places in it to which one can link."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []  # with the page itself
        self.places: set[str] = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the links and the places of one element."""
        found = dict(attrs)
        self.places |= {found[name] or "" for name in ("id", "name") if name in found}
        if (link := found.get(LINKS.get(tag, ""))) is not None:
            self.links.append(link)
            if tag in ("img", "script") or found.get("rel") == "stylesheet":
                self.fetched += [] if link.startswith("data:") else [link]


def pages_of(folder: Path) -> dict[Path, Page]:
    """Path → page, for each page in a folder."""
    return {path.resolve(): Page(path) for path in sorted(folder.rglob("*.html"))}


def outside(folder: Path) -> list[str]:
    """Every address to which a page leads that is not in the folder, in order."""
    links = {link for page in pages_of(folder).values() for link in page.links}
    return sorted(link for link in links if urlsplit(link).scheme not in ("", "data"))


def broken(folder: Path) -> Iterator[str]:
    """Each link within the folder that leads nowhere: its file or its place in the page is not there."""
    pages = pages_of(folder)
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (target in pages and unquote(parts.fragment) not in pages[target].places):
                yield f"{path.relative_to(folder.resolve())}: {link}"
