#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace regard {

// Which side of a translation a text stands on; tokenizers with one vocabulary may ignore it.
enum class TextSide { source, target };

// One token of an encoded text. Bytes begin .. end - 1 of the text belong to it; a special token that was
// added has none (begin == end). Where the text was not valid UTF-8, offsets count in
// replace_invalid_utf8(text).
struct Token {
  std::int32_t id = 0;
  std::string piece;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Ids by which a model is told things; nothing where a tokenizer has no such token.
struct SpecialIds {
  std::optional<std::int32_t> unknown;
  std::optional<std::int32_t> begin;
  std::optional<std::int32_t> end;
  std::optional<std::int32_t> padding;
};

struct SubwordVocabulary;

// Text to ids and back, as the tokenizer of the same name in `transformers` does it. Immutable: threads may
// share one. Any bytes are taken: invalid UTF-8 is replaced (replace_invalid_utf8) before anything else.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // With the special tokens that the model expects (for Marian: </s> at the end). In time linear in the
  // text's length, but for a logarithm.
  virtual std::vector<Token> encode(std::string_view text, TextSide side) const = 0;
  // The ids of encode() alone, and faster.
  virtual std::vector<std::int32_t> encode_ids(std::string_view text, TextSide side) const = 0;

  // The text of ids; special tokens are left out. An id outside the vocabulary stands for an unknown token.
  virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  // The piece of an id of the target vocabulary, as `tokenize` shows it.
  virtual std::string piece(std::int32_t id) const = 0;

  virtual std::int64_t vocabulary_size(TextSide side) const = 0;  // one more than the greatest id
  virtual SpecialIds special_ids() const = 0;

  // The pieces that text of one side may be split into, with this tokenizer's ids, for sampling
  // (regard/text/subword_sampling.h). UsageError where there is nothing to sample from.
  virtual SubwordVocabulary subwords(TextSide side) const;
};

// The tokenizer of a checkpoint directory, found by its files. InputError names what is missing.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace regard
