#include "regard/explain/page_template.h"

namespace regard::explain {
namespace {

constexpr std::string_view maps = R"page(
const partNames = { encoder: "within the text", decoder: "within what was written", cross: "from what is written to the source" };
const layersOf = (example, part) => example.attention.filter((l) => l.part === part);
const partsOf = (example) => [...new Set(example.attention.map((l) => l.part))];
const partOf = (example) => {
  const parts = partsOf(example);
  return parts.includes(state.part) ? state.part : parts.includes("cross") ? "cross" : parts[0];
};
// As commands name it, from 0.
const attentionName = (part, layer) => `${part === "encoder" ? "encoder" : "decoder"}.block.${layer}${part === "cross" ? ".cross" : ""}.attention`;

// {rows, keys, values, root} with values from 0 to 1: of a head; of all of a layer (head -1); of all (layer -1); rollout (layer -2).
// Among many columns a weight is small: its root tells more there.
const mapOf = (example, part, layer, head) => {
  const layers = layersOf(example, part);
  if (layer === -2 && example.rollout && example.rollout[part]) {
    const r = example.rollout[part];
    return { rows: r.length, keys: r[0].length, values: Float32Array.from(r.flat()), root: r[0].length > 12 };
  }
  const { rows, keys } = layers[0];
  const values = new Float32Array(rows * keys), chosen = layers.filter((l) => layer < 0 || l.layer === layer);
  const whole = layer < 0 || head < 0, unit = 1 / 255 / (whole ? chosen.reduce((sum, l) => sum + l.heads, 0) : 1);
  for (const l of chosen) {
    const bytes = l.cache ??= bytesIn(l.bytes);
    for (let k = 0; k < l.heads; ++k) {
      if (!whole && k !== head) continue;
      for (let i = 0, from = k * values.length; i < values.length; ++i) values[i] += unit * bytes[from + i];
    }
  }
  return { rows, keys, values, root: keys > 12 };
};
// What is left of it when some rows and columns are shown.
const cropped = (map, shown) => {
  const rows = shown.rows.length, keys = shown.keys.length;
  if (rows === map.rows && keys === map.keys) return map;
  const values = new Float32Array(rows * keys);
  shown.rows.forEach((t, i) => shown.keys.forEach((s, k) => { values[i * keys + k] = map.values[t * map.keys + s]; }));
  return { rows, keys, values, root: map.root };
};
// Small enough for a button: of several weights the greatest.
const reduced = (map) => {
  const by = Math.ceil(Math.max(map.rows, map.keys) / 96);
  if (by <= 1) return map;
  const rows = Math.ceil(map.rows / by), keys = Math.ceil(map.keys / by), values = new Float32Array(rows * keys);
  for (let t = 0; t < map.rows; ++t)
    for (let s = 0; s < map.keys; ++s) {
      const to = Math.floor(t / by) * keys + Math.floor(s / by), w = map.values[t * map.keys + s];
      if (w > values[to]) values[to] = w;
    }
  return { rows, keys, values, root: map.root };
};
const paint = (canvas, map) => {
  if (map.values.length === 0) return;
  canvas.width = map.keys;
  canvas.height = map.rows;
  const [r, g, b] = palette.heat, context = canvas.getContext("2d"), image = context.createImageData(map.keys, map.rows), data = image.data;
  for (let i = 0, to = 0; i < map.values.length; ++i, to += 4) {
    data[to] = r;
    data[to + 1] = g;
    data[to + 2] = b;
    data[to + 3] = 8 + 247 * Math.min(1, map.root ? Math.sqrt(map.values[i]) : map.values[i]);
  }
  context.putImageData(image, 0, 0);
};
const labelsOf = (example, part) => {
  const pieces = (side) => side.tokens.map((t) => t.piece);
  const source = pieces(example.sides[0]), own = pieces(example.sides[example.sides.length - 1]);
  if (part === "encoder") return { rows: source, keys: source };
  if (part === "decoder") return { rows: own, keys: own };
  const written = example.answers.map((a) => a.text);
  return { rows: written.length === own.length ? written : own, keys: source };
};

// The rows and columns that are shown: tokens that hold one of the filter's words, or whose number it names (#12).
const shownOf = (labels) => {
  const words = state.filter.toLowerCase().split(/\s+/).filter((w) => w);
  const matches = (text, i) => words.length === 0 || words.some((w) => /^#\d+$/.test(w) ? Number(w.slice(1)) === i : text.toLowerCase().includes(w));
  const all = (list) => list.map((_, i) => i), some = (list) => all(list).filter((i) => matches(list[i], i));
  return { rows: state.by === "columns" ? all(labels.rows) : some(labels.rows), keys: state.by === "rows" ? all(labels.keys) : some(labels.keys) };
};
let tokensOpen = false;
const drawFilter = (labels, shown) => {
  const type = (event) => { if (!event.isComposing) choose({ filter: event.target.value }); };
  const input = h("input", { type: "search", class: "plain", "aria-label": "Show only tokens with", placeholder: "part of a token", dir: "auto", oninput: type, oncompositionend: type });
  input.value = state.filter;
  const toggle = (i) => {
    const words = state.filter.split(/\s+/).filter((w) => w), word = `#${i}`;
    choose({ filter: (words.includes(word) ? words.filter((w) => w !== word) : [...words, word]).join(" ") });
  };
  const list = state.by === "columns" ? labels.keys : labels.rows, of = state.by === "columns" ? shown.keys : shown.rows;
  const tokens = h("details", {}, h("summary", {}, "choose tokens"), h("div", { class: "tokens", dir: "auto" },
    ...list.map((text, i) => h("button", { type: "button", "aria-pressed": String(state.filter !== "" && of.includes(i)), title: `#${i}`, onclick: () => toggle(i) }, text))));
  tokens.open = tokensOpen;
  tokens.addEventListener("toggle", () => { tokensOpen = tokens.open; });
  return h("div", {}, h("div", { class: "choose" }, h("span", { class: "small" }, "Show only tokens with"), input,
    ...["rows", "columns", "both"].map((by) => pressed(by, state.by === by, () => choose({ by }))),
    state.filter === "" ? null : pressed("all", false, () => choose({ filter: "" })),
    state.filter === "" ? null : h("span", { class: "small soft", "aria-live": "polite" },
      `${shown.rows.length} of ${labels.rows.length} rows, ${shown.keys.length} of ${labels.keys.length} columns`)), tokens);
};
)page";

constexpr std::string_view attention = R"page(
const headTitle = (layer, head) => layer === -2 ? "Rollout" : layer < 0 ? "Mean of all heads" :
  head < 0 ? `Layer ${layer + 1}, mean of its heads` : `Layer ${layer + 1}, head ${head + 1}`;
const headName = () => headTitle(state.layer, state.head);

// The small pictures of each panel, painted anew when what they show changes.
const thumbnails = [];
const thumbnail = (panel, layer, head, make) => {
  const kept = thumbnails[panel].pictures, key = `${layer} ${head}`;
  if (!kept.has(key)) {
    kept.set(key, h("canvas", { "aria-hidden": "true" }));
    paint(kept.get(key), reduced(make()));
  }
  return kept.get(key);
};

const drawHeads = (example, part, panel, shown) => {
  const sign = JSON.stringify([examples.indexOf(example), part, state.filter, state.by, palette]);
  if (thumbnails[panel]?.sign !== sign) thumbnails[panel] = { sign, pictures: new Map() };
  const answer = example.answers[Math.min(state.answer, example.answers.length - 1)];
  const box = h("div", { role: "group", "aria-label": "Layers and heads" });
  const button = (layer, head, label, importance) => {
    const on = state.layer === layer && (layer < 0 || state.head === head);
    return h("button", { type: "button", "aria-pressed": String(on), onclick: () => choose({ layer, head }), "aria-label": headTitle(layer, head) },
      thumbnail(panel, layer, head, () => cropped(mapOf(example, part, layer, head), shown)), label,
      importance === undefined ? null : h("span", { class: "weight", width: `${100 * importance}%` }));
  };
  box.append(h("div", { class: "layer" }, h("span", {}, ""), h("div", { class: "heads" }, button(-1, -1, "mean"),
    example.rollout && example.rollout[part] ? button(-2, -1, "rollout") : null)));
  const own = (answer?.importance ?? []).filter((l) => l.part === part);
  const most = Math.max(1e-30, ...own.flatMap((l) => l.heads.map(Math.abs)));
  for (const layer of layersOf(example, part)) {
    const importance = own.find((l) => l.layer === layer.layer)?.heads;
    const row = h("div", { class: layer.heads > 8 ? "heads many" : "heads" });
    for (let k = 0; k < layer.heads; ++k)
      row.append(button(layer.layer, k, String(k + 1), importance ? Math.abs(importance[k]) / most : undefined));
    box.append(h("div", { class: "layer" }, h("span", { title: `layer ${layer.layer + 1}` }, `L${layer.layer + 1}`), row));
  }
  box.addEventListener("keydown", (event) => {
    const here = document.activeElement, rows = [...box.querySelectorAll(".heads")], row = here.parentElement;
    const next = { ArrowLeft: () => here.previousElementSibling, ArrowRight: () => here.nextElementSibling,
      ArrowUp: () => rows[rows.indexOf(row) - 1]?.children[[...row.children].indexOf(here)],
      ArrowDown: () => rows[rows.indexOf(row) + 1]?.children[[...row.children].indexOf(here)] }[event.key];
    if (!next) return;
    next()?.focus();
    event.preventDefault();
  });
  return box;
};

const drawTable = (map, labels, shown, readout) => {
  const columns = [];
  const top = h("tr", {}, h("td"));
  for (const s of shown.keys) {
    const th = h("th", { scope: "col" }, h("span", { dir: "auto" }, labels.keys[s]));
    columns.push(th);
    top.append(th);
  }
  const body = h("tbody");
  shown.rows.forEach((t, i) => {
    const head = h("th", { scope: "row" }, h("button", { type: "button", dir: "auto", "aria-pressed": String(state.row === t),
      onclick: () => choose({ row: state.row === t ? -1 : t }) }, labels.rows[t]));
    const line = h("tr", {}, head);
    shown.keys.forEach((s, k) => {
      const w = map.values[i * map.keys + k];
      const cell = h("td", { background: `rgba(var(--heat), ${0.03 + 0.97 * w})` }, w >= 0.01 ? String(Math.round(100 * w)) : "");
      if (w > 0.55) cell.className = "strong";
      cell.addEventListener("pointerenter", () => {
        head.classList.add("lit");
        columns[k].classList.add("lit");
        readout.textContent = `${labels.rows[t]} → ${labels.keys[s]}: ${percent(w)}`;
      });
      cell.addEventListener("pointerleave", () => { head.classList.remove("lit"); columns[k].classList.remove("lit"); });
      line.append(cell);
    });
    body.append(line);
  });
  return h("table", { class: "map" }, h("caption", {}, `${headName()}: each row looks at the columns, in percent`), h("thead", {}, top), body);
};

const drawCanvas = (map, labels, shown, readout) => {
  const canvas = h("canvas", { class: "big", role: "img", "aria-label": `${headName()}: ${map.rows} rows, ${map.keys} columns` });
  paint(canvas, map);
  const place = (event) => {
    const at = canvas.getBoundingClientRect(), within = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    return [within((event.clientY - at.top) / at.height, map.rows), within((event.clientX - at.left) / at.width, map.keys)];
  };
  canvas.addEventListener("pointermove", (event) => {
    const [i, k] = place(event), t = shown.rows[i], s = shown.keys[k];
    readout.textContent = `${labels.rows[t]} (${t}) → ${labels.keys[s]} (${s}): ${percent(map.values[i * map.keys + k])}`;
  });
  canvas.addEventListener("click", (event) => choose({ row: shown.rows[place(event)[0]] }));
  return [h("p", { class: "small" }, h("b", {}, headName()), ": each row looks at the columns. Row: ", rowChoice("Row", labels, shown.rows, "all rows")), canvas];
};
const rowChoice = (name, labels, rows, none) => {
  const select = h("select", { "aria-label": name, onchange: (event) => choose({ row: Number(event.target.value) }) },
    none ? h("option", { value: "-1" }, none) : null, ...rows.map((t) => h("option", { value: String(t) }, `${t} ${labels.rows[t]}`)));
  select.value = String(state.row);
  return select;
};

const drawMap = (example, part, labels, shown) => {
  const box = h("section", { "aria-label": "Weights" });
  if (shown.rows.length * shown.keys.length === 0) {
    box.append(h("p", { class: "soft" }, "No token of this text is like that."));
    return box;
  }
  const whole = mapOf(example, part, state.layer, state.head), map = cropped(whole, shown);
  const readout = h("p", { class: "soft small readout", "aria-live": "polite" });
  if (map.rows * map.keys <= 1600)
    box.append(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of attention weights" }, drawTable(map, labels, shown, readout)));
  else
    box.append(...drawCanvas(map, labels, shown, readout));
  box.append(readout);
  if (state.row >= 0 && state.row < whole.rows) {
    const row = Array.from(whole.values.subarray(state.row * whole.keys, (state.row + 1) * whole.keys));
    const side = part === "decoder" ? example.sides[example.sides.length - 1] : example.sides[0];
    box.append(h("p", { class: "small" }, `What ${labels.rows[state.row]} looks at:`), tokenStrip(side, row, Math.max(...row), percent));
  }
  const layer = layersOf(example, part).find((l) => l.layer === state.layer);
  const figures = layer && state.head >= 0 ? layer.figures[state.head] : undefined;
  if (figures)
    box.append(h("p", { class: "small soft" }, `${figures.role}: entropy ${figures.entropy.toFixed(2)} bits; first token ${percent(figures.first)}, added tokens ${percent(figures.special)}` +
      (part === "cross" ? "" : `, the token before ${percent(figures.previous)}, itself ${percent(figures.itself)}, the next ${percent(figures.next)}, equal tokens ${percent(figures.equal)}`),
      ". In commands: ", h("code", {}, `${attentionName(part, state.layer)}:heads=${state.head}`)));
  return box;
};

const drawAttention = (example, panel) => {
  if (example.attention.length === 0) return null;
  const part = partOf(example), parts = partsOf(example), labels = labelsOf(example, part), shown = shownOf(labels);
  return h("section", {}, h("h2", {}, "Attention"),
    parts.length > 1 ? h("div", { class: "choose" }, ...parts.map((p) => pressed(partNames[p], p === part, () => choose({ part: p, row: -1 })))) : null,
    drawFilter(labels, shown),
    h("div", { class: "parts" }, drawHeads(example, part, panel, shown), drawMap(example, part, labels, shown)),
    drawNeurons(example, part, labels, shown));
};
)page";

}  // namespace

std::string_view page_script_maps() { return maps; }
std::string_view page_script_attention() { return attention; }

}  // namespace regard::explain
