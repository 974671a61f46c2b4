// One component for every explorer: controls, numbers with what they were, a picture, and a line that is spoken.
//
// A model has get, set, save_changes, on and off. A kernel brings one (anywidget); on a page without Jupyter it is the
// stand-in of mount.js. Python has drawn the frames: they are only shown here. `at` says where the controls stand, and
// the frames are found by it. Where a frame is missing, a live explorer waits for Python to draw it.

const make = (tag, values = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...inside);
  return element;
};

// All frames: JSON, or zlib of it, as bytes from a kernel or as base64 on a page. What they have in common is there once.
const unpacked = async packed => {
  const bytes = typeof packed === "string" ? Uint8Array.from(atob(packed), letter => letter.charCodeAt(0))
    : new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const plain = bytes[0] === "{".charCodeAt(0);
  const { pieces, frames } = plain ? JSON.parse(new TextDecoder().decode(bytes))
    : await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  for (const frame of Object.values(frames)) frame.svg = frame.svg.map(k => pieces[k]);
  return frames;
};

// Keys belong to a control while it has the focus: else b inserts a cell in JupyterLab, and d d deletes one.
const keysStay = element => {
  element.dataset.lmSuppressShortcuts = "true";
  element.addEventListener("keydown", event => event.stopPropagation());
  return element;
};

const painted = act => requestAnimationFrame(() => setTimeout(act));  // after the next frame of the screen

const newId = () => "rx-" + Math.random().toString(36).slice(2);  // an explorer may stand twice on one page

// A slider over named stops: the browser's own, with a name, a value and the keyboard.
function slider({ name, words, ticks }, { hold, move, drop }) {
  const id = newId(), last = words.length - 1;
  const place = k => `calc(10px + ${last ? k / last : 0} * (100% - 20px))`;  // the middle of the thumb at stop k
  const word = make("span", { ariaHidden: "true" }), ring = make("div", { className: "rx-ring" });
  const input = keysStay(make("input", { type: "range", id, min: 0, max: last, step: 1 }));
  const rail = make("div", { className: "rx-rail" }, ring, input);
  ticks.forEach((text, k) => {
    const tick = make("span", { className: "rx-tick", textContent: text, ariaHidden: "true" });
    tick.style.left = place(k);
    tick.style.maxWidth = k % last ? `calc(${100 / last}% - 4px)` : "4.3em";  // the first and the last have no room beside them
    rail.append(tick);
  });
  input.addEventListener("pointerdown", hold);
  for (const end of ["change", "pointerup", "pointercancel"]) input.addEventListener(end, drop);
  input.addEventListener("input", () => move(Number(input.value)));
  return {
    element: make("div", { className: "rx-control" }, make("label", { htmlFor: id, textContent: name }), word, rail),
    show(k, was) {
      input.value = k;
      input.setAttribute("aria-valuetext", words[k]);
      write(word, "textContent", words[k]);
      ring.hidden = was === undefined || was === k;
      ring.style.left = place(was ?? k);
    },
  };
}

// One of several names, or a line of text that is taken when Enter is pressed.
function field({ name, words, hint }, { move }) {
  const id = newId(), input = keysStay(words ? make("select", { id }) : make("input", { id, placeholder: hint }));
  if (words) input.append(...words.map((textContent, value) => make("option", { textContent, value })));
  input.addEventListener("change", () => move(words ? Number(input.value) : input.value));
  return {
    element: make("div", { className: "rx-field" }, make("label", { htmlFor: id, textContent: name }), input),
    show(k) { input.value = k; },
  };
}

// What is there already is not written again: it would cost a style and a place.
const write = (element, name, text) => { if (element[name] !== text) element[name] = text; };

// The numbers, each beside its name; below it what it was, if that is known.
function numbers() {
  const element = make("div", { className: "rx-list" });
  return {
    element,
    show(names, texts, were) {
      while (element.children.length > names.length) element.lastChild.remove();
      while (element.children.length < names.length) element.append(make("div", {}, make("div"), make("div"), make("div")));
      names.forEach((name, k) => {
        const [what, now, before] = element.children[k].children, was = were[k];
        write(what, "textContent", name);
        write(what, "className", "rx-soft");
        write(now, "textContent", texts[k]);
        write(now, "className", was && was !== texts[k] ? "rx-new" : "");
        write(before, "textContent", !was ? "" : was === texts[k] ? "as before" : `was ${was}`);
        write(before, "className", "rx-soft");
      });
    },
  };
}

// The elements of a drawing, each with all that stands in it; one that is there twice is told apart by a space.
function elements(pieces) {
  const found = new Set();
  let text = "", depth = 0;
  for (const piece of pieces) {
    text += piece;
    depth += piece.startsWith("</") ? -1 : piece.endsWith("/>") ? 0 : 1;
    if (depth) continue;
    while (found.has(text)) text += " ";
    found.add(text);
    text = "";
  }
  return [...found];
}

// The picture, and what stands below it. Two frames have most of their elements in common: these stay as they are, and
// the browser need not work out their style, their place and their paint again.
function canvas() {
  const element = make("div", { className: "rx-picture" }), below = make("div");
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  let parts = new Map(), under = "";  // the elements of the drawing, by how they are written; how `below` is written
  return {
    element,
    show(pieces) {
      if (!drawing.parentNode) element.append(drawing, below);
      const first = pieces.findIndex(piece => piece.startsWith("<svg")), end = pieces.indexOf("</svg>");
      const wanted = elements(pieces.slice(first + 1, end)), missing = wanted.filter(text => !parts.has(text));
      const fresh = make("div", { innerHTML: `${pieces[first]}${missing.join("")}</svg>` }).firstChild;
      for (const { name, value } of fresh.attributes) {
        if (drawing.getAttribute(name) !== value) drawing.setAttribute(name, value);
      }
      const made = [...fresh.children], old = parts;
      parts = new Map(wanted.map(text => [text, old.get(text) ?? made.shift()]));
      old.forEach((part, text) => { if (!parts.has(text)) part.remove(); });
      let place = drawing.firstChild;
      for (const part of parts.values()) {
        if (part === place) place = place.nextSibling;
        else drawing.insertBefore(part, place);
      }
      const rest = pieces.slice(end + 1).join("");
      if (rest === under) return;
      below.innerHTML = under = rest;
      below.querySelectorAll("[data-style]").forEach(each => { each.style.cssText = each.dataset.style; });
    },
  };
}

// For a class: larger type, and the whole screen where the host allows it. Escape or the same button ends it.
function projector(explorer) {
  const button = keysStay(make("button", { type: "button", className: "rx-projector", textContent: "Projector" }));
  const turn = on => { explorer.classList.toggle("rx-large", on); button.ariaPressed = on; };
  turn(false);
  button.addEventListener("click", () => {
    turn(!explorer.classList.contains("rx-large"));
    if (explorer.matches(":fullscreen")) document.exitFullscreen();
    else if (explorer.matches(".rx-large")) explorer.requestFullscreen?.()?.catch(() => {});  // the type is large, too
  });
  explorer.addEventListener("fullscreenchange", () => turn(explorer.matches(":fullscreen")));
  return button;
}

const SILENT = "The kernel has not answered yet. If there is none, start one and run the cell again.";

async function render({ model, el }) {
  const live = model.get("live"), acts = model.get("buttons")?.length;  // a proof can be started and stopped
  const controls = make("div", { className: "rx-controls" }), list = numbers(), picture = canvas();
  const work = make("div", { className: "rx-work" }), problem = make("div", { role: "alert", className: "rx-problem" });
  // A screen reader says what has changed; what Python says there is seen, too.
  const spoken = make("div", { role: "status", className: acts ? "rx-said" : "rx-spoken" });
  const panel = make("div", { className: `rx-panel ${acts ? "rx-findings" : ""}` }, controls, work, spoken, problem, list.element);
  if (live) panel.append(make("div", { className: "rx-soft", textContent: "Computed as you choose: this needs a running kernel." }));
  const explorer = make("div", { className: "rx-explorer" }, make("div", { className: "rx-body" }, panel, picture.element));
  panel.append(projector(explorer));
  el.append(explorer);

  let frames = await unpacked(model.get("packed"));
  let drawn = [];  // the controls
  let shown = null;  // {at, texts} of the frame that is in the page
  let before = null;  // the same of the frame before the last move; while the mouse drags, of where it took hold
  let held = false, waiting = 0;

  // On a page without Python: where a frame is missing, the nearest stop of the last control that has one.
  const reached = at => {
    if (live || frames[at]) return at;
    const others = at.slice(0, -1), far = model.get("controls").at(-1).words.length;
    const stops = [...Array(far).keys()].filter(k => frames[[...others, k]]);
    stops.sort((a, b) => Math.abs(a - at.at(-1)) - Math.abs(b - at.at(-1)));
    return stops.length ? [...others, stops[0]] : null;
  };
  const move = n => place => {
    const at = reached(model.get("at").map((old, m) => m === n ? place : old));
    if (at === null) return stand();
    model.set("at", at);
    if (frames[at]) painted(() => model.save_changes());  // it is shown already: the kernel hears of it afterwards
    else model.save_changes();
  };
  const build = () => {
    drawn = model.get("controls").map((control, n) => (control.ticks ? slider : field)(control, {
      hold: () => { before = shown; held = true; },
      move: move(n),
      drop: () => { held = false; },
    }));
    controls.replaceChildren(...drawn.map(control => control.element));
  };

  const stand = () => {
    const at = model.get("at");
    drawn.forEach((control, n) => control.show(at[n], before?.at[n]));
  };
  const show = () => {
    const at = model.get("at"), names = model.get("names"), { svg, texts } = frames[at];
    shown = { at, names, texts };
    picture.show(svg);
    stand();
    const were = names.map((_, k) => before?.names.join() === names.join() ? before.texts[k] : undefined);
    list.show(names, texts, were);
    if (acts || before === null) return;
    const news = names.flatMap((name, k) => were[k] && were[k] !== texts[k] ? [`${name} ${texts[k]}, was ${were[k]}`] : []);
    spoken.textContent = news.join("; ") || "no number has changed";
  };
  // What the model says now, as far as its frame is there.
  const refresh = () => {
    const at = model.get("at");
    clearTimeout(waiting);
    stand();
    if (!frames[at]) {
      waiting = setTimeout(() => { if (!model.get("problem")) trouble(SILENT); }, 4000);
    } else if (at.join() !== shown?.at.join()) {
      if (!held) before = shown;
      show();
      troubled();
    }
  };
  const redrawn = async () => {  // other frames
    frames = await unpacked(model.get("packed"));
    if (!frames[model.get("at")]) return;  // the hand has moved on, and more are on their way
    clearTimeout(waiting);
    if (!held) before = shown;
    show();
    troubled();
  };

  const trouble = words => problem.replaceChildren(...words ? [words] : []);
  const troubled = () => {
    const words = model.get("problem");
    trouble(words && `That can’t be drawn: ${words}${shown ? ". The picture is the last one that could." : ""}`);
  };
  const say = () => { spoken.textContent = model.get("said"); };
  const progress = () => {
    const [done, total, what] = model.get("progress") ?? [];
    work.replaceChildren(...total ? [make("progress", { max: total, value: done, ariaLabel: "work" }),
                                     ` ${done} of ${total} steps: ${what}`] : []);
  };
  const buttons = acts && model.get("buttons").map((textContent, n) => {
    const button = keysStay(make("button", { textContent, type: "button" }));
    button.addEventListener("click", () => {
      model.set("presses", model.get("presses").map((times, m) => times + (m === n)));
      model.save_changes();
    });
    return button;
  });
  if (acts) controls.after(make("div", { className: "rx-buttons" }, ...buttons));

  build();
  stand();
  if (frames[model.get("at")]) show();
  const heard = { "change:at": refresh, "change:packed": redrawn, "change:controls": () => { build(); stand(); },
                  "change:problem": troubled, "change:said": say, "change:progress": progress };
  if (live) [troubled, say, progress].forEach(each => each());
  Object.entries(heard).forEach(([event, tell]) => model.on(event, tell));
  return () => Object.entries(heard).forEach(([event, tell]) => model.off(event, tell));
}

export default { render };
