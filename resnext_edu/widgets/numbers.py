"""The numbers under a control: what the last move changed is bold and underlined, with what it was before."""
import anywidget
import traitlets

NUMBERS = """
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);

function render({ model, el }) {
  const box = make("div", { className: "rx-numbers" }), list = make("div", { className: "rx-list" });
  const heard = make("div", { className: "rx-heard", role: "status" });  // a screen reader says what has changed
  box.append(list, heard);
  el.append(box);
  const at = (i, j) => model.get("texts")[i]?.[j];  // nothing: no place before this one, or not heard of it yet
  let names = [], shown = null, widths = [];
  const show = before => {
    const now = at(model.get("first"), model.get("second"));
    const news = [];
    shown = now;
    list.replaceChildren(...names.map((name, k) => {
      const changed = before && before[k] !== now[k], cell = make("div");
      if (changed) news.push(`${name} ${now[k]}, was ${before[k]}`);
      cell.style.minWidth = widths[k];
      cell.append(make("div", { className: "rx-soft", textContent: name }),
                  make("div", { className: changed ? "rx-new" : "", textContent: now[k] }),
                  make("div", { className: "rx-soft",
                                textContent: changed ? `was ${before[k]}` : before ? "as before" : "" }));
      return cell;
    }));
    return before ? news.join("; ") || "no number has changed" : "";
  };
  const first = () => at(model.get("first_was"), model.get("second"));
  const second = () => at(model.get("first"), model.get("second_was"));
  const redrawn = () => {  // other numbers at the same stops: what changed is what stood here before
    const before = names.join() === model.get("names").join() ? shown : null;
    names = model.get("names");
    widths = names.map((_, k) => 3 + Math.max(...model.get("texts").flat().map(texts => texts[k].length)) + "ch");
    return show(before);
  };
  const told = { "change:first": () => show(first()), "change:second": () => show(second()), "change:texts": redrawn };
  const handlers = Object.entries(told).map(([event, tell]) => [event, () => { heard.textContent = tell(); }]);
  handlers.forEach(handler => model.on(...handler));
  redrawn();
  show(first() ?? second());  // shown again, or only after Python has moved it
  return () => handlers.forEach(handler => model.off(...handler));
}
export default { render };
"""


class Numbers(anywidget.AnyWidget):
    """The numbers of every frame; an `Explorer` links `first` and `second` to its sliders.

    Attributes
    ----------
    names : list of str
    texts : list of list of list of str
        ``texts[i][j][k]``: number k as text, at stop i of the first slider and stop j of the second.
    """

    _esm = NUMBERS
    names: "traitlets.List[str]" = traitlets.List(traitlets.Unicode()).tag(sync=True)
    texts: "traitlets.List[list[list[str]]]" = traitlets.List().tag(sync=True)
    first: "traitlets.Int[int, int]" = traitlets.Int(0).tag(sync=True)
    first_was: "traitlets.Int[int, int]" = traitlets.Int(-1).tag(sync=True)
    second: "traitlets.Int[int, int]" = traitlets.Int(0).tag(sync=True)
    second_was: "traitlets.Int[int, int]" = traitlets.Int(-1).tag(sync=True)

    def __repr__(self) -> str:
        return f"Numbers({self.names})"
