#include "regard/explain/page_template.h"

namespace regard::explain {
namespace {

constexpr std::string_view neurons = R"page(
const floatsIn = (base64) => new Float32Array(bytesIn(base64).buffer);
// {q, k: bytes of which 127 is the greatest, products, scores, logSums}
const numbersOf = (n) => n.cache ??= { q: new Int8Array(bytesIn(n.q.bytes).buffer), k: new Int8Array(bytesIn(n.k.bytes).buffer),
  products: floatsIn(n.products), scores: floatsIn(n.scores), logSums: floatsIn(n.log_sums) };

// A row of cells, one for each element: blue above zero, orange below.
const strip = (count, shareOf, tell) => {
  const canvas = h("canvas", { class: "strip", "aria-hidden": "true", width: `${Math.max(96, Math.min(256, 3 * count))}px` });
  canvas.width = count;
  canvas.height = 1;
  const context = canvas.getContext("2d"), image = context.createImageData(count, 1);
  for (let i = 0; i < count; ++i) {
    const share = shareOf(i), [r, g, b] = share < 0 ? palette.minus : palette.heat;
    image.data.set([r, g, b, 255 * Math.min(1, Math.abs(share))], 4 * i);
  }
  context.putImageData(image, 0, 0);
  canvas.addEventListener("pointermove", (event) => {
    const at = canvas.getBoundingClientRect();
    tell(Math.max(0, Math.min(count - 1, Math.floor((event.clientX - at.left) / at.width * count))));
  });
  return canvas;
};

// The keys that are shown of a query's row: not too many.
const neuronKeys = (x, row, shown) => {
  const seen = shown.keys.filter((s) => x.scores[row + s] > -Infinity);
  const byScore = [...seen].sort((a, b) => x.scores[row + b] - x.scores[row + a]);
  const most = 256;
  if (state.sorted) return byScore.slice(0, most);
  return seen.length <= most ? seen : byScore.slice(0, most).sort((a, b) => a - b);
};

const drawComparison = (n, t, labels, shown) => {
  const x = numbersOf(n), D = n.width, row = t * n.keys, keys = neuronKeys(x, row, shown);
  const q = (d) => x.q[t * D + d] / 127, k = (s, d) => x.k[s * D + d] / 127;
  let most = 1e-30, added = false;
  for (const s of keys) {
    for (let d = 0; d < D; ++d) most = Math.max(most, Math.abs(q(d) * k(s, d)));
    added ||= Math.abs(x.scores[row + s] - x.products[row + s]) > 1e-3 * (1 + Math.abs(x.products[row + s]));
  }
  const readout = h("p", { class: "soft small readout", "aria-live": "polite" });
  const say = (text) => { readout.textContent = text; };
  const heads = ["", "k", "q × k", "product", ...(added ? ["added"] : []), "score", "weight"];
  const first = h("tr", {}, h("th", { scope: "row", dir: "auto" }, labels.rows[t]),
    h("td", {}, strip(D, q, (d) => say(`q[${d}] = ${number(q(d) * n.q.most)}`))),
    h("td", { class: "soft small", colspan: String(heads.length - 2) }, "← q; below it each k"));
  const lines = keys.map((s) => {
    const score = x.scores[row + s], product = x.products[row + s], weight = Math.exp(score - x.logSums[t]);
    const weigh = h("td", { background: `rgba(var(--heat), ${0.03 + 0.97 * weight})` }, percent(weight));
    if (weight > 0.55) weigh.className = "strong";
    return h("tr", {}, h("th", { scope: "row", dir: "auto" }, labels.keys[s]),
      h("td", {}, strip(D, (d) => k(s, d), (d) => say(`k[${d}] of ${labels.keys[s]} = ${number(k(s, d) * n.k.most)}`))),
      h("td", {}, strip(D, (d) => q(d) * k(s, d) / most, (d) => say(`q[${d}] × k[${d}] of ${labels.keys[s]} = ${number(q(d) * k(s, d) * n.q.most * n.k.most)}`))),
      h("td", {}, number(product)), added ? h("td", {}, number(score - product)) : null, h("td", {}, number(score)), weigh);
  });
  const hidden = shown.keys.length - keys.length;
  return [h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Comparisons of a query with its keys" },
    h("table", { class: "neurons" }, h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, first, ...lines))),
    readout, h("p", { class: "small soft" }, `Product: ${number(n.scale)} times the sum of q × k.` + (added ? " Added: what depends on the distance, or a cap." : "") +
      " Weight: exp(score), divided by the sum over all keys." + (hidden > 0 ? ` ${hidden} tokens are not seen from here or count least.` : ""))];
};

const drawNeurons = (example, part, labels, shown) => {
  const heads = (example.neurons ?? []).filter((n) => n.part === part);
  if (heads.length === 0) return null;
  const chosen = heads.find((n) => n.layer === state.layer && n.head === state.head);
  const box = h("section", { "aria-label": "Queries and keys" }, h("h2", {}, "Queries and keys"),
    h("div", { class: "choose" }, ...heads.map((n) => pressed(headTitle(n.layer, n.head), n === chosen, () => choose({ layer: n.layer, head: n.head })))));
  if (!chosen) return box;
  const t = state.row >= 0 && state.row < chosen.rows ? state.row : 0;
  const select = rowChoice("Query", labels, labels.rows.map((_, i) => i));
  select.value = String(t);
  box.append(h("div", { class: "choose" }, h("span", { class: "small" }, "Query"), select,
    pressed("strongest first", state.sorted === 1, () => choose({ sorted: 1 - state.sorted }))), ...drawComparison(chosen, t, labels, shown));
  return box;
};
)page";

constexpr std::string_view frame = R"page(
const selection = (label, value, none, action) => {
  const select = h("select", { id: label.replaceAll(" ", "-"), onchange: (event) => action(Number(event.target.value)) }, none ? h("option", { value: "-1" }, none) : null,
    ...examples.map((e, i) => h("option", { value: String(i) }, (e.name ? `${e.name}: ` : "") + e.text)));
  select.value = String(value);
  return h("span", { class: "pick" }, h("label", { for: label.replaceAll(" ", "-") }, label), select);
};

// What is drawn anew keeps the keyboard's place, what is selected in a field, and how far a table is scrolled.
const placeKept = (change) => {
  const main = document.querySelector("main"), nameOf = (e) => e.getAttribute("aria-label") || e.id || e.textContent;
  const here = main.contains(document.activeElement) ? document.activeElement : null;
  const alike = (tag, name) => [...main.querySelectorAll(tag)].filter((e) => nameOf(e) === name);
  const name = here && nameOf(here), nth = here ? alike(here.tagName, name).indexOf(here) : -1;
  const caret = here?.tagName === "INPUT" ? [here.selectionStart, here.selectionEnd] : null;
  const scrolled = [...main.querySelectorAll(".scroll")].map((e) => [nameOf(e), e.scrollLeft]).filter(([, left]) => left > 0);
  change();
  for (const [label, left] of scrolled) for (const e of main.querySelectorAll(".scroll")) if (nameOf(e) === label) e.scrollLeft = left;
  if (!here) return;
  const found = alike(here.tagName, name);
  (found[nth] ?? found[0])?.focus({ preventScroll: true });
  if (caret) document.activeElement.setSelectionRange?.(...caret);
};

let palette = {};
const draw = () => placeKept(() => {
  palette = { heat: color("--heat"), minus: color("--minus") };
  byId("choose").replaceChildren(...(examples.length > 1 ? [selection("Example", state.example, null, (i) => choose({ example: i, answer: 0, row: -1 })),
    selection("Beside it", state.other, "nothing", (i) => choose({ other: i }))] : []));
  const shown = [state.example, state.other].filter((i) => examples[i]);
  byId("panels").className = shown.length > 1 ? "panels two" : "panels";
  byId("panels").replaceChildren(...shown.map((i, panel) => h("article", {}, examples[i].name ? h("h2", {}, examples[i].name) : null,
    drawAnswers(examples[i]), drawAttention(examples[i], panel))));
});
restore();
draw();
addEventListener("hashchange", () => { restore(); draw(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
)page";

}  // namespace

std::string_view page_script_neurons() { return neurons; }
std::string_view page_script_frame() { return frame; }

}  // namespace regard::explain
