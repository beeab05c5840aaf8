#!/usr/bin/env bash
# Trains on three quarters of XQuAD's English articles, answers the questions about the others, and prints exact match and F1 (the
# figures of docs/tasks/question-answering.md).
#   bench/question_answering.sh REGARD DATA OUTPUT MODEL [SEED]
#     REGARD  the program      DATA   a folder with xquad.en.json
#     OUTPUT  a folder for runs; a run that is there already is gone on with, or only scored
#     MODEL   the checkpoint to start from, e.g. all-MiniLM-L6-v2
# A tenth of the training articles' contexts is held out to choose the checkpoint; the test articles are answered once, at the end.
set -euo pipefail
if [ $# -lt 4 ]; then
  sed -n 's/^# \{0,1\}//; 2,8p' "$0" >&2
  exit 2
fi
regard=$1 data=$2 output=$3 model=$4 seed=${5:-1}
run=$output/xquad-seed$seed
mkdir -p "$output"
python3 "$(dirname "$0")/split_squad.py" "$data/xquad.en.json" "$output/train.json" "$output/test.json" > "$output/test.right"
"$regard" train question-answering --train "$output/train.json" --output "$run" --init "$model" --resume --seed "$seed" \
  --set num_train_epochs=4 --set per_device_train_batch_size=8 --set learning_rate=1e-4 --set max_seq_length=256 --set save_total_limit=1
"$regard" answer "$run" "$output/test.json" --max-seq-length 256 | cut -f 1 > "$run/test.answers"
for metric in exact-match squad-f1; do
  "$regard" score $metric --reference "$output/test.right" "$run/test.answers"
done
