#!/usr/bin/env bash
# Trains English-Chinese and Chinese-English on the Tatoeba pairs with the settings of docs/tasks/translation.md, and prints validation
# loss at the last update, BLEU of test (words of the zh tokenizer where the target is Chinese) and the time that training took.
#   bench/tatoeba.sh REGARD DATA OUTPUT [en-zh] [zh-en]
#     REGARD   the program          DATA    a folder with cmn.txt: English, tab, Chinese
#     OUTPUT   a folder for splits and runs; a run that is there already is gone on with, or only scored
# Many English sentences stand there with several translations, so it is English sentences that are split: of every twenty
# different ones, in the order of the file, the tenth is for validation and the twentieth for test, with all their lines.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 4,6p' "$0" >&2
  exit 2
fi
regard=$1 data=$2 output=$3
shift 3
[ $# -gt 0 ] || set -- en-zh zh-en
if [ ! -f "$data/cmn.txt" ]; then
  echo "tatoeba.sh: $data holds no cmn.txt: skipped" >&2
  exit 0
fi

mkdir -p "$output"
awk -F '\t' -v to="$output" '
  !($1 in number) { number[$1] = ++sentences }
  {
    place = number[$1] % 20
    set = place == 0 ? "test" : place == 10 ? "valid" : "train"
    print $1 > (to "/" set ".en")
    print $2 > (to "/" set ".zh")
  }' "$data/cmn.txt"
for set in train valid test; do echo "$set: $(wc -l < "$output/$set.en") pairs"; done

settings=()
for setting in max_steps=3000 learning_rate=2e-3 warmup_steps=1000 label_smoothing_factor=0.1 dropout=0.1 max_grad_norm=1 \
  batch_tokens=4096 vocab_size=6000 joint_vocab=true logging_steps=100 eval_steps=250 save_steps=100 save_total_limit=10 average_checkpoints=10; do
  settings+=(--set "$setting")
done

for direction in "$@"; do
  source=${direction%-*} target=${direction#*-} run=$output/$direction begin=$SECONDS
  tokenizer=13a
  [ "$target" != zh ] || tokenizer=zh
  "$regard" train translation --preset tiny --seed 1 "${settings[@]}" --output "$run" --resume \
    --train "$output/train.$source" --train-target "$output/train.$target" \
    --valid "$output/valid.$source" --valid-target "$output/valid.$target"
  trained=$((SECONDS - begin))
  "$regard" translate "$run" "$output/test.$source" --config '{"num_beams": 5, "max_new_tokens": 100}' > "$run/test.$target"
  bleu=$("$regard" score bleu --tokenize "$tokenizer" --reference "$output/test.$target" "$run/test.$target" | cut -d ' ' -f 1)
  loss=$(grep -o '"eval_loss":[0-9.]*' "$run/log.jsonl" | tail -n 1 | cut -d : -f 2)
  printf '%s: validation %.4f nats/token, BLEU %s (%s), trained in %s s\n' "$direction" "$loss" "$bleu" "$tokenizer" "$trained"
done
