"""How long from a key press to the painted picture? In a real JupyterLab and Chromium. Part of `make bench`.

Beside our explorers stands what most notebooks have: `interact` over a matplotlib figure of the same numbers; and the
least that is possible: a bare page, without Jupyter, in which the same key exchanges the same pictures. All are driven
in one run, one after the other, by the same keys.
"""
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ipywidgets.embed import dependency_state
from measure import options_of, save
from playwright.sync_api import Locator, Page, sync_playwright
from tqdm import tqdm

from resnext_edu import ResNeXtConfig, widgets
from resnext_edu.config import FORM_NAMES
from resnext_edu.table import Table
from resnext_edu.widgets.explorer import Explorer
from tests.browser.engines import engine, how
from tests.browser.lab import FLAGS, Notebook, running_lab, write_notebook

BASELINE = """
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import interact
from resnext_edu import ResNeXtConfig, analytic_cost

@interact(width=(1, 12))
def show(width=4):
    stages = analytic_cost(ResNeXtConfig(width_per_group=width)).by_stage()
    plt.bar(list(stages), [part.total_params for part in stages.values()])
    plt.show()
"""
BARE = """<!DOCTYPE html><meta charset="utf-8"><style>{css}</style>
<div class="jp-OutputArea"><input type="range" min="0" max="{last}" value="0"><div class="rx-explorer"></div></div>
<script type="application/json">{frames}</script>
<script type="module">
const frames = JSON.parse(document.querySelector("script").textContent);
const input = document.querySelector("input"), show = () => {{
  document.querySelector("div > div").innerHTML = frames[input.value]; }};
input.addEventListener("input", show);
show();
</script>"""
NAMES = ("StrideExplorer", "GroupedConvExplorer", "FormsExplorer", "CardinalityExplorer", "StageTracer",
         "EquivalenceLab")
TURN = 10  # moves of one page, before it is the turn of the next
SETUP = """() => {
window.picture = cell => [...cell.querySelectorAll("svg[role=img], img")].filter(e => e.getClientRects().length)
  .map(e => e.getAttribute("aria-label") ?? e.src).join();
window.watch = control => {  // from the key to the end of the first frame that shows another picture
  const cell = control.closest(".jp-OutputArea"), before = picture(cell);
  let start;
  const begun = () => { start ??= performance.now(); };
  control.addEventListener("keydown", begun, { once: true, capture: true });
  control.addEventListener("change", begun, { once: true, capture: true });  // of a choice
  window.moved = new Promise(done => {
    const look = () => {  // runs just before a frame is painted; a message sent from here arrives just after
      if (picture(cell) === before) return requestAnimationFrame(look);
      const painted = new MessageChannel();
      painted.port1.onmessage = () => done(performance.now() - start);
      painted.port2.postMessage(0);
    };
    requestAnimationFrame(look);
  });
};
window.settle = control => {  // from now until the picture stays as it is for half a second
  const cell = control.closest(".jp-OutputArea"), start = performance.now();
  let last = picture(cell), changed = start;
  return new Promise(done => {
    const look = () => {
      const now = performance.now(), seen = picture(cell);
      if (seen !== last) { last = seen; changed = now; }
      if (now - changed > 500) done(changed - start); else requestAnimationFrame(look);
    };
    look();
  });
};
}"""


def moved(control: Locator, act: Callable[[], object]) -> float:
    """Milliseconds from what is done to the painted picture, at any moment between two frames: as people press keys."""
    control.evaluate("watch")
    time.sleep(random.uniform(.02, .04))
    act()
    return control.page.evaluate("() => moved")


def bounce(control: Locator, moves: int, progress: tqdm) -> list[float]:
    """As many moves, from one end of a slider to the other and back."""
    control.focus()
    found, key = [], "ArrowRight"
    while len(found) < moves:
        before = control.evaluate("e => e.value ?? e.getAttribute('aria-valuenow')")
        top = control.evaluate("e => e.max ?? e.getAttribute('aria-valuemax')")
        bottom = control.evaluate("e => e.min ?? e.getAttribute('aria-valuemin')")
        key = "ArrowLeft" if float(before) >= float(top) else "ArrowRight" if float(before) <= float(bottom) else key
        found.append(moved(control, lambda key=key: control.press(key)))
        progress.update()
    return found


def held(control: Locator) -> float:
    """Milliseconds until the picture stands still, after arrow keys that repeated for three seconds."""
    control.focus()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for key in ("ArrowRight", "ArrowLeft"):
            control.page.keyboard.press(key)
            time.sleep(.015)
    return control.evaluate("settle")


def typed(field: Locator, moves: int, progress: tqdm) -> list[float]:
    """Another size, typed into the stage tracer; what is timed begins with Enter."""
    found = []
    for k in range(moves):
        field.fill(str(64 + 32 * (k % 5)))
        found.append(moved(field, lambda: field.press("Enter")))
        progress.update()
    field.fill("")
    moved(field, lambda: field.press("Enter"))
    return found


def chosen(cell: Locator, progress: tqdm) -> list[float]:
    """Every network in every form, chosen one after the other: each time the kernel draws all its stages."""
    found, network = [], cell.get_by_role("combobox", name="network")
    for form in FORM_NAMES:
        cell.get_by_role("combobox", name="form").select_option(label=form)
        network.evaluate("settle")  # two forms may have one picture: then there is nothing to time
        for name in ResNeXtConfig.presets():
            if network.evaluate("e => e.selectedOptions[0].textContent") != name:
                found.append(moved(network, lambda name=name: network.select_option(label=name)))
                progress.update()
    return found


def bare(page: Page, explorer: Explorer) -> Locator:
    """A slider that exchanges the frames of the explorer's first slider, in a page that has nothing else."""
    frames = [row[0].picture.inline for row in explorer.frames]
    data = json.dumps(frames).replace("<", "\\u003c")
    page.set_content(BARE.format(css=explorer._css, last=len(frames) - 1, frames=data))
    page.evaluate(SETUP)
    return page.get_by_role("slider")


def by_turns(controls: list[Locator], moves: int, progress: tqdm) -> list[list[float]]:
    """So many moves of each, a few of one and then a few of the next: who else is busy on this machine disturbs all."""
    found: list[list[float]] = [[] for _ in controls]
    while len(found[0]) < moves:
        for control, times in zip(controls, found, strict=True):
            times += bounce(control, min(TURN, moves - len(times)), progress)
    return found


def summary(times: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(times), 1), "p95": round(statistics.quantiles(times, n=20)[-1], 1)}


def shown_after(notebook: Notebook, cell: int) -> float:
    """Seconds from running a cell to its picture: the median of five."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        notebook.run_cell(cell)
        notebook.output(cell).locator("svg[role=img]:visible").first.wait_for()
        found.append(time.perf_counter() - start)
    return round(statistics.median(found), 2)


def sizes_of(explorer: Explorer, folder: Path) -> dict[str, float]:
    """How many frames, models, and kilobytes: of the saved page, and of what a notebook with saved state grows by."""
    state = dependency_state(explorer, drop_defaults=False)
    explorer.save(folder / "x.html")
    return {"frames": sum(map(len, explorer.frames)), "models": len(state),
            "page_kB": round((folder / "x.html").stat().st_size / 1000, 1),
            "state_kB": round(len(json.dumps(state)) / 1000, 1)}


def main() -> None:
    options = options_of(__doc__, rounds=160)
    if not engine("Chromium"):
        raise SystemExit(how("Chromium"))
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as address, sync_playwright() as playwright:
        write_notebook(Path(folder) / "course/my_lessons/bench.ipynb", "from resnext_edu.widgets import *", BASELINE,
                       *(f"{name}()" for name in NAMES))
        browser = playwright.chromium.launch(executable_path=engine("Chromium"), args=FLAGS)
        notebook = Notebook(browser, address.format("bench.ipynb"), height=2 * 900)
        # a page behind another one paints nothing
        other = playwright.chromium.launch(executable_path=engine("Chromium"), args=FLAGS)
        page = other.new_page(viewport={"width": 1200, "height": 2 * 900})
        notebook.page.evaluate(SETUP)
        notebook.run_all()
        with tqdm(total=(2 * len(NAMES) + 1) * options.rounds + 22, unit="move", disable=None) as progress:
            for cell, name in enumerate(("interact", *NAMES), start=1):
                progress.set_description(name)
                control = notebook.output(cell).get_by_role("slider").first
                control.scroll_into_view_if_needed()
                explorer = None if name == "interact" else getattr(widgets, name)()
                # what asks its kernel has no frames to exchange
                beside = [bare(page, explorer)] if explorer is not None and len(explorer.frames) > 1 else []
                times, *others = by_turns([control, *beside], options.rounds, progress)
                found[name] = summary(times) | {"settles": round(held(control), 1)}
                if explorer is not None:
                    found[name] |= {"visible_seconds": shown_after(notebook, cell)} | sizes_of(explorer, Path(folder))
                if others:
                    found[name]["bare_median"] = summary(others[0])["median"]
            tracer = notebook.output(2 + NAMES.index("StageTracer"))
            progress.set_description("asked of the kernel")
            found["another size"] = summary(typed(tracer.get_by_role("textbox").first, options.rounds, progress))
            found["another network or form"] = summary(chosen(tracer, progress))
        notebook.close()
        browser.close()
        other.close()
    base = found["interact"]["median"]
    print(Table(
        ("explorer", "median ms", "p95 ms", "÷ bare page", "beside interact", "settles ms", "visible s", "frames",
         "models", "page kB", "state kB"),
        [(name, r["median"], r["p95"], f"{r['median'] / r['bare_median']:.2f}" if "bare_median" in r else "–",
          f"1/{base / r['median']:.1f}", *(r.get(key, "–") for key in (
              "settles", "visible_seconds", "frames", "models", "page_kB", "state_kB"))) for name, r in found.items()],
        align="lrrrrrrrrrr", caption=f"{options.rounds} moves each, from the key to the painted picture"))
    if not options.dry:
        save({"explorers": found})


if __name__ == "__main__":
    main()
