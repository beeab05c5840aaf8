#!/usr/bin/env bash
# Runs every libFuzzer program of a build for a time, all at once, from seeds made of this repository's own tests, and prints
# for each what it ran and whether it found something. The corpora are kept: a later run goes on with them.
#   fuzz/run.sh BUILD FOLDER [SECONDS]
#     BUILD    a build with REGARD_FUZZ=ON (cmake/fuzz.cmake)      FOLDER   for seeds, corpora, logs and what crashes
#     SECONDS  of each program; default: 3600
# Exit code 1 where one of them found something.
set -euo pipefail
if [ $# -lt 2 ]; then
  sed -n 's/^# \{0,1\}//; 3,6p' "$0" >&2
  exit 2
fi
golden=$(cd "$(dirname "$0")/../tests/golden" && pwd) build=$(cd "$1" && pwd) seconds=${3:-3600}
mkdir -p "$2"
cd "$2"
export TMPDIR=/dev/shm # some parsers read files

seed() { # TARGET NAME: standard input is a seed
  mkdir -p "seeds/$1"
  cat > "seeds/$1/$2"
}
for config in "$golden"/families/*/config.json "$golden"/marian/*/config.json "$golden"/pegasus/*/config.json; do
  seed config_json "$(echo "$config" | tr / _)" < "$config"
done
for weights in "$golden"/marian/*/*.safetensors "$golden"/pegasus/*/*.safetensors; do
  seed safetensors "$(echo "$weights" | tr / _)" < "$weights"
done
for vocabulary in "$golden"/vocabularies/*.json; do
  seed tokenizer_json "$(basename "$vocabulary")" < "$vocabulary"
done
seed tokenizer_json words <<< '{"version":"1.0","added_tokens":[{"id":4,"content":"<s>","special":true,"lstrip":false,"rstrip":true,
  "normalized":false,"single_word":false}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Lowercase"},
  {"type":"Replace","pattern":{"Regex":"[0-9]+"},"content":"0"},{"type":"StripAccents"}]},"pre_tokenizer":{"type":"Split",
  "pattern":{"Regex":"\\w+|[^\\w\\s]+"},"behavior":"Isolated","invert":false},"post_processor":{"type":"TemplateProcessing",
  "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
  {"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[4],"tokens":["<s>"]}}},"decoder":{"type":"WordPiece",
  "prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"##",
  "max_input_chars_per_word":100,"vocab":{"?":0,"h":1,"##e":2,"##llo":3,"<s>":4}}}'
seed tokenizer_json unigram <<< '{"version":"1.0","truncation":{"max_length":5,"stride":1,"strategy":"LongestFirst","direction":"Right"},
  "added_tokens":[],"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"},"pre_tokenizer":{"type":"Metaspace",
  "replacement":"_","prepend_scheme":"always","split":true},"decoder":{"type":"Metaspace","replacement":"_","prepend_scheme":"always"},
  "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["_",-1.5],["Hel",-2.0],["lo",-2.5]]}}'
seed tokenizer_json bytes <<< '{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel",
  "add_prefix_space":false,"trim_offsets":true,"use_regex":true},"decoder":{"type":"ByteLevel"},"post_processor":{"type":"ByteLevel",
  "trim_offsets":false},"model":{"type":"BPE","dropout":null,"unk_token":null,"fuse_unk":false,"byte_fallback":true,
  "ignore_merges":false,"vocab":{"H":0,"e":1,"l":2,"o":3,"He":4,"ll":5},"merges":[["H","e"],"l l"]}}'
seed safetensors_index both <<< '{"metadata":{"total_size":24},"weight_map":{"a":"model-00001-of-00001.safetensors"}}'
seed generation_config all <<< '{"max_length":20,"max_new_tokens":5,"min_length":1,"num_beams":4,"num_return_sequences":2,
  "early_stopping":"never","length_penalty":0.6,"repetition_penalty":1.2,"no_repeat_ngram_size":3,"bad_words_ids":[[5],[6,7]],
  "suppress_tokens":[3],"begin_suppress_tokens":[4],"eos_token_id":[1,2],"stop_strings":["a"],"forced_bos_token_id":3,
  "forced_eos_token_id":1,"decoder_start_token_id":2,"pad_token_id":0,"renormalize_logits":true,"do_sample":true,"temperature":0.7,
  "top_k":5,"top_p":0.9,"min_p":0.1,"seed":3,"coverage_penalty":0.2,"word_penalty":0.1,"length_normalization":"gnmt"}'
printf '\0[UNK]\n[CLS]\n[SEP]\nhello\n##lo\n\0\0{"do_lower_case":true,"unk_token":"[UNK]"}' | seed vocabulary_files words
printf '\1{"H":0,"e":1,"He":2,"\xc4\xa0":3}\0#version: 0.2\nH e\n\0{"tokenizer_class":"GPT2Tokenizer"}' | seed vocabulary_files bytes
# Pieces of a SentencePiece model: protocol buffers of a piece's text, score and type.
printf '\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0a\n\x03\xe2\x96\x81\x15\0\0\x80\xbf\n\x08\n\x01H\x15\0\0\0\xc0' | seed sentence_piece_model pieces

# What a document's keys and words are called, for the mutations.
cat "$golden"/families/*/config.json seeds/tokenizer_json/{words,unigram,bytes} seeds/generation_config/all | grep -o '"[A-Za-z_]*"' | sort -u |
  sed 's/"\(.*\)"/"\\"\1\\""/' > json.dictionary

# An input may take long by the clock where other work has the processors: none of these parsers needs a second.
declare -A running
for program in "$build"/bin/fuzz_*; do
  target=${program##*/fuzz_}
  mkdir -p "corpus/$target" "seeds/$target" "found/$target"
  "$program" -max_total_time="$seconds" -timeout=600 -rss_limit_mb=4096 -print_final_stats=1 -dict=json.dictionary \
    -artifact_prefix="found/$target/" "corpus/$target" "seeds/$target" > "$target.log" 2>&1 &
  running[$target]=$!
done
failed=0
for target in "${!running[@]}"; do
  if wait "${running[$target]}"; then outcome=clean; else outcome="FOUND something: $PWD/$target.log" failed=1; fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$target.log")
  covered=$(grep -o 'cov: [0-9]*' "$target.log" | tail -n 1)
  printf '%-22s %10s runs, %s: %s\n' "$target" "${runs:-?}" "${covered:-cov: ?}" "$outcome"
done
exit $failed
