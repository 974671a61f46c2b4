"""The site, built and then moved elsewhere, in a browser without a network."""
import gzip
import json
import re
import shutil
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

import resnext_edu
from resnext_edu import widgets
from resnext_edu.course import course_lessons
from resnext_edu.learner.copies import parsed
from resnext_edu.learner.unsolved import OUTPUT_REVEALS, REVEAL, tags_of
from tests.browser.engines import ENGINES, missing, needs
from tests.browser.in_sight import squeezed, telling
from tests.browser.pages import OPENED
from tools import hosts
from tools.website import build
from tools.website.lesson_pages import WIDGET
from tools.website.links import broken, outside, pages_of

LESSONS = {number: f"notebooks/{path.stem}.html" for number, path in course_lessons().items()}
ALIVE = [page for number, page in LESSONS.items() if WIDGET in course_lessons()[number].read_text(encoding="utf-8")]
KINDS = ["index.html", LESSONS[2], "api/equivalence.html", "search.html?q=cardinality"]
SEEN = """[...document.querySelectorAll(".rx-explorer")].map(e => [e.querySelector("svg[role=img]").ariaLabel,
  e.querySelector("input[type=range]").value, e.querySelector(".rx-list").innerText])"""
OPEN = "document.querySelectorAll('article details').forEach(fold => { fold.open = true; })"
IN_SIGHT = """(() => {
    const walk = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT), texts = [];
    while (walk.nextNode())
        if (walk.currentNode.parentElement.checkVisibility({visibilityProperty: true})) texts.push(walk.currentNode.data);
    return texts.join("");
})()"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """On a stick, in a folder whose name no address has as it is."""
    if hosts.python_of(build.SPHINX) is None:
        missing(hosts.how_hosts())
    folder = tmp_path_factory.mktemp("made")
    build.prepare(folder / "sources")
    assert build.build(folder / "html", folder / "sources") == 0  # a warning is an error
    return shutil.move(folder / "html", tmp_path_factory.mktemp("stick") / "my créative course")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    needs("Chromium")
    with OPENED["Chromium"](tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def opened(chromium, site):
    """Open a page. In the end it has asked for nothing and complained about nothing."""
    heard = []

    def open_page(name, **settings):
        page = chromium.tab.context.browser.new_context(offline=True, **settings).new_page()
        page.on("console", lambda said: heard.append(said.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda asked: heard.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
        address, _, query = name.partition("?")
        page.goto((site / address).as_uri() + (query and f"?{query}"))
        return page

    yield open_page
    assert heard == []


def test_every_link_leads_somewhere(site):
    assert [*broken(site)] == []
    assert (site / "outside-links.txt").read_text().splitlines() == outside(site)
    assert [link for link in outside(site) if not link.startswith("https://")] == []


def test_a_broken_link_is_found(tmp_path):
    for name, text in {"a.html": '<a href="b.html#there">1</a><a href="b.html#gone">2</a><img src="no.svg">',
                       "b.html": '<p id="there"></p><a href="https://example.org">3</a>'}.items():
        (tmp_path / name).write_text(text)
    assert [*broken(tmp_path)] == ["a.html: b.html#gone", "a.html: no.svg"]
    assert outside(tmp_path) == ["https://example.org"]


def test_every_lesson_and_every_public_name_is_there(site):
    assert [page for page in LESSONS.values() if not (site / page).is_file()] == []
    known = {place for page in pages_of(site / "api").values() for place in page.places}
    names = {f"resnext_edu.{name}" for name in resnext_edu.__all__} | {f"resnext_edu.widgets.{name}" for name in widgets.__all__}
    assert names - known == set()
    assert names <= {link.partition("#")[2] for link in pages_of(site / "api")[(site / "api/index.html").resolve()].links}
    assert [path for path in pages_of(site / "api") if ">Type<" in path.read_text(encoding="utf-8")] == []  # half a sentence


def test_a_page_is_small_on_the_wire(site):
    for path, page in pages_of(site).items():
        parts = {(path.parent / unquote(urlsplit(link).path)).resolve() for link in page.fetched}
        assert sum(len(gzip.compress(part.read_bytes())) for part in {path, *parts}) < 2_000_000, path.name


def test_every_page_has_a_policy_without_eval(site, opened):
    for path in pages_of(site):
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', path.read_text(encoding="utf-8"))
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "http" not in policy
    tries = "try { eval('1'); tell('it ran'); } catch (error) { tell(error.name); }"
    assert opened("index.html").evaluate(f"new Promise(tell => setTimeout(() => {{ {tries} }}))") == "EvalError"


def test_no_page_asks_for_anything_or_complains(site, opened):
    page = opened("index.html")
    for path in pages_of(site):
        page.goto(path.as_uri())
        assert page.locator("h1").count() == (path.stem != "search"), path


def told_openly(lesson):
    """What cells show that give nothing away; an answer can be the same numbers again."""
    shown = [output.get("data", {}).get("text/plain", "") for cell in lesson["cells"] for output in cell.get("outputs", [])
             if not {REVEAL, OUTPUT_REVEALS} & {*tags_of(cell)}]
    return squeezed("\n".join(map("".join, shown)))


@pytest.fixture(scope="module")
def passages(site):
    """Page → what the search may show of it."""
    return json.loads((site / "_static/passages.js").read_text(encoding="utf-8").removeprefix("const PASSAGES = ").removesuffix(";\n"))


@pytest.mark.parametrize("number", LESSONS)
def test_no_answer_is_in_sight_until_it_is_opened(opened, passages, number):
    page = opened(LESSONS[number])
    lesson = parsed(course_lessons()[number])
    told = [text for texts in telling(lesson).values() for text in texts if text not in told_openly(lesson)]
    seen = squeezed(page.evaluate(IN_SIGHT))
    assert told
    assert [text for text in told if text in seen] == []
    searched = squeezed(str(passages[LESSONS[number].removesuffix(".html")]))
    assert [text for text in told if text in searched] == []
    page.get_by_role("button", name="Open all answers").click()
    seen = squeezed(page.evaluate(IN_SIGHT))
    assert sum(text in seen for text in told) > .7 * len(told)
    page.get_by_role("button", name="Fold all answers").click()
    assert page.locator("article details[open]").count() == 0


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing_serious(opened, name):
    page = opened(name)
    page.evaluate(OPEN)
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 844})
        found = [each for each in Axe().run(page, options={"preload": False}).response["violations"]
                 if each["impact"] in ("serious", "critical")]
        assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_wider_than_a_phone(opened, name):
    page = opened(name, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_pictures_and_explorers_follow_the_theme(opened):
    page = opened(LESSONS[2], color_scheme="light")
    ground = "getComputedStyle(document.querySelector('.rx-explorer')).backgroundColor"
    page.locator(".rx-explorer").wait_for()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.evaluate("document.body.dataset.theme = 'dark'")  # as the theme's own button does
    assert page.evaluate(ground) == "rgb(17, 17, 17)"
    assert page.evaluate("getComputedStyle(document.querySelector('article img')).colorScheme") == "dark"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


@pytest.fixture(scope="module", params=ENGINES)
def page(request, tmp_path_factory):
    needs(request.param)
    if request.param == "Chromium":
        yield request.getfixturevalue("chromium")
    else:
        with OPENED[request.param](tmp_path_factory.mktemp(request.param)) as page:
            yield page


@pytest.mark.parametrize("address", ALIVE)
def test_every_explorer_moves(page, site, address):
    page.open((site / address).as_uri())
    page.until(lambda: page.ask("document.querySelectorAll('.rx-explorer svg').length"), 1)
    page.ask(f"({OPEN}, 1)")
    (before,) = page.ask(SEEN)
    page.press(".rx-explorer input[type=range]", "ArrowRight")
    if page.ask(SEEN) == [before]:  # it stood at its last stop
        page.press(".rx-explorer input[type=range]", "ArrowLeft")
    page.until(lambda: page.ask(SEEN)[0][1] != before[1])
    picture, _, numbers = page.ask(SEEN)[0]
    assert picture != before[0]
    assert numbers != before[2]
    assert [link for link in page.asked_for() if not link.startswith("file:")] == []
    assert page.complaints == []


def test_the_search_says_what_was_meant_and_where_it_is(page, site):
    page.open((site / "search.html").as_uri() + "?q=cardinalty")
    page.until(lambda: page.ask("document.querySelector('.search-summary a')?.textContent"), "cardinality")
    page.open((site / "search.html").as_uri() + "?q=cardinality")
    page.until(lambda: LESSONS[7] in page.ask("[...document.querySelectorAll('#search-results a')].map(e => e.href).join()"))
    assert "What would be fair?: Cardinality is the number of paths" in page.ask("document.querySelector('#search-results').innerText")
    assert page.complaints == []
