#!/usr/bin/env bash
# Trains a small model for a few updates on an invented corpus and prints the most memory that the program held at once
# (VmHWM), beside the size of the corpus: texts stay in their files, ids in a temporary file.
#   bench/corpus_memory.sh REGARD LINES FOLDER [SETTING...]
#     REGARD   the program            LINES   pairs of lines, e.g. 10000000: about 2.6 GB of text and 1.2 GB of ids
#     FOLDER   for corpus and run; the corpus is kept for the next time     SETTING   e.g. vocab_type=unigram
#   WORDS in the environment: the most words of a line (40)
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n 's/^# \{0,1\}//; 4,7p' "$0" >&2
  exit 2
fi
regard=$1 lines=$2 folder=$3 words=${WORDS:-40}
shift 3
mkdir -p "$folder"

# Words of 2 to 10 letters, frequent ones first; a block of 100,000 lines of 4 words or more, then the same again, each time
# with another first word.
corpus() { # FILE SEED
  local block=$folder/block
  awk -v seed="$2" -v most="$words" 'BEGIN {
    srand(seed)
    for (i = 0; i < 30000; i++) {
      word = ""
      for (n = 2 + int(rand() * 9); n > 0; n--) word = word substr("etaoinshrdlcumwfgypbvkjxqz", 1 + int(rand() * rand() * 26), 1)
      words[i] = word
    }
    for (line = 0; line < 100000; line++) {
      text = ""
      for (n = 4 + int(rand() * (most - 3)); n > 0; n--) text = text " " words[int(30000 * rand() ^ 4)]
      print text
    }
  }' > "$block"
  for ((done = 0; done < lines; done += 100000)); do
    sed "s/^/part $((done / 100000))/" "$block"
  done | head -n "$lines" > "$1.partial" || true # sed is told by a closed pipe that there are enough
  rm "$block"
  mv "$1.partial" "$1"
}
for side in 1 2; do
  [ -f "$folder/$lines-$words.$side" ] || corpus "$folder/$lines-$words.$side" "$side"
done

settings=()
for setting in max_steps=20 d_model=64 encoder_layers=1 decoder_layers=1 encoder_attention_heads=2 decoder_attention_heads=2 \
  encoder_ffn_dim=128 decoder_ffn_dim=128 vocab_size=8000 batch_tokens=2048 logging_steps=10 "$@"; do
  settings+=(--set "$setting")
done
rm -rf "$folder/run"
begin=$SECONDS
"$regard" train translation --train "$folder/$lines-$words.1" --train-target "$folder/$lines-$words.2" --output "$folder/run" "${settings[@]}" &
program=$!
peak=0
while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$program/status" 2> /dev/null) && [ -n "$now" ]; do
  peak=$now
  sleep 0.2
done
wait "$program"
text=$(($(stat -c %s "$folder/$lines-$words.1") + $(stat -c %s "$folder/$lines-$words.2")))
echo "$lines pairs, $((text / 1000000)) MB of text, $((SECONDS - begin)) s: at most $((peak / 1024)) MiB"
