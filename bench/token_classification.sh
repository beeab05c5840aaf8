#!/usr/bin/env bash
# Trains the taggers of docs/tasks/token-classification.md and prints their figures.
#   bench/token_classification.sh restaurant8k REGARD DATA OUTPUT [SEED]
#   bench/token_classification.sh wnut17 REGARD DATA OUTPUT [SEED] --init MODEL
#     REGARD  the program      DATA  the folder of that name: train_0.json, test.json; wnut17train.conll, emerging.dev.conll
#     OUTPUT  a folder for runs; a run that is there already is gone on with, or only scored
# Settings were chosen on a held-out tenth of the training data; the test set is scored once, at the end.
set -euo pipefail
if [ $# -lt 4 ]; then
  sed -n 's/^# \{0,1\}//; 2,7p' "$0" >&2
  exit 2
fi
task=$1 regard=$2 data=$3 output=$4
shift 4
seed=1
if [ $# -gt 0 ] && [ "${1#--}" = "$1" ]; then
  seed=$1
  shift
fi
here=$(dirname "$0")
run=$output/$task-seed$seed
mkdir -p "$output"
# The last columns of a file, a sentence a line.
tags_of() {
  sed 's/^[[:space:]]*$//' "$1" | awk 'BEGIN { RS = ""; FS = "\n" } { line = ""; for (i = 1; i <= NF; ++i) { n = split($i, cell, "\t"); line = line " " cell[n] } print substr(line, 2) }'
}

case $task in
  restaurant8k)
    python3 "$here/restaurant8k.py" conll "$data/train_0.json" > "$output/restaurant8k.conll"
    "$regard" train token-classification --train "$output/restaurant8k.conll" --output "$run" --resume --seed "$seed" "$@" \
      --set max_length=64 --set lowercase=true --set vocab_size=800 --set hidden_dropout_prob=0.2 --set ema_decay=0.995 \
      --set num_train_epochs=40 --set save_total_limit=1
    python3 "$here/restaurant8k.py" words "$data/test.json" | "$regard" tag "$run" --input words > "$run/test.tagged"
    python3 "$here/restaurant8k.py" score "$data/test.json" "$run/test.tagged"
    ;;
  wnut17)
    "$regard" train token-classification --train "$data/wnut17train.conll" --output "$run" --resume --seed "$seed" "$@" \
      --set num_train_epochs=4 --set per_device_train_batch_size=16 --set learning_rate=1e-4 --set save_total_limit=1
    "$regard" tag "$run" --input conll "$data/emerging.dev.conll" > "$run/dev.tagged"
    tags_of "$run/dev.tagged" > "$run/dev.found"
    tags_of "$data/emerging.dev.conll" > "$run/dev.right"
    "$regard" score entity-f1 --reference "$run/dev.right" "$run/dev.found"
    ;;
  *)
    echo "token_classification.sh: found $task, expected restaurant8k or wnut17" >&2
    exit 2
    ;;
esac
