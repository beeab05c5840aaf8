#include "regard/explain/page_template.h"

namespace regard::explain {
namespace {

constexpr std::string_view basics = R"page("use strict";
const examples = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const h = (tag, props = {}, ...children) => {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === "class") e.className = value;
    else if (key === "background") e.style.background = value;
    else if (key === "width") e.style.width = value;
    else if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else e.setAttribute(key, value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
};
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const percent = (p) => `${(100 * p).toFixed(2)} %`;
const number = (x) => Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5 || x === 0 ? x.toFixed(4) : x.toExponential(3);
const shade = (share) => `rgba(${color(share < 0 ? "--minus" : "--heat")}, ${Math.abs(share)})`;

// What is shown; the address keeps it, so that a view can be linked to.
const state = { example: 0, other: -1, answer: 0, method: 0, words: 0, part: "", layer: -1, head: -1, row: -1 };
const restore = () => {
  for (const [key, value] of new URLSearchParams(location.hash.slice(1)))
    if (key in state) state[key] = key === "part" ? value : Number(value);
  if (!examples[state.example]) state.example = 0;
  if (!examples[state.other]) state.other = -1;
};
const choose = (changes) => {
  Object.assign(state, changes);
  history.replaceState(null, "", "#" + new URLSearchParams(state));
  draw();
};

const shownPiece = (piece) => piece;
// Tokens, or the words they make: [{text, special, from, to}], tokens from .. to - 1.
const units = (side) => {
  const list = [];
  side.tokens.forEach((token, i) => {
    const last = list[list.length - 1];
    if (state.words && token.continues && last) {
      last.text += token.piece.replace(/^##/, "");
      last.to = i + 1;
    } else {
      list.push({ text: shownPiece(token.piece), special: token.special === true, from: i, to: i + 1 });
    }
  });
  return list;
};
const sumOver = (scores, unit) => {
  let sum = 0;
  for (let i = unit.from; i < unit.to; ++i) sum += scores[i] ?? 0;
  return sum;
};

// A side's tokens on backgrounds that say their scores (shares of `most`), with a line that reads one out.
const tokenStrip = (side, scores, most, what, last = Infinity) => {
  const readout = h("p", { class: "soft small readout", "aria-live": "polite" });
  const strip = h("div", { class: "tokens", dir: "auto" });
  for (const unit of units(side)) {
    const score = sumOver(scores, unit);
    const tell = () => { readout.textContent = `${unit.text}: ${what(score)}`; };
    const share = most > 0 ? score / most : 0;
    const token = h("span", { tabindex: "0", class: (unit.special ? "special" : "") + (unit.from > last ? " unread" : ""), title: what(score), background: shade(share),
      onpointerenter: tell, onfocus: tell }, unit.text);
    if (Math.abs(share) > 0.55) token.style.color = "var(--on-heat)";
    strip.append(token);
  }
  return h("div", {}, strip, readout);
};

const pressed = (label, on, action, props = {}) =>
  h("button", { type: "button", class: "plain", "aria-pressed": String(on), onclick: action, ...props }, label);
)page";

constexpr std::string_view answers = R"page(
const answerName = (a) => (a.about ? `${a.about}: ` : "") + a.text + (a.contrast ? `, and not ${a.contrast}` : "");

const drawBars = (candidates) => {
  const box = h("div");
  for (const c of candidates)
    box.append(h("div", { class: "bar" }, h("span", { dir: "auto", title: c.text }, c.text),
      h("i", { width: `${Math.max(0, Math.min(100, 100 * c.score))}%` }), h("span", {}, percent(c.score))));
  return box;
};

const drawCurve = (f) => {
  const ns = "http" + "://www.w3.org/2000/svg";
  const make = (tag, props, text) => {
    const e = document.createElementNS(ns, tag);
    for (const [k, v] of Object.entries(props)) e.setAttribute(k, v);
    if (text) e.textContent = text;
    return e;
  };
  const svg = make("svg", { viewBox: "0 0 340 170", class: "curve", role: "img", "aria-label":
    `Probability of the answer when the strongest tokens are replaced, area ${number(f.deletion_area)}, and when only they are kept, area ${number(f.insertion_area)}` });
  const x = (v) => 40 + 270 * v, y = (v) => 140 - 125 * v;
  for (const v of [0, 0.5, 1]) {
    svg.append(make("line", { x1: x(0), x2: x(1), y1: y(v), y2: y(v), stroke: "currentColor", "stroke-opacity": .2 }));
    svg.append(make("text", { x: 34, y: y(v) + 4, "text-anchor": "end" }, `${100 * v} %`));
    svg.append(make("text", { x: x(v), y: 156, "text-anchor": "middle" }, `${100 * v} %`));
  }
  svg.append(make("text", { x: x(.5), y: 168, "text-anchor": "middle" }, "of the tokens, the strongest first"));
  for (const [values, name] of [[f.deletion, "--minus"], [f.insertion, "--heat"]])
    svg.append(make("polyline", { points: values.map((v, i) => `${x(f.fractions[i])},${y(v)}`).join(" "), fill: "none",
      stroke: `rgb(${color(name)})`, "stroke-width": 2 }));
  return h("div", {}, svg, h("p", { class: "small soft" },
    `Orange: they are replaced (comprehensiveness ${number(f.comprehensiveness)}). Blue: only they are kept (sufficiency ${number(f.sufficiency)}).`));
};

const drawAttribution = (example, answer) => {
  const box = h("section", {}, h("h2", {}, "What the answer depends on"));
  const methods = answer.attributions;
  const chosen = Math.min(state.method, methods.length - 1);
  box.append(h("div", { class: "choose" }, ...methods.map((m, i) => pressed(m.method, i === chosen, () => choose({ method: i }))),
    pressed("words", state.words === 1, () => choose({ words: 1 - state.words }))));
  const a = methods[chosen];
  let most = 0;
  example.sides.forEach((side, i) => units(side).forEach((unit) => { most = Math.max(most, Math.abs(sumOver(a.scores[i] ?? [], unit))); }));
  example.sides.forEach((side, i) => {
    if (!a.scores[i]) return;
    if (example.sides.length > 1) box.append(h("p", { class: "small soft" }, side.name));
    // What was written behind the answer is nothing that it could depend on.
    const writes = ["translation", "text-generation"].includes(example.task) && i === example.sides.length - 1;
    box.append(tokenStrip(side, a.scores[i], most, number, writes ? answer.row : Infinity));
  });
  let line = `${answer.measure} ${number(a.value)}`;
  if (a.completeness_error !== undefined)
    line += `, ${number(a.baseline_value)} without the words; the scores miss the difference by ${number(a.completeness_error)}`;
  box.append(h("p", { class: "small soft" }, line));
  if (a.faithfulness) box.append(drawCurve(a.faithfulness));
  return box;
};

const drawLens = (answer) => {
  const rows = answer.lens.map((layer, i) => h("tr", {}, h("th", { scope: "row" }, String(i + 1)), h("td", {}, percent(layer.score)),
    ...layer.candidates.slice(0, 4).map((c) => h("td", { dir: "auto" }, `${c.text} `, h("span", { class: "soft" }, percent(c.score))))));
  return h("section", {}, h("h2", {}, "After each block"), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Answers after each block" },
    h("table", { class: "lens" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "block"), h("th", { scope: "col" }, "this answer"),
      h("th", { scope: "col", colspan: "4" }, "likeliest"))), h("tbody", {}, ...rows))));
};

const drawDirect = (direct) => {
  const cell = (x, most) => h("td", { background: shade(x / most) }, number(x));
  const most = Math.max(1e-30, ...direct.blocks.flatMap((b) => [...b.heads, b.feed_forward]).map(Math.abs));
  const heads = Math.max(0, ...direct.blocks.map((b) => b.heads.length));
  const names = [...Array(heads).keys()].map((i) => `head ${i + 1}`).concat(["attention", "feed-forward"]);
  const rows = direct.blocks.map((b, i) => h("tr", {}, h("th", { scope: "row" }, String(i + 1)), ...b.heads.map((x) => cell(x, most)),
    cell(b.attention, most), cell(b.feed_forward, most)));
  return h("section", {}, h("h2", {}, "What each part adds to the logit directly"),
    h("p", { class: "small soft" }, `Embedding ${number(direct.embedding)}, biases ${number(direct.rest)}, and of each block:`),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Direct effects" }, h("table", { class: "lens" }, h("thead", {}, h("tr", {},
      h("th", { scope: "col" }, "block"), ...names.map((n) => h("th", { scope: "col" }, n)))), h("tbody", {}, ...rows))));
};

const drawAnswers = (example) => {
  const chosen = Math.min(state.answer, example.answers.length - 1);
  const pair = h("dl", { class: "pair" }, h("dt", {}, "Text"), h("dd", { dir: "auto" }, example.text));
  if (example.result) pair.append(h("dt", {}, "What the model writes"), h("dd", { dir: "auto" }, example.result));
  if (example.changed_result) pair.append(h("dt", {}, "With values changed"), h("dd", { dir: "auto" }, example.changed_result));
  const box = h("div", {}, pair);
  if (chosen < 0) return box;
  const answer = example.answers[chosen];
  if (example.answers.length > 1)
    box.append(h("p", { class: "small soft" }, "Choose an answer:"), h("div", { class: "tokens", dir: "auto" },
      ...example.answers.map((a, i) => h("button", { type: "button", "aria-pressed": String(i === chosen), title: percent(a.score),
        onclick: () => choose({ answer: i, row: -1 }) }, answerName(a)))));
  box.append(h("section", {}, h("h2", { dir: "auto" }, `${answerName(answer)}: ${percent(answer.score)}`),
    answer.changed ? h("p", {}, `With values changed: ${percent(answer.changed.score)}`) : null, drawBars(answer.candidates)));
  if (answer.attributions.length > 0) box.append(drawAttribution(example, answer));
  if (answer.lens) box.append(drawLens(answer));
  if (answer.direct) box.append(drawDirect(answer.direct));
  return box;
};
)page";

constexpr std::string_view attention = R"page(
const partNames = { encoder: "within the text", decoder: "within what was written", cross: "from what is written to the source" };
const bytesOf = (layer) => layer.cache ??= Uint8Array.from(atob(layer.bytes), (c) => c.charCodeAt(0));
const layersOf = (example, part) => example.attention.filter((l) => l.part === part);
const partsOf = (example) => [...new Set(example.attention.map((l) => l.part))];
const partOf = (example) => {
  const parts = partsOf(example);
  return parts.includes(state.part) ? state.part : parts.includes("cross") ? "cross" : parts[0];
};

// {rows, keys, values} with values from 0 to 1: of a head; of all of a layer (head -1); of all (layer -1); rollout (layer -2).
const mapOf = (example, part, layer, head) => {
  const layers = layersOf(example, part);
  if (layer === -2 && example.rollout && example.rollout[part]) {
    const r = example.rollout[part];
    return { rows: r.length, keys: r[0].length, values: Float32Array.from(r.flat()) };
  }
  const { rows, keys } = layers[0];
  const values = new Float32Array(rows * keys);
  const chosen = layers.filter((l) => layer < 0 || l.layer === layer);
  let count = 0;
  for (const l of chosen) {
    const bytes = bytesOf(l);
    for (let k = 0; k < l.heads; ++k) {
      if (layer >= 0 && head >= 0 && k !== head) continue;
      ++count;
      for (let i = 0; i < values.length; ++i) values[i] += bytes[k * values.length + i];
    }
  }
  for (let i = 0; i < values.length; ++i) values[i] /= 255 * Math.max(1, count);
  return { rows, keys, values };
};
const paint = (canvas, map) => {
  canvas.width = map.keys;
  canvas.height = map.rows;
  const [r, g, b] = color("--heat").split(",").map(Number);
  const context = canvas.getContext("2d");
  const image = context.createImageData(map.keys, map.rows);
  // Among many columns a weight is small: its root tells more there.
  map.values.forEach((w, i) => image.data.set([r, g, b, 8 + 247 * Math.min(1, map.keys > 32 ? Math.sqrt(w) : w)], 4 * i));
  context.putImageData(image, 0, 0);
};
const labelsOf = (example, part) => {
  const pieces = (side) => side.tokens.map((t) => shownPiece(t.piece));
  const source = pieces(example.sides[0]), own = pieces(example.sides[example.sides.length - 1]);
  if (part === "encoder") return { rows: source, keys: source };
  if (part === "decoder") return { rows: own, keys: own };
  const written = example.answers.map((a) => a.text);
  return { rows: written.length === own.length ? written : own, keys: source };
};

const headName = () => state.layer === -2 ? "Rollout" : state.layer < 0 ? "Mean of all heads" :
  state.head < 0 ? `Layer ${state.layer + 1}, mean of its heads` : `Layer ${state.layer + 1}, head ${state.head + 1}`;

const drawHeads = (example, part, answer) => {
  const box = h("div", { role: "group", "aria-label": "Layers and heads" });
  const button = (layer, head, label, importance) => {
    const on = state.layer === layer && (layer < 0 || state.head === head);
    const canvas = h("canvas", { "aria-hidden": "true" });
    paint(canvas, mapOf(example, part, layer, head));
    return h("button", { type: "button", "aria-pressed": String(on), onclick: () => choose({ layer, head, row: state.row }),
      "aria-label": layer === -2 ? "Rollout" : layer < 0 ? "Mean of all heads" : `Layer ${layer + 1}, head ${head + 1}` }, canvas, label,
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
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const all = [...box.querySelectorAll("button")];
    all[all.indexOf(document.activeElement) + step]?.focus();
    event.preventDefault();
  });
  return box;
};

const drawTable = (map, labels, readout) => {
  const columns = [];
  const top = h("tr", {}, h("td"));
  labels.keys.forEach((text) => {
    const th = h("th", { scope: "col" }, h("span", { dir: "auto" }, text));
    columns.push(th);
    top.append(th);
  });
  const body = h("tbody");
  labels.rows.forEach((text, t) => {
    const head = h("th", { scope: "row" }, h("button", { type: "button", dir: "auto", "aria-pressed": String(state.row === t),
      onclick: () => choose({ row: state.row === t ? -1 : t }) }, text));
    const line = h("tr", {}, head);
    labels.keys.forEach((key, s) => {
      const w = map.values[t * map.keys + s];
      const cell = h("td", { background: `rgba(var(--heat), ${0.03 + 0.97 * w})` }, w >= 0.01 ? String(Math.round(100 * w)) : "");
      if (w > 0.55) cell.className = "strong";
      cell.addEventListener("pointerenter", () => {
        head.classList.add("lit");
        columns[s].classList.add("lit");
        readout.textContent = `${text} → ${key}: ${percent(w)}`;
      });
      cell.addEventListener("pointerleave", () => { head.classList.remove("lit"); columns[s].classList.remove("lit"); });
      line.append(cell);
    });
    body.append(line);
  });
  return h("table", { class: "map" }, h("caption", {}, `${headName()}: each row looks at the columns, in percent`), h("thead", {}, top), body);
};

const drawMap = (example, part) => {
  const map = mapOf(example, part, state.layer, state.head), labels = labelsOf(example, part);
  const readout = h("p", { class: "soft small readout", "aria-live": "polite" });
  const box = h("section", { "aria-label": "Weights" });
  if (map.rows * map.keys <= 1600) {
    box.append(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of attention weights" }, drawTable(map, labels, readout)), readout);
  } else {
    const canvas = h("canvas", { class: "big", role: "img", "aria-label": `${headName()}: ${map.rows} rows, ${map.keys} columns` });
    paint(canvas, map);
    const place = (event) => {
      const at = canvas.getBoundingClientRect();
      return [Math.min(map.rows - 1, Math.floor((event.clientY - at.top) / at.height * map.rows)),
        Math.min(map.keys - 1, Math.floor((event.clientX - at.left) / at.width * map.keys))];
    };
    canvas.addEventListener("pointermove", (event) => {
      const [t, s] = place(event);
      readout.textContent = `${labels.rows[t]} (${t}) → ${labels.keys[s]} (${s}): ${percent(map.values[t * map.keys + s])}`;
    });
    canvas.addEventListener("click", (event) => choose({ row: place(event)[0] }));
    const rows = h("select", { "aria-label": "Row", onchange: (event) => choose({ row: Number(event.target.value) }) },
      h("option", { value: "-1" }, "all rows"), ...labels.rows.map((text, t) => h("option", { value: String(t) }, `${t} ${text}`)));
    rows.value = String(state.row);
    box.append(h("p", { class: "small" }, h("b", {}, headName()), ": each row looks at the columns. Row: ", rows), canvas, readout);
  }
  if (state.row >= 0 && state.row < map.rows) {
    const row = Array.from(map.values.subarray(state.row * map.keys, (state.row + 1) * map.keys));
    const side = part === "decoder" ? example.sides[example.sides.length - 1] : example.sides[0];
    box.append(h("p", { class: "small" }, `What ${labels.rows[state.row]} looks at:`), tokenStrip(side, row, Math.max(...row), percent));
  }
  const layer = layersOf(example, part).find((l) => l.layer === state.layer);
  const figures = layer && state.head >= 0 ? layer.figures[state.head] : undefined;
  if (figures)
    box.append(h("p", { class: "small soft" }, `${figures.role}: entropy ${figures.entropy.toFixed(2)} bits; first token ${percent(figures.first)}, added tokens ${percent(figures.special)}` +
      (part === "cross" ? "" : `, the token before ${percent(figures.previous)}, itself ${percent(figures.itself)}, the next ${percent(figures.next)}, equal tokens ${percent(figures.equal)}`)));
  return box;
};

const drawAttention = (example) => {
  if (example.attention.length === 0) return null;
  const part = partOf(example);
  const answer = example.answers[Math.min(state.answer, example.answers.length - 1)];
  const parts = partsOf(example);
  return h("section", {}, h("h2", {}, "Attention"),
    parts.length > 1 ? h("div", { class: "choose" }, ...parts.map((p) => pressed(partNames[p], p === part, () => choose({ part: p, row: -1 })))) : null,
    h("div", { class: "parts" }, drawHeads(example, part, answer), drawMap(example, part)));
};

const selection = (label, value, none, action) => {
  const select = h("select", { id: label.replaceAll(" ", "-"), onchange: (event) => action(Number(event.target.value)) }, none ? h("option", { value: "-1" }, none) : null,
    ...examples.map((e, i) => h("option", { value: String(i) }, (e.name ? `${e.name}: ` : "") + e.text)));
  select.value = String(value);
  return [h("label", { for: label.replaceAll(" ", "-") }, label), select];
};

const draw = () => {
  const focus = document.activeElement?.getAttribute?.("aria-label");
  byId("choose").replaceChildren(...(examples.length > 1 ? [...selection("Example", state.example, null, (i) => choose({ example: i, answer: 0, row: -1 })),
    ...selection("Beside it", state.other, "nothing", (i) => choose({ other: i }))] : []));
  const shown = [state.example, state.other].filter((i) => examples[i]);
  byId("panels").className = shown.length > 1 ? "panels two" : "panels";
  byId("panels").replaceChildren(...shown.map((i) => h("article", {}, examples[i].name ? h("h2", {}, examples[i].name) : null, drawAnswers(examples[i]), drawAttention(examples[i]))));
  if (focus) [...document.querySelectorAll("[aria-label]")].find((e) => e.getAttribute("aria-label") === focus)?.focus();
};
restore();
draw();
addEventListener("hashchange", () => { restore(); draw(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
)page";

}  // namespace

std::string_view page_script_basics() { return basics; }
std::string_view page_script_answers() { return answers; }
std::string_view page_script_attention() { return attention; }

}  // namespace regard::explain
