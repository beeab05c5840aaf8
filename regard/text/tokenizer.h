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

// How too long a text is cut: to `max_length` tokens, the special ones counted. What is cut off becomes
// further sequences, each of which repeats `stride` tokens of the one before it.
struct Truncation {
  enum class Strategy { longest_first, only_first, only_second };  // which text of a pair is cut
  enum class Side { left, right };                                 // where it loses tokens

  std::size_t max_length = 512;
  std::size_t stride = 0;
  Strategy strategy = Strategy::longest_first;
  Side side = Side::right;
};

struct Padding {
  enum class Side { left, right };

  std::optional<std::size_t> length;    // nothing: that of the longest sequence
  std::optional<std::size_t> multiple;  // lengths are rounded up to a multiple of this
  Side side = Side::right;
  std::int32_t id = 0;
  std::int32_t type = 0;
  std::string piece = "[PAD]";
};

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
  std::int32_t type = 0;  // of the segment, as BERT counts them
  bool special = false;   // added around the text; also a padding token
  bool second = false;    // begin and end count in the second text of a pair
  bool padding = false;   // to be masked
};

// Ids by which a model is told things; nothing where a tokenizer has no such token.
struct SpecialIds {
  std::optional<std::int32_t> unknown;
  std::optional<std::int32_t> begin;
  std::optional<std::int32_t> end;
  std::optional<std::int32_t> padding;
  std::optional<std::int32_t> classification;
  std::optional<std::int32_t> separator;
  std::optional<std::int32_t> mask;
};

struct SubwordVocabulary;

// One text, or two that a model reads as a pair.
struct TextPair {
  std::string_view first;
  std::optional<std::string_view> second;
};

struct EncodeOptions {
  TextSide side = TextSide::source;
  bool special_tokens = true;  // those that the model expects
  std::optional<Truncation> truncation;
};

// What truncation cut off follows in `overflow`, each part with its own special tokens.
struct Encoding {
  std::vector<Token> tokens;
  std::vector<std::vector<Token>> overflow;
};

enum class SpecialTokens { skip, keep };

// Text to ids and back, as the tokenizer of the same name in `transformers` does it. Immutable: threads may
// share one. Any bytes are taken: invalid UTF-8 is replaced (replace_invalid_utf8) before anything else.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // With the special tokens that the model expects (for Marian: </s> at the end), neither truncated nor
  // padded. In time linear in the text's length, but for a logarithm.
  virtual std::vector<Token> encode(std::string_view text, TextSide side) const = 0;
  // The ids of encode() alone, and faster.
  virtual std::vector<std::int32_t> encode_ids(std::string_view text, TextSide side) const = 0;
  // The same with options, for one text or two. UsageError: the tokenizer knows no pairs, or the truncation
  // leaves no room beside the special tokens.
  virtual Encoding encode(const TextPair& texts, const EncodeOptions& options) const;

  // The text of ids. An id outside the vocabulary stands for an unknown token, or for nothing.
  virtual std::string decode(std::span<const std::int32_t> ids, SpecialTokens special) const = 0;
  // The same without special tokens.
  std::string decode(std::span<const std::int32_t> ids) const { return decode(ids, SpecialTokens::skip); }

  // The piece of an id of the target vocabulary, as `tokenize` shows it.
  virtual std::string piece(std::int32_t id) const = 0;
  // The id of a piece of the target vocabulary; nothing where it has none.
  virtual std::optional<std::int32_t> id(std::string_view piece) const = 0;

  virtual std::int64_t vocabulary_size(TextSide side) const = 0;  // one more than the greatest id
  virtual SpecialIds special_ids() const = 0;

  // The pieces that text of one side may be split into, with this tokenizer's ids, for sampling
  // (regard/text/subword_sampling.h). UsageError where there is nothing to sample from.
  virtual SubwordVocabulary subwords(TextSide side) const;

  // What the tokenizer's file asks for; encode() does it only on request, pad() is for batches.
  virtual std::optional<Truncation> truncation() const { return std::nullopt; }
  virtual std::optional<Padding> padding() const { return std::nullopt; }
};

// Pads each sequence to the length that `padding` says, or to that of the longest.
void pad(std::vector<std::vector<Token>>& batch, const Padding& padding);

// The tokenizer of a checkpoint directory, found by its files. InputError names what is missing.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace regard
