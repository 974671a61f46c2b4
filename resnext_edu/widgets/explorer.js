// One component for every explorer: controls, numbers with what they were, a picture, and a line that is spoken.
//
// A model has get, set, save_changes, on and off. A kernel brings one (anywidget); on a page without Jupyter it is the
// stand-in of mount.js. Python has drawn every frame beforehand; here they are only shown.

const make = (tag, values = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...inside);
  return element;
};

// All frames, zlib of their JSON: bytes from a kernel, base64 on a page.
const unpacked = packed => {
  const bytes = typeof packed === "string" ? Uint8Array.from(atob(packed), letter => letter.charCodeAt(0)) : packed;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
};

// A slider over named stops: the browser's own, with a name, a value and the keyboard.
function slider({ name, words, ticks }, { hold, move, drop }) {
  const id = "rx-" + Math.random().toString(36).slice(2);  // an explorer may stand twice on one page
  const last = words.length - 1;
  const place = k => `calc(10px + ${last ? k / last : 0} * (100% - 20px))`;  // the middle of the thumb at stop k
  const word = make("span", { ariaHidden: "true" }), ring = make("div", { className: "rx-ring" });
  const input = make("input", { type: "range", id, min: 0, max: last, step: 1 });
  const rail = make("div", { className: "rx-rail" }, ring, input);
  ticks.forEach((text, k) => {
    const tick = make("span", { className: "rx-tick", textContent: text, ariaHidden: "true" });
    tick.style.left = place(k);
    tick.style.maxWidth = k % last ? `${100 / last}%` : "52px";  // the first and the last have no room beside them
    rail.append(tick);
  });
  input.dataset.lmSuppressShortcuts = "true";  // else b inserts a cell in JupyterLab, and d d deletes one
  input.addEventListener("keydown", event => event.stopPropagation());
  input.addEventListener("pointerdown", hold);
  input.addEventListener("change", drop);
  input.addEventListener("input", () => move(Number(input.value)));
  return {
    element: make("div", { className: "rx-control" },
                  make("label", { htmlFor: id, textContent: name }), word, rail),
    show(k, was) {
      input.value = k;
      input.setAttribute("aria-valuetext", words[k]);
      word.textContent = words[k];
      ring.hidden = was === undefined || was === k;
      ring.style.left = place(was ?? k);
    },
  };
}

async function render({ model, el }) {
  const controls = model.get("controls"), names = model.get("names");
  const list = make("div", { className: "rx-list" });
  const spoken = make("div", { className: "rx-spoken", role: "status" });  // a screen reader says what has changed
  const picture = make("div", { className: "rx-picture" });
  const panel = make("div", { className: "rx-panel" });
  el.append(make("div", { className: "rx-explorer" },
                 make("div", { className: "rx-body" }, panel, picture)));

  let frames = await unpacked(model.get("packed"));
  let shown = null;  // {at, texts} of the frame that is in the page
  let before = null;  // the same of the frame before the last move; while the mouse drags, of where it took hold
  let held = false;
  const frame = at => frames[at.reduce((place, k, n) => place * controls[n].words.length + k, 0)];

  const move = n => k => {
    model.set("at", model.get("at").map((old, m) => m === n ? k : old));
    model.save_changes();
  };
  const drawn = controls.map((control, n) => slider(control, {
    hold: () => { before = shown; held = true; },
    move: move(n),
    drop: () => { held = false; },
  }));
  panel.append(...drawn.map(control => control.element), list, spoken);

  const number = (name, k, texts, changed) => make("div", {},
    make("div", { className: "rx-soft", textContent: name }),
    make("div", { className: changed ? "rx-new" : "", textContent: texts[k] }),
    make("div", { className: "rx-soft", textContent: changed ? `was ${before.texts[k]}` : before ? "as before" : "" }));

  const show = () => {
    const at = model.get("at"), { svg, texts } = frame(at);
    shown = { at, texts };
    picture.innerHTML = svg;
    drawn.forEach((control, n) => control.show(at[n], before?.at[n]));
    const changed = names.map((_, k) => before !== null && before.texts[k] !== texts[k]);
    list.replaceChildren(...names.map((name, k) => number(name, k, texts, changed[k])));
    const news = names.flatMap((name, k) => changed[k] ? [`${name} ${texts[k]}, was ${before.texts[k]}`] : []);
    return before === null ? "" : news.join("; ") || "no number has changed";
  };
  const moved = () => {
    if (model.get("at").join() === shown.at.join()) return;
    if (!held) before = shown;
    spoken.textContent = show();
  };
  const redrawn = async () => {  // other pictures at the same stops
    frames = await unpacked(model.get("packed"));
    before = shown;
    spoken.textContent = show();
  };
  show();
  model.on("change:at", moved);
  model.on("change:packed", redrawn);
  return () => {
    model.off("change:at", moved);
    model.off("change:packed", redrawn);
  };
}

export default { render };
