"""How large is a page of the site, and when is its first picture seen? From the disk. Part of `make bench`.

`make site` has to be run before. Each page with a picture is opened several times, without a cache; the median of its
times counts.
"""
import gzip
import statistics
from urllib.parse import unquote, urlsplit

from measure import options_of, save
from playwright.sync_api import sync_playwright
from tqdm import tqdm

from resnext_edu.table import Table
from tests.browser.engines import engine, how
from tests.browser.lab import FLAGS
from tools.website.build import BUILD
from tools.website.links import pages_of

SEEN = """window.seen = new Promise(tell => {
  const look = () => {
    const picture = document.querySelector("article img, article svg[role=img]");
    if (picture && picture.complete !== false && picture.getClientRects().length)
      requestAnimationFrame(() => setTimeout(() => tell(performance.now())));  // behind the frame that paints it
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});"""


def wire(path, page) -> int:
    """Bytes of a page and all that it fetches, as a server sends them."""
    parts = {(path.parent / unquote(urlsplit(link).path)).resolve() for link in page.fetched}
    return sum(len(gzip.compress(part.read_bytes())) for part in {path, *parts})


def first_pictures(rounds: int) -> dict[str, float]:
    """Page → milliseconds from its opening to its first picture."""
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=engine("Chromium"), args=FLAGS)
        html = BUILD / "html"
        for path in tqdm([html / "index.html", *sorted((html / "notebooks").glob("*.html"))]):
            times = []
            for _ in range(rounds):
                context = browser.new_context(offline=True)
                page = context.new_page()
                page.add_init_script(SEEN)
                page.goto(path.as_uri())
                if page.locator("article :is(img, svg[role=img]):visible").count() == 0:
                    break
                times.append(page.evaluate("window.seen"))
                context.close()
            found |= {path.stem: statistics.median(times)} if times else {}
        browser.close()
    return found


if __name__ == "__main__":
    options = options_of(__doc__, rounds=5)
    if how("Chromium") or not (BUILD / "html/index.html").exists():
        raise SystemExit(how("Chromium") or "There is no site: run `make site`.")
    sizes = {path.stem: wire(path, page) for path, page in pages_of(BUILD / "html").items()}
    times = first_pictures(options.rounds)
    rows = [(name, round(sizes[name] / 1000), round(time)) for name, time in times.items()]
    print(Table(("page", "kB on the wire", "first picture, ms"), rows).text())
    folder = sum(path.stat().st_size for path in (BUILD / "html").rglob("*") if path.is_file())
    if not options.dry:
        save({"site": {"megabytes": round(folder / 1e6, 1), "largest_page_kilobytes": round(max(sizes.values()) / 1000),
                       "first_picture_ms": {"median": round(statistics.median(times.values())),
                                            "worst": round(max(times.values()))}}})
