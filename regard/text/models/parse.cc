#include "regard/text/byte_alphabet.h"
#include "regard/text/characters.h"
#include "regard/text/models/types.h"
#include "regard/text/parse_table.h"

namespace regard {

void SubwordModel::tokenize_bytes(std::string_view piece, std::vector<SubwordToken>& tokens) const {
  const std::string text = to_byte_alphabet(piece);
  const std::size_t first = tokens.size();
  tokenize(text, tokens);
  // Each character of the text stands for one byte of the piece.
  std::vector<std::uint32_t> bytes(text.size() + 1, 0);
  std::uint32_t byte = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bytes[i] = byte;
    if (i + 1 == text.size() || !continues_character(text[i + 1])) ++byte;
  }
  bytes[text.size()] = byte;
  for (std::size_t i = first; i < tokens.size(); ++i) {
    tokens[i].begin = bytes[tokens[i].begin];
    tokens[i].end = bytes[tokens[i].end];
  }
}

std::unique_ptr<SubwordModel> parse_subword_model(const JsonField& field) {
  using namespace subword_models;
  static constexpr ParseRow<SubwordModel> kRows[] = {
      {"BPE", parse_bpe},
      {"WordPiece", parse_word_piece},
      {"Unigram", parse_unigram},
      {"WordLevel", parse_word_level},
  };
  if (field.has("type")) return parse_by_type<SubwordModel>(field, kRows);
  // Files of tokenizers before 0.10 leave the type out; the settings tell it.
  if (field.has("merges")) return parse_bpe(field);
  if (field.has("max_input_chars_per_word")) return parse_word_piece(field);
  if (const auto vocabulary = field.find("vocab"); vocabulary && vocabulary->value().is_array())
    return parse_unigram(field);
  return parse_word_level(field);
}

}  // namespace regard
