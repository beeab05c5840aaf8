#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "regard/text/training/word_counts.h"

namespace regard {

// The options of BpeTrainer and WordPieceTrainer of the Python package `tokenizers`, with its defaults.
struct BytePairTraining {
  std::int64_t vocab_size = 30000;
  std::int64_t min_frequency = 0;
  std::vector<std::string> special_tokens;     // the first ids, in this order
  std::vector<std::string> initial_alphabet;   // characters that are tokens whether they occur or not
  std::optional<std::int64_t> limit_alphabet;  // the most frequent characters
  std::string continuing_subword_prefix;       // of all tokens but those at the beginning of a word
  std::string end_of_word_suffix;
  std::int64_t max_token_length = std::numeric_limits<std::int64_t>::max();  // in characters
};

struct BytePairs {
  std::vector<std::string> tokens;                          // by id
  std::vector<std::pair<std::string, std::string>> merges;  // by rank
};

// Learns byte pairs (Sennrich et al. 2016): again and again the most frequent pair of neighboring tokens
// becomes a token, of equally frequent ones that with the smaller ids. Gives the vocabulary and the merges
// that `tokenizers` (0.23) gives; where that package's result depends on its hash table's order (the ids of
// marked characters, which of equally rare characters limit_alphabet drops), words count in the order of
// their bytes and characters of a smaller code stay. `merged` is told how many tokens there are. In memory
// linear in the different words.
BytePairs train_byte_pairs(const std::vector<CountedWord>& words, const BytePairTraining& options,
                           const std::function<void(std::int64_t)>& merged = {});

}  // namespace regard
