"""The film of an explorer as browsers play it: which scene is in sight when, and where the knobs stand."""
import time

import pytest

from resnext_edu.widgets import FormsExplorer
from resnext_edu.widgets.forms_film import FADE, ROUNDS, SCENES, STARTS, STILL
from tests.browser.engines import ENGINES, engine, needs
from tests.browser.lab import FLAGS
from tests.browser.pages import OPENED, SIZE, Chromium
from tools.figures import FOLDER

FILM = (FOLDER / "forms_film.svg").as_uri()
AT = "document.getAnimations().forEach(each => { each.pause(); each.currentTime = %s; })"
# The topmost scene, how much of it is seen, and the tick under each knob.
SIGHT = """(() => { const scenes = [...document.querySelectorAll("[class^='moves scene']")];
  const seen = scenes.map(each => getComputedStyle(each).opacity), top = seen.findLastIndex(each => each > 0);
  const middle = each => { const { left, right } = each.getBoundingClientRect(); return (left + right) / 2; };
  const below = (each, other) => each.getBoundingClientRect().top - other.getBoundingClientRect().bottom;
  const ticks = [...scenes[top].querySelectorAll(":scope > text[text-anchor=middle]")];
  return [top, seen[top], ...[...document.querySelectorAll("[class^='moves knob'] circle")].map(knob => ticks.find(tick =>
    Math.abs(middle(tick) - middle(knob)) < 1 && Math.abs(below(tick, knob)) < 15)?.textContent)]; })()"""


def expected(k):
    explorer = FormsExplorer()
    explorer.move(form=SCENES[k].form, cardinality=SCENES[k].cardinality)
    return [k, "1", *(stops.ticks[place] for stops, place in zip(explorer.stops, explorer.at, strict=True))]


def shown_in(folder):
    """The address of a page that shows it as a code host does."""
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src file:\">"
    (folder / "readme.html").write_text(f"<!DOCTYPE html>{policy}<img src='{FILM}'>", encoding="utf-8")
    return (folder / "readme.html").as_uri()


def moves(page, address):
    """Whether it looks otherwise when the first scene is over."""
    page.open(address)
    before = page.picture()
    time.sleep(STARTS[1] + FADE)
    return page.picture() != before


@pytest.fixture(scope="module", params=ENGINES)
def page(request, tmp_path_factory):
    needs(request.param)
    if request.param == "Chromium":
        yield Chromium(request.getfixturevalue("browser").new_page(viewport=SIZE))
    else:
        with OPENED[request.param](tmp_path_factory.mktemp(request.param)) as page:
            yield page


def test_each_scene_is_in_sight_in_its_time_with_the_knobs_over_its_stops(page):
    page.open(FILM)
    for turn in (0, 3):
        for k in range(len(SCENES)):
            for second in (STARTS[k] + .01, STARTS[k + 1] - FADE - .01):
                page.ask(AT % (1000 * (turn * STARTS[-1] + second)))
                assert page.ask(SIGHT) == expected(k), (turn, second)
    page.ask(AT % (1000 * ROUNDS * STARTS[-1]))
    assert page.ask(SIGHT) == expected(len(SCENES) - 1)


@pytest.mark.parametrize("k", range(len(SCENES)))
def test_a_scene_fades_into_the_next_and_no_other_shines_through(page, k):
    page.open(FILM)
    page.ask(AT % (1000 * (STARTS[k + 1] - FADE / 2)))
    opacities = page.ask("[...document.querySelectorAll(\"[class^='moves scene']\")].map(each => getComputedStyle(each).opacity)")
    *_, (below, whole), (top, part) = [(n, float(opacity)) for n, opacity in enumerate(opacities) if float(opacity)]
    assert {below, top} == {k, (k + 1) % len(SCENES)}
    assert (whole, round(part, 1)) == (1, .5)


def test_it_moves_in_an_image_where_no_script_may_run(page, tmp_path):
    assert moves(page, shown_in(tmp_path))


def test_who_wants_no_motion_sees_one_scene(browser, tmp_path):
    """Playwright's `reduced_motion` does not reach images, but the browser's own setting does."""
    calm = browser.browser_type.launch(executable_path=engine("Chromium"), args=[*FLAGS, "--force-prefers-reduced-motion"])
    page = Chromium(calm.new_page(reduced_motion="null"))
    assert not moves(page, shown_in(tmp_path))
    page.open(FILM)
    assert page.ask("document.getAnimations().length") == 0
    assert page.ask(SIGHT) == expected(STILL)
    calm.close()
