#pragma once

#include <functional>
#include <map>

#include "regard/base/json.h"
#include "regard/text/added_tokens.h"
#include "regard/text/decoder.h"
#include "regard/text/encoding_limits.h"
#include "regard/text/normalizer.h"
#include "regard/text/post_processor.h"
#include "regard/text/pre_tokenizer.h"
#include "regard/text/subword_model.h"
#include "regard/text/tokenizer.h"

namespace regard {

// What stands beside tokenizer.json (tokenizer_config.json, special_tokens_map.json), with the defaults of
// `transformers`.
struct TokenizerNames {
  std::map<std::string, std::string> special;  // "unk_token" and so on to the token's text
  bool clean_up_spaces = false;                // not for byte pairs, which know where spaces stand
  bool clean_up_byte_pairs = false;            // even so
  std::string target_language;                 // in a target's frame, in the place of the sources'; or none
};

// The tokenizer that tokenizer.json describes: tokens that are never split are taken out, the rest is
// normalized, cut into pieces, split into subwords and framed by special tokens; back it goes through a
// decoder. Ids, tokens and offsets are those of the Python package `tokenizers` (0.23); the deviations are
// errors: what it meets with a panic, or with wrong offsets, is refused when the file is read.
class PipelineTokenizer final : public Tokenizer {
 public:
  // A document in the form of tokenizer.json, from `file`. InputError names file and field.
  static std::unique_ptr<PipelineTokenizer> parse(const Json& document, const std::string& file,
                                                  TokenizerNames names);

  std::vector<Token> encode(std::string_view text, TextSide side) const override;
  std::vector<std::int32_t> encode_ids(std::string_view text, TextSide side) const override;
  Encoding encode(const TextPair& texts, const EncodeOptions& options) const override;
  std::string decode(std::span<const std::int32_t> ids, SpecialTokens special) const override;
  using Tokenizer::decode;
  std::string piece(std::int32_t id) const override;
  std::optional<std::int32_t> id(std::string_view piece) const override;
  std::int64_t vocabulary_size(TextSide side) const override;
  SpecialIds special_ids() const override;
  std::optional<Truncation> truncation() const override { return truncation_; }
  std::optional<Padding> padding() const override { return padding_; }

 private:
  enum class Detail { ids, pieces };  // whether tokens know their pieces

  PipelineTokenizer() = default;
  std::vector<Token> split(std::string_view text, Detail detail) const;
  void split_between(AlignedText text, Detail detail, std::vector<Token>& tokens) const;
  void split_section(AlignedText text, Detail detail, std::vector<Token>& tokens) const;
  struct Frame {
    SpecialTokens special = SpecialTokens::keep;
    TextSide side = TextSide::source;
  };
  std::vector<Token> finish(TokenRuns runs, const Frame& frame, PostProcessor::Texts texts) const;
  void name_language(std::vector<Token>& run) const;

  std::unique_ptr<SubwordModel> model_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<PreTokenizer> pre_tokenizer_;
  std::unique_ptr<PostProcessor> post_processor_;
  std::unique_ptr<Decoder> decoder_;
  AddedTokens added_;
  std::optional<Truncation> truncation_;
  std::optional<Padding> padding_;
  TokenizerNames names_;
};

}  // namespace regard
