"""A slider over named stops: the browser's own `<input type="range">`, with a name, a value and the keyboard."""
from collections.abc import Sequence
from numbers import Number

import anywidget
import traitlets

from resnext_edu.errors import UnknownNameError, nearest_name

LOOK = """
.rx-control { font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 14px; line-height: 1.4;
  color: var(--jp-ui-font-color1, #212121); padding: 2px 16px 0; max-width: 1000px; margin: auto; }
.rx-control label { font-weight: 600; margin-right: .6em; }
.rx-rail { position: relative; padding-bottom: 24px; }
.rx-rail input { appearance: none; display: block; width: 100%; height: 24px; margin: 0; background: none;
  border-radius: 4px; cursor: pointer; position: relative; }
.rx-rail input:focus-visible { outline: 2px solid var(--jp-ui-font-color1, #212121); outline-offset: 1px; }
.rx-rail ::-webkit-slider-runnable-track { height: 4px; border-radius: 2px; border: 0 solid;
  background: var(--jp-ui-font-color2, #616161); }
.rx-rail ::-moz-range-track { height: 4px; border-radius: 2px; background: var(--jp-ui-font-color2, #616161); }
.rx-rail ::-webkit-slider-thumb { appearance: none; width: 20px; height: 20px; margin-top: -8px; border-radius: 50%;
  background: var(--jp-ui-font-color1, #212121); border: 2px solid var(--jp-layout-color0, #fff); }
.rx-rail ::-moz-range-thumb { width: 16px; height: 16px; border-radius: 50%;
  background: var(--jp-ui-font-color1, #212121); border: 2px solid var(--jp-layout-color0, #fff); }
.rx-was { position: absolute; top: 0; width: 20px; height: 20px; margin-left: -12px; border-radius: 50%;
  border: 2px solid var(--jp-ui-font-color2, #616161); }
.rx-tick { position: absolute; top: 27px; transform: translateX(-50%); font-size: 12px; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis;
  color: var(--jp-ui-font-color2, #616161); }
@media (forced-colors: active) {
  .rx-rail ::-webkit-slider-runnable-track { border-width: 1px; } .rx-rail input { appearance: auto; } }
"""

SLIDER = """
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);

function render({ model, el }) {
  const box = make("div", { className: "rx-control" });
  const id = "rx-" + Math.random().toString(36).slice(2);  // a model may be shown twice on one page
  const last = model.get("words").length - 1;
  const place = k => `calc(10px + ${last ? k / last : 0} * (100% - 20px))`;  // the middle of the thumb at stop k
  const now = make("span", { ariaHidden: "true" });
  const rail = make("div", { className: "rx-rail" }), was = make("div", { className: "rx-was" });
  const input = make("input", { type: "range", id, min: 0, max: last, step: 1 });
  input.dataset.lmSuppressShortcuts = "true";  // else b inserts a cell while the slider has the focus, d d deletes one
  input.addEventListener("keydown", event => event.stopPropagation());
  rail.append(was, input);
  model.get("ticks").forEach((text, k) => {
    const tick = make("span", { className: "rx-tick", textContent: text, ariaHidden: "true" });
    tick.style.left = place(k);
    tick.style.maxWidth = k % last ? `${100 / last}%` : "52px";  // the first and the last have no room beside them
    rail.append(tick);
  });
  box.append(make("label", { htmlFor: id, textContent: model.get("name") }), now, rail);
  el.append(box);

  let start = null;  // where the mouse took hold: the ring stays there, however many stops it is dragged over
  input.addEventListener("pointerdown", () => { start = model.get("index"); });
  input.addEventListener("change", () => { start = null; });
  input.addEventListener("input", () => {
    model.set({ was: start ?? model.get("index"), index: Number(input.value) });  // was first: others look back at it
    model.save_changes();
  });
  const show = () => {
    const k = model.get("index"), before = model.get("was"), word = model.get("words")[k];
    input.value = k;
    input.setAttribute("aria-valuetext", word);
    now.textContent = word;
    was.hidden = before === k || before < 0;
    was.style.left = place(before);
  };
  model.on("change:index change:was", show);
  show();
  return () => model.off("change:index change:was", show);
}
export default { render };
"""


class StopSlider(anywidget.AnyWidget):
    """A slider that moves from stop to stop.

    It is our own because JupyterLab's have no name that a screen reader could say, and because Lab's shortcuts fire
    while one of them has the focus: `b` adds a cell, `d d` deletes one.

    Parameters
    ----------
    name : str
        What it sets; shown as its label.
    stops : sequence
        The values, first to last.
    words : sequence of str, optional
        Each value as it is shown and read aloud; by default as `str` writes it.
    ticks : sequence of str, optional
        What stands below each stop, "" for nothing; by default the values.
    start : optional
        The value to start from; by default the first.

    Attributes
    ----------
    index, was : int
        The number of the stop, and of the stop before the last move (−1: not moved yet).

    Examples
    --------
    >>> slider = StopSlider("groups", (1, 2, 4))
    >>> slider.move(4)
    >>> slider.value, slider.index
    (4, 2)
    """

    _esm = SLIDER
    _css = LOOK
    moves = "index"  # the trait that changes when a hand moves it
    name: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)
    words: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)
    ticks: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)
    index: "traitlets.Int[int, int]" = traitlets.Int(0).tag(sync=True)
    was: "traitlets.Int[int, int]" = traitlets.Int(-1).tag(sync=True)

    def __init__(self, name: str, stops: Sequence[object], words: Sequence[str] | None = None,
                 ticks: Sequence[str] | None = None, start: object = None):
        self.stops: tuple[object, ...] = tuple(stops)
        texts = [str(stop) for stop in self.stops]
        index = 0 if start is None else self._find(name, start)
        super().__init__(name=name, words=list(words or texts), ticks=list(texts if ticks is None else ticks),
                         index=index)

    def _find(self, name: str, stop: object) -> int:
        if isinstance(stop, bool) or not isinstance(stop, str | Number) or stop not in self.stops:
            raise UnknownNameError(nearest_name(f"stop of {name}", stop, map(str, self.stops)))
        return self.stops.index(stop)

    @property
    def value(self) -> object:
        """The stop at which it stands."""
        return self.stops[self.index]

    def move(self, stop: object) -> None:
        """Move it to this stop, as a hand would."""
        index = self._find(self.name, stop)
        self.was = self.index  # on its own, and first: what is linked to the index looks back at it
        self.index = index

    def __repr__(self) -> str:  # the default has an address in it, and a committed notebook must not
        return f"StopSlider({self.name!r}, {self.stops})"
