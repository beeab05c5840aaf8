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
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).split(",").map(Number);
const percent = (p) => `${(100 * p).toFixed(2)} %`;
const number = (x) => Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5 || x === 0 ? x.toFixed(4) : x.toExponential(3);
const shade = (share) => `rgba(var(${share < 0 ? "--minus" : "--heat"}), ${Math.abs(share)})`;
const bytesIn = (base64) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
};

// What is shown; the address keeps it, so that a view can be linked to.
const state = { example: 0, other: -1, answer: 0, method: 0, words: 0, part: "", layer: -1, head: -1, row: -1, filter: "", by: "rows", sorted: 0 };
const restore = () => {
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
    if (typeof state[key] === "string") state[key] = value;
    else if (key in state && Number.isInteger(Number(value))) state[key] = Number(value);
  }
  if (!examples[state.example]) state.example = 0;
  if (!examples[state.other]) state.other = -1;
};
// Browsers refuse an address that changes with every key that is typed.
let addressTimer = 0;
const choose = (changes) => {
  Object.assign(state, changes);
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, "", "#" + new URLSearchParams(state)), 200);
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
      stroke: `rgb(${color(name).join(",")})`, "stroke-width": 2 }));
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

}  // namespace

std::string_view page_script_basics() { return basics; }
std::string_view page_script_answers() { return answers; }

}  // namespace regard::explain
