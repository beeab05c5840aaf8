#!/usr/bin/env bash
# Trains small models on the number words of `regard demo`, each with one thing changed that decides whether training is stable,
# and prints what became of them: the table of docs/training.md. The curves are drawn with `regard plot`.
#   bench/stability.sh REGARD OUTPUT
#     REGARD   the program        OUTPUT   a folder for data and runs; a run that is there already is not made again
# Everything is seeded: the same program prints the same losses again.
set -euo pipefail
if [ $# -ne 2 ]; then
  sed -n 's/^# \{0,1\}//; 4,5p' "$0" >&2
  exit 2
fi
regard=$1 output=$2
updates=${STABILITY_UPDATES:-300}
[ -f "$output/data/train.tsv" ] || "$regard" demo --data-only --output "$output" --quiet

# The base: six layers on both sides, normalization after each sublayer (post), a rate that suits it.
base=(max_steps="$updates" encoder_layers=6 decoder_layers=6 d_model=64 encoder_attention_heads=4 decoder_attention_heads=4
  encoder_ffn_dim=256 decoder_ffn_dim=256 max_position_embeddings=64 dropout=0 vocab_size=160 batch_tokens=1024
  learning_rate=2e-3 warmup_steps=100 lr_scheduler_type=constant_with_warmup adam_beta2=0.98 max_grad_norm=1
  label_smoothing_factor=0 logging_steps=10 eval_steps=100 save_steps=100000 predict_with_generate=false)

run() {  # run NAME KEY=VALUE...
  local name=$1 setting
  folder=$output/$1
  shift
  local settings=()
  for setting in "${base[@]}" "$@"; do settings+=(--set "$setting"); done
  # A run that ends by itself because nothing is finite any more is a result too.
  [ -f "$folder/done" ] || "$regard" train translation --train "$output/data/train.tsv" --valid "$output/data/valid.tsv" \
    --output "$folder" --resume --seed 1 --quiet "${settings[@]}" 2> "$folder.messages" || [ $? -eq 1 ]
  touch "$folder/done"
  local changed="$*"
  echo "| $name | ${changed:-the base} | $(last nats_per_token) | $(last eval_loss) | $(largest grad_norm) | $(last skipped_updates) |"
}

values() { grep -o "\"$1\":[^,}]*" "$folder/log.jsonl" | cut -d : -f 2; }  # of a key, in order; null: not finite
last() { values "$1" | tail -n 1 | awk '{ print $1 == "null" ? "not finite" : sprintf("%.4g", $1) }'; }
largest() { values "$1" | sort -g | tail -n 1 | awk '{ printf "%.3g\n", $1 }'; }

echo '| run | changed | training loss | validation loss | largest gradient norm | skipped |'
echo '|---|---|---|---|---|---|'
run post
run post-cold warmup_steps=0
run post-fast learning_rate=1e-2
run post-fast-unclipped learning_rate=1e-2 max_grad_norm=0
run pre norm_position=pre
run pre-cold norm_position=pre warmup_steps=0
run pre-fast norm_position=pre learning_rate=1e-2
