"use strict";
// Runs inside a page of `regard explain`, beside what --json said of the same texts (#expected, in the page's order), and leaves
// a line for each thing that is wrong in #results, with the number of comparisons below them.
(async () => {
  const expected = JSON.parse(document.getElementById("expected").textContent);
  const wrong = [];
  let count = 0;
  const check = (right, what) => {
    ++count;
    if (!right) wrong.push(`FAILED ${what}`);
  };
  const equal = (found, wanted, what) => check(found === wanted, `${what}: found ${found}, expected ${wanted}`);
  const near = (found, wanted, tolerance, what) => check(Math.abs(found - wanted) <= tolerance, `${what}: found ${found}, expected ${wanted}`);

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const panel = (i = 0) => all("article")[i];
  const nameOf = (e) => e.getAttribute("aria-label") ?? e.textContent;
  const button = (name, within = document) => all("button", within).find((b) => nameOf(b) === name);
  const press = (name, within) => {
    const found = button(name, within);
    check(found, `there is a button '${name}'`);
    found?.click();
  };
  const type = (text) => {
    const input = one("input[type=search]");
    input.focus();
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const pick = (select, value) => {
    select.value = String(value);
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  // "NAME12.34 %", of a page that keeps six digits of 0.123...
  const percents = (found, name, share) => {
    check(found.startsWith(name), `${found}: expected ${name}`);
    near(Number.parseFloat(found.slice(name.length)), 100 * share, 0.0052, name);
  };
  const partNames = { encoder: "within the text", decoder: "within what was written", cross: "from what is written to the source" };
  const labels = (e, part) => {
    const source = e.sides[0].tokens.map((t) => t.piece), own = e.sides[e.sides.length - 1].tokens.map((t) => t.piece);
    if (part !== "cross") return part === "encoder" ? [source, source] : [own, own];
    return [e.answers.length === own.length ? e.answers.map((a) => a.text) : own, source];
  };

  const texts = (e, i) => {
    equal(one(".pair dd", panel(i)).textContent, e.text, "the text");
    if (e.result) equal(all(".pair dd", panel(i))[1].textContent, e.result, "what is written");
  };
  const answers = (e, i) => {
    e.answers.forEach((answer, k) => {
      const name = (answer.about ? `${answer.about}: ` : "") + answer.text;
      if (e.answers.length > 1) all(".tokens", panel(i))[0].children[k].click();
      percents(one("section h2", panel(i)).textContent, `${name}: `, answer.score);
      answer.candidates.forEach((c, j) => percents(all(".bar", panel(i))[j].textContent, c.text, c.score));
      answer.attributions.forEach((a) => {
        press(a.method, panel(i));
        const section = all("section", panel(i))[1], strips = all(".tokens", section);
        a.scores.forEach((scores, side) => scores.forEach((score, t) =>
          near(Number(one(`:scope > :nth-child(${t + 1})`, strips[side]).title), score, 2e-4, `${a.method} of token ${t}`)));
      });
    });
  };
  const rowsOf = () => all("table.map tbody tr", panel());
  const cells = (row) => all("td", row).map((cell) => Number(cell.textContent));
  const attention = (e) => {
    for (const layer of e.attention) {
      if (new Set(e.attention.map((l) => l.part)).size > 1) press(partNames[layer.part]);
      const [rows, keys] = labels(e, layer.part);
      layer.weights.forEach((weights, head) => {
        const title = `Layer ${layer.layer + 1}, head ${head + 1}`;
        press(title);
        equal(button(title).getAttribute("aria-pressed"), "true", `${title} is pressed`);
        equal(one("table.map caption").textContent, `${title}: each row looks at the columns, in percent`, "the caption");
        equal(all("table.map thead th").map((th) => th.textContent).join("|"), keys.join("|"), "the columns");
        equal(rowsOf().map((tr) => one("th", tr).textContent).join("|"), rows.join("|"), "the rows");
        weights.forEach((row, t) => cells(rowsOf()[t]).forEach((w, s) => near(w, row[s] < 0.0099 ? 0 : 100 * row[s], 0.52, `${title}, row ${t}, key ${s}`)));
        const said = all("section[aria-label=Weights] p").map((p) => p.textContent).join(" "), figures = layer.figures[head];
        check(said.includes(`${figures.role}: entropy ${figures.entropy.toFixed(2)} bits`), `${title}: ${figures.role} in: ${said}`);
      });
      const weights = layer.weights[layer.weights.length - 1];
      // A row by a click: its strip; a cell by the pointer: its number, and both names lit.
      one("th button", rowsOf()[0]).click();
      const strip = all("section[aria-label=Weights] .tokens > *");
      weights[0].forEach((w, s) => near(Number.parseFloat(strip[s].title), 100 * w, 0.02, `row 0, strip, key ${s}`));
      const last = rowsOf().length - 1, cell = all("td", rowsOf()[last])[0];
      cell.dispatchEvent(new PointerEvent("pointerenter"));
      const said = one("section[aria-label=Weights] .readout").textContent;
      check(said.startsWith(`${rows[last]} → ${keys[0]}: `), `the pointer over a cell: ${said}`);
      near(Number.parseFloat(said.slice(said.lastIndexOf(":") + 1)), 100 * weights[last][0], 0.02, "what the pointer reads");
      equal(all(".lit").length, 2, "names lit");
      cell.dispatchEvent(new PointerEvent("pointerleave"));
      equal(all(".lit").length, 0, "names lit afterwards");
      one("th button", rowsOf()[0]).click();
    }
  };

  const neurons = (e) => {
    for (const n of e.neurons ?? []) {
      if (new Set(e.attention.map((l) => l.part)).size > 1) press(partNames[n.part]);
      press(`Layer ${n.layer + 1}, head ${n.head + 1}`, one("section[aria-label='Queries and keys']"));
      const most = Math.max(...n.keys.flat().map(Math.abs)), [, names] = labels(e, n.part);
      for (let t = 0; t < n.scores.length; ++t) {
        pick(one("select[aria-label=Query]"), t);
        const heads = all("table.neurons thead th").map((th) => th.textContent), lines = all("table.neurons tbody tr").slice(1);
        const seen = n.scores[t].map((_, s) => s).filter((s) => n.scores[t][s] !== null);
        equal(lines.map((tr) => one("th", tr).textContent).join("|"), seen.map((s) => names[s]).join("|"), `the keys that query ${t} sees`);
        seen.forEach((s, i) => {
          const at = (name) => Number.parseFloat(lines[i].children[heads.indexOf(name)].textContent);
          const about = `${n.part} ${n.layer} head ${n.head}, ${t} and ${s}`, score = n.scores[t][s];
          near(at("product"), n.products[t][s], 1e-4 * (1 + Math.abs(n.products[t][s])), `product of ${about}`);
          near(at("score"), score, 1e-4 * (1 + Math.abs(score)), `score of ${about}`);
          near(at("weight"), 100 * n.weights[t][s], 0.006, `weight of ${about}`);
          if (heads.includes("added")) near(at("added"), score - n.products[t][s], 1e-3 * (1 + Math.abs(score)), `added to ${about}`);
        });
      }
      const strip = all("table.neurons tbody tr")[1].children[1].firstChild, at = strip.getBoundingClientRect(), D = n.keys[0].length, d = D - 2;
      strip.dispatchEvent(new PointerEvent("pointermove", { clientX: at.left + at.width * (d + 0.5) / D, clientY: at.top + 2 }));
      const said = one("section[aria-label='Queries and keys'] .readout").textContent;
      check(said.startsWith(`k[${d}] of `), `the pointer over a key: ${said}`);
      const first = n.scores[n.scores.length - 1].findIndex((x) => x !== null);
      near(Number(said.slice(said.lastIndexOf("=") + 1)), n.keys[first][d], most / 254 + 1e-4 * (1 + most), "an element of a key");
    }
    if (!e.neurons) equal(all("table.neurons").length, 0, "tables of queries and keys");
  };

  const filter = (e) => {
    if (new Set(e.attention.map((l) => l.part)).size > 1) press(partNames[e.attention[0].part]);
    const [names] = labels(e, e.attention[0].part), word = names.slice(1).map((name) => name.replace(/^[▁Ġ#]+/, "").trim()).find((w) => w);
    const holds = names.filter((name) => name.toLowerCase().includes(word.toLowerCase())).length;
    press(`Layer 1, head 1`);
    type(word.toUpperCase());
    equal(rowsOf().length, holds, `rows with '${word}'`);
    equal(all("td", rowsOf()[0]).length, names.length, "columns, when rows are chosen");
    equal(document.activeElement, one("input[type=search]"), "where the keyboard is");
    press("columns");
    equal(rowsOf().length, names.length, "rows, when columns are chosen");
    equal(all("td", rowsOf()[0]).length, holds, `columns with '${word}'`);
    press("both");
    equal(`${rowsOf().length} ${all("td", rowsOf()[0]).length}`, `${holds} ${holds}`, "rows and columns");
    const weights = e.attention[0].weights[0], t = names.findIndex((name) => name.toLowerCase().includes(word.toLowerCase()));
    near(cells(rowsOf()[0])[0], weights[t][t] < 0.0099 ? 0 : 100 * weights[t][t], 0.52, "the weight that is left");
    type("no such token");
    equal(rowsOf().length, 0, "rows without such a token");
    press("all");
    press("rows");
    all("details .tokens button", panel())[2].click();
    equal(rowsOf().map((tr) => one("th", tr).textContent).join(), names[2], "the token that was clicked");
    all("details .tokens button", panel())[0].click();
    equal(rowsOf().length, 2, "rows with two tokens clicked");
    all("details .tokens button", panel())[2].click();
    equal(rowsOf().length, 1, "rows with one of them clicked away");
    press("all");
    equal(rowsOf().length, names.length, "all rows again");
  };

  // A text whose table would be too large: a picture, of which the pointer reads a point.
  const picture = (e) => {
    const layer = e.attention[0], [rows, keys] = labels(e, layer.part), T = rows.length, S = keys.length;
    press("Layer 1, head 2");
    equal(rowsOf().length, 0, "rows of a table");
    const canvas = () => one("canvas.big");
    const over = (kind, t, s) => {
      const at = canvas().getBoundingClientRect();
      canvas().dispatchEvent(new PointerEvent(kind, { clientX: at.left + at.width * (s + 0.5) / S, clientY: at.top + at.height * (t + 0.5) / T }));
    };
    for (let t = 0; t < T; t += 7)
      for (let s = 0; s < S; s += 5) {
        over("pointermove", t, s);
        const said = one("section[aria-label=Weights] .readout").textContent;
        check(said.startsWith(`${rows[t]} (${t}) → ${keys[s]} (${s}): `), `the pointer over ${t}, ${s}: ${said}`);
        near(Number.parseFloat(said.slice(said.lastIndexOf(":") + 1)), 100 * layer.weights[1][t][s], 0.02, `the weight of ${t}, ${s}`);
      }
    over("click", 3, 0);
    equal(one("select[aria-label=Row]").value, "3", "the row that was clicked");
    type(keys[1]);
    check(rowsOf().length > 0 && !canvas(), "a few rows are a table");
    press("all");
  };

  const keyboard = () => {
    const here = button("Layer 1, head 1");
    here.focus();
    for (const [key, name] of [["ArrowRight", "Layer 1, head 2"], ["ArrowDown", "Layer 2, head 2"], ["ArrowLeft", "Layer 2, head 1"], ["ArrowUp", "Layer 1, head 1"]]) {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      equal(nameOf(document.activeElement), name, `after ${key}`);
    }
    document.activeElement.click();
    equal(nameOf(document.activeElement), "Layer 1, head 1", "the keyboard's place after a press");
    press("words");
    button("words").focus();
    press("words");
    equal(nameOf(document.activeElement), "words", "the keyboard's place after another");
  };

  const address = async () => {
    press("Layer 2, head 1");
    await wait(400);
    check(location.hash.includes("layer=1&head=0"), `the address: ${location.hash}`);
    location.hash = "#layer=0&head=1&row=0&filter=&by=rows";
    await wait(100);
    check(one("table.map caption").textContent.startsWith("Layer 1, head 2"), "the address is followed");
    location.hash = "#layer=x&head=1e9&example=77&part=no";
    await wait(100);
    check(one("article"), "an address that makes no sense is followed as far as it goes");
    location.hash = "#layer=-1&head=-1&row=-1&example=0&other=-1&part=";
    await wait(100);
  };

  const examples = () => {
    const chooser = () => document.getElementById("Example");
    if (!chooser()) return;
    expected.forEach((e, i) => {
      pick(chooser(), i);
      texts(e, 0);
      answers(e, 0);
      const first = e.text.codePointAt(0), rightToLeft = first >= 0x590 && first < 0x700;
      equal(getComputedStyle(one(".pair dd")).direction, rightToLeft ? "rtl" : "ltr", `how '${e.text}' is read`);
    });
    pick(chooser(), 0);
    pick(document.getElementById("Beside-it"), expected.length - 1);
    equal(all("article").length, 2, "panels");
    texts(expected[0], 0);
    texts(expected[expected.length - 1], 1);
    answers(expected[expected.length - 1], 1);
    pick(document.getElementById("Beside-it"), -1);
    equal(all("article").length, 1, "panels again");
  };

  const e = expected[0];
  try {
    check(document.title.endsWith(" explained"), `no text became a program: ${document.title}`);
    equal(all("img, b[onload], iframe").length, 0, "elements made of text");
    equal(all("script").length, 4, "scripts");
    equal(performance.getEntriesByType("resource").length, 0, "what was loaded from elsewhere");
    texts(e, 0);
    answers(e, 0);
    if (e.sides[0].tokens.length > 40) {
      picture(e);
    } else {
      attention(e);
      neurons(e);
      filter(e);
      keyboard();
      await address();
      examples();
    }
  } catch (error) {
    wrong.push(`FAILED by an error: ${error.stack}`);
  }
  const results = document.createElement("pre");
  results.id = "results";
  results.textContent = `${wrong.slice(0, 40).join("\n")}\nCOMPARED ${count}, WRONG ${wrong.length}\n`;
  document.body.append(results);
})();
