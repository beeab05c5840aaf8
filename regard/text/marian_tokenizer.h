#pragma once

#include <map>
#include <unordered_map>

#include "regard/base/json.h"
#include "regard/text/sentence_piece.h"
#include "regard/text/tokenizer.h"

namespace regard {

// Names and switches of tokenizer_config.json, with the defaults of `transformers`.
struct MarianTokenizerConfig {
  std::string unknown = "<unk>";
  std::string end = "</s>";
  std::string padding = "<pad>";
  bool separate_vocabularies = false;  // target_vocab.json beside vocab.json
  bool clean_up_spaces = false;        // clean_up_tokenization_spaces
};

// The tokenizer of Marian checkpoints: source.spm and target.spm split text into pieces, vocab.json (and, for
// separate vocabularies, target_vocab.json) gives them ids, </s> is appended. Special tokens that stand in
// the text as such, and a leading language code as in ">>fra<< Hello", become one token each. Deviations from
// `transformers`, which warns of the first: no sacremoses punctuation normalization, although it applies none
// itself in tokenization; an id beyond the vocabulary and the SentencePiece model reads as the unknown token
// instead of failing.
class MarianTokenizer final : public Tokenizer {
 public:
  // InputError: a file is missing or damaged, an id is negative or stands twice, <unk> or </s> has no id.
  static MarianTokenizer load(const std::filesystem::path& folder);

  std::vector<Token> encode(std::string_view text, TextSide side) const override;
  std::vector<std::int32_t> encode_ids(std::string_view text, TextSide side) const override;
  using Tokenizer::encode;
  std::string decode(std::span<const std::int32_t> ids, SpecialTokens special) const override;
  using Tokenizer::decode;
  std::string piece(std::int32_t id) const override;
  std::optional<std::int32_t> id(std::string_view piece) const override;
  std::int64_t vocabulary_size(TextSide side) const override;
  SpecialIds special_ids() const override;
  SubwordVocabulary subwords(TextSide side) const override;

 private:
  // One side: its SentencePiece model and its ids.
  struct Vocabulary {
    std::unordered_map<std::string, std::int32_t> ids;
    std::vector<std::string> pieces;     // by id; empty where there is none
    std::vector<std::int32_t> by_model;  // id of each piece of the SentencePiece model
  };
  struct Part {
    std::size_t begin;
    std::size_t end;
    bool special;
  };

  MarianTokenizer(SentencePiece source, SentencePiece target);
  static Vocabulary read_vocabulary(const std::filesystem::path& path, const MarianTokenizerConfig& config);
  void index(Vocabulary& vocabulary, const SentencePiece& model) const;
  const Vocabulary& vocabulary(TextSide side) const;
  std::vector<Part> split_special(std::string_view text) const;
  std::string token_of(std::int32_t id) const;
  template <class Sink>
  void encode_into(std::string_view text, TextSide side, Sink&& sink) const;

  MarianTokenizerConfig config_;
  SentencePiece source_model_;
  SentencePiece target_model_;
  Vocabulary source_;
  Vocabulary target_;                            // filled where vocabularies are separate
  std::map<std::string, std::int32_t> special_;  // texts that are never split
};

MarianTokenizerConfig read_marian_tokenizer_config(const std::filesystem::path& folder);

}  // namespace regard
