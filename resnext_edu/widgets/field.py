"""A choice or a line of text, with a name, for what has no stops to slide over."""
from collections.abc import Callable, Sequence

import anywidget
import traitlets

from resnext_edu.errors import UnknownNameError, nearest_name, shown

LOOK = """
.rx-field { font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); color: var(--jp-ui-font-color1, #212121);
  padding: 2px 16px; max-width: 1000px; margin: auto; }
.rx-field label { display: inline-block; min-width: 9em; font-weight: 600; }
.rx-field select, .rx-field input { font: inherit; color: inherit; padding: 2px 6px; min-width: 14em; max-width: 100%;
  background: var(--jp-layout-color0, #fff); border: 1px solid var(--jp-ui-font-color2, #616161); border-radius: 2px; }
.rx-field :focus-visible { outline: 2px solid var(--jp-ui-font-color1, #212121); outline-offset: 1px; }
"""

FIELD = """
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);

function render({ model, el }) {
  const id = "rx-" + Math.random().toString(36).slice(2), options = model.get("options");
  const input = make(options.length ? "select" : "input", { id });
  input.append(...options.map(text => make("option", { textContent: text, value: text })));
  input.dataset.lmSuppressShortcuts = "true";  // else b inserts a cell while a choice has the focus
  input.addEventListener("keydown", event => event.stopPropagation());
  input.addEventListener("change", () => { model.set("text", input.value); model.save_changes(); });
  const show = () => { input.value = model.get("text"); };
  model.on("change:text", show);
  show();
  const box = make("div", { className: "rx-field" });
  box.append(make("label", { htmlFor: id, textContent: model.get("name") }), input);
  el.append(box);
  return () => model.off("change:text", show);
}
export default { render };
"""


class Field(anywidget.AnyWidget):
    """One of several names, or any line of text.

    Parameters
    ----------
    name : str
        What it sets; shown as its label.
    start : str
        What stands in it at first.
    options : sequence of str, optional
        The names to choose from; without them any text can be typed.
    read : callable, optional
        Text → value. What it raises, a `Live` shows.

    Examples
    --------
    >>> field = Field("size", "224", read=int)
    >>> field.move(64)
    >>> field.value
    64
    """

    _esm = FIELD
    _css = LOOK
    moves = "text"  # the trait that changes when a hand moves it
    name: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)
    text: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)
    options: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, name: str, start: str, options: Sequence[str] = (), read: Callable[[str], object] = str):
        self.read = read
        super().__init__(name=name, text=start, options=list(options))
        self._check(start)

    def _check(self, text: str) -> None:
        if self.options and text not in self.options:
            raise UnknownNameError(nearest_name(self.name, text, self.options))

    @property
    def value(self) -> object:
        return self.read(self.text)

    def move(self, value: object) -> None:
        """Put this in, as a hand would."""
        text = value if isinstance(value, str) else shown(value)
        self._check(text)
        self.text = text

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.text!r})"
