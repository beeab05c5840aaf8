#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "regard/text/training/word_counts.h"

namespace regard {

// The options of UnigramTrainer of the Python package `tokenizers`, with its defaults.
struct UnigramTraining {
  std::int64_t vocab_size = 8000;
  std::vector<std::string> special_tokens;    // the first ids, in this order
  std::string unk_token = "<unk>";            // put first where it is not among them
  std::vector<std::string> initial_alphabet;  // characters that are tokens whether they occur or not
  std::int64_t max_piece_length = 16;         // in characters
  double shrinking_factor = 0.75;
  std::int64_t n_sub_iterations = 2;
};

// [token, log probability] by id; the special ones have 0.
using UnigramPieces = std::vector<std::pair<std::string, double>>;

// Learns a unigram language model of pieces (Kudo 2018) by the SentencePiece library. Deterministic.
// InputError: there are no words, or they have more different characters than the vocabulary holds.
UnigramPieces train_unigram(const std::vector<CountedWord>& words, const UnigramTraining& options);

}  // namespace regard
