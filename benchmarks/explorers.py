"""How long from a key press to the painted picture? In a real JupyterLab and Chromium. Part of `make bench`.

Beside our explorers stands what most notebooks have: `interact` over a matplotlib figure of the same numbers. All are
driven in one page, one after the other, by the same keys.
"""
import statistics
import tempfile
import time
from pathlib import Path

from measure import options_of, save
from playwright.sync_api import Locator, sync_playwright
from tqdm import tqdm

from resnext_edu import widgets
from resnext_edu.table import Table
from resnext_edu.widgets.explorer import Explorer
from tests.browser.chromium import HOW, chromium
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
NAMES = ("GroupedConvExplorer", "FormsExplorer", "CardinalityExplorer", "StageTracer", "EquivalenceLab")
SETUP = """() => {
window.picture = cell => [...cell.querySelectorAll("svg[role=img], img")].filter(e => e.getClientRects().length)
  .map(e => e.getAttribute("aria-label") ?? e.src).join();
window.watch = control => {  // from the key to the end of the first frame that shows another picture
  const cell = control.closest(".jp-OutputArea"), before = picture(cell);
  let start;
  control.addEventListener("keydown", () => { start = performance.now(); }, { once: true, capture: true });
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


def timed(control: Locator, key: str) -> float:
    """Milliseconds from this key to the painted picture."""
    control.evaluate("watch")
    control.press(key)
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
        found.append(timed(control, key))
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
    """Another size, typed into the last explorer; what is timed begins with Enter."""
    found = []
    for k in range(moves):
        field.fill(str(64 + 32 * (k % 5)))
        found.append(timed(field, "Enter"))
        progress.update()
    return found


def summary(times: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(times), 1), "p95": round(statistics.quantiles(times, n=20)[-1], 1)}


def shown_after(notebook: Notebook, cell: int) -> float:
    """Seconds from running a cell to its picture."""
    start = time.perf_counter()
    notebook.run_cell(cell)
    notebook.output(cell).locator("svg[role=img]:visible").first.wait_for()
    return round(time.perf_counter() - start, 2)


def frames_of(widget: object) -> dict[str, float]:
    """How many pictures are sent with it, and how large they are; `EquivalenceLab` draws each as it is asked for."""
    explorer = widget if isinstance(widget, Explorer) else getattr(widget, "shown", None)
    if explorer is None:
        return {}
    pictures = [frame.html for row in explorer.frames for frame in row]
    return {"frames": len(pictures), "mebibytes": round(sum(len(p.encode()) for p in pictures) / 2**20, 2)}


def main() -> None:
    options = options_of(__doc__, rounds=40)
    if not chromium():
        raise SystemExit(HOW)
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as address, sync_playwright() as playwright:
        write_notebook(Path(folder) / "course/notebooks/bench.ipynb", "from resnext_edu.widgets import *", BASELINE,
                       *(f"{name}()" for name in NAMES))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        notebook = Notebook(browser, address.format("bench.ipynb"), height=2 * 900)
        notebook.page.evaluate(SETUP)
        notebook.run_all()
        with tqdm(total=(len(NAMES) + 2) * options.rounds, unit="move", disable=None) as progress:
            for cell, name in enumerate(("interact", *NAMES), start=1):
                progress.set_description(name)
                control = notebook.output(cell).get_by_role("slider").first
                control.scroll_into_view_if_needed()
                found[name] = summary(bounce(control, options.rounds, progress)) | {"settles": round(held(control), 1)}
                if name != "interact":
                    found[name] |= {"visible_seconds": shown_after(notebook, cell)}
                    found[name] |= frames_of(getattr(widgets, name)())
            field = notebook.output(2 + NAMES.index("StageTracer")).get_by_role("textbox").first
            progress.set_description("live binding")
            found["live binding"] = summary(typed(field, options.rounds, progress))
        notebook.close()
        browser.close()
    base = found["interact"]["median"]
    print(Table(
        ("explorer", "median ms", "p95 ms", "beside interact", "settles ms", "visible s", "frames", "MiB"),
        [(name, r["median"], r["p95"], f"1/{base / r['median']:.1f}", r.get("settles", "–"),
          r.get("visible_seconds", "–"), r.get("frames", "–"), r.get("mebibytes", "–")) for name, r in found.items()],
        align="lrrrrrrr", caption=f"{options.rounds} moves each, from the key to the painted picture"))
    if not options.dry:
        save({"explorers": found})


if __name__ == "__main__":
    main()
