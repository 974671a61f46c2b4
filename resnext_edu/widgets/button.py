"""A button on which JupyterLab's shortcuts are silent."""
from collections.abc import Callable

import anywidget
import traitlets

LOOK = """
.rx-button { font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); margin: 4px 0 4px 16px; padding: 4px 16px;
  color: var(--jp-ui-font-color1, #212121); background: var(--jp-layout-color0, #fff); border-radius: 2px;
  border: 1px solid var(--jp-ui-font-color2, #616161); cursor: pointer; }
.rx-button:focus-visible { outline: 2px solid var(--jp-ui-font-color1, #212121); outline-offset: 1px; }
"""

BUTTON = """
function render({ model, el }) {
  const button = document.createElement("button");
  button.className = "rx-button";
  button.textContent = model.get("name");
  button.dataset.lmSuppressShortcuts = "true";  // else b inserts a cell while the button has the focus
  button.addEventListener("keydown", event => event.stopPropagation());
  button.addEventListener("click", () => { model.set("clicks", model.get("clicks") + 1); model.save_changes(); });
  el.append(button);
}
export default { render };
"""


class Button(anywidget.AnyWidget):
    """A native button with a name.

    Examples
    --------
    >>> button = Button("prove", lambda: print("proved"))
    >>> button.clicks += 1
    proved
    """

    _esm = BUTTON
    _css = LOOK
    name: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)
    clicks: "traitlets.Int[int, int]" = traitlets.Int(0).tag(sync=True)

    def __init__(self, name: str, on_click: Callable[[], object]) -> None:
        super().__init__(name=name)
        self.observe(lambda _: on_click(), "clicks")

    def __repr__(self) -> str:
        return f"Button({self.name!r})"
