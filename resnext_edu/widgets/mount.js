
// On a page without Jupyter: a stand-in for the kernel's model, with the same five functions.
for (const host of document.querySelectorAll(".rx-host:not([data-alive])")) {
  const state = JSON.parse(host.querySelector("script").textContent), heard = {};
  const model = {
    get: name => state[name],
    set(name, value) { state[name] = value; (heard[`change:${name}`] ?? []).forEach(tell => tell()); },
    save_changes() {},
    on(event, tell) { (heard[event] ??= []).push(tell); },
    off(event, tell) { heard[event] = (heard[event] ?? []).filter(other => other !== tell); },
  };
  const el = document.createElement("div");
  host.dataset.alive = "";  // another explorer on the same page brings the same script
  render({ model, el }).then(() => host.querySelector(".rx-static").replaceWith(el));
}
