#!/usr/bin/env bash
# Trains text classifiers with the settings of docs/tasks/text-classification.md and prints the figure of each: SST-2 (accuracy on dev),
# TREC's six coarse classes (10-fold), BANKING77 (accuracy on test, which is judged once), movie reviews (10-fold), from nothing and, where
# MODEL is given, tuned.
#   bench/text_classification.sh REGARD DATA OUTPUT [MODEL]
#     REGARD   the program          DATA    a folder with sst2/{train,dev}.tsv, trec/train.txt, banking77/{train,test}.csv,
#                                           movie_reviews/polarity2.tsv.gz; what is missing is skipped
#     OUTPUT   a folder for runs    MODEL   a text encoder's checkpoint, e.g. all-MiniLM-L6-v2. A run that is there already is gone on with.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 5,8p' "$0" >&2
  exit 2
fi
regard=$1 data=$2 output=$3 model=${4-}
mkdir -p "$output"

nothing=(--preset tiny)
for setting in num_hidden_layers=2 hidden_dropout_prob=0.3 vocab_size=8000 lowercase=true learning_rate=5e-4; do nothing+=(--set "$setting"); done
smooth=(--set label_smoothing_factor=0.1 --set ema_decay=0.99)
tuned=(--init "$model" --set learning_rate=1e-4)

train() {  # NAME OPTION...
  local name=$1 begin=$SECONDS
  shift
  "$regard" train text-classification --output "$output/$name" --resume "$@" >&2
  seconds=$((SECONDS - begin))
}
# The share of lines that are equal in two files, in percent.
accuracy() {
  paste "$1" "$2" | awk -F '\t' '{ right += $1 == $2 } END { printf "%.2f", 100 * right / NR }'
}
# Of a .csv with text and category: the lines of one column.
column() {
  python3 -c 'import csv, sys; [print(row[sys.argv[2]].replace("\n", " ")) for row in csv.DictReader(open(sys.argv[1]))]' "$1" "$2"
}

sst2() {  # NAME OPTION...
  [ -f "$data/sst2/train.tsv" ] || return 0
  local name=$1
  shift
  # Updates are chosen on a tenth of the training data; dev is judged once, by the model that is left.
  train "$name" --train "$data/sst2/train.tsv" "$@"
  cut -f 1 "$data/sst2/dev.tsv" | "$regard" classify "$output/$name" | cut -f 1 > "$output/$name.dev"
  printf '%s: dev accuracy %s, %s s\n' "$name" "$(accuracy "$output/$name.dev" <(cut -f 2 "$data/sst2/dev.tsv"))" "$seconds"
}
trec() {
  [ -f "$data/trec/train.txt" ] || return 0
  local name=$1 begin=$SECONDS
  shift
  printf '%s: %s, %s s\n' "$name" "$("$regard" train text-classification --output "$output/$name" --resume --folds 10 \
    --train "$data/trec/train.txt" --columns 'label:_ text' --encoding latin-1 "$@" | head -n 1)" $((SECONDS - begin))
}
banking77() {
  [ -f "$data/banking77/train.csv" ] || return 0
  local name=$1
  shift
  train "$name" --train "$data/banking77/train.csv" --columns text=text,label=category "$@"
  column "$data/banking77/test.csv" text | "$regard" classify "$output/$name" | cut -f 1 > "$output/$name.test"
  printf '%s: test accuracy %s, %s s\n' "$name" \
    "$(accuracy "$output/$name.test" <(column "$data/banking77/test.csv" category))" "$seconds"
}

movie_reviews() {
  [ -f "$data/movie_reviews/polarity2.tsv.gz" ] || return 0
  local name=$1 begin=$SECONDS
  shift
  printf '%s: %s, %s s\n' "$name" "$("$regard" train text-classification --output "$output/$name" --resume --folds 10 \
    --train "$data/movie_reviews/polarity2.tsv.gz" --columns label=1,text=3 "$@" | head -n 1)" $((SECONDS - begin))
}

sst2 sst2 "${nothing[@]}" "${smooth[@]}" --set num_train_epochs=6
trec trec "${nothing[@]}" "${smooth[@]}" --set num_train_epochs=12
banking77 banking77 "${nothing[@]}" --set num_train_epochs=20
movie_reviews movie_reviews "${nothing[@]}" "${smooth[@]}" --set num_train_epochs=20 --set max_position_embeddings=512
[ -n "$model" ] || exit 0
sst2 sst2-tuned "${tuned[@]}" --set num_train_epochs=3
trec trec-tuned "${tuned[@]}" --set num_train_epochs=4
banking77 banking77-tuned "${tuned[@]}" --set num_train_epochs=8
