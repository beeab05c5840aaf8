#!/usr/bin/env bash
# Size of the page of `regard explain` for a model of 12 layers and 12 heads and a text of 128 tokens, and how long Chromium takes
# from its address to the page with all that is in it, laid out: five times, and the median.
#   bench/explain_page.sh REGARD FOLDER
#     REGARD   the program      FOLDER   for the model (BERT-base with drawn weights) and the page; kept for the next time
set -euo pipefail
if [ $# -ne 2 ]; then
  sed -n 's/^# \{0,1\}//; 4,5p' "$0" >&2
  exit 2
fi
regard=$(realpath "$1")
mkdir -p "$2"
cd "$2"
if ! chromium=$(command -v chromium || command -v chromium-browser); then
  echo "explain_page.sh: chromium is not installed: skipped" >&2
  exit 0
fi
for ((i = 0; i < 300; ++i)); do echo "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon"; done > lines.txt
[ -d model ] || "$regard" train fill-mask --quiet --train lines.txt --valid lines.txt --output model --preset base --set max_steps=1 --set vocab_size=60 \
  --set block_size=128 --set batch_tokens=128
text="alpha [MASK]"
for ((i = 0; i < 124; ++i)); do text+=" beta"; done
"$regard" explain model "$text" --method gradient-x-input --html page.html
echo "size: $(stat -c %s page.html) bytes"
{
  cat page.html
  echo '<pre id="time"></pre><script>
addEventListener("load", () => {
  document.body.getBoundingClientRect();  // laid out too
  document.getElementById("time").textContent = `opened in ${Math.round(performance.now())} ms`; });</script>'
} > timed.html
for run in 1 2 3 4 5; do
  timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/browser" --dump-dom "file://$PWD/timed.html" 2> browser.log |
    sed -n 's/.*>opened in \([0-9]*\) ms<.*/\1/p'
done | sort -n | tee times | tr '\n' ' '
echo "ms; median $(sed -n 3p times) ms"
