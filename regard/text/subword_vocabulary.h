#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "regard/text/subword_training.h"

namespace regard {

// A piece that text may be split into. Its text begins with U+2581 where a word begins.
struct ScoredPiece {
  std::string text;
  float score = 0;  // bpe: the greater, the earlier two pieces are merged into it; unigram: log probability
  std::int32_t id = 0;  // in the SentencePiece model, or where a tokenizer says so in its vocabulary
};

// What another segmentation of a text may be made of: the pieces that stand for text as such. Pieces of the
// user, control pieces and bytes are not among them.
struct SubwordVocabulary {
  SubwordType type = SubwordType::bpe;
  std::vector<ScoredPiece> pieces;
};

// Of a model in serialized form. InputError where it is damaged; UsageError where it splits text in another
// way than by BPE or a unigram model.
SubwordVocabulary read_subword_vocabulary(std::string_view model, const std::string& name);

}  // namespace regard
