#!/usr/bin/env bash
# Opens pages of `regard explain` in a browser without a window, clicks, points and types, and compares what is shown with --json.
#   tests/browser/explain_page.sh REGARD [FOLDER]
#     REGARD   the program      FOLDER   for models, pages and pictures; default: a temporary one, removed at the end
# Exit code 77: there is no chromium here.
set -euo pipefail
if [ $# -lt 1 ]; then
  sed -n 's/^# \{0,1\}//; 3,5p' "$0" >&2
  exit 2
fi
regard=$(realpath "$1") here=$(realpath "$(dirname "$0")")
if ! chromium=$(command -v chromium || command -v chromium-browser); then
  echo "explain_page.sh: chromium is not installed: skipped"
  exit 77
fi
for variable in $(env | sed -n 's/^\(REGARD_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done
if [ $# -gt 1 ]; then
  mkdir -p "$2"
  folder=$2
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
cd "$folder"

hostile='good </script><script>document.title=1</script> <img src=x onerror=document.title=2>'
arabic='هذا الفيلم جيد جدا'
chinese='这部 电影 很 好'
train() { # TASK OUTPUT OPTION...
  local task=$1 output=$2
  shift 2
  [ -d "$output" ] || "$regard" train "$task" --quiet --output "$output" --set max_steps=2 --set warmup_steps=1 "$@"
}
for label in good bad; do
  for text in "$hostile" "$arabic" "$chinese" 'a moving film' 'the film was long and the film was cold'; do printf '%s %s\t%s\n' "$label" "$text" "$label"; done
done > labels.tsv
for seed in 1 2; do
  train text-classification "classifier$seed" --train labels.tsv --seed "$seed" --set validation_split=0 --set vocab_size=400 --set hidden_size=32 \
    --set num_hidden_layers=3 --set num_attention_heads=4 --set intermediate_size=64
done
for ((i = 0; i < 40; ++i)); do echo 'one two three four five'; done > lines.txt
echo '{"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
  "intermediate_size": 48, "max_position_embeddings": 64, "vocab_size": 20}' > llama.json
echo '{"model_type": "bloom", "hidden_size": 32, "n_layer": 2, "n_head": 4, "vocab_size": 20}' > bloom.json
for kind in llama bloom; do
  train text-generation "$kind" --train lines.txt --valid lines.txt --level char --model-config "$kind.json" --set block_size=32
done
for ((i = 0; i < 40; ++i)); do printf 'one two three\teins zwei drei\n'; done > pairs.tsv
train translation translator --train pairs.tsv --set d_model=16 --set encoder_layers=2 --set decoder_layers=2 --set encoder_attention_heads=2 \
  --set decoder_attention_heads=2 --set encoder_ffn_dim=32 --set decoder_ffn_dim=32 --set vocab_size=40

look() { # FILE OPTION...
  local file=$1
  shift
  timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/browser" "$@" "file://$PWD/$file" 2> browser.log
}
# The page with what --json says of each of its texts, by each of its models, and with the test.
try() { # NAME
  local name=$1
  {
    cat "$name.html"
    echo '<script type="application/json" id="expected">['
    sed 's/</\\u003c/g; $!s/$/,/' "$name.jsonl"
    echo ']</script><script>'
    cat "$here/explain_page.js"
    echo '</script>'
  } > "$name-test.html"
  look "$name-test.html" --window-size=1280,900 --virtual-time-budget=60000 --dump-dom > "$name-dom.html" || true
  if grep -q '^COMPARED [0-9]*, WRONG 0$' "$name-dom.html"; then
    echo "$name: $(grep '^COMPARED' "$name-dom.html")"
  else
    echo "$name: failed"
    sed -n '/^FAILED\|id="results"\|^COMPARED/p' "$name-dom.html" | head -n 45
    failed=1
  fi
}
failed=0

heads=(--neurons 'encoder.block.*.attention:heads=1,3')
"$regard" explain classifier1 "$hostile" --text "$arabic" --text "$chinese" --beside classifier2 --faithfulness --method integrated-gradients \
  --method occlusion "${heads[@]}" --html classifier.html
for model in classifier1 classifier2; do
  for text in "$hostile" "$arabic" "$chinese"; do
    "$regard" explain "$model" "$text" --json --attention --method integrated-gradients --method occlusion "${heads[@]}"
  done
done > classifier.jsonl
try classifier
long=$(for i in 1 2 3 4 5; do echo 'the film was long and the film was cold'; done | tr '\n' ' ')
"$regard" explain classifier1 "$long" --html long.html
"$regard" explain classifier1 "$long" --json --attention > long.jsonl
try long
for kind in llama bloom; do
  "$regard" explain "$kind" 'one two' --written 3 --neurons 'decoder.block.1.attention:heads=0,3' --html "$kind.html"
  "$regard" explain "$kind" 'one two' --written 3 --neurons 'decoder.block.1.attention:heads=0,3' --json --attention > "$kind.jsonl"
  try "$kind"
done
"$regard" explain translator 'one two three' --target 'eins zwei drei' --neurons '*.cross.attention' --html translator.html
"$regard" explain translator 'one two three' --target 'eins zwei drei' --neurons '*.cross.attention' --json --attention > translator.jsonl
try translator

# Pictures, to be looked at where a folder was given.
if [ $# -gt 1 ]; then
  place='#layer=1&head=1&row=2'
  look "classifier.html$place" --window-size=1280,3000 --screenshot=wide.png > /dev/null
  look "classifier.html$place" --window-size=390,5200 --screenshot=narrow.png > /dev/null
  look "classifier.html$place" --window-size=1280,3000 --blink-settings=preferredColorScheme=0 --screenshot=dark.png > /dev/null
  "$regard" explain classifier1 "$hostile" --svg head.svg --svg-attention 'encoder.block.1.attention:heads=1'
  "$regard" explain classifier1 "$hostile" --svg heads.svg --svg-attention '*'
  for picture in head heads; do look "$picture.svg" --window-size=900,900 --screenshot="$picture.png" > /dev/null; done
fi
exit "$failed"
