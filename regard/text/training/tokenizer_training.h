#pragma once

#include <functional>
#include <string>
#include <vector>

#include "regard/text/training/byte_pairs.h"
#include "regard/text/training/unigram_pieces.h"
#include "regard/text/training/word_counts.h"

namespace regard {

enum class VocabularyType { bpe, wordpiece, unigram };

// A tokenizer to be learned: all of tokenizer.json but the vocabulary, and how that is learned. Which of the
// three trainings counts is said by the type; a WordPiece vocabulary is one of byte pairs with marked tokens.
struct TokenizerPlan {
  VocabularyType type = VocabularyType::bpe;
  BytePairTraining pairs;
  UnigramTraining unigram;
  std::string unk_token;                                    // empty: none
  Json normalizer, pre_tokenizer, post_processor, decoder;  // as in tokenizer.json

  WordCutting cutting() const { return {normalizer, pre_tokenizer, "tokenizer"}; }
  const std::vector<std::string>& special_tokens() const {
    return type == VocabularyType::unigram ? unigram.special_tokens : pairs.special_tokens;
  }
};

// The text of a tokenizer.json with the vocabulary that the words teach; `learned` is told how many tokens
// there are.
std::string train_tokenizer(const std::vector<CountedWord>& words, const TokenizerPlan& plan,
                            const std::function<void(std::int64_t)>& learned = {});

}  // namespace regard
