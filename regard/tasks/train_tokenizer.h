#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/base/parallel.h"
#include "regard/base/progress.h"
#include "regard/text/training/tokenizer_training.h"

// Learns a tokenizer from text files and writes it as a folder with tokenizer.json and tokenizer_config.json,
// which `transformers` and the Python package `tokenizers` load.

namespace regard::tasks {

// What `--set` may say. Names and meanings are those of the trainers of `tokenizers` where they exist there.
struct TokenizerSettings {
  std::string vocab_type = "bpe";  // bpe, wordpiece, unigram
  std::int64_t vocab_size = 0;     // 0: 30000, and of unigram 8000
  std::int64_t min_frequency = 0;
  Json special_tokens;                // a list, or text with commas; null: those of the type
  Json initial_alphabet;              // a list of characters, or a text of them; null: of byte_level all 256
  std::int64_t limit_alphabet = 0;    // 0: no limit
  std::int64_t max_token_length = 0;  // 0: no limit; of unigram 16
  std::string unk_token;              // empty: that of the type
  std::string continuing_subword_prefix;  // empty: of wordpiece "##"
  std::string end_of_word_suffix;
  std::string normalizer = "default";     // none, nfc, nfkc, bert, default: that of the type
  std::string pre_tokenizer = "default";  // byte_level, whitespace, whitespace_split, bert, metaspace
  bool lowercase = false;
  bool add_prefix_space = false;  // of byte_level
  double shrinking_factor = 0.75;
  std::int64_t n_sub_iterations = 2;
  bool show_progress = true;
};

// "vocab_size" and so on. UsageError: no such key (with a suggestion), or a value that it cannot have.
TokenizerSettings tokenizer_settings(const std::vector<std::pair<std::string, Json>>& settings);

TokenizerPlan tokenizer_plan(const TokenizerSettings& settings);

using TextSource = std::function<std::optional<std::string_view>()>;  // text after text

struct TokenizerTraining {
  std::vector<std::filesystem::path> files;  // text, also .gz; UTF-8
  std::filesystem::path output;              // a folder, made where it is missing
  TokenizerSettings settings;
  TextSource texts = {};  // instead of files: valid UTF-8
};
struct TokenizerSurroundings {
  const ThreadPool* threads = nullptr;
  ProgressOptions progress;    // its style and sink
  std::function<bool()> stop;  // asked between batches; empty: never
};
struct TokenizerOutcome {
  std::int64_t words = 0;  // different ones
  std::int64_t tokens = 0;
};
// InputError: a file cannot be read, is not UTF-8 (with the line), or teaches nothing.
TokenizerOutcome train_tokenizer(const TokenizerTraining& training, const TokenizerSurroundings& around);

}  // namespace regard::tasks
