#include "regard/explain/attention_page_template.h"

namespace regard::explain {
namespace {

constexpr std::string_view page = R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>@TITLE@</title>
<style>
:root { color-scheme: light dark; --surface: #fcfcfb; --raised: #f1f0ee; --ink: #1c1b19; --soft: #5c5a55; --line: #d8d6d1;
  --accent: #1f5fae; --heat: 31, 95, 174; --on-heat: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --surface: #181817; --raised: #242422; --ink: #eceae5; --soft: #a8a59e; --line: #3c3a37; --accent: #8ab8ee;
    --heat: 138, 184, 238; --on-heat: #10161d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem 1rem 3rem; background: var(--surface); color: var(--ink);
  font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 62rem; }
.soft { color: var(--soft); }
.choose { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; margin: 1rem 0; }
select { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: .375rem;
  padding: .375rem .5rem; max-width: 100%; }
.pair { margin: 0 0 1rem; }
.pair dt { color: var(--soft); font-size: .875rem; }
.pair dd { margin: 0 0 .25rem; font-size: 1.125rem; overflow-wrap: anywhere; }
.parts { display: grid; grid-template-columns: minmax(12rem, 18.75rem) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
@media (max-width: 52rem) { .parts { grid-template-columns: minmax(0, 1fr); } }
.layer { margin: 0 0 .75rem; }
.layer h3 { font-size: .875rem; font-weight: 600; margin: 0 0 .25rem; color: var(--soft); }
.heads { display: flex; flex-wrap: wrap; gap: .375rem; }
.heads button { font: inherit; font-size: .75rem; color: inherit; background: var(--raised); border: 2px solid transparent;
  border-radius: .375rem; padding: .25rem; cursor: pointer; text-align: center; }
.heads button[aria-pressed="true"] { border-color: var(--accent); font-weight: 600; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
canvas { display: block; width: 3.25rem; height: 3.25rem; margin-bottom: .125rem; image-rendering: pixelated; }
.scroll { overflow-x: auto; padding-bottom: .5rem; }
table { border-collapse: separate; border-spacing: 2px; }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem; }
th { font-weight: 500; white-space: nowrap; }
thead th { vertical-align: bottom; padding: 0 .125rem .25rem; }
thead th span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; }
tbody th { text-align: right; padding-right: .5rem; }
td { width: 2.25rem; min-width: 2.25rem; height: 2.25rem; text-align: center; font-size: .75rem; border-radius: .25rem;
  font-variant-numeric: tabular-nums; }
td.strong { color: var(--on-heat); }
th.lit { color: var(--accent); text-decoration: underline; text-underline-offset: .2em; }
.scale { display: flex; align-items: center; gap: .5rem; font-size: .875rem; margin-top: .5rem; }
.scale i { width: 8rem; height: .75rem; border-radius: .25rem;
  background: linear-gradient(to right, rgba(var(--heat), .04), rgba(var(--heat), 1)); }
#readout { min-height: 1.5rem; }
</style>
</head>
<body>
<main>
<h1>@HEADING@</h1>
<p class="soft">@NOTE@</p>
<noscript><p>This page draws its tables with JavaScript, which is turned off. It loads nothing from anywhere.</p></noscript>
<div class="choose"><label for="example">Example</label><select id="example"></select></div>
<dl class="pair"><dt>Source</dt><dd id="source"></dd><dt>Translation</dt><dd id="target"></dd></dl>
<div class="parts">
<section aria-labelledby="which"><h2 id="which">Layers and heads</h2><div id="heads"></div></section>
<section aria-label="Weights">
<div class="scroll" tabindex="0" role="region" aria-label="Table of attention weights"><table id="map"></table></div>
<div class="scale soft" aria-hidden="true"><span>0 %</span><i></i><span>100 %</span></div>
<p id="readout" class="soft" aria-live="polite"></p>
<p class="soft">Each row is one token of the translation; its cells say, in percent, how much the model looked at each token of the
source when it chose that token. A row adds up to 100; cells below 1 are left empty. ▁ marks the beginning of a word, &lt;/s&gt; the end of a text.</p>
</section>
</div>
</main>
<script type="application/json" id="data">@DATA@</script>
<script>
"use strict";
(() => {
  const examples = JSON.parse(document.getElementById("data").textContent);
  const unit = 10000;
  const byId = (id) => document.getElementById(id);
  const add = (parent, name, text) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  let chosen = { layer: -1, head: -1 };  // -1: the mean of all

  const mean = (maps) => maps[0].map((row, t) => row.map((_, s) =>
    maps.reduce((sum, map) => sum + map[t][s], 0) / maps.length));
  const weights = (example, at) =>
    at.layer < 0 ? mean(example.layers.flat()) : example.layers[at.layer][at.head];
  const name = (at) => at.layer < 0 ? "Mean of all heads" : `Layer ${at.layer + 1}, head ${at.head + 1}`;
  const same = (a, b) => a.layer === b.layer && a.head === b.head;

  const thumbnail = (canvas, map) => {
    canvas.width = map[0].length;
    canvas.height = map.length;
    const heat = getComputedStyle(document.documentElement).getPropertyValue("--heat");
    const context = canvas.getContext("2d");
    map.forEach((row, t) => row.forEach((w, s) => {
      context.fillStyle = `rgba(${heat}, ${0.04 + 0.96 * w / unit})`;
      context.fillRect(s, t, 1, 1);
    }));
  };

  const drawTable = (example) => {
    const map = weights(example, chosen);
    const table = byId("map");
    table.replaceChildren();
    add(table, "caption", `${name(chosen)}: translation (rows) against source (columns)`);
    const top = add(add(table, "thead"), "tr");
    add(top, "td");
    const columns = example.sourceTokens.map((token) => {
      const th = add(top, "th");
      th.scope = "col";
      add(th, "span", token);
      return th;
    });
    const body = add(table, "tbody");
    example.targetTokens.forEach((token, t) => {
      const line = add(body, "tr");
      const head = add(line, "th", token);
      head.scope = "row";
      map[t].forEach((w, s) => {
        const percent = Math.round(100 * w / unit);
        const cell = add(line, "td", percent >= 1 ? String(percent) : "");
        cell.style.backgroundColor = `rgba(var(--heat), ${0.04 + 0.96 * w / unit})`;
        if (w > 0.55 * unit) cell.className = "strong";
        cell.addEventListener("pointerenter", () => {
          head.classList.add("lit");
          columns[s].classList.add("lit");
          byId("readout").textContent = `${token} looked at ${example.sourceTokens[s]}: ${(100 * w / unit).toFixed(2)} %`;
        });
        cell.addEventListener("pointerleave", () => {
          head.classList.remove("lit");
          columns[s].classList.remove("lit");
        });
      });
    });
    byId("readout").textContent = "";
  };

  const drawHeads = (example) => {
    const place = byId("heads");
    place.replaceChildren();
    const button = (parent, at, label) => {
      const b = add(parent, "button");
      b.type = "button";
      b.setAttribute("aria-label", name(at));
      b.setAttribute("aria-pressed", String(same(at, chosen)));
      thumbnail(add(b, "canvas"), weights(example, at));
      add(b, "span", label);
      b.addEventListener("click", () => {
        chosen = at;
        for (const other of place.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === b));
        drawTable(example);
      });
    };
    const group = (title) => {
      const box = add(place, "div");
      box.className = "layer";
      add(box, "h3", title);
      const row = add(box, "div");
      row.className = "heads";
      return row;
    };
    button(group("All"), { layer: -1, head: -1 }, "mean");
    example.layers.forEach((heads, layer) => {
      const row = group(`Layer ${layer + 1}`);
      heads.forEach((_, head) => button(row, { layer, head }, String(head + 1)));
    });
  };

  const draw = () => {
    const example = examples[byId("example").selectedIndex];
    if (example === undefined) return;
    byId("source").textContent = example.source;
    byId("target").textContent = example.target;
    drawHeads(example);
    drawTable(example);
  };
  for (const example of examples) add(byId("example"), "option", `${example.source} → ${example.target}`);
  byId("example").addEventListener("change", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
</script>
</body>
</html>
)page";

}  // namespace

std::string_view attention_page_template() { return page; }

}  // namespace regard::explain
