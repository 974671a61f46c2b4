"""A line that a screen reader reads out when it changes: the region stays, and its words are exchanged."""
import anywidget
import traitlets

SAID = """
function render({ model, el }) {
  const region = document.createElement("div");
  region.className = "rx-numbers";
  region.setAttribute("role", "status");
  const show = () => { region.textContent = model.get("words"); };
  model.on("change:words", show);
  show();
  el.append(region);
  return () => model.off("change:words", show);
}
export default { render };
"""


class Said(anywidget.AnyWidget):
    """Plain words, shown as they are.

    Examples
    --------
    >>> Said(words="stopped")
    Said('stopped')
    """

    _esm = SAID
    words: "traitlets.Unicode[str, str | bytes]" = traitlets.Unicode().tag(sync=True)

    def __repr__(self) -> str:
        return f"Said({self.words!r})"
