#!/usr/bin/env bash
# What in-domain pre-training gives where there are few labels (the study of docs/tasks/text-classification.md): SST-2's 6,920 sentences
# by a small encoder from nothing, and by the same encoder after it has learned to fill masks in film reviews and the training sentences.
#   bench/small_data.sh REGARD DATA OUTPUT [SEEDS]
#     REGARD  the program             DATA   a folder with sst2/{train,dev}.tsv and movie_reviews/polarity2.tsv.gz
#     OUTPUT  a folder for runs; a run that is there already is gone on with
#     SEEDS   how many for each; default: 3
# The reviews' labels are not read, and no sentence of dev is in the text. Updates are chosen on a tenth of the training data; dev is
# judged once by each model.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 4,7p' "$0" >&2
  exit 2
fi
regard=$1 data=$2 output=$3 seeds=${4:-3}
for file in sst2/train.tsv sst2/dev.tsv movie_reviews/polarity2.tsv.gz; do
  if [ ! -f "$data/$file" ]; then
    echo "small_data.sh: $data holds no $file: skipped" >&2
    exit 0
  fi
done
mkdir -p "$output"

# Two of a hundred lines validate the filling of masks.
{ zcat "$data/movie_reviews/polarity2.tsv.gz" | cut -f 3 | sed 's/ \. / .\n/g'; cut -f 1 "$data/sst2/train.tsv" "$data/sst2/train.tsv"; } |
  grep -vxF -f <(cut -f 1 "$data/sst2/dev.tsv") > "$output/text"
awk 'NR % 50 == 1' "$output/text" > "$output/text.valid"
awk 'NR % 50 != 1' "$output/text" > "$output/text.train"

shape=(--preset tiny --set num_hidden_layers=2)
"$regard" train fill-mask --train "$output/text.train" --valid "$output/text.valid" --output "$output/domain" --resume "${shape[@]}" \
  --set vocab_size=8000 --set lowercase=true --set max_position_embeddings=128 --set mlm_probability=0.2 --set max_steps=4000 \
  --set batch_tokens=4096 --set learning_rate=2e-3 --set warmup_steps=300 --set eval_steps=500 --set save_steps=1000 \
  --set save_total_limit=2 >&2

tune() {  # NAME SEED OPTION...
  local run=$output/$1-$2 seed=$2
  shift 2
  "$regard" train text-classification --train "$data/sst2/train.tsv" --output "$run" --resume --seed "$seed" "$@" \
    --set hidden_dropout_prob=0.3 --set label_smoothing_factor=0.1 --set ema_decay=0.99 --set num_train_epochs=6 >&2
  cut -f 1 "$data/sst2/dev.tsv" | "$regard" classify "$run" | cut -f 1 | paste - <(cut -f 2 "$data/sst2/dev.tsv") |
    awk -v run="${run##*/}" '{ right += $1 == $2 } END { printf "%s: dev accuracy %.2f\n", run, 100 * right / NR }'
}
for seed in $(seq 1 "$seeds"); do
  tune nothing "$seed" "${shape[@]}" --set vocab_size=8000 --set lowercase=true --set learning_rate=5e-4
  tune domain-tuned "$seed" --init "$output/domain" --set learning_rate=5e-4 --set layer_decay=0.8
done
