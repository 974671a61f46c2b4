"""The explorers in a real JupyterLab, in a real Chromium, by keyboard and mouse."""
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from resnext_edu import load_classifier, load_images
from resnext_edu.widgets import CardinalityExplorer, FormsExplorer, GroupedConvExplorer, PathExplorer, StageTracer
from resnext_edu.widgets.forms import WIDTHS_ON_BUDGET
from tests.browser.lab import Notebook, write_notebook

CELLS = (
    "from resnext_edu.widgets import FormsExplorer, GroupedConvExplorer",
    "grouped = GroupedConvExplorer()\ngrouped",
    "FormsExplorer()",
    "GroupedConvExplorer(12, follow=7)",
    "from resnext_edu.draw.block.grouped import grouped_picture\n"
    "from resnext_edu.widgets.frame import Frame\n"
    "from resnext_edu.widgets.live import Live\n"
    "from resnext_edu.widgets.stops import Stops\n"
    "from resnext_edu.widgets.typed import Typed\n"
    "channels, kernel = Typed('channels', '8', read=int), Stops('kernel', (1, 3), start=3, choice=True, asks=True)\n"
    "Live([channels, kernel, Stops('groups', (1, 2, 4), asks=True)],\n"
    "     lambda c, k, g: Frame(grouped_picture(c, (g,), 0, k), {'groups': g, 'channels': c}), 'Any channels')",
    "from resnext_edu.widgets import EquivalenceLab\nlab = EquivalenceLab()\nlab.move(cardinality=4)\nlab",
    "from resnext_edu.widgets import CardinalityExplorer\nCardinalityExplorer()",
    "from resnext_edu.widgets import StageTracer\nStageTracer()",
    "from resnext_edu import load_classifier, load_images\nfrom resnext_edu.widgets import PathExplorer\n"
    "PathExplorer(load_classifier().model, load_images(), which=[5, 6])",
)
GROUPED, FORMS, COPY, LIVE, LAB, CARDINALITY, STAGES, PATHS = range(1, 9)  # the cells of the explorers


@pytest.fixture(scope="module")
def everything(lab, browser):
    """One page with every explorer."""
    address, folder = lab
    write_notebook(folder / "explorers.ipynb", *CELLS)
    notebook = Notebook(browser, address.format("explorers.ipynb"), height=12000)  # in view: axe can't judge the rest
    notebook.run_all()
    expect(notebook.page.get_by_role("slider")).to_have_count(12)
    return notebook


@pytest.fixture
def page(everything):
    """The same page for each test, as the one before has left it."""
    everything.errors.clear()
    yield everything
    assert everything.errors == []


def slider(notebook, cell, name):
    return notebook.output(cell).get_by_role("slider", name=name, exact=True)


def shows(notebook, cell, frame):
    """The picture and the numbers in the page are these."""
    shown = notebook.output(cell)
    expect(shown.get_by_role("img")).to_have_accessible_name(" ".join(frame.picture.text.split()))
    expect(shown.locator(".rx-list > div > :nth-child(2)")).to_have_text(frame.texts)


def was(notebook, cell, before, frame):
    """Under each number stands what it was."""
    expected = [f"was {old}" if old != new else "as before" for old, new in zip(before, frame.texts, strict=True)]
    expect(notebook.output(cell).locator(".rx-list > div > :nth-child(3)")).to_have_text(expected)


def says(control, words):
    expect(control).to_have_attribute("aria-valuetext", words)


def test_grouped_conv_by_keyboard(page):
    control, twin = slider(page, GROUPED, "groups"), GroupedConvExplorer()
    words = twin.stops[0].words
    control.press("Home")
    shows(page, GROUPED, twin.frame)
    for key, stop in (("ArrowRight", 2), ("ArrowUp", 4), ("End", 16), ("ArrowLeft", 8), ("Home", 1), ("ArrowLeft", 1)):
        control.press(key)
        twin.move(groups=stop)
        shows(page, GROUPED, twin.frame)
        says(control, words[twin.at[0]])


def test_forms_by_keyboard_along_both_sliders(page):
    form, paths, twin = slider(page, FORMS, "form"), slider(page, FORMS, "cardinality"), FormsExplorer()
    form.press("Home")
    paths.press("End")
    for step in twin.stops[0].stops:
        twin.move(form=step)
        shows(page, FORMS, twin.frame)
        says(form, twin.stops[0].words[twin.at[0]])
        form.press("ArrowRight")
    for c in reversed(WIDTHS_ON_BUDGET):
        twin.move(cardinality=c)
        shows(page, FORMS, twin.frame)
        paths.press("ArrowLeft")
    form.press("Home")
    twin.move(form="split_sum")
    shows(page, FORMS, twin.frame)


def test_cardinality_by_keyboard_locked_and_free(page):
    paths, width, twin = slider(page, CARDINALITY, "cardinality"), slider(page, CARDINALITY, "width"), CardinalityExplorer()
    shows(page, CARDINALITY, twin.frame)
    paths.press("Home")
    twin.move(cardinality=1)
    shows(page, CARDINALITY, twin.frame)
    width.press("End")
    twin.move(width=100)
    shows(page, CARDINALITY, twin.frame)


def test_stages_by_keyboard_and_another_network(page):
    stage, twin = slider(page, STAGES, "stage"), StageTracer()
    shows(page, STAGES, twin.frame)
    stage.press("Home")
    for name in twin.stops[-1].stops[:3]:
        twin.move(stage=name)
        shows(page, STAGES, twin.frame)
        stage.press("ArrowRight")
    network = page.output(STAGES).get_by_role("combobox", name="network")
    network.select_option("resnet50")
    before = twin.frames[3][0].texts
    twin.move(network="resnet50", stage=twin.stops[-1].stops[3])
    shows(page, STAGES, twin.frame)
    was(page, STAGES, before, twin.frame)
    stage.press("End")
    stage.press("ArrowLeft")
    says(stage, "layer4")
    network.select_option("resnext29")  # it has three stages
    twin.move(network="resnext29", stage="layer3")
    shows(page, STAGES, twin.frame)
    says(stage, "layer3")
    size = page.output(STAGES).get_by_role("textbox", name="input size")
    size.fill("64")
    size.press("Enter")
    twin.move(input_size="64")
    shows(page, STAGES, twin.frame)
    size.fill("0")
    size.press("Enter")
    expect(page.output(STAGES).get_by_role("alert")).to_contain_text("every number of a size is 1 or more; got 0")
    shows(page, STAGES, twin.frame)


def place(control, stop, stops):
    """Where stop number … is on the screen."""
    box = control.bounding_box()
    return box["x"] + 10 + (box["width"] - 20) * stop / (stops - 1), box["y"] + box["height"] / 2


def test_paths_by_keyboard_along_both_sliders(page):
    twin = PathExplorer(load_classifier().model, load_images(), which=[5, 6])
    image, path = slider(page, PATHS, "image"), slider(page, PATHS, "path")
    image.press("End")
    path.press("Home")
    for key, stop in (("ArrowRight", 0), ("End", 7), ("ArrowLeft", 6)):
        path.press(key)
        twin.move(image=1, path=stop)
        shows(page, PATHS, twin.frame)
        says(path, f"{stop} is silenced")
    image.press("Home")
    twin.move(image=0)
    shows(page, PATHS, twin.frame)
    assert page.output(PATHS).locator("svg image").count() == 2  # the photograph, and the row of maps


def test_by_mouse_the_ring_stays_where_the_drag_began(page):
    control, mouse, twin = slider(page, GROUPED, "groups"), page.page.mouse, GroupedConvExplorer()
    mouse.click(*place(control, 1, 5))
    twin.move(groups=2)
    shows(page, GROUPED, twin.frame)
    mouse.down()
    for stop in (2, 3, 4):
        mouse.move(*place(control, stop, 5))
    mouse.up()
    twin.move(groups=16)
    shows(page, GROUPED, twin.frame)
    ring = page.output(GROUPED).locator(".rx-ring").bounding_box()
    assert ring["x"] + ring["width"] / 2 == pytest.approx(place(control, 1, 5)[0], abs=1)
    expect(page.output(GROUPED).get_by_role("status")).to_contain_text("weights 144, was 1,152")


def test_what_changed_is_marked_and_what_stayed_is_not(page):
    slider(page, FORMS, "cardinality").press("End")
    slider(page, FORMS, "form").press("Home")
    slider(page, FORMS, "form").press("ArrowRight")
    shown = page.output(FORMS)
    expect(shown.locator(".rx-new")).to_have_text(["65"])
    expect(shown.locator(".rx-list > div > :nth-child(3)")).to_have_text(["was 96", *["as before"] * 5])
    expect(shown.get_by_role("status")).to_have_text("convolutions 65, was 96")


def test_labs_shortcuts_do_not_fire_on_a_control(page):
    before = page.cells()
    for control in (slider(page, GROUPED, "groups"), page.output(LIVE).get_by_role("combobox"),
                    page.output(LAB).get_by_role("button", name="Stop")):
        control.focus()
        for key in ("b", "a", "d", "d", "x", "c", "v", "z", "m", "1", "Shift+M", "0", "0"):
            page.page.keyboard.press(key)
    page.page.wait_for_timeout(300)  # a shortcut would need a moment to act
    assert [(cell["id"], cell["source"]) for cell in page.cells()] == [(c["id"], c["source"]) for c in before]


def test_the_accessibility_tree_has_names_values_and_the_pictures_words(page):
    slider(page, GROUPED, "groups").press("End")
    tree = page.output(GROUPED).aria_snapshot()
    assert '- slider "groups": "4"' in tree
    assert "Of 256 kernels 16 are left: the weight is (16, 1, 3, 3), 144 weights" in tree
    assert page.output(LIVE).get_by_role("textbox", name="channels").input_value() == "8"
    for number, control in enumerate(page.page.get_by_role("slider").all()):
        assert control.evaluate("input => input.labels[0].textContent.length") > 0, number
        assert control.get_attribute("aria-valuetext"), number


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing(page, theme):
    page.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    expect(page.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    page.page.wait_for_timeout(500)  # until the colours of the theme have come in
    slider(page, GROUPED, "groups").press("ArrowRight")
    page.page.evaluate("() => { document.body.style.overflow = 'visible'; }")  # Lab's body has no height: axe sees nothing
    found = Axe().run(page.page, context={"include": [[".jp-OutputArea-output"]]}, options={})
    looked_at = {rule["id"]: len(rule["nodes"]) for rule in found.response["passes"]}
    assert looked_at["color-contrast"] > 40
    assert looked_at["label"] == 14
    assert found.response["violations"] == [], found.generate_report()


def test_a_copy_and_a_cell_that_ran_again_are_independent(page):
    first, copy = GroupedConvExplorer(), GroupedConvExplorer(12, follow=7)
    slider(page, GROUPED, "groups").press("Home")
    slider(page, COPY, "groups").press("End")
    copy.move(groups=12)
    shows(page, COPY, copy.frame)
    shows(page, GROUPED, first.frame)
    slider(page, GROUPED, "groups").press("End")
    page.run_cell(GROUPED)
    shows(page, GROUPED, first.frame)
    slider(page, GROUPED, "groups").press("ArrowRight")
    first.move(groups=2)
    shows(page, GROUPED, first.frame)
    shows(page, COPY, copy.frame)


def test_python_can_move_it_and_asks_what_is_shown(page):
    page.execute("grouped.move(groups=1)\ngrouped.move(groups=16)\ngrouped.move(groups=8)")
    twin = GroupedConvExplorer()
    twin.move(groups=16)
    before = twin.frame.texts
    twin.move(groups=8)
    shows(page, GROUPED, twin.frame)
    was(page, GROUPED, before, twin.frame)
    ring, control = page.output(GROUPED).locator(".rx-ring").bounding_box(), slider(page, GROUPED, "groups")
    assert ring["x"] + ring["width"] / 2 == pytest.approx(place(control, 4, 5)[0], abs=1)


def test_live_draws_what_is_typed_and_shows_what_goes_wrong(page):
    shown = page.output(LIVE)
    channels, picture = shown.get_by_role("textbox", name="channels"), shown.get_by_role("img")
    channels.fill("12")
    channels.press("Enter")
    expect(picture).to_have_accessible_name(re.compile("12 → 12 channels"))
    shown.get_by_role("combobox", name="kernel").select_option("1")
    expect(picture).to_have_accessible_name(re.compile("A 1×1 convolution, 12 → 12"))
    slider(page, LIVE, "groups").press("End")
    expect(shown.locator(".rx-list > div > :nth-child(2)")).to_have_text(["4", "12"])
    expect(shown.locator(".rx-list > div > :nth-child(3)")).to_have_text(["was 1", "as before"])
    channels.fill("7")
    channels.press("Enter")
    expect(shown.get_by_role("alert")).to_contain_text("groups (=4) must divide channels (=7); these do: 1, 7")
    expect(picture).to_have_accessible_name(re.compile("12 → 12 channels"))


def test_the_lab_breaks_proves_and_explains(page):
    shown = page.output(LAB)
    shown.get_by_role("combobox", name="sabotage").select_option("groups_interleaved")
    expect(shown.get_by_role("img")).to_have_accessible_name(re.compile("a group takes every C-th channel"))
    shown.get_by_role("button", name="Prove").press("Enter")
    expect(shown.get_by_role("status")).to_contain_text("Not the same function: 7 of 7 findings fail", timeout=60_000)
    expect(shown.get_by_role("table")).to_contain_text("training")
    expect(shown.locator(".rx-list > div > :nth-child(2)")).to_have_text(["FAIL"] * 7)
    shown.get_by_role("combobox", name="sabotage").select_option("none")
    expect(shown.get_by_role("table")).to_have_count(0)


def test_the_labs_stop_button_reaches_a_kernel_that_is_proving(page):
    page.execute("""if True:
        import itertools, time
        from resnext_edu.widgets import equivalence_lab
        def endless(*modules, progress, **others):
            for step in itertools.count():
                progress(step, step + 1, "exact")
                time.sleep(.02)
        really, equivalence_lab.prove_equivalent = equivalence_lab.prove_equivalent, endless
    """)
    shown = page.output(LAB)
    shown.get_by_role("button", name="Prove").click()
    expect(shown.get_by_role("progressbar", name="work")).to_be_visible()
    shown.get_by_role("button", name="Stop").click()
    expect(shown.get_by_role("status")).to_have_text("Stopped. Nothing is proved.")
    shown.get_by_role("button", name="Prove").click()
    expect(shown.get_by_role("progressbar")).to_be_visible()
    slider(page, LAB, "cardinality").press("ArrowRight")
    expect(shown.get_by_role("status")).to_have_text("The move has ended the proof. Nothing is proved.")
    page.execute("equivalence_lab.prove_equivalent = really")


@pytest.fixture(scope="module")
def other(lab, browser):
    """A second notebook, in a page and with a kernel of its own."""
    address, folder = lab
    write_notebook(folder / "other.ipynb", *CELLS[:3], CELLS[STAGES])
    notebook = Notebook(browser, address.format("other.ipynb"))
    notebook.run_all()
    expect(notebook.page.get_by_role("slider")).to_have_count(4)
    return notebook


def test_two_kernels_are_independent(page, other):
    here, there = GroupedConvExplorer(), GroupedConvExplorer()
    slider(page, GROUPED, "groups").press("Home")
    slider(page, GROUPED, "groups").press("ArrowRight")
    slider(other, GROUPED, "groups").press("End")
    here.move(groups=2)
    there.move(groups=16)
    shows(page, GROUPED, here.frame)
    shows(other, GROUPED, there.frame)
    assert other.errors == []


@pytest.mark.parametrize("end", ["kill_kernel", "stop_kernel"])
def test_it_goes_on_when_the_kernel_has_died(other, end):
    slider(other, FORMS, "cardinality").press("End")
    getattr(other, end)()
    grouped, forms = GroupedConvExplorer(), FormsExplorer()
    slider(other, GROUPED, "groups").press("Home")
    for stop in (2, 4, 8):
        slider(other, GROUPED, "groups").press("ArrowRight")
        grouped.move(groups=stop)
        shows(other, GROUPED, grouped.frame)
    slider(other, FORMS, "cardinality").press("ArrowLeft")
    slider(other, FORMS, "form").press("End")
    forms.move(cardinality=8, form="dense")
    shows(other, FORMS, forms.frame)
    other.output(3).get_by_role("combobox", name="form").select_option("concat" if end == "kill_kernel" else "split_sum")
    expect(other.output(3).get_by_role("alert")).to_have_text(re.compile("The kernel has not answered yet"))
    slider(other, 3, "stage").press("Home")  # what is drawn still moves
    # each link still tries to tell the kernel, and ipywidgets and Lab note that nobody is there
    nobody = ("Could not send widget sync message", "Error: Canceled future for create_subshell_request")
    assert [error for error in other.errors if not error.startswith(nobody)] == []
