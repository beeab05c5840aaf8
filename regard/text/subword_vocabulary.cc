#include "regard/text/subword_vocabulary.h"

#include <fmt/format.h>

#include <bit>

#include "regard/base/error.h"
#include "regard/text/wire_format.h"

// Source: sentencepiece_model.proto: ModelProto: pieces = 1, trainer_spec = 2; SentencePiece: piece = 1,
// score = 2, type = 3 (NORMAL = 1, the default); TrainerSpec: model_type = 3 (UNIGRAM = 1, the default,
// BPE = 2, WORD = 3, CHAR = 4).

namespace regard {

SubwordVocabulary read_subword_vocabulary(std::string_view model, const std::string& name) {
  SubwordVocabulary vocabulary;
  std::uint64_t model_type = 1;
  std::int32_t id = 0;
  WireReader message(model, name);
  while (const auto field = message.next()) {
    if (!field->bytes) continue;
    WireReader inner(*field->bytes, name);
    if (field->number == 1) {
      ScoredPiece piece;
      std::uint64_t type = 1;
      while (const auto part = inner.next()) {
        if (part->number == 1 && part->bytes) piece.text = *part->bytes;
        if (part->number == 2) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(part->value));
        if (part->number == 3) type = part->value;
      }
      piece.id = id++;
      if (type == 1) vocabulary.pieces.push_back(std::move(piece));
    } else if (field->number == 2) {
      while (const auto part = inner.next())
        if (part->number == 3) model_type = part->value;
    }
  }
  if (model_type != 1 && model_type != 2) {
    throw UsageError(fmt::format("{}: found a vocabulary of {}, expected bpe or unigram to sample from", name,
                                 model_type == 3 ? "words" : "characters"));
  }
  vocabulary.type = model_type == 2 ? SubwordType::bpe : SubwordType::unigram;
  return vocabulary;
}

}  // namespace regard
