#!/usr/bin/env bash
# Trains Multi30k English-German with the settings that docs/tasks/translation.md compares with PyTorch, once for each seed,
# and prints validation loss at the last update, BLEU on test_2016_flickr, the rate of training and its time; then their means.
#   bench/multi30k.sh [--target LANGUAGE] REGARD DATA OUTPUT [SEED...]
#     REGARD   the program          DATA    a folder with {train,val,test_2016_flickr}.{en,de}.gz
#     OUTPUT   a folder for runs    SEED    default: 1 2 3. A run that is there already is gone on with, or only scored.
#     LANGUAGE of the target: de (default) or fr
set -euo pipefail
target=de
if [ "${1-}" = --target ] && [ $# -ge 2 ]; then
  target=$2
  shift 2
fi
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 4,7p' "$0" >&2
  exit 2
fi
regard=$1 data=$2 output=$3
shift 3
[ $# -gt 0 ] || set -- 1 2 3
if [ ! -f "$data/train.en.gz" ]; then
  echo "multi30k.sh: $data holds no train.en.gz: skipped" >&2
  exit 0
fi

settings=()
for setting in max_steps=3000 learning_rate=2e-3 warmup_steps=1000 label_smoothing_factor=0.1 dropout=0.2 max_grad_norm=1 \
  batch_tokens=4096 vocab_size=8000 logging_steps=100 eval_steps=500 save_steps=100 save_total_limit=10 average_checkpoints=10; do
  settings+=(--set "$setting")
done

results=()
for seed in "$@"; do
  run=$output/seed$seed begin=$SECONDS
  "$regard" train translation --preset tiny --seed "$seed" "${settings[@]}" --output "$run" --resume \
    --train "$data/train.en.gz" --train-target "$data/train.$target.gz" --valid "$data/val.en.gz" --valid-target "$data/val.$target.gz"
  trained=$((SECONDS - begin))
  "$regard" translate "$run" "$data/test_2016_flickr.en.gz" --config '{"num_beams": 5, "max_new_tokens": 100}' > "$run/test.$target"
  bleu=$("$regard" score bleu --reference "$data/test_2016_flickr.$target.gz" "$run/test.$target" | cut -d ' ' -f 1)
  loss=$(grep -o '"eval_loss":[0-9.]*' "$run/log.jsonl" | tail -n 1 | cut -d : -f 2)
  rate=$(grep -o '"tokens_per_second":[0-9.]*' "$run/log.jsonl" | tail -n 1 | cut -d : -f 2)
  printf 'seed %s: validation %.4f nats/token, BLEU %s, %.0f target tokens/s, %s s\n' "$seed" "$loss" "$bleu" "$rate" "$trained"
  results+=("$loss $bleu")
done
printf '%s\n' "${results[@]}" | awk '{ loss += $1; bleu += $2 } END { printf "mean of %d: validation %.4f, BLEU %.2f\n", NR, loss / NR, bleu / NR }'
