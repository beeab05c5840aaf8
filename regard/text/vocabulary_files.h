#pragma once

#include <filesystem>

#include "regard/base/json.h"

// Tokenizers that are given by a vocabulary alone, as documents in the form of tokenizer.json: what
// `transformers` makes of these files and of the settings in tokenizer_config.json (`config`, an object).

namespace regard {

// vocab.txt: BERT and its relatives.
Json document_from_vocab_txt(const std::filesystem::path& folder, const JsonField& config);

// vocab.json and merges.txt: byte-level BPE, as GPT-2 (no special tokens) or as RoBERTa and BART
// (<s> A </s></s> B </s>), told apart by `tokenizer_class` or, without it, by whether <s> is in the
// vocabulary.
Json document_from_vocab_json(const std::filesystem::path& folder, const JsonField& config);

// A SentencePiece model: ALBERT, BigBird, CamemBERT, Llama, mBART (either version), Pegasus, T5 or
// XLM-RoBERTa by `tokenizer_class`; without it Llama for a BPE model, XLM-RoBERTa for a file of the name
// sentencepiece.bpe.model, else T5.
Json document_from_sentence_piece(const std::filesystem::path& model, const JsonField& config);

// The parts that these documents share.
struct SpecialName {
  std::string text;
  std::int64_t id = 0;
};
// A template as "[CLS] $A:0 [SEP]" and so on, its special tokens by name.
Json template_document(std::string_view single, std::string_view pair,
                       const std::vector<SpecialName>& special);
Json added_token_document(const SpecialName& token, const Json& settings);
// The text of a special token in `config`, which may be an object with its "content"; `otherwise` without it.
std::string special_text(const JsonField& config, std::string_view key, const std::string& otherwise);

}  // namespace regard
