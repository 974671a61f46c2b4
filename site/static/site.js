// One button opens and folds everything that a lesson has folded: for a teacher, and for print.
const note = document.querySelector(".lesson-note");
const folds = [...document.querySelectorAll("article details")].filter(fold => !fold.closest(".cell_output"));
if (note && folds.length) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "open-all" });
  const say = () => { button.textContent = folds.every(fold => fold.open) ? "Fold all answers" : "Open all answers"; };
  button.addEventListener("click", () => {
    const open = !folds.every(fold => fold.open);
    for (const fold of folds) fold.open = open;
  });
  for (const fold of folds) fold.addEventListener("toggle", say);
  say();
  note.append(button);
}

// What scrolls sideways, on a phone most of all, has to be within a keyboard's reach.
const article = document.querySelector("article");
const reach = () => {
  for (const box of article.querySelectorAll(`pre, p, .table-wrapper, .output, .rx-picture, [style*="overflow"]`)) {
    if (box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible") box.tabIndex = 0;
    else if (box.tabIndex === 0) box.removeAttribute("tabindex");
  }
};
new ResizeObserver(reach).observe(article);
