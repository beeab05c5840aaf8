#include "regard/explain/page_template.h"

namespace regard::explain {
namespace {

constexpr std::string_view markup = R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>@TITLE@</title>
<style>
:root { color-scheme: light dark; --surface: #fcfcfb; --raised: #f1f0ee; --ink: #1c1b19; --soft: #5c5a55; --line: #d8d6d1;
  --accent: #1f5fae; --heat: 31, 95, 174; --minus: 194, 78, 0; --on-heat: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --surface: #181817; --raised: #242422; --ink: #eceae5; --soft: #a8a59e; --line: #3c3a37; --accent: #8ab8ee;
    --heat: 138, 184, 238; --minus: 240, 150, 90; --on-heat: #10161d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem 1rem 4rem; background: var(--surface); color: var(--ink);
  font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; margin: 1.75rem 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 62rem; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.choose { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; margin: .75rem 0; }
select, .plain { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: .375rem;
  padding: .375rem .5rem; max-width: 100%; }
.plain { cursor: pointer; }
[aria-pressed="true"].plain { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); font-weight: 600; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.panels { display: grid; grid-template-columns: minmax(0, 1fr); gap: 2rem; }
.panels.two { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.pick { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; min-width: 0; max-width: 100%; }
.parts { display: grid; grid-template-columns: fit-content(29rem) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
.two .parts { grid-template-columns: minmax(0, 1fr); }
@media (max-width: 56rem) { .parts, .panels.two { grid-template-columns: minmax(0, 1fr); } }
.tokens { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0 0 .5rem; }
.tokens > * { font: inherit; color: inherit; border: 1px solid var(--line); border-radius: .25rem; padding: .0625rem .3125rem;
  background: none; overflow-wrap: anywhere; white-space: pre-wrap; }
.tokens button { cursor: pointer; background: var(--raised); }
.tokens [aria-pressed="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); font-weight: 600; }
.tokens .special { color: var(--soft); font-size: .8125rem; align-self: center; }
.tokens .unread { opacity: .35; }
dl.pair { margin: 0; } .pair dt { color: var(--soft); font-size: .875rem; } .pair dd { margin: 0 0 .5rem; font-size: 1.125rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; padding-bottom: .5rem; }
table { border-collapse: separate; border-spacing: 2px; }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem; }
th { font-weight: 500; white-space: nowrap; text-align: start; }
thead th { vertical-align: bottom; padding: 0 .125rem .25rem; }
.map thead th span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; }
.map tbody th { text-align: right; padding-right: .375rem; }
.map th button { font: inherit; color: inherit; background: none; border: 0; padding: 0 .125rem; cursor: pointer; }
.map th button[aria-pressed="true"] { color: var(--accent); font-weight: 700; }
.map td { width: 2.125rem; min-width: 2.125rem; height: 1.875rem; text-align: center; font-size: .75rem; border-radius: .25rem;
  font-variant-numeric: tabular-nums; }
td.strong { color: var(--on-heat); }
.lit { color: var(--accent); text-decoration: underline; text-underline-offset: .2em; }
.lens td, .lens th { padding: .125rem .5rem; font-variant-numeric: tabular-nums; }
.lens tbody tr:nth-child(odd) { background: var(--raised); }
.bar { display: grid; grid-template-columns: minmax(4rem, 9rem) 1fr 4.75rem; gap: .5rem; align-items: center; max-width: 34rem; font-variant-numeric: tabular-nums; }
.bar span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar i { display: block; height: .75rem; border-radius: .25rem; background: rgba(var(--heat), .85); min-width: 1px; }
.layer { display: flex; align-items: center; gap: .375rem; margin: 0 0 .25rem; }
.layer > span { width: 1.75rem; font-size: .8125rem; color: var(--soft); text-align: right; flex: none; }
.heads { display: flex; flex-wrap: wrap; gap: .25rem; }
.heads button { font: inherit; font-size: .6875rem; line-height: 1.2; color: inherit; background: var(--raised); border: 2px solid transparent;
  border-radius: .375rem; padding: .125rem; cursor: pointer; text-align: center; }
.heads button[aria-pressed="true"] { border-color: var(--accent); font-weight: 600; }
.heads canvas { display: block; width: 2.75rem; height: 2.75rem; image-rendering: pixelated; }
.heads.many canvas { width: 1.75rem; height: 1.75rem; }
.heads .weight { display: block; height: .1875rem; margin-top: .125rem; border-radius: 1px; background: rgba(var(--minus), .9); }
canvas.big { display: block; width: 100%; max-width: 46rem; image-rendering: pixelated; border: 1px solid var(--line); }
.readout { min-height: 1.5rem; }
.neurons th, .neurons td { padding: .0625rem .375rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.neurons td { text-align: end; border-radius: .25rem; }
.neurons td.soft { text-align: start; }
.neurons tbody th { max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
canvas.strip { display: block; height: 1.125rem; image-rendering: pixelated; outline: 1px solid var(--line); }
code { font-size: .9em; overflow-wrap: anywhere; }
svg.curve { width: 100%; max-width: 26rem; height: auto; } svg.curve text { font: 11px system-ui, sans-serif; fill: var(--soft); }
details { margin: 1rem 0; max-width: 62rem; } summary { cursor: pointer; font-weight: 600; }
</style>
</head>
<body>
<main>
<h1 dir="auto">@HEADING@</h1>
<p class="soft">@NOTE@</p>
<noscript><p>This page draws its pictures with JavaScript, which is turned off. It loads nothing from anywhere.</p></noscript>
<div class="choose" id="choose"></div>
<div class="panels" id="panels"></div>
<details><summary>How to read this, and what attention does not show</summary>
<p><b>Attributions</b> say how much each token contributed to the number that is explained: blue for it, orange against it. Integrated
gradients add up to the difference between the text's number and that of a text whose words are masked; the completeness error says by how much they miss it. They
describe this model on this text, not the world; the curves of deletion and insertion show whether the answer really changes with these tokens.</p>
<p><b>Attention</b> says from which positions a head takes values. It does not say that the answer depends on them: a head can look at a token whose value is
nearly nothing, often the first one or a separator, and later layers can discard what it took. The orange line below a head is its importance for the chosen answer, which follows from
the gradient; the proof is to silence the head: <code>regard explain MODEL TEXT --ablate NAME</code>.</p>
<p><b>Queries and keys</b> (of heads that were asked for with <code>--neurons</code>) show how a head compares: the elements of a token's query
and of each key, which are multiplied and added up; blue above zero, orange below. They are drawn in 8 bits; products, scores and weights are the model's own.</p>
<p><b>After each block</b> lists what the model would answer if it ended there (the logit lens). Early blocks speak another language than the last one, so low numbers there do not mean
that nothing is known yet.</p>
<p>▁ or Ġ marks the beginning of a word. Keys: Tab and arrows move between heads and tokens, Enter chooses.</p></details>
</main>
<script type="application/json" id="data">@DATA@</script>
<script>
@SCRIPT@</script>
</body>
</html>
)page";

}  // namespace

std::string_view page_template() { return markup; }

}  // namespace regard::explain
