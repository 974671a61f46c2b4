// What the theme's search leaves out: where in a page a word stands, and what was meant by a word that is nowhere.
// `PASSAGES` is what stands in each section of each page (tools/website/passages.py).
const asked = new URLSearchParams(location.search).get("q") ?? "";
const stemmer = new Stemmer();
const stems = splitQuery(asked.toLowerCase()).filter(word => !stopwords.has(word)).map(word => stemmer.stemWord(word));
const make = (tag, values, ...inside) => {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...inside);
  return element;
};

// How well a passage fits: all of what was asked, letter by letter, and its words, in the heading, in prose, in code.
const whole = asked.toLowerCase().trim();
const fits = ([, ...texts]) => {
  const [heading, prose, code] = texts.map(text => text.toLowerCase());
  return 4 * prose.includes(whole) + 2 * code.includes(whole)
    + stems.reduce((sum, stem) => sum + 3 * heading.includes(stem) + 2 * prose.includes(stem) + code.includes(stem), 0);
};

// A line from around the word, which stands out.
function context(prose, code) {
  const places = text => [text.indexOf(whole), ...stems.map(stem => text.indexOf(stem))].filter(place => place >= 0);
  const text = places(prose.toLowerCase()).length ? prose : code || prose, [first = 0] = places(text.toLowerCase());
  const begin = first > 80 ? text.lastIndexOf(" ", first - 60) + 1 : 0, last = text.indexOf(" ", begin + 200);
  const end = last < 0 ? text.length : last;
  const long = text.toLowerCase().startsWith(whole, first) ? whole.length : 0;
  const word = text.substr(first, long) + text.slice(first + long).match(/^[\p{L}\p{N}_]*/u)[0];
  return [begin ? "… " : "", text.slice(begin, first), make("b", {}, word), text.slice(first + word.length, end), last < 0 ? "" : " …"];
}

function explain(item) {
  const link = item.querySelector("a"), [address, place] = link.getAttribute("href").split("#");
  const page = address.replace(/\.html$/, "");
  if (item.classList.contains("kind-object")) return;
  if (page.startsWith("api/")) item.append(" (in the package)");
  const found = (PASSAGES[page] ?? []).filter(([anchor]) => !place || anchor === place).map(each => [fits(each), each])
    .filter(([score]) => score).sort(([a], [b]) => b - a).slice(0, 2);
  for (const [, [anchor, heading, prose, code]] of found) {
    const where = heading && !place ? [make("a", { href: `${address}#${anchor}` }, heading), ": "] : [];
    item.append(make("p", { className: "context" }, ...where, ...context(prose, code)));
  }
}

// How many letters are wrong, missing, too many or exchanged with the next one.
function apart(a, b) {
  const rows = [[...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2][j - 2] + 1 : Infinity;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] !== b[j - 1]), swapped);
    }
  }
  return rows[a.length][b.length];
}

function meant() {
  const count = {};
  for (const [, ...texts] of Object.values(PASSAGES).flat()) {
    for (const word of splitQuery(texts.join(" ").toLowerCase())) count[word] = (count[word] ?? 0) + 1;
  }
  return splitQuery(asked.toLowerCase()).map(word => {
    const near = Object.keys(count).filter(each => Math.abs(each.length - word.length) <= 2 && each.length > 2)
      .map(each => [apart(word, each), -count[each], each]).filter(([far]) => far <= (word.length < 6 ? 1 : 2))
      .sort(([a, m], [b, n]) => a - b || m - n);
    return count[word] || !near.length ? word : near[0][2];
  }).join(" ");
}

new MutationObserver(changes => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.tagName === "LI") explain(node);
  }
  const said = document.querySelector(".search-summary");
  if (said?.textContent.startsWith("Your search")) {
    const better = meant();
    said.replaceChildren(`Nothing was found for “${asked}”.`);
    if (better !== asked.toLowerCase()) said.append(" Did you mean ", make("a", { href: `?q=${encodeURIComponent(better)}` }, better), "?");
  }
}).observe(document.querySelector("#search-results"), { childList: true, subtree: true });
