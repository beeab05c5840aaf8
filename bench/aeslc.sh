#!/usr/bin/env bash
# Trains a summarizer on AESLC (subject lines of e-mails) from nothing, with the settings of docs/tasks/summarization.md, and prints
# ROUGE-1/2/L of the dev set or, with --test, of the test set.
#   bench/aeslc.sh [--test] REGARD DATA OUTPUT [OPTION...]
#     REGARD   the program       DATA   a folder with {train,dev,test}.jsonl.gz, lines {"body", "subject"}
#     OUTPUT   a folder for the run; one that is there already is gone on with, or only scored
#     OPTION   more for `regard train`, e.g. --seed 2 or --set max_steps=100
set -euo pipefail
split=dev
if [ "${1-}" = --test ]; then
  split=test
  shift
fi
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 4,7p' "$0" >&2
  exit 2
fi
regard=$1 data=$2 output=$3
shift 3
if [ ! -f "$data/train.jsonl.gz" ]; then
  echo "aeslc.sh: $data holds no train.jsonl.gz: skipped" >&2
  exit 0
fi

settings=()
for setting in max_position_embeddings=96 vocab_size=8000 max_steps=4000 learning_rate=2e-3 warmup_steps=800 dropout=0.2 max_grad_norm=1 \
  batch_tokens=4096 logging_steps=50 eval_steps=500 save_steps=250 save_total_limit=5 average_checkpoints=5; do
  settings+=(--set "$setting")
done

begin=$SECONDS
"$regard" train summarization --columns source=body,target=subject --train "$data/train.jsonl.gz" --valid "$data/dev.jsonl.gz" \
  --output "$output" --resume "${settings[@]}" "$@"
echo "training: $((SECONDS - begin)) s"
"$regard" evaluate "$output" "$data/$split.jsonl.gz" --columns source=body,target=subject --stemmer
