"""Saved explorers in a real browser that has no network: they move, follow the theme, and ask for nothing."""
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from resnext_edu.widgets import (
    CardinalityExplorer,
    EquivalenceLab,
    FormsExplorer,
    GroupedConvExplorer,
    StageTracer,
    StrideExplorer,
)
from resnext_edu.widgets.recorded_proofs import RecordedProofs, recorded

MOVES = {"grouped": (GroupedConvExplorer, "groups", {"groups": 2}), "forms": (FormsExplorer, "form", {"form": "concat"}),
         "cardinality": (CardinalityExplorer, "width", {"width": 2}),
         "stride": (StrideExplorer, "stride on", {"stride_on": "conv2"}),
         "stages": (StageTracer, "stage", {"stage": "layer4"})}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("saved")


@pytest.fixture(params=MOVES)
def saved(request, folder):
    """An explorer in Python, how to move it, and its page."""
    make, name, stop = MOVES[request.param]
    explorer, page = make(), folder / f"{request.param}.html"
    if not page.exists():
        explorer.save(page)
    return explorer, name, stop, page.as_uri()


def opened(browser, address, **settings):
    """The page, and whatever it asks for or complains about."""
    page = browser.new_context(offline=True, **settings).new_page()
    heard = []
    page.on("console", lambda said: heard.append(said.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda asked: heard.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    page.goto(address)
    return page, heard


def test_it_moves_without_network_server_and_kernel(browser, saved):
    explorer, name, stop, address = saved
    page, heard = opened(browser, address)
    before = explorer.frame.texts
    page.get_by_role("slider", name=name, exact=True).press("ArrowRight")
    explorer.move(**stop)
    expect(page.get_by_role("img")).to_have_accessible_name(" ".join(explorer.frame.picture.text.split()))
    expect(page.locator(".rx-list > div > :nth-child(2)")).to_have_text(explorer.frame.texts)
    was = [f"was {old}" if old != new else "as before" for old, new in zip(before, explorer.frame.texts, strict=True)]
    expect(page.locator(".rx-list > div > :nth-child(3)")).to_have_text(was)
    assert heard == []


def shows(page, frame):
    expect(page.get_by_role("img")).to_have_accessible_name(" ".join(frame.picture.text.split()))
    expect(page.locator(".rx-list > div > :nth-child(2)")).to_have_text(frame.texts)


def test_every_network_is_on_the_page_of_the_stages(browser, tmp_path):
    tracer = StageTracer()
    tracer.save(tmp_path / "x.html")
    page, heard = opened(browser, (tmp_path / "x.html").as_uri())
    stage, network = page.get_by_role("slider", name="stage"), page.get_by_role("combobox", name="network")
    stage.press("End")
    stage.press("ArrowLeft")
    tracer.move(stage="layer4")
    shows(page, tracer.frame)
    network.select_option(label="resnext29")  # it has three stages, and images of another size
    tracer.move(network="resnext29")
    shows(page, tracer.frame)
    expect(stage).to_have_attribute("aria-valuetext", "layer3")
    page.get_by_role("combobox", name="form").select_option(label="split_sum")
    network.select_option(label="resnext101_64x4d")
    tracer.move(network="resnext101_64x4d", form="split_sum")
    shows(page, tracer.frame)
    assert heard == []


def test_the_page_of_the_lab_has_the_recorded_proofs(browser, tmp_path):
    EquivalenceLab().save(tmp_path / "x.html")
    page, heard = opened(browser, (tmp_path / "x.html").as_uri())
    proofs, sabotage = RecordedProofs(), page.get_by_role("combobox", name="sabotage")
    sabotage.select_option(label="bias_per_path")
    page.get_by_role("combobox", name="stride").select_option(label="2")
    proofs.move(sabotage="bias_per_path", stride=2)
    shows(page, proofs.frame)
    expect(page.get_by_text(f"Recorded {recorded()[0]}")).to_be_visible()
    assert page.get_by_role("button", name="Prove").count() == 0
    page.get_by_role("slider", name="cardinality").press("Home")
    proofs.move(cardinality=1)
    sabotage.select_option(label="path_dropped")  # the last path of one can't be dropped
    shows(page, proofs.frame)
    expect(sabotage).to_have_value(str(proofs.at[0]))
    assert heard == []


def test_without_scripts_the_picture_stays(browser, saved):
    explorer, _, _, address = saved
    page, _ = opened(browser, address, java_script_enabled=False)
    expect(page.get_by_role("img")).to_have_accessible_name(" ".join(explorer.frame.picture.text.split()))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (600, 900), (1920, 1080)])
def test_it_fits(browser, saved, width, height):
    page, _ = opened(browser, saved[-1], viewport={"width": width, "height": height})
    expect(page.get_by_role("slider").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 1000:
        picture = page.get_by_role("img").bounding_box()
        assert picture["y"] + picture["height"] <= height


def test_no_tick_stands_further_out_than_its_rail(browser, saved):
    page, _ = opened(browser, saved[-1], viewport={"width": 1280, "height": 720})
    expect(page.get_by_role("slider").first).to_be_visible()
    assert page.evaluate("""() => [...document.querySelectorAll(".rx-tick")].filter(tick => {
      const [inner, outer] = [tick, tick.parentElement].map(e => e.getBoundingClientRect());
      return inner.left < outer.left - 1 || inner.right > outer.right + 1;
    }).map(tick => tick.textContent)""") == []


def looks(page):
    """How large the type of a number and the picture are, and whether all of it is on the screen."""
    number = page.locator(".rx-list > div > :nth-child(2)").first
    size = float(number.evaluate("e => getComputedStyle(e).fontSize").removesuffix("px"))
    return size, page.get_by_role("img").bounding_box()["height"], page.locator(".rx-explorer").evaluate(
        "e => [e.scrollWidth <= innerWidth, e.scrollHeight <= innerHeight, e.matches(':fullscreen')]")


def test_for_a_projector_the_type_is_larger_and_the_screen_is_the_explorers(browser, saved):
    page, heard = opened(browser, saved[-1], viewport={"width": 1280, "height": 720})
    page.get_by_role("slider").first.press("ArrowRight")
    button = page.get_by_role("button", name="Projector")
    expect(button).to_have_attribute("aria-pressed", "false")
    before = looks(page)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("document.fullscreenElement")
    size, height, fits = looks(page)
    assert size > 1.3 * before[0]
    assert height >= before[1]
    wide, high = page.get_by_role("img").evaluate("e => [e.viewBox.baseVal.width, e.viewBox.baseVal.height]")
    box = page.get_by_role("img").bounding_box()
    assert 14 * min(box["width"] / wide, box["height"] / high) > 12.7  # px: its text, even where the picture is tall
    assert fits == [True, True, True]
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("slider").first.press("ArrowLeft")  # it moves there as everywhere
    expect(page.locator(".rx-new").first).to_be_visible()
    page.evaluate("document.exitFullscreen()")  # as Escape does
    expect(button).to_have_attribute("aria-pressed", "false")
    assert looks(page)[:2] == before[:2]
    assert heard == []


def test_where_the_whole_screen_is_forbidden_the_type_is_larger_all_the_same(browser, saved):
    page, heard = opened(browser, saved[-1])
    page.evaluate("() => { Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('not allowed')); }")
    before, button = looks(page), page.get_by_role("button", name="Projector")
    button.click()
    assert looks(page)[0] > 1.3 * before[0]
    button.click()
    assert looks(page) == before
    assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, saved, scheme):
    page, _ = opened(browser, saved[-1], color_scheme=scheme)
    page.get_by_role("slider").first.press("ArrowRight")
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()  # the minor ones, too


def test_a_table_below_the_picture_looks_as_in_a_lesson(browser, tmp_path):
    """Its styles stand in its elements, which the page's policy forbids unless the script sets them."""
    EquivalenceLab().save(tmp_path / "x.html")
    page, heard = opened(browser, (tmp_path / "x.html").as_uri())
    page.get_by_role("combobox", name="sabotage").select_option("groups_interleaved")
    failed = page.get_by_role("table").get_by_text("✕ FAIL").first
    expect(failed).to_have_css("background-color", "rgb(97, 97, 97)")
    expect(failed).to_have_css("color", "rgb(255, 255, 255)")
    assert Axe().run(page).response["violations"] == []
    assert heard == []


def test_two_fragments_on_one_page_move_by_themselves(browser, tmp_path):
    (tmp_path / "two.html").write_text(f"<!DOCTYPE html><html lang=en><title>two</title><main>{GroupedConvExplorer().fragment()}"
                                       f"{GroupedConvExplorer(12).fragment()}</main>", "utf-8")
    page, heard = opened(browser, (tmp_path / "two.html").as_uri())
    sliders = page.get_by_role("slider")
    expect(sliders).to_have_count(2)
    sliders.first.press("End")
    expect(sliders.first).to_have_attribute("aria-valuetext", "16 (depthwise)")
    expect(sliders.last).to_have_attribute("aria-valuetext", GroupedConvExplorer(12).stops[0].words[0])
    assert heard == []
