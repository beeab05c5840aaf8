#include "regard/text/parse_table.h"
#include "regard/text/pre_tokenizers/types.h"

namespace regard {

std::unique_ptr<PreTokenizer> parse_pre_tokenizer(const JsonField& field) {
  using namespace pre_tokenizers;
  static constexpr ParseRow<PreTokenizer> kRows[] = {
      {"Sequence", parse_sequence},
      {"ByteLevel", parse_byte_level},
      {"BertPreTokenizer", parse_bert},
      {"Metaspace", parse_metaspace},
      {"Split", parse_split},
      {"Whitespace", parse_whitespace},
      {"WhitespaceSplit", parse_whitespace_split},
      {"Punctuation", parse_punctuation},
      {"Digits", parse_digits},
      {"CharDelimiterSplit", parse_delimiter},
      {"Delimiter", parse_delimiter},
      {"UnicodeScripts", parse_unicode_scripts},
      {"FixedLength", parse_fixed_length},
  };
  if (field.value().is_null()) return nullptr;
  return parse_by_type<PreTokenizer>(field, kRows);
}

namespace pre_tokenizers {

char32_t parse_character(const JsonField& field) {
  const std::string& text = field.text();
  if (text.empty() || character_length(text[0]) != text.size()) field.refuse("one character");
  return character_at(text, 0).code;
}

}  // namespace pre_tokenizers
}  // namespace regard
